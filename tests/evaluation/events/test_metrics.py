from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.evaluation.events.floor_bids import FloorBidMoments, choose_threshold
from interactspeech.evaluation.events.metrics import (
    Matches,
    balanced_accuracy,
    bootstrap,
    f1,
    match_onsets,
)

onsets = st.lists(st.integers(0, 30), max_size=5).map(sorted)


def most_pairs(true, found, reach):
    """By trying every assignment."""
    best = 0
    for size in range(min(len(true), len(found)) + 1):
        for some in combinations(true, size):
            if any(
                all(abs(a - b) <= reach for a, b in zip(some, order, strict=True))
                for order in permutations(found, size)
            ):
                best = size
    return best


@given(onsets, onsets, st.integers(0, 6))
def test_no_assignment_matches_more_onsets(true, found, reach):
    matched = match_onsets(np.array(true, np.int64), np.array(found, np.int64), reach)
    assert matched == Matches(most_pairs(true, found, reach), len(found), len(true))


@pytest.mark.parametrize(
    ("true", "found", "reach", "hits"),
    [
        ([3, 6], [1, 5], 3, 2),  # the later of two within reach is left for the next onset
        ([0, 4], [3, 10], 6, 2),  # not the nearest to the second
        ([5, 5], [5, 5], 0, 2),  # equal onsets match once each
        ([5, 5], [5], 0, 1),
        ([0], [7], 6, 0),
        ([0], [6], 6, 1),
        ([7], [0], 6, 0),
    ],
)
def test_ties_in_reach_are_broken_so_that_most_match(true, found, reach, hits):
    matched = match_onsets(np.array(true, np.int64), np.array(found, np.int64), reach)
    assert matched == Matches(hits, len(found), len(true))


def test_f1_by_hand():
    assert f1([Matches(3, 4, 6)]) == pytest.approx(2 * 3 / 10)
    assert f1([Matches(1, 1, 1), Matches(0, 2, 0)]) == pytest.approx(0.5)
    assert np.isnan(f1([Matches(0, 0, 0)]))


def test_balanced_accuracy_by_hand():
    answers = np.array([1, 1, 1, 1, 0, 0], np.bool_)
    said = np.array([1, 1, 1, 0, 1, 0], np.bool_)
    assert balanced_accuracy(answers, said) == pytest.approx((0.75 + 0.5) / 2)
    assert np.isnan(balanced_accuracy(answers[:4], said[:4]))


def test_an_interval_knows_how_much_data_there_is():
    rng = np.random.default_rng(0)

    def interval(n):
        hits = rng.random(n) < 0.8
        return bootstrap([str(i) for i in range(n)], lambda pick: float(hits[pick].mean()))

    few, many = interval(30), interval(3000)
    assert few.low < few.value < few.high
    assert few.high - few.low > 5 * (many.high - many.low)
    assert many.low < 0.8 < many.high
    one = bootstrap(["only"] * 50, lambda pick: float(len(pick)) / 50)
    assert (one.low, one.high) == (0.0, 1.0)  # one dialogue says nothing about others


def test_dialogues_are_drawn_whole():
    groups = ["a"] * 500 + ["b"] * 500  # two dialogues, however many cases
    hits = np.array([1.0] * 500 + [0.0] * 500)
    found = bootstrap(groups, lambda pick: float(hits[pick].mean()))
    assert (found.low, found.high) == (0.0, 1.0)


def test_bids_are_judged_at_a_tenth_of_false_alarms():
    rows = [
        ("a", np.array([0.1, 0.2, 0.9, 0.9], np.float32)),
        ("b", np.array([0.1, 0.4, 0.4, 0.4], np.float32)),
        ("c", np.array([0.9, 0.9, 0.9, 0.9], np.float32)),
    ]
    backchannels = [(str(i), 0.05 * i) for i in range(10)]  # up to 0.45
    alone = [(str(i), 0.0) for i in range(10)]
    found = choose_threshold(FloorBidMoments(rows, backchannels, alone), "x", "y")
    assert found.false_alarms.value <= 0.1
    assert 0.35 < found.threshold < 0.4
    assert found.at_backchannels == pytest.approx(0.2)
    assert found.alone == 0.0
    assert found.recall.value == pytest.approx(1.0)
    assert found.delay == pytest.approx(0.08)
