"""Our own Hugging Face data sets: Parquet with the whole record and its FLAC file in each row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interactspeech.corpus import remote
from interactspeech.corpus.tar import MAX_RECORD_MEMBER
from interactspeech.dialogue import Dialogue, decode
from interactspeech.errors import InputError

Found = tuple[Dialogue, bytes]


def files(path: Path) -> list[Path]:
    """The Parquet files at `path`: itself, or those in the folder (``data/`` of a data set)."""
    if path.is_file():
        return [path]
    return sorted(path.glob("*.parquet")) or sorted(path.glob("data/*.parquet"))


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues with their FLAC files; what cannot be used, as its error."""
    import pyarrow as pa
    from pyarrow import parquet

    for one in files(path):
        try:
            with remote.opened(one) as file:
                table = parquet.ParquetFile(file)
                if not {"record", "audio"} <= set(table.schema_arrow.names):
                    yield InputError(
                        "has no columns 'record' and 'audio'", one,
                        remedy="data sets that `export huggingface` wrote have them",
                        reason="unknown-shape",
                    )  # fmt: skip
                    continue
                for batch in table.iter_batches(batch_size=16, columns=["record", "audio"]):
                    for row in batch.to_pylist():
                        yield _row(row, one)
        except (pa.ArrowException, OSError, ValueError) as error:
            yield InputError(f"damaged: {error}", one, reason="bad-parquet")


def _row(row: dict[str, object], path: Path) -> Found | InputError:
    record, audio = row["record"], row["audio"]
    flac = audio.get("bytes") if isinstance(audio, dict) else None
    if not isinstance(record, str) or not isinstance(flac, bytes):
        return InputError("a row without record or audio", path, reason="bad-record")
    if len(record) > MAX_RECORD_MEMBER:
        return InputError("a record of more than 256 MB", path, reason="too-large")
    try:
        return decode(record.encode(), path), flac
    except InputError as error:
        return error
