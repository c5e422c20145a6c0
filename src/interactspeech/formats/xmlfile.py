"""XML from strangers: a small tree with line numbers, and no entities at all.

`xml.etree` expands internal entities, so that a file of a few hundred bytes can fill the memory
("billion laughs"), and gives no line numbers for what is well-formed but wrong. This reader drives
expat itself, refuses every entity declaration and every external reference before anything is
expanded, and keeps the line of each element.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from interactspeech.errors import InputError

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
