"""Annotation beside the sound it belongs to, and beside channels that are swapped or late."""

import numpy as np
import pytest
from made_calls import TALK, sound

from interactspeech.evaluation.calls.analysis import CallModels, analyse_call
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.mining.source import RecordingSource, SourceFile


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
