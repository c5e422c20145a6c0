"""The listener inside a Pipecat pipeline, as the one who decides whether the bot stops.

With a plain voice detector every "mm-hm" stops the bot. Here a user's turn starts (and the bot is
interrupted) when the listener, which hears both sides, takes the talk for a bid for the floor; when
the bot is silent any talk starts a turn, as always.

    pip install 'interactspeech[listen]' pipecat-ai

    strategy = ListenerUserTurnStartStrategy()
    pipeline = Pipeline([
        transport.input(), stt,
        LLMUserAggregator(context, params=LLMUserAggregatorParams(
            user_turn_strategies=UserTurnStrategies(start=[strategy]))),
        llm, tts, transport.output(),
        strategy.bot_audio,        # after the output, where the bot's sound passes as it is played
        assistant_aggregator,
    ])

Tried with Pipecat 1.14 (BSD-2-Clause).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start.base_user_turn_start_strategy import BaseUserTurnStartStrategy

from interactspeech import Listener, Stream

RATE = 16_000
USER, BOT = 0, 1


def sound(frame: Any) -> npt.NDArray[np.float32]:
    """The samples of a frame at 16 kHz, one channel."""
    import soxr

    samples = np.frombuffer(frame.audio, "<i2").astype(np.float32) / 32768
    samples = samples.reshape(-1, frame.num_channels).mean(axis=1)
    if frame.sample_rate == RATE:
        return samples
    return np.asarray(soxr.resample(samples, frame.sample_rate, RATE), np.float32)


class BotAudio(FrameProcessor):  # type: ignore[misc]
    """Passes everything on, and keeps the bot's sound for the listener."""

    def __init__(self, longest: float = 2.0) -> None:
        super().__init__()
        self._waiting = np.zeros(0, np.float32)
        self._longest = round(longest * RATE)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, OutputAudioRawFrame):
            # Playing is not ahead of the clock by more than this: older sound was never paired.
            self._waiting = np.append(self._waiting, sound(frame))[-self._longest :]
        await self.push_frame(frame, direction)

    def take(self, count: int) -> npt.NDArray[np.float32]:
        """The next `count` samples of the bot; silence where it said nothing."""
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return np.pad(taken, (0, count - len(taken)))


class ListenerUserTurnStartStrategy(BaseUserTurnStartStrategy):  # type: ignore[misc]
    """Starts the user's turn at a bid for the floor.

    Args:
        bid: score (`FrameState.floor_bid`) from which talk over the bot is a bid. 0.8
            gave nine bids in ten with one false alarm in ten on backchannels;
            docs/bench/listener.md has the curve.
        hold: it must last for so many steps of 40 ms.
        alone: probability of talk from which the user's turn starts while the bot is silent.
        listener: the one that ships by default.
    """

    def __init__(
        self,
        *,
        bid: float = 0.8,
        hold: int = 2,
        alone: float = 0.8,
        listener: Listener | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.bot_audio = BotAudio()
        self._stream = Stream(RATE, listener=listener)
        self._bid, self._hold, self._alone = bid, hold, alone
        self._lasts = 0

    async def handle_user_turn_started(self) -> None:
        self._lasts = 0

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        if not isinstance(frame, InputAudioRawFrame):
            return ProcessFrameResult.CONTINUE
        user = sound(frame)
        started = False
        for state in self._stream(np.stack((user, self.bot_audio.take(len(user))))).frames:
            over = state.talking[BOT] or state.active[BOT] > 0.5
            claims = (
                state.floor_bid[USER] >= self._bid if over else state.active[USER] >= self._alone
            )
            self._lasts = self._lasts + 1 if claims else 0
            started = started or self._lasts == self._hold
        if started:
            await self.trigger_user_turn_started()
            return ProcessFrameResult.STOP
        return ProcessFrameResult.CONTINUE
