"""Yielding against selectivity: one decision with two sides, as a curve.

```
 share of backchannels, tics and side talk talked through
 1 |never yields o-----.
   |                    `--.  o a good system
   |            chance      `-.
 0 |___________________________o yields to anything
   0     share of interruptions yielded to within 2 s     1
```

A system with one setting is a point; one with a threshold is a curve. The area is that under the
lowest concave line over the points and the two corners that cost nothing: .5 by chance, 1 for a
system that is always right. With one point it is the mean of the two shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from interactspeech.evaluation.duplex.outcomes import EventOutcome
from interactspeech.evaluation.duplex.stimulus import TO_IGNORE
from interactspeech.evaluation.events.metrics import Estimate, bootstrap_mean


class YieldPoint(msgspec.Struct, frozen=True):
    """A system with one setting.

    Attributes:
        setting: what is swept; "" where nothing is.
        yielded: share of interruptions yielded to, with its interval.
        talked_through: share of what is to be ignored that was, with its interval.
        kinds: kind of event -> (right, of how many).
    """

    setting: str
    yielded: Estimate
    talked_through: Estimate
    kinds: dict[str, tuple[int, int]]


class YieldCurve(msgspec.Struct, frozen=True):
    """A system's points, and the area under their concave hull."""

    system: str
    points: tuple[YieldPoint, ...]
    area: float


def yield_point(
    outcomes: Sequence[EventOutcome], setting: str = "", *, seed: int = 0
) -> YieldPoint:
    """The shares over events that began while the system talked, with 95 % intervals.

    Intervals are by bootstrap over items. Events at which the system was silent are no part of the
    curve: nothing can be yielded there.
    """
    asked = [o for o in outcomes if o.talking and o.right is not None]
    mine = [o for o in asked if o.kind == "interruption"]
    others = [o for o in asked if o.kind in TO_IGNORE]
    kinds: dict[str, tuple[int, int]] = {}
    for one in sorted(asked, key=lambda o: o.kind):
        if one.kind == "interruption" or one.kind in TO_IGNORE:
            right, total = kinds.get(one.kind, (0, 0))
            kinds[one.kind] = (right + bool(one.right), total + 1)
    return YieldPoint(setting, _share(mine, seed), _share(others, seed), kinds)


def _share(outcomes: Sequence[EventOutcome], seed: int) -> Estimate:
    return bootstrap_mean(
        [o.item for o in outcomes], [float(bool(o.right)) for o in outcomes], seed=seed
    )


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


__all__ = ["YieldCurve", "YieldPoint", "hull_area", "yield_curve", "yield_point"]
