"""Words for detectors that use some: a recogniser's, with its times."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from interactspeech.dialogue import Word
from interactspeech.voices.recognition import Recogniser

FloatArray = npt.NDArray[np.float32]


def recogniser() -> Callable[[FloatArray, int], Sequence[Word]]:
    """whisper-base, as the package fetches it for its own checks.

    Raises:
        MissingExtraError: faster-whisper is not installed.
    """
    model = Recogniser()

    def words(samples: FloatArray, rate: int) -> Sequence[Word]:
        return [
            Word(heard.text, start, max(round(heard.end * rate), start + 1))
            for heard in model.words(samples, rate)
            if (start := round(heard.start * rate)) >= 0 and heard.text
        ]

    return words
