"""Half-open intervals ``[start, end)`` of samples or frames: int64 arrays of shape ``(n, 2)``.

Masks are arrays of one boolean a frame. Where a function wants *sorted* intervals, they are in
order of time and share no time with each other, as `runs` and `union` give them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Int64Array


def intervals(rows: Iterable[tuple[int, int]]) -> Int64Array:
    """Pairs ``(start, end)`` as an array; shape ``(0, 2)`` for none."""
    return np.array(list(rows), np.int64).reshape(-1, 2)


def pairs(spans: Int64Array) -> list[tuple[int, int]]:
    """Intervals as pairs of Python's integers."""
    return [(start, end) for start, end in spans.tolist()]


def runs(mask: BoolArray) -> Int64Array:
    """The longest stretches of true frames, sorted and apart; shape ``(n, 2)``."""
    edge = np.zeros(1, np.bool_)
    padded = np.concatenate((edge, mask, edge))
    flips = np.flatnonzero(padded[1:] != padded[:-1])
    return flips.reshape(-1, 2).astype(np.int64, copy=False)


def mask_of(spans: Int64Array, length: int) -> BoolArray:
    """The frames inside any of `spans`, in any order; what lies outside of `length` is left out."""
    steps = np.zeros(length + 1, np.int64)
    inside = np.clip(spans, 0, length)
    np.add.at(steps, inside[:, 0], 1)
    np.add.at(steps, inside[:, 1], -1)
    return np.asarray(np.cumsum(steps[:-1]) > 0)


def union(spans: Int64Array, bridge: float = 1) -> Int64Array:
    """Sorted intervals from any.

    Args:
        spans: shape ``(n, 2)``; any order, may overlap; ``(0,)`` counts as none.
        bridge: silences shorter than this are filled. With 1 or more, intervals that touch are one.
    """
    spans = spans.reshape(-1, 2)
    if len(spans) == 0:
        return spans.astype(np.int64)
    start, end = spans[:, 0], spans[:, 1]
    if np.any(start[1:] < start[:-1]):
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
    reach = np.maximum.accumulate(end)
    first = np.concatenate(([True], start[1:] - reach[:-1] >= bridge))
    last = np.concatenate((first[1:], [True]))
    return np.stack((start[first], reach[last]), axis=1)


def joined(spans: Iterable[tuple[float, float]], gap: float = 0.0) -> list[tuple[float, float]]:
    """Stretches in seconds, sorted, with silences of up to `gap` filled (`union` fills shorter
    ones): for definitions of others that are in seconds and count so.
    """
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def intersection(one: Int64Array, other: Int64Array) -> Int64Array:
    """The parts of `one` inside `other`, both sorted; an interval of `one` at a time."""
    low = np.searchsorted(other[:, 1], one[:, 0], side="right")
    high = np.searchsorted(other[:, 0], one[:, 1], side="left")
    count = np.maximum(high - low, 0)
    mine = np.repeat(np.arange(len(one)), count)
    before = np.repeat(np.cumsum(count) - count, count)
    theirs = np.arange(len(mine)) - before + np.repeat(low, count)
    start = np.maximum(one[mine, 0], other[theirs, 0])
    end = np.minimum(one[mine, 1], other[theirs, 1])
    return np.compress(start < end, np.stack((start, end), axis=1), axis=0)


def difference(one: Int64Array, other: Int64Array) -> Int64Array:
    """The parts of `one` outside of `other`, both sorted; an interval of `one` at a time."""
    ends = np.iinfo(np.int64)
    outside = np.concatenate(([ends.min], other.ravel(), [ends.max])).reshape(-1, 2)
    return intersection(one, outside)


def touching(spans: Int64Array, start: int, end: int) -> slice:
    """Which of sorted `spans` share time with ``[start, end)``."""
    first = np.searchsorted(spans[:, 1], start, side="right")
    return slice(int(first), int(np.searchsorted(spans[:, 0], end, side="left")))


def fill_gaps(mask: BoolArray, longest: int) -> BoolArray:
    """`mask` with its inner gaps of up to `longest` frames filled; those at its edges stay."""
    gaps = runs(~mask)
    inner = (gaps[:, 0] > 0) & (gaps[:, 1] < len(mask)) & (gaps[:, 1] - gaps[:, 0] <= longest)
    return mask | mask_of(gaps[inner], len(mask))


def widened(mask: BoolArray, by: int) -> BoolArray:
    """`mask` with `by` frames more before and after each stretch of it."""
    return mask_of(runs(mask) + np.array([-by, by]), len(mask))


def hysteresis(chance: Float32Array, onset: float, offset: float) -> Int64Array:
    """Stretches of at least `offset` that reach `onset` somewhere; sorted, shape ``(n, 2)``."""
    spans = runs(chance >= offset)
    loud = np.concatenate(([0], np.cumsum(chance >= onset)))
    return spans[loud[spans[:, 1]] > loud[spans[:, 0]]]
