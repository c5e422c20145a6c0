"""A file of JSON lines that only grows, and in which a line is on the disk before it counts.

A line is the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON, a newline. A
process that was killed leaves at most one line that is not whole; nobody was told that it is saved.
On opening, such a rest is moved into a file beside it (``.torn``) and everything before it counts.
A damaged line in the middle is no crash and is refused by its number.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Self

from interactspeech.atomic_files import sync_folder
from interactspeech.errors import InputError, StoreError


class SyncedLines:
    """The file. Open one with `SyncedLines.open`; its user keeps threads apart.

    Attributes:
        path: the file.
        lines: how many there are.
        torn: bytes of a line that was not whole and is now beside the file; 0 mostly.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.lines, self.torn = path, 0, 0
        self._file: int | None = None
        self._size = 0
        self._broken = ""

    @classmethod
    def open(
        cls, path: Path | str, take: Callable[[bytes, int], None], *, read_only: bool = False
    ) -> Self:
        """Open a file, or begin one.

        Args:
            path: the file; made with its folder unless `read_only`.
            take: called with the JSON of each line and its number, from 1.
            read_only: only look; a rest that is not whole is passed over and stays.

        Raises:
            InputError: a line is damaged; or what `take` raises.
        """
        found = cls(Path(path))
        if not read_only:
            found.path.parent.mkdir(parents=True, exist_ok=True)
            found._file = os.open(found.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0))
        try:
            found._load(found.path.read_bytes() if found.path.exists() else b"", take)
        except BaseException:
            found.close()
            raise
        return found

    def close(self) -> None:
        """Close the file; nothing is pending, for every line is synced when it is written."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def append(self, payload: bytes) -> None:
        """Write a line of JSON; it is on the disk when this returns.

        Raises:
            StoreError: it could not be written; nothing has changed.
        """
        if self._file is None or self._broken:
            raise StoreError(f"{self.path}: {self._broken or 'is closed, or open to read only'}")
        line = f"{zlib.crc32(payload):08x} ".encode() + payload + b"\n"
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            left = memoryview(line)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError as error:
            # Half a line must not be taken for the beginning of the next.
            try:
                os.ftruncate(self._file, self._size)
                os.fsync(self._file)
            except OSError as worse:
                self._broken = f"cannot be written any more ({worse.strerror}); start again"
            raise StoreError(f"{self.path}: the edit is not saved: {error.strerror}") from None
        if self._size == 0:
            sync_folder(self.path.parent)
        self._size += len(line)
        self.lines += 1

    def _load(self, data: bytes, take: Callable[[bytes, int], None]) -> None:
        at = 0
        while at < len(data):
            end = data.find(b"\n", at)
            if end < 0:
                break  # the rest of a line that was never whole
            line = data[at:end]
            payload = line[9:]
            whole = line[8:9] == b" " and line[:8] == f"{zlib.crc32(payload):08x}".encode()
            if not whole:
                if end + 1 == len(data):
                    break
                raise InputError(
                    "a damaged line", self.path, self.lines + 1,
                    remedy="restore the log from a copy; the lines before it are good",
                    reason="bad-labels",
                )  # fmt: skip
            take(payload, self.lines + 1)
            self.lines += 1
            at = end + 1
        self._size = at
        self.torn = len(data) - at
        if self.torn and self._file is not None:
            with self.path.with_name(self.path.name + ".torn").open("ab") as rest:
                rest.write(data[at:] + b"\n")
                rest.flush()
                os.fsync(rest.fileno())
            os.ftruncate(self._file, at)
            os.fsync(self._file)
