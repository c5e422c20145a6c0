"""Text corpora of generated spoken dialogue, and MultiWOZ 2.1: their shapes, and what is read.

- MultiWOZ 2.0 and 2.1 (Budzianowski et al. 2018, Eric et al. 2020): ``data.json``, an object of
  dialogues, each with ``log``, a list of ``text`` and ``metadata``, of user and system in turn;
  ``valListFile`` and ``testListFile`` beside it name the dialogues of two splits.
- The text release called ``1f/interactspeech`` on the Hugging Face hub: rows of Parquet with
  ``record_json``, turns with times in milliseconds and no audio. Its licence field was empty.
- DuplexGen (Kim et al. 2026): JSON lines with ``history`` of ``role`` and ``content``; in
  ``dialogues/`` a turn's ``segments`` say at which words the listener takes the floor.
- Behavior-SD (Lee et al. 2025): ``meta_info.json``, whose ``utterances`` have ``tts_text``.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from interactspeech.lexicon.normalization import normalize_text
from interactspeech.scripts.readers.raw_dialogue import RawDialogue

#: Marks of writing aids in the texts of Behavior-SD and DuplexGen, which are no words.
_AIDS = re.compile(
    r"[\[(](?:interrupt\w*|MASK\d*|BACKCHANNEL|TAK(?:E|ING)_FLOOR)[\])]", re.IGNORECASE
)
Turns = list[tuple[str, str, int | None]]
_LISTS = {"validation": "valListFile", "test": "testListFile"}


def is_multiwoz_log(row: Any) -> bool:
    """Whether a value is a dialogue of MultiWOZ 2.0 or 2.1."""
    match row:
        case {"log": [{"text": str(), "metadata": dict()}, *_]}:
            return True
    return False


def multiwoz_log(row: Any) -> RawDialogue:
    """``log``: user and system in turn."""
    turns: Turns = [("USER" if n % 2 == 0 else "SYSTEM", str(one["text"]), None)
             for n, one in enumerate(row["log"])]  # fmt: skip
    name = str(row.get("dialogue_id", "")).removesuffix(".json")
    return RawDialogue(name, turns, "multiwoz", "MIT", names={"USER": "user", "SYSTEM": "system"})


def multiwoz_split(path: Path, name: str) -> str:
    """The split of a dialogue, by the lists beside ``data.json``; "" without them."""
    lists = _split_lists(str(path.parent))
    if not lists:
        return ""
    found = (split for split, names in lists if name.removesuffix(".json") in names)
    return next(found, "train")


@lru_cache(maxsize=16)
def _split_lists(folder: str) -> tuple[tuple[str, frozenset[str]], ...]:
    found = []
    for split, stem in _LISTS.items():
        for ending in (".txt", ".json"):
            path = Path(folder) / f"{stem}{ending}"
            if path.is_file():
                names = path.read_text("utf-8", errors="replace").split()
                found.append((split, frozenset(one.removesuffix(".json") for one in names)))
                break
    return tuple(found)


def is_turn_record(row: Any) -> bool:
    """Whether a value is a row, or a record, of ``1f/interactspeech``."""
    match row:
        case {"record_json": str()}:
            return True
        case {"turns": [{"role": str(), "start_ms": _, "end_ms": _}, *_]}:
            return True
    return False


def turn_record(row: Any) -> RawDialogue:
    """Turns of ``role``, and ``text`` or the transcript that the speech is to be made of."""
    record = json.loads(row["record_json"]) if "record_json" in row else row
    turns: Turns = [(str(turn["role"]), turn_text(turn), None) for turn in record["turns"]]
    names = {role: role for role, _, _ in turns}
    name = str(record.get("id") or row.get("id") or "")
    return RawDialogue(name, turns, "interactspeech-hub", names=names)


def turn_text(turn: Any) -> str:
    """The words of a turn of that release: its text, else its recipe's transcript."""
    sound = turn.get("audio_in") or {}
    return str(turn.get("text") or (sound.get("source") or {}).get("transcript") or "")


def is_duplexgen(row: Any) -> bool:
    """Whether a value is a dialogue of DuplexGen, as it is published or unpacked."""
    match row:
        case {"example_id": _, "history": [{"role": _, "content": _}, *_]}:
            return True
    return False


def duplexgen(row: Any) -> RawDialogue:
    """``history``; where the listener takes the floor, the rest of the turn is left unsaid.

    The decision stands after a word, and the speaker gets one more word out (as in the renderer of
    DuplexGen). Backchannels have a place there and no words; they are left to a writer.
    """
    turns: Turns = []
    history = row["history"]
    marked = False
    for place, turn in enumerate(history):
        role, text = str(turn["role"]), str(turn.get("content") or "")
        follower = next((str(t["role"]) for t in history[place + 1 :]), role)
        cut = _floor_taken(turn) if follower != role else None
        if cut is not None:
            said, unsaid = (normalize_text(_AIDS.sub(" ", part)) for part in cut)
            if said and unsaid:
                if cut[1][0].islower():
                    unsaid = unsaid[0].lower() + unsaid[1:]
                text, marked = f"{said.rstrip('.,;:?!')} [interrupt] {unsaid}", True
        if "[interrupt]" not in text:
            text = " ".join(_AIDS.sub(" ", text).split())
        turns.append((role, text, None))
    meta = row.get("meta") or {}
    scenario = str(row.get("scenario") or meta.get("dataset") or "")
    name = "-".join(part for part in (scenario, str(row["example_id"])) if part)
    return RawDialogue(
        name, turns, "duplexgen", str(row.get("license") or meta.get("license") or ""),
        str(meta.get("split") or ""), {role: role for role, _, _ in turns}, marked=marked,
    )  # fmt: skip


def duplexgen_split(path: Path, name: str) -> str:
    """The split that the file is called by."""
    del name
    stem = path.name.split(".")[0]
    return stem if stem in {"train", "test"} else ""


def _floor_taken(turn: Any) -> tuple[str, str] | None:
    """What is said and what is left unsaid of a turn whose floor is taken; None for others."""
    parts = turn.get("segments") or turn.get("history") or []
    whole = next((part["full_content"] for part in parts if "full_content" in part), None)
    taken = [part["word_index"] for part in parts if part.get("decision") == "floor_taking"]
    if not whole or not taken:
        return None
    words = str(whole).split()
    last = min(int(index) for index in taken) + 2  # the word it stands after, and one more
    if not 0 < last < len(words):
        return None
    return " ".join(words[:last]), " ".join(words[last:])


def is_behavior_sd(row: Any) -> bool:
    """Whether a value is a ``meta_info.json`` of Behavior-SD."""
    match row:
        case {"speakers": [*_], "utterances": [{"tts_text": str()}, *_]}:
            return True
    return False


def behavior_sd(row: Any) -> RawDialogue:
    """``utterances`` of ``speaker`` and ``tts_text``; backchannels lie inside and are left out."""
    turns: Turns = [
        (str(one["speaker"]), " ".join(_AIDS.sub(" ", one["tts_text"]).split()), None)
        for one in row["utterances"]
        if one.get("uttr_type") != "backchannel"
    ]
    return RawDialogue(
        str(row.get("soda_index", "")), turns, "behavior-sd",
        split=str(row.get("soda_split") or ""), names={who: who for who, _, _ in turns},
    )  # fmt: skip
