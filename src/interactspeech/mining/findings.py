"""What is heard in a recording: its voices, and stretches that do not fit. Times are samples."""

from __future__ import annotations

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.records import Word


class SpeakerActivity(msgspec.Struct, frozen=True):
    """One speaker of a recording.

    Attributes:
        id: in the records.
        name: to show.
        channel: of the sound.
        spans: stretches of speech, samples.
        words: text, start, end and whether it is a fragment.
    """

    id: str
    name: str
    channel: int
    spans: tuple[tuple[int, int], ...]
    words: tuple[tuple[str, int, int, bool], ...] = ()

    def activity(self) -> Int64Array:
        """The spans as an array, shape ``(n, 2)``."""
        return np.array(self.spans, np.int64).reshape(-1, 2)

    def said(self) -> tuple[Word, ...]:
        """The words as records."""
        return tuple(Word(*word) for word in self.words)


class ExcludedSpan(msgspec.Struct, frozen=True, array_like=True):
    """A stretch that may be in no clip, and why: a key such as ``music``, ``other-voice``."""

    start: int
    end: int
    reason: str
