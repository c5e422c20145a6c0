"""Repair of a damaged corpus: what is intact stays, what is not is set aside and named.

Shards hold everything. So a lost index is written anew, a lost Parquet file is made from its tar,
and of a damaged tar every dialogue whose own checksum (or, without one, whose record and audio) is
right goes into a new shard under the old number. What was damaged is moved to ``quarantine/``, byte
for byte; nothing is thrown away, and a shard that is intact is not touched.

A repair can be killed at any moment. It first writes everything that is to replace something into
the folder ``.repair``, and then its plan; until the plan is there, the corpus is as it was. From
then on each step can be done twice: the next repair carries out what is left of the plan, and until
then nothing else builds in the folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.corpus import remote
from interactspeech.corpus.files import (
    BuilderLock,
    explained,
    make_folder,
    partial_name,
    publish,
    refuse_link,
    remove_leftovers,
    sync_folder,
    write_atomically,
)
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
    REPAIR,
    REPAIR_PLAN,
    SUMS,
    CorpusManifest,
    CorpusWriter,
    fingerprint,
    read_manifest,
    sha256_of,
    shard_files,
    shards_listed,
)
from interactspeech.errors import InputError, StoreError
from interactspeech.ledger import Ledger
from interactspeech.records import Dialogue, decode
from interactspeech.signal.flac import decode_flac, describe_flac

QUARANTINE = "quarantine"
#: Reasons for which a file cannot be used and is not damaged: a repair ends there.
_NOT_DAMAGE = frozenset({"unreadable", "other-index-version", "newer-schema"})

_Found = tuple[Dialogue, bytes]


@dataclass
class Repaired:
    """What `repair` found and did.

    Attributes:
        whole: shards that were left as they are.
        described: shards whose Parquet file was made anew from their tar.
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


class _RepairPlan(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done once everything is staged.

    Attributes:
        replace: files, relative to the corpus, that the staged ones of the same name replace.
        remove: files that go to the quarantine without a replacement.
        finish: number of shards to write the index of; None leaves the corpus unfinished.
        report: what the repair that made the plan found.
    """

    replace: list[str]
    remove: list[str]
    finish: int | None
    report: Repaired


def repair(
    root: Path | str, *, remake: bool = False, on_shard: Callable[[int], None] | None = None
) -> Repaired:
    """Repair a corpus.

    Where an earlier repair was interrupted after it had decided what to do, this one carries that
    out and reports it; `remake` and `on_shard` are not used then.

    Args:
        root: a corpus folder, or the URL of one in an object store.
        remake: leave damaged shards out and the corpus unfinished, so that the build that made it
            makes them again; without it the corpus is finished with what could be saved, unless
            its build was unfinished before.
        on_shard: called with the number of each shard when it was looked at.

    Raises:
        StoreError: the folder is no corpus, another process builds it, it cannot be written, or a
            file cannot be read for a reason that is not damage (permission, too many open files).
        InputError: a file was written by a later version of this package.
    """
    folder = remote.place(root)
    if not shard_files(folder) and not (folder / MANIFEST).exists():
        raise StoreError(f"{folder} is no corpus: it has neither {MANIFEST} nor shards")
    for name in ("shards", QUARANTINE, REPAIR):
        refuse_link(folder / name)
    with BuilderLock(folder):
        for place in (folder, folder / "shards", folder / QUARANTINE):
            remove_leftovers(place)
        plan = _interrupted(folder) or _staged(folder, remake=remake, on_shard=on_shard)
        _carry_out(folder, plan)
    if plan.finish is not None:
        with _RepairWriter(folder, read_manifest(folder).configuration) as writer:
            writer.finish(plan.finish)
    with explained(folder / REPAIR):
        (folder / REPAIR / REPAIR_PLAN).unlink(missing_ok=True)
        _discard_staging(folder)
    return plan.report


class _RepairWriter(CorpusWriter):
    """Writes the index while the plan of the repair is still there."""

    _may_finish_repair = True


def _interrupted(folder: Path) -> _RepairPlan | None:
    """The plan of a repair that was interrupted after it had staged everything."""
    path = folder / REPAIR / REPAIR_PLAN
    try:
        return msgspec.json.decode(path.read_bytes(), type=_RepairPlan)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{path} cannot be read: {error}; it is the plan of a repair that was interrupted"
        ) from None


def _staged(folder: Path, *, remake: bool, on_shard: Callable[[int], None] | None) -> _RepairPlan:
    """Look at everything, and write what is to replace something into the staging folder."""
    _discard_staging(folder)
    numbers = shard_files(folder)
    finished = (folder / SUMS).exists() or (folder / INDEX).exists()
    plan = _RepairPlan([], [], None, Repaired())
    _manifest(folder, plan)
    for number in numbers:
        _shard(folder, number, plan, remake=remake)
        if on_shard is not None:
            on_shard(number)
    if finished and not remake:
        count = max(max(numbers, default=-1) + 1, shards_listed(folder))
        for number in sorted(set(range(count)) - set(numbers)):
            # Nothing is left of it: an empty shard keeps the numbers of the others.
            _replace(folder, number, [], Ledger(), ["the whole shard"], plan)
            plan.report.lost.append(f"shards/{number:06d}.tar: all of it")
        plan.finish = count
        plan.report.finished = True
    with explained(folder / REPAIR):
        make_folder(folder / REPAIR)
        if not remote.is_remote(folder):
            sync_folder(folder)
    write_atomically(folder / REPAIR / REPAIR_PLAN, msgspec.json.encode(plan))
    return plan


def _carry_out(folder: Path, plan: _RepairPlan) -> None:
    """Put the staged files in their places. Every step may have been done already."""
    with explained(folder):
        if plan.replace or plan.remove or plan.finish is None:
            # What is in the folder meanwhile is not what the index says.
            for name in (INDEX, LOOKUP, SUMS):
                (folder / name).unlink(missing_ok=True)
        for name in plan.replace:
            staged, path = folder / REPAIR / name, folder / name
            if staged.exists():
                if path.exists():
                    _keep_copy(folder, path)
                _rename(staged, path)
        for name in plan.remove:
            path = folder / name
            if path.exists():
                _keep_copy(folder, path)
                path.unlink(missing_ok=True)
        for place in (folder, folder / "shards"):
            if place.exists():
                sync_folder(place)


def _discard_staging(folder: Path) -> None:
    """Remove the staging folder, of which nothing is needed any more."""
    staging = folder / REPAIR
    if remote.is_remote(folder):
        for path in list(staging.glob("**/*")) if staging.exists() else []:
            if path.is_file():
                path.unlink(missing_ok=True)
        return
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(staging)


def _rename(staged: Path, path: Path) -> None:
    if remote.is_remote(path):
        remote.move(staged, path)
        return
    make_folder(path.parent)
    staged.replace(path)


def _keep_copy(root: Path, path: Path) -> None:
    """Have the content of a damaged file in the quarantine, beside what lies there already."""
    folder = root / QUARANTINE
    make_folder(folder)
    digest = sha256_of(path)
    target, times = folder / path.name, 1
    while target.exists():
        if target.stat().st_size == path.stat().st_size and sha256_of(target) == digest:
            return  # by a repair that was interrupted
        times += 1
        target = folder / f"{path.name}.{times}"
    if remote.is_remote(path):
        remote.copy(path, target)
        return
    try:
        os.link(path, target)
    except OSError:  # not every file system has links
        partial = partial_name(target)
        shutil.copyfile(path, partial)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        publish(partial, target)
    sync_folder(folder)


def _manifest(folder: Path, plan: _RepairPlan) -> None:
    """Stage an empty manifest where the one that is there cannot be read."""
    try:
        read_manifest(folder)
    except StoreError as error:
        if isinstance(error.__context__, OSError):
            _require_damage(error.__context__, folder / MANIFEST)
        plan.report.lost.append(f"{MANIFEST}: {error}; the build cannot be continued")
        data = msgspec.json.encode(CorpusManifest(fingerprint({}), {}))
        with explained(folder / REPAIR):
            make_folder(folder / REPAIR)
        write_atomically(folder / REPAIR / MANIFEST, msgspec.json.format(data) + b"\n")
        plan.replace.append(MANIFEST)


def _shard(root: Path, number: int, plan: _RepairPlan, *, remake: bool) -> None:
    path, beside = tar_path(root, number), sidecar_path(root, number)
    done = plan.report
    info, rows, ledger = None, None, Ledger()
    try:
        info, file = read_sidecar(root, number)
        rows = fitted(file.read()).to_pylist()
        ledger = Ledger.from_json(info.ledger) if info.ledger else ledger
    except (InputError, OSError, ValueError) as error:
        _require_damage(error, beside)
        info = rows = None
    digest = _digest(path)
    if info is not None and digest == info.sha256:
        done.whole += 1
        return
    if info is None and digest is not None and (members_ := _whole(path)) is not None:
        _describe(root, number, members_, digest)
        plan.replace.append(f"shards/{beside.name}")
        done.described.append(number)
        return
    found, lost = ([], []) if digest is None else _saved(path, rows)
    if rows is not None and digest is None:
        lost = [one["id"] for one in rows]
    done.quarantined.append(number)
    if remake:
        plan.remove += [f"shards/{beside.name}", f"shards/{path.name}"]
        return
    done.lost += [f"shards/{path.name}: {one}" for one in lost] or [f"shards/{path.name}: its end"]
    _replace(root, number, found, ledger, lost, plan)


def _replace(
    root: Path,
    number: int,
    found: list[_Found],
    ledger: Ledger,
    lost: list[str],
    plan: _RepairPlan,
) -> None:
    """Stage a shard of the dialogues that were saved."""
    with explained(root / REPAIR):
        make_folder(root / REPAIR)
    with ShardWriter(root / REPAIR, number) as shard:
        for dialogue, flac in found:
            if flac:
                shard.add_flac(dialogue, flac)
            else:
                shard.add(dialogue)
        ledger.kept, ledger.seconds = len(found), sum(one.seconds for one, _ in found)
        shard.finish(_ledger(ledger, lost).to_json())
    plan.replace += [f"shards/{number:06d}.tar", f"shards/{number:06d}.parquet"]


def _require_damage(error: Exception, path: Path) -> None:
    """Go on only where an error says that a file is damaged, or gone.

    Raises:
        StoreError: the file could not be read for another reason.
        InputError: another version of this package wrote it.
    """
    if isinstance(error, InputError) and error.reason in _NOT_DAMAGE:
        raise error
    number = getattr(error, "errno", None)
    if number not in {None, errno.ENOENT, errno.EIO}:
        with explained(path, "read"):
            raise error


def _ledger(ledger: Ledger, lost: list[str]) -> Ledger:
    for one in lost:
        ledger.drop(f"{one} was damaged", "damaged")
    return ledger


def _digest(path: Path) -> str | None:
    """SHA-256 of a tar, None where it is gone, "" where the disk fails to read some of it."""
    try:
        return sha256_of(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        _require_damage(error, path)
        return ""


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
    except (InputError, OSError, KeyError) as error:
        _require_damage(error, path)
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
    """Stage the Parquet file of a tar that is intact."""
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
    with explained(root / REPAIR):
        make_folder(root / REPAIR / "shards")
    write_sidecar(root / REPAIR, rows, info)


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
            except (InputError, OSError, KeyError) as error:
                _require_damage(error, path)
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
        pass  # what follows cannot be distinguished
    for name, pair in groups.items():
        yield name, pair, None
