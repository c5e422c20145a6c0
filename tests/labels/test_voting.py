"""Consensus: two of three within 0.2 s, whatever the order of the people."""

import itertools
import random

from interactspeech.labels import ConsensusSettings, consensus
from interactspeech.records import Event


def at(*starts: float, kind: str = "backchannel", speaker: str = "A") -> list[Event]:
    at = [round(start * 1000) for start in starts]
    return [Event(kind, speaker, one, one + 300, origin="human") for one in at]


def found(events, **settings):
    return [
        (one.start / 1000, len(one.votes), one.majority)
        for one in consensus(events, 1000, ConsensusSettings(**settings))
    ]


def test_two_of_three_are_kept_at_the_median_and_one_alone_is_not() -> None:
    events = {"a": at(1.0, 5.0), "b": at(1.1, 7.0), "c": at(1.18)}
    assert found(events) == [(1.1, 3, True), (5.0, 1, False), (7.0, 1, False)]
    assert found({**events, "b": at(1.1, 5.2)})[1] == (5.1, 2, True)
    assert found({**events, "b": at(1.1, 5.201)})[1:] == [(5.0, 1, False), (5.201, 1, False)]


def test_who_labels_nothing_counts_and_half_is_no_majority() -> None:
    assert found({"a": at(1.0), "b": []}) == [(1.0, 1, False)]
    assert found({"a": at(1.0), "b": at(1.0), "c": [], "d": []}) == [(1.0, 2, False)]
    assert found({"a": at(1.0), "b": []}, share=0.0) == [(1.0, 1, True)]


def test_types_and_tracks_are_apart() -> None:
    events = {"a": at(1.0), "b": at(1.0, speaker="B"), "c": at(1.0, kind="laugh")}
    assert [one for *_, one in found(events)] == [False, False, False]


def test_a_group_has_one_event_of_a_person_and_its_ends_are_in_reach() -> None:
    # A chain 0, .15, .3: its ends are further apart than the tolerance, so it is no one event.
    events = {"a": at(1.0), "b": at(1.15), "c": at(1.3)}
    assert sorted(n for _, n, _ in found(events)) == [1, 2]
    assert [n for _, n, _ in found({"a": at(1.0, 1.1), "b": at(1.05)})] == [2, 1]


def test_nothing_is_lost_and_the_order_of_people_does_not_matter() -> None:
    rng = random.Random(0)
    for _ in range(50):
        events = {who: at(*sorted(rng.uniform(0, 5) for _ in range(8))) for who in "abcd"}
        whole = consensus(events, 1000)
        assert sum(len(one.votes) for one in whole) == 32
        for one in whole:
            starts = [start for start, _ in one.votes.values()]
            assert max(starts) - min(starts) <= 200
        shapes = {
            tuple((one.start, tuple(sorted(v for v in one.votes.values()))) for one in
                  consensus({who: events[who] for who in order}, 1000))
            for order in itertools.islice(itertools.permutations("abcd"), 5)
        }  # fmt: skip
        assert len(shapes) == 1
