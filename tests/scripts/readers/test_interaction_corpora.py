"""Corpora of generated spoken dialogue and MultiWOZ 2.1, in small files of their exact layout."""

import json
from pathlib import Path

import pytest

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts import find_files, format_script, read


def texts(found: object) -> list[tuple[str, str]]:
    assert isinstance(found, PlainDialogue), found
    return [(turn.speaker, turn.text) for turn in found.turns]


STATE = {"taxi": {"book": {"booked": []}, "semi": {"leaveAt": "17:15"}}}
MULTIWOZ = {
    "SNG01856.json": {
        "goal": {"taxi": {}, "message": ["You want a taxi"]},
        "log": [
            {"text": "I need a taxi by 17:15.", "metadata": {}, "dialog_act": {}, "span_info": []},
            {"text": "Booked! Ref LX123.", "metadata": STATE, "dialog_act": {}, "span_info": []},
            {"text": "Thanks , bye .", "metadata": {}, "dialog_act": {}, "span_info": []},
        ],
    },
    "PMUL4398.json": {
        "goal": {},
        "log": [
            {"text": "Hello.", "metadata": {}}, {"text": "Hi.", "metadata": STATE},
        ],
    },
    "MUL0003.json": {
        "goal": {},
        "log": [
            {"text": "Any museum?", "metadata": {}}, {"text": "Many.", "metadata": STATE},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("lists", ["txt", "json", ""])
def test_multiwoz_21(tmp_path: Path, lists: str) -> None:
    (tmp_path / "data.json").write_text(json.dumps(MULTIWOZ))
    (tmp_path / "ontology.json").write_text('{"taxi-leaveAt": ["17:15"]}')
    (tmp_path / "taxi_db.json").write_text('{"taxi_colors": ["black"]}')
    (tmp_path / "dialogue_acts.json").write_text('{"SNG01856": {"1": {"Taxi-Inform": []}}}')
    if lists:
        (tmp_path / f"valListFile.{lists}").write_text("PMUL4398.json\n")
        (tmp_path / f"testListFile.{lists}").write_text("MUL0003.json\n")
    (path,) = find_files(tmp_path)
    first, second, third = read(path)
    assert texts(first) == [
        ("A", "I need a taxi by seventeen fifteen."),
        ("B", "Booked! Ref L X one two three."),
        ("A", "Thanks, bye."),
    ]
    assert isinstance(first, PlainDialogue)
    assert (first.id, first.corpus, first.licence) == ("multiwoz-SNG01856", "multiwoz", "MIT")
    assert first.names == {"A": "user", "B": "system"}
    splits = [one.split for one in (first, second, third) if isinstance(one, PlainDialogue)]
    assert splits == (["train", "validation", "test"] if lists else ["", "", ""])


def turn(role: str, start: int, end: int, said: str) -> dict[str, object]:
    return {
        "role": role, "start_ms": start, "end_ms": end, "shared_complete": True, "text": None,
        "audio_in": {
            "path": None, "sample_rate": 24000, "start_ms": start, "end_ms": end,
            "source": {"kind": "tts_recipe", "transcript": said},
        },
    }  # fmt: skip


RECORD = {
    "id": "interactspeech-sample-1a",
    "turns": [
        turn("user", 0, 2000, "What's the best setup for"), turn("assistant", 1500, 4000, "Wait!"),
        {**turn("user", 4100, 5000, ""), "text": "Okay."},
    ],
}  # fmt: skip


def hub_row() -> dict[str, str]:
    return {
        "id": "interactspeech-sample-1a", "view": "interactspeech",
        "category": "interaction_speech/english", "record_json": json.dumps(RECORD),
    }  # fmt: skip


def test_the_text_release_on_the_hub(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = hub_row() | {"record_json": "{"}
    pq.write_table(pa.Table.from_pylist([hub_row(), broken]), tmp_path / "train-00000.parquet")
    found, error = read(tmp_path / "train-00000.parquet")
    assert texts(found) == [("A", "What's the best setup for"), ("B", "Wait!"), ("A", "Okay.")]
    assert isinstance(found, PlainDialogue)
    assert (found.corpus, found.licence) == ("interactspeech-hub", "")
    assert found.names == {"A": "user", "B": "assistant"}
    assert isinstance(error, InputError)
    assert error.reason == "bad-record"


def slot(index: int, decision: str) -> dict[str, object]:
    probs = {"floor_taking": 0.1, "backchannel": 0.2, "silence": 0.7}
    token = {"floor_taking": "[TAKE_FLOOR]", "backchannel": "[BACKCHANNEL]"}.get(decision)
    return {"word_index": index, "probs": probs, "decision": decision, "inserted_token": token}


TAKEN = "So um, I was going to say that 3 of them"
DUPLEXGEN = {
    "example_id": "work_0000", "scenario": "INT", "license": "CC-BY-4.0", "context": "A talk.",
    "style": "spoken", "disfluency_target": "user", "speakers": ["user", "assistant"],
    "history": [
        {"role": "user", "content": "So um, I was going [TAKE_FLOOR] to",
         "segments": [{"full_content": TAKEN}, slot(2, "silence"), slot(4, "floor_taking")]},
        {"role": "assistant", "content": "Sorry, who?",
         "segments": [{"full_content": "Sorry, who?"}]},
        {"role": "user", "content": "The team, all of it.",
         "segments": [{"full_content": "The team, all of it."}, slot(1, "backchannel")]},
    ],
}  # fmt: skip


def test_duplexgen_as_it_is_published(tmp_path: Path) -> None:
    path = tmp_path / "dialogues" / "INT" / "train.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(DUPLEXGEN) + "\n")
    (script,) = read(path)
    assert isinstance(script, Script)
    assert format_script(script, header=False).splitlines() == [
        "A: So um, I was going to [interrupt] say that three of them", "B: Sorry, who?",
        "A: The team, all of it.",
    ]  # fmt: skip
    assert (script.id, script.corpus, script.licence, script.split) == (
        "duplexgen-INT-work_0000", "duplexgen", "CC-BY-4.0", "train",
    )  # fmt: skip


def test_duplexgen_unpacked_and_its_annotations(tmp_path: Path) -> None:
    local = {
        "example_id": "work/1", "speakers": ["user", "assistant"], "config": {}, "context": "",
        "history": [
            {"role": t["role"], "content": t["content"], "history": t["segments"]}
            for t in DUPLEXGEN["history"]  # type: ignore[union-attr]
        ],
        "meta": {"dataset": "interviewer", "split": "train", "license": "CC-BY-4.0"},
    }  # fmt: skip
    (tmp_path / "x.json").write_text(json.dumps(local, indent=2))
    (script,) = read(tmp_path / "x.json")
    assert isinstance(script, Script)
    assert script.turns[0].unsaid == "say that three of them"
    assert (script.id, script.split) == ("duplexgen-interviewer-work_1", "train")
    votes = {"silent": 0.8, "take_floor": 0.2}
    row = {"example_id": "a1", "scenario": "TEA", "license": "Apache-2.0", "history": [
        {"role": "user", "content": "ok sure, go on", "boundaries": [
            {"word_index": 1, "total_count": 5, "counts": {"silent": 4, "take_floor": 1},
             "probabilities": votes}]},
        {"role": "assistant", "content": "Well.", "boundaries": []}]}  # fmt: skip
    (tmp_path / "test.jsonl").write_text(json.dumps(row) + "\n")
    (plain,) = read(tmp_path / "test.jsonl")
    assert texts(plain) == [("A", "Ok sure, go on"), ("B", "Well.")]
    assert isinstance(plain, PlainDialogue)
    assert (plain.split, plain.licence) == ("test", "Apache-2.0")


@pytest.mark.parametrize("index", [-3, 9, 10, 99])
def test_a_floor_that_is_taken_where_nothing_is_left_is_no_interruption(
    tmp_path: Path, index: int
) -> None:
    history = json.loads(json.dumps(DUPLEXGEN["history"]))
    history[0]["segments"][2]["word_index"] = index
    (tmp_path / "x.jsonl").write_text(json.dumps(DUPLEXGEN | {"history": history}) + "\n")
    (plain,) = read(tmp_path / "x.jsonl")
    assert texts(plain)[0] == ("A", "So um, I was going to")


BEHAVIOR_SD = {
    "soda_split": "train", "soda_index": 4, "narrative": "Cornell thinks.",
    "speakers": ["Cornell", "Dontrell"],
    "behaviors": [{"utterance_length": 0, "filler_words": 0, "backchannels": 0, "interruptions": 2}]
    * 2,
    "num_turns": 3,
    "utterances": [
        {"uttr_idx": 0, "uttr_type": None, "speaker_idx": 1, "speaker": "Dontrell",
         "tts_text": "So, I was thinking... um... we should plan", "dur_samples": 60672,
         "start_time": 0.0, "end_time": 2.75156462585034,
         "backchannels": [{"tts_text": "yeah", "start_time": 1.5, "end_time": 1.9}]},
        {"uttr_idx": 1, "uttr_type": "interruption", "speaker_idx": 0, "speaker": "Cornell",
         "tts_text": "[laughter] Right <laughter>sure</laughter>", "dur_samples": 22050,
         "start_time": 2.3, "end_time": 3.3, "backchannels": []},
        {"uttr_idx": 2, "uttr_type": None, "speaker_idx": 1, "speaker": "Dontrell",
         "tts_text": "Okay.", "dur_samples": 11025, "start_time": 3.6, "end_time": 4.1},
    ],
    "tts_speaker_ids": ["0001024622_0", "0000805189_1"], "tts_genders": ["female", "male"],
    "statistics": {"num_utterances": [1, 2]},
}  # fmt: skip


def test_behavior_sd(tmp_path: Path) -> None:
    path = tmp_path / "train" / "audios" / "0000000004" / "meta_info.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(BEHAVIOR_SD))
    (plain,) = read(path)
    assert [who for who, _ in texts(plain)] == ["A", "B", "A"]
    assert texts(plain)[0] == ("A", "So, I was thinking... um... we should plan")
    assert isinstance(plain, PlainDialogue)
    assert (plain.id, plain.split, plain.names) == (
        "behavior-sd-4", "train", {"A": "Dontrell", "B": "Cornell"},
    )  # fmt: skip
