"""Timing of generated corpora as they are distributed: Behavior-SD, 1f/interactspeech."""

import json

import pytest

from interactspeech import formats
from interactspeech.formats import Report

META = {
    "soda_split": "train", "soda_index": 4, "narrative": "Cornell thinks.",
    "speakers": ["Cornell", "Dontrell"], "num_turns": 3,
    "utterances": [
        {"uttr_idx": 0, "uttr_type": None, "speaker_idx": 1, "speaker": "Dontrell",
         "tts_text": "So, I was thinking... um...", "dur_samples": 60672,
         "start_time": 0.0, "end_time": 2.75,
         "backchannels": [{"tts_text": "yeah", "start_time": 1.5, "end_time": 1.9}]},
        {"uttr_idx": 1, "uttr_type": "interruption", "speaker_idx": 0, "speaker": "Cornell",
         "tts_text": "<laughter>sure</laughter> (interrupt)", "dur_samples": 22050,
         "start_time": 2.3, "end_time": 3.3, "backchannels": []},
        {"uttr_idx": 2, "uttr_type": None, "speaker_idx": 1, "speaker": "Dontrell",
         "tts_text": "[laughter]", "dur_samples": 11025, "start_time": 3.6, "end_time": 4.1},
    ],
    "tts_genders": ["female", "male"],
}  # fmt: skip


def told(dialogue):
    return [(u.speaker, u.start, u.end, u.text) for u in dialogue.utterances]


def put_meta(folder, value):
    path = folder / "train" / "audios" / "0000000004" / "meta_info.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def test_behavior_sd(tmp_path):
    put_meta(tmp_path, META)
    report = Report()
    (dialogue,) = formats.read(tmp_path, rate=1000, report=report)
    assert dialogue.id == "0000000004"
    assert told(dialogue) == [
        ("Dontrell", 0, 2750, "So, I was thinking... um..."), ("Cornell", 1500, 1900, "yeah"),
        ("Cornell", 2300, 3300, "sure"),
    ]  # fmt: skip
    assert [(e.type, e.speaker, e.start) for e in dialogue.events] == [("laugh", "Dontrell", 3600)]
    assert not report.errors
    assert not report.lost


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"speaker": "Bob"}, "unknown-speaker"), ({"start_time": None}, "bad-time"),
        ({"end_time": -1}, "bad-time"), ({"start_time": 9.0}, "reversed-time"),
        ({"tts_text": ["so"]}, "bad-line"), ({"backchannels": [3]}, "bad-line"),
        ({"backchannels": "yeah"}, "bad-line"),
    ],
)  # fmt: skip
def test_bad_utterances_of_behavior_sd(tmp_path, change, reason):
    meta = json.loads(json.dumps(META))
    meta["utterances"][1] |= change
    path = put_meta(tmp_path, meta)
    report = Report()
    assert formats.read(path, report=report) == []
    assert [error.reason for error in report.errors] == [reason]
    report = Report()
    (dialogue,) = formats.read(path, report=report, skip_bad=True)
    assert report.lost
    assert {u.speaker for u in dialogue.utterances} >= {"Dontrell"}


@pytest.mark.parametrize("names", [["Ann"], ["Ann", "Ann"], ["Ann", "Bob", "Cid"]])
def test_behavior_sd_is_of_two_people(tmp_path, names):
    report = Report()
    assert formats.read(put_meta(tmp_path, META | {"speakers": names}), report=report) == []
    assert [error.reason for error in report.errors] == ["unknown-speaker"]


def turn(role, start, end, said, text=None):
    return {"role": role, "start_ms": start, "end_ms": end, "shared_complete": True, "text": text,
            "audio_in": {"path": None, "sample_rate": 24000, "start_ms": start, "end_ms": end,
                         "source": {"kind": "tts_recipe", "transcript": said}}}  # fmt: skip


RECORD = {"id": "sample-1a", "turns": [turn("user", 0, 6680, "What's the best setup"),
                                       turn("assistant", 6000, 7500, "", "Wait!")]}  # fmt: skip


def test_turn_records(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{"id": record["id"], "view": "interactspeech",
             "category": "interaction_speech/english", "record_json": json.dumps(record)}
            for record in (RECORD, RECORD | {"id": "sample-2b"})]  # fmt: skip
    rows.append(rows[0] | {"record_json": "{"})
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "train-00000.parquet")
    report = Report()
    found = formats.read(tmp_path / "train-00000.parquet", rate=1000, report=report)
    assert [one.id for one in found] == ["sample-1a", "sample-2b"]
    assert told(found[0]) == [
        ("user", 0, 6680, "What's the best setup"), ("assistant", 6000, 7500, "Wait!"),
    ]  # fmt: skip
    assert [error.reason for error in report.errors] == ["bad-json"]
    (tmp_path / "one.json").write_text(json.dumps(RECORD))
    (alone,) = formats.read(tmp_path / "one.json", rate=1000)
    assert told(alone) == told(found[0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"start_ms": "0"}, "bad-time"), ({"start_ms": 9000}, "reversed-time"),
     ({"role": None}, "unknown-speaker"), ({"end_ms": True}, "bad-time")],
)  # fmt: skip
def test_bad_turn_records(tmp_path, change, reason):
    record = json.loads(json.dumps(RECORD))
    record["turns"][1] |= change
    (tmp_path / "one.json").write_text(json.dumps(record))
    report = Report()
    assert formats.read(tmp_path / "one.json", report=report) == []
    assert [error.reason for error in report.errors] == [reason]
