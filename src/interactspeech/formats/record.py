"""Our own record, as JSON (one dialogue) or JSON lines (one a line): nothing is lost in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import InputFile
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue, decode, encode


def is_record(value: Any) -> bool:
    """True if a JSON value looks like a dialogue record."""
    return isinstance(value, dict) and {"id", "rate", "length", "speakers"} <= value.keys()


def parse(source: InputFile) -> Iterable[Dialogue]:
    """The dialogues of a file."""
    if source.path.suffix.lower() != ".jsonl":
        yield decode(source.data, source.path)
        return
    for number, line in enumerate(source.data.split(b"\n"), 1):
        if line.strip():
            try:
                yield decode(line, source.path, number)
            except InputError as error:
                source.bad(error)


def serialise(dialogue: Dialogue, report: Report) -> bytes:
    """The record as JSON."""
    del report
    return encode(dialogue) + b"\n"
