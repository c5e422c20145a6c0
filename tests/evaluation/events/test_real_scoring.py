"""Scores on labelled recordings: doubt counts neither way."""

import numpy as np
import pytest

from interactspeech.evaluation.events.labelled_recordings import labelled_recordings
from interactspeech.evaluation.events.real_scoring import (
    LabelledOnsets,
    OnsetCounts,
    match_labelled,
    speech_frames,
)
from interactspeech.records import Event

RATE = 16_000


@pytest.fixture
def recording(written, tmp_path):
    (found,) = labelled_recordings(written(tmp_path))
    return found


def event(kind, speaker, start, **attributes):
    first = round(start * RATE)
    return Event(kind, speaker, first, first + 1600, attributes=attributes)


def counted(recording, kind, *events):
    found = match_labelled(recording, events, kind)
    return len(found.hits), len(found.missed), len(found.wrong)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], (0, 1, 0)),
        ([("B", 2.1)], (1, 0, 0)),
        ([("B", 2.19)], (1, 0, 0)),
        ([("B", 2.21)], (0, 1, 1)),
        ([("A", 2.0)], (0, 1, 1)),  # another speaker's
        ([("B", 2.0), ("B", 2.1)], (1, 0, 1)),  # one to one
        ([("B", 8.0)], (0, 1, 0)),  # doubtful
        ([("B", 9.2)], (0, 1, 0)),  # in a zone
        ([("A", 8.0)], (0, 1, 1)),  # the doubt is about B
        ([("B", 6.5)], (0, 1, 1)),
    ],
)
def test_feedback(recording, found, expected):
    events = [event("backchannel", who, start) for who, start in found]
    assert counted(recording, "backchannel", *events) == expected


def test_types_are_not_mixed_up(recording):
    events = [event("backchannel", "B", 5.0), event("interruption", "B", 5.1)]
    assert counted(recording, "interruption", *events) == (1, 0, 0)
    assert counted(recording, "backchannel", *events) == (0, 1, 1)


def test_a_filled_pause_of_old_records_is_talk(recording):
    assert counted(recording, "pause", event("pause", "A", 3.0, fill="filled")) == (0, 0, 0)
    assert counted(recording, "pause", event("pause", "A", 3.0)) == (0, 0, 1)


def test_figures_of_counts():
    def of(hits, missed, wrong):
        seconds = [np.array(x, np.int64) * RATE for x in (hits, missed, wrong)]
        return LabelledOnsets("one", *seconds)

    counts = OnsetCounts({"gap": [of([1, 40, 70], [100], [5, 95])], "pause": [of([], [], [])]})
    assert counts.total("gap") == (3, 1, 2)
    assert counts.f1("gap").value == pytest.approx(6 / 9)
    assert counts.precision("gap").value == pytest.approx(3 / 5)
    assert counts.recall("gap").value == pytest.approx(3 / 4)
    assert counts.recall("gap").n == 4
    figure = counts.f1("gap")
    assert figure.low < figure.value < figure.high
    assert counts.mean_f1(("gap", "pause")).value == pytest.approx(6 / 9)  # no pause was marked
    assert np.isnan(counts.recall("pause").value)


def test_speech_frames_leave_out_boundaries_doubt_and_zones(recording):
    marked = recording.activity()
    same = speech_frames(recording, marked)
    assert same.missed == 0
    assert same.false == 0
    assert 700 < same.talk < 850
    nothing = speech_frames(recording, {n: np.zeros((0, 2), np.int64) for n in "AB"})
    assert nothing.missed == nothing.talk == same.talk
    late = {n: rows + round(0.04 * RATE) for n, rows in marked.items()}
    assert speech_frames(recording, late).missed == 0  # boundaries are sure to 50 ms
    everywhere = {n: np.array([[0, 10 * RATE]]) for n in "AB"}
    assert speech_frames(recording, everywhere).false == same.silent
