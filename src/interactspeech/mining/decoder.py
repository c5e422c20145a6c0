"""What every decoder of an audio file offers, and how it says that the file fails it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from interactspeech.errors import InputError

#: Samples as decoders give them: float32, shape ``(n, channels)``.
Frames = npt.NDArray[np.float32]


class Decoder(Protocol):
    """A file of `samples` samples in `channels` channels, read in any order.

    Attributes:
        path: of the file.
        kind: what its content is ("WAV", "MP3", "mov,mp4,m4a").
    """

    path: Path
    kind: str
    channels: int
    rate: int
    samples: int

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop), shape ``(stop - start, channels)``.

        Raises:
            InputError: the file is shorter than it claims, damaged, or gone.
        """
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


def lost(path: Path, problem: str) -> InputError:
    """The error for a file that stopped giving samples: gone, or damaged."""
    if not path.exists():
        return InputError(
            "vanished while it was read", path, remedy="is its disk still mounted?",
            reason="vanished-file",
        )  # fmt: skip
    remedy = "fetch or record it again"
    return InputError(problem, path, remedy=remedy, reason="truncated-audio")
