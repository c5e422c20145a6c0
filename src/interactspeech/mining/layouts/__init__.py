"""Corpora as they are distributed: which files are one recording, and where its annotation is.

Each reader is written after the corpus's own documentation; the corpora are not here, so the tests
make small trees of the same shape. `read` lists recordings without opening their audio.
"""

from __future__ import annotations

from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.mining.layouts.interface import RecordingLayout
from interactspeech.mining.source import RecordingSource
from interactspeech.plugins import Registry

#: Layouts by name, those of other packages after ours. The first that fits a folder reads it.
LAYOUTS: Registry[RecordingLayout] = Registry(
    "interactspeech.recording_layouts",
    "layout",
    RecordingLayout,
    {
        name: f"{__name__}.{name}:LAYOUT"
        for name in ("candor", "fisher", "switchboard", "seamless", "ami")
    },
)


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
