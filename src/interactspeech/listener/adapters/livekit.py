"""The listener inside LiveKit Agents: when a turn is over, and when the user wants the floor.

    ears = ListenerEars(false_alarms=0.1)
    session = AgentSession(
        turn_handling={"turn_detection": ears.turn_detector(),
                       "interruption": {"mode": "vad", "enabled": False}},
        stt=..., llm=..., tts=..., vad=...)
    ears.on_interruption(lambda event: session.interrupt())

    class Support(Agent):
        async def stt_node(self, audio, settings):
            async for event in Agent.default.stt_node(self, ears.user(audio), settings):
                ears.hear_event(event)          # partial words decide too
                yield event

        async def tts_node(self, text, settings):
            async for frame in ears.agent(Agent.default.tts_node(self, text, settings)):
                yield frame

LiveKit's own interruption detector runs on LiveKit's servers, and a session makes it by itself; so
the listener stands beside: it is given both sides' sound, and calls back. Its turn detector is
given to the session in the place of LiveKit's (the protocol `_StreamingTurnDetector` of 1.8).
Tried with livekit-agents 1.8 (Apache-2.0), which has to be installed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, Final

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.errors import MissingExtraError
from interactspeech.listener.adapters.barge_in import BargeIn, BargeInState
from interactspeech.listener.model import Listener

try:
    from livekit.agents.inference.interruption import OverlappingSpeechEvent
    from livekit.agents.voice.turn import TurnDetectionEvent
except ImportError:
    raise MissingExtraError("livekit-agents", "livekit", "The adapter") from None

#: End of a turn is likely from here on; below it LiveKit waits for its longest delay.
UNLIKELY: Final = 0.5
_PREDICTION_TIMEOUT: Final = 1.0


class ListenerEars:
    """Hears both sides of a session, and tells who wants the floor.

    Args:
        false_alarms: share of the user's feedback that may stop the agent.
        hold: steps of 40 ms for which a bid must last.
        unlikely: probability of an end of turn below which LiveKit should wait.
        listener: the one that ships by default.
    """

    def __init__(
        self,
        *,
        false_alarms: float = 0.1,
        hold: int = 2,
        unlikely: float = UNLIKELY,
        listener: Listener | None = None,
    ) -> None:
        self._barge_in = BargeIn(false_alarms=false_alarms, hold=hold, listener=listener)
        self._unlikely = unlikely
        self._callbacks: list[Callable[[OverlappingSpeechEvent], Any]] = []
        self._overlap_since: float | None = None
        self._wrapped = False

    @property
    def hears_user(self) -> bool:
        """Whether the user's sound comes through `user`."""
        return self._wrapped

    @property
    def barge_in(self) -> BargeIn:
        """The decision behind it."""
        return self._barge_in

    def on_interruption(self, callback: Callable[[OverlappingSpeechEvent], Any]) -> None:
        """Call something whenever the user claims the floor from the talking agent.

        Args:
            callback: takes LiveKit's event, with `is_interruption`, `probability` and
                `detection_delay`; a coroutine that it returns is run.
        """
        self._callbacks.append(callback)

    def turn_detector(self) -> ListenerTurnDetector:
        """For `AgentSession(turn_handling={"turn_detection": ...})`."""
        return ListenerTurnDetector(self, self._unlikely)

    def hear_user(self, frame: Any) -> BargeInState:
        """Take in a frame (`rtc.AudioFrame`) of the user."""
        state = self._barge_in.hear_user(samples_of(frame), frame.sample_rate)
        now = time.time()
        if state.bid <= 0.0:
            self._overlap_since = None
        elif self._overlap_since is None:
            self._overlap_since = now
        if state.interrupts:
            self._tell(state, now)
        return state

    def hear_agent(self, frame: Any) -> None:
        """Take in a frame (`rtc.AudioFrame`) that the agent plays."""
        self._barge_in.hear_agent(samples_of(frame), frame.sample_rate)

    def hear_event(self, event: Any) -> None:
        """Take in an event of the recogniser (`stt.SpeechEvent`); those without words pass."""
        kind = str(getattr(event.type, "value", event.type))
        if kind in {"interim_transcript", "preflight_transcript", "final_transcript"}:
            text = event.alternatives[0].text if event.alternatives else ""
            self._barge_in.hear_words(text, final=kind == "final_transcript")

    async def user(self, frames: AsyncIterable[Any]) -> AsyncIterator[Any]:
        """The user's frames, heard on their way (in `Agent.stt_node`)."""
        self._wrapped = True
        async for frame in frames:
            self.hear_user(frame)
            yield frame

    async def agent(self, frames: AsyncIterable[Any]) -> AsyncIterator[Any]:
        """The agent's frames, heard on their way (in `Agent.tts_node`)."""
        async for frame in frames:
            self.hear_agent(frame)
            yield frame

    def _tell(self, state: BargeInState, now: float) -> None:
        since = self._overlap_since if self._overlap_since is not None else now
        event = OverlappingSpeechEvent(
            is_interruption=True,
            detected_at=now,
            overlap_started_at=since,
            detection_delay=now - since,
            probability=state.bid,
        )
        self._barge_in.agent_stopped()
        for callback in self._callbacks:
            result = callback(event)
            if asyncio.iscoroutine(result):
                asyncio.get_running_loop().create_task(result)


class ListenerTurnDetector:
    """LiveKit's streaming turn detector, by the listener (`ListenerEars.turn_detector`)."""

    def __init__(self, ears: ListenerEars, unlikely: float) -> None:
        self._ears, self._unlikely = ears, unlikely

    @property
    def model(self) -> str:
        """Its name."""
        return "interactspeech-listener"

    @property
    def provider(self) -> str:
        """Who provides it."""
        return "interactspeech"

    def stream(self, *, conn_options: Any = None) -> ListenerTurnDetectorStream:
        """A stream; `conn_options` are of no use, for nothing is connected to."""
        del conn_options
        return ListenerTurnDetectorStream(self, self._ears, self._unlikely)


class ListenerTurnDetectorStream:
    """What a session pushes the user's sound to, and asks whether the turn is over.

    Sound that already reached the ears through `ListenerEars.user` is not heard twice.
    """

    def __init__(self, detector: ListenerTurnDetector, ears: ListenerEars, unlikely: float) -> None:
        self._detector, self._ears, self._unlikely = detector, ears, unlikely
        self._closed = False
        self._asked: asyncio.Future[TurnDetectionEvent] | None = None

    @property
    def model(self) -> str:
        """Its name."""
        return self._detector.model

    @property
    def provider(self) -> str:
        """Who provides it."""
        return self._detector.provider

    @property
    def is_fallback(self) -> bool:
        """There is nothing to fall back from."""
        return False

    @property
    def prediction_timeout(self) -> float:
        """Seconds after which an answer is not waited for; it is there at once."""
        return _PREDICTION_TIMEOUT

    async def unlikely_threshold(self, language: Any) -> float | None:
        """Probability below which the turn goes on; the same in each language."""
        del language
        return self._unlikely

    async def backchannel_threshold(self, language: Any) -> float | None:
        """None: when the agent might give feedback is not predicted."""
        del language
        return None

    async def supports_language(self, language: Any) -> bool:
        """It hears sound; what it learnt from is English."""
        del language
        return True

    def predict(self) -> asyncio.Future[TurnDetectionEvent]:
        """The probability that the user's turn is over, as of the sound so far."""
        asked: asyncio.Future[TurnDetectionEvent] = asyncio.get_running_loop().create_future()
        chance = 1.0 if self._closed else self._ears.barge_in.end_of_turn
        asked.set_result(
            TurnDetectionEvent(
                type="eot_prediction",
                end_of_turn_probability=chance,
                last_speaking_time=time.time(),
                inference_duration=0.0,
            )
        )
        self._asked = asked
        return asked

    def cancel_inference(self, *, timed_out: bool = False) -> None:
        """Nothing is ever under way."""
        del timed_out
        self._asked = None

    def flush(self, reason: str | None = None) -> None:
        """A turn has ended; what was heard stays known."""
        del reason

    def push_audio(self, frame: Any) -> None:
        """The user's sound; heard here unless the ears hear it in `ListenerEars.user`."""
        if not self._ears.hears_user and not self._closed:
            self._ears.hear_user(frame)

    def end_input(self) -> None:
        """No more sound will come."""
        self._closed = True

    async def aclose(self) -> None:
        """Close it."""
        self._closed = True


def samples_of(frame: Any) -> AnyArray:
    """The samples of a frame (`rtc.AudioFrame`: interleaved int16), channels averaged: ``(n,)``."""
    steps = np.frombuffer(bytes(frame.data), np.int16).reshape(-1, frame.num_channels)
    mono = steps[:, 0] if frame.num_channels == 1 else steps.mean(axis=1).astype(np.int16)
    return np.asarray(mono)


__all__ = [
    "ListenerEars",
    "ListenerTurnDetector",
    "ListenerTurnDetectorStream",
    "samples_of",
]
