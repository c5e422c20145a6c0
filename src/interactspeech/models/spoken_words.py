"""Speech recognition of a recording: the words of each speaker's own speech, with times.

```
speech        ####    ##        ########          spans of one speaker, hours of them
groups       [####.##.########] [...]             laid end to end with short silences, up to 20 s
recogniser    words in the group ─► back to the times of the spans they lie in
again         ####                                short spans without a word, by themselves
```
Only a speaker's own speech is recognised, so nothing of the others, and no silence in which a
recogniser invents words. Memory is bounded by the group. Where two talk at the same time on one
channel, the words there are assigned to the speaker who talks longer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech.models.recognition import RecognisedWord, WordEngine
from interactspeech.records import Samples, Word
from interactspeech.signal.intervals import union
from interactspeech.signal.pages import RATE, AudioSource, at_rate

#: Seconds of speech in a group, and of silence between its spans (recognisers lose words after
#: longer ones).
_GROUP, _BETWEEN = 20.0, 0.4
#: Talk no longer than this (seconds) in which no word was found is heard again by itself: beside
#: longer talk recognisers pass over short feedback.
_SHORT = 1.2
#: Silences shorter than this stay as they are; around a span so much audio is added.
_JOIN, _BEFORE, _AFTER = 0.3, 0.1, 0.15


class HeardWord(Word, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A recognised word, with the probability that the recogniser gives it."""

    probability: float = 1.0


@dataclass(frozen=True)
class _SpeechPiece:
    """A span in a group: its place there, and in the recording, in samples at `RATE`."""

    at: int
    start: int
    end: int


def recognise(
    recording: AudioSource,
    channel: int,
    spans: Sequence[tuple[int, int]],
    engine: WordEngine,
    others: Sequence[Sequence[tuple[int, int]]] = (),
) -> tuple[HeardWord, ...]:
    """Words of one speaker.

    Args:
        recording: any rate.
        channel: the speaker's.
        spans: the speaker's speech, in samples of the recording, sorted.
        engine: recognises.
        others: speech of the other speakers on the same channel.

    Returns:
        Words in order of time, in samples of the recording, each inside one of `spans`.
    """
    lost = _theirs(spans, others)

    def heard(part: Sequence[tuple[int, int]]) -> Iterator[HeardWord]:
        for sound, pieces in _groups(recording, channel, part):
            for recognised in engine.words(sound, RATE):
                word = _back(recognised, pieces)
                if word is None:
                    continue
                start, end = (t * recording.rate // RATE for t in (word.start, word.end))
                middle = (start + end) // 2
                if end > start and not any(a <= middle < b for a, b in lost):
                    yield HeardWord(word.text, start, end, probability=word.probability)

    found = list(heard(spans))
    starts = sorted(word.start for word in found)
    for start, end in spans:
        alone = end - start <= _SHORT * recording.rate and len(spans) > 1
        if alone and not _any_in(starts, start - round(_BEFORE * recording.rate), end):
            found += heard([(start, end)])
    found.sort(key=lambda word: (word.start, word.end))
    return tuple(found)


def _any_in(sorted_times: Sequence[int], low: int, high: int) -> bool:
    place = bisect_left(sorted_times, low)
    return place < len(sorted_times) and sorted_times[place] < high


def _groups(
    recording: AudioSource, channel: int, spans: Sequence[tuple[int, int]]
) -> Iterator[tuple[Samples, list[_SpeechPiece]]]:
    """Groups of speech at `RATE`, each with where its pieces come from."""
    pause = np.zeros(round(_BETWEEN * RATE), np.float32)
    parts: list[Samples] = []
    pieces: list[_SpeechPiece] = []
    length = 0
    for start, end in _joined(spans, recording):
        sound = at_rate(recording.read(start, end)[channel : channel + 1], recording.rate)[0]
        if parts and length + len(sound) > _GROUP * RATE:
            yield np.concatenate(parts), pieces
            parts, pieces, length = [], [], 0
        if parts:
            parts.append(pause)
            length += len(pause)
        first = start * RATE // recording.rate
        pieces.append(_SpeechPiece(length, first, first + len(sound)))
        parts.append(sound)
        length += len(sound)
    if parts:
        yield np.concatenate(parts), pieces


def _joined(spans: Sequence[tuple[int, int]], recording: AudioSource) -> Iterator[tuple[int, int]]:
    """Spans with a margin; short silences between are kept, long spans cut."""
    if not spans:
        return
    rate = recording.rate
    around = np.array([-round(_BEFORE * rate), round(_AFTER * rate)])
    wide = np.array(spans, np.int64) + around
    longest = round(_GROUP * rate)
    joined = union(np.clip(wide, 0, recording.samples), max(1, round((_JOIN - 0.25) * rate)))
    for start, end in joined.tolist():
        for first in range(start, end, longest):
            yield first, min(first + longest, end)


def _back(recognised: RecognisedWord, pieces: Sequence[_SpeechPiece]) -> HeardWord | None:
    """A word of a group, at `RATE` in the recording: in the piece that holds its middle."""
    start, end = round(recognised.start * RATE), round(recognised.end * RATE)
    middle = (start + end) // 2
    piece = max((p for p in pieces if p.at <= middle), key=lambda p: p.at, default=pieces[0])
    low = max(start - piece.at, 0) + piece.start
    high = min(end - piece.at + piece.start, piece.end)
    text = recognised.text.strip()
    if not text or low >= high:
        return None
    return HeardWord(text, low, high, probability=recognised.probability)


def _theirs(
    spans: Sequence[tuple[int, int]], others: Sequence[Sequence[tuple[int, int]]]
) -> list[tuple[int, int]]:
    """Where another speaker, whose span there is longer, talks at the same time."""
    found = []
    for start, end in spans:
        for theirs in others:
            for a, b in theirs:
                if a < end and b > start and b - a > end - start:
                    found.append((max(a, start), min(b, end)))
    return found
