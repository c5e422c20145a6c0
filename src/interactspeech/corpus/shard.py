"""One shard: a tar of dialogues, and beside it the Parquet file that says it is finished.

```
shards/000003.tar       {id}.json and {id}.flac of each dialogue
shards/000003.parquet   its index rows; in the metadata the tar's size and SHA-256, and the ledger
```
The tar is synced and renamed first, the Parquet file second: a shard whose Parquet file is there is
complete, and never changed again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from interactspeech.corpus import remote
from interactspeech.corpus.files import (
    explained,
    make_folder,
    partial_name,
    publish,
    write_atomically,
)
from interactspeech.corpus.index import INDEX_VERSION, arrow_table, checksum, fitted, mismatch, row
from interactspeech.corpus.tar import TarWriter, member_name
from interactspeech.errors import InputError, StoreError
from interactspeech.records import Dialogue, Samples, encode
from interactspeech.signal.flac import describe_flac, encode_flac

_METADATA_KEY = b"interactspeech"
#: Shard numbers have six digits.
MAX_SHARDS = 1_000_000


class ShardInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a finished shard says about itself.

    Attributes:
        shard: its number.
        dialogues: how many it holds.
        size, sha256: of the tar, in bytes and in hexadecimal.
        ledger: what was kept and dropped while it was made, as its maker stored it.
        index_version: see `INDEX_VERSION`.
    """

    shard: int
    dialogues: int
    size: int
    sha256: str
    ledger: dict[str, Any]
    index_version: int = INDEX_VERSION


def tar_path(root: Path, shard: int) -> Path:
    """Where a shard's tar lies."""
    return root / "shards" / f"{shard:06d}.tar"


def sidecar_path(root: Path, shard: int) -> Path:
    """Where a shard's Parquet file lies."""
    return root / "shards" / f"{shard:06d}.parquet"


def finished_shard(root: Path, shard: int) -> ShardInfo | None:
    """What a shard says about itself if it is complete on disk, else None."""
    tar = tar_path(root, shard)
    if not sidecar_path(root, shard).exists():
        return None
    info, _ = read_sidecar(root, shard)
    return info if tar.exists() and tar.stat().st_size == info.size else None


class ShardWriter:
    """Writes one shard; nothing of it is visible before `finish`.

    ```python
    with ShardWriter(root, 0) as shard:
        shard.add(dialogue, samples)
        shard.finish()
    ```
    Leaving the block without `finish` (an error, say) removes what was written.

    Args:
        root: the corpus folder, which must exist.
        shard: the shard's number, from 0.

    Raises:
        StoreError: from every method: no space, no permission, the shard is finished already.
    """

    def __init__(self, root: Path | str, shard: int) -> None:
        if not 0 <= shard < MAX_SHARDS:
            raise ValueError(f"shard {shard} is not in [0, {MAX_SHARDS})")
        self.root, self.shard = remote.place(root), shard
        self._path = tar_path(self.root, shard)
        if sidecar_path(self.root, shard).exists():
            raise StoreError(f"{self._path} is finished; a finished shard is never written again")
        self._partial = partial_name(self._path)
        self._rows: list[dict[str, Any]] = []
        self._ids: set[str] = set()
        with explained(self._path):
            if not remote.is_remote(self.root):
                self._path.parent.mkdir(exist_ok=True)
            # A thread of this process that died here may have left its file.
            self._partial.unlink(missing_ok=True)
            self._tar = TarWriter(self._partial)

    def add(self, dialogue: Dialogue, samples: Samples | None = None) -> None:
        """Append a dialogue.

        Every track of the stored record names the audio as it is called in the shard.

        Args:
            dialogue: the record; its id must be new in the corpus.
            samples: float32 in [-1, 1], shape ``(channels, dialogue.length)``, at `dialogue.rate`;
                or None for a record without audio.

        Raises:
            InputError: the id is taken or unfit, the audio does not fit the record, or it clips.
                Nothing was written and the shard goes on.
            StoreError: the disk is full, not writable, ...; the shard is lost.
        """
        channels = 0 if samples is None else samples.shape[0]
        record = self._record(
            dialogue, channels, dialogue.length if samples is None else samples.shape[1]
        )
        flac = b"" if samples is None else encode_flac(samples, dialogue.rate)
        self._append(dialogue, record, flac, channels)

    def add_flac(self, dialogue: Dialogue, flac: bytes) -> None:
        """Append a dialogue with audio that is FLAC already; its bytes are stored as they are.

        Args:
            dialogue: as for `add`.
            flac: a FLAC file at `dialogue.rate`, `dialogue.length` samples long. Its header is
                looked at, its samples are not decoded.

        Raises:
            InputError: as for `add`.
            StoreError: as for `add`.
        """
        channels, length, rate = describe_flac(flac)
        if rate != dialogue.rate:
            raise InputError(
                f"dialogue {dialogue.id!r}: audio at {rate} Hz for a record at {dialogue.rate} Hz",
                reason="bad-audio",
            )
        self._append(dialogue, self._record(dialogue, channels, length), flac, channels)

    def _record(self, dialogue: Dialogue, channels: int, length: int) -> bytes:
        """The record as it is stored, checked against audio of so many channels and samples."""
        audio_name = member_name(dialogue.id, "flac")
        if dialogue.id in self._ids:
            raise InputError(
                f"the dialogue id {dialogue.id!r} is taken in this shard", reason="duplicate-id"
            )
        if length != dialogue.length:
            raise InputError(
                f"dialogue {dialogue.id!r}: {length} samples of audio for a record of "
                f"{dialogue.length}",
                reason="bad-audio",
            )
        seed = dialogue.provenance.seed or 0
        if dialogue.rate >= 2**31 or dialogue.length >= 2**63 or not -(2**63) <= seed < 2**63:
            raise InputError(
                f"dialogue {dialogue.id!r}: rate {dialogue.rate}, length {dialogue.length} or seed "
                f"{seed} does not fit the index (32, 64 and 64 bits)",
                reason="bad-record",
            )
        for track in dialogue.tracks:
            if not 0 <= track.channel < channels:
                raise InputError(
                    f"dialogue {dialogue.id!r}: the track of {track.speaker!r} is on channel "
                    f"{track.channel}, the audio has {channels}",
                    reason="bad-audio",
                )
        named = tuple(msgspec.structs.replace(t, audio=audio_name) for t in dialogue.tracks)
        return encode(msgspec.structs.replace(dialogue, tracks=named))

    def _append(self, dialogue: Dialogue, record: bytes, flac: bytes, channels: int) -> None:
        with explained(self._path):
            record_member = self._tar.add(member_name(dialogue.id, "json"), record)
            audio_member = self._tar.add(member_name(dialogue.id, "flac"), flac) if flac else None
        self._ids.add(dialogue.id)
        self._rows.append(
            row(dialogue, self.shard, record_member, audio_member, channels, checksum(record, flac))
        )

    def finish(self, ledger: Mapping[str, Any] | None = None) -> ShardInfo:
        """Make the shard visible, whole and durable.

        Args:
            ledger: plain JSON to store with it: what was kept and dropped, and why.
        """
        with explained(self._path):
            sha256 = self._tar.close()
            publish(self._partial, self._path)
        info = ShardInfo(self.shard, len(self._rows), self._tar.size, sha256, dict(ledger or {}))
        write_sidecar(self.root, self._rows, info)
        return info

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tar.abandon()
        with contextlib.suppress(OSError):
            self._partial.unlink(missing_ok=True)


def copy_shard(source: Path, number: int, root: Path, shard: int) -> ShardInfo:
    """Copy a finished shard into another corpus under another number; the tar stays as it is.

    Raises:
        InputError: the tar is not the one that its Parquet file describes.
        StoreError: the disk is full, not writable, ..., or the number is taken.
    """
    info, file = read_sidecar(source, number)
    path = tar_path(root, shard)
    if sidecar_path(root, shard).exists():
        raise StoreError(f"{path} is finished; a finished shard is never written again")
    partial, digest = partial_name(path), hashlib.sha256()
    with explained(path):
        make_folder(path.parent)
        try:
            with (
                remote.opened(tar_path(source, number), in_order=True) as tar,
                partial.open("wb") as out,
            ):
                while block := tar.read(1 << 20):
                    digest.update(block)
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != info.sha256:
                raise InputError(
                    "its SHA-256 is not the one that was stored when it was finished",
                    tar_path(source, number),
                    remedy="run `corpus verify` on it",
                    reason="bad-checksum",
                )
            publish(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    rows = [one | {"shard": shard} for one in fitted(file.read()).to_pylist()]
    info = msgspec.structs.replace(info, shard=shard)
    write_sidecar(root, rows, info)
    return info


def write_sidecar(root: Path, rows: list[dict[str, Any]], info: ShardInfo) -> None:
    """Write the Parquet file of a shard whose tar is there: the shard is finished then."""
    from pyarrow import parquet

    metadata = {_METADATA_KEY: msgspec.json.encode(info, order="deterministic")}
    table = arrow_table(rows, metadata)
    file = io.BytesIO()
    parquet.write_table(table, file, compression="zstd")
    write_atomically(sidecar_path(root, info.shard), file.getvalue())


def read_sidecar(root: Path, shard: int) -> tuple[ShardInfo, Any]:
    """What a finished shard says about itself, and its rows as an open file (see `fitted`).

    Raises:
        InputError: the file is damaged, or another version of this package wrote it.
    """
    import pyarrow as pa
    from pyarrow import parquet

    path = sidecar_path(root, shard)
    try:
        there = pa.BufferReader(path.read_bytes()) if remote.is_remote(path) else path
        file = parquet.ParquetFile(there)
        info = msgspec.json.decode(file.schema_arrow.metadata[_METADATA_KEY], type=ShardInfo)
    except FileNotFoundError:
        raise InputError("the shard is not finished", path, reason="bad-sidecar") from None
    except pa.ArrowMemoryError:
        raise  # no evidence of damage
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        if getattr(error, "errno", None) not in {None, errno.EIO}:  # Arrow's own have no number
            problem = f"cannot be read: {error.strerror or error}"  # type: ignore[union-attr]
            raise InputError(problem, path, reason="unreadable") from None
        raise InputError(f"damaged: {error}", path, reason="bad-sidecar") from None
    problem = mismatch(file.schema_arrow)
    if info.index_version > INDEX_VERSION or problem:
        raise InputError(
            problem or f"index of version {info.index_version}, this package reads {INDEX_VERSION}",
            path,
            remedy="read it with the version of interactspeech that wrote it, or a later one",
            reason="other-index-version",
        )
    if info.shard != shard or file.metadata.num_rows != info.dialogues:
        raise InputError("does not belong to this shard", path, reason="bad-sidecar")
    return info, file
