"""One set of labels from two annotators."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.evaluation.events.derived_events import AnnotatorUnits, annotator_events
from interactspeech.evaluation.events.joined_labels import join_labels, without_texts
from interactspeech.evaluation.events.labelled_recordings import (
    EventLabels,
    LabelledUnit,
    OtherSound,
    activity_rttm,
    encode_labels,
)

FRAME = (("A", 0.5, 6.0, "talk", "so I"), ("A", 6.5, 9.0, "talk", "went"))


def marked(*rows, **more):
    return AnnotatorUnits("call", tuple(LabelledUnit(*row) for row in rows), **more)


def of(labels, speaker="B"):
    return [(u.start, u.end, u.kind) for u in labels.units if u.speaker == speaker]


def events(labels, **wanted):
    return {
        f"{e.type} {e.speaker} {e.start}"
        for e in labels.events
        if e.type != "turn" and all(getattr(e, name) == value for name, value in wanted.items())
    }


def joined(one, other, **more):
    """Labels of two annotators who differ in what B says."""
    return join_labels(marked(*FRAME, *one, **more), marked(*FRAME, *other), 10)


def test_what_both_mark_is_what_it_was():
    mine = marked(*FRAME, ("B", 2.0, 2.4, "bc", "mm-hm"), ("B", 9.4, 9.6, "speech?"))
    labels = join_labels(mine, mine, 10, group="calls")
    assert sorted(labels.units, key=lambda u: u.speaker) == list(mine.units)
    assert labels.events == annotator_events(mine.units, 10)
    assert (labels.name, labels.seconds, labels.group) == ("call", 10, "calls")


def test_times_are_averaged():
    labels = joined([("B", 2.0, 2.4, "bc")], [("B", 2.06, 2.5, "bc")])
    assert of(labels) == [(2.03, 2.45, "bc")]
    assert events(labels, sure=True) == {"backchannel B 2.03", "pause A 6.0"}


def test_edges_that_differ_much_are_perhaps_no_speech():
    labels = joined([("B", 2.0, 3.5, "talk")], [("B", 2.1, 4.0, "talk")])
    assert of(labels) == [(2.05, 3.5, "talk"), (3.5, 4.0, "speech?")]


def test_what_only_one_marked_is_perhaps_no_speech():
    labels = joined([("B", 2.0, 2.4, "bc")], [])
    assert of(labels) == [(2.0, 2.4, "speech?")]
    assert events(labels, sure=True) == {"pause A 6.0"}
    assert events(labels, sure=False, why="annotators differ") == {"backchannel B 2.0"}


def test_a_silence_of_one_stays_if_it_is_short():
    split = [("B", 2.0, 3.0, "talk", "one"), ("B", 3.2, 4.0, "talk", "two")]
    labels = joined(split, [("B", 2.0, 4.0, "talk", "one two")])
    assert of(labels) == [(2.0, 3.0, "talk"), (3.2, 4.0, "talk")]
    assert [u.text for u in labels.units if u.speaker == "B"] == ["one", "two"]
    long = [("B", 2.0, 3.0, "talk"), ("B", 3.5, 4.0, "talk")]
    labels = joined(long, [("B", 2.0, 4.0, "talk")])
    assert of(labels) == [(2.0, 3.0, "talk"), (3.0, 3.5, "speech?"), (3.5, 4.0, "talk")]


def test_classes_that_differ_are_a_doubt():
    labels = joined([("B", 2.0, 2.4, "bc")], [("B", 2.0, 2.4, "talk")])
    assert of(labels) == [(2.0, 2.4, "doubt")]
    assert events(labels, sure=True) == {"pause A 6.0"}
    assert events(labels, why="annotators differ") == {"backchannel B 2.0", "interruption B 2.0"}


def test_a_doubt_of_one_is_a_doubt():
    labels = joined([("B", 2.0, 2.4, "bc")], [("B", 2.0, 2.4, "doubt")])
    assert events(labels, sure=True) == {"pause A 6.0"}
    (backchannel,) = [e for e in labels.events if e.type == "backchannel"]
    assert (backchannel.sure, backchannel.why) == (False, "doubtful unit")
    (interruption,) = [e for e in labels.events if e.type == "interruption"]
    assert interruption.why == "annotators differ, doubtful unit"


def test_onsets_further_apart_than_the_tolerance_are_two_events():
    one = joined([("B", 2.0, 3.4, "talk")], [("B", 2.19, 3.4, "talk")])
    assert events(one, sure=True) >= {"interruption B 2.095"}
    two = joined([("B", 2.0, 3.4, "talk")], [("B", 2.21, 3.4, "talk")])
    doubtful = events(two, sure=False, type="interruption")
    assert doubtful == {"interruption B 2.0", "interruption B 2.21"}


def test_what_the_two_say_otherwise_of_an_event_is_left_open():
    tail = ("A", 9.4, 9.9, "talk")
    one = joined([("B", 5.0, 6.2, "talk")], [("B", 5.0, 5.9, "talk"), tail])
    (interruption,) = [e for e in one.events if e.type == "interruption"]
    assert (interruption.sure, interruption.outcome) == (True, "")
    same = joined([("B", 5.0, 6.2, "talk")], [("B", 5.0, 6.2, "talk")])
    (interruption,) = [e for e in same.events if e.type == "interruption"]
    assert interruption.outcome == "taken"


def test_nothing_that_begins_in_a_zone_of_either_is_sure():
    feedback = [("B", 2.0, 2.4, "bc")]
    labels = joined(feedback, feedback, zones=((1.9, 3.0),))
    assert labels.zones == ((1.9, 3.0),)
    assert events(labels, sure=False, why="zone") == {"backchannel B 2.0"}
    both = join_labels(
        marked(*FRAME, zones=((1.0, 2.0),)), marked(*FRAME, zones=((1.5, 3.0), (8.0, 9.0))), 10
    )
    assert both.zones == ((1.0, 3.0), (8.0, 9.0))


def test_noises_of_both_are_kept():
    one = marked(*FRAME, not_speech=(OtherSound("B", 3.0, 3.2, "click"),))
    other = marked(
        *FRAME,
        not_speech=(OtherSound("B", 3.1, 3.3, "tap"), OtherSound("A", 9.2, 9.3, "breath")),
    )
    assert join_labels(one, other, 10).not_speech == (
        OtherSound("B", 3.0, 3.3, "click, tap"),
        OtherSound("A", 9.2, 9.3, "breath"),
    )


def test_labels_of_two_recordings_are_refused():
    other = msgspec.structs.replace(marked(*FRAME), name="another")
    with pytest.raises(InputError, match="'call' with labels of 'another'") as error:
        join_labels(marked(*FRAME), other, 10)
    assert error.value.reason == "other-annotation"


def test_labels_as_files():
    labels = joined([("B", 2.0, 2.4, "bc", "mm-hm")], [("B", 2.0, 2.4, "bc"), ("B", 3, 4, "talk")])
    bare = without_texts(labels)
    assert all(not unit.text for unit in bare.units)
    assert bare.events == labels.events
    text = encode_labels(bare)
    assert msgspec.json.decode(text, type=EventLabels) == bare
    assert b"mm-hm" not in text
    assert b"so I" not in text
    # What is perhaps no speech is no activity.
    assert activity_rttm(bare).decode().splitlines() == [
        "SPEAKER call 1 0.500000 5.500000 <NA> <NA> A <NA> <NA>",
        "SPEAKER call 1 2.000000 0.400000 <NA> <NA> B <NA> <NA>",
        "SPEAKER call 1 6.500000 2.500000 <NA> <NA> A <NA> <NA>",
    ]


@st.composite
def units(draw):
    """Units of both speakers, at times with two decimals."""
    found = []
    for name in "AB":
        cuts = sorted(draw(st.sets(st.integers(0, 999), max_size=12)))
        for a, b in zip(cuts[::2], cuts[1::2], strict=False):
            kind = draw(st.sampled_from(["talk", "talk", "talk", "bc", "doubt", "speech?"]))
            found.append(LabelledUnit(name, a / 100, b / 100, kind))
    return AnnotatorUnits("call", tuple(found))


def near(event, events):
    return any(
        e.type == event.type and e.speaker == event.speaker and abs(e.start - event.start) <= 0.201
        for e in events
    )


@settings(max_examples=12, deadline=None)
@given(units(), units())
def test_what_is_sure_is_so_for_both_whoever_comes_first(one, other):
    labels = join_labels(one, other, 10)
    assert join_labels(other, one, 10) == labels
    for person in (one, other):
        mine = annotator_events(person.units, 10)
        clear = [e for e in mine if e.sure]
        assert all(near(event, clear) for event in labels.events if event.sure)
        # Nothing that anybody has is lost.
        assert all(near(event, labels.events) for event in mine)
    for name in "AB":
        mine = [u for u in labels.units if u.speaker == name]
        assert all(a.end <= b.start + 1e-9 for a, b in itertools.pairwise(mine))


@settings(max_examples=8, deadline=None)
@given(units())
def test_one_person_twice_agrees(person):
    assert join_labels(person, person, 10).events == annotator_events(person.units, 10)
