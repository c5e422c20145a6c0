"""The errors that every room raises for bad input, each with a place and a remedy.

A message for a person names what is wrong, where (file, line, column) and what to do. Code that
processes many inputs catches `InputError`, counts it, lists it, and goes on with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class InteractSpeechError(Exception):
    """Base of every error this package raises on purpose."""


@dataclass
class InputError(InteractSpeechError):
    """Input that cannot be used, with its place.

    Attributes:
        problem: what is wrong, as one sentence without its place.
        path: the file, where there is one.
        line: 1-based line number in the file, where known.
        column: 1-based column (in characters) in the line, where known.
        remedy: what the user can do about it.
        reason: a short stable key under which the loss is counted (``"bad-line"``).
    """

    problem: str
    path: Path | str | None = None
    line: int | None = None
    column: int | None = None
    remedy: str = ""
    reason: str = field(default="bad-input", kw_only=True)

    def __str__(self) -> str:
        place = str(self.path) if self.path is not None else ""
        if self.line is not None:
            place += f":{self.line}" if place else f"line {self.line}"
            if self.column is not None:
                place += f":{self.column}"
        text = f"{place}: {self.problem}" if place else self.problem
        return f"{text} ({self.remedy})" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle through `args`, which a dataclass leaves empty; errors cross processes.
        state = (self.problem, self.path, self.line, self.column, self.remedy)
        return (_rebuild, (type(self), state, self.reason))


def _rebuild(
    kind: type[InputError],
    state: tuple[str, Path | str | None, int | None, int | None, str],
    reason: str,
) -> InputError:
    return kind(*state, reason=reason)


class MissingExtraError(InteractSpeechError):
    """An optional package is needed and absent; the message says which command installs it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}': pip install 'interactspeech[{extra}]'"
        )
        self.package, self.extra, self.purpose = package, extra, purpose

    def __reduce__(self) -> tuple[object, ...]:
        return (MissingExtraError, (self.package, self.extra, self.purpose))


# The one error of the store itself; what is wrong with data is an `InputError`.


class StoreError(InteractSpeechError):
    """The store cannot be written or read (disk full, locked, unfinished, ...): says what to do."""
