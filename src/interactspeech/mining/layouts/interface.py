"""What a layout is: how a corpus of recordings is distributed, and what it says about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.mining.source import RecordingSource
from interactspeech.records import Dialogue


@dataclass(frozen=True)
class RecordingLayout:
    """A corpus that is known by name.

    Attributes:
        name: for `mine --layout`; also `RecordingSource.reader` of its recordings.
        about: what it is.
        licence: of its recordings, an SPDX expression.
        fits: whether a folder looks like this corpus (a look at names, not into files).
        read: its recordings below a folder, each with its annotation's files and `licence`; what
            cannot be used, as its error. No audio is opened.
        annotation: what it says about a recording, at so many samples a second; raises
            `InputError` where that cannot be read.
        coarse: its annotation says what is said, and only roughly when.
    """

    name: str
    about: str
    licence: str
    fits: Callable[[Path], bool]
    read: Callable[[Path], Iterator[RecordingSource | InputError]]
    annotation: Callable[[RecordingSource, int], Dialogue]
    coarse: bool = False
