"""Bytes of a file by their position, and a stretch of a file as a file of its own."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

_BLOCK = 1 << 18


class ByteSource:
    """Reads bytes of a file at any position, in blocks of 256 kB; use it as a context manager.

    Attributes:
        path: of the file.
        size: in bytes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size
        self._first, self._block = 0, b""

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on: fewer at the file's end, none outside it."""
        if not 0 <= offset < self.size:  # a place that a damaged header names
            return b""
        begin = offset - self._first
        if not 0 <= begin <= len(self._block) - count:
            self._file.seek(offset)
            self._block = self._file.read(max(count, _BLOCK))
            self._first, begin = offset, 0
        return self._block[begin : begin + count]

    def find(self, what: bytes, start: int, stop: int) -> int:
        """Where `what` first lies inside [start, stop), or -1."""
        while start < stop:
            block = self.at(start, min(_BLOCK, stop - start))
            place = block.find(what)
            if place >= 0:
                return start + place
            if len(block) < len(what) or start + len(block) >= stop:
                return -1
            start += len(block) - len(what) + 1
        return -1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Stretch:
    """Bytes [start, stop) of a file, read as a file of its own.

    Attributes:
        prefix: bytes put in front.
        patches: (offset in the result, bytes) that replace what is there.
    """

    start: int
    stop: int
    prefix: bytes = b""
    patches: tuple[tuple[int, bytes], ...] = ()


class StretchFile(io.RawIOBase):
    """A `Stretch` as a binary file object that can seek."""

    def __init__(self, path: Path, stretch: Stretch) -> None:
        super().__init__()
        self._stretch = stretch
        self._file = path.open("rb")
        self._size = len(stretch.prefix) + stretch.stop - stretch.start
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self._bytes(self._at, min(len(view), max(0, self._size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _bytes(self, first: int, count: int) -> bytes:
        stretch = self._stretch
        head = stretch.prefix[first : first + count]
        rest = count - len(head)
        if rest:
            self._file.seek(stretch.start + max(0, first - len(stretch.prefix)))
            head += self._file.read(rest)
        if not any(at < first + count and at + len(new) > first for at, new in stretch.patches):
            return head
        data = bytearray(head)
        for at, new in stretch.patches:
            low, high = max(at, first), min(at + len(new), first + len(data))
            if low < high:
                data[low - first : high - first] = new[low - at : high - at]
        return bytes(data)
