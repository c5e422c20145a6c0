"""The errors that every room raises, each with a place where it has one and with a remedy.

Three kinds matter to a caller, because each wants another reaction:

- `InputError`: data that cannot be used. Code that processes many inputs catches it, counts it
  under its `reason`, and goes on with the rest.
- `UsageError`: the call itself is wrong (a name, a setting, a combination). Nothing was done; the
  command line shows the message and exits with 2.
- `MissingResourceError`: this machine lacks something (an optional package, weights, a program).
  The input is not at fault, and the message says how to get what is missing.

`StoreError` is about a corpus folder as a whole. docs/errors.md lists the reasons.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

# A library says nothing of its own accord: who wants to read its log adds a handler. Here, where
# every room passes by, and not in the package's __init__, which must cost nothing to import.
logging.getLogger("interactspeech").addHandler(logging.NullHandler())


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


class UsageError(InputError):
    """A call that cannot be carried out as it was asked: a name, a setting, a combination.

    It is an `InputError` so that it has the same fields, and its reason is ``usage`` unless it
    names a more exact one (``unknown-engine``). Catch it first where data and usage are to be kept
    apart.
    """

    def __init__(
        self,
        problem: str,
        path: Path | str | None = None,
        line: int | None = None,
        column: int | None = None,
        remedy: str = "",
        *,
        reason: str = "usage",
    ) -> None:
        super().__init__(problem, path, line, column, remedy, reason=reason)


class MissingResourceError(InteractSpeechError):
    """Something that the call needs is not on this machine: a package, weights, a program."""


def install_command(extra: str) -> str:
    """How an optional group of dependencies (an "extra") is installed, as one phrase.

    The package is on no index, so the command names a clone or a wheel file.
    """
    return (
        f"pip install '.[{extra}]' in a clone, or pip install './WHEEL.whl[{extra}]' with a wheel"
    )


class MissingExtraError(MissingResourceError):
    """An optional package is needed and absent; the message says which command installs it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package '{package}': {install_command(extra)}")
        self.package, self.extra, self.purpose = package, extra, purpose

    def __reduce__(self) -> tuple[object, ...]:
        return (MissingExtraError, (self.package, self.extra, self.purpose))


class StoreError(InteractSpeechError):
    """A corpus folder cannot be written or read as a whole: disk full, in use, unfinished, ...

    What is wrong with single records or files in it is an `InputError`.
    """
