"""What folders of labels and of ratings share: a log and a key for each person, one process that
writes.
"""

from __future__ import annotations

import os
import secrets
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import StoreError, UsageError

ACCESS, LOGS, LOCK = "access.json", "logs", ".lock"


class PersonalLog(Protocol):
    """What a person has done."""

    def close(self) -> None:
        """Close the file."""


Log = TypeVar("Log", bound=PersonalLog)


class LogFolder(ABC, Generic[Log]):
    """A folder with ``logs/NAME.log`` for each person.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self._read_only = read_only
        self._logs: dict[str, Log] = {}
        self._lock: Any = None

    @property
    @abstractmethod
    def people(self) -> tuple[str, ...]:
        """Who works here."""

    @abstractmethod
    def _open_log(self, path: Path, person: str, *, read_only: bool) -> Log: ...

    def log(self, person: str) -> Log:
        """The log of a person.

        Raises:
            UsageError: nobody of this name works here.
            InputError: the log is damaged.
        """
        if person not in self.people:
            raise UsageError(
                f"nobody called {person!r} works here", self.path,
                remedy=f"there are: {', '.join(self.people)}",
            )  # fmt: skip
        if person not in self._logs:
            path = self.path / LOGS / f"{person}.log"
            self._logs[person] = self._open_log(path, person, read_only=self._read_only)
        return self._logs[person]

    def access_keys(self) -> dict[str, str]:
        """Person -> the key of their page; made once, kept with mode 600."""
        path = self.path / ACCESS
        keys: dict[str, str] = {}
        if path.exists():
            keys = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        missing = [name for name in self.people if not keys.get(name)]
        if missing:
            keys |= {name: secrets.token_urlsafe(18) for name in missing}
            write_file(path, msgspec.json.encode(keys))
            if os.name != "nt":
                path.chmod(0o600)
        return {name: keys[name] for name in self.people}

    def close(self) -> None:
        """Close the logs and let other processes in."""
        for log in self._logs.values():
            log.close()
        self._logs.clear()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def locked(root: Path) -> Any:
    """The lock of a folder, which is made: no other process writes there until it is released.

    Raises:
        StoreError: another process works there.
    """
    from filelock import FileLock, Timeout

    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreError(
            f"{root}: another process works here; end it, or name another folder"
        ) from None
    return lock
