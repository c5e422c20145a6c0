"""A LiveKit Agents session in this process, as a system to play stimuli to.

    # mybot.py
    def make():
        return AgentSession(stt=..., llm=..., tts=..., vad=...), Agent(instructions="...")

    interactspeech evaluate live stimuli --system livekit:mybot:make -o run

The session hears and talks through LiveKit's own interface for that (`AudioInput`, `AudioOutput`),
the one by which its console mode and its rooms are attached, in real time; a room and its network
have no part in it. What the session sends is played without a gap; where it clears the buffer it
has decided to yield, where it pauses the output it waits to see whether it was interrupted. Tried
with livekit-agents 1.8 (Apache-2.0), which has to be installed.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError, MissingExtraError, UsageError
from interactspeech.evaluation.duplex.adapters import RealTimeSystem, of_pcm, to_pcm
from interactspeech.evaluation.duplex.live import FRAME, RATE
from interactspeech.evaluation.duplex.stimulus import StimulusTruth, SystemEvent
from interactspeech.records import Samples

try:
    from livekit import rtc
    from livekit.agents.voice import io
except ImportError:
    raise MissingExtraError("livekit-agents", "livekit", "Playing to a LiveKit session") from None

_SIZE: Final = round(FRAME * RATE)
#: Seconds that a session may take to start.
_START_WITHIN: Final = 60.0


class _Microphone(io.AudioInput):  # type: ignore[misc]
    """The user's sound, a frame every 20 ms."""

    def __init__(self) -> None:
        super().__init__(label="stimulus")
        self._frames: asyncio.Queue[Any] = asyncio.Queue()

    def hear(self, samples: Float32Array) -> None:
        """Take in a frame."""
        self._frames.put_nowait(
            rtc.AudioFrame(
                data=to_pcm(samples), sample_rate=RATE, num_channels=1,
                samples_per_channel=len(samples),
            )
        )  # fmt: skip

    async def __anext__(self) -> Any:
        return await self._frames.get()


class _Loudspeaker(io.AudioOutput):  # type: ignore[misc]
    """What the session says, played by the clock of the recording."""

    def __init__(self, length: int, log: Callable[[str], None]) -> None:
        super().__init__(
            label="recording", sample_rate=RATE,
            capabilities=io.AudioOutputCapabilities(pause=True),
        )  # fmt: skip
        self.track = np.zeros(length, np.float32)
        self._log = log
        self._waiting = np.zeros(0, np.float32)
        self._played = 0  # samples of this segment
        self._open = self._ended = self._paused = False

    async def capture_frame(self, frame: Any) -> None:
        """Take in a frame of the session's talk."""
        await super().capture_frame(frame)
        self._open, self._ended = True, False
        self._waiting = np.append(self._waiting, of_pcm(bytes(frame.data)))

    def flush(self) -> None:
        """A segment is complete."""
        super().flush()
        self._ended = self._open

    def clear_buffer(self) -> None:
        """Drop what is not yet played."""
        if self._open:
            self._log("yield")
            self._finish(interrupted=True)

    def pause(self) -> None:
        """Be silent, and keep what is queued."""
        super().pause()
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        super().resume()
        self._paused = False

    def play(self, start: int) -> None:
        """Play the frame that begins at sample `start` of the recording."""
        if self._paused or not self._open:
            return
        sound, self._waiting = self._waiting[:_SIZE], self._waiting[_SIZE:]
        if len(sound) and not self._played:
            self._log("answer")
            self.on_playback_started(created_at=time.time())
        self.track[start : start + len(sound)] = sound[: max(0, len(self.track) - start)]
        self._played += len(sound)
        if self._ended and not len(self._waiting):
            self._log("done")
            self._finish(interrupted=False)

    def _finish(self, *, interrupted: bool) -> None:
        seconds, self._played = self._played / RATE, 0
        self._waiting = np.zeros(0, np.float32)
        self._open = self._ended = False
        self.on_playback_finished(playback_position=seconds, interrupted=interrupted)


class LiveKitSystem(RealTimeSystem):
    """A session and its agent, made anew for each item.

    Args:
        make: gives a session and an agent; may be a coroutine function.
        name: as reports call it.
    """

    def __init__(self, make: Callable[[], Any], name: str = "livekit") -> None:
        super().__init__()
        self._make, self.name = make, name

    def play(self, user: Samples, truth: StimulusTruth | None = None) -> Samples:
        """Play a track to the session in real time.

        Raises:
            InputError: it cannot be started.
        """
        del truth
        self._events = []
        return asyncio.run(self._talk(user))

    async def _talk(self, user: Samples) -> Samples:
        made = self._make()
        session, agent = await made if inspect.isawaitable(made) else made
        began = time.monotonic()

        def log(event: str) -> None:
            self._events.append(SystemEvent(round(max(0.0, time.monotonic() - began), 6), event))

        microphone, loudspeaker = _Microphone(), _Loudspeaker(len(user), log)
        session.input.audio, session.output.audio = microphone, loudspeaker
        try:
            try:
                await asyncio.wait_for(session.start(agent), _START_WITHIN)
            except (RuntimeError, ValueError, OSError, TimeoutError) as error:
                raise InputError(
                    f"{self.name} cannot be started: {error or type(error).__name__}",
                    reason="unreadable",
                ) from None
            began = time.monotonic()
            self._events.clear()
            for start in range(0, len(user), _SIZE):
                await asyncio.sleep(max(0.0, began + start / RATE + FRAME - time.monotonic()))
                loudspeaker.play(start)
                microphone.hear(user[start : start + _SIZE])
        finally:
            await session.aclose()
        return loudspeaker.track


def livekit_system(adapter: str) -> LiveKitSystem:
    """The system that ``module:function`` makes.

    Raises:
        UsageError: it cannot be imported, or is no function.
    """
    module, _, name = adapter.partition(":")
    try:
        make = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{adapter} cannot be imported: {error}") from None
    if not callable(make):
        raise UsageError(
            f"{adapter} is no function", remedy="give one that returns a session and an agent"
        )
    return LiveKitSystem(make, adapter)


__all__ = ["LiveKitSystem", "livekit_system"]
