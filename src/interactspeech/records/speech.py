"""Speech: samples and the times of the words in them, as engines and recordings give it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.records.dialogue import TimesOrigin, Voice, Word
from interactspeech.records.notebook import one_line

Samples = Float32Array


@dataclass(frozen=True, eq=False)
class Speech:
    """One spoken text.

    Attributes:
        samples: mono, float32 in [-1, 1], shape ``(n,)``, with no silence at either edge.
        rate: samples a second.
        words: one for each whitespace-separated token of the text that holds a letter or a digit,
            with the token's own spelling and punctuation; sorted, inside ``[0, n)``.
        times: where the words' times come from.
        voice: who speaks.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...]
    times: TimesOrigin
    voice: Voice

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(
                f"speech wants mono float32 samples, got {self.samples.shape} {self.samples.dtype}"
            )

    def __repr__(self) -> str:
        return one_line(
            f"Speech({self.seconds:.2f} s, {self.rate} Hz, {len(self.words)} words, "
            f"{self.voice.engine}:{self.voice.name})"
        )

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


def spoken_tokens(text: str) -> list[str]:
    """The tokens of `text` that a voice says, in order: those with a letter or a digit.

    >>> spoken_tokens("Well -- it's 5 o'clock, so ...")
    ['Well', "it's", '5', "o'clock,", 'so']
    """
    return [token for token in text.split() if token[0].isalnum() or any(map(str.isalnum, token))]
