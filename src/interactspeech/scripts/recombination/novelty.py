"""Novelty of a dialogue: its similarity to all earlier ones.

The measure is Broder's resemblance of word shingles (A. Broder, "On the resemblance and containment
of documents", 1997): the share of runs of four words that two texts have in common,
``|S(a) & S(b)| / |S(a) | S(b)|``. It is computed exactly, over an inverted index.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable

from interactspeech.records import PlainTurn

#: Words of a shingle, and bits of a word's number in it.
SIZE, _BITS = 4, 24
_WORD = re.compile(r"[a-z']+")


class NoveltyIndex:
    """Index of dialogues; gives the similarity of another to the most similar of them."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._sizes = array("L")
        self._index: dict[int, array[int]] = {}
        self._texts: set[str] = set()

    def __len__(self) -> int:
        return len(self._sizes)

    def shingles(self, turns: Iterable[PlainTurn]) -> frozenset[int]:
        """The runs of `SIZE` words of a dialogue, in lower case, without punctuation."""
        numbers = [
            self._words.setdefault(word, len(self._words))
            for word in _WORD.findall(" ".join(turn.text for turn in turns).lower())
        ]
        run, found, mask = 0, set(), (1 << (_BITS * SIZE)) - 1
        for number in numbers:
            run = (run << _BITS | number) & mask
            found.add(run)
        return frozenset(found)

    def repeats(self, turns: Iterable[PlainTurn]) -> bool:
        """Whether a dialogue with the same words was queried before.

        Letters only: case, punctuation and spaces are the reader's and the tokenizer's.
        """
        key = re.sub(r"[^a-z]+", "", "".join(turn.text for turn in turns).lower())
        known = key in self._texts
        self._texts.add(key)
        return known

    def likeness(self, found: frozenset[int]) -> tuple[float, float]:
        """The largest resemblance to any that was taken, and the largest containment.

        Containment is the share of the shorter one's shingles that the other has too.
        """
        common: Counter[int] = Counter()
        for one in found:
            there = self._index.get(one)
            if there is not None:
                common.update(there)
        resemblance = containment = 0.0
        for other, both in common.items():
            size = self._sizes[other]
            resemblance = max(resemblance, both / (len(found) + size - both))
            containment = max(containment, both / min(len(found), size))
        return resemblance, containment

    def take(self, found: frozenset[int]) -> None:
        """Add a dialogue."""
        number = len(self._sizes)
        self._sizes.append(len(found))
        for one in found:
            self._index.setdefault(one, array("L")).append(number)
