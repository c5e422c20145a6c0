"""Events of any number of dialogues as one table: CSV for people, Parquet for programs.

One row an event: ``dialogue, type, speaker, partner, start_s, end_s, start, end, rate, origin,
rules, probability, utterance, attributes``; times in seconds and in samples of the dialogue's own
clock, attributes as JSON.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from interactspeech.formats.conversion import save
from interactspeech.formats.parsed_file import Clock
from interactspeech.records import Dialogue

COLUMNS = (
    "dialogue", "type", "speaker", "partner", "start_s", "end_s", "start", "end", "rate", "origin",
    "rules", "probability", "utterance", "attributes",
)  # fmt: skip


def event_rows(dialogues: Iterable[Dialogue]) -> Iterator[dict[str, Any]]:
    """The rows, in the order of the dialogues and of their events."""
    for dialogue in dialogues:
        clock = Clock(dialogue.rate)
        for event in dialogue.events:
            yield {
                "dialogue": dialogue.id,
                "type": event.type,
                "speaker": event.speaker,
                "partner": event.partner,
                "start_s": float(clock.text(event.start)),
                "end_s": float(clock.text(event.end)),
                "start": event.start,
                "end": event.end,
                "rate": dialogue.rate,
                "origin": event.origin,
                "rules": event.rules,
                "probability": event.probability,
                "utterance": event.utterance,
                "attributes": json.dumps(event.attributes, ensure_ascii=False, sort_keys=True),
            }


def write_csv(dialogues: Iterable[Dialogue], path: Path) -> None:
    """Write the table as CSV (UTF-8, a header line). Cells that a spreadsheet would run as a
    formula get a leading apostrophe.
    """
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
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

    kinds = {
        "start_s": pa.float64(), "end_s": pa.float64(), "probability": pa.float64(),
        "start": pa.int64(), "end": pa.int64(), "rate": pa.int64(),
    }  # fmt: skip
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    table = pa.Table.from_pylist(list(event_rows(dialogues)), schema=schema)
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    save(path, sink.getvalue().to_pybytes())
