"""Data sets that are lists: a JSON line a dialogue, with the names of its audio and its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.lhotse import MAX_LINE, UNUSABLE, Found
from interactspeech.errors import InputError


def lists(path: Path) -> list[Path]:
    """The lists of dialogues at `path`: itself, or those in the folder."""
    return [path] if path.is_file() else sorted(path.glob("*.jsonl"))


def entries(path: Path, dialogue: Callable[[bytes, Path], Found]) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error.

    Args:
        path: a list, or a folder of lists.
        dialogue: makes a dialogue of a line, given the folder of its list.
    """
    for listing in lists(path):
        if listing.name == "provenance.jsonl":
            continue
        with remote.opened(listing, in_order=True) as lines:
            number = 0
            while line := lines.readline(MAX_LINE + 1):
                number += 1
                try:
                    yield dialogue(line, listing.parent)
                except InputError as error:
                    error.path, error.line = error.path or listing, error.line or number
                    yield error
                except (*UNUSABLE, OSError) as error:
                    problem = f"cannot be used: {type(error).__name__}: {error}"
                    yield InputError(problem, listing, number, reason="bad-record")


def inside(folder: Path, name: str) -> Path:
    """A file of the data set by the name that its list gives it: below the folder, nowhere else.

    Raises:
        InputError: the name leads out of the folder (reason ``"unsafe-path"``).
    """
    parts = PurePosixPath(str(name).replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in str(name):
        raise InputError(
            f"the path {str(name)[:120]!r} leads out of the folder", folder,
            remedy="lists name files beside them", reason="unsafe-path",
        )  # fmt: skip
    found = folder / str(parts)
    if not remote.is_remote(found) and not found.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"the link {str(name)[:120]!r} leads out of the folder", folder, reason="unsafe-path"
        )
    if not found.is_file():
        raise InputError("does not exist", found, reason="missing-file")
    return found


def sound(path: Path) -> tuple[Any, int]:
    """Samples of a sound file, float32 of shape ``(channels, n)``, and its rate."""
    import soundfile

    try:
        with remote.opened(path) as file:
            samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"is no audio: {error}", path, reason="bad-audio") from None
    return np.ascontiguousarray(samples.T), int(rate)
