"""Recently written phrases, fed back to avoid repetition, and measures of diversity."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from itertools import pairwise

import msgspec

from interactspeech.lexicon.words import bare

#: Entries of each kind that are kept.
_KEPT = 24


def opening(words: str) -> str:
    """The first three words, as they are compared."""
    return " ".join(bare(token) for token in words.split()[:3])


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines that one script adds to the memory, in order."""

    interruptions: list[str] = []
    kinds: list[str] = []
    replies: list[str] = []
    heard: list[str] = []


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The memory at the start of a batch of dialogues."""

    openings: list[str] = []
    kinds: dict[str, int] = {}
    replies: list[str] = []
    heard: list[str] = []


class WritingMemory:
    """Recent openings, kinds and phrases, over scripts in the order of their dialogues."""

    def __init__(self) -> None:
        self._openings: deque[str] = deque(maxlen=_KEPT)
        self._kinds: deque[str] = deque(maxlen=4 * _KEPT)
        self._replies: deque[str] = deque(maxlen=_KEPT)
        self._heard: deque[str] = deque(maxlen=_KEPT)

    def add(self, written: Written) -> None:
        """Add one script."""
        self._openings += [opening(words) for words in written.interruptions]
        self._kinds += written.kinds
        self._replies += [opening(words) for words in written.replies]
        self._heard += written.heard

    def snapshot(self) -> Snapshot:
        """The current content."""
        return Snapshot(
            _distinct(self._openings),
            dict(sorted(Counter(self._kinds).items())),
            _distinct(self._replies),
            _distinct(self._heard),
        )


def _distinct(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))


def diversity(lines: Iterable[str]) -> dict[str, float]:
    """Diversity of lines: measures from 0 (always the same line) to 1.

    Returns:
        `openings`, distinct first three words over lines; `distinct_1`, `distinct_2`: distinct
        words and pairs of words over all (Li et al. 2016); `commonest`, 1 minus the share of the
        commonest opening.
    """
    kept = [line.split() for line in lines]
    if not kept:
        return {}
    openings = Counter(opening(" ".join(tokens)) for tokens in kept)
    ones = [bare(token) for tokens in kept for token in tokens]
    twos = [(bare(a), bare(b)) for tokens in kept for a, b in pairwise(tokens)]
    return {
        "openings": round(len(openings) / len(kept), 4),
        "commonest": round(1 - max(openings.values()) / len(kept), 4),
        "distinct_1": round(len(set(ones)) / max(1, len(ones)), 4),
        "distinct_2": round(len(set(twos)) / max(1, len(twos)), 4),
    }
