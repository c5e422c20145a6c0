"""Conditions under which a run fails, and what a program that waits for the run is told.

```
--fail-if "yield.rate < 0.9"  --fail-if "answer.latency_median > 1.2"
```

A condition that is met fails the run (1). One that cannot be decided, as there are too few cases or
none, makes it neither pass nor fail (2: cannot tell). So does a recording that cannot be trusted.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final

import msgspec

from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.scores import DuplexScores

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION: Final = re.compile(
    r"\s*(?P<key>[A-Za-z_][\w.]*)\s*(?P<operator><=|>=|<|>)\s*(?P<value>[-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*"
)


class Verdict(IntEnum):
    """What a run ends with."""

    PASS = 0
    FAIL = 1
    CANNOT_TELL = 2


class MeasureCondition(msgspec.Struct, frozen=True):
    """A condition that fails a run: ``key operator value``."""

    key: str
    operator: str
    value: float

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {self.value:g}"


class CheckedCondition(msgspec.Struct, frozen=True):
    """A condition and what came of it, as a sentence."""

    condition: MeasureCondition
    verdict: Verdict
    text: str


def parse_condition(text: str) -> MeasureCondition:
    """A condition as it is written on the command line.

    Raises:
        UsageError: it is none.
    """
    found = _CONDITION.fullmatch(text)
    try:
        value = float(found["value"]) if found else math.nan
    except ValueError:
        value = math.nan
    if found is None or not math.isfinite(value):
        raise UsageError(
            f"{text!r} is no condition", remedy='write one as "yield.rate < 0.9" (<, <=, >, >=)'
        )
    return MeasureCondition(found["key"], found["operator"], value)


def check_conditions(
    scores: DuplexScores, conditions: Sequence[MeasureCondition], min_cases: int = 1
) -> list[CheckedCondition]:
    """Each condition on the scores.

    Raises:
        UsageError: a measure has no name like this (one that had no cases here is not unknown to a
            reader, and cannot be told).
    """
    found = []
    for condition in conditions:
        measure = next((m for m in scores.measures if m.key == condition.key), None)
        if measure is None:
            found.append(
                CheckedCondition(
                    condition, Verdict.CANNOT_TELL, f"{condition.key} was not measured here"
                )
            )
        elif math.isnan(measure.value) or measure.n < min_cases:
            found.append(
                CheckedCondition(
                    condition,
                    Verdict.CANNOT_TELL,
                    f"{condition.key} has {measure.n} cases, {min_cases} are wanted",
                )
            )
        else:
            met = _OPERATORS[condition.operator](measure.value, condition.value)
            found.append(
                CheckedCondition(
                    condition,
                    Verdict.FAIL if met else Verdict.PASS,
                    f"{condition.key} is {measure.value:.4g} (n={measure.n}): "
                    f"{'fails' if met else 'passes'} {condition}",
                )
            )
    return found


def verdict(scores: DuplexScores, checked: Sequence[CheckedCondition]) -> Verdict:
    """The run's: a failure before a doubt; lost items are a failure, refused ones a doubt."""
    if any(c.verdict is Verdict.FAIL for c in checked):
        return Verdict.FAIL
    if any(not lost.refused for lost in scores.lost):
        return Verdict.FAIL
    if any(lost.refused for lost in scores.lost) or not scores.items:
        return Verdict.CANNOT_TELL
    if any(c.verdict is Verdict.CANNOT_TELL for c in checked):
        return Verdict.CANNOT_TELL
    return Verdict.PASS


__all__ = [
    "CheckedCondition",
    "MeasureCondition",
    "Verdict",
    "check_conditions",
    "parse_condition",
    "verdict",
]
