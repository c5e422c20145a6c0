"""Scores of events that were found in labelled real recordings; doubt counts neither way.

```
 marked   |sure|      |doubt|      [messy zone]
 found      x    x       x            x
           hit  wrong  ignored     ignored
```

An event that was found is a hit if a sure one of its type and speaker begins within 200 ms, one to
one. What is left is ignored where it begins within 200 ms of a doubtful event of the same type and
speaker, in a zone, or beside a unit of which nobody can say what it is; else it is wrong.
Intervals: bootstrap over recordings, and over pieces of 30 s of each, for there are few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    LabelledRecording,
    to_samples,
)
from interactspeech.evaluation.events.metrics import Estimate, bootstrap
from interactspeech.records import Event
from interactspeech.signal.intervals import mask_of
from interactspeech.signal.log_mel import RATE

#: Samples by which onsets may differ (200 ms), and seconds of a piece of the bootstrap.
TOLERANCE: Final = RATE // 5
PIECE: Final = 30
#: Frames of 10 ms, and those beside a marked boundary that are not scored: boundaries are sure to
#: about 50 ms.
_FRAME: Final = RATE // 100
_COLLAR: Final = 5


@dataclass(frozen=True)
class LabelledOnsets:
    """The onsets of a type in a recording: hits, those missed and those wrong; samples."""

    recording: str
    hits: Int64Array
    missed: Int64Array
    wrong: Int64Array


def match_labelled(
    recording: LabelledRecording, found: Sequence[Event], kind: str
) -> LabelledOnsets:
    """Match the found events of a type with the marked ones, each speaker's by itself."""
    parts: list[tuple[Int64Array, Int64Array, Int64Array]] = []
    for speaker in SPEAKERS:
        sure = _starts(recording, kind, speaker, sure=True)
        doubtful = _starts(recording, kind, speaker, sure=False)
        # A filled pause ("um") is talk here, as in the other benchmarks.
        events = [
            e for e in found if e.type == kind and e.speaker == speaker and not e.is_filled_pause
        ]
        starts = np.array(sorted(e.start for e in events), np.int64)
        taken, missed = pair_onsets(sure, starts)
        rest = starts[~taken]
        near = _near(rest, doubtful)
        unscored = recording.unscored("" if kind in {"gap", "pause"} else speaker)
        for a, b in unscored.tolist():
            near |= (rest >= a - TOLERANCE) & (rest <= b + TOLERANCE)
        parts.append((sure[~missed], sure[missed], rest[~near]))
    hits, missed_all, wrong = (
        np.sort(np.concatenate(column)) for column in zip(*parts, strict=True)
    )
    return LabelledOnsets(recording.name, hits, missed_all, wrong)


def _starts(recording: LabelledRecording, kind: str, speaker: str, *, sure: bool) -> Int64Array:
    events = recording.events(kind, sure=sure, speaker=speaker)
    return to_samples((e.start, e.end) for e in events)[:, 0]


def pair_onsets(
    true: Int64Array, found: Int64Array, tolerance: int = TOLERANCE
) -> tuple[BoolArray, BoolArray]:
    """Which of `found` are hits, and which of `true` are missed; as many pairs as can be.

    Args:
        true: onsets in samples, sorted.
        found: others, sorted.
        tolerance: how far apart the two of a pair may be, in samples.
    """
    taken, missed = np.zeros(len(found), np.bool_), np.ones(len(true), np.bool_)
    place = 0
    for i, onset in enumerate(true.tolist()):
        while place < len(found) and found[place] < onset - tolerance:
            place += 1
        if place < len(found) and found[place] <= onset + tolerance:
            taken[place], missed[i] = True, False
            place += 1
    return taken, missed


def _near(onsets: Int64Array, marked: Int64Array) -> BoolArray:
    if not len(onsets) or not len(marked):
        return np.zeros(len(onsets), np.bool_)
    return np.asarray(np.abs(onsets[:, None] - marked[None]).min(axis=1) <= TOLERANCE)


class OnsetCounts:
    """Hits, misses and wrong onsets by type, counted in pieces of 30 s.

    Args:
        matched: type -> what was found in each recording.
    """

    def __init__(self, matched: Mapping[str, Sequence[LabelledOnsets]]) -> None:
        self._pieces: list[str] = []
        rows: dict[str, list[tuple[int, int, int]]] = {kind: [] for kind in matched}
        for number in range(len(next(iter(matched.values()), ()))):
            of = {kind: onsets[number] for kind, onsets in matched.items()}
            ends = [
                int(part.max(initial=0))
                for o in of.values()
                for part in (o.hits, o.missed, o.wrong)
            ]
            for first in range(0, max(ends) + 1, PIECE * RATE):
                self._pieces.append(f"{next(iter(of.values())).recording}:{first}")
                for kind, o in of.items():
                    hits, missed, wrong = (
                        int(((x >= first) & (x < first + PIECE * RATE)).sum())
                        for x in (o.hits, o.missed, o.wrong)
                    )
                    rows[kind].append((hits, missed, wrong))
        self._counts = {k: np.array(v, np.int64).reshape(-1, 3) for k, v in rows.items()}

    def total(self, kind: str) -> tuple[int, int, int]:
        """Hits, misses and wrong ones of a type."""
        hits, missed, wrong = self._counts[kind].sum(axis=0).tolist()
        return hits, missed, wrong

    def f1(self, kind: str) -> Estimate:
        """F1 of a type; `Estimate.n` is how many were marked."""
        return self._estimate(kind, _f1)

    def precision(self, kind: str) -> Estimate:
        """Share of the found ones that are hits; NaN where none was found."""
        return self._estimate(kind, lambda h, _, w: h / (h + w) if h + w else float("nan"))

    def recall(self, kind: str) -> Estimate:
        """Share of the marked ones that were found; NaN where none was marked."""
        return self._estimate(kind, lambda h, m, _: h / (h + m) if h + m else float("nan"))

    def mean_f1(self, kinds: Sequence[str] = ASKED) -> Estimate:
        """Mean F1 of the types that were marked at all."""
        marked = [k for k in kinds if sum(self.total(k)[:2])]

        def value(pick: Int64Array) -> float:
            found = [_f1(*self._counts[k][pick].sum(axis=0).tolist()) for k in marked]
            return float(np.nanmean(found)) if not np.isnan([*found, np.nan]).all() else np.nan

        figure = bootstrap(self._pieces, value)
        return Estimate(
            figure.value, figure.low, figure.high, sum(sum(self.total(k)[:2]) for k in marked)
        )

    def _estimate(self, kind: str, of: Callable[[int, int, int], float]) -> Estimate:
        counts = self._counts[kind]
        figure = bootstrap(self._pieces, lambda pick: of(*counts[pick].sum(axis=0).tolist()))
        return Estimate(figure.value, figure.low, figure.high, sum(self.total(kind)[:2]))


def _f1(hits: int, missed: int, wrong: int) -> float:
    return 2 * hits / (2 * hits + missed + wrong) if hits + missed + wrong else float("nan")


@dataclass(frozen=True)
class SpeechFrames:
    """Scored frames of 10 ms of some recordings and speakers.

    Attributes:
        talk: with speech, as marked.
        missed: of these, without it as found.
        silent: without speech, as marked.
        false: of these, with it as found.
    """

    talk: int
    missed: int
    silent: int
    false: int

    def __add__(self, other: SpeechFrames) -> SpeechFrames:
        return SpeechFrames(
            self.talk + other.talk,
            self.missed + other.missed,
            self.silent + other.silent,
            self.false + other.false,
        )


def speech_frames(recording: LabelledRecording, found: Mapping[str, Int64Array]) -> SpeechFrames:
    """Compare found speech with the marked one, outside zones, doubt, and 50 ms at boundaries."""
    count = -(-recording.samples // _FRAME)
    marked = recording.activity()
    total = SpeechFrames(0, 0, 0, 0)
    for speaker in SPEAKERS:
        truth = mask_of(marked[speaker] // _FRAME, count)
        heard = mask_of(found[speaker] // _FRAME, count)
        scored = ~mask_of(recording.unscored(speaker) // _FRAME, count)
        for edge in np.flatnonzero(np.diff(truth)) + 1:
            scored[max(edge - _COLLAR, 0) : edge + _COLLAR] = False
        talk, silent = scored & truth, scored & ~truth
        total += SpeechFrames(
            int(talk.sum()),
            int((talk & ~heard).sum()),
            int(silent.sum()),
            int((silent & heard).sum()),
        )
    return total


__all__ = [
    "PIECE",
    "TOLERANCE",
    "LabelledOnsets",
    "OnsetCounts",
    "SpeechFrames",
    "match_labelled",
    "pair_onsets",
    "speech_frames",
]
