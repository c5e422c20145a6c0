"""Which stretches of a recording may become clips: around what is wanted, cut where nobody talks.

```
            wanted                 a cut lies in a place where everybody is silent (or where one
   A  ##### ####|##      ####      stretch of talk ends on the sample on which the next begins),
   B     ##     |##### ##          so never inside a word
      ^         ^         ^
      cut  <- context -> cut
```
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.mining.event_categories import CATEGORIES, category_of
from interactspeech.mining.settings import MineSettings
from interactspeech.records import Dialogue
from interactspeech.signal.intervals import union
from interactspeech.turntaking import DEFAULT


class Candidate(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A stretch that could become a clip, in samples of its recording.

    Attributes:
        start, end: of the clip.
        category: what it is cut for.
        at: start of that event.
        counts: of what it holds besides and of this, by the order of `CATEGORIES`.
    """

    start: int
    end: int
    category: str
    at: int
    counts: tuple[int, ...]


class Found(msgspec.Struct, frozen=True):
    """What a recording offers.

    Attributes:
        candidates: in order of time; they may overlap.
        events: category -> how many there are in the recording.
        dropped: category and reason -> how many of them make no clip.
    """

    candidates: tuple[Candidate, ...]
    events: dict[str, int]
    dropped: dict[str, dict[str, int]]


def select(dialogue: Dialogue, settings: MineSettings) -> Found:
    """The candidates of a labelled recording: one for each event that is wanted, where it can be.

    Reasons for dropping: ``no-cut`` (nobody is ever silent near enough for a clip of
    `max_length`), ``too-short`` (the recording ends before `min_length`), ``one-speaker``
    (nobody else is heard in it).
    """
    rate = dialogue.rate
    cuts = Cuts.of(dialogue, settings)
    wanted = [
        (event.start, event.end, category)
        for event in dialogue.events
        if event.origin == "rule"
        and (category := category_of(event, rate, settings.long_pause)) is not None
    ]
    wanted.sort()
    starts = np.array([start for start, _, _ in wanted], np.int64)
    ends = np.array([end for _, end, _ in wanted], np.int64)
    kinds = np.array([list(CATEGORIES).index(kind) for _, _, kind in wanted], np.int64)
    speech = {
        s.id: np.array(
            [(span.start, span.end) for u in dialogue.utterances if u.speaker == s.id
             for span in u.speech], np.int64,
        ).reshape(-1, 2)
        for s in dialogue.speakers
    }  # fmt: skip
    candidates: list[Candidate] = []
    events: dict[str, int] = {}
    dropped: dict[str, dict[str, int]] = {}
    for start, end, category in wanted:
        events[category] = events.get(category, 0) + 1
        if category not in settings.want:
            continue
        try:
            first, last = cuts.around(start, end)
            heard = sum(bool(np.any((s[:, 0] < last) & (s[:, 1] > first))) for s in speech.values())
            if heard < 2:
                raise InputError("nobody else is heard", reason="one-speaker")  # noqa: TRY301
        except InputError as error:
            reasons = dropped.setdefault(category, {})
            reasons[error.reason] = reasons.get(error.reason, 0) + 1
            continue
        low, high = np.searchsorted(starts, [first, last])
        inside = kinds[low:high][ends[low:high] <= last]
        counts = np.bincount(inside, minlength=len(CATEGORIES))
        candidates.append(Candidate(first, last, category, start, tuple(counts.tolist())))
    return Found(tuple(candidates), events, dropped)


class Cuts:
    """Where a recording may be cut.

    Args:
        places: ``(n, 2)``: stretches, both ends included, in which nobody talks; sorted. The first
            begins at 0, the last ends at `length`.
        length: of the recording, in samples.
        settings: lengths, in seconds.
        rate: samples a second.
    """

    def __init__(self, places: Int64Array, length: int, settings: MineSettings, rate: int) -> None:
        def samples(seconds: float) -> int:
            return round(seconds * rate)

        self.length = length
        self._context, self._least = samples(settings.context), samples(settings.least_context)
        self._min, self._max = samples(settings.min_length), samples(settings.max_length)
        self._margin = samples(settings.margin)
        self._open: list[int] = places[:, 0].tolist()
        self._close: list[int] = places[:, 1].tolist()

    @classmethod
    def of(cls, dialogue: Dialogue, settings: MineSettings) -> Cuts:
        """The places of a labelled recording: outside every inter-pausal unit and every word."""
        talk = [
            (span.start, span.end) for u in dialogue.utterances for span in u.speech
        ]  # words lie inside utterances, but maybe not inside their speech
        talk += [(word.start, word.end) for u in dialogue.utterances for word in u.words]
        bridge = max(1, DEFAULT.at(dialogue.rate).bridge)
        by_speaker: list[Int64Array] = [
            union(
                np.array([(s.start, s.end) for u in dialogue.utterances
                          if u.speaker == speaker.id for s in u.speech], np.int64), bridge,
            )
            for speaker in dialogue.speakers
        ]  # fmt: skip
        blocks = np.concatenate([np.array(talk, np.int64).reshape(-1, 2), *by_speaker])
        blocks = blocks[np.lexsort((blocks[:, 1], blocks[:, 0]))]
        reach = np.maximum.accumulate(np.concatenate(([0], blocks[:, 1])))
        following = np.append(blocks[:, 0], dialogue.length)
        # Equal: one ends on the sample on which the next begins.
        free = following >= reach
        return cls(np.stack((reach, following), axis=1)[free], dialogue.length, settings,
                   dialogue.rate)  # fmt: skip

    def around(self, start: int, end: int) -> tuple[int, int]:
        """Start and end of a clip around [start, end).

        As near to `context` on either side as the cuts allow, never less than `least_context`
        (unless the recording begins or ends), then longer until `min_length`.

        Raises:
            InputError: there is no such clip (reason ``no-cut``, ``too-short``).
        """
        left = self._left(start - self._least, end)
        right = self._right(end + self._least, start)
        if not left or not right or right[0] - left[0] > self._max:
            raise InputError("nobody is silent near enough", reason="no-cut")
        i = j = 0
        while True:
            # The side that lacks more context grows first, and after that the shorter one.
            sides = sorted(
                ("left", "right"),
                key=lambda side: start - left[i] if side == "left" else right[j] - end,
            )
            grown = False
            for side in sides:
                has = start - left[i] if side == "left" else right[j] - end
                if has >= self._context and right[j] - left[i] >= self._min:
                    continue
                if side == "left" and i + 1 < len(left) and right[j] - left[i + 1] <= self._max:
                    i, grown = i + 1, True
                    break
                if side == "right" and j + 1 < len(right) and right[j + 1] - left[i] <= self._max:
                    j, grown = j + 1, True
                    break
            if not grown:
                break
        if right[j] - left[i] < self._min:
            raise InputError("the recording ends too soon", reason="too-short")
        return left[i], right[j]

    def _left(self, latest: int, end: int) -> list[int]:
        """Cuts at or before `latest` and within `max_length` of `end`, the latest first."""
        k = bisect_right(self._open, max(latest, 0)) - 1
        found: list[int] = []
        while k >= 0:
            low, high = self._open[k], self._close[k]
            cut = min(max(latest, 0), max((low + high) // 2, high - self._margin))
            if cut < end - self._max:
                break
            if not found or cut < found[-1]:
                found.append(cut)
            k -= 1
        return found

    def _right(self, earliest: int, start: int) -> list[int]:
        """Cuts at or after `earliest` and within `max_length` of `start`, the earliest first."""
        earliest = min(earliest, self.length)
        k = bisect_right(self._close, earliest - 1)
        found: list[int] = []
        while k < len(self._open):
            low, high = self._open[k], self._close[k]
            cut = max(earliest, min((low + high + 1) // 2, low + self._margin))
            if cut > start + self._max:
                break
            if not found or cut > found[-1]:
                found.append(cut)
            k += 1
        return found


def overlaps(taken: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether [start, end) shares time with any of `taken`, which are sorted and disjoint."""
    i = bisect_right(taken, (start, start))
    return (i > 0 and taken[i - 1][1] > start) or (i < len(taken) and taken[i][0] < end)
