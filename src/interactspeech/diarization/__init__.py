"""Speaker diarization of one channel, overlaps included: engines behind one interface."""

from __future__ import annotations

from interactspeech.diarization.interface import Diarization, Diarizer
from interactspeech.plugins import FactoryRegistry

__all__ = ["DIARIZERS", "Diarization", "Diarizer", "diarizer"]

_HERE = "interactspeech.diarization"

#: Diarizers by name, those of other packages after ours; what they need is loaded at first use.
DIARIZERS: FactoryRegistry[Diarizer] = FactoryRegistry(
    "interactspeech.diarizers",
    "diarizer",
    Diarizer,
    {
        "offline": f"{_HERE}.offline:OfflineDiarizer",
        "pyannote": f"{_HERE}.pyannote_audio:PyannoteDiarizer",
        "sortformer": f"{_HERE}.sortformer:SortformerDiarizer",
    },
    reason="unknown-diarizer",
)


def diarizer(name: str) -> Diarizer:
    """The diarizer of a name: "offline", "pyannote", "sortformer", or one of another package.

    Raises:
        InputError: there is none of that name (reason ``unknown-diarizer``), or that of another
            package cannot be used (reason ``bad-plugin``).
    """
    return DIARIZERS.make(name)
