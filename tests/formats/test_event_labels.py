"""Events as labels, lanes in which none overlaps another, and stretches put into utterances."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.formats.event_labels import (
    apart,
    event_label,
    event_of,
    lanes,
    nest,
    span_labels,
)
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile
from interactspeech.records import Dialogue, Event, Span, Speaker, Utterance, Word

EVENTS = st.builds(
    lambda kind, start, length: Event(kind, "A", start, start + length),
    st.sampled_from(["pause", "gap"]),
    st.integers(0, 12),
    st.sampled_from([0, 0, 1, 3]),
)


@given(st.lists(EVENTS, max_size=10))
def test_in_a_lane_none_overlaps_another_and_points_are_by_themselves(events):
    found = lanes(events)
    assert sorted(map(repr, (e for lane in found.values() for e in lane))) == sorted(
        map(repr, events)
    )
    for (kind, _), members in found.items():
        assert {event.type for event in members} == {kind}
        points = {event.start == event.end for event in members}
        assert len(points) == 1
        for before, after in pairwise(members):
            assert before.end < after.start or (points == {False} and before.end == after.start)
    for kind in ("pause", "gap"):
        numbers = [lane for name, lane in found if name == kind]
        assert sorted(numbers) == list(range(len(numbers)))


def test_lanes_are_no_more_than_are_needed():
    apart_ = [Event("pause", "A", 0, 5), Event("pause", "A", 5, 9), Event("gap", "A", 5, 5)]
    assert list(lanes(apart_)) == [("pause", 0), ("gap", 0)]
    over = [Event("pause", "A", 0, 5), Event("pause", "A", 4, 9), Event("pause", "A", 9, 12)]
    assert [[e.start for e in lane] for lane in lanes(over).values()] == [[0, 9], [4]]


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["kind", "fto", "note", "in_overlap"]),
    st.one_of(
        st.integers(-5, 5), st.booleans(), st.floats(-2, 2), st.text('ab1_ "=\\[é', max_size=8)
    ),
)


@given(
    ATTRIBUTES,
    st.sampled_from(["rule", "human", "planned", "model"]),
    st.sampled_from(["", "B", "b 2"]),
    st.one_of(st.none(), st.floats(0, 1)),
)
def test_labels_say_everything_and_are_read_back(attributes, origin, partner, probability):
    event = Event(
        "backchannel",
        "A",
        1,
        2,
        partner=partner,
        origin=origin,
        rules="r-1",
        probability=probability,
        attributes=attributes,
    )
    label = event_label(event)
    assert label.splitlines() == [label]
    back = event_of("backchannel", AnnotationMark("A", 1, 2, label))
    assert (back.type, back.speaker, back.start, back.end) == ("backchannel", "A", 1, 2)
    assert (back.partner, back.origin, back.rules) == (partner, origin, "r-1")
    assert back.probability == probability
    assert back.attributes == attributes
    assert {k: type(v) for k, v in back.attributes.items()} == {
        k: type(v) for k, v in attributes.items()
    }


def test_free_text_is_a_humans_remark_and_nonsense_is_refused():
    found = event_of("gap", AnnotationMark("A", 1, 2, "a long one"))
    assert (found.origin, found.attributes, found.probability) == ("human", {}, None)
    for layer, label, says in (
        ("nothing", "", "no type"),
        ("gap", "gap origin=martian", "no origin"),
        ("gap", "gap probability=high", "no number"),
    ):
        with pytest.raises(ValueError, match=says):
            event_of(layer, AnnotationMark("A", 1, 2, label))
    assert event_of("gap", AnnotationMark("A", 1, 2, "gap probability=1")).probability == 1.0
    assert event_of("gap", AnnotationMark("A", 1, 2, "gap a=null b=[1]")).attributes == {
        "a": "null",
        "b": "[1]",
    }


def nested(spans, utterances):
    sheet = ParsedFile("x", "f", "x", 1000)
    marks = {"A": [AnnotationMark("A", *span) for span in spans]}
    outer = {"A": [AnnotationMark("A", *whole, "so") for whole in utterances]}
    nest(sheet, marks, outer if utterances else {})
    return [(m.start, m.end, m.text, m.speech) for m in sheet.segments]


def test_stretches_inside_an_utterance_are_its_speech_and_others_are_utterances():
    assert nested([(0, 2), (3, 5), (7, 9)], [(0, 5)]) == [
        (0, 5, "so", ((0, 2), (3, 5))),
        (7, 9, "", ()),
    ]
    assert nested([(3, 6)], [(0, 5)]) == [(3, 6, "", ())]
    assert nested([(1, 2), (3, 4)], [(0, 9)]) == [(1, 4, "so", ((1, 2), (3, 4)))]
    assert nested([(7, 8), (0, 1)], []) == [(0, 1, "", ()), (7, 8, "", ())]
    sheet = ParsedFile("x", "f", "x", 1000)
    nest(sheet, {}, {"B": [AnnotationMark("B", 4, 5, "so")]})
    assert [(m.speaker, m.start) for m in sheet.segments] == [("B", 4)]


def test_utterances_of_a_speaker_are_in_order_and_may_touch_but_not_overlap():
    def talk(*spans):
        utterances = tuple(
            Utterance(f"u{k}", who, a, b, (Span(a, b),)) for k, (who, a, b) in enumerate(spans)
        )
        return Dialogue("x", 1000, 99, (Speaker("A"), Speaker("B")), utterances)

    found = apart(talk(("A", 5, 9), ("B", 0, 9), ("A", 0, 5)), "A")
    assert [(u.start, u.end) for u in found] == [(0, 5), (5, 9)]
    with pytest.raises(InputError, match="overlap") as caught:
        apart(talk(("A", 0, 6), ("A", 5, 9)), "A")
    assert caught.value.reason == "same-speaker-overlap"


def test_each_stretch_has_the_words_that_begin_in_it():
    words = (Word("so", 0, 2), Word("we", 2, 6), Word("go", 6, 9))
    parts = Utterance("u", "A", 0, 9, (Span(0, 4), Span(5, 6), Span(6 + 1, 9)), words)
    assert list(span_labels(parts)) == [(0, 4, "so we"), (5, 6, "<speech>"), (7, 9, "<speech>")]
    whole = Utterance("u", "A", 0, 9, (Span(0, 9),), words)
    assert list(span_labels(whole)) == [(0, 9, "so we go")]
    assert list(span_labels(Utterance("u", "A", 0, 9, (Span(0, 9),)))) == [(0, 9, "<speech>")]


def test_text_that_spells_a_truth_value_stays_text():
    for text in ("true", "false", "null", "12", "", "a b", 'a "b"', "plain.text"):
        event = Event("gap", "A", 1, 2, attributes={"note": text, "right": True})
        back = event_of("gap", AnnotationMark("A", 1, 2, event_label(event)))
        assert back.attributes == {"note": text, "right": True}
        assert isinstance(back.attributes["note"], str)
    plain = Event("gap", "A", 1, 2, attributes={"note": "plain.text"})
    assert event_label(plain) == "gap note=plain.text origin=rule"
