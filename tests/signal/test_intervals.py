"""Intervals against masks of booleans, frame by frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.signal.intervals import (
    difference,
    fill_gaps,
    hysteresis,
    intersection,
    intervals,
    mask_of,
    pairs,
    runs,
    touching,
    union,
    widened,
)

LENGTH = 40
masks = st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH).map(
    lambda flags: np.array(flags, np.bool_)
)
time = st.integers(0, LENGTH)
anything = st.lists(st.tuples(time, time).map(lambda pair: tuple(sorted(pair))), max_size=8).map(
    intervals
)


def filled(spans, length=LENGTH):
    """The mask, by a loop."""
    mask = np.zeros(length, np.bool_)
    for start, end in spans:
        mask[max(start, 0) : max(end, 0)] = True
    return mask


def is_sorted(spans):
    """Of some length, in order and apart."""
    assert spans.dtype == np.int64
    assert spans.shape == (len(spans), 2)
    return (spans[:, 0] < spans[:, 1]).all() and (spans[1:, 0] > spans[:-1, 1]).all()


@given(masks)
def test_runs_are_the_mask(mask):
    spans = runs(mask)
    assert is_sorted(spans)
    assert np.array_equal(mask_of(spans, LENGTH), mask)
    assert np.array_equal(filled(spans), mask)


@given(anything, st.integers(-5, LENGTH))
def test_a_mask_is_what_a_loop_fills(spans, shift):
    moved = spans + shift
    assert np.array_equal(mask_of(moved, LENGTH), filled(moved.tolist()))


@given(anything)
def test_a_union_is_sorted_and_covers_the_same(spans):
    spans = spans[spans[:, 0] < spans[:, 1]]
    whole = union(spans)
    assert is_sorted(whole)
    assert np.array_equal(filled(whole), filled(spans))
    assert np.array_equal(union(whole), whole)
    assert np.array_equal(union(spans[::-1]), whole)


@given(masks, st.integers(1, 9))
def test_a_bridge_fills_shorter_silences(mask, bridge):
    whole = union(runs(mask), bridge)
    assert np.array_equal(filled(whole), fill_gaps(mask, bridge - 1))
    assert (whole[1:, 0] - whole[:-1, 1] >= bridge).all()


def test_with_no_bridge_intervals_that_touch_stay_two():
    touching_ones = intervals([(0, 2), (2, 5)])
    assert pairs(union(touching_ones, 0)) == [(0, 2), (2, 5)]
    assert pairs(union(touching_ones)) == [(0, 5)]
    assert pairs(union(intervals([(0, 2), (4, 5)]), 2.5)) == [(0, 5)]


@given(masks, st.integers(0, 9))
def test_gaps_at_the_edges_are_not_filled(mask, longest):
    out = mask.copy()
    start = None
    for frame in range(LENGTH):
        if mask[frame]:
            if start is not None and frame - start <= longest:
                out[start:frame] = True
            start = frame + 1
    assert np.array_equal(fill_gaps(mask, longest), out)


@given(masks, st.integers(0, 9))
def test_a_widened_mask_holds_what_is_near(mask, by):
    near = [mask[max(i - by, 0) : i + by + 1].any() for i in range(LENGTH)]
    assert widened(mask, by).tolist() == near


@given(masks, masks)
def test_intersection_and_difference_are_those_of_the_masks(one, other):
    both = intersection(runs(one), runs(other))
    rest = difference(runs(one), runs(other))
    assert np.array_equal(filled(both), one & other)
    assert np.array_equal(filled(rest), one & ~other)
    assert is_sorted(both)
    assert is_sorted(rest)


def test_intervals_of_the_first_stay_apart():
    halves = intervals([(0, 4), (4, 8)])
    assert pairs(intersection(halves, intervals([(2, 6)]))) == [(2, 4), (4, 6)]
    assert pairs(difference(halves, intervals([(1, 2)]))) == [(0, 1), (2, 4), (4, 8)]
    assert pairs(difference(halves, intervals([(2, 4), (4, 6)]))) == [(0, 2), (6, 8)]


@given(masks, time, st.integers(1, 9))
def test_those_that_touch_share_time(mask, start, length):
    spans = runs(mask)
    end = start + length
    expected = [[a, b] for a, b in spans.tolist() if a < end and b > start]
    assert spans[touching(spans, start, end)].tolist() == expected


@given(st.lists(st.sampled_from([0.1, 0.4, 0.5, 0.9]), min_size=1, max_size=LENGTH))
def test_hysteresis_keeps_stretches_that_reach_the_upper_threshold(chance):
    values = np.array(chance, np.float32)
    expected = [
        (start, end) for start, end in pairs(runs(values >= 0.4)) if values[start:end].max() >= 0.9
    ]
    assert pairs(hysteresis(values, 0.9, 0.4)) == expected


@pytest.mark.parametrize("empty", [np.zeros((0, 2), np.int64), np.zeros(0, np.int64)])
def test_nothing_stays_nothing(empty):
    assert union(empty).shape == (0, 2)
    assert intervals([]).shape == (0, 2)
    assert runs(np.zeros(0, np.bool_)).shape == (0, 2)
    assert not mask_of(intervals([]), 3).any()
    spans = intervals([(1, 2)])
    assert pairs(difference(spans, union(empty))) == [(1, 2)]
    assert pairs(intersection(union(empty), spans)) == []
    assert pairs(intersection(spans, union(empty))) == []
