"""How far an engine's word times are from a forced aligner's.

Neither is the truth: aligners of the usual kind lie within 10 to 20 ms of people in the median and
within 40 ms in nine of ten words. What a difference shows is a lag (a median that is not zero) or a
spread beyond the aligner's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.models.aligners import Aligner
from interactspeech.records import Speech

#: Edges of the histogram's bins, in seconds.
EDGES = (-0.2, -0.1, -0.05, -0.03, -0.01, 0.01, 0.03, 0.05, 0.1, 0.2)


@dataclass
class WordTimes:
    """Differences, engine minus aligner, in seconds.

    Attributes:
        utterances, unaligned: spoken, and those in which the aligner found no way.
        onsets: of all words but the first of an utterance, which both put at its beginning.
        offsets: of all words but the last.
        worst: the largest differences of onsets: seconds, word, text.
    """

    utterances: int = 0
    unaligned: int = 0
    onsets: list[float] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    worst: list[tuple[float, str, str]] = field(default_factory=list)

    @property
    def words(self) -> int:
        """Words that were compared."""
        return len(self.onsets)


@dataclass(frozen=True)
class Spread:
    """Figures of differences, in seconds: their median, and percentiles of their magnitudes."""

    count: int
    lag: float
    median: float
    p90: float
    p99: float


def spread(differences: Sequence[float]) -> Spread:
    """The figures of `differences`; all zero where there are none."""
    if not differences:
        return Spread(0, 0.0, 0.0, 0.0, 0.0)
    size = np.abs(differences)
    median, p90, p99 = (float(v) for v in np.percentile(size, (50, 90, 99)))
    return Spread(len(differences), float(np.median(differences)), median, p90, p99)


def histogram(differences: Sequence[float]) -> Int64Array:
    """Counts below, between and above `EDGES`; shape ``(len(EDGES) + 1,)``."""
    counts = np.bincount(np.searchsorted(EDGES, differences), minlength=len(EDGES) + 1)
    return np.asarray(counts, np.int64)


def word_times(spoken: Iterable[tuple[str, Speech]], aligner: Aligner, worst: int = 5) -> WordTimes:
    """Compare the words of speeches with what `aligner` finds.

    Args:
        spoken: texts and what an engine made of them.
        aligner: see `interactspeech.models.aligners`.
        worst: how many of the largest differences to keep.
    """
    found = WordTimes()
    for text, speech in spoken:
        found.utterances += 1
        bounds = aligner.align(speech.samples, speech.rate, text)
        if bounds is None:
            found.unaligned += 1
            continue
        pairs = list(zip(speech.words, bounds, strict=True))
        for word, (start, _) in pairs[1:]:
            apart = (word.start - start) / speech.rate
            found.onsets.append(apart)
            found.worst.append((apart, word.text, text))
        found.offsets += [(word.end - end) / speech.rate for word, (_, end) in pairs[:-1]]
        found.worst = sorted(found.worst, key=lambda one: -abs(one[0]))[:worst]
    return found
