"""A corpus folder from the builder's side: who may build, what is finished, the final index.

```
build.json        the configuration that made it, with its fingerprint
shards/           000000.tar, 000000.parquet, ...
index.parquet     all rows, written at the end: its presence says that the corpus is finished
index.lookup      id -> place, derived from it
SHA256SUMS        of every shard, the index and build.json, for `sha256sum -c`
```
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from interactspeech.corpus import lookup, remote
from interactspeech.corpus.files import (
    BuilderLock,
    explained,
    make_folder,
    partial_name,
    publish,
    remove_leftovers,
    sync_folder,
    write_atomically,
)
from interactspeech.corpus.index import fitted, schema
from interactspeech.corpus.shard import (
    ShardInfo,
    ShardWriter,
    finished_shard,
    read_sidecar,
    sidecar_path,
    tar_path,
)
from interactspeech.errors import StoreError

INDEX, LOOKUP, MANIFEST, SUMS = "index.parquet", "index.lookup", "build.json", "SHA256SUMS"
#: Where a repair keeps what is to replace something, and the file that says it is complete there.
REPAIR, REPAIR_PLAN = ".repair", "plan.json"
#: Rows of a row group: small enough for queries to skip, large enough to read fast.
_ROW_GROUP = 64 * 1024
#: Shards whose rows are read before they are written together.
_BATCH = 256


class CorpusManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a corpus was asked to be: whoever resumes must ask for the same."""

    fingerprint: str
    configuration: dict[str, Any]
    format: Literal["interactspeech corpus 1"] = "interactspeech corpus 1"


def fingerprint(configuration: Mapping[str, Any]) -> str:
    """SHA-256 of a configuration in its canonical JSON form (sorted keys)."""
    return hashlib.sha256(_canonical(configuration)).hexdigest()


def _canonical(configuration: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(dict(configuration), order="sorted")


class CorpusWriter:
    """Builds a corpus, or goes on with one that was interrupted.

    ```python
    with CorpusWriter("out", {"seed": 7}) as writer:
        for number in writer.missing(2):
            with writer.shard(number) as shard:
                ...
                shard.finish()
        writer.finish(2)
    ```
    A folder in which an earlier run finished no dialogue is taken over, whatever its configuration.
    Only one process holds a `CorpusWriter` on a folder. Workers in other processes write shards
    with ``ShardWriter(root, number)``.

    Args:
        root: the corpus folder; made where it is missing.
        configuration: plain JSON, everything that decides the bytes of the corpus (seed, inputs
            with their checksums, voices, timing, versions, dialogues a shard), and nothing that
            does not (number of workers).

    Raises:
        StoreError: another process builds here, the folder holds dialogues of another configuration
            or something else altogether, or it cannot be written to.
    """

    #: Whether this is the repair whose plan lies in the folder.
    _may_finish_repair = False

    def __init__(self, root: Path | str, configuration: Mapping[str, Any]) -> None:
        self.root = remote.place(root)
        self._manifest = CorpusManifest(
            fingerprint(configuration), msgspec.json.decode(_canonical(configuration))
        )
        with explained(self.root, "create"):
            make_folder(self.root)
        self._lock = BuilderLock(self.root)

    def __enter__(self) -> Self:
        self._lock.acquire()
        try:
            self._claim()
            self._clean()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was reached, now or in an earlier run."""
        return (self.root / INDEX).exists()

    def finished_shards(self) -> frozenset[int]:
        """Numbers of the shards that are complete on disk."""
        return frozenset(info.shard for info in self.infos())

    def missing(self, shards: int) -> list[int]:
        """Those of the first `shards` shards that are still to be made, in order."""
        done = self.finished_shards()
        return [number for number in range(shards) if number not in done]

    def infos(self) -> Iterator[ShardInfo]:
        """What the finished shards say about themselves (their ledgers too), in order."""
        for number in shard_numbers(self.root):
            if (info := finished_shard(self.root, number)) is not None:
                yield info

    def shard(self, number: int) -> ShardWriter:
        """A writer for one shard, in this process."""
        return ShardWriter(self.root, number)

    def discard_from(self, shard: int) -> None:
        """Remove finished shards from number `shard` on: workers ran ahead of what was needed.

        Call it before `finish`, with no worker at work.
        """
        if self.is_finished:
            return  # an earlier run came this far; what is finished stays
        self._remove_shards(range(shard, sys.maxsize))

    def finish(self, shards: int) -> None:
        """Write the index of shards 0 to `shards` - 1; the corpus is then complete.

        Raises:
            StoreError: shards are missing, or two dialogues share an id.
        """
        self._lock.check()
        missing = self.missing(shards)
        if missing:
            raise StoreError(
                f"{self.root}: {len(missing)} of {shards} shards are missing (the first is number "
                f"{missing[0]}); run the same build again to make them"
            )
        # A worker that was killed and replaced left its file behind.
        remove_leftovers(self.root / "shards")
        partial = partial_name(self.root / INDEX)
        try:
            with explained(self.root / INDEX):
                data, repeated = self._write_index(partial, shards)
            if repeated:
                raise StoreError(
                    f"{self.root}: {len(repeated)} dialogue ids come more than once, for example "
                    f"{repeated[0]!r}; ids must be unique in a corpus"
                )
            write_atomically(self.root / LOOKUP, data)
            write_atomically(self.root / SUMS, self._sums(partial))
            with explained(self.root / INDEX):
                publish(partial, self.root / INDEX)
        finally:
            partial.unlink(missing_ok=True)

    def _write_index(self, partial: Path, shards: int) -> tuple[bytes, list[str]]:
        from pyarrow import parquet

        places: list[Any] = []
        metadata = {b"shards": str(shards).encode()}
        with parquet.ParquetWriter(
            partial, schema().with_metadata(metadata), compression="zstd"
        ) as out:
            for table in self._tables(shards):
                out.write_table(table, row_group_size=_ROW_GROUP)
                places.extend(table.select(lookup.COLUMNS).to_batches())
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        return lookup.build(places)

    def _tables(self, shards: int) -> Iterator[Any]:
        import pyarrow as pa

        for first in range(0, shards, _BATCH):
            tables = []
            for number in range(first, min(first + _BATCH, shards)):
                _, file = read_sidecar(self.root, number)
                tables.append(fitted(file.read()))
            yield pa.concat_tables(tables).combine_chunks()

    def _sums(self, index: Path) -> bytes:
        lines = []
        for info in self.infos():
            sidecar = sidecar_path(self.root, info.shard)
            lines.append(f"{info.sha256}  shards/{info.shard:06d}.tar")
            lines.append(f"{sha256_of(sidecar)}  shards/{sidecar.name}")
        lines.append(f"{sha256_of(index)}  {INDEX}")
        lines.append(f"{sha256_of(self.root / MANIFEST)}  {MANIFEST}")
        return ("\n".join(lines) + "\n").encode()

    def _claim(self) -> None:
        path = self.root / MANIFEST
        if not self._may_finish_repair and repair_is_pending(self.root):
            raise StoreError(f"{self.root}: {UNFINISHED_REPAIR}")
        if not path.exists():
            if sidecar_path(self.root, 0).parent.is_dir() or (self.root / INDEX).exists():
                raise StoreError(
                    f"{self.root} holds shards but no {MANIFEST}; choose an empty folder"
                )
            write_atomically(path, msgspec.json.format(msgspec.json.encode(self._manifest)) + b"\n")
            return
        there = read_manifest(self.root)
        if there.fingerprint == self._manifest.fingerprint:
            return
        if self._holds_dialogues():
            raise StoreError(
                f"{self.root} was begun with another configuration "
                f"({_difference(there.configuration, self._manifest.configuration)}); "
                "ask for the same again to go on with it, or choose another folder"
            )
        # An earlier run failed before its first dialogue: nothing here is worth keeping.
        self._remove_shards(range(sys.maxsize))
        write_atomically(path, msgspec.json.format(msgspec.json.encode(self._manifest)) + b"\n")

    def _holds_dialogues(self) -> bool:
        return self.is_finished or any(info.dialogues for info in self.infos())

    def _remove_shards(self, numbers: Container[int]) -> None:
        for number in shard_numbers(self.root):
            if number in numbers:
                # The Parquet file first: without it the tar counts for nothing.
                sidecar_path(self.root, number).unlink(missing_ok=True)
                tar_path(self.root, number).unlink(missing_ok=True)

    def _clean(self) -> None:
        shards = self.root / "shards"
        with explained(shards):
            make_folder(shards)
            sync_folder(self.root)
            remove_leftovers(self.root)
            remove_leftovers(shards)
            done = self.finished_shards()
            # A tar without its Parquet file, or the other way round, is what a crash left.
            for path in sorted(shards.iterdir()) if shards.is_dir() else []:
                number = _number(path)
                if number is not None and number not in done:
                    path.unlink()


#: What a command says that finds the plan of a repair.
UNFINISHED_REPAIR = "a repair was interrupted; run `corpus repair` again, which finishes it"


def repair_is_pending(root: Path) -> bool:
    """Whether a repair was interrupted while it changed the corpus."""
    return (root / REPAIR / REPAIR_PLAN).exists()


def read_manifest(root: Path) -> CorpusManifest:
    """The manifest of a corpus.

    Raises:
        StoreError: there is none, or it is no manifest of this version.
    """
    path = root / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=CorpusManifest)
    except FileNotFoundError:
        raise StoreError(f"{root} is no corpus: it has no {MANIFEST}") from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreError(f"{path} is damaged or of another version: {error}") from None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with remote.opened(path, in_order=True) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shard_numbers(root: Path) -> list[int]:
    """Numbers of the shards that have a Parquet file, sorted."""
    folder = root / "shards"
    if not folder.is_dir():
        return []
    found = (_number(path) for path in folder.glob("*.parquet"))
    return sorted(number for number in found if number is not None)


def shards_listed(root: Path) -> int:
    """How many shards the index or `SHA256SUMS` speaks of; 0 where neither can be read."""
    import pyarrow as pa
    from pyarrow import parquet

    count, path = 0, root / INDEX
    with contextlib.suppress(pa.ArrowException, OSError, KeyError, TypeError, ValueError):
        there = remote.opened(path) if remote.is_remote(path) else path
        count = int(parquet.read_schema(there).metadata[b"shards"])
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = (root / SUMS).read_text("ascii").splitlines()
        names = (Path(line.partition("  ")[2]) for line in lines)
        found = (_number(name) for name in names if name.parent.name == "shards")
        count = max([count, *(number + 1 for number in found if number is not None)])
    return count


def shard_files(root: Path) -> list[int]:
    """Numbers of the shards of which any file is there, sorted."""
    folder = root / "shards"
    found = {_number(path) for path in folder.iterdir()} if folder.is_dir() else set()
    return sorted(number for number in found if number is not None)


def _number(path: Path) -> int | None:
    fits = path.suffix in {".tar", ".parquet"} and len(path.stem) == 6 and path.stem.isdecimal()
    return int(path.stem) if fits and path.stem.isascii() else None


def _difference(there: dict[str, Any], wanted: dict[str, Any]) -> str:
    keys = [
        key for key in sorted(there.keys() | wanted.keys()) if there.get(key) != wanted.get(key)
    ]
    shown = [
        f"{key}: {_short(there.get(key))} there, {_short(wanted.get(key))} asked for"
        for key in keys[:3]
    ]
    return "; ".join(shown) + ("; ..." if len(keys) > 3 else "")


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:57] + "..."
