"""Selection of clips: around the wanted events, cut in silence, in proportion by category.

```
            wanted                 a cut lies in a place where everybody is silent (or where one
   A  ##### ####|##      ####      stretch of talk ends on the sample on which the next begins),
   B     ##     |##### ##          so never inside a word
      ^         ^         ^
      cut  <- context -> cut
```
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from interactspeech import seeds
from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.mining.settings import CATEGORIES, MineSettings, category_of
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


class RecordingCandidates(msgspec.Struct, frozen=True):
    """The candidates of a recording.

    Attributes:
        candidates: in order of time; they may overlap.
        events: category -> how many there are in the recording.
        dropped: category and reason -> how many of them make no clip.
    """

    candidates: tuple[Candidate, ...]
    events: dict[str, int]
    dropped: dict[str, dict[str, int]]


def clip_candidates(dialogue: Dialogue, settings: MineSettings) -> RecordingCandidates:
    """The candidates of a labelled recording: one for each event that is wanted, where it can be.

    Reasons for dropping: ``no-cut`` (there is no joint silence near enough for a clip of
    `max_length`), ``too-short`` (the recording ends before `min_length`), ``one-speaker``
    (it holds only one speaker).
    """
    rate = dialogue.rate
    cuts = CutPlaces.of(dialogue, settings)
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
            speakers = sum(
                bool(np.any((s[:, 0] < last) & (s[:, 1] > first))) for s in speech.values()
            )
            if speakers < 2:
                raise InputError("only one speaker is in it", reason="one-speaker")  # noqa: TRY301
        except InputError as error:
            reasons = dropped.setdefault(category, {})
            reasons[error.reason] = reasons.get(error.reason, 0) + 1
            continue
        low, high = np.searchsorted(starts, [first, last])
        inside = kinds[low:high][ends[low:high] <= last]
        counts = np.bincount(inside, minlength=len(CATEGORIES))
        candidates.append(Candidate(first, last, category, start, tuple(counts.tolist())))
    return RecordingCandidates(tuple(candidates), events, dropped)


class CutPlaces:
    """Where a recording may be cut.

    Args:
        places: ``(n, 2)``: stretches of joint silence, both ends included; sorted. The first
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
    def of(cls, dialogue: Dialogue, settings: MineSettings) -> CutPlaces:
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
            raise InputError("there is no joint silence near enough", reason="no-cut")
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


@dataclass(frozen=True)
class RecordingOffer:
    """The candidates of one recording.

    Attributes:
        recording: its number.
        id: of the recording; decides chance, so that the order of the inputs does not.
        candidates: in order of time.
    """

    recording: int
    id: str
    candidates: Sequence[Candidate]


@dataclass
class ClipSelection:
    """The chosen clips.

    Attributes:
        clips: number of the recording -> its clips, in order of time, without overlap.
        held: category -> how many of its events lie in the clips.
        made_for: category -> clips that were cut for it.
        overlapping: category -> candidates left out because a clip lies there already (the event is
            in that clip, or cut off by it).
        surplus: category -> candidates left out for the balance.
        duplicates: category -> clips taken out again because their sound was there before.
        limits: category -> its share.
    """

    clips: dict[int, list[Candidate]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    made_for: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    overlapping: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    surplus: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    duplicates: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    limits: dict[str, float] = field(default_factory=dict)

    def in_order(self) -> list[tuple[int, Candidate]]:
        """Number of the recording and clip, in the order in which they are stored."""
        return [(number, one) for number in sorted(self.clips) for one in self.clips[number]]

    def take_out(self, recording: int, one: Candidate) -> None:
        """Take a clip out again: a near-duplicate of another."""
        self.clips[recording].remove(one)
        self.made_for[one.category] -= 1
        self.duplicates[one.category] += 1
        for name, count in zip(CATEGORIES, one.counts, strict=True):
            self.held[name] -= count


def choose_clips(offers: Iterable[RecordingOffer], settings: MineSettings) -> ClipSelection:
    """Choose clips: a function of the offers and settings, not of their order.

    Recordings take turns within a category, so that one long one does not fill a share alone.
    """
    offers = sorted(offers, key=lambda offer: offer.id)
    by_category: dict[str, list[tuple[int, bytes, int, Candidate]]] = {c: [] for c in CATEGORIES}
    for offer in offers:
        drawn: dict[str, list[tuple[bytes, Candidate]]] = {}
        for one in offer.candidates:
            key = seeds.digest(settings.seed, offer.id, one.at, one.category)
            drawn.setdefault(one.category, []).append((key, one))
        for category, mine in drawn.items():
            mine.sort(key=lambda pair: pair[0])
            by_category[category] += [
                (rank, key, offer.recording, one) for rank, (key, one) in enumerate(mine)
            ]
    available = {category: len(found) for category, found in by_category.items()}
    choice = ClipSelection(limits=limits(available, settings))
    names = list(CATEGORIES)
    taken: dict[int, list[tuple[int, int]]] = {}
    for category in sorted(names, key=lambda name: (available[name], names.index(name))):
        for _, _, recording, one in sorted(by_category[category], key=lambda row: row[:2]):
            there = taken.setdefault(recording, [])
            if overlaps(there, one.start, one.end):
                choice.overlapping[category] += 1
            elif choice.held[category] >= choice.limits[category]:
                choice.surplus[category] += 1
            else:
                insort(there, (one.start, one.end))
                insort(choice.clips.setdefault(recording, []), one)
                choice.made_for[category] += 1
                for name, count in zip(names, one.counts, strict=True):
                    choice.held[name] += count
    return choice


def limits(available: dict[str, int], settings: MineSettings) -> dict[str, float]:
    """How many events of each category clips are cut for; infinity for all there are."""
    if settings.per_event is not None:
        return dict.fromkeys(available, float(settings.per_event))
    if settings.balance is None:
        return dict.fromkeys(available, math.inf)
    reference = available["interruption"] + available["silent_interruption"]
    share = float(max(settings.least, math.ceil(settings.balance * reference)))
    # What everything else is measured by is kept whole.
    return {
        name: math.inf if name in ("interruption", "silent_interruption") else share
        for name in available
    }
