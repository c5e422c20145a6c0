"""Distances between lengths of events and people's; people's reactions in conversations of many."""

import numpy as np
import pytest

from interactspeech.evaluation.duplex.dialogues import overlap_outcomes
from interactspeech.evaluation.duplex.lengths import length_distance, length_distances
from interactspeech.evaluation.duplex.people import human_reference
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance
from interactspeech.turntaking.dgslm import KINDS
from interactspeech.turntaking.distribution import constant

RATE = 1000


def test_the_distance_is_how_far_lengths_must_be_moved() -> None:
    items = [("a", np.array([1.0, 2.0])), ("b", np.array([3.0])), ("c", np.zeros(0))]
    found = length_distance(items, constant(1.0))
    assert (found.value, found.n) == (pytest.approx(1.0, abs=1e-3), 3)
    assert found.low <= found.value <= found.high
    assert length_distance(items, constant(2.0)).value == pytest.approx(2 / 3, abs=1e-3)


def test_one_recording_has_no_interval_and_none_no_value() -> None:
    one = length_distance([("a", np.array([1.0]))], constant(3.0))
    assert (one.value, one.n) == (2.0, 1)
    assert np.isnan(one.low)
    assert np.isnan(length_distance([("a", np.zeros(0))], constant(3.0)).value)


def test_people_are_near_themselves_and_scaled_lengths_far() -> None:
    people = human_reference().lengths
    assert set(people) == set(KINDS)
    levels = (np.arange(500) + 0.5) / 500
    drawn = {kind: one.lengths.quantile(levels) for kind, one in people.items()}
    near = length_distances([("people", drawn)])
    far = length_distances([("slow", {kind: 2 * x for kind, x in drawn.items()})])
    for kind, one in people.items():
        assert near[kind].value < 0.05 * one.lengths.mean
        assert far[kind].value > 0.9 * one.lengths.mean


def conversation(events: list[Event], **talk: list[tuple[int, int]]) -> Dialogue:
    rows = [(a, b, who) for who, spans in talk.items() for a, b in spans]
    return Dialogue(
        id="d", rate=RATE, length=30 * RATE,
        speakers=tuple(Speaker(name) for name in sorted(talk)),
        utterances=tuple(
            Utterance(id=f"u{k}", speaker=who, start=a, end=b, speech=(Span(a, b),))
            for k, (a, b, who) in enumerate(sorted(rows))
        ),
        events=tuple(events),
    )  # fmt: skip


def test_an_event_counts_for_its_partner_who_talks() -> None:
    talk = {"a": [(1000, 10_800)], "b": [(10_000, 12_000), (20_000, 21_000)], "c": [(9000, 20_500)]}
    events = [
        Event("interruption", "b", 10_000, 12_000, partner="a"),
        Event("backchannel", "b", 20_000, 21_000, partner="c"),
        Event("interruption", "c", 20_000, 20_500, partner="a"),  # a is silent
        Event("interruption", "c", 9000, 9500),  # over whom, nobody says
    ]
    found = overlap_outcomes(conversation(events, **talk))
    assert [(o.kind, round(o.yield_latency or 0, 3)) for o in found] == [
        ("interruption", 0.8),
        ("backchannel", 0.5),
    ]


def test_of_two_the_other_is_meant() -> None:
    talk = {"a": [(1000, 10_800)], "b": [(10_000, 12_000)]}
    (found,) = overlap_outcomes(
        conversation([Event("interruption", "b", 10_000, 12_000, origin="human")], **talk)
    )
    assert found.yield_latency == pytest.approx(0.8)
