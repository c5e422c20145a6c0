"""The formats, and how a file's format is known: by its name, then by its content."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError, UsageError
from interactspeech.formats.information import is_information
from interactspeech.formats.nxt import is_nxt
from interactspeech.formats.record import is_record
from interactspeech.formats.seglst import is_seglst


@dataclass(frozen=True)
class TimingFormat:
    """A format: name (also of its module), endings of its files, what it holds."""

    name: str
    endings: tuple[str, ...]
    writes: bool
    about: str


FORMATS: dict[str, TimingFormat] = {
    info.name: info
    for info in (
        TimingFormat("rttm", (".rttm",), True, "who speaks when"),
        TimingFormat("ctm", (".ctm",), True, "words"),
        TimingFormat("stm", (".stm",), True, "who says what when"),
        TimingFormat("uem", (".uem",), True, "which stretches count"),
        TimingFormat("textgrid", (".textgrid",), True, "Praat: speech, words, events"),
        TimingFormat("elan", (".eaf",), True, "ELAN: speech, words, events"),
        TimingFormat(
            "seglst", (".seglst", ".seglst.json", ".json"), True, "meeteval: speech, words"
        ),
        TimingFormat("webvtt", (".vtt",), True, "captions with voices"),
        TimingFormat("chat", (".cha",), False, "TalkBank: utterances, words"),
        TimingFormat("nxt", (".xml",), False, "AMI: words, segments, dialogue acts"),
        TimingFormat("information", (".json",), True, "the original release's information.json"),
        TimingFormat("record", (".json", ".jsonl"), True, "our own record: everything"),
    )
}

#: Endings that several formats share; the content decides.
_SHARED = frozenset({".json"})


def ending_of(path: Path) -> str:
    """The ending that tells formats apart, in lower case: ``.seglst.json`` is one."""
    name = path.name.lower()
    return ".seglst.json" if name.endswith(".seglst.json") else path.suffix.lower()


def detect(path: Path, data: bytes = b"") -> str:
    """The format of a file, from its name and, for ``.json``, its content.

    Raises:
        InputError: no format fits.
    """
    ending = ending_of(path)
    if is_nxt(path):
        return "nxt"
    if path.name == "information.json":
        return "information"
    if ending not in _SHARED and ending != ".xml":
        for info in FORMATS.values():
            if ending in info.endings:
                return info.name
    if ending in _SHARED:
        if not data:
            return "record"
        return _of_json(path, data)
    raise InputError(
        f"the format is not known from the ending {ending!r}",
        path,
        remedy=f"name the format: {', '.join(FORMATS)}",
        reason="unknown-format",
    )


def _of_json(path: Path, data: bytes) -> str:
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        # Broken: whichever reader gets it will say where.
        return "seglst" if data.lstrip()[:1] == b"[" else "record"
    for name, fits in (
        ("seglst", is_seglst),
        ("information", is_information),
        ("record", is_record),
    ):
        if fits(value):
            return name
    raise InputError(
        "is JSON, but neither SegLST, nor information.json, nor a dialogue record",
        path,
        remedy="name the format",
        reason="unknown-format",
    )


def module_of(name: str) -> Any:
    """The module of a format.

    Raises:
        InputError: there is none of that name.
    """
    if name not in FORMATS:
        raise UsageError(
            f"no format is called {name!r}",
            remedy=f"use one of {', '.join(FORMATS)}",
        )
    return import_module(f"interactspeech.formats.{name}")
