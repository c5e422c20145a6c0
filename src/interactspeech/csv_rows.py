"""Rows of CSV and TSV files, strictly: no row is shifted, cut or swallowed by the one before it.

Python's reader takes a quote that nothing closes for a field that goes on to the end of the file,
and puts what is too much or too little in a row where nobody looks. Here both are errors with their
line, and reading goes on with the next line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from interactspeech.errors import InputError

Numbered = tuple[int, str]
Row = tuple[int, list[str]]

#: Characters in a field, and lines that a quoted field may go over.
MAX_FIELD, MAX_FIELD_LINES = 128 * 1024, 1000


def rows(
    lines: Iterable[Numbered | InputError], path: Path | str, delimiter: str = ","
) -> Iterator[Row | InputError]:
    """The rows of a table with the number of the line each begins in; blank lines are no rows.

    In a table separated by tabs a line is a row, and quotes count only around a whole field, as
    most programs write them. Elsewhere the rules of CSV hold (RFC 4180).

    Args:
        lines: numbered from 1, without their ends; errors among them are passed on.
        path: names the file in errors.
        delimiter: between fields.
    """
    for line in _tabbed(lines) if delimiter == "\t" else _quoted(lines, path, delimiter):
        if isinstance(line, InputError) or len(line[1]) > 1 or "".join(line[1]).strip():
            yield line


def table(
    lines: Iterable[Numbered | InputError], path: Path | str, delimiter: str = ","
) -> tuple[list[str], Iterator[tuple[int, dict[str, str]] | InputError]]:
    """The names of a table's columns, and its rows by name.

    A row that has not as many fields as the header is an error (reason ``"bad-row"``).

    Raises:
        InputError: there is no header, or it cannot be read.
    """
    found = rows(lines, path, delimiter)
    header = next(found, None)
    if header is None:
        raise InputError("holds no rows", path, reason="empty-file")
    if isinstance(header, InputError):
        raise header
    names = [cell.strip().lstrip("\ufeff") for cell in header[1]]
    twice = next((name for place, name in enumerate(names) if name and name in names[:place]), "")
    if twice:
        raise InputError(f"two columns are called {twice!r}", path, header[0], reason="bad-csv")
    return names, _by_name(names, found, path)


def text_lines(text: str) -> Iterator[Numbered]:
    """Lines of a text as `rows` takes them: split at line feeds only, as files are counted."""
    return enumerate((line.removesuffix("\r") for line in text.split("\n")), 1)


def _by_name(
    names: list[str], found: Iterable[Row | InputError], path: Path | str
) -> Iterator[tuple[int, dict[str, str]] | InputError]:
    for row in found:
        if isinstance(row, InputError):
            yield row
        elif len(row[1]) != len(names):
            yield InputError(
                f"the row has {len(row[1])} fields, the header {len(names)}", path, row[0],
                remedy="put text with separators in quotes", reason="bad-row",
            )  # fmt: skip
        else:
            yield row[0], dict(zip(names, row[1], strict=True))


def _tabbed(lines: Iterable[Numbered | InputError]) -> Iterator[Row | InputError]:
    for line in lines:
        if isinstance(line, InputError):
            yield line
        else:
            yield line[0], [unquoted(cell) for cell in line[1].split("\t")]


def unquoted(cell: str) -> str:
    """A field without the quotes around it.

    >>> unquoted('"so ""yes"" then"')
    'so "yes" then'
    """
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


class _RecordLines:
    """Lines for the reader of one row, which can be taken back."""

    def __init__(self, lines: Iterable[Numbered | InputError]) -> None:
        self._lines = iter(lines)
        self._again: deque[Numbered] = deque()
        self.taken: list[Numbered] = []
        self.errors: list[InputError] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_FIELD_LINES:
            raise StopIteration  # then the reader finds the quote open
        line = self._again.popleft() if self._again else self._next()
        self.taken.append(line)
        return line[1] + "\n"

    def _next(self) -> Numbered:
        for line in self._lines:
            if not isinstance(line, InputError):
                return line
            self.errors.append(line)
        raise StopIteration

    def take_back(self) -> None:
        """All lines but the first of those that were taken come again."""
        self._again.extendleft(reversed(self.taken[1:]))


def _quoted(
    lines: Iterable[Numbered | InputError], path: Path | str, delimiter: str
) -> Iterator[Row | InputError]:
    source = _RecordLines(lines)
    while True:
        source.taken = []
        problem = None
        try:
            row = next(csv.reader(source, delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            problem = _broken(str(error), path, source.taken[0][0])
            source.take_back()
        yield from source.errors
        source.errors = []
        if problem is not None:
            yield problem
        elif not source.taken:
            return
        elif row is not None:
            yield source.taken[0][0], row


def _broken(error: str, path: Path | str, line: int) -> InputError:
    problem = f"the row that begins here is no row of a table: {error}"
    if "new-line" in error or "limit" in error:
        return InputError(problem, path, line, reason="bad-csv")
    return InputError(
        problem, path, line, remedy="close the quote, and double quotes inside a field",
        reason="bad-quotes",
    )  # fmt: skip


def numbered(lines: Iterable[tuple[int, str | InputError]]) -> Iterator[Numbered | InputError]:
    """Numbered lines and losses, as the readers of text files give them, as `rows` takes them."""
    return (line if isinstance(line, InputError) else (number, line) for number, line in lines)
