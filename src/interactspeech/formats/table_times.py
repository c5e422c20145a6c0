"""Times in tables: seconds, milliseconds, samples, clocks, as they are named or as numbers show."""

from __future__ import annotations

import re
from statistics import median

from interactspeech.formats.non_speech import is_unknown
from interactspeech.formats.parsed_file import InputFile
from interactspeech.formats.table_columns import Row, TableHeader, cell_of

#: Seconds of each unit; samples are the clock's.
_UNIT_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0}  # fmt: skip
#: A number with a comma before its decimals, as tables separated by ";" or tabs have them.
_DECIMAL_COMMA = re.compile(r"^\d+,\d+$")
#: Hours, minutes, seconds and frames of an editing programme.
_FRAMES = re.compile(r"^\d{1,2}[:;]\d\d[:;]\d\d[:;]\d\d$")
#: Hours, minutes and seconds.
CLOCK = re.compile(r"^(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)$")
#: Rows with whole numbers for times: in seconds if a row lasts less than this many, else in
#: milliseconds, and beyond the second number milliseconds cannot be told from samples.
_MOST_SECONDS, _MOST_MILLISECONDS = 60, 15_000
#: A whole number of more digits is no time.
_MOST_DIGITS = 15


def with_points(columns: TableHeader, row: list[str]) -> list[str]:
    """A row whose times have a point before their decimals."""
    row = list(row)
    for field in ("start", "end", "duration"):
        place = columns.places.get(field)
        if place is not None and _DECIMAL_COMMA.match(row[place].strip()):
            row[place] = row[place].replace(",", ".")
    return row


def time_scales(source: InputFile, columns: TableHeader, rows: list[Row]) -> dict[str, float]:
    """Field of times -> seconds for one unit of it."""
    fields = [f for f in ("start", "end", "duration") if f in columns.places]
    units = {field: source.unit or columns.units.get(field, "") for field in fields}
    if not all(units.values()):
        unit = next((u for u in units.values() if u), "") or _sniffed(source, columns, rows)
        units = {field: found or unit for field, found in units.items()}
    values = _UNIT_SECONDS | {"samples": 1 / source.clock.rate}
    return {field: values[unit] for field, unit in units.items()}


def _sniffed(source: InputFile, columns: TableHeader, rows: list[Row]) -> str:
    lengths: list[float] = []
    for _, row in rows:
        cells = [cell_of(columns, row, f) for f in ("start", "end", "duration")]
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


def cell_seconds(
    source: InputFile, cell: str, scale: float, number: int, what: str
) -> float | None:
    """A time in seconds; None for a cell that says nothing."""
    if is_unknown(cell):
        return None
    if match := CLOCK.match(cell):
        return clock_seconds(match)
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


def clock_seconds(match: re.Match[str]) -> float:
    """The seconds of a match of `CLOCK`."""
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
