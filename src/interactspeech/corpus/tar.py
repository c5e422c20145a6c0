"""The part of the tar format that a shard uses: plain files, named safely, in one folder.

Reading is strict because shards travel: a link, a folder, a path, an extension header, a name given
twice or a size out of bounds is refused by name, and nothing is ever extracted to disk. Writing
fixes owner, mode and time, so equal content gives equal bytes. Shards are ordinary POSIX ustar
files for everyone else (tar, Python's tarfile, WebDataset).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from interactspeech.errors import InputError
from interactspeech.records.ids import MAX_ID, id_size

BLOCK = tarfile.BLOCKSIZE
#: Zeros that end a tar, at least.
END_MARK = 2 * BLOCK
#: Whole tar files are padded to this size, as tar itself does.
_RECORD = tarfile.RECORDSIZE
#: Bytes that are searched at a time for something other than zeros.
_SEARCHED = 1 << 20
MAX_RECORD_MEMBER = 256 * 1024 * 1024
MAX_AUDIO_MEMBER = 16 * 1024**3

# ASCII only, so that two names that look alike are alike. `%2E` stands for a dot in an id,
# because WebDataset ends the key at the first dot of a name.
_NAME = re.compile(r"[A-Za-z0-9_%-]+\.(?:json|flac)", re.ASCII)


class Member(NamedTuple):
    """A file in a tar: its name, and where its content lies in the tar."""

    name: str
    offset: int
    size: int


def member_name(dialogue_id: str, extension: str) -> str:
    """The name of a dialogue's ``json`` or ``flac`` in a shard.

    Raises:
        InputError: the id is too long to name a tar member (reason ``"bad-id"``).
    """
    name = f"{dialogue_id.replace('.', '%2E')}.{extension}"
    if id_size(dialogue_id) > MAX_ID or not _NAME.fullmatch(name):
        raise InputError(
            f"the dialogue id {dialogue_id!r} cannot name a file in a shard",
            remedy=f"use letters, digits, '.', '_', '-', at most {MAX_ID} in all (a dot counts "
            "three)",
            reason="bad-id",
        )
    return name


def dialogue_id(name: str) -> str:
    """The id behind a member's name; the inverse of `member_name`."""
    return name.rpartition(".")[0].replace("%2E", ".")


class TarWriter:
    """Appends members to a new tar and hashes it on the way; `close` pads and syncs it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, name: str, data: bytes) -> Member:
        """Append one file."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(data), 0o644, 0
        self._write(info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
        member = Member(name, self.size, len(data))
        self._write(data)
        self._write(bytes(-len(data) % BLOCK))
        return member

    def close(self) -> str:
        """Finish the tar on disk; its SHA-256 in hexadecimal."""
        self._write(bytes(END_MARK))
        self._write(bytes(-self.size % _RECORD))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Close the file without finishing it (its content is going to be removed)."""
        # Closing flushes once more, which fails again on a full disk; the error that led here is
        # the one to report.
        with contextlib.suppress(OSError):
            self._file.close()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)


def members(file: BinaryIO, path: Path | str) -> Iterator[Member]:
    """The members of a shard in order, checked, without reading their content.

    Between two steps the caller may move the file's position.

    Raises:
        InputError: the tar is damaged, or a member is not what a shard may hold
            (reasons ``"bad-tar"``, ``"unsafe-member"``).
    """
    size = file.seek(0, os.SEEK_END)
    position = 0
    seen: set[str] = set()
    while True:
        file.seek(position)
        header = file.read(BLOCK)
        if len(header) < BLOCK:
            raise InputError(
                f"the tar ends at byte {position:,} without its end mark", path, reason="bad-tar"
            )
        if not any(header):
            _check_end(file, position, size, path)
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
            raise InputError(
                f"damaged tar header at byte {position:,}: {error}", path, reason="bad-tar"
            ) from None
        _check(info, seen, path)
        seen.add(info.name)
        member = Member(info.name, position + BLOCK, info.size)
        position = member.offset + -(-info.size // BLOCK) * BLOCK
        if position > size:
            raise InputError(f"the tar is cut off inside {info.name!r}", path, reason="bad-tar")
        yield member


def _check_end(file: BinaryIO, position: int, size: int, path: Path | str) -> None:
    """See that zeros in place of a header are the end of the tar, and no block that was lost."""
    file.seek(position)
    while block := file.read(_SEARCHED):
        if any(block):
            raise InputError(
                f"zeros at byte {position:,} where a member should begin, and more data after them",
                path,
                remedy="a part of the file was lost; run `corpus repair` on its corpus",
                reason="bad-tar",
            )
    if size - position > END_MARK + _RECORD:
        raise InputError(
            f"only zeros from byte {position:,} to the end at {size:,}, more than a tar ends with",
            path,
            remedy="a part of the file was lost; run `corpus repair` on its corpus",
            reason="bad-tar",
        )
    if size - position < END_MARK or size % _RECORD:
        raise InputError(
            f"the tar of {size:,} bytes does not end as shards do: two blocks of zeros, and filled "
            f"up to {_RECORD:,} bytes",
            path,
            remedy="a part of the file was lost; run `corpus repair` on its corpus",
            reason="bad-tar",
        )


def _check(info: tarfile.TarInfo, seen: set[str], path: Path | str) -> None:
    shown = ascii(info.name[:120])
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        kind = {
            tarfile.SYMTYPE: "a symbolic link",
            tarfile.LNKTYPE: "a hard link",
            tarfile.DIRTYPE: "a folder",
            tarfile.XHDTYPE: "an extended (pax) header",
            tarfile.XGLTYPE: "an extended (pax) header",
        }.get(info.type, f"of type {info.type!r}")
        raise _unsafe(f"member {shown} is {kind}, not a plain file", path)
    if not _NAME.fullmatch(info.name):
        raise _unsafe(f"member {shown} is not named like a dialogue's .json or .flac", path)
    if info.name in seen:
        raise _unsafe(f"member {shown} is there twice", path)
    limit = MAX_RECORD_MEMBER if info.name.endswith(".json") else MAX_AUDIO_MEMBER
    if not 0 <= info.size <= limit:
        raise _unsafe(f"member {shown} claims {info.size:,} bytes (limit {limit:,})", path)


def _unsafe(problem: str, path: Path | str) -> InputError:
    return InputError(
        problem,
        path,
        remedy="not a shard of this package; nothing of it was used",
        reason="unsafe-member",
    )
