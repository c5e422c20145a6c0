"""Annotation beside the sound it belongs to, and beside channels that are swapped or late."""

import msgspec
import numpy as np
import pytest
from made_calls import TALK, sound

from interactspeech.evaluation.calls.analysis import CallModels, analyse_call
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records import Event, Speaker, encode
from interactspeech.signal.intervals import intervals


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda s: s, None),
        (lambda s: s[::-1], "swapped"),
        (lambda s: np.roll(s, 8000, axis=1), "shifted"),
    ],
)
def test_channels_and_annotation(make_call, change, kind):
    path = make_call(samples=np.ascontiguousarray(change(sound(TALK))))
    source = RecordingSource(
        "call_1",
        (SourceFile(str(path)),),
        speakers=("A", "B"),
        annotation=(str(path.with_suffix(".rttm")),),
    )
    settings = ReportSettings()
    found = analyse_call(source, settings, CallModels(settings))
    assert [one.kind for one in found.findings] == ([] if kind is None else [kind])
    assert [s.name for s in found.speakers] == ["A", "B"]
    assert bool(found.withheld) == (kind is not None)


def test_events_that_people_labelled_come_with_their_times(make_call):
    path = make_call()
    rate = 8000  # another clock than the sound's
    record = compose_dialogue(
        "call_1", rate, 36 * rate,
        {who: intervals([(round(a * rate), round(b * rate)) for a, b in spans])
         for who, spans in TALK.items()},
    )  # fmt: skip
    label = Event("interruption", "A", round(8.5 * rate), 9 * rate, origin="human")
    record = msgspec.structs.replace(record, events=(label,))
    written = path.with_suffix(".json")
    written.write_bytes(encode(record))
    source = RecordingSource(
        "call_1", (SourceFile(str(path)),), speakers=("A", "B"), annotation=(str(written),)
    )
    settings = ReportSettings()
    found = analyse_call(source, settings, CallModels(settings))
    taken = [one for one in found.incidents if one.kind == "interruption_taken"]
    assert [(one.speaker, one.start, one.value) for one in taken] == [("A", 8.5, 0.5)]
    assert "(by hand: interruption)" in found.measured_by
    # The rules' own are there for what nobody labelled.
    assert any(one.kind == "response" for one in found.incidents)


def test_labels_that_are_left_out_are_counted(make_call):
    path = make_call()
    rate = 8000
    record = compose_dialogue(
        "call_1", rate, 36 * rate,
        {who: intervals([(round(a * rate), round(b * rate)) for a, b in spans])
         for who, spans in TALK.items()},
    )  # fmt: skip
    labels = [
        Event("backchannel", "C", at * rate, at * rate + 900, origin="human") for at in (3, 9)
    ]
    record = msgspec.structs.replace(
        record, speakers=(*record.speakers, Speaker("C", name="Cem")), events=tuple(labels)
    )
    written = path.with_suffix(".json")
    written.write_bytes(encode(record))
    source = RecordingSource(
        "call_1", (SourceFile(str(path)),), speakers=("A", "B"), annotation=(str(written),)
    )
    settings = ReportSettings()
    found = analyse_call(source, settings, CallModels(settings))
    assert [note for note in found.notes if "2 labels of Cem left out" in note]
    assert "by hand" not in found.measured_by
