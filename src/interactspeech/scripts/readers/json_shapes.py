"""The shapes in which corpora store a dialogue as JSON, told apart by their keys.

A shape is a function from one decoded JSON value to `Raw`; it raises `ValueError`, `KeyError` or
`TypeError` where the value is not of that shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from interactspeech.scripts.readers.corpora import LICENCES
from interactspeech.scripts.readers.raw_dialogue import Raw

Shape = Callable[[Any], Raw]
_TORN = re.compile(r"(?<=[A-Za-z0-9]) - (?=[A-Za-z0-9])")
_LINE = re.compile(r"^\s*([^:\n]{1,40}?)\s*:\s?(.*)$")


def dialogsum(row: Any) -> Raw:
    """DialogSum: ``fname`` and ``dialogue``, one string of lines ``#Person1#: ...``."""
    # Its tokenizer tore compounds apart ("push - ups"); a dash that is one is rare there.
    turns = _labelled(_TORN.sub("-", row["dialogue"]).split("\n"))
    name = row.get("fname") or row.get("id") or ""
    split = name.split("_")[0] if "_" in name else ""
    return _raw("dialogsum", name, turns, split)


def soda(row: Any) -> Raw:
    """SODA: ``dialogue`` and ``speakers``, parallel lists of strings."""
    texts, speakers = row["dialogue"], row["speakers"]
    if len(texts) != len(speakers):
        raise ValueError(f"{len(texts)} texts and {len(speakers)} speakers")
    turns = [(str(s), str(t)) for s, t in zip(speakers, texts, strict=True)]
    raw = _raw("soda", row.get("original_index", ""), turns, row.get("split", ""))
    raw.names = {name: name for name, _ in turns}
    return raw


def dailydialog(row: Any) -> Raw:
    """DailyDialog as JSON: ``dialogue`` (of ``{"text"}``, ParlAI) or ``dialog`` (of strings)."""
    items = row["dialogue"] if "dialogue" in row else row["dialog"]
    texts = [item["text"] if isinstance(item, dict) else item for item in items]
    return alternate("dailydialog", row.get("id", ""), texts, row.get("fold", ""))


def multiwoz(row: Any) -> Raw:
    """MultiWOZ 2.2 and Schema-Guided Dialogue: ``turns`` of ``speaker`` and ``utterance``."""
    guided = any(re.search(r"_\d+$", service) for service in row.get("services", ()))
    turns = [(turn["speaker"], turn["utterance"]) for turn in row["turns"]]
    raw = _raw(
        "sgd" if guided else "multiwoz", str(row["dialogue_id"]).removesuffix(".json"), turns, ""
    )
    raw.names = {"USER": "user", "SYSTEM": "system"}
    return raw


def dialogstudio(row: Any) -> Raw:
    """DialogStudio: ``log`` of ``user utterance`` and ``system response``."""
    turns: list[tuple[str, str]] = []
    for entry in row["log"]:
        turns += [
            (label, entry[key])
            for label, key in (("user", "user utterance"), ("system", "system response"))
            if entry.get(key)
        ]
    name = str(row.get("new dialog id") or row.get("original dialog id") or "")
    corpus = _studio_corpus(name)
    raw = _raw(corpus, name, turns, name.split("--")[1] if name.count("--") >= 2 else "")
    raw.names = {"user": "user", "system": "system"}
    return raw


def places(row: Any) -> Raw:
    """PLACES: ``conversation``, a list of lines ``Alice: ...``."""
    turns = _labelled(row["conversation"])
    raw = _raw("places", str(row.get("id", "")), turns, row.get("split", ""))
    raw.names = {name: name for name, _ in turns}
    return raw


def turns_of_text(row: Any) -> Raw:
    """Our own plain JSON: a list of ``{"speaker", "text"}``, or an object that holds one."""
    items = row
    fields: dict[str, Any] = {}
    if isinstance(row, dict):
        fields = row
        items = next(row[key] for key in ("turns", "dialogue", "messages") if key in row)
    turns = [
        (str(item.get("speaker") or item["role"]), str(item.get("text") or item.get("content", "")))
        for item in items
    ]
    raw = _raw(str(fields.get("corpus", "")), str(fields.get("id", "")), turns, "")
    raw.licence = str(fields.get("licence") or fields.get("license") or raw.licence)
    raw.split = str(fields.get("split", ""))
    raw.names = {
        name: name for name, _ in turns if not re.fullmatch(r"[A-Z]|#?Person\s?\d#?", name)
    }
    return raw


SHAPES: dict[str, Shape] = {
    "dialogsum": dialogsum,
    "soda": soda,
    "dailydialog": dailydialog,
    "multiwoz": multiwoz,
    "sgd": multiwoz,
    "dialogstudio": dialogstudio,
    "places": places,
    "json": turns_of_text,
}


def shape_of(row: Any) -> str | None:
    """The name of the shape that a JSON value has, or None."""
    if isinstance(row, list):
        return "json" if row and isinstance(row[0], dict) and _spoken(row[0]) else None
    if not isinstance(row, dict):
        return None
    match row:
        case {"log": [*_]}:
            return "dialogstudio"
        case {"dialogue_id": _, "turns": [*_]}:
            return "multiwoz"
        case {"conversation": [*_]}:
            return "places"
        case {"dialogue": [*_], "speakers": [*_]}:
            return "soda"
        case {"dialogue": [{"text": _, **first}, *_]} if not first.get("speaker"):
            return "dailydialog"
        case {"dialog": [*_]}:
            return "dailydialog"
        case {"dialogue": str(text)} if "#Person" in text:
            return "dialogsum"
        case (
            {"turns": [{**first}, *_]}
            | {"dialogue": [{**first}, *_]}
            | {"messages": [{**first}, *_]}
        ) if _spoken(first):
            return "json"
    return None


def _spoken(item: dict[Any, Any]) -> bool:
    return ("speaker" in item and "text" in item) or ("role" in item and "content" in item)


def alternate(corpus: str, name: Any, texts: list[str], split: str) -> Raw:
    """A dialogue whose source names nobody: two people in turn."""
    turns = [("AB"[index % 2], text) for index, text in enumerate(texts)]
    return _raw(corpus, name, turns, split)


def _labelled(lines: list[str]) -> list[tuple[str, str]]:
    turns = []
    for line in lines:
        if not line.strip():
            continue
        found = _LINE.match(line)
        if found is None:
            raise ValueError(f"a line without a speaker: {line[:40]!r}")
        turns.append((found[1], found[2]))
    return turns


def _studio_corpus(name: str) -> str:
    known = name.split("--", maxsplit=1)[0].lower()
    for corpus in LICENCES:
        if corpus in known:
            return corpus
    return safe if (safe := re.sub(r"[^a-z0-9]+", "-", known).strip("-")) else "dialogstudio"


def _raw(corpus: str, name: Any, turns: list[tuple[str, str]], split: Any) -> Raw:
    return Raw(
        id=str(name),
        turns=[(label, text, None) for label, text in turns],
        corpus=corpus,
        licence=LICENCES.get(corpus, ""),
        split=str(split or ""),
    )
