"""Full-Duplex-Bench's measures by hand, at their boundaries."""

import math

import numpy as np
import pytest

from interactspeech.evaluation.duplex.full_duplex_bench import (
    backchannels,
    jensen_shannon_distance,
    overlap_timing,
    slowed,
    stimulus_timing,
    turn_taken,
)
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.signal.intervals import joined


def words(*rows: tuple[float, float | None]) -> list[TimedWord]:
    return [TimedWord(f"w{k}", start, end) for k, (start, end) in enumerate(rows)]


def test_no_words_take_no_turn() -> None:
    assert turn_taken([], 1.0).tor == 0
    assert turn_taken([], 1.0).latency is None


@pytest.mark.parametrize(
    ("rows", "tor"),
    [
        ([(0, 0.5), (0.5, 0.75), (0.75, 0.999)], 0),  # under a second, three words
        ([(0, 0.5), (0.5, 0.75), (0.75, 1.0)], 1),  # a second is long enough
        ([(0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8)], 1),  # four words are enough
        ([(0, 0.2), (0.2, None)], 0),  # without an end the start counts
        ([(0, 0.2), (1.0, None)], 1),
    ],
)
def test_a_turn_is_long_or_has_many_words(rows: list[tuple[float, float]], tor: int) -> None:
    assert turn_taken(words(*rows)).tor == tor


def test_latency_and_its_sign() -> None:
    said = words((2.5, 3.0), (3.0, 4.0))
    assert turn_taken(said, 2.0).latency == 0.5
    assert turn_taken(said, 3.0).latency == 0.0
    assert turn_taken(said, 3.0, "corrected").latency == -0.5


def test_published_worked_item() -> None:
    """The benchmark's example of smooth turn-taking: words from 3.36 s, the mark at 2.01 s."""
    found = turn_taken(words((3.36, 3.9), (4.46, 4.69), (8.0, 8.9)), 2.0100000000000016)
    assert found.tor == 1
    assert found.latency == pytest.approx(1.35)


def test_the_last_segment_decides_in_the_published_code_alone() -> None:
    segments = [(0.0, 2.0), (5.0, 5.4)]  # two seconds are a turn; then a backchannel
    said = words((0.1, 1.0), (5.0, 5.3))
    published = backchannels(segments, said, 10.0)
    corrected = backchannels(segments, said, 10.0, variant="corrected")
    assert (published.tor, published.frequency) == (0, 0.2)
    assert (corrected.tor, corrected.frequency) == (1, 0.1)


@pytest.mark.parametrize(
    ("segments", "rows", "tor", "counted"),
    [
        ([(0.0, 0.999)], [(0.0, 0.4), (0.4, 0.9)], 0, 1),  # two words in under a second
        ([(0.0, 0.999)], [(0.0, 0.3), (0.3, 0.6), (0.6, 0.9)], 1, 1),  # three are too many
        ([(0.0, 1.0)], [(0.0, 0.9)], 1, 1),  # a second is too long
        ([(0.0, 3.0)], [(0.0, 0.9)], 1, 1),  # three seconds are counted
        ([(0.0, 3.001)], [(0.0, 0.9)], 1, 0),  # more are a turn, not counted
        ([(0.0, 3.5), (6.0, 6.4)], [(6.0, 6.3)], 1, 0),  # nothing after it is looked at
        ([], [], 0, 0),
    ],
)
def test_published_segments(
    segments: list[tuple[float, float]],
    rows: list[tuple[float, float]],
    tor: int,
    counted: int,
) -> None:
    found = backchannels(segments, words(*rows), 10.0)
    assert (found.tor, len(found.counted)) == (tor, counted)


def test_a_word_that_starts_at_the_end_of_a_segment_counts_in_the_published_code() -> None:
    said = words((0.0, 0.2), (0.2, 0.4), (0.5, 0.9))
    assert backchannels([(0.0, 0.5)], said, 5.0).tor == 1
    assert backchannels([(0.0, 0.5)], said, 5.0, variant="corrected").tor == 0


def test_no_backchannel_is_as_far_from_people_as_can_be() -> None:
    human = [0.1] * 50
    assert backchannels([], [], 10.0, human).jsd == 1.0
    same = backchannels([(k * 0.2 + 0.05, k * 0.2 + 0.1) for k in range(50)], [], 9.9, human)
    assert same.jsd == pytest.approx(0.0, abs=1e-3)


def test_jensen_shannon_against_its_formula() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    m = (p + q) / 2
    by_hand = 0.5 * (0.5 * math.log(0.5 / m[0]) * 2) + 0.5 * (
        2 * 0.25 * math.log(0.25 / m[0]) + 0.5 * math.log(0.5 / m[2])
    )
    assert jensen_shannon_distance(p, q) == pytest.approx(math.sqrt(by_hand))
    assert jensen_shannon_distance(p, p) == 0.0


def test_segments_of_24_khz_taken_for_16() -> None:
    assert slowed([(2.0, 4.0)], 24_000) == [(3.0, 6.0)]


def test_overlaps_and_answers_as_published() -> None:
    found = overlap_timing([(0.0, 2.0), (4.0, 6.0)], [(2.5, 4.7), (6.6, 9.0)])
    assert found.stop == ((4.0, 4.7),)
    assert found.response == ((2.0, 2.5), (6.0, 6.6))


def test_pauses_at_the_limit_are_filled() -> None:
    assert joined([(0, 1), (1.5, 2)], 0.5) == [(0, 2)]
    assert joined([(0, 1), (1.5001, 2)], 0.5) == [(0, 1), (1.5001, 2)]
    user = [(0.0, 1.0), (1.6, 2.0)]  # .6 s: one turn
    assert overlap_timing(user, [(3.0, 4.0)]).response == ((2.0, 3.0),)


def test_of_answers_to_two_turns_the_shortest_silence_is_kept() -> None:
    assert overlap_timing([(0, 1), (2, 3)], [(4, 5)]).response == ((3, 4),)


def test_the_stop_counts_from_the_stimulus_when_corrected() -> None:
    # The system comes in while the user talks: an overlap, and no stop.
    user, system = [(0.0, 4.0)], [(3.0, 6.0)]
    assert overlap_timing(user, system).stop_latencies == [1.0]
    assert stimulus_timing(user, system, (0.0, 4.0)).stop == ()
    assert stimulus_timing([(4.0, 6.0)], [(1.0, 4.7), (6.6, 9.0)], (4.0, 6.0)).stop_latencies == [
        pytest.approx(0.7)
    ]
