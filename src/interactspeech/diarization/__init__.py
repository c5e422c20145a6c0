"""Telling the speakers of one channel apart, overlaps included, by engines behind one interface."""

from __future__ import annotations

from collections.abc import Callable

from interactspeech.diarization.interface import Diarization, Diarizer
from interactspeech.errors import UsageError

__all__ = ["DIARIZERS", "Diarization", "Diarizer", "diarizer"]


def _offline() -> Diarizer:
    from interactspeech.diarization.offline import OfflineDiarizer

    return OfflineDiarizer()


def _pyannote() -> Diarizer:
    from interactspeech.diarization.pyannote_audio import PyannoteDiarizer

    return PyannoteDiarizer()


def _sortformer() -> Diarizer:
    from interactspeech.diarization.sortformer import SortformerDiarizer

    return SortformerDiarizer()


#: Engines by name; what they need is loaded at first use.
DIARIZERS: dict[str, Callable[[], Diarizer]] = {
    "offline": _offline,
    "pyannote": _pyannote,
    "sortformer": _sortformer,
}


def diarizer(name: str) -> Diarizer:
    """The engine of a name: "offline", "pyannote", "sortformer".

    Raises:
        InputError: there is none of that name.
    """
    try:
        return DIARIZERS[name]()
    except KeyError:
        raise UsageError(
            f"no diarizer is called {name!r}", remedy=f"one of {', '.join(DIARIZERS)}",
            reason="unknown-diarizer",
        ) from None  # fmt: skip
