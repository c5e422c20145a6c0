"""Rows of Parquet files of strangers.

A dictionary lets a file of a few kilobytes stand for gigabytes of text: one long value, and a
million references to it. Texts stay in their dictionaries until it is known how much they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError

#: Rows whose columns are read at a time.
BATCH = 256
#: Bytes of text in a row, and in rows that become values at once.
MAX_ROW = 64 * 1024 * 1024


def rows(
    source: Any, path: Path | str, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file as plain values.

    Args:
        source: a path or a file of pyarrow's.
        path: names the file in errors.
        columns: those to read; all by default.

    Raises:
        InputError: a row holds more text than `MAX_ROW` (reason ``"too-large"``).
        pyarrow.ArrowException, OSError: it is no Parquet file, or damaged.
    """
    from pyarrow import parquet

    schema = parquet.ParquetFile(source).schema
    texts = [
        column.path
        for column in map(schema.column, range(len(schema)))
        if column.logical_type.type == "STRING"
    ]
    table = parquet.ParquetFile(source, read_dictionary=texts)
    number = 0
    for batch in table.iter_batches(batch_size=BATCH, columns=columns):
        if _text_bytes(batch) <= MAX_ROW:
            yield from batch.to_pylist()
            number += batch.num_rows
            continue
        for place in range(batch.num_rows):
            row = batch.slice(place, 1)
            if (size := _text_bytes(row)) > MAX_ROW:
                raise InputError(
                    f"row {number + 1:,} holds {size:,} bytes of text, more than {MAX_ROW:,}",
                    path, reason="too-large",
                )  # fmt: skip
            yield from row.to_pylist()
            number += 1


def _text_bytes(batch: Any) -> int:
    """Bytes of text that the values of a batch hold, each reference to a dictionary counted."""
    return sum(_array_bytes(array) for array in batch.columns)


def _array_bytes(array: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary).take(array.indices)
        return int(pc.sum(lengths).as_py() or 0)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _array_bytes(array.flatten())
    if pa.types.is_struct(array.type):
        return sum(_array_bytes(field) for field in array.flatten())
    return int(array.nbytes)
