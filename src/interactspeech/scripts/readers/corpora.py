"""The text corpora that are known, one entry each: licence, how it is recognised, how it is read.

A corpus is a `TextCorpus`. Most are JSON, and a reader turns one decoded value (a line of JSON
lines, a row of Parquet or of a data set of a hub, an entry of a file) into a `RawDialogue`. The
first corpus of the table whose `detect` says yes reads a value, so those with more particular keys
come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError
from interactspeech.plugins import Registry
from interactspeech.scripts.readers.goals import goals_of
from interactspeech.scripts.readers.interaction_corpora import (
    behavior_sd,
    duplexgen,
    duplexgen_split,
    is_behavior_sd,
    is_duplexgen,
    is_multiwoz_log,
    is_turn_record,
    multiwoz_log,
    multiwoz_split,
    turn_record,
)
from interactspeech.scripts.readers.raw_dialogue import RawDialogue, safe_id

#: Numbered lines of a text file; a line that cannot be read is its error.
Lines = Iterator[tuple[int, str | InputError]]

#: The dialogues of a text file, whose path may say which split it is.
TextReader = Callable[[Lines, Path], Iterator[RawDialogue | InputError]]

_TORN = re.compile(r"(?<=[A-Za-z0-9]) - (?=[A-Za-z0-9])")
_LINE = re.compile(r"^\s*([^:\n]{1,40}?)\s*:\s?(.*)$")


@dataclass(frozen=True)
class TextCorpus:
    """A text corpus, or a shape in which several come.

    Attributes:
        name: for `--format`; the default of `RawDialogue.corpus`.
        about: what it is, in a few words.
        licence: SPDX expression of its texts' licence, as its own page states it.
        detect: whether a decoded JSON value is a dialogue of it.
        read: the dialogue in such a value; raises `ValueError`, `KeyError` or `TypeError` where the
            value is not of that shape.
        key_field: in a file that is an object of dialogues, the key of one is put into it under
            this name, unless something is there.
        detect_text: whether a text file whose first line that is not empty is this, is of it.
        read_text: reads such a file.
        split_of: the split of a dialogue by its file and id, where the value does not say it.
        endings: of its files, in lower case with the dot, where they are not among the usual ones
            (`text_files.SUFFIXES`); folders are searched for them too.
    """

    name: str
    about: str
    licence: str
    detect: Callable[[Any], bool] | None = None
    read: Callable[[Any], RawDialogue] | None = None
    key_field: str = ""
    detect_text: Callable[[str], bool] | None = None
    read_text: TextReader | None = None
    split_of: Callable[[Path, str], str] | None = None
    endings: tuple[str, ...] = ()


def _is_dialogsum(row: Any) -> bool:
    match row:
        case {"dialogue": str(text)}:
            return "#Person" in text
    return False


def _dialogsum(row: Any) -> RawDialogue:
    """``fname`` and ``dialogue``, one string of lines ``#Person1#: ...``; ``summary``."""
    # Its tokenizer tore compounds apart ("push - ups"); a dash that is one is rare there.
    turns = _labelled(_TORN.sub("-", row["dialogue"]).split("\n"))
    name = row.get("fname") or row.get("id") or ""
    split = name.split("_")[0] if "_" in name else ""
    raw = raw_dialogue("dialogsum", name, turns, split)
    raw.summary = _text(row.get("summary") or row.get("summary1"))
    return raw


def _is_soda(row: Any) -> bool:
    match row:
        case {"dialogue": [*_], "speakers": [*_]}:
            return True
    return False


def _soda(row: Any) -> RawDialogue:
    """``dialogue`` and ``speakers``, parallel lists of strings; ``narrative``."""
    texts, speakers = row["dialogue"], row["speakers"]
    if len(texts) != len(speakers):
        raise ValueError(f"{len(texts)} texts and {len(speakers)} speakers")
    turns = [(str(s), str(t)) for s, t in zip(speakers, texts, strict=True)]
    raw = raw_dialogue("soda", row.get("original_index", ""), turns, row.get("split", ""))
    raw.names = {name: name for name, _ in turns}
    raw.summary = _text(row.get("narrative"))
    return raw


def _is_dailydialog(row: Any) -> bool:
    match row:
        case {"dialogue": [{"text": _, **first}, *_]}:
            return not first.get("speaker")
        case {"dialog": [*_]}:
            return True
    return False


def _dailydialog(row: Any) -> RawDialogue:
    """As JSON: ``dialogue`` (of ``{"text"}``, ParlAI) or ``dialog`` (of strings)."""
    items = row["dialogue"] if "dialogue" in row else row["dialog"]
    texts = [item["text"] if isinstance(item, dict) else item for item in items]
    return _alternate("dailydialog", row.get("id", ""), texts, row.get("fold", ""))


def _dailydialog_text(lines: Lines, path: Path) -> Iterator[RawDialogue | InputError]:
    """As it is distributed: a dialogue a line, each turn followed by ``__eou__``."""
    split = next((part for part in ("train", "validation", "test") if part in path.stem), "")
    stem = split or safe_id(path.name.split(".")[0])
    for number, line in lines:
        if isinstance(line, InputError):
            yield line
        elif line.strip():
            texts = line.split("__eou__")
            turns = texts[:-1] if not texts[-1].strip() else texts
            raw = _alternate("dailydialog", f"{stem}-{number:05d}", turns, split)
            raw.line = number
            yield raw


def _is_multiwoz(row: Any) -> bool:
    match row:
        case {"dialogue_id": _, "turns": [*_]}:
            return True
    return False


def _multiwoz(row: Any) -> RawDialogue:
    """``turns`` of ``speaker`` and ``utterance``, in both corpora; services tell them apart."""
    guided = any(re.search(r"_\d+$", service) for service in row.get("services", ()))
    turns = [(turn["speaker"], turn["utterance"]) for turn in row["turns"]]
    raw = raw_dialogue(
        "sgd" if guided else "multiwoz", str(row["dialogue_id"]).removesuffix(".json"), turns, ""
    )
    raw.names = {"USER": "user", "SYSTEM": "system"}
    if guided:
        raw.summary = goals_of(row["turns"])
    return raw


def _is_dialogstudio(row: Any) -> bool:
    match row:
        case {"log": [*_]}:
            return True
    return False


def _dialogstudio(row: Any) -> RawDialogue:
    """``log`` of ``user utterance`` and ``system response``."""
    turns: list[tuple[str, str]] = []
    for entry in row["log"]:
        turns += [
            (label, entry[key])
            for label, key in (("user", "user utterance"), ("system", "system response"))
            if entry.get(key)
        ]
    name = str(row.get("new dialog id") or row.get("original dialog id") or "")
    corpus = _studio_corpus(name)
    split = name.split("--")[1] if name.count("--") >= 2 else ""
    raw = raw_dialogue(corpus, name, turns, split)
    raw.names = {"user": "user", "system": "system"}
    return raw


def _studio_corpus(name: str) -> str:
    known = name.split("--", maxsplit=1)[0].lower()
    for corpus in TEXT_CORPORA.values():
        if corpus.licence and corpus.name in known:
            return str(corpus.name)
    return safe if (safe := re.sub(r"[^a-z0-9]+", "-", known).strip("-")) else "dialogstudio"


def _is_places(row: Any) -> bool:
    match row:
        case {"conversation": [*_]}:
            return True
    return False


def _places(row: Any) -> RawDialogue:
    """``conversation``, a list of lines ``Alice: ...``."""
    turns = _labelled(row["conversation"])
    raw = raw_dialogue("places", str(row.get("id", "")), turns, row.get("split", ""))
    raw.names = {name: name for name, _ in turns}
    return raw


#: Keys of the one who speaks and of what is said: our own, chat messages, ShareGPT.
_WHO, _SAID = ("speaker", "role", "from"), ("text", "content", "utterance", "value")
_LISTS = ("turns", "dialogue", "messages", "conversations", "conversation", "utterances")
#: Roles of chat messages that nobody says aloud.
_UNSAID = frozenset({"system", "developer", "tool", "function"})


def _who(item: dict[str, Any]) -> str:
    for key in _WHO:
        if item.get(key):
            return str(item[key])
    raise ValueError("a turn without a speaker")


def _said(item: dict[str, Any]) -> str:
    """The text of a turn; of a message in parts, that of its texts."""
    found = next((item[key] for key in _SAID if item.get(key)), "")
    if isinstance(found, list):
        parts = (one.get("text", "") if isinstance(one, dict) else one for one in found)
        return " ".join(str(part) for part in parts if part)
    return str(found)


def _is_json(row: Any) -> bool:
    if isinstance(row, list):
        return bool(row) and isinstance(row[0], dict) and _spoken(row[0])
    match row:
        case (
            {"turns": [{**first}, *_]}
            | {"dialogue": [{**first}, *_]}
            | {"messages": [{**first}, *_]}
            | {"conversations": [{**first}, *_]}
            | {"conversation": [{**first}, *_]}
            | {"utterances": [{**first}, *_]}
        ):
            return _spoken(first)
    return False


def _spoken(item: dict[Any, Any]) -> bool:
    return any(key in item for key in _WHO) and any(key in item for key in _SAID)


def _json(row: Any) -> RawDialogue:
    """A list of ``{"speaker", "text"}``, or an object that holds one."""
    items = row
    fields: dict[str, Any] = {}
    if isinstance(row, dict):
        fields = row
        items = next(row[key] for key in _LISTS if isinstance(row.get(key), list))
    turns = [(_who(item), _said(item)) for item in items]
    turns = [(who, said) for who, said in turns if who.lower() not in _UNSAID]
    raw = raw_dialogue(str(fields.get("corpus", "")), str(fields.get("id", "")), turns, "")
    raw.licence = str(fields.get("licence") or fields.get("license") or raw.licence)
    raw.split = str(fields.get("split", ""))
    raw.names = {name: name for name, _ in turns if is_name(name)}
    raw.summary = _text(fields.get("summary"))
    return raw


#: Text corpora by name, those of other packages after ours.
TEXT_CORPORA: Registry[TextCorpus] = Registry(
    "interactspeech.text_corpora",
    "text corpus",
    TextCorpus,
    {
        corpus.name: corpus
        for corpus in (
            TextCorpus(
                "multiwoz-2.1", "MultiWOZ 2.0 and 2.1: data.json", "MIT", is_multiwoz_log,
                multiwoz_log, key_field="dialogue_id", split_of=multiwoz_split,
            ),
            TextCorpus(
                "interactspeech-hub", "the text release 1f/interactspeech", "", is_turn_record,
                turn_record,
            ),
            TextCorpus(
                "duplexgen", "DuplexGen: dialogues and annotations", "", is_duplexgen, duplexgen,
                split_of=duplexgen_split,
            ),
            TextCorpus(
                "behavior-sd", "Behavior-SD: meta_info.json", "", is_behavior_sd, behavior_sd
            ),
            TextCorpus(
                "dialogstudio", "DialogStudio: many task-oriented corpora in one shape", "",
                _is_dialogstudio, _dialogstudio, key_field="new dialog id",
            ),
            TextCorpus("multiwoz", "MultiWOZ 2.2", "MIT", _is_multiwoz, _multiwoz),
            TextCorpus("sgd", "Schema-Guided Dialogue", "CC-BY-SA-4.0", _is_multiwoz, _multiwoz),
            TextCorpus("places", "PLACES", "CC-BY-NC-4.0", _is_places, _places),
            TextCorpus("soda", "SODA", "CC-BY-4.0", _is_soda, _soda),
            TextCorpus(
                "dailydialog", "DailyDialog, as JSON or as its own text", "CC-BY-NC-SA-4.0",
                _is_dailydialog, _dailydialog,
                detect_text=lambda line: "__eou__" in line, read_text=_dailydialog_text,
            ),
            TextCorpus(
                "dialogsum", "DialogSum", "CC-BY-NC-SA-4.0", _is_dialogsum, _dialogsum
            ),
            TextCorpus("json", "plain JSON: a list of speaker and text", "", _is_json, _json),
        )
    },
)  # fmt: skip

#: Corpus -> licence, for the texts that are no `TextCorpus`: those that ship, and the scripts of
#: the original release.
LICENCES = {"demo": "CC0-1.0", "interactspeech": "CC0-1.0"}


def corpus_of(row: Any) -> TextCorpus | None:
    """The corpus whose shape a JSON value has, or None."""
    found = (one for one in TEXT_CORPORA.values() if one.detect is not None and one.detect(row))
    return next(found, None)


def licence_of(corpus: str) -> str:
    """The licence of a corpus by name; ``""`` where it is not known."""
    if corpus in TEXT_CORPORA:
        return TEXT_CORPORA[corpus].licence
    return LICENCES.get(corpus, "")


def is_name(label: str) -> bool:
    """True for a speaker's label that is more than a letter or a number."""
    return re.fullmatch(r"[A-Z]|#?Person\s?\d#?", label) is None


def raw_dialogue(
    corpus: str, name: Any, turns: list[tuple[str, str]], split: Any = ""
) -> RawDialogue:
    """A dialogue of labels and texts, with the licence of the corpus.

    Args:
        corpus: its name; ``""`` for the user's own text.
        name: the dialogue's id in the corpus; ``""`` where it has none.
        turns: label of the speaker, and text.
        split: the corpus's own.
    """
    return RawDialogue(
        id=str(name),
        turns=[(label, text, None) for label, text in turns],
        corpus=corpus,
        licence=licence_of(corpus),
        split=str(split or ""),
    )


def _alternate(corpus: str, name: Any, texts: list[str], split: str) -> RawDialogue:
    """A dialogue whose source names no speakers: two people in turn."""
    turns = [("AB"[index % 2], text) for index, text in enumerate(texts)]
    return raw_dialogue(corpus, name, turns, split)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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
