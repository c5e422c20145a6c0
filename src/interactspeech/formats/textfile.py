"""Bytes to text: byte order marks, UTF-8, UTF-16, and a reported way out for legacy encodings."""

from __future__ import annotations

import codecs
from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.formats.report import Report

#: A timing file above this is refused before it is read (AMI's largest is 0.4 MB).
MAX_FILE_BYTES = 512 * 1024 * 1024

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def load(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: it is missing, no file, unreadable, empty, or larger than `MAX_FILE_BYTES`.
    """
    try:
        if path.is_dir():
            raise InputError("is a folder, not a file", path, reason="unreadable")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"is larger than {MAX_FILE_BYTES:,} bytes", path, reason="too-large")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError("is empty", path, reason="empty-file")
    return data


def decode(data: bytes, path: Path, report: Report) -> str:
    """Text of a file in UTF-8 or UTF-16 (with or without a mark).

    Lines that are not UTF-8 in a file that has no mark are read as Windows-1252, and that repair is
    reported with their numbers: old transcripts mix both encodings in one file.

    Raises:
        InputError: a file with a mark does not hold what its mark says.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, path)
    if encoding := _utf16_without_mark(data):
        report.repair("no-byte-order-mark", f"read as {encoding}, it has no mark", path)
        return _strict(data, encoding, path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _by_line(data, path, report)


def _strict(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise InputError(
            f"is not {encoding}, as its mark says",
            path,
            line,
            remedy="save the file as UTF-8",
            reason="bad-encoding",
        ) from None


def _utf16_without_mark(data: bytes) -> str:
    """Plain text in UTF-16 has a zero in every second byte of its first ASCII characters."""
    head = data[:64]
    if len(head) < 4:
        return ""
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > len(odd) * 0.9 and not even.count(0):
        return "utf-16-le"
    if even.count(0) > len(even) * 0.9 and not odd.count(0):
        return "utf-16-be"
    return ""


def _by_line(data: bytes, path: Path, report: Report) -> str:
    lines: list[str] = []
    repaired: list[int] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            # Windows-1252 leaves five bytes undefined; ISO 8859-1 gives every byte a character.
            try:
                lines.append(line.decode("cp1252"))
            except UnicodeDecodeError:
                lines.append(line.decode("latin-1"))
            repaired.append(number)
    report.repair(
        "legacy-encoding",
        f"{len(repaired)} line(s) are not UTF-8 and were read as Windows-1252",
        path,
        repaired[0],
    )
    return "\n".join(lines)
