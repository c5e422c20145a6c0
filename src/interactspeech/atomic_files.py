"""Output that is whole or as it was before: written beside its place, synced, renamed.

What a killed process leaves has a name of its own (`partial_name`) and is removed by the next run
that writes there. What a living process writes, or another machine, is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

#: Suffix of a file that is being written; the process id before it keeps two writers apart.
PARTIAL = ".partial"
#: Bytes of a file's name at most, on the usual file systems.
_MAX_NAME = 255
_OWNER = re.compile(r"\.(?P<host>[^/]+)-(?P<process>[0-9]+)\.partial$")


def partial_name(path: Path) -> Path:
    """Where this process, of this machine, writes what will be `path`."""
    owner = f".{socket.gethostname()}-{os.getpid()}{PARTIAL}"
    name = path.name
    if len(os.fsencode(f".{name}{owner}")) > _MAX_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    return path.with_name(f".{name}{owner}")


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a loss of power (nothing to do on Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_abandoned(folder: Path) -> list[Path]:
    """Remove what processes of this machine that are gone left in `folder`; the removed paths."""
    gone = []
    end = f"{socket.gethostname()}-"
    for found in sorted(folder.glob(f".*{PARTIAL}")):
        owner = _OWNER.search(found.name)
        if owner is None or not found.name[: owner.start("process")].endswith(f".{end}"):
            continue
        if is_alive(int(owner["process"])):
            continue
        with contextlib.suppress(OSError):  # another run removes it too, or it is somebody else's
            discard(found)
            gone.append(found)
    return gone


def discard(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def is_alive(process: int) -> bool:
    """Whether a process of this machine lives, and is not this one."""
    if os.name == "nt":
        return True  # os.kill would end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # another user's
    if process == os.getpid():
        return False  # a process before this one had the number
    try:
        # Killed, and nobody has asked how it ended, as happens in containers.
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


@contextlib.contextmanager
def replacing(
    path: Path | str, *, sweep: bool = True, sync: bool = True, follow: bool = True
) -> Iterator[Path]:
    """A place to write a file or a folder, which becomes `path` when the block ends without error.

    A folder that is there already is replaced.

    Args:
        path: what is to be written; its folder is made where it is missing.
        sweep: first remove what dead processes left in its folder. Who writes many files into one
            folder calls `remove_abandoned` once instead.
        sync: make the content survive a loss of power, too.
        follow: write what is no file or folder (a pipe, ``/dev/stdout``) as it is, and replace the
            file that a link leads to, as a user means it. False inside folders from elsewhere.

    Raises:
        OSError: it cannot be written; nothing has changed.
    """
    path = Path(path)
    if follow:
        path = path.resolve() if path.is_symlink() else path
        if _is_special(path):
            yield path
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    if sweep:
        remove_abandoned(path.absolute().parent)
    partial = partial_name(path)
    try:
        discard(partial)
        yield partial
        if sync and not partial.is_dir():
            _sync(partial)
        _take_place(partial, path)
        if sync:
            sync_folder(path.absolute().parent)
    except BaseException:
        with contextlib.suppress(OSError):
            discard(partial)
        raise


def write_file(
    path: Path | str, data: bytes, *, sweep: bool = True, sync: bool = True, follow: bool = True
) -> None:
    """Write a file whole: see `replacing`."""
    with replacing(path, sweep=sweep, sync=sync, follow=follow) as partial:
        partial.write_bytes(data)


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_place(partial: Path, path: Path) -> None:
    if not (partial.is_dir() and path.is_dir() and any(path.iterdir())):
        partial.replace(path)
        return
    # A folder cannot be renamed over another; the older one goes aside, and is a leftover if the
    # process dies here.
    aside = partial.with_name(f".old{partial.name}")
    path.rename(aside)
    try:
        partial.rename(path)
    except OSError:
        aside.rename(path)
        raise
    discard(aside)
