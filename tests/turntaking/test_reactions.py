"""Reactions by hand, and against one-sample-at-a-time re-implementations."""

import numpy as np
import pytest

from interactspeech.signal.intervals import intervals, mask_of, runs
from interactspeech.turntaking.reactions import (
    NEVER,
    answers,
    next_start,
    next_stop,
    talk_over,
    talk_within,
    talking_at,
    yields,
)

TALK = intervals([(10, 20), (25, 40)])


def at(*times: int) -> np.ndarray:
    return np.array(times, np.int64)


def test_a_stretch_holds_its_start_and_not_its_end() -> None:
    assert talking_at(TALK, at(9, 10, 19, 20, 25, 40)).tolist() == [False, True, True, False,
                                                                     True, False]  # fmt: skip


def test_next_stop_and_start_at_the_boundaries() -> None:
    assert next_stop(TALK, at(9, 10, 19, 20, 39, 40)).tolist() == [NEVER, 20, 20, NEVER, 40, NEVER]
    assert next_start(TALK, at(9, 10, 11, 25, 26)).tolist() == [10, 10, 25, 25, NEVER]


def test_nobody_talks() -> None:
    nobody = intervals([])
    assert next_stop(nobody, at(0, 5)).tolist() == [NEVER, NEVER]
    assert next_start(nobody, at(0)).tolist() == [NEVER]
    assert not talking_at(nobody, at(0)).any()
    assert len(yields(nobody, TALK)) == len(answers(nobody, TALK)) == 0
    assert talk_within(nobody, at(0), at(9)).tolist() == [0]


def test_a_yield_by_hand() -> None:
    found = yields(intervals([(15, 30)]), intervals([(0, 20), (50, 60)]))
    assert (found.stop.tolist(), found.latency.tolist()) == ([20], [5])
    assert (found.resume.tolist(), found.over.tolist()) == ([50], [5])
    assert found.yielded(5).tolist() == [True]
    assert found.yielded(4).tolist() == [False]


def test_a_short_silence_is_no_yield() -> None:
    partner = intervals([(0, 20), (24, 60)])
    assert yields(intervals([(15, 30)]), partner, bridge=5).stop.tolist() == [60]
    assert yields(intervals([(15, 30)]), partner, bridge=4).stop.tolist() == [20]


def test_who_talks_on_to_the_end_of_the_other_has_not_yielded() -> None:
    assert yields(intervals([(15, 20)]), intervals([(0, 20)])).yielded(99).tolist() == [False]


def test_an_answer_by_hand() -> None:
    found = answers(intervals([(0, 10), (50, 60)]), intervals([(14, 30)]))
    assert found.latency.tolist() == [4, NEVER]
    assert found.again.tolist() == [50, NEVER]


def test_who_goes_on_first_was_not_answered_and_a_tie_is_an_answer() -> None:
    speaker = intervals([(0, 10), (20, 30)])
    assert answers(speaker, intervals([(21, 25)])).answered.tolist() == [False, False]
    assert answers(speaker, intervals([(20, 25)])).answered.tolist() == [True, False]


@pytest.mark.parametrize("seed", range(40))
def test_against_masks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.random(120) < 0.6, rng.random(120) < 0.6
    a, b = runs(one), runs(other)
    assert np.array_equal(mask_of(talk_over(a, b), 120), one & other)
    times = np.arange(121)
    assert talking_at(a, times).tolist() == [*one.tolist(), False]
    stop, start = next_stop(a, times), next_start(a, times)
    onsets = [t for t in range(120) if one[t] and (t == 0 or not one[t - 1])]
    for t in range(120):
        expected = next((k for k in range(t, 121) if k == 120 or not one[k]), NEVER)
        assert stop[t] == (expected if one[t] else NEVER)
        assert start[t] == next((k for k in onsets if k >= t), NEVER)
    low = rng.integers(0, 120, 50)
    high = low + rng.integers(0, 40, 50)
    assert talk_within(a, low, high).tolist() == [
        int(one[x:y].sum()) for x, y in zip(low, high, strict=True)
    ]
    found = yields(a, b)
    assert found.start.tolist() == [t for t in onsets if other[t]]
    for row in range(len(found)):
        t = int(found.start[row])
        assert found.over[row] == next(
            k - t for k in range(t, 121) if k == 120 or not (one[k] and other[k])
        )
