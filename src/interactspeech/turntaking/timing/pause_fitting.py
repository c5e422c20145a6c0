"""Where the people of a corpus pause: a model of places and lengths, fitted to words with times.

For every two words of one speaker between which no other says anything but backchannels:

```
 ... light [0.7 s] And then the [0.4 s] train ...
     content  conjunction    other function | content
     between acts: a pause      inside an act: a pause     then|the: a boundary without one
```

The risk of a pair of classes is its share of the pauses over its share of the boundaries, at each
of both places. Rare pairs are drawn towards the product of what is known of the class before and of
the class after; a class of which too little is known takes what holds for the place as a whole.

The words must say where sentences end (a full stop, a question mark), or all pauses would seem to
lie inside; and they must be English, as the classes are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import bare_word
from interactspeech.lexicon.language import LEAST_SHARE, LEAST_WORDS, function_word_share
from interactspeech.lexicon.word_classes import WORD_CLASSES, WordClass, word_class
from interactspeech.turntaking.distribution import Distribution, tabulate
from interactspeech.turntaking.event_table import EventTable
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.timing.pause_places import (
    PAUSE_PLACES,
    PausePlace,
    PausePlaces,
    place_of,
)
from interactspeech.turntaking.timing.word_stretch import WordStretch

#: Seconds of a pause, as in the human figures.
SHORTEST, LONGEST = 0.2, 3.0
#: Fewer pauses of a corpus say nothing about their places, fewer of a class nothing about it.
ENOUGH_PAUSES: Final = 200
ENOUGH_OF_CLASS: Final = 50
#: A pair of classes counts as seen this often more, at the risk that its classes make likely.
_PRIOR = 30.0
#: Share of the words that end a sentence, at least, where transcripts have punctuation: sentences
#: of talk are 5 to 15 words long, and none of 200.
_LEAST_ENDS = 0.005


class PauseCounts:
    """Pauses and boundaries of any number of conversations; see `model`."""

    def __init__(self) -> None:
        self.words = 0
        self.ends = 0
        self._texts: Counter[str] = Counter()
        self._pauses: Counter[tuple[PausePlace, WordClass, WordClass]] = Counter()
        self._boundaries: Counter[tuple[PausePlace, WordClass, WordClass]] = Counter()
        self._seconds: defaultdict[tuple[PausePlace, WordClass], list[float]] = defaultdict(list)
        self._stretch = WordStretch()

    @property
    def pauses(self) -> int:
        """How many there are."""
        return self._pauses.total()

    def add(self, timeline: Timeline, table: EventTable) -> None:
        """Count a conversation; speakers without words say nothing.

        Args:
            timeline: of it.
            table: its events; backchannels neither pause nor end another's pause.
        """
        feedback = table["backchannel"]
        for place, name in enumerate(timeline.speakers):
            track = timeline.words.get(name)
            if track is None or not len(track):
                continue
            mine = feedback.speaker == place
            own = np.stack([feedback.start[mine], feedback.end[mine]], axis=1)
            kept = ~_inside(track.times, own)
            texts = [text for text, keep in zip(track.texts, kept.tolist(), strict=True) if keep]
            self._add_words(texts, track.times[kept], _floor_of_others(timeline, table, place),
                            timeline.rate)  # fmt: skip

    def _add_words(
        self, texts: list[str], times: Int64Array, others: Int64Array, rate: int
    ) -> None:
        self.words += len(texts)
        self.ends += sum(place_of(text) == "between acts" for text in texts)
        self._texts.update(map(bare_word, texts))
        for text, (start, end) in zip(texts, times.tolist(), strict=True):
            self._stretch.add(text, (end - start) / rate)
        if len(texts) < 2:
            return
        low, high = times[:-1, 1], times[1:, 0]
        # The first talk of another that ends after the boundary begins: does it begin before its
        # end?
        following = np.searchsorted(others[:, 1], low, side="right")
        starts = np.append(others[:, 0], np.iinfo(np.int64).max)
        free = starts[following] >= np.maximum(high, low + 1)
        seconds = (high - low) / rate
        for k in np.flatnonzero(free & (seconds <= LONGEST)).tolist():
            last, after = texts[k], texts[k + 1]
            place, kind = place_of(last), word_class(last)
            self._boundaries[place, kind, word_class(after)] += 1
            if seconds[k] >= SHORTEST:
                self._pauses[place, kind, word_class(after)] += 1
                self._seconds[place, kind].append(float(seconds[k]))
                length = float(times[k, 1] - times[k, 0]) / rate
                self._stretch.add_before_pause(last, length)

    def model(self, name: str, source: str) -> PausePlaces:
        """The model of what was counted.

        Args:
            name: id of the model.
            source: what the corpus is.

        Raises:
            InputError: there are no words, too few pauses between them, no marks that end
                sentences, or words that are not English.
        """
        self._check()
        stretches = self._stretch.factors()
        return PausePlaces(
            id=name,
            source=f"{source}: {self.pauses:,} pauses between {self.words:,} words",
            risk={place: self._risks(place) for place in PAUSE_PLACES},
            length={
                place: _by_class(place, {k: self._seconds[place, k] for k in WORD_CLASSES})
                for place in PAUSE_PLACES
            },
            stretch={
                place: _by_class(place, {k: stretches.get((place, k), []) for k in WORD_CLASSES})
                for place in PAUSE_PLACES
            },
            inside=round(self._at("inside an act") / self.pauses, 4),
        )

    def _check(self) -> None:
        remedy = "give words with times (a corpus of records, CTM, TextGrid, ELAN, NXT, SegLST ...)"
        if not self.words:
            raise InputError(
                "no words: turns alone (RTTM) do not say where inside them people pause",
                remedy=remedy,
                reason="no-word-times",
            )
        share, count = function_word_share(self._texts.elements())
        if count >= LEAST_WORDS and share < LEAST_SHARE:
            raise InputError(
                f"{share:.0%} of {count:,} words are English function words, of English talk at "
                f"least {LEAST_SHARE:.0%} are: places of pauses are learnt by classes of English "
                "words",
                remedy="leave the places out: those of English telephone calls are taken",
                reason="not-english",
            )
        if self.ends < _LEAST_ENDS * self.words:
            raise InputError(
                f"{self.ends:,} of {self.words:,} words end a sentence: without full stops and "
                "question marks, pauses inside sentences cannot be told from those between them",
                remedy="give transcripts with punctuation",
                reason="no-sentence-marks",
            )
        places = {place: self._at(place) for place in PAUSE_PLACES}
        if self.pauses < ENOUGH_PAUSES or min(places.values()) < ENOUGH_OF_CLASS:
            counted = ", ".join(f"{n:,} {place}" for place, n in places.items())
            raise InputError(
                f"{counted}: too few pauses to learn their places from (wanted are "
                f"{ENOUGH_PAUSES}, {ENOUGH_OF_CLASS} of them at each place)",
                remedy=remedy,
                reason="few-pauses",
            )

    def _at(self, place: PausePlace) -> int:
        return sum(n for (where, _, _), n in self._pauses.items() if where == place)

    def _risks(self, place: PausePlace) -> dict[str, float]:
        """``"last|next"`` -> share of the pauses over share of the boundaries."""
        shape = (len(WORD_CLASSES), len(WORD_CLASSES))
        pauses, seen = np.zeros(shape), np.zeros(shape)
        for i, last in enumerate(WORD_CLASSES):
            for k, following in enumerate(WORD_CLASSES):
                pauses[i, k] = self._pauses[place, last, following]
                seen[i, k] = self._boundaries[place, last, following]
        base = self.pauses / self._boundaries.total()
        level = pauses.sum() / max(seen.sum(), 1.0)
        before = (pauses.sum(1) + _PRIOR * level) / (seen.sum(1) + _PRIOR)
        after = (pauses.sum(0) + _PRIOR * level) / (seen.sum(0) + _PRIOR)
        likely = np.minimum(before[:, None] * after[None] / max(level, 1e-9), 1.0)
        risk = (pauses + _PRIOR * likely) / (seen + _PRIOR) / base
        return {
            f"{last}|{following}": round(float(risk[i, k]), 3)
            for i, last in enumerate(WORD_CLASSES)
            for k, following in enumerate(WORD_CLASSES)
        }


def _by_class(
    place: PausePlace, values: dict[WordClass, list[float]]
) -> dict[WordClass, Distribution]:
    """The distribution of each class; classes with few samples take that of all together."""
    pooled = [value for own in values.values() for value in own]
    if not pooled:
        # No word before these pauses was said often enough to know its usual length.
        human: Any = PausePlaces.human().stretch[place]
        return dict(human)
    whole = tabulate(pooled)
    return {
        kind: tabulate(own) if len(own) >= ENOUGH_OF_CLASS else whole
        for kind, own in values.items()
    }


def _inside(times: Int64Array, spans: Int64Array) -> BoolArray:
    """Which words lie (by their middle) in one of the disjoint, sorted spans."""
    if not len(spans):
        return np.zeros(len(times), np.bool_)
    middle = times.sum(axis=1)
    at = np.searchsorted(2 * spans[:, 0], middle, side="right") - 1
    return np.asarray((at >= 0) & (middle <= 2 * spans[np.maximum(at, 0), 1]))


def _floor_of_others(timeline: Timeline, table: EventTable, speaker: int) -> Int64Array:
    """Talk of all others but their backchannels, sorted, shape ``(n, 2)``; touching is joined."""
    feedback = table["backchannel"]
    found: list[tuple[int, int]] = []
    for place, name in enumerate(timeline.speakers):
        if place == speaker:
            continue
        mine = feedback.speaker == place
        own = np.stack([feedback.start[mine], feedback.end[mine]], axis=1)
        rows = timeline.activity[name]
        found += [(a, b) for a, b in rows[~_inside(rows, own)].tolist()]
    return np.array(list(_joined(sorted(found))), np.int64).reshape(-1, 2)


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted spans without overlaps."""
    last: tuple[int, int] | None = None
    for start, end in spans:
        if last is not None and start <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last
