"""Delimited tables with named columns: a row for each stretch of speech or each word.

CSV, TSV (also with ``;`` or ``|``) and Parquet. Columns are known by their names, in the spellings
of common tools (`COLUMNS`), or by the names that the user gives: ``start``, ``end`` or
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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

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
from interactspeech.formats.tier_roles import TierName, choose_between, choose_tiers, role

#: What a column holds -> its names in lower case, words separated by blanks, without a unit.
COLUMNS: dict[str, tuple[str, ...]] = {
    "start": ("start", "start time", "starttime", "st time", "sttime", "begin", "begin time", "beg",
              "onset", "tmin", "xmin", "from", "t start", "tstart", "time start", "start sec",
              "time begin", "segment start", "word start", "turn start", "start offset"),
    "end": ("end", "end time", "endtime", "en time", "entime", "stop", "stop time", "tmax", "xmax",
            "to", "finish", "t end", "tend", "time end", "end sec", "segment end", "word end",
            "turn end", "end offset", "offset time"),
    "duration": ("duration", "dur", "length", "segment duration", "word duration"),
    "speaker": ("speaker", "spkr", "spk", "speaker id", "speaker name", "speaker label",
                "speakerid", "spk id", "spkid", "spkr id", "speakers", "participant",
                "participant id", "who", "talker", "tier", "tier name",
                "role", "agent role", "turn speaker", "person", "subject", "caller"),
    "text": ("text", "content", "transcript", "transcription", "utterance", "words", "label",
             "annotation", "value", "sentence", "said", "orthography", "message", "labels",
             "transcript text", "transcription text", "utterance text", "speech", "caption",
             "normalized text"),
    "word": ("word", "token"),
    "channel": ("channel", "chan", "ch", "side", "track"),
    "conversation": ("conversation", "conversation id", "dialogue", "dialogue id", "dialog",
                     "dialog id", "file", "file name", "filename", "session", "session id",
                     "recording", "recording id", "call", "call id", "meeting", "meeting id",
                     "audio", "audio file", "conv", "conv id"),
}  # fmt: skip
_FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names}
#: Endings of a column's name that say its unit.
_UNITS = {
    "s": "s",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "ss msec": "s",
    "ss ms": "s",
    "ms": "ms",
    "msec": "ms",
    "msecs": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "millis": "ms",
    "samples": "samples",
    "sample": "samples",
    "frames": "samples",
    "hh mm ss ms": "s",
    "hh mm ss": "s",
    "us": "us",
    "usec": "us",
    "microseconds": "us",
    "ns": "ns",
    "nanoseconds": "ns",
    "min": "min",
    "mins": "min",
    "minutes": "min",
}
#: Seconds of each unit; samples are the clock's.
_UNIT_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0}  # fmt: skip
_DELIMITERS = ("\t", ",", ";", "|")
#: Excel's line before a header, which names the separator.
_SEPARATOR = re.compile(r'^\ufeff?"?sep=.?"?\s*$', re.IGNORECASE)
#: A number with a comma before its decimals, as tables separated by ";" or tabs have them.
_DECIMAL_COMMA = re.compile(r"^\d+,\d+$")
#: Hours, minutes, seconds and frames of an editing programme.
_FRAMES = re.compile(r"^\d{1,2}[:;]\d\d[:;]\d\d[:;]\d\d$")
_CLOCK = re.compile(r"^(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)$")
_MRDA = re.compile(r"^[\d.]+,[\d.]+,(?P<meeting>[A-Za-z]{3}\d{3})-\w+_\d+_\d+,")
#: What stands for a time where the aligner found none, and sounds that are no words.
_MRDA_UNTIMED = "XXXX"
_MRDA_SOUND = re.compile(r"^(?:@+|@reject@|hhh+)$")
_SWITCHBOARD = re.compile(
    r"^(?P<call>sw\d{4,5})(?P<side>[AB])-ms98-a-\d+\s+(?P<start>[\d.]+)\s+(?P<end>[\d.]+)\s+"
    r"(?P<text>.+)$"
)
#: Rows with whole numbers for times: in seconds if a row lasts less than this many, else in
#: milliseconds, and beyond the second number milliseconds cannot be told from samples.
_MOST_SECONDS, _MOST_MILLISECONDS = 60, 15_000

#: A whole number of more digits is no time.
_MOST_DIGITS = 15

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class _Header:
    """Place of each known column, and the units that the names of times say."""

    places: Mapping[str, int]
    units: Mapping[str, str]
    count: int
    #: Praat's tables have a row for each silence, without text.
    gapless: bool = False
    #: Names of the columns that are not known.
    unused: tuple[str, ...] = ()
    #: "0,5" is a half.
    decimal_comma: bool = False


def is_table(data: bytes, columns: Mapping[str, str]) -> bool:
    """True if the text begins with a header that names times, or with a line of a known corpus."""
    head = "" if data[:4] == b"PAR1" else decode(data[:65536], Path(), Report())
    first = _first_line(head.splitlines())
    if data[:4] == b"PAR1" or _MRDA.match(first) or _SWITCHBOARD.match(first):
        return True
    if _elan_export(_split(first, "\t")) is not None:
        return True
    return any(_known(_split(first, sign), columns) is not None for sign in _DELIMITERS)


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
    if _MRDA.match(first):
        return _by_line(source, lines, _mrda)
    if _SWITCHBOARD.match(first):
        return _by_line(source, lines, _switchboard)
    if not source.columns and (columns := _elan_export(_split(first, "\t"))) is not None:
        return _from_rows(
            source, columns, iter(_talk_of_elan(source, list(_tabbed(text)), columns.count))
        )
    numbered = bool(source.columns) and all(c.isdigit() for c in source.columns.values())
    found = [
        (sign, known) for sign in _DELIMITERS
        if (known := _known(_split(first, sign), source.columns)) is not None
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


def _elan_export(row: list[str]) -> _Header | None:
    """The columns of ELAN's tab-delimited export without a header, by a row of it.

    Tier and participant, then begin, end and duration (which agree), each in one to three of
    ``hh:mm:ss.mmm``, seconds and milliseconds, then the text.
    """
    forms = (len(row) - 3) // 3
    if len(row) != 3 + 3 * forms or not 1 <= forms <= 3:
        return None
    for form in range(forms):
        cells = [row[2 + forms * part + form].strip() for part in range(3)]
        matches = [_CLOCK.match(cell) for cell in cells]
        try:
            start, end, duration = (
                _of_clock(match) if match else float(cell)
                for match, cell in zip(matches, cells, strict=True)
            )
        except ValueError:
            return None
        if not 0 <= start <= end or abs(end - start - duration) > 0.0015:
            return None
        if any(matches) or "." in "".join(cells):
            break
    # Whole numbers only are milliseconds.
    unit = "s" if any(matches) or "." in "".join(cells) else "ms"
    places = {"channel": 0, "speaker": 1, "start": 2 + form, "end": 2 + forms + form,
              "text": len(row) - 1}  # fmt: skip
    return _Header(places, {"start": unit, "end": unit}, len(row))


def _talk_of_elan(source: InputFile, rows: list[Row], count: int) -> list[Row]:
    """Rows of the tiers that hold talk: one tier a participant; a note names each of the others."""
    words: Counter[tuple[str, str]] = Counter()
    for _, row in rows:
        if len(row) == count:
            words[row[0], row[1].strip()] += len(row[-1].split())
    names = [TierName(tier, *role(tier), participant=who) for tier, who in words]
    used = choose_tiers(source, names)
    kept: dict[str, list[tuple[str, str, int]]] = {}
    for (tier, who), use in zip(words, used, strict=True):
        if use:
            kept.setdefault(who or tier, []).append((tier, "", words[tier, who]))
    talk = {speaker: choose_between(found, speaker) for speaker, found in kept.items()}
    for speaker, found in kept.items():
        for tier, _, _ in found:
            if tier != talk[speaker]:
                source.report.note(
                    "unused-tier",
                    f"tier {tier!r} is not used: {talk[speaker]!r} is the talk of {speaker!r} "
                    "(choose tiers with --tiers)", source.path,
                )  # fmt: skip
    return [(n, row) for n, row in rows
            if len(row) != count or talk.get(row[1].strip() or row[0]) == row[0]]  # fmt: skip


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


def _known(header: Sequence[str], named: Mapping[str, str]) -> _Header | None:
    """The columns of a header; None where times are missing."""
    places: dict[str, int] = {}
    units: dict[str, str] = {}
    names = [cell.strip().lstrip("\ufeff") for cell in header]
    for field, name in named.items():
        if name.isdigit() and 0 < int(name) <= len(names):
            places[field] = int(name) - 1
        elif name in names:
            places[field] = names.index(name)
    for place, name in enumerate(names):
        plain = " ".join(re.sub(r"[^a-z0-9]+", " ", _split_camel_case(name).lower()).split())
        base, unit = plain, ""
        for ending, meaning in _UNITS.items():
            if plain.endswith(f" {ending}") and len(f" {ending}") > len(plain) - len(base):
                base, unit = plain.removesuffix(f" {ending}"), meaning
        field = _FIELD_OF.get(plain) or _FIELD_OF.get(base, "")
        if plain == "offset":
            field = "end" if "onset" in [n.lower() for n in names] else "start"
        if place in places.values():
            field = next(key for key, at in places.items() if at == place)
        if not field:
            continue
        if places.setdefault(field, place) == place:
            units[field] = unit
    if "start" not in places or not {"end", "duration"} & places.keys():
        return None
    if {"type", "partner", "origin", "rules"} <= set(names):
        return None  # a table of events, as `annotate` writes it
    gapless = names[places["start"]].lower() in {"tmin", "xmin"} and "text" in places
    known = set(places.values())
    unused = tuple(name for place, name in enumerate(names) if place not in known and name)
    return _Header(places, units, len(names), gapless, unused)


def _split_camel_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


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


def _parquet(source: InputFile) -> tuple[_Header, Iterator[Row]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        names = parquet.ParquetFile(pa.BufferReader(source.data)).schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise source.error(
            f"is no Parquet file that can be read: {str(error)[:200]}", reason="bad-parquet"
        ) from None
    columns = _known(names, source.columns)
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


def _from_rows(source: InputFile, columns: _Header, rows: Iterator[Row]) -> Iterable[ParsedFile]:
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
        kept = [(number, _with_points(columns, row)) for number, row in kept]
    _note_unused(source, columns)
    scale = _scale(source, columns, kept)
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


def _with_points(columns: _Header, row: list[str]) -> list[str]:
    """A row whose times have a point before their decimals."""
    row = list(row)
    for field in ("start", "end", "duration"):
        place = columns.places.get(field)
        if place is not None and _DECIMAL_COMMA.match(row[place].strip()):
            row[place] = row[place].replace(",", ".")
    return row


def _note_unused(source: InputFile, columns: _Header) -> None:
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


def _cell(columns: _Header, row: list[str], field: str) -> str:
    place = columns.places.get(field)
    return "" if place is None else row[place].strip()


def _scale(source: InputFile, columns: _Header, rows: list[Row]) -> dict[str, float]:
    """Field of times -> seconds for one unit of it."""
    fields = [f for f in ("start", "end", "duration") if f in columns.places]
    units = {field: source.unit or columns.units.get(field, "") for field in fields}
    if not all(units.values()):
        unit = next((u for u in units.values() if u), "") or _sniffed(source, columns, rows)
        units = {field: found or unit for field, found in units.items()}
    values = _UNIT_SECONDS | {"samples": 1 / source.clock.rate}
    return {field: values[unit] for field, unit in units.items()}


def _sniffed(source: InputFile, columns: _Header, rows: list[Row]) -> str:
    lengths: list[float] = []
    for _, row in rows:
        cells = [_cell(columns, row, f) for f in ("start", "end", "duration")]
        if any("." in cell or ":" in cell or "e" in cell.lower() for cell in cells):
            return "s"
        start, end, duration = (
            int(c) if c.isascii() and c.isdigit() and len(c) <= _MOST_DIGITS else None
            for c in cells
        )
        if duration is not None:
            lengths.append(duration)
        elif start is not None and end is not None:
            lengths.append(end - start)
    typical = median(lengths) if lengths else 0
    if typical < _MOST_SECONDS:
        return "s"
    if typical > _MOST_MILLISECONDS:
        raise source.error(
            f"times are whole numbers, a row's typical length is {typical:g}: milliseconds or "
            "samples?",
            remedy="say which: --time-unit ms, or --time-unit samples and --rate",
            reason="unknown-unit",
        )
    source.report.note(
        "time-unit", f"times are whole numbers and read as milliseconds (a row's typical length is "
        f"{typical:g}); --time-unit says otherwise", source.path,
    )  # fmt: skip
    return "ms"


def _seconds(source: InputFile, cell: str, scale: float, number: int, what: str) -> float | None:
    """A time in seconds; None for a cell that says nothing."""
    if is_unknown(cell):
        return None
    if match := _CLOCK.match(cell):
        return _of_clock(match)
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if _FRAMES.match(cell):
        raise source.error(
            f"{what}: {cell!r} counts frames, and nothing says how many a second", number,
            remedy="export hours, minutes and seconds with decimals (hh:mm:ss.mmm)",
            reason="bad-time",
        )  # fmt: skip
    if value != value or "_" in cell:  # noqa: PLR0124  (NaN)
        raise source.error(f"{what}: {cell[:40]!r} is no time", number, reason="bad-time")
    return value * scale


def _of_clock(match: re.Match[str]) -> float:
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))


def _row(
    source: InputFile,
    columns: _Header,
    scale: Mapping[str, float],
    number: int,
    row: list[str],
    sheets: dict[str, ParsedFile],
) -> None:
    cells = {field: _cell(columns, row, field) for field in columns.places}
    times = {
        field: _seconds(source, cells[field], unit, number, field) for field, unit in scale.items()
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


def _mrda(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    """An act of MRDA: its words have times of their own."""
    match = _MRDA.match(line)
    fields = line.split(",")
    if match is None or len(fields) < 8:
        raise source.error("not a line of an MRDA database", number)
    meeting, speaker = match["meeting"], fields[7]
    sheet = sheets.setdefault(
        meeting,
        ParsedFile(meeting, "table", source.path, source.clock.rate, speech_from_words=True,
                   times="aligned"),
    )  # fmt: skip
    start, end = source.stretch(fields[0], fields[1], number, "the act")
    if not fields[4].strip():
        if start < end:
            sheet.segments.append(AnnotationMark(speaker, start, end, line=number))
        return
    words: list[AnnotationMark] = []
    last = start
    for item in fields[4].split("|"):
        parts = item.split("+", 2)
        if len(parts) != 3:
            raise source.error(f"{item[:40]!r} is not 'start+end+word'", number)
        word = parts[2]
        untimed = parts[0] == _MRDA_UNTIMED or parts[1] == _MRDA_UNTIMED
        if untimed:  # {word}: it was said somewhere in the act
            word = word.removeprefix("{").removesuffix("}")
        word = word.removeprefix("<").removesuffix(">")  # a word that is in doubt
        if _MRDA_SOUND.match(word):
            continue
        low, high = (
            (last, last)
            if untimed
            else source.stretch(parts[0], parts[1], number, f"the word {word!r}")
        )
        last = high
        words.append(AnnotationMark(speaker, low, high, word, number, estimated=untimed))
    if words and all(word.estimated for word in words) and start < end:
        text = " ".join(word.text for word in words)
        sheet.segments.append(AnnotationMark(speaker, start, end, text, number))
        return
    for one in words:
        add_word(sheet, one, source.report)


def _switchboard(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    """A word, or a transcribed stretch, of one side of a Switchboard call."""
    match = _SWITCHBOARD.match(line.strip())
    if match is None:
        raise source.error("not a line 'sw2005A-ms98-a-0001 start end text'", number)
    words = "word" in source.path.name.lower()
    call = match["call"]
    sheet = sheets.setdefault(
        call,
        ParsedFile(call, "table", source.path, source.clock.rate, speech_from_words=words,
                   times="human"),
    )  # fmt: skip
    start, end = source.stretch(match["start"], match["end"], number, "the stretch")
    mark = AnnotationMark(match["side"], start, end, match["text"], number)
    (add_word if words else add_stretch)(sheet, mark, source.report)
