"""Responses of speech recognisers, made here in the forms that their documentation shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from interactspeech import formats
from interactspeech.errors import InputError
from interactspeech.formats.recogniser import is_recogniser
from interactspeech.records import Dialogue


def read(folder: Path, value: Any, name: str = "call.json") -> tuple[Dialogue, formats.Report]:
    path = folder / name
    lines = name.endswith(".jsonl")
    path.write_text("\n".join(map(json.dumps, value)) if lines else json.dumps(value), "utf-8")
    report = formats.Report()
    (dialogue,) = formats.read(path, rate=1000, report=report)
    assert not report.errors
    return dialogue, report


def told(dialogue: Dialogue) -> list[tuple[str, int, int, str]]:
    return [(u.speaker, u.start, u.end, u.text) for u in dialogue.utterances]


def word(text: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"word": text, "start": start, "end": end, **more}


ANN, BOB = word("So", 0.5, 0.8), word("yes", 1.6, 2.0)
RIGHT = [("A", 500, 800, "So"), ("B", 1600, 2000, "yes")]


def aws(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "pronunciation", "start_time": str(item["start"]), "end_time": str(item["end"]),
        "alternatives": [{"content": item["word"], "confidence": "0.9"}], **more,
    }  # fmt: skip


FORMS: dict[str, Any] = {
    "list": [
        {"start": 0.5, "end": 0.8, "speaker": "A", "text": " So"},
        {"start": 1.6, "end": 2.0, "speaker": "B", "text": " yes"},
    ],
    "whisperx": {
        "segments": [
            {"start": 0.5, "end": 0.8, "text": " So", "speaker": "A", "words": [ANN]},
            {"start": 1.6, "end": 2.0, "text": " yes", "speaker": "B", "words": [BOB]},
        ],
        "language": "en",
    },
    "pipeline": {
        "text": "So yes",
        "chunks": [
            {"timestamp": [0.5, 0.8], "text": " So", "speaker": "A"},
            {"timestamp": [1.6, 2.0], "text": " yes", "speaker": "B"},
        ],
    },
    "service of pyannote": {
        "jobId": "x",
        "output": {
            "diarization": [
                {"speaker": "A", "start": 0.5, "end": 0.8, "text": "So"},
                {"speaker": "B", "start": 1.6, "end": 2.0, "text": "yes"},
            ]
        },
    },
    "assemblyai": {
        "id": "x", "audio_duration": 3, "words": [],
        "utterances": [
            {"speaker": "A", "start": 500, "end": 800, "text": "So",
             "words": [{"text": "So", "start": 500, "end": 800, "speaker": "A"}]},
            {"speaker": "B", "start": 1600, "end": 2000, "text": "yes",
             "words": [{"text": "yes", "start": 1600, "end": 2000, "speaker": "B"}]},
        ],
    },
    "assemblyai, words only": {
        "id": "x", "audio_duration": 3, "utterances": None,
        "words": [{"text": "So", "start": 500, "end": 800, "speaker": "A"},
                  {"text": "yes", "start": 1600, "end": 2000, "speaker": "B"}],
    },
    "deepgram, diarized": {
        "metadata": {"channels": 1},
        "results": {"channels": [{"alternatives": [
            {"transcript": "So yes", "words": [ANN | {"speaker": "A"}, BOB | {"speaker": "B"}]},
            {"transcript": "other", "words": [word("other", 0, 3, speaker="A")]},
        ]}]},
    },
    "aws": {"results": {
        "speaker_labels": {"segments": [
            {"speaker_label": "A", "items": [{"start_time": "0.5", "speaker_label": "A"}]},
            {"speaker_label": "B", "items": [{"start_time": "1.6", "speaker_label": "B"}]},
        ]},
        "items": [aws(ANN), aws(BOB)],
    }},
    "aws, labels on items": {"results": {
        "items": [aws(ANN, speaker_label="A"), aws(BOB, speaker_label="B")],
    }},
    "aws, channels": {"results": {
        "channel_labels": {"channels": [
            {"channel_label": "A", "items": [aws(ANN)]},
            {"channel_label": "B", "items": [aws(BOB)]},
        ]},
        "items": [aws(ANN), aws(BOB)],
    }},
    "google": {"results": [
        {"alternatives": [{"words": [
            {"startTime": "0.5s", "endTime": "0.800s", "word": "So"},
            {"startTime": "1.6s", "endTime": "2s", "word": "yes"}]}]},
        {"alternatives": [{"words": [
            {"startTime": "0.5s", "endTime": "0.800s", "word": "So", "speakerLabel": "A"},
            {"startTime": {"seconds": 1, "nanos": 600_000_000}, "endTime": {"seconds": "2"},
             "word": "yes", "speakerLabel": "B"}]}]},
    ]},
    "azure": {"recognizedPhrases": [
        {"channel": 0, "speaker": "A", "offsetInTicks": 5_000_000, "durationInTicks": 3_000_000,
         "nBest": [{"display": "So"}, {"display": "Sow"}]},
        {"channel": 0, "speaker": "B", "offsetInTicks": 16_000_000, "durationInTicks": 4_000_000,
         "nBest": [{"display": "yes"}]},
    ]},
    "rev": {"monologues": [
        {"speaker": "A", "elements": [
            {"type": "text", "value": "So", "ts": 0.5, "end_ts": 0.8},
            {"type": "punct", "value": " "}]},
        {"speaker": "B", "elements": [{"type": "text", "value": "yes", "ts": 1.6, "end_ts": 2.0}]},
    ]},
    "speechmatics": {"results": [
        {"type": "word", "start_time": 0.5, "end_time": 0.8,
         "alternatives": [{"content": "So", "speaker": "A"}]},
        {"type": "word", "start_time": 1.6, "end_time": 2.0,
         "alternatives": [{"content": "yes", "speaker": "B"}]},
    ]},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_each_form_says_the_same(tmp_path: Path, form: str) -> None:
    dialogue, _ = read(tmp_path, FORMS[form])
    assert told(dialogue) == RIGHT


def test_segments_one_a_line(tmp_path: Path) -> None:
    dialogue, _ = read(tmp_path, FORMS["list"], "call.jsonl")
    assert told(dialogue) == RIGHT


def test_channels_are_speakers_where_no_one_was_told_apart(tmp_path: Path) -> None:
    value = {"results": {"channels": [
        {"alternatives": [{"words": [ANN]}]}, {"alternatives": [{"words": [BOB]}]},
    ]}}  # fmt: skip
    dialogue, _ = read(tmp_path, value)
    assert told(dialogue) == [("0", 500, 800, "So"), ("1", 1600, 2000, "yes")]


def test_a_word_that_was_not_placed_keeps_its_place_and_is_estimated(tmp_path: Path) -> None:
    value = {"segments": [
        {"start": 0.0, "end": 2.0, "text": "in 2014 we", "speaker": "A",
         "words": [word("in", 0, 0.4), {"word": "2014"}, word("we", 1.5, 2.0)]},
    ]}  # fmt: skip
    dialogue, report = read(tmp_path, value)
    (utterance,) = dialogue.utterances
    assert [w.text for w in utterance.words] == ["in", "2014", "we"]
    assert utterance.times == "estimated"
    assert report.counts() == {"repair": {"zero-length-word": 1}}


def test_words_of_two_people_in_one_segment_are_told_apart(tmp_path: Path) -> None:
    value = {"segments": [
        {"start": 0.5, "end": 2.0, "text": "So yes", "speaker": "A",
         "words": [ANN, BOB | {"speaker": "B"}]},
    ]}  # fmt: skip
    dialogue, _ = read(tmp_path, value)
    assert told(dialogue) == RIGHT


def test_segments_without_a_speaker_beside_others_are_a_loss(tmp_path: Path) -> None:
    value = {"segments": [*FORMS["whisperx"]["segments"], {"start": 3, "end": 4, "text": "hm"}]}
    dialogue, report = read(tmp_path, value)
    assert told(dialogue) == RIGHT
    assert report.counts() == {"loss": {"unknown-speaker": 1}}


def test_a_chunk_without_its_end_is_counted_and_the_rest_stays(tmp_path: Path) -> None:
    chunks = [*FORMS["pipeline"]["chunks"], {"timestamp": [3, None], "text": "hm", "speaker": "A"}]
    dialogue, report = read(tmp_path, {"chunks": chunks})
    assert told(dialogue) == RIGHT
    assert report.counts() == {"loss": {"untimed-utterance": 1}}


def test_a_response_for_each_side_is_one_conversation(tmp_path: Path) -> None:
    for side, text, start in (("left", "So", 0.5), ("right", "yes", 1.6)):
        value = {"segments": [{"start": start, "end": start + 1, "text": text}]}
        (tmp_path / f"call_{side}.json").write_text(json.dumps(value))
    (dialogue,) = formats.read(tmp_path, rate=1000)
    assert told(dialogue) == [("left", 500, 1500, "So"), ("right", 1600, 2600, "yes")]


def test_whole_milliseconds_are_known_by_their_length_and_noted(tmp_path: Path) -> None:
    value = [{"start": 500, "end": 1800, "speaker": "A", "text": "So"}]
    dialogue, report = read(tmp_path, value)
    assert told(dialogue) == [("A", 500, 1800, "So")]
    assert report.counts() == {"note": {"time-unit": 1}}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"segments": [{"start": "soon", "end": 1, "speaker": "A"}]}, "bad-time"),
        ({"segments": [{"start": 2, "end": 1, "speaker": "A"}]}, "reversed-time"),
        ({"segments": [{"start": 0, "end": True, "speaker": "A", "text": "x"}]}, "bad-time"),
        ({"segments": [{"start": 0, "end": 1}, 5]}, "bad-format"),
        ({"results": {"items": [{"alternatives": [], "start_time": "1"}]}}, "bad-format"),
        ({"monologues": [{"elements": []}]}, "empty-file"),
        ({"recognizedPhrases": [{"nBest": [{}]}]}, "bad-format"),
        ({"text": "hello"}, "unknown-format"),
    ],
)
def test_what_is_broken_is_an_error_with_a_reason(tmp_path: Path, value: Any, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    with pytest.raises(InputError) as refused:
        formats.read(path)
    assert refused.value.reason == reason


def test_our_own_record_is_no_response(tmp_path: Path) -> None:
    dialogue, _ = read(tmp_path, FORMS["whisperx"])
    formats.write(dialogue, tmp_path / "own.json")
    assert not is_recogniser(json.loads((tmp_path / "own.json").read_bytes()))
    assert formats.read(tmp_path / "own.json") == [dialogue]
