"""Rewards of answers to event questions: exact, format, and graded by the error of the onset.

The first two are the paper's (exact answer 1 or 0, format 1 or 0; reference: the group's later
reward model); the third pays for knowing when.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from interactspeech.evaluation.audio_llm import Solution, read_answer

#: Seconds of error that still earn everything, and from which nothing is earned.
FULL, NOTHING = 0.2, 2.0


def exact(text: str, solution: Solution) -> float:
    """1 where the answer is right and well formed enough to be read, else 0."""
    return float(read_answer(text).answer == solution.answer)


def formed(text: str, solution: Solution | None = None) -> float:
    """1 where the answer has the form that was asked for, else 0."""
    del solution
    return float(read_answer(text).formed)


def onset(text: str, solution: Solution) -> float:
    """From 1 (within `FULL` seconds) down to 0 (`NOTHING` or more): how well the time is known.

    A right "no" earns 1; a wrong answer, or a right "yes" without a time, earns 0.
    """
    reading = read_answer(text)
    if reading.answer != solution.answer:
        return 0.0
    if solution.answer == "no" or solution.onset is None:
        return 1.0
    if reading.onset is None:
        return 0.0
    error = abs(reading.onset - solution.onset)
    return min(1.0, max(0.0, (NOTHING - error) / (NOTHING - FULL)))


REWARDS = {"exact": exact, "formed": formed, "onset": onset}


def batch(name: str, completions: Sequence[Any], solutions: Sequence[str]) -> list[float]:
    """Rewards of many answers, as trainers ask for them.

    Args:
        name: of `REWARDS`.
        completions: texts, or chat messages whose last content is the text.
        solutions: `Solution` as JSON, one for each.
    """
    reward = REWARDS[name]
    return [
        reward(text_of(completion), msgspec.json.decode(line, type=Solution))
        for completion, line in zip(completions, solutions, strict=True)
    ]


def text_of(completion: Any) -> str:
    """The text of a completion, plain or as chat messages."""
    if isinstance(completion, str):
        return completion
    return str(completion[-1]["content"]) if completion else ""
