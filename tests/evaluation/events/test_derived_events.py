"""Events that follow from marked units, and which of them are in doubt."""

import json

import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.events.derived_events import (
    annotator_events,
    annotator_labels,
    derive_events,
    read_units,
    unmatched,
)
from interactspeech.evaluation.events.labelled_recordings import (
    LabelledEvent,
    LabelledUnit,
    labelled_recordings,
)

#: A talks, pauses for half a second, and goes on.
FRAME = (("A", 0.5, 6.0, "talk"), ("A", 6.5, 9.0, "talk"))


def units(*rows):
    return [LabelledUnit(*row) for row in (*FRAME, *rows)]


def told(events, **wanted):
    """Types and speakers of events with some attributes; turns, which everybody has, left out."""
    return {
        f"{e.type} {e.speaker} {e.start}"
        for e in events
        if e.type != "turn" and all(getattr(e, name) == value for name, value in wanted.items())
    }


def test_the_class_of_a_unit_decides_what_it_does():
    feedback = derive_events(units(("B", 2.0, 2.4, "bc")), 10)
    assert told(feedback) == {"backchannel B 2.0", "pause A 6.0"}
    assert told(feedback, placement="overlap") == {"backchannel B 2.0"}
    claim = derive_events(units(("B", 2.0, 2.4, "talk")), 10)
    assert told(claim) == {"interruption B 2.0", "pause A 6.0"}
    assert told(claim, outcome="failed") == {"interruption B 2.0"}
    nothing = derive_events(units(("B", 2.0, 2.4, "speech?")), 10)
    assert told(nothing) == {"pause A 6.0"}


def test_what_is_clear_is_sure():
    found = annotator_events(units(("B", 2.0, 2.4, "bc"), ("B", 4.0, 6.2, "talk")), 10)
    assert told(found, sure=False) == set()
    assert told(found) == {"backchannel B 2.0", "interruption B 4.0", "gap A 6.2"}


@pytest.mark.parametrize("kind", ["doubt", "laugh"])
def test_a_doubtful_unit_is_read_both_ways(kind):
    found = annotator_events(units(("B", 2.0, 2.4, kind)), 10)
    assert told(found, sure=True) == {"pause A 6.0"}
    doubtful = told(found, sure=False, why="doubtful unit")
    assert doubtful == {"backchannel B 2.0", "interruption B 2.0"}


def test_what_is_perhaps_no_speech_makes_doubtful_what_it_lies_in():
    found = annotator_events(units(("B", 6.1, 6.4, "speech?")), 10)
    assert told(found, sure=True) == set()
    assert told(found, why="doubtful unit") == {"backchannel B 6.1", "pause A 6.0"}


@pytest.mark.parametrize(
    ("start", "end", "sure", "doubtful"),
    [
        (9.3, 9.8, {"pause A 6.0", "pause A 9.0"}, set()),
        (9.22, 9.8, {"pause A 6.0"}, {"pause A 9.0"}),  # a pause of .22 s
        (9.18, 9.8, {"pause A 6.0"}, {"pause A 9.0"}),  # no pause by the rule, of .18 s
        (9.1, 9.8, {"pause A 6.0"}, set()),
    ],
)
def test_what_is_near_a_threshold_is_in_doubt(start, end, sure, doubtful):
    found = annotator_events(units(("A", start, end, "talk")), 10)
    assert told(found, sure=True) == sure
    assert told(found, sure=False, why="threshold") == doubtful


@pytest.mark.parametrize(
    ("overlap", "doubtful"), [(0.15, False), (0.22, True), (0.28, True), (0.35, False)]
)
def test_an_overlap_near_the_threshold_is_perhaps_terminal(overlap, doubtful):
    start = round(6.0 - overlap, 2)
    rows = [LabelledUnit("A", 0.5, 6.0, "talk"), LabelledUnit("B", start, 8.0, "talk")]
    both = {f"interruption B {start}", f"terminal_overlap B {start}"}
    assert told(annotator_events(rows, 10), sure=False) == (both if doubtful else set())


@pytest.mark.parametrize(
    ("silence", "doubtful"), [(0.8, False), (0.95, True), (1.05, True), (1.2, False)]
)
def test_whether_a_turn_ends_is_in_doubt_after_a_silence_of_about_a_second(silence, doubtful):
    start = round(6.0 + silence, 2)
    rows = [LabelledUnit("A", 0.5, 6.0, "talk"), LabelledUnit("A", start, 9.0, "talk")]
    found = annotator_events(rows, 10)
    assert {(e.type, e.start) for e in found if not e.sure} >= (
        {("turn", start), ("pause", 6.0)} if doubtful else set()
    )
    assert doubtful == any(not e.sure for e in found)


@pytest.mark.parametrize(
    ("silence", "doubtful"), [(0.3, False), (0.45, True), (0.55, True), (0.7, False)]
)
def test_a_silence_of_half_a_second_in_the_others_talk_is_perhaps_a_hesitation(silence, doubtful):
    start = round(3.0 + silence, 2)
    rows = [
        LabelledUnit("A", 0.5, 6.0, "talk"),
        LabelledUnit("B", 2.0, 3.0, "talk"),
        LabelledUnit("B", start, 5.0, "talk"),
    ]
    found = told(annotator_events(rows, 10), sure=False)
    assert found == ({f"interruption B {start}"} if doubtful else set())


@pytest.mark.parametrize(
    ("length", "doubtful"), [(0.8, False), (0.95, True), (1.05, True), (3.0, True)]
)
def test_feedback_about_as_long_as_a_backchannel_can_be(length, doubtful):
    found = annotator_events(units(("B", 2.0, round(2.0 + length, 2), "bc")), 10)
    assert (told(found, sure=False, why="threshold") != set()) == doubtful


def test_feedback_too_long_for_a_backchannel_is_no_sure_interruption():
    assert told(derive_events(units(("B", 2.0, 3.5, "bc")), 10)) >= {"interruption B 2.0"}
    found = annotator_events(units(("B", 2.0, 3.5, "bc")), 10)
    assert told(found, sure=False) == {"backchannel B 2.0", "interruption B 2.0"}


def event(kind, speaker, start):
    return LabelledEvent(kind, speaker, start, start + 0.1, sure=True)


def test_events_are_paired_one_to_one():
    one = [event("gap", "A", 1.0), event("gap", "A", 1.1), event("gap", "B", 5.0)]
    other = [event("gap", "A", 1.2), event("pause", "B", 5.0), event("gap", "B", 5.21)]
    assert unmatched(one, other) == ([1, 2], [1, 2])
    assert unmatched(one, one) == ([], [])


def written(path, *rows, **changes):
    names = ("speaker", "start", "end", "class")
    labels = {"name": "call", "units": [dict(zip(names, row, strict=True)) for row in rows]}
    path.write_text(json.dumps({**labels, **changes}))
    return path


def test_a_file_of_units(tmp_path):
    path = written(tmp_path / "units.json", ("B", 2, 2.4, "bc"), *FRAME, zones=[[8, 9]])
    found = read_units(path, 10)
    assert [unit.kind for unit in found.units] == ["bc", "talk", "talk"]
    labels = annotator_labels(found, 10)
    assert [unit.start for unit in labels.units] == [0.5, 2, 6.5]
    assert told(labels.events) == {"backchannel B 2.0", "pause A 6.0"}
    assert labels.zones == ((8, 9),)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("A", 3, 2, "talk")], r"unit 1 \(A, 3.0 to 2.0 s\) has no length"),
        ([("A", -1, 2, "talk")], "begins before 0"),
        ([("A", 1, 12, "talk")], r"ends after the recording \(10.00 s\)"),
        ([("A", 2, 4, "talk"), ("A", 1, 3, "talk")], "unit 1 .* begins before unit 2 of its"),
        ([("A", 1, 2, "shout")], "holds no units: .*shout"),
        ([("C", 1, 2, "talk")], "holds no units"),
    ],
)
def test_units_that_are_none_are_refused(tmp_path, rows, problem):
    path = written(tmp_path / "units.json", *rows)
    with pytest.raises(InputError, match=problem) as error:
        read_units(path, 10)
    assert (error.value.reason, error.value.path) == ("bad-annotation", path)


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(InputError) as error:
        read_units(tmp_path / "none.json", 10)
    assert error.value.reason == "unreadable"


def test_events_that_a_person_derived_follow_from_their_units(shared_data):
    folder = shared_data / "real_labelled"
    if not folder.is_dir():
        pytest.skip("the labelled real recordings are not here")
    for recording in labelled_recordings(folder):
        labels = recording.labels
        sure = [e for e in labels.events if e.sure]
        doubtful = [e for e in labels.events if not e.sure]
        found = derive_events(labels.units, labels.seconds)
        missing, extra = unmatched(sure, found)
        assert not missing, recording.name
        assert not unmatched(doubtful, [found[i] for i in extra])[1], recording.name
        # What was sure there is sure here, but for turns after a silence of about a second.
        mine = [e for e in annotator_events(labels.units, labels.seconds) if e.sure]
        assert {sure[i].type for i in unmatched(sure, mine)[0]} <= {"turn"}, recording.name
