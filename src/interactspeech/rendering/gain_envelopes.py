r"""Gain that changes inside a line: who breaks in begins loud or soft, who resists gets louder.

```
A  ..talks, is cut off\            A  ..talks  /‾‾‾‾\  goes on..
B            ‾‾‾‾‾‾‾‾‾‾\___        B           but the
            onset   │fade                    resist: up while the attempt lasts
                    └ A is silent
```
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from interactspeech.records import Delivery
from interactspeech.rendering.placed_turns import PlacedOverlay, PlacedTurn
from interactspeech.rendering.settings import PlanSettings

#: Points of (sample in the dialogue, dB), sorted.
Swell = list[tuple[int, float]]

#: Seconds in which a resisting speaker gets louder, and is back after the attempt.
_UP, _DOWN = 0.15, 0.35


def swells(
    placed: Sequence[PlacedTurn],
    others: Sequence[PlacedOverlay],
    delivered: Mapping[str, Delivery],
    lengths: Mapping[str, int],
    settings: PlanSettings,
) -> dict[str, list[Swell]]:
    """Line id -> its swells, whose dB add up.

    Args:
        placed: turns in order.
        others: what the listener says in them.
        delivered: line id -> how it is said; a turn that breaks in has an `onset`.
        lengths: line id -> samples of its speech.
        settings: of the plan.
    """
    manners = settings.manners
    found: dict[str, list[Swell]] = defaultdict(list)
    if manners is None or not placed:
        return found
    rate = placed[0].layout.outline.rate
    for index, turn in enumerate(placed):
        onset = delivered[turn.line.id].onset
        if onset and index:
            alone = min(max(placed[index - 1].end, turn.start), turn.end)
            clear = alone + round(manners.fade * rate)
            found[turn.line.id].append([(turn.start, onset), (alone, onset), (clear, 0.0)])
    for other in others:
        if other.line.role != "attempt" or other.mark.style == "cooperative":
            continue
        end = other.start + lengths[other.line.id]
        up, down = round(_UP * rate), round(_DOWN * rate)
        louder = manners.resist
        found[other.during.id].append(
            [
                (other.start, 0.0),
                (other.start + min(up, end - other.start), louder),
                (end, louder),
                (end + down, 0.0),
            ]
        )
    return found


def inside(parts: Sequence[Swell], start: int, end: int) -> tuple[tuple[int, float], ...]:
    """The sum of `parts` over a clip at ``[start, end)``, in samples of the clip; () for none."""
    times = {start, end}
    for part in parts:
        if part[0][0] < end and part[-1][0] > start:
            times |= {at for at, _ in part if start < at < end}
    points = [(at - start, round(sum(_at(p, at) for p in parts), 2)) for at in sorted(times)]
    while len(points) > 1 and points[-1][1] == points[-2][1]:
        points.pop()  # the last value goes on by itself
    return tuple(points) if any(level for _, level in points) else ()


def _at(points: Swell, at: int) -> float:
    """The dB at a sample; a straight line between points, which suffices to cut a swell in two."""
    if at <= points[0][0]:
        return points[0][1]
    if at >= points[-1][0]:
        return points[-1][1]
    k = bisect_right(points, at, key=lambda point: point[0])
    (left, low), (right, high) = points[k - 1], points[k]
    return low + (high - low) * (at - left) / (right - left)
