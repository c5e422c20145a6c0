"""A Pipecat pipeline in which an "mm-hm" does not stop the bot, and a "wait, no" does.

    pip install 'interactspeech[listen]' pipecat-ai

What decides is `interactspeech.listener.adapters.pipecat`; here is where it goes.
"""

from __future__ import annotations

from typing import Any

from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_response_universal import (
    LLMUserAggregator,
    LLMUserAggregatorParams,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from interactspeech.listener.adapters.pipecat import ListenerUserTurnStartStrategy


def pipeline(
    transport: Any, stt: Any, llm: Any, tts: Any, context: Any, assistant: Any
) -> Pipeline:
    """The pipeline of a bot that is interrupted by bids for the floor only."""
    strategy = ListenerUserTurnStartStrategy(false_alarms=0.1)
    user = LLMUserAggregator(
        context,
        params=LLMUserAggregatorParams(user_turn_strategies=UserTurnStrategies(start=[strategy])),
    )
    # The bot's sound is heard after the output, where it passes as it is played.
    return Pipeline(
        [transport.input(), stt, user, llm, tts, transport.output(), strategy.bot_audio, assistant]
    )
