"""Words of a speaker given to the utterances they were said in."""

from __future__ import annotations

from collections.abc import Sequence

from interactspeech.records import Word


def spread_words(
    words: Sequence[Word], utterances: Sequence[tuple[int, int]], near: int
) -> list[tuple[Word, ...]]:
    """The words of each utterance, clipped to it, in order and without overlap.

    Args:
        words: of one speaker, in order of time.
        utterances: ``(start, end)`` of the same speaker, sorted.
        near: a word that shares no time with any goes to one at most so many samples away.
    """
    parts: list[list[Word]] = [[] for _ in utterances]
    first = 0
    for word in words:
        while first + 1 < len(utterances) and utterances[first][1] + near < word.start:
            first += 1
        best, most = -1, -near - 1
        for i in range(first, len(utterances)):
            start, end = utterances[i]
            if start > word.end + near:
                break
            shared = min(word.end, end) - max(word.start, start)  # negative: the distance
            if shared > most:
                best, most = i, shared
        if best >= 0:
            parts[best].append(word)
    return [_fitted(part, *bounds) for part, bounds in zip(parts, utterances, strict=True)]


def _fitted(words: list[Word], start: int, end: int) -> tuple[Word, ...]:
    """Words inside [start, end), one after the other; each has at least a sample."""
    done: list[Word] = []
    last = start
    for place, word in enumerate(words):
        room = end - (len(words) - place)  # a sample for each word to come
        low = min(max(word.start, last), room)
        high = min(max(word.end, low + 1), room + 1)
        if low < last or high <= low:
            continue  # more words than samples
        done.append(Word(word.text, low, high, word.fragment))
        last = high
    return tuple(done)


__all__ = ["spread_words"]
