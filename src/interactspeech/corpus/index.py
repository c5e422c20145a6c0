"""One row a dialogue: what can be asked of a corpus without opening a record.

The rows of a shard lie beside it in a Parquet file; together, in the order of the shards, they are
the index of the corpus. docs/record.md lists the columns.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.corpus.tar import Member
from interactspeech.records import EVENT_TYPES, ORIGIN_PREFERENCE, Dialogue, Voice

#: Raised when a column changes its meaning or its type; a corpus of a later version is refused.
#: A column that is only added needs no new version: see `fitted`.
INDEX_VERSION = 1

#: Event type -> the column that counts it. Where several origins label the same dialogue, one of
#: them is counted: the first of `ORIGIN_PREFERENCE` that has any event of the type.
EVENT_COLUMNS: dict[str, str] = {name: info.column for name, info in EVENT_TYPES.items()}


def schema() -> Any:
    """The Arrow schema of the index."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("shard", pa.int32()),
            ("record_offset", pa.int64()),
            ("record_size", pa.int64()),
            ("audio_offset", pa.int64()),
            ("audio_size", pa.int64()),
            ("sha256", pa.binary(32)),
            ("seconds", pa.float64()),
            ("length", pa.int64()),
            ("rate", pa.int32()),
            ("channels", pa.int16()),
            ("utterances", pa.int32()),
            ("words", pa.int32()),
            *((column, pa.int32()) for column in EVENT_COLUMNS.values()),
            ("speakers", pa.list_(pa.string())),
            ("voices", pa.list_(pa.string())),
            ("corpus", pa.string()),
            ("source_id", pa.string()),
            ("licence", pa.string()),
            ("split", pa.string()),
            ("seed", pa.int64()),
            ("generator", pa.string()),
            ("writer", pa.string()),
            ("timing", pa.string()),
            ("schema_version", pa.int32()),
        ]
    )


def filling() -> dict[str, Any]:
    """Column that an older index may lack -> what stands in it then."""
    return dict.fromkeys(EVENT_COLUMNS.values(), 0)


def mismatch(found: Any) -> str:
    """Why an index with the Arrow schema `found` cannot be used here, or ``""``.

    Columns that this version does not know are left alone, and those that came after the index was
    written may be missing.
    """
    later = filling()
    for field in schema():
        if field.name not in found.names:
            if field.name not in later:
                return f"no column {field.name!r}"
        elif found.field(field.name).type != field.type:
            return f"the column {field.name!r} holds {found.field(field.name).type}"
    return ""


def fitted(table: Any) -> Any:
    """Rows of an index of any release as an Arrow table of `schema`, without its metadata."""
    import pyarrow as pa

    later = filling()
    columns = [
        table.column(field.name)
        if field.name in table.column_names
        else pa.chunked_array([pa.repeat(pa.scalar(later[field.name], field.type), len(table))])
        for field in schema()
    ]
    return pa.table(columns, schema=schema())


def arrow_table(rows: Sequence[Mapping[str, Any]], metadata: Mapping[bytes, bytes]) -> Any:
    """Rows of the index as an Arrow table of `schema`.

    It is put together from buffers, for Arrow's own way from Python's lists loads pandas wherever
    that is installed, which takes longer than the rest of a small corpus.

    Args:
        rows: as `row` makes them; a column that is missing in one is null there.
        metadata: of the schema.
    """
    import pyarrow as pa

    fields = schema().with_metadata(metadata)
    arrays = [_array([one.get(field.name) for one in rows], field.type) for field in fields]
    return pa.Table.from_arrays(arrays, schema=fields)


def _array(values: Sequence[Any], kind: Any) -> Any:
    """An Arrow array of one of the types of `schema`; None is null."""
    import pyarrow as pa

    there = np.array([value is not None for value in values], np.bool_)
    valid = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    count = len(values)
    if pa.types.is_list(kind):
        lists = [value or () for value in values]
        offsets = pa.py_buffer(_offsets(lists))
        inner = _array([one for value in lists for one in value], kind.value_type)
        return pa.Array.from_buffers(kind, count, [valid, offsets], children=[inner])
    if pa.types.is_string(kind):
        texts = [(value or "").encode() for value in values]
        data = [pa.py_buffer(_offsets(texts)), pa.py_buffer(b"".join(texts))]
        return pa.Array.from_buffers(kind, count, [valid, *data])
    if pa.types.is_fixed_size_binary(kind):
        joined = b"".join(value or bytes(kind.byte_width) for value in values)
        return pa.Array.from_buffers(kind, count, [valid, pa.py_buffer(joined)])
    numbers = np.array([0 if value is None else value for value in values], str(kind))
    return pa.Array.from_buffers(kind, count, [valid, pa.py_buffer(numbers)])


def _offsets(values: Sequence[Any]) -> AnyArray:
    return np.cumsum([0, *map(len, values)], dtype=np.int32)


def checksum(record: bytes, audio: bytes) -> bytes:
    """SHA-256 of a record followed by its audio: the column ``sha256``."""
    digest = hashlib.sha256(record)
    digest.update(audio)
    return digest.digest()


def row(
    dialogue: Dialogue,
    shard: int,
    record: Member,
    audio: Member | None,
    channels: int,
    sha256: bytes,
) -> dict[str, Any]:
    """The index row of a dialogue. Without audio its offset, size and channels are 0."""
    source = dialogue.provenance
    return {
        "id": dialogue.id,
        "shard": shard,
        "record_offset": record.offset,
        "record_size": record.size,
        "audio_offset": audio.offset if audio else 0,
        "audio_size": audio.size if audio else 0,
        "sha256": sha256,
        "seconds": dialogue.seconds,
        "length": dialogue.length,
        "rate": dialogue.rate,
        "channels": channels,
        "utterances": len(dialogue.utterances),
        "words": sum(len(utterance.words) for utterance in dialogue.utterances),
        **_counts(dialogue),
        "speakers": [speaker.id for speaker in dialogue.speakers],
        "voices": [_voice(speaker.voice) for speaker in dialogue.speakers],
        "corpus": source.corpus,
        "source_id": source.id,
        "licence": source.licence,
        "split": source.split,
        "seed": source.seed,
        "generator": source.generator,
        "writer": source.writer,
        "timing": source.timing,
        "schema_version": dialogue.schema,
    }


def _voice(voice: Voice | None) -> str:
    return f"{voice.engine}/{voice.name}" if voice else ""


def _counts(dialogue: Dialogue) -> dict[str, int]:
    found = Counter((event.type, event.origin) for event in dialogue.events)
    return {
        column: next(
            (found[kind, origin] for origin in ORIGIN_PREFERENCE if found[kind, origin]),  # type: ignore[index]
            0,
        )
        for kind, column in EVENT_COLUMNS.items()
    }
