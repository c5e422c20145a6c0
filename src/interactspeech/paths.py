"""One path or many: what every verb of the package takes as its input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError, UsageError

#: A path, or any number of them. Text is one path: it is never taken apart into letters.
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def as_paths(paths: Paths) -> list[Any]:
    """The paths as a list, whether one is given or many.

    Raises:
        InputError: something in it is no path, or there is none (reason "usage").
    """
    given: Any = paths
    if isinstance(given, str | bytes | os.PathLike) or not isinstance(given, Iterable):
        given = [given]
    found: list[Any] = list(given)
    for one in found:
        # Paths of object stores (universal-pathlib) are not always `os.PathLike`.
        if not (isinstance(one, str | os.PathLike) or hasattr(one, "iterdir")):
            raise UsageError(
                f"{one!r} is no path", remedy="give text or a pathlib.Path, one or several"
            )
        if one == "":
            raise UsageError("an empty path", remedy="use '.' for this folder")
    if not found:
        raise UsageError("no path is given", remedy="name at least one")
    return found


def unwritable(path: Path | str) -> InputError | None:
    """Why a path cannot be named in a record or a report: its name is not UTF-8. Else None."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        return InputError("its name is not UTF-8", shown, remedy="rename it", reason="unsafe-path")
    return None


def expand(paths: Paths) -> list[Path]:
    """The paths, and what matches those that are patterns (``calls/**/*.wav``), sorted.

    A pattern that matches nothing stays as it is, so that whoever opens it names it.

    Raises:
        InputError: see `as_paths`.
    """
    found: list[Path] = []
    for one in as_paths(paths):
        name = os.fspath(one) if isinstance(one, str | os.PathLike) else ""
        if glob.has_magic(name) and not Path(name).exists():
            matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207  (absolute patterns)
            found += map(Path, matches or [name])
        else:
            found.append(Path(name) if name else one)
    return found
