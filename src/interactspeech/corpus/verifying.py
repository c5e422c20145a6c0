"""Check a corpus against itself: every byte, every record, every sample count.

Nothing in a corpus is trusted, executed or extracted; every problem found is named and the check
goes on behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from interactspeech.corpus import remote
from interactspeech.corpus.index import checksum, fitted, schema
from interactspeech.corpus.lookup import COLUMNS, build
from interactspeech.corpus.shard import ShardInfo, read_sidecar, tar_path
from interactspeech.corpus.tar import Member, dialogue_id, members
from interactspeech.corpus.writer import (
    INDEX,
    LOOKUP,
    MANIFEST,
    SUMS,
    fingerprint,
    read_manifest,
    sha256_of,
    shard_numbers,
)
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, decode
from interactspeech.signal.flac import decode_flac, describe_flac


@dataclass(frozen=True)
class Problem:
    """Something that is wrong with a corpus.

    Attributes:
        file: relative to the corpus folder.
        id: the dialogue concerned, or "" for the file as a whole.
        problem: one sentence.
    """

    file: str
    id: str
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.id}" if self.id else self.file
        return f"{place}: {self.problem}"


def verify(root: Path | str, audio: bool = True) -> Iterator[Problem]:
    """All problems of a corpus, found one shard at a time.

    Checks the SHA-256 of every tar and of every dialogue in it; that each record decodes, is the
    one the index means and agrees with its audio in rate, channels and length; that ids are unique;
    that the whole index is the sum of the shards'.

    Args:
        root: a corpus folder, finished or not.
        audio: decode all audio, not only its header (about 2,000 times real time on one core).

    Raises:
        StoreError: the folder is no corpus.
    """
    root = remote.place(root)
    yield from _manifest(root)
    numbers = shard_numbers(root)
    for number in numbers:
        yield from _shard(root, number, audio)
    if not (root / INDEX).exists():
        yield Problem(INDEX, "", "missing: the build is unfinished; run it again")
        return
    yield from _sums(root, numbers)
    yield from _index(root, numbers)


def _shard(root: Path, number: int, audio: bool) -> Iterator[Problem]:
    path = tar_path(root, number)
    name = f"shards/{path.name}"
    try:
        info, sidecar = read_sidecar(root, number)
        rows = {row["id"]: row for row in fitted(sidecar.read()).to_pylist()}
    except (InputError, OSError, ValueError) as error:
        yield Problem(f"shards/{number:06d}.parquet", "", _words(error))
        rows, info = None, None
    try:
        file = remote.opened(path, in_order=True)
    except OSError as error:
        yield Problem(name, "", f"cannot be read: {error.strerror}")
        return
    with file:
        if info is not None:
            yield from _whole(file, info, name)
        yield from _contents(file, path, name, rows, audio)


def _whole(file: BufferedReader, info: ShardInfo, name: str) -> Iterator[Problem]:
    size = file.seek(0, 2)
    if size != info.size:
        yield Problem(name, "", f"has {size:,} bytes, was finished with {info.size:,}")
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != info.sha256:
        yield Problem(name, "", f"SHA-256 is {found}, was finished with {info.sha256}")


def _contents(
    file: BinaryIO, path: Path, name: str, rows: dict[str, Any] | None, audio: bool
) -> Iterator[Problem]:
    seen: dict[str, dict[str, Member]] = {}
    try:
        for member in members(file, path):
            kind = member.name.rpartition(".")[2]
            seen.setdefault(dialogue_id(member.name), {})[kind] = member
    except InputError as error:
        yield Problem(name, "", _words(error))
    for wanted in sorted((rows or {}).keys() - seen.keys()):
        yield Problem(name, wanted, "is in the index and not in the shard")
    for found, pair in seen.items():
        row = None if rows is None else rows.get(found)
        if rows is not None and row is None:
            yield Problem(name, found, "is in the shard and not in the index")
        for problem in _dialogue(file, found, pair, row, audio):
            yield Problem(name, found, problem)


def _dialogue(
    file: BinaryIO, wanted: str, pair: dict[str, Member], row: dict[str, Any] | None, audio: bool
) -> Iterator[str]:
    if "json" not in pair:
        yield "has audio and no record"
        return
    record = _content(file, pair["json"])
    flac = _content(file, pair["flac"]) if "flac" in pair else b""
    if row is not None:
        if checksum(record, flac) != row["sha256"]:
            yield "the content does not have the SHA-256 that the index names"
        sound = pair.get("flac")
        if (row["record_offset"], row["record_size"]) != pair["json"][1:] or (
            row["audio_offset"],
            row["audio_size"],
        ) != (sound[1:] if sound else (0, 0)):
            yield "does not lie where the index says"
    try:
        dialogue = decode(record)
    except InputError as error:
        yield error.problem
        return
    if dialogue.id != wanted:
        yield f"the record calls itself {dialogue.id!r}"
    if flac:
        yield from _sound(dialogue, flac, audio)
    elif dialogue.tracks:
        yield "the record names tracks and there is no audio"


def _sound(dialogue: Dialogue, flac: bytes, audio: bool) -> Iterator[str]:
    try:
        channels, length, rate = describe_flac(flac)
        if audio:
            samples, rate = decode_flac(flac)
            channels, length = samples.shape
    except InputError as error:
        yield error.problem
        return
    if (length, rate) != (dialogue.length, dialogue.rate):
        yield (
            f"audio of {length} samples at {rate} Hz for a record of {dialogue.length} at "
            f"{dialogue.rate}"
        )
    for track in dialogue.tracks:
        if not 0 <= track.channel < channels:
            yield f"the track of {track.speaker!r} is on channel {track.channel} of {channels}"


def _manifest(root: Path) -> Iterator[Problem]:
    manifest = read_manifest(root)
    if fingerprint(manifest.configuration) != manifest.fingerprint:
        yield Problem(MANIFEST, "", "the fingerprint is not that of the configuration")


def _sums(root: Path, numbers: list[int]) -> Iterator[Problem]:
    """The other files against `SHA256SUMS`, and its list of tars against theirs."""
    try:
        lines = (root / SUMS).read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(SUMS, "", f"cannot be read: {error}")
        return
    sums = {name: value for value, _, name in (line.partition("  ") for line in lines)}
    shards = [f"shards/{number:06d}" for number in numbers]
    expected = {INDEX, MANIFEST} | {name + end for name in shards for end in (".tar", ".parquet")}
    if sums.keys() != expected or len(lines) != len(sums):
        yield Problem(SUMS, "", "does not list each file once")
    for name in sorted(expected & sums.keys()):
        path = root / name
        try:
            # A tar's own sum was compared with its content already.
            found = (
                read_sidecar(root, int(path.stem))[0].sha256
                if path.suffix == ".tar"
                else sha256_of(path)
            )
        except (InputError, OSError, ValueError):
            continue  # named already
        if found != sums[name]:
            yield Problem(name, "", f"SHA-256 is {found}, {SUMS} says {sums[name][:64]}")


def _index(root: Path, numbers: list[int]) -> Iterator[Problem]:
    """The whole index against the shards' rows, the lookup against the index."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        path = root / INDEX
        index = parquet.ParquetFile(remote.opened(path) if remote.is_remote(path) else path)
        shards = int(index.schema_arrow.metadata[b"shards"])
        data, repeated = build(index.iter_batches(columns=list(COLUMNS)))
        yield from _rows(root, index, numbers)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        yield Problem(INDEX, "", f"damaged: {error}")
        return
    if numbers != list(range(shards)):
        missing = sorted(set(range(shards)) - set(numbers))
        named = f" (missing: {', '.join(map(str, missing[:5]))})" if missing else ""
        yield Problem(INDEX, "", f"names {shards} shards, {len(numbers)} are there{named}")
    for one in repeated:
        yield Problem(INDEX, one, "the id comes more than once")
    try:
        same = (root / LOOKUP).read_bytes() == data
    except OSError as error:
        yield Problem(LOOKUP, "", f"cannot be read: {error.strerror}")
    else:
        if not same:
            yield Problem(LOOKUP, "", "does not belong to the index")


def _rows(root: Path, index: Any, numbers: list[int]) -> Iterator[Problem]:
    """Each shard's rows must stand in the whole index as they are, in order."""
    import pyarrow as pa

    batches = index.iter_batches()
    whole = schema().empty_table()
    for number in numbers:
        try:
            _, sidecar = read_sidecar(root, number)
            own = fitted(sidecar.read())
        except (InputError, OSError, ValueError):
            return  # named already; what follows it cannot be distinguished
        while whole.num_rows < own.num_rows:
            batch = next(batches, None)
            if batch is None:
                break
            whole = pa.concat_tables([whole, fitted(pa.Table.from_batches([batch]))])
        if not whole.slice(0, own.num_rows).equals(own, check_metadata=False):
            yield Problem(INDEX, "", f"the rows of shard {number} are not those beside the shard")
            return
        whole = whole.slice(own.num_rows)
    if whole.num_rows or next(batches, None) is not None:
        yield Problem(INDEX, "", "has rows that belong to no shard")


def _content(file: BinaryIO, member: Member) -> bytes:
    file.seek(member.offset)
    return file.read(member.size)


def _words(error: Exception) -> str:
    return error.problem if isinstance(error, InputError) else str(error)
