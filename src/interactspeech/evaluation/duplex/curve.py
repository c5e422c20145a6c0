"""Yielding against selectivity: one decision with two sides, as a curve.

```
 share of backchannels, tics and side talk talked through
 1 |never yields o-----.
   |                    `--.  o a good system
   |            chance      `-.
 0 |___________________________o yields to anything
   0     share of interruptions yielded to                1
```

A system with one setting is a point; one with a threshold is a curve. The area is that under the
lowest concave line over the points and the two corners that cost nothing: .5 by chance, 1 for a
system that is always right. With one point it is the mean of the two shares.

What counts as yielding, and as talking through, is a `YieldRule`. tau-voice's windows (silent
within 2 s of an interruption; not silent within 1 s of the onset of anything else) are passed by a
system that waits for a second of talk and then yields to whatever talks. The stricter rules close
both doors: nothing but an interruption may stop the system until a second after it has ended, and
an interruption must be yielded to within .5, 1 or 2 s, or earns less the later it is yielded to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

import msgspec

from interactspeech.evaluation.duplex.outcomes import EventOutcome
from interactspeech.evaluation.duplex.stimulus import TO_IGNORE
from interactspeech.evaluation.events.metrics import Estimate, bootstrap_mean


class YieldRule(msgspec.Struct, frozen=True):
    """What counts as yielding to an interruption, and as talking through all else.

    Attributes:
        name: as in keys of measures; "" for the windows of `ReactionSettings`.
        title: for a reader.
        within: seconds from the onset of an interruption until the system is silent.
        credit: an interruption yielded to in time counts "whole", or "falling": 1 at its onset,
            0 at `within` (EVA v0.2's line).
        after: what is to be ignored is, if the system is not silent until so many seconds after it
            ended; None: by `ReactionSettings.ignore_within`, from its onset.
    """

    name: str
    title: str
    within: float = 2.0
    credit: Literal["whole", "falling"] = "whole"
    after: float | None = 1.0

    def right(self, outcome: EventOutcome) -> float:
        """How right a system was at an event over its talk, 0 to 1."""
        latency = outcome.yield_latency
        if outcome.kind != "interruption":
            if self.after is None:
                return float(bool(outcome.right))
            return float(latency is None or latency > outcome.end - outcome.start + self.after)
        if not self.name:
            return float(bool(outcome.right))
        if latency is None or latency > self.within:
            return 0.0
        return 1.0 if self.credit == "whole" else 1.0 - max(latency, 0.0) / self.within


#: tau-voice's windows, or what `ReactionSettings` says instead.
TAU_VOICE: Final = YieldRule("", "tau-voice's windows", after=None)
#: All rules; the first is the one of measures without a rule's name.
YIELD_RULES: Final = (
    TAU_VOICE,
    YieldRule("within_2s", "silent within 2 s, ignores whole events"),
    YieldRule("within_1s", "silent within 1 s, ignores whole events", 1.0),
    YieldRule("within_500ms", "silent within .5 s, ignores whole events", 0.5),
    YieldRule("by_latency", "1 - latency / 2 s, ignores whole events", 2.0, "falling"),
)


class YieldPoint(msgspec.Struct, frozen=True):
    """A system with one setting.

    Attributes:
        setting: what is swept; "" where nothing is.
        yielded: share of interruptions yielded to (its credit, where that falls), with its
            interval.
        talked_through: share of what is to be ignored that was, with its interval.
        kinds: kind of event -> (right, of how many).
    """

    setting: str
    yielded: Estimate
    talked_through: Estimate
    kinds: dict[str, tuple[float, int]]


class YieldCurve(msgspec.Struct, frozen=True):
    """A system's points, and the area under their concave hull."""

    system: str
    points: tuple[YieldPoint, ...]
    area: float


def yield_point(
    outcomes: Sequence[EventOutcome],
    setting: str = "",
    *,
    rule: YieldRule = TAU_VOICE,
    seed: int = 0,
) -> YieldPoint:
    """The shares over events that began while the system talked, with 95 % intervals.

    Intervals are by bootstrap over items. Events at which the system was silent are no part of the
    curve: nothing can be yielded there.
    """
    asked = [o for o in outcomes if o.talking and o.right is not None]
    mine = [o for o in asked if o.kind == "interruption"]
    others = [o for o in asked if o.kind in TO_IGNORE]
    kinds: dict[str, tuple[float, int]] = {}
    for one in sorted((*mine, *others), key=lambda o: o.kind):
        right, total = kinds.get(one.kind, (0, 0))
        kinds[one.kind] = (right + rule.right(one), total + 1)
    return YieldPoint(setting, _share(mine, rule, seed), _share(others, rule, seed), kinds)


def _share(outcomes: Sequence[EventOutcome], rule: YieldRule, seed: int) -> Estimate:
    return bootstrap_mean([o.item for o in outcomes], [rule.right(o) for o in outcomes], seed=seed)


def yield_curve(system: str, points: Sequence[YieldPoint]) -> YieldCurve:
    """A curve of points; NaN for the area where a point lacks one of the shares."""
    pairs = [(p.yielded.value, p.talked_through.value) for p in points]
    return YieldCurve(system, tuple(points), hull_area(pairs))


def hull_area(points: Sequence[tuple[float, float]]) -> float:
    """Area under the concave hull of points in [0, 1] squared and of (0, 1) and (1, 0)."""
    known = [p for p in points if not (math.isnan(p[0]) or math.isnan(p[1]))]
    if not known:
        return math.nan
    hull: list[tuple[float, float]] = []
    for point in sorted({(0.0, 1.0), (1.0, 0.0), *known}, key=lambda p: (p[0], -p[1])):
        if hull and point[0] == hull[-1][0]:
            continue
        while len(hull) >= 2 and _turns_left(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(hull))


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0


__all__ = [
    "TAU_VOICE",
    "YIELD_RULES",
    "YieldCurve",
    "YieldPoint",
    "YieldRule",
    "hull_area",
    "yield_curve",
    "yield_point",
]
