"""The listener inside a Pipecat pipeline, as the one who decides whether the bot stops.

With a plain voice detector every "mm-hm" stops the bot. Here a user's turn starts (and the bot is
interrupted) when the listener, which hears both sides, takes the talk for a bid for the floor; when
the bot is silent any talk starts a turn, as always. Words of the user's recogniser decide too.

    strategy = ListenerUserTurnStartStrategy()
    pipeline = Pipeline([
        transport.input(), stt,
        LLMUserAggregator(context, params=LLMUserAggregatorParams(
            user_turn_strategies=UserTurnStrategies(start=[strategy]))),
        llm, tts, transport.output(),
        strategy.bot_audio,        # after the output, where the bot's sound passes as it is played
        assistant_aggregator,
    ])

Tried with Pipecat 1.14 (BSD-2-Clause), which has to be installed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.errors import MissingExtraError
from interactspeech.listener.adapters.barge_in import BargeIn
from interactspeech.listener.model import Listener

try:
    from pipecat.frames.frames import (
        Frame,
        InputAudioRawFrame,
        InterimTranscriptionFrame,
        OutputAudioRawFrame,
        TranscriptionFrame,
    )
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
    from pipecat.turns.types import ProcessFrameResult
    from pipecat.turns.user_start.base_user_turn_start_strategy import BaseUserTurnStartStrategy
except ImportError:
    raise MissingExtraError("pipecat-ai", "pipecat", "The adapter") from None


def samples_of(frame: Any) -> AnyArray:
    """The samples of a frame (interleaved int16), channels averaged, shape ``(n,)``."""
    steps = np.frombuffer(frame.audio, "<i2").reshape(-1, frame.num_channels)
    mono = steps[:, 0] if frame.num_channels == 1 else steps.mean(axis=1).astype(np.int16)
    return np.asarray(mono)


class BotAudio(FrameProcessor):  # type: ignore[misc]
    """Passes everything on, and lets the listener hear the bot.

    Args:
        barge_in: who hears it.
    """

    def __init__(self, barge_in: BargeIn) -> None:
        super().__init__()
        self._barge_in = barge_in

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass a frame on; the bot's sound is heard."""
        await super().process_frame(frame, direction)
        if isinstance(frame, OutputAudioRawFrame):
            self._barge_in.hear_agent(samples_of(frame), frame.sample_rate)
        await self.push_frame(frame, direction)


class ListenerUserTurnStartStrategy(BaseUserTurnStartStrategy):  # type: ignore[misc]
    """Starts the user's turn at a bid for the floor.

    Args:
        false_alarms: share of the user's feedback that may stop the bot (`Stream`).
        hold: steps of 40 ms for which a bid must last.
        alone: probability of talk from which the user's turn starts while the bot is silent.
        listener: the one that ships by default.
        more: for Pipecat's strategy.
    """

    def __init__(
        self,
        *,
        false_alarms: float = 0.1,
        hold: int = 2,
        alone: float = 0.8,
        listener: Listener | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.barge_in = BargeIn(
            false_alarms=false_alarms, hold=hold, alone=alone, listener=listener
        )
        self.bot_audio = BotAudio(self.barge_in)

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Hear a frame; a bid in it starts the user's turn."""
        if isinstance(frame, InterimTranscriptionFrame | TranscriptionFrame):
            self.barge_in.hear_words(frame.text, final=isinstance(frame, TranscriptionFrame))
        if not isinstance(frame, InputAudioRawFrame):
            return ProcessFrameResult.CONTINUE
        state = self.barge_in.hear_user(samples_of(frame), frame.sample_rate)
        if state.interrupts or state.starts:
            await self.trigger_user_turn_started()
            return ProcessFrameResult.STOP
        return ProcessFrameResult.CONTINUE


__all__ = ["BotAudio", "ListenerUserTurnStartStrategy", "samples_of"]
