"""Events of any number of dialogues as one table: CSV for people, Parquet for programs.

One row an event: ``dialogue, type, speaker, partner, start_s, end_s, start, end, rate, origin,
rules, probability, utterance, attributes``; times in seconds and in samples of the dialogue's own
clock, attributes as JSON.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from interactspeech.formats.clock import Clock
from interactspeech.formats.conversion import save
from interactspeech.records import Dialogue, tables


def event_rows(dialogues: Iterable[Dialogue]) -> Iterator[dict[str, Any]]:
    """The rows of `interactspeech.records.tables`, with seconds as files write them."""
    for row in tables.event_rows(dialogues):
        clock = Clock(row["rate"])
        yield row | {name: float(clock.text(row[name[:-2]])) for name in ("start_s", "end_s")}


def write_csv(dialogues: Iterable[Dialogue], path: Path) -> None:
    """Write the table as CSV (UTF-8, a header line). Cells that a spreadsheet would run as a
    formula get a leading apostrophe.
    """
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, tables.COLUMNS["events"], lineterminator="\n")
    writer.writeheader()
    for row in event_rows(dialogues):
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    save(path, buffer.getvalue().encode("utf-8"))


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple("=+-@\t\r")) else value


def write_parquet(dialogues: Iterable[Dialogue], path: Path) -> None:
    """Write the table as Parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = tables.schema_of("events")
    table = pa.Table.from_pylist(list(event_rows(dialogues)), schema=schema)
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    save(path, sink.getvalue().to_pybytes())
