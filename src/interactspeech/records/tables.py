"""Dialogues as tables: events, words and utterances, for Arrow, pandas and polars.

A row has its times twice: in seconds (``start_s``, ``end_s``) and in samples of the dialogue's own
clock (``start``, ``end``, ``rate``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import islice
from typing import Any, Final, Literal

from interactspeech.errors import MissingExtraError
from interactspeech.records.dialogue import Dialogue

TableName = Literal["events", "words", "utterances"]

#: Columns that are not text.
_INTEGERS = frozenset({"start", "end", "rate", "words", "length"})
_FLOATS = frozenset({"start_s", "end_s", "probability"})
#: Rows that are turned into columns at once.
_BATCH = 50_000
#: Rows that a notebook shows.
_SHOWN = 8

#: Table -> its columns, in order.
COLUMNS: Final[dict[TableName, tuple[str, ...]]] = {
    "events": (
        "dialogue", "type", "speaker", "partner", "start_s", "end_s", "start", "end", "rate",
        "origin", "rules", "probability", "utterance", "attributes",
    ),
    "words": (
        "dialogue", "utterance", "speaker", "word", "start_s", "end_s", "start", "end", "rate",
        "fragment", "kind", "times",
    ),
    "utterances": (
        "dialogue", "utterance", "speaker", "kind", "text", "unsaid", "start_s", "end_s", "start",
        "end", "rate", "words", "times",
    ),
}  # fmt: skip


class DialogueTable:
    """A table over dialogues, made when it is asked for.

    It is handed to Arrow (`to_arrow`), pandas (`to_pandas`) or polars (`to_polars`); what takes
    Arrow's stream interface (``duckdb``, ``polars.DataFrame``) takes it as it is.

    Args:
        name: what it holds.
        make: the Arrow table.
    """

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.name, self._make, self._made = name, make, None

    @classmethod
    def of(cls, name: TableName, dialogues: Callable[[], Iterable[Dialogue]]) -> DialogueTable:
        """The table `name` of the dialogues that a function gives."""
        return cls(name, lambda: arrow_table(name, dialogues()))

    def to_arrow(self) -> Any:
        """The table as a ``pyarrow.Table``; it is kept."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def to_pandas(self) -> Any:
        """The table as a ``pandas.DataFrame``.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            return self.to_arrow().to_pandas()
        except ImportError:
            raise MissingExtraError("pandas", "frames", "a data frame of pandas") from None

    def to_polars(self) -> Any:
        """The table as a ``polars.DataFrame``.

        Raises:
            MissingExtraError: polars is not installed.
        """
        try:
            import polars as pl
        except ImportError:
            raise MissingExtraError("polars", "frames", "a data frame of polars") from None
        return pl.DataFrame(self.to_arrow())

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.to_arrow().column_names)

    def __len__(self) -> int:
        return int(self.to_arrow().num_rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"DialogueTable({self.name}, {len(self):,} rows, {len(self.columns)} columns)"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{escape(_cell(row[name]))}</td>" for name in self.columns)
            + "</tr>"
            for row in self.to_arrow().slice(0, _SHOWN).to_pylist()
        )
        return f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{body}</table>"


def _cell(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def schema_of(name: TableName) -> Any:
    """The Arrow schema of a table."""
    import pyarrow as pa

    def kind(column: str) -> Any:
        if column in _INTEGERS:
            return pa.int64()
        if column in _FLOATS:
            return pa.float64()
        return pa.bool_() if column == "fragment" else pa.string()

    return pa.schema([(column, kind(column)) for column in COLUMNS[name]])


def arrow_table(name: TableName, dialogues: Iterable[Dialogue]) -> Any:
    """A table of dialogues as a ``pyarrow.Table``, a batch of rows at a time."""
    import pyarrow as pa

    make = {"events": event_rows, "words": word_rows, "utterances": utterance_rows}[name]
    rows, schema = make(dialogues), schema_of(name)
    batches = []
    while batch := list(islice(rows, _BATCH)):
        batches.append(pa.RecordBatch.from_pylist(batch, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def event_rows(dialogues: Iterable[Dialogue]) -> Iterator[dict[str, Any]]:
    """A row an event, in the order of the dialogues and of their events; attributes as JSON."""
    for dialogue in dialogues:
        for event in dialogue.events:
            yield {
                "dialogue": dialogue.id,
                "type": event.type,
                "speaker": event.speaker,
                "partner": event.partner,
                **_times(event.start, event.end, dialogue.rate),
                "origin": event.origin,
                "rules": event.rules,
                "probability": event.probability,
                "utterance": event.utterance,
                "attributes": json.dumps(event.attributes, ensure_ascii=False, sort_keys=True),
            }


def word_rows(dialogues: Iterable[Dialogue]) -> Iterator[dict[str, Any]]:
    """A row a spoken word, utterance by utterance."""
    for dialogue in dialogues:
        for utterance in dialogue.utterances:
            for word in utterance.words:
                yield {
                    "dialogue": dialogue.id,
                    "utterance": utterance.id,
                    "speaker": utterance.speaker,
                    "word": word.text,
                    **_times(word.start, word.end, dialogue.rate),
                    "fragment": word.fragment,
                    "kind": utterance.kind,
                    "times": utterance.times,
                }


def utterance_rows(dialogues: Iterable[Dialogue]) -> Iterator[dict[str, Any]]:
    """A row an utterance."""
    for dialogue in dialogues:
        for utterance in dialogue.utterances:
            yield {
                "dialogue": dialogue.id,
                "utterance": utterance.id,
                "speaker": utterance.speaker,
                "kind": utterance.kind,
                "text": utterance.text,
                "unsaid": " ".join(utterance.unsaid),
                **_times(utterance.start, utterance.end, dialogue.rate),
                "words": len(utterance.words),
                "times": utterance.times,
            }


def _times(start: int, end: int, rate: int) -> dict[str, Any]:
    return {"start_s": start / rate, "end_s": end / rate, "start": start, "end": end, "rate": rate}
