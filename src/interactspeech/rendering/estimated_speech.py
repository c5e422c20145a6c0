"""Outlines of lines that nobody has spoken: word lengths estimated from the spelling.

With them a corpus is planned, and its timing measured, without an engine: some hundred times as
fast as with the fastest one. Words are as long as the pace of `interactspeech.lexicon.pace` says,
give or take a fifth; filled pauses and words before pauses are drawn out as in a build.
"""

from __future__ import annotations

import numpy as np

from interactspeech.lexicon.pace import word_seconds
from interactspeech.rendering.script_lines import (
    SpokenLine,
)
from interactspeech.rendering.settings import HUMAN, PlanSettings
from interactspeech.rendering.speech_outline import Outline, outline_from_words
from interactspeech.rendering.speech_plan import (
    SpeechPlan,
    hesitation_lengths,
)
from interactspeech.seeds import generator

#: Spread of the logarithm of a word's length around the estimate (engines: .08 s of .26 s).
_SPREAD = 0.2
#: Silence of an engine at a mark, seconds; the planner replaces it.
_AT_MARKS = 0.1
_MARKS = frozenset(".?!,;:")


def estimate_outlines(
    plan: SpeechPlan, *, seed: int, rate: int = 16_000, settings: PlanSettings = HUMAN
) -> dict[str, Outline]:
    """Line id -> outline, for every line of a plan of speech.

    Args:
        plan: the lines, with their deliveries, durations and pauses.
        seed: of the corpus; draws are keyed by (seed, script id, "estimate", line id).
        rate: samples a second of the outlines.
        settings: of the plan.
    """
    return {line.id: _outline(plan, line, seed, rate, settings) for line in plan.lines}


def _outline(
    plan: SpeechPlan, line: SpokenLine, seed: int, rate: int, settings: PlanSettings
) -> Outline:
    rng = generator(seed, plan.script.id, "estimate", line.id)
    holds = plan.holds.get(line.id, ())
    held = {hold.token for hold in holds}
    # The engine speaks on at a held pause: the word before it is not the last of a phrase.
    spelled = [
        token.rstrip(".?!,;:") if k + 1 in held else token for k, token in enumerate(line.tokens)
    ]
    lengths = np.array([word_seconds(token) for token in spelled])
    lengths *= np.exp(_SPREAD * rng.standard_normal(len(lengths)))
    lengths /= plan.deliveries[line.id].speed
    seconds = plan.durations.get(line.id)
    if seconds is not None:
        lengths *= seconds / lengths.sum()
    wanted = hesitation_lengths(
        line,
        lengths.tolist(),
        holds,
        script_id=plan.script.id,
        seed=seed,
        settings=settings,
    )
    for index, length in wanted.items():
        lengths[index] = max(lengths[index], length)
    after = [_AT_MARKS * (token[-1:] in _MARKS) for token in line.tokens]
    starts = np.concatenate(([0.0], np.cumsum(lengths + after)[:-1]))
    bounds = np.rint(np.stack([starts, starts + lengths], axis=1) * rate).astype(int)
    return outline_from_words([(low, max(high, low + 1)) for low, high in bounds.tolist()], rate)
