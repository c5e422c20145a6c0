"""Delimited tables with named columns: a row for each stretch of speech or each word.

CSV, TSV (also with ``;`` or ``|``) and Parquet. Columns are known by their names, in the spellings
of common tools (`table_columns`), or by the names that the user gives: ``start``, ``end`` or
``duration``, ``speaker`` (else ``channel``), ``text`` or ``word``, ``conversation``. Times are
seconds, milliseconds, samples or ``hh:mm:ss.mmm``: as the column's name says, as the user says, or
as the numbers show, which a note reports.

Tables without a header are read where their lines tell what they are: MRDA's database files
(``start,end,Bdb001-c3_..,A,start+end+word|...,act,...,speaker``) and Switchboard's word and
transcript files of ISIP (``sw2005A-ms98-a-0001 0.00 0.97 word``). CORAAL's transcripts (``Line Spkr
StTime Content EnTime``), ELAN's and Praat's exported tables have headers.

A row with more or fewer fields than the header (a comma without quotes), or a quote that nothing
closes, is an error with its line: fields are never shifted or cut.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from interactspeech import csv_rows, parquet_rows
from interactspeech.errors import InputError
from interactspeech.formats.file_input import decode
from interactspeech.formats.non_speech import is_unknown
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    add_word,
    name_speakers,
)
from interactspeech.formats.report import Report
from interactspeech.formats.table_columns import Row, TableHeader, cell_of, known_columns
from interactspeech.formats.table_corpora import MRDA, SWITCHBOARD, mrda_line, switchboard_line
from interactspeech.formats.table_elan import elan_export, talk_of_elan
from interactspeech.formats.table_times import cell_seconds, time_scales, with_points

_DELIMITERS = ("\t", ",", ";", "|")
#: Excel's line before a header, which names the separator.
_SEPARATOR = re.compile(r'^\ufeff?"?sep=.?"?\s*$', re.IGNORECASE)


def is_table(data: bytes, columns: Mapping[str, str]) -> bool:
    """True if the text begins with a header that names times, or with a line of a known corpus."""
    head = "" if data[:4] == b"PAR1" else decode(data[:65536], Path(), Report())
    first = _first_line(head.splitlines())
    if data[:4] == b"PAR1" or MRDA.match(first) or SWITCHBOARD.match(first):
        return True
    if elan_export(_split(first, "\t")) is not None:
        return True
    return any(known_columns(_split(first, sign), columns) is not None for sign in _DELIMITERS)


#: A label track of Audacity: start, end, label, separated by tabs.
_LABEL = re.compile(rb"^\s*\d+[.,]\d+\t\d+[.,]\d+(?:\t|\r?$)", re.MULTILINE)


def is_labels(data: bytes) -> bool:
    """True if the text begins like a label track of Audacity's."""
    return _LABEL.match(data[:200]) is not None


def _first_line(lines: Iterable[str]) -> str:
    return next((line for line in lines if line.strip() and not _SEPARATOR.match(line)), "")


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """A parsed file for each conversation that the table names, else one for the file."""
    if source.data[:4] == b"PAR1":
        return _from_rows(source, *_parquet(source))
    text = source.text()
    lines = text.splitlines()
    if lines and _SEPARATOR.match(lines[0]):
        lines[0] = ""
        text = "\n".join(lines)
    first = _first_line(lines)
    if MRDA.match(first):
        return _by_line(source, lines, mrda_line)
    if SWITCHBOARD.match(first):
        return _by_line(source, lines, switchboard_line)
    if not source.columns and (columns := elan_export(_split(first, "\t"))) is not None:
        return _from_rows(
            source, columns, iter(talk_of_elan(source, list(_tabbed(text)), columns.count))
        )
    numbered = bool(source.columns) and all(c.isdigit() for c in source.columns.values())
    found = [
        (sign, known) for sign in _DELIMITERS
        if (known := known_columns(_split(first, sign), source.columns)) is not None
    ]  # fmt: skip
    if not found:
        raise source.error(
            "is no table whose columns are known: there is none for the start, or for the end or "
            f"the duration, in {first[:120]!r}",
            1,
            remedy="name them: --columns start=NAME,end=NAME,speaker=NAME,text=NAME",
            reason="unknown-format",
        )
    sign, columns = max(found, key=lambda pair: len(pair[1].places))
    columns = replace(columns, decimal_comma=sign != ",")
    rows = _tabbed(text) if sign == "\t" else _quoted(source, text, sign)
    return _from_rows(source, columns, rows if numbered else _after_header(rows))


def _after_header(rows: Iterator[Row]) -> Iterator[Row]:
    next(rows, None)
    return rows


def _split(line: str, sign: str) -> list[str]:
    if sign == "\t":
        return [_unquote(cell) for cell in line.split("\t")]
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:
        return []


def _unquote(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def _tabbed(text: str) -> Iterator[Row]:
    """Rows of a tab-separated table: quotes count only around a whole field."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, [_unquote(cell) for cell in line.split("\t")]


def _quoted(source: InputFile, text: str, sign: str) -> Iterator[Row]:
    """Rows of a table with quotes, by the rules of CSV and strictly."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise source.error(
                f"the row that begins here is no row of a table: {error}", line,
                remedy="close the quote, and double quotes inside a field", reason="bad-quotes",
            ) from None  # fmt: skip
        if any(cell.strip() for cell in row):
            yield line, row


def _parquet(source: InputFile) -> tuple[TableHeader, Iterator[Row]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        names = parquet.ParquetFile(pa.BufferReader(source.data)).schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise source.error(
            f"is no Parquet file that can be read: {str(error)[:200]}", reason="bad-parquet"
        ) from None
    columns = known_columns(names, source.columns)
    if columns is None:
        raise source.error(
            f"has no columns for start and end or duration among {', '.join(names)}",
            remedy="name them: --columns start=NAME,end=NAME,speaker=NAME,text=NAME",
            reason="unknown-format",
        )

    def rows() -> Iterator[Row]:
        found = parquet_rows.rows(pa.BufferReader(source.data), source.path)
        try:
            for number, row in enumerate(found, 1):
                cells = ["" if value is None else str(value) for value in row.values()]
                if max(map(len, cells), default=0) > csv_rows.MAX_FIELD:
                    raise source.error(
                        f"a cell holds over {csv_rows.MAX_FIELD:,} characters", number,
                        reason="too-large",
                    )  # fmt: skip
                yield number, cells
        except (pa.ArrowException, OSError, ValueError) as error:
            raise source.error(
                f"is no Parquet file that can be read: {str(error)[:200]}", reason="bad-parquet"
            ) from None

    return columns, rows()


def _from_rows(
    source: InputFile, columns: TableHeader, rows: Iterator[Row]
) -> Iterable[ParsedFile]:
    kept: list[Row] = []
    for number, row in rows:
        if len(row) != columns.count:
            source.bad(
                source.error(
                    f"the row has {len(row)} fields, the header {columns.count}",
                    number,
                    remedy="put text with separators in quotes",
                    reason="bad-row",
                )
            )
            continue
        kept.append((number, row))
    if not kept:
        raise source.error("has no row", reason="empty-file")
    if columns.decimal_comma:
        kept = [(number, with_points(columns, row)) for number, row in kept]
    _note_unused(source, columns)
    scale = time_scales(source, columns, kept)
    sheets: dict[str, ParsedFile] = {}
    for number, row in kept:
        try:
            _row(source, columns, scale, number, row, sheets)
        except InputError as error:
            source.bad(error)
    if not sheets:
        raise source.error("has no row that can be used", reason="empty-file")
    for sheet in sheets.values():
        name_speakers(sheet, source.report)
        sheet.alone = len(sheet.names()) == 1 and "conversation" not in columns.places
    return sheets.values()


def _note_unused(source: InputFile, columns: TableHeader) -> None:
    """Say which columns are not used where the speaker or the text may be in one of them."""
    missing = [
        what for what, fields in (("speaker", {"speaker", "channel"}), ("text", {"text", "word"}))
        if columns.places.keys().isdisjoint(fields)
    ]  # fmt: skip
    if missing and columns.unused:
        source.report.note(
            "unused-column",
            f"no column is known to hold the {' or the '.join(missing)}; not used: "
            f"{', '.join(map(repr, columns.unused[:10]))} (--columns {missing[0]}=NAME)",
            source.path,
        )


def _row(
    source: InputFile,
    columns: TableHeader,
    scale: Mapping[str, float],
    number: int,
    row: list[str],
    sheets: dict[str, ParsedFile],
) -> None:
    cells = {field: cell_of(columns, row, field) for field in columns.places}
    times = {
        field: cell_seconds(source, cells[field], unit, number, field)
        for field, unit in scale.items()
    }
    start, end = times["start"], times.get("end")
    if end is None and start is not None and times.get("duration") is not None:
        end = start + (times["duration"] or 0.0)
    of_word = "word" in cells
    text = cells["word"] if of_word else cells.get("text", "")
    if start is None or end is None:
        source.report.loss(
            "untimed-utterance", f"a row has no {'start' if start is None else 'end'}: left out",
            source.path, number,
        )  # fmt: skip
        return
    first, last = source.stretch(start, end, number, "the row")
    name = cells.get("conversation") or source.path.stem
    name = re.sub(r"\.(?:wav|flac|mp3|sph|opus|ogg)$", "", name.replace("\\", "/").split("/")[-1])
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(
            name, "table", source.path, source.clock.rate, speech_from_words=of_word
        )
    channel = cells.get("channel", "")
    speaker = cells.get("speaker", "")
    if is_unknown(speaker) and is_unknown(channel):
        if "speaker" in cells or "channel" in cells:
            raise source.error("the row names no speaker", number, reason="unknown-speaker")
        speaker = "speaker"
    if source.selection.tier((speaker,)) is False:
        return
    mark = AnnotationMark(speaker, first, last, text, number, channel=channel)
    if of_word:
        add_word(sheet, mark, source.report)
    elif text:
        add_stretch(sheet, mark, source.report)
    elif not columns.gapless:
        sheet.segments.append(mark)


def _by_line(
    source: InputFile,
    lines: Sequence[str],
    take: Callable[[InputFile, int, str, dict[str, ParsedFile]], None],
) -> Iterable[ParsedFile]:
    sheets: dict[str, ParsedFile] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                take(source, number, line, sheets)
            except InputError as error:
                source.bad(error)
    if not sheets:
        raise source.error("has no row that can be used", reason="empty-file")
    return sheets.values()
