"""Conditions on measures of a system, and what a program that waits for the run is told.

```
--fail-if "yield.rate < 0.9"  --fail-if "answer.latency_median > 1.2 or ignore.backchannel < 80%"
```

The grammar is `evaluation.fail_conditions`'; a figure is a measure's key. A condition on a measure
with too few cases or none cannot be told (2). So can a recording that cannot be trusted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from interactspeech.evaluation.duplex.scores import DuplexScores
from interactspeech.evaluation.fail_conditions import (
    ConditionResult,
    FailCondition,
    FigureName,
    ToldFigure,
    Verdict,
)


def check_conditions(
    scores: DuplexScores, conditions: Sequence[FailCondition], min_cases: int = 1
) -> list[ConditionResult]:
    """Each condition on the scores; a measure with fewer than `min_cases` cases cannot be told."""
    measures = {m.key: m for m in scores.measures}

    def look(figure: FigureName) -> ToldFigure:
        key = ".".join(figure)
        measure = measures.get(key)
        if measure is None:
            return ToldFigure(None, f"{key} was not measured here")
        if math.isnan(measure.value) or measure.n < min_cases:
            return ToldFigure(None, f"{key} has {measure.n} cases, {min_cases} are wanted")
        return ToldFigure(measure.value, f"{key} is {measure.value:.4g} (n={measure.n})")

    return [condition.check(look) for condition in conditions]


def verdict(scores: DuplexScores, checked: Sequence[ConditionResult]) -> Verdict:
    """The run's: a failure before a doubt; lost items are a failure, refused ones a doubt."""
    verdicts = {c.verdict for c in checked}
    if Verdict.FAIL in verdicts or any(not lost.refused for lost in scores.lost):
        return Verdict.FAIL
    if scores.lost or not scores.items or Verdict.CANNOT_TELL in verdicts:
        return Verdict.CANNOT_TELL
    return Verdict.PASS


__all__ = ["check_conditions", "verdict"]
