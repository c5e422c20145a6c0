"""Files that are whole or absent: temporary name, fsync, rename; and a lock for one builder.

A file under its final name is finished and is never opened for writing again. What a crash leaves
behind carries the suffix `PARTIAL` and is removed by the next builder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from interactspeech import atomic_files
from interactspeech.atomic_files import PARTIAL
from interactspeech.corpus import remote
from interactspeech.errors import StoreError

#: In a folder that has its name, but whose writer has not come to its end.
UNFINISHED = ".unfinished"

_REMEDIES = {
    errno.ENOSPC: "no space is left on the disk; free some and run the same command again",
    errno.EDQUOT: "your disk quota is used up; free some space and run the same command again",
    errno.EFBIG: "the file is larger than this system allows; use smaller shards",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "permission denied; choose a folder that you may write to",
    errno.EPERM: "permission denied; choose a folder that you may write to",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EIO: "the disk reports an input/output error",
}


@contextlib.contextmanager
def explained(path: Path, doing: str = "write") -> Iterator[None]:
    """Turn an `OSError` inside the block into a `StoreError` that names `path` and a remedy."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
        raise StoreError(f"cannot {doing} {path}: {remedy}") from error
    except Exception as error:
        if not remote.is_theirs(error):
            raise
        problem = str(error).partition("\n")[0]
        raise StoreError(
            f"cannot {doing} {path}: {problem}; check the address, the bucket and the credentials "
            "(they are read from the environment, as the store's own tools read them)"
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; an object store needs none."""
    if not remote.is_remote(folder):
        folder.mkdir(parents=True, exist_ok=True)


def refuse_link(folder: Path) -> None:
    """See that a folder inside a corpus is no link, before anything in it is removed or written.

    Raises:
        StoreError: it is one: a corpus from elsewhere could lead out of its own folder by it.
    """
    if not remote.is_remote(folder) and folder.is_symlink():
        raise StoreError(f"{folder} is a link; nothing was written: make it a folder first")


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a loss of power (nothing to do on Windows)."""
    if not remote.is_remote(folder):
        atomic_files.sync_folder(folder)


def partial_name(path: Path) -> Path:
    """Where this process, of this machine, writes what will be `path`: always a local file."""
    if remote.is_remote(path):
        return remote.local_partial(path, PARTIAL)
    return atomic_files.partial_name(path)


def publish(partial: Path, path: Path) -> None:
    """Give a written and synced temporary file its final name, durably."""
    if remote.is_remote(path):
        remote.upload(partial, path)
        return
    partial.replace(path)
    sync_folder(path.parent)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is complete or, after a crash, as it was before.

    Raises:
        StoreError: no space, no permission, ...; the temporary file is removed.
    """
    if remote.is_remote(path):
        with explained(path):
            remote.put(path, data)
        return
    with explained(path):
        atomic_files.write_file(path, data, sweep=False, follow=False)


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove what interrupted writers left in `folder`; the removed paths, sorted.

    An object store has none to show: an upload that was broken off is no object.
    """
    if remote.is_remote(folder):
        return []
    found = sorted(folder.glob(f".*{PARTIAL}"))
    for path in found:
        path.unlink(missing_ok=True)
    return found


def remove_abandoned(folder: Path) -> list[Path]:
    """Remove what processes of this machine that are gone left in a folder; see `atomic_files`."""
    return [] if remote.is_remote(folder) else atomic_files.remove_abandoned(folder)


def mark_unfinished(folder: Path) -> None:
    """Note in a folder that this process still works on it; see `remove_unfinished`."""
    (folder / UNFINISHED).write_text(f"{socket.gethostname()} {os.getpid()}", "utf-8")


def remove_unfinished(folder: Path) -> bool:
    """Remove a folder that a process of this machine, now gone, marked and never finished."""
    try:
        host, _, number = (folder / UNFINISHED).read_text("utf-8").partition(" ")
    except (OSError, UnicodeDecodeError):
        return False
    if host != socket.gethostname() or not number.isdecimal():
        return False
    if atomic_files.is_alive(int(number)):
        return False
    shutil.rmtree(folder)
    return True


def require_space(folder: Path, needed: int) -> None:
    """Refuse to start what cannot finish.

    Args:
        folder: a folder on the disk in question; it may be still to be made.
        needed: bytes that are going to be written there.

    Raises:
        StoreError: fewer than `needed` bytes are free.
    """
    if remote.is_remote(folder):
        return
    there = next(
        parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists()
    )
    with explained(folder, "look at"):
        free = shutil.disk_usage(there).free
    if free < needed:
        raise StoreError(
            f"{folder}: about {_size(needed)} are needed and {_size(free)} are free; "
            "free some space, or ask for fewer hours"
        )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.1f} MB"


def _me() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


class BuilderLock:
    """Held by the one process that may add shards to a corpus.

    The operating system drops the lock when its holder ends in whatever way, `kill -9` included:
    a dead builder never blocks the next. A text file beside it names the holder for the message.
    In an object store a lease does the same (see `remote.Lease`).
    """

    def __init__(self, root: Path) -> None:
        self._lease: remote.Lease | None = None
        if remote.is_remote(root):
            self._lease = remote.Lease(root / ".lock", _me())
            self._root = root
            return
        # Builders only: it takes as long to import as all the rest of this room.
        import filelock

        self._root = root
        self._taken = filelock.Timeout
        self._lock = filelock.FileLock(root / ".lock", timeout=0)
        self._holder = root / ".lock.holder"

    def acquire(self) -> Self:
        """Take the lock.

        Raises:
            StoreError: another living process builds this corpus.
        """
        with explained(self._root, "lock"):
            if self._lease is not None:
                if holder := self._lease.acquire():
                    raise self._refusal(holder)
                return self
            try:
                self._lock.acquire()
            except self._taken:
                raise self._refusal(self._who()) from None
            self._holder.write_text(f"{_me()}\n", "utf-8")
        return self

    def _refusal(self, holder: str) -> StoreError:
        return StoreError(
            f"{self._root} is being built by {holder}; wait for it, or choose another folder"
        )

    def check(self) -> None:
        """See that the lock is still held.

        Raises:
            StoreError: the store was away for so long that another builder took over.
        """
        if self._lease is not None and not self._lease.is_held():
            raise StoreError(f"{self._root} was taken over by another builder; this one stops")

    def _who(self) -> str:
        try:
            return self._holder.read_text("utf-8").strip() or "another process"
        except OSError:
            return "another process"

    def release(self) -> None:
        """Let the next builder in."""
        if self._lease is not None:
            with explained(self._root, "unlock"):
                self._lease.release()
            return
        self._holder.unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
