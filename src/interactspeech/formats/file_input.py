"""Bytes to text: byte order marks, UTF-8, UTF-16, and a reported way out for legacy encodings."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from interactspeech.errors import InputError
from interactspeech.formats.report import Report

#: A timing file above this is refused before it is read (AMI's largest is 0.4 MB).
MAX_FILE_BYTES = 512 * 1024 * 1024
#: A packed one may hold `UNPACKED` bytes, or so many times its own size if that is more.
UNPACKED, MAX_PACKING = 4 * 1024 * 1024, 20

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
        if path.suffix.lower() == ".gz":
            data = _unpacked(data, path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError("is empty", path, reason="empty-file")
    return data


def _unpacked(data: bytes, path: Path) -> bytes:
    """The content of a gzip file, up to the limits."""
    limit = min(MAX_FILE_BYTES, max(UNPACKED, MAX_PACKING * len(data)))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            found = stream.read(limit + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"is no whole gzip file: {error}", path, remedy="the file may be cut off",
            reason="bad-gzip",
        ) from None  # fmt: skip
    if len(found) > limit:
        raise InputError(
            f"{len(data):,} packed bytes hold more than {limit:,}", path,
            remedy="unpack it yourself if that is meant", reason="too-large",
        )  # fmt: skip
    return found


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


# XML from strangers: a small tree with line numbers, and no entities at all.
#
# `xml.etree` expands internal entities, so that a file of a few hundred bytes can fill the memory
# ("billion laughs"), and gives no line numbers for what is well-formed but wrong. This reader
# drives
# expat itself, refuses every entity declaration and every external reference before anything is
# expanded, and keeps the line of each element.


MAX_DEPTH = 100


@dataclass(slots=True)
class Element:
    """An element: its tag with prefix, attributes, own text, children and line."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)

    def all(self, tag: str) -> Iterator[Element]:
        """The children with this tag."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """The first child with this tag."""
        return next(self.all(tag), None)


def parse_xml(data: bytes, path: Path) -> Element:
    """The root of an XML file.

    Raises:
        InputError: it is no well-formed XML (truncated, for example), declares entities, refers to
            something outside itself, or nests deeper than `MAX_DEPTH`.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    roots: list[Element] = []
    stack: list[Element] = []

    def open_element(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) >= MAX_DEPTH:
            raise _refuse(f"nests deeper than {MAX_DEPTH} elements", path, parser)
        element = Element(tag, attributes, parser.CurrentLineNumber)
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def close_element(_tag: str) -> None:
        stack.pop()

    def characters(text: str) -> None:
        if stack:
            stack[-1].text += text

    def entity(*_: object) -> None:
        raise _refuse("declares entities, which are not expanded here", path, parser)

    def external(*_: object) -> int:
        raise _refuse("refers to something outside the file", path, parser)

    parser.StartElementHandler = open_element
    parser.EndElementHandler = close_element
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = entity
    parser.ExternalEntityRefHandler = external
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InputError(
            f"is not well-formed XML: {expat.ErrorString(error.code)}",
            path,
            error.lineno,
            error.offset + 1,
            remedy="the file may be cut off",
            reason="bad-xml",
        ) from None
    except (ValueError, LookupError) as error:  # an encoding that does not exist
        raise InputError(f"is not readable as XML: {error}", path, reason="bad-xml") from None
    return roots[0]


def _refuse(problem: str, path: Path, parser: expat.XMLParserType) -> InputError:
    return InputError(
        problem,
        path,
        parser.CurrentLineNumber,
        remedy="save it without a document type",
        reason="unsafe-xml",
    )
