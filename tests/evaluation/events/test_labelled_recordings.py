"""Labelled real recordings: what is read, what is refused."""

import json

import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.events.labelled_recordings import (
    doubtful_events,
    labelled_recordings,
    marked_dialogue,
)

RATE = 16_000


def test_what_is_marked(written, tmp_path):
    (recording,) = labelled_recordings(written(tmp_path))
    assert recording.name == "call"
    assert recording.audio.shape == (2, 10 * RATE)
    assert recording.activity()["B"].tolist()[0] == [2 * RATE, round(2.4 * RATE)]
    assert [e.start for e in recording.events("backchannel", sure=True)] == [2.0]
    assert [e.start for e in recording.events("backchannel", sure=False)] == [8.0]
    assert recording.events("gap", sure=True) == ()  # in a zone
    assert recording.unscored("B").tolist() == [
        [8 * RATE, round(8.3 * RATE)],
        [9 * RATE, round(9.5 * RATE)],
    ]
    assert recording.unscored("A").tolist() == [[9 * RATE, round(9.5 * RATE)]]


def test_words_lie_in_their_units(written, tmp_path):
    (recording,) = labelled_recordings(written(tmp_path))
    words = recording.words()
    assert [w.text for w in words["B"]] == ["mm-hm", "wait", "no"]
    assert words["B"][1].start == 5 * RATE
    assert words["B"][2].end == round(7.5 * RATE)


def test_the_record_holds_sure_events_only(written, tmp_path):
    (recording,) = labelled_recordings(written(tmp_path))
    dialogue = marked_dialogue(recording)
    assert [(e.type, e.start, e.origin) for e in dialogue.events] == [
        ("backchannel", 2 * RATE, "human"),
        ("interruption", 5 * RATE, "human"),
    ]
    assert dialogue.events[0].attributes["placement"] == "overlap"
    doubt = {(e.type, e.start) for e in doubtful_events(recording)}
    assert ("backchannel", 8 * RATE) in doubt
    assert {kind for kind, start in doubt if start == 9 * RATE} == {
        "backchannel", "interruption", "gap", "pause",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"seconds": 7.0}, "lasts from"),
        ({"seconds": "ten"}, "no event labels"),
        ({"events": [{"type": "sneeze", "speaker": "A", "start": 1, "end": 2, "sure": True}]},
         "no event labels"),
        ({"events": [{"type": "gap", "speaker": "A", "start": 3, "end": 2, "sure": True}]},
         "lasts from"),
        ({"units": [{"speaker": "C", "start": 1, "end": 2, "class": "talk"}]}, "no event labels"),
    ],
)  # fmt: skip
def test_labels_that_are_none_are_refused(written, tmp_path, changes, problem):
    base = json.loads((written(tmp_path / "a") / "call" / "events.json").read_text())
    (tmp_path / "a" / "call" / "events.json").write_text(json.dumps({**base, **changes}))
    with pytest.raises(InputError, match=problem) as error:
        labelled_recordings(tmp_path / "a")
    assert error.value.reason == "bad-annotation"


def test_other_folders_are_refused(written, tmp_path):
    with pytest.raises(InputError) as error:
        labelled_recordings(tmp_path)
    assert error.value.reason == "nothing-to-measure"
    (recording,) = labelled_recordings(written(tmp_path, channels=1))
    with pytest.raises(InputError) as error:
        _ = recording.audio
    assert error.value.reason == "one-channel"
