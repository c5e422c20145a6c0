"""One row a dialogue: what can be asked of a corpus without opening a record.

The rows of a shard lie beside it in a Parquet file; together, in the order of the shards, they are
the index of the corpus. docs/record.md lists the columns.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

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
