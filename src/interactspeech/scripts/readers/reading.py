"""Text dialogues from files: `read` yields plain dialogues, scripts, and errors in their places."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, cast

import msgspec

from interactspeech import csv_rows, parquet_rows
from interactspeech.errors import InputError, UsageError
from interactspeech.paths import unwritable
from interactspeech.records import PlainDialogue, Script
from interactspeech.records.ids import fitting_id
from interactspeech.records.script import MAX_SPEAKERS
from interactspeech.scripts.notation import parse_script
from interactspeech.scripts.readers.corpora import (
    TEXT_CORPORA,
    TextCorpus,
    TextReader,
    corpus_of,
    is_name,
    licence_of,
)
from interactspeech.scripts.readers.hf_datasets import PREFIX, hub_rows
from interactspeech.scripts.readers.plain_text import is_stamped, text_dialogues
from interactspeech.scripts.readers.raw_dialogue import DialogueLimits, RawDialogue, plain, safe_id
from interactspeech.scripts.readers.text_files import kind_of, read_whole, text_lines

Item = PlainDialogue | Script | InputError

#: A JSON file is decoded whole; a larger one belongs into JSON lines.
MAX_JSON = 2 * 1024**3
#: Bytes of memory that a byte of JSON may stand for, above `_SMALL_JSON` bytes: "[],[],[]" takes
#: forty times its size. Turns of three words and their names take ten times.
MAX_JSON_GROWTH = 16
_SMALL_JSON = 1 << 20
#: Bytes of an object, an array and a text in memory (CPython 3.11 to 3.14, 64 bits), by the sign
#: that each has in JSON.
_IN_MEMORY = ((b"{", 216), (b"[", 104), (b'",', 60), (b'"}', 60), (b'"]', 60))
#: What a file may hold that cannot be used: where so many lines or dialogues are lost, and no more
#: than that are found, the rest of the file is given up.
MAX_LOST = 100_000


def format_names() -> list[str]:
    """Names for `--format`; without one, the file itself says what it is."""
    return ["text", "csv", *TEXT_CORPORA, "interactspeech"]


def read(
    path: str | Path,
    format: str | None = None,  # noqa: A002 -- the name of the option
    limits: DialogueLimits | None = None,
) -> Iterator[Item]:
    """Dialogues of one file, in order, lazily; what cannot be used is an `InputError` in its place.

    Args:
        path: a text, JSON, JSONL, CSV, TSV or Parquet file; ``.gz`` and ``.zst`` are unpacked. Or
            the name of a data set of a hub (see `hub`).
        format: one of `format_names`, where the file itself does not tell.
        limits: longest turn and dialogue.

    Ids are unique in the file and fit to name a file. The reasons of losses are listed in
    docs/scripts.md.
    """
    path = Path(path)
    if (unnameable := unwritable(path)) is not None:
        yield unnameable
        return
    seen: set[str] = set()
    empty = True
    kept = lost = 0
    try:
        for item in _items(path, format, limits or DialogueLimits()):
            empty = False
            if isinstance(item, InputError):
                yield item
                lost += 1
                if lost >= MAX_LOST and lost > kept:
                    problem = f"{lost:,} lines or dialogues cannot be used: the rest is not read"
                    raise InputError(problem, path, item.line, reason="too-many-errors")  # noqa: TRY301
                continue
            kept += 1
            name, times = item.id, 1
            while name in seen:
                times += 1
                name = fitting_id(item.id, f"_{times}")
            seen.add(name)
            yield msgspec.structs.replace(item, id=name, file=str(path))
    except InputError as error:
        yield error
        return
    if empty:
        yield InputError("holds no dialogue", path, reason="empty-file")


def _items(path: Path, name: str | None, limits: DialogueLimits) -> Iterator[Item]:
    if name is not None and name not in format_names():
        raise UsageError(
            f"unknown format {name!r}",
            path,
            remedy=f"one of {', '.join(format_names())}",
            reason="format",
        )
    if str(path).startswith(PREFIX):
        rows = ((None, "", row) for row in hub_rows(str(path)))
        yield from _rows(rows, path, name, limits)
        return
    kind = kind_of(path)
    if kind == ".parquet":
        yield from _rows(_parquet(path), path, name, limits)
        return
    if kind in {".csv", ".tsv"} or name == "csv":
        for raw in _csv(path, "\t" if kind == ".tsv" else ",", limits):
            yield from [raw] if isinstance(raw, InputError) else plain(raw, path, limits)
        return
    lines = text_lines(path)
    head: list[tuple[int, str | InputError]] = []
    start = ""
    for number, line in lines:
        head.append((number, line))
        if isinstance(line, str) and line.strip():
            start = line.strip()
            break
    if not start:
        lost = [line for _, line in head if isinstance(line, InputError)]
        yield from lost or [InputError("an empty file", path, reason="empty-file")]
    elif name == "text":
        yield from text_dialogues(chain(head, lines), path, limits)
    elif (textual := _textual(start, name)) is not None:
        for raw in textual(chain(head, lines), path):
            yield from [raw] if isinstance(raw, InputError) else plain(raw, path, limits)
    elif not name and (not start.startswith(("{", "[")) or is_stamped(start)):
        yield from text_dialogues(chain(head, lines), path, limits)
    elif _is_lines(start, kind):
        yield from _rows(_json_lines(chain(head, lines), path), path, name, limits)
    else:
        yield from _rows(_json(path), path, name, limits)


def _textual(start: str, name: str | None) -> TextReader | None:
    """What reads a text file that begins with `start`: a corpus that is no JSON, or None."""
    for corpus in TEXT_CORPORA.values():
        if corpus.read_text and corpus.detect_text and corpus.detect_text(start):
            return cast("TextReader", corpus.read_text)
    named: TextCorpus | None = TEXT_CORPORA.get(name)
    return named.read_text if named is not None and named.read is None else None


def _is_lines(start: str, kind: str) -> bool:
    """Whether the first line is a dialogue by itself, or the file is one of JSON lines."""
    if kind in {".jsonl", ".ndjson"}:
        return True
    if not start.startswith("{") or _memory(data := start.encode()) > MAX_JSON_GROWTH * len(data):
        return False
    try:
        row = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    # A whole array in one line is a file; so is an object of objects (DialogStudio).
    return isinstance(row, dict) and corpus_of(row) is not None


def _json_lines(
    lines: Iterator[tuple[int, str | InputError]], path: Path
) -> Iterator[tuple[int | None, str, Any] | InputError]:
    for number, line in lines:
        if isinstance(line, InputError):
            yield line
        elif line.strip():
            try:
                yield number, "", _decoded(line.encode(), path, number)
            except InputError as error:
                yield error


def _json(path: Path) -> Iterator[tuple[int | None, str, Any]]:
    data = read_whole(path, MAX_JSON)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    whole = _decoded(data.removeprefix(codecs.BOM_UTF8), path)
    if corpus_of(whole) or _is_record(whole):
        yield None, "", whole
    elif isinstance(whole, list):
        yield from ((None, "", row) for row in whole)
    elif isinstance(whole, dict):
        yield from ((None, key, row) for key, row in whole.items())
    else:
        raise InputError("no dialogue in this JSON", path, reason="unknown-shape")


def _decoded(data: bytes, path: Path, line: int | None = None) -> Any:
    """The value of JSON.

    Raises:
        InputError: it is broken, nests too deep, or would take too much memory.
    """
    if (memory := _memory(data)) > MAX_JSON_GROWTH * len(data):
        raise InputError(
            f"{len(data):,} bytes of JSON that would take {memory:,} of memory", path, line,
            remedy="this is no corpus of dialogues", reason="too-large",
        )  # fmt: skip
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"broken JSON: {error}", path, line, reason="bad-json") from None
    except RecursionError:
        raise InputError("JSON that nests too deep", path, line, reason="bad-json") from None


def _memory(data: bytes) -> int:
    """Bytes that the value of JSON takes, about; 0 for a small one."""
    if len(data) <= _SMALL_JSON:
        return 0
    return sum(data.count(sign) * size for sign, size in _IN_MEMORY)


def _parquet(path: Path) -> Iterator[tuple[int | None, str, Any]]:
    import pyarrow as pa

    try:
        yield from ((None, "", row) for row in parquet_rows.rows(path, path))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"not a Parquet file: {error}", path, reason="unreadable") from None


def _is_record(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    if "processed_dialogue" in row:
        return True
    turns = row.get("turns")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], dict)
        and ("parts" in turns[0])
    )


def _rows(
    rows: Iterator[tuple[int | None, str, Any] | InputError],
    path: Path,
    name: str | None,
    limits: DialogueLimits,
) -> Iterator[Item]:
    index = 0
    for found in rows:
        if isinstance(found, InputError):
            yield found
            continue
        line, key, row = found
        index += 1
        yield from _row(row, key, index, line, path, name, limits)


def _row(
    row: Any,
    key: str,
    index: int,
    line: int | None,
    path: Path,
    name: str | None,
    limits: DialogueLimits,
) -> Iterator[Item]:
    where = f"dialogue {key or index}"
    if _is_record(row):
        yield _record(row, index, line, path)
        return
    corpus: TextCorpus | None = TEXT_CORPORA.get(name) or corpus_of(row)
    if corpus is None or corpus.read is None:
        yield InputError(
            f"{where}: none of the known shapes",
            path,
            line,
            remedy="see the readers in docs/scripts.md, or name one with --format",
            reason="unknown-shape",
        )
        return
    if key and corpus.key_field and isinstance(row, dict):
        row = {**row, corpus.key_field: row.get(corpus.key_field) or key}
    try:
        raw = corpus.read(row)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        yield InputError(f"{where}: {what}", path, line, reason="bad-record")
        return
    raw.id = raw.id or f"{_stem(path)}-{index:04d}"
    raw.line = line
    if not raw.split and corpus.split_of is not None:
        raw.split = corpus.split_of(path, raw.id)
    yield from _plain_or_script(raw, path, limits)


def _plain_or_script(raw: RawDialogue, path: Path, limits: DialogueLimits) -> Iterator[Item]:
    """Texts with marks of the notation are a script; brackets of other sources are removed."""
    marks = raw.marked or (not raw.corpus and any("[" in text for _, text, _ in raw.turns))
    if not marks:
        yield from plain(raw, path, limits)
        return
    name = safe_id(f"{raw.corpus}-{raw.id}" if raw.corpus else raw.id)
    lines = "\n".join(f"{label}: {' '.join(text.split())}" for label, text, _ in raw.turns)
    try:
        script = parse_script(lines, name, path)
    except InputError as error:
        # Its lines are those of the dialogue, not of the file.
        yield InputError(
            f"dialogue {raw.id}, turn {error.line}: {error.problem}",
            path,
            raw.line,
            None,
            error.remedy,
            reason=error.reason,
        )
        return
    yield msgspec.structs.replace(
        script, corpus=raw.corpus, licence=raw.licence, split=raw.split, source_id=raw.id,
        line=raw.line or 0,
    )  # fmt: skip


def _record(row: dict[str, Any], index: int, line: int | None, path: Path) -> Item:
    try:
        if "processed_dialogue" in row:
            source = str(row.get("original_dialog_id") or path.parent.name)
            return msgspec.structs.replace(
                parse_script(row["processed_dialogue"], safe_id(source), path),
                corpus="interactspeech",
                source_id=source,
                licence=licence_of("interactspeech"),
            )
        record = msgspec.convert(row, Script)
    except (msgspec.ValidationError, TypeError, AttributeError) as error:
        return InputError(f"dialogue {index}: {error}", path, line, reason="bad-record")
    except InputError as error:
        error.line = line
        return error
    if not 2 <= len(record.speakers) <= MAX_SPEAKERS:
        return InputError(
            f"script {record.id}: {len(record.speakers)} speakers", path, line, reason="speakers"
        )
    return msgspec.structs.replace(record, id=safe_id(record.id), line=line or 0)


def _csv(path: Path, delimiter: str, limits: DialogueLimits) -> Iterator[RawDialogue | InputError]:
    """Columns ``speaker`` and ``text``, and ``dialogue`` (or ``id``) where there are several.

    A row that cannot be read loses the dialogue before it, because what follows answers nothing.
    """
    lines = text_lines(path)
    first = next(lines, None)
    if first is not None:
        lines = chain((first,), lines)
        # Spreadsheets of many countries separate by semicolons.
        header = first[1] if isinstance(first[1], str) else ""
        delimiter = ";" if delimiter not in header and ";" in header else delimiter
    names, rows = csv_rows.table(csv_rows.numbered(lines), path, delimiter)
    columns = {name.lower(): name for name in reversed(names)}
    who = next((columns[key] for key in ("speaker", "role") if key in columns), None)
    what = next((columns[key] for key in ("text", "utterance", "content") if key in columns), None)
    which = next(
        (columns[key] for key in ("dialogue", "dialogue_id", "id") if key in columns), None
    )
    if who is None or what is None:
        raise InputError(
            "no columns 'speaker' and 'text'", path, 1, remedy="name the columns", reason="bad-csv"
        )
    current: RawDialogue | None = None
    lost: set[str] = set()
    since = 0
    for found in rows:
        since += 1
        if isinstance(found, InputError):
            yield found
            lost.add(current.id if current else "" if which else _stem(path))
            continue
        line, row = found
        name = (row[which] if which else "") or _stem(path)
        if current is None or name != current.id:
            if current and current.id not in lost:
                yield current
            current, since = RawDialogue(id=name, turns=[], line=line), 0
        if since > MAX_LOST and len(current.turns) > limits.turns:
            raise InputError(
                f"dialogue {name}: over {MAX_LOST:,} rows: the rest is not read", path, line,
                remedy="name the column 'dialogue' (or 'id') that tells dialogues apart",
                reason="too-many-turns",
            )  # fmt: skip
        if len(current.turns) <= limits.turns:  # one more, by which it is refused
            current.turns.append((row[who], row[what], line))
            if row[who] and is_name(row[who]):
                current.names.setdefault(row[who], row[who])
    if current and current.id not in lost:
        yield current


def _stem(path: Path) -> str:
    return safe_id(path.name.split(".")[0])
