"""Speech recognition of a recording: the words of each speaker's own speech, with times.

```
speech        ####    ##        ########          spans of one speaker, hours of them
groups       [####.##.########] [...]             laid end to end with short silences, up to 20 s
recogniser    words in the group ─► back to the times of the spans they lie in
again         [####.###]                           short spans without a word, among themselves
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

from interactspeech._typing import Int64Array
from interactspeech.models.recognition import RecognisedWord, WordEngine
from interactspeech.records import Samples, Word
from interactspeech.signal.intervals import union
from interactspeech.signal.pages import RATE, AudioSource, at_rate

#: Seconds of speech in a group, and of silence between its spans (recognisers lose words after
#: longer ones).
_GROUP, _BETWEEN = 20.0, 0.4
#: Talk no longer than this (seconds) in which no word was found is heard again with other
#: such talk: beside longer talk recognisers pass over short feedback.
SHORT = 1.2
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
        Words in order of time, in samples of the recording, each inside one of `spans` if it
        touches any.
    """
    lost = _theirs(spans, others)
    rows = np.array(spans, np.int64).reshape(-1, 2)

    def heard(part: Sequence[tuple[int, int]]) -> Iterator[HeardWord]:
        for sound, pieces in _groups(recording, channel, part):
            for recognised in engine.words(sound, RATE):
                word = _back(recognised, pieces)
                if word is None:
                    continue
                start, end = (t * recording.rate // RATE for t in (word.start, word.end))
                start, end = _in_speech(start, end, rows)
                middle = (start + end) // 2
                if end > start and not any(a <= middle < b for a, b in lost):
                    yield HeardWord(word.text, start, end, probability=word.probability)

    found = list(heard(spans))
    starts = sorted(word.start for word in found)
    missed = [
        (start, end)
        for start, end in spans
        if end - start <= SHORT * recording.rate
        and not _any_in(starts, start - round(_BEFORE * recording.rate), end)
    ]
    if len(missed) < len(spans):
        found += heard(missed)
    found.sort(key=lambda word: (word.start, word.end))
    return tuple(found)


def _in_speech(start: int, end: int, spans: Int64Array) -> tuple[int, int]:
    """A word's place in the span that holds most of it: recognisers draw words out over silence.

    A word that touches no span keeps its place.
    """
    first = np.searchsorted(spans[:, 1], start, side="right")
    last = np.searchsorted(spans[:, 0], end, side="left")
    near = spans[first:last]
    if not len(near):
        return start, end
    shares = np.minimum(near[:, 1], end) - np.maximum(near[:, 0], start)
    low, high = near[int(np.argmax(shares))].tolist()
    return max(start, low), min(end, high)


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
