"""A damaged corpus made sound again: what is whole stays, what is not is set aside and named.

Shards hold everything. So a lost index is written anew, a lost Parquet file is made of its tar, and
of a damaged tar every dialogue whose own checksum (or, without one, whose record and audio) is
right goes into a new shard under the old number. What was damaged is moved to ``quarantine/``, byte
for byte; nothing is thrown away, and a shard that is whole is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.corpus import remote
from interactspeech.corpus.files import BuilderLock, explained, make_folder, refuse_link
from interactspeech.corpus.index import checksum, fitted, row
from interactspeech.corpus.shard import (
    ShardInfo,
    ShardWriter,
    read_sidecar,
    sidecar_path,
    tar_path,
    write_sidecar,
)
from interactspeech.corpus.tar import Member, dialogue_id, members
from interactspeech.corpus.writer import (
    INDEX,
    LOOKUP,
    MANIFEST,
    SUMS,
    CorpusWriter,
    read_manifest,
    sha256_of,
    shard_files,
)
from interactspeech.errors import InputError, StoreError
from interactspeech.ledger import Ledger
from interactspeech.records import Dialogue, decode
from interactspeech.signal.flac import decode_flac, describe_flac

QUARANTINE = "quarantine"

_Found = tuple[Dialogue, bytes]


@dataclass
class Repaired:
    """What `repair` found and did.

    Attributes:
        whole: shards that were left as they are.
        described: shards whose Parquet file was made anew of their tar.
        quarantined: shards of which something was damaged; the damaged files lie in the folder
            ``quarantine``.
        lost: a line for each dialogue that could not be saved, and for each file.
        finished: whether the corpus opens now (False: run its build again).
    """

    whole: int = 0
    described: list[int] = field(default_factory=list)
    quarantined: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    finished: bool = False


def repair(
    root: Path | str, *, remake: bool = False, on_shard: Callable[[int], None] | None = None
) -> Repaired:
    """Make a corpus sound again.

    Args:
        root: a corpus folder, or the URL of one in an object store.
        remake: leave damaged shards out and the corpus unfinished, so that the build that made it
            makes them again; without it the corpus is finished with what could be saved, unless
            its build was unfinished before.
        on_shard: called with the number of each shard when it was looked at.

    Raises:
        StoreError: the folder is no corpus, another process builds it, or it cannot be written.
    """
    folder = remote.place(root)
    numbers = shard_files(folder)
    if not numbers and not (folder / MANIFEST).exists():
        raise StoreError(f"{folder} is no corpus: it has neither {MANIFEST} nor shards")
    for name in ("shards", QUARANTINE):
        refuse_link(folder / name)
    done = Repaired()
    with BuilderLock(folder):
        began_finished = (folder / SUMS).exists() or (folder / INDEX).exists()
        configuration = _configuration(folder, done)
        for number in numbers:
            _shard(folder, number, done, remake=remake)
            if on_shard is not None:
                on_shard(number)
        with explained(folder):
            for name in (INDEX, LOOKUP, SUMS):
                (folder / name).unlink(missing_ok=True)
    if remake or not began_finished:
        return done
    with CorpusWriter(folder, configuration) as writer:
        count = max(numbers, default=-1) + 1
        for number in writer.missing(count):
            # Nothing is left of it: an empty shard keeps the numbers of the others.
            done.lost.append(f"shards/{number:06d}.tar: all of it")
            with writer.shard(number) as shard:
                shard.finish(_ledger(Ledger(), ["the whole shard"]).to_json())
        writer.finish(count)
    done.finished = True
    return done


def _configuration(folder: Path, done: Repaired) -> dict[str, Any]:
    """The configuration, or where it cannot be read an empty one under a new manifest."""
    try:
        return read_manifest(folder).configuration
    except StoreError as error:
        if (folder / MANIFEST).exists():
            _set_aside(folder, folder / MANIFEST)
        done.lost.append(f"{MANIFEST}: {error}; the build cannot be gone on with")
        from interactspeech.corpus.files import write_atomically
        from interactspeech.corpus.writer import CorpusManifest, fingerprint

        data = msgspec.json.encode(CorpusManifest(fingerprint({}), {}))
        write_atomically(folder / MANIFEST, msgspec.json.format(data) + b"\n")
        return {}


def _shard(root: Path, number: int, done: Repaired, *, remake: bool) -> None:
    path, beside = tar_path(root, number), sidecar_path(root, number)
    info, rows, ledger = None, None, Ledger()
    try:
        info, file = read_sidecar(root, number)
        rows = fitted(file.read()).to_pylist()
        ledger = Ledger.from_json(info.ledger) if info.ledger else ledger
    except (InputError, OSError, ValueError):
        info = rows = None
    digest = _digest(path)
    if info is not None and digest == info.sha256:
        done.whole += 1
        return
    if info is None and digest is not None and (members_ := _whole(path)) is not None:
        _describe(root, number, members_, digest)
        done.described.append(number)
        return
    found, lost = ([], []) if digest is None else _saved(path, rows)
    if rows is not None and digest is None:
        lost = [one["id"] for one in rows]
    done.quarantined.append(number)
    with explained(path):
        for damaged in (path, beside):
            if damaged.exists():
                _set_aside(root, damaged)
    if remake:
        return
    done.lost += [f"shards/{path.name}: {one}" for one in lost] or [f"shards/{path.name}: its end"]
    with ShardWriter(root, number) as shard:
        for dialogue, flac in found:
            if flac:
                shard.add_flac(dialogue, flac)
            else:
                shard.add(dialogue)
        ledger.kept, ledger.seconds = len(found), sum(one.seconds for one, _ in found)
        shard.finish(_ledger(ledger, lost).to_json())


def _ledger(ledger: Ledger, lost: list[str]) -> Ledger:
    for one in lost:
        ledger.drop(f"{one} was damaged", "damaged")
    return ledger


def _digest(path: Path) -> str | None:
    """SHA-256 of a tar, or None where it cannot be read."""
    try:
        return sha256_of(path)
    except OSError:
        return None


def _whole(path: Path) -> list[tuple[Dialogue, Member, Member | None, bytes]] | None:
    """All dialogues of a tar with their places; None where any of it is damaged."""
    found: dict[str, dict[str, Member]] = {}
    try:
        with remote.opened(path) as file:
            for member in members(file, path):
                kind = member.name.rpartition(".")[2]
                found.setdefault(dialogue_id(member.name), {})[kind] = member
            made = []
            for name, pair in found.items():
                dialogue, flac = _read(file, pair, name)
                made.append((dialogue, pair["json"], pair.get("flac"), flac))
            return made
    except (InputError, OSError, KeyError):
        return None


def _read(file: Any, pair: dict[str, Member], name: str) -> _Found:
    record = _content(file, pair["json"])
    dialogue = decode(record)
    flac = _content(file, pair["flac"]) if "flac" in pair else b""
    if dialogue.id != name or (flac and decode_flac(flac)[0].shape[1] != dialogue.length):
        raise InputError("record and audio disagree", reason="bad-record")
    return dialogue, flac


def _content(file: Any, member: Member) -> bytes:
    file.seek(member.offset)
    data: bytes = file.read(member.size)
    return data


def _describe(
    root: Path,
    number: int,
    found: list[tuple[Dialogue, Member, Member | None, bytes]],
    digest: str,
) -> None:
    """Write the Parquet file of a tar that is whole."""
    path = tar_path(root, number)
    rows = []
    ledger = Ledger()
    with remote.opened(path) as file:
        for dialogue, record, audio, flac in found:
            channels = describe_flac(flac)[0] if flac else 0
            sum_of = checksum(_content(file, record), flac)
            rows.append(row(dialogue, number, record, audio, channels, sum_of))
            ledger.keep(dialogue.seconds)
    info = ShardInfo(number, len(rows), path.stat().st_size, digest, ledger.to_json())
    sidecar_path(root, number).unlink(missing_ok=True)
    write_sidecar(root, rows, info)


def _saved(path: Path, rows: list[dict[str, Any]] | None) -> tuple[list[_Found], list[str]]:
    """The dialogues of a damaged tar that are right, and the names of those that are not."""
    found: list[_Found] = []
    lost: list[str] = []
    seen: set[str] = set()
    with remote.opened(path) as file:
        for name, pair, sum_of in _listed(file, path, rows):
            try:
                dialogue, flac = _read(file, pair, name)
                if sum_of is not None and checksum(_content(file, pair["json"]), flac) != sum_of:
                    raise InputError("not what was stored", reason="bad-checksum")  # noqa: TRY301
            except (InputError, OSError, KeyError):
                lost.append(name)
                continue
            if name in seen:
                lost.append(f"{name}, a second time")
                continue
            seen.add(name)
            found.append((dialogue, flac))
    return found, lost


def _listed(
    file: Any, path: Path, rows: list[dict[str, Any]] | None
) -> Iterator[tuple[str, dict[str, Member], bytes | None]]:
    """Where dialogues lie: as the Parquet file says, or else as far as the tar can be followed."""
    if rows is not None:
        for one in rows:
            pair = {"json": Member("", one["record_offset"], one["record_size"])}
            if one["audio_size"]:
                pair["flac"] = Member("", one["audio_offset"], one["audio_size"])
            yield one["id"], pair, one["sha256"]
        return
    groups: dict[str, dict[str, Member]] = {}
    try:
        for member in members(file, path):
            kind = member.name.rpartition(".")[2]
            groups.setdefault(dialogue_id(member.name), {})[kind] = member
    except InputError:
        pass  # what follows cannot be told apart
    for name, pair in groups.items():
        yield name, pair, None


def _set_aside(root: Path, path: Path) -> None:
    """Move a damaged file to the quarantine, beside what lies there already."""
    make_folder(root / QUARANTINE)
    target, times = root / QUARANTINE / path.name, 1
    while target.exists():
        times += 1
        target = root / QUARANTINE / f"{path.name}.{times}"
    if remote.is_remote(path):
        remote.move(path, target)
    else:
        path.rename(target)
