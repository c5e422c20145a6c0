"""Corpora as they are distributed: which files are one recording, and where its annotation is.

Each reader is written after the corpus's own documentation; the corpora are not here, so the tests
make small trees of the same shape. `read` lists recordings without opening their audio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError
from interactspeech.mining.source import RecordingSource
from interactspeech.records import Dialogue


@dataclass(frozen=True)
class RecordingLayout:
    """A corpus that is known by name.

    Attributes:
        name: also of its module here.
        about: what it is.
        licence: of its recordings.
        coarse: its annotation says what is said, and only roughly when.
    """

    name: str
    about: str
    licence: str
    coarse: bool = False

    @property
    def _module(self) -> Any:
        return import_module(f"interactspeech.mining.layouts.{self.name}")

    def fits(self, root: Path) -> bool:
        """Whether a folder looks like this corpus (a look at names, not into files)."""
        return bool(self._module.fits(root))

    def read(self, root: Path) -> Iterator[RecordingSource | InputError]:
        """The corpus's recordings."""
        found: Iterator[RecordingSource | InputError] = self._module.read(root, self)
        return found

    def annotation(self, source: RecordingSource, rate: int) -> Dialogue:
        """What the corpus says about a recording; times at `rate`.

        Raises:
            InputError: the annotation cannot be read.
        """
        made: Dialogue = self._module.annotation(source, rate)
        return made


LAYOUTS: dict[str, RecordingLayout] = {
    layout.name: layout
    for layout in (
        RecordingLayout("candor", "CANDOR: video calls, a channel each, transcripts of AWS",
               "CC-BY-NC-4.0", coarse=True),
        RecordingLayout("fisher", "Fisher English: telephone, two channels, utterances",
               "LicenseRef-LDC", coarse=True),
        RecordingLayout("switchboard", "Switchboard-1: telephone, two channels, words by hand",
               "LicenseRef-LDC"),
        RecordingLayout("seamless", "Seamless Interaction: a file a participant, words, activity",
               "CC-BY-NC-4.0"),
        RecordingLayout("ami", "AMI: meetings, headsets, words by forced alignment", "CC-BY-4.0"),
    )
}  # fmt: skip


def detect(root: Path) -> str | None:
    """The corpus that a folder looks like, or None."""
    return next((name for name, layout in LAYOUTS.items() if layout.fits(root)), None)


def read(name: str, root: Path) -> list[RecordingSource | InputError]:
    """The recordings of a corpus, at least one or an error."""
    found = list(LAYOUTS[name].read(root))
    return found or [
        InputError(
            f"holds no recording in the layout of {name}", root,
            remedy="see docs/mining.md for what is looked for", reason="no-audio",
        )
    ]  # fmt: skip
