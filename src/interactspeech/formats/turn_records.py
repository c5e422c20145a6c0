"""The text release ``1f/interactspeech`` of the Hugging Face hub: turns with times, and no audio.

Rows of Parquet with ``id`` and ``record_json``: ``{"id", "turns": [{"role", "start_ms", "end_ms",
"text", "audio_in": {"source": {"kind": "tts_recipe", "transcript"}, ...}}, ...]}``; times in
milliseconds. A record alone, as JSON, is read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from interactspeech import parquet_rows
from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    name_speakers,
    parse_json,
)


def is_turn_record(value: Any) -> bool:
    """True if a JSON value looks like a record of turns."""
    match value:
        case {"turns": [{"role": _, "start_ms": _, "end_ms": _}, *_]}:
            return True
    return False


def is_turn_table(data: bytes) -> bool:
    """True if the bytes are a Parquet file with records of turns."""
    return data[:4] == b"PAR1" and b"record_json" in data[-65_536:]


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One conversation for each record."""
    if source.data[:4] == b"PAR1":
        yield from _table(source)
        return
    found = parse_json(source)
    if not is_turn_record(found):
        raise source.error("has no turns with role, start_ms and end_ms", reason="bad-format")
    yield _sheet(source, str(found.get("id") or source.path.stem), found)


def _table(source: InputFile) -> Iterator[ParsedFile]:
    import pyarrow as pa

    try:
        found = parquet_rows.rows(pa.BufferReader(source.data), source.path, ["id", "record_json"])
        for number, row in enumerate(found, 1):
            try:
                yield _row(source, number, row)
            except InputError as error:
                source.report.fail(error)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise source.error(
            f"is no Parquet file that can be read: {str(error)[:200]}", reason="bad-parquet"
        ) from None


def _row(source: InputFile, number: int, row: dict[str, Any]) -> ParsedFile:
    try:
        record = json.loads(row["record_json"] or "")
    except (ValueError, RecursionError) as error:
        raise source.error(f"row {number}: broken JSON: {error}", reason="bad-json") from None
    if not is_turn_record(record):
        raise source.error(f"row {number} has no turns with times", reason="bad-format")
    return _sheet(source, str(record.get("id") or row["id"] or f"row-{number}"), record)


def _sheet(source: InputFile, name: str, record: dict[str, Any]) -> ParsedFile:
    sheet = ParsedFile(name, "turn_records", source.path, source.clock.rate)
    for number, turn in enumerate(record["turns"]):
        try:
            _turn(source, f"{name[:40]}, turn {number}", turn, sheet)
        except InputError as error:
            source.bad(error)
    if not sheet.segments:
        raise source.error(f"{name[:40]} has no turn that can be used", reason="empty-file")
    name_speakers(sheet, source.report)
    return sheet


def _turn(source: InputFile, where: str, turn: Any, sheet: ParsedFile) -> None:
    if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
        raise source.error(f"{where} has no role", reason="unknown-speaker")
    first, last = (_seconds(source, where, turn.get(key)) for key in ("start_ms", "end_ms"))
    start, end = source.stretch(first, last, None, where)
    sound = turn.get("audio_in")
    recipe = sound.get("source") if isinstance(sound, dict) else None
    spoken = recipe.get("transcript") if isinstance(recipe, dict) else None
    text = turn.get("text") or spoken or ""
    if not isinstance(text, str):
        raise source.error(f"{where}: the text is none")
    mark = AnnotationMark(turn["role"], start, end, text)
    add_stretch(sheet, mark, source.report)


def _seconds(source: InputFile, where: str, milliseconds: Any) -> float:
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        raise source.error(f"{where}: {milliseconds!r} is no time", reason="bad-time")
    return source.clock.of_milliseconds(milliseconds)
