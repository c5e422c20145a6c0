"""From an id to the place of its record in microseconds, whatever the size of the corpus.

`index.lookup` holds one fixed-size entry a dialogue, sorted by a hash of the id, and is mapped into
memory: a search touches about twenty of them. It is derived from the Parquet index. The file is 16
bytes of magic, then the entries as they stand in `_ENTRY`, nothing else: nothing in it is parsed.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.corpus import remote
from interactspeech.errors import InputError

_ENTRY = np.dtype(
    [
        ("key", "<u8"),
        ("record_offset", "<i8"),
        ("audio_offset", "<i8"),
        ("audio_size", "<i8"),
        ("record_size", "<i4"),
        ("shard", "<i4"),
    ]
)
_MAGIC = b"ispeech-lookup1\n"
COLUMNS = ("id", "shard", "record_offset", "record_size", "audio_offset", "audio_size")


class RecordLocation(NamedTuple):
    """Where a dialogue's two members lie."""

    shard: int
    record_offset: int
    record_size: int
    audio_offset: int
    audio_size: int


def key(dialogue_id: str) -> int:
    """64 bits of the id's BLAKE2b: two ids share it about never, and then both are looked at."""
    return int.from_bytes(hashlib.blake2b(dialogue_id.encode(), digest_size=8).digest(), "little")


def build(batches: Iterable[Any]) -> tuple[bytes, list[str]]:
    """The lookup file of Arrow batches with the columns `COLUMNS`, and the ids that come twice."""
    parts: list[AnyArray] = []
    ids: list[Any] = []
    for batch in batches:
        entries = np.zeros(batch.num_rows, _ENTRY)
        column = batch.column("id")
        entries["key"] = [key(one) for one in column.to_pylist()]
        for name in COLUMNS[1:]:
            entries[name] = np.from_dlpack(batch.column(name))  # to_numpy() loads pandas
        parts.append(entries)
        ids.append(column)
    entries = np.concatenate(parts) if parts else np.zeros(0, _ENTRY)
    order = np.argsort(entries["key"], kind="stable")
    entries = entries[order]
    return _MAGIC + entries.tobytes(), _repeated(entries["key"], order, ids)


def _repeated(keys: AnyArray, order: AnyArray, ids: list[Any]) -> list[str]:
    same = np.flatnonzero(keys[1:] == keys[:-1])
    if not len(same):
        return []
    import pyarrow as pa

    flat = pa.chunked_array(ids)
    suspects = sorted({int(order[i]) for s in same for i in (s, s + 1)})
    names = Counter(flat[i].as_py() for i in suspects)
    return sorted(name for name, count in names.items() if count > 1)


class Lookup:
    """A lookup file, mapped (of an object store: read).

    Raises:
        InputError: not a lookup file.
    """

    def __init__(self, path: Path) -> None:
        try:
            if remote.is_remote(path):
                data = path.read_bytes()
                size, magic = len(data) - len(_MAGIC), data[: len(_MAGIC)]
            else:
                size = path.stat().st_size - len(_MAGIC)
                with path.open("rb") as file:
                    magic = file.read(len(_MAGIC))
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}", path, reason="bad-index"
            ) from None
        if magic != _MAGIC or size % _ENTRY.itemsize:
            raise InputError("not a lookup of this version", path, reason="bad-index")
        count = size // _ENTRY.itemsize
        self._entries: AnyArray = np.zeros(0, _ENTRY)
        if count and remote.is_remote(path):  # in memory: 40 bytes a dialogue
            self._entries = np.frombuffer(data, _ENTRY, count, len(_MAGIC))
        elif count:  # an empty file cannot be mapped
            self._entries = np.memmap(path, _ENTRY, "r", len(_MAGIC), (count,))
        self._keys = self._entries["key"]

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, dialogue_id: str) -> Iterator[RecordLocation]:
        """The places that may hold `dialogue_id`: none, or one, or very rarely more."""
        wanted = key(dialogue_id)
        at = bisect_left(self._keys, wanted)
        while at < len(self._keys) and self._keys[at] == wanted:
            entry = self._entries[at]
            yield RecordLocation(*(int(entry[name]) for name in RecordLocation._fields))
            at += 1
