"""How much longer people draw out the words before their pauses than they usually say them.

A word's usual length is the median of all its occurrences in the same material; words that were
said less than five times there have none, and count neither way.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from interactspeech.lexicon.feedback import bare_word
from interactspeech.lexicon.word_classes import WordClass, word_class
from interactspeech.turntaking.timing.pause_places import PausePlace, place_of

#: A word's usual length is known from so many of its occurrences.
_OFTEN: Final = 5


class WordStretch:
    """Lengths of words, and of those before pauses, of any number of conversations."""

    def __init__(self) -> None:
        self._lengths: defaultdict[str, list[float]] = defaultdict(list)
        self._before: list[tuple[PausePlace, WordClass, str, float]] = []

    def add(self, text: str, seconds: float) -> None:
        """Count a word, before a pause or not."""
        self._lengths[bare_word(text)].append(seconds)

    def add_before_pause(self, text: str, seconds: float) -> None:
        """Count a word as one before a pause; it was counted by `add` besides."""
        self._before.append((place_of(text), word_class(text), bare_word(text), seconds))

    def factors(self) -> dict[tuple[PausePlace, WordClass], list[float]]:
        """Place and class of the word before a pause -> its lengths over the word's usual one."""
        usual = {
            word: float(np.median(lengths))
            for word, lengths in self._lengths.items()
            if len(lengths) >= _OFTEN
        }
        found: defaultdict[tuple[PausePlace, WordClass], list[float]] = defaultdict(list)
        for place, kind, word, seconds in self._before:
            if usual.get(word, 0.0) > 0:
                found[place, kind].append(seconds / usual[word])
        return dict(found)
