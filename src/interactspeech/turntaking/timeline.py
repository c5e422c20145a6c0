"""Speech activity of the speakers of a conversation, the input of layer 1, and their words.

```
        0         1         2         3  (seconds; samples inside)
   A    ######## ####    ############          activity["A"] = [[0, ...], ...]
   B           ##             ##               activity["B"]
```
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, SupportsIndex

import numpy as np

from interactspeech._typing import AnyArray, BoolArray, Float64Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import FILLERS, bare_word
from interactspeech.records import Dialogue, Utterance, Word
from interactspeech.records.notebook import one_line, timeline_html
from interactspeech.signal.intervals import union

#: Repairs by `Timeline.build`: segments of one speaker that overlapped were merged, segments of no
#: length were dropped, a segment that ran past the end was cut there.
RepairKind = Literal["overlapping", "empty", "past-end"]


@dataclass(frozen=True)
class Repair:
    """One repair of a speaker's activity, to be counted and listed.

    Attributes:
        kind: what was wrong.
        speaker: whose segment.
        start, end: the segment as it was given, in samples.
    """

    kind: RepairKind
    speaker: str
    start: int
    end: int

    def __str__(self) -> str:
        done = {
            "overlapping": "overlaps another segment of the same speaker: merged",
            "empty": "has no length: dropped",
            "past-end": "runs past the end: cut there",
        }
        return f"speaker {self.speaker!r}: [{self.start}, {self.end}) {done[self.kind]}"


@dataclass(frozen=True, eq=False)
class WordTrack:
    """The spoken words of one speaker, in order of time (of their middles).

    Attributes:
        texts: as written, punctuation included; length n.
        times: shape ``(n, 2)``, samples.
        fragment: shape ``(n,)``; the word was cut off inside.
        probability: shape ``(n,)``; that the word was said, as a recogniser has it; None where the
            words are no recogniser's.
    """

    texts: tuple[str, ...]
    times: Int64Array
    fragment: BoolArray
    probability: Float64Array | None = None

    @classmethod
    def of(cls, words: Sequence[Word]) -> WordTrack:
        """The track of records in any order."""
        words = sorted(words, key=lambda word: (word.start + word.end, word.start))
        return cls(
            tuple(word.text for word in words),
            np.array([(word.start, word.end) for word in words], np.int64).reshape(-1, 2),
            np.array([word.fragment for word in words], np.bool_),
            _probabilities(words),
        )

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return one_line(f"WordTrack({len(self):,} words: {' '.join(self.texts[:8])!r})")


def _probabilities(words: Sequence[Word]) -> Float64Array | None:
    """Of words of a recogniser (`models.spoken_words.HeardWord`)."""
    found = [getattr(word, "probability", None) for word in words]
    return None if None in found else np.array(found, np.float64)


@dataclass(frozen=True, eq=False)
class Timeline:
    """Activity of N >= 1 speakers on one integer clock.

    The constructor trusts its arguments; `build` and `of` check and repair.

    Attributes:
        rate: samples a second.
        length: of the conversation, in samples.
        activity: speaker -> intervals, shape ``(n, 2)``, int64, inside ``[0, length)``, sorted,
            disjoint and not touching. The order of the speakers only breaks exact ties.
        words: speaker -> spoken words; a speaker whose words are not known is absent.
        utterances: speaker -> records, sorted by start, where the timeline comes from a `Dialogue`.
            They give events the id of their utterance. What only the generator can know in them
            (kinds, unsaid words) is used by no rule unless it is asked for by `planned=True`.
    """

    rate: int
    length: int
    activity: Mapping[str, Int64Array]
    words: Mapping[str, WordTrack] = field(default_factory=dict)
    utterances: Mapping[str, tuple[Utterance, ...]] = field(default_factory=dict)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Ids of the speakers, in the order in which they were given."""
        return tuple(self.activity)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / self.rate

    def __repr__(self) -> str:
        talk = ", ".join(
            f"{name} {int((rows[:, 1] - rows[:, 0]).sum()) / self.rate:.1f} s"
            for name, rows in self.activity.items()
        )
        return one_line(f"Timeline({self.seconds:.1f} s at {self.rate} Hz; {talk})")

    def _repr_html_(self) -> str:
        speech = [
            (name, [(start, end, "") for start, end in rows.tolist()])
            for name, rows in self.activity.items()
        ]
        return timeline_html(repr(self), speech, (), self.length, self.rate)

    @classmethod
    def of(cls, dialogue: Dialogue) -> Timeline:
        """The timeline of a record: every speaker's `Utterance.speech`, and the spoken words.

        Asides are not for the other speakers and no part of it.

        Words count as known for a speaker if any utterance of that speaker has some.
        Where their times are a guess they say what was said, not when: the fillers among them are
        left out (an utterance of fillers alone is one filled pause, whose times are known).
        """
        spans: dict[str, list[tuple[int, int]]] = {s.id: [] for s in dialogue.speakers}
        said: dict[str, list[Utterance]] = {s.id: [] for s in dialogue.speakers}
        for utterance in sorted(dialogue.utterances, key=lambda u: (u.start, u.end)):
            if utterance.kind == "aside":
                continue
            said[utterance.speaker].append(utterance)
            spans[utterance.speaker].extend((s.start, s.end) for s in utterance.speech)
        words = {
            speaker: WordTrack.of(
                [word for utterance in mine for word in _words_with_times(utterance)]
            )
            for speaker, mine in said.items()
            if any(u.words for u in mine)
        }
        return cls(
            rate=dialogue.rate,
            length=dialogue.length,
            activity={speaker: union(np.array(rows, np.int64)) for speaker, rows in spans.items()},
            words=words,
            utterances={speaker: tuple(mine) for speaker, mine in said.items()},
        )

    @classmethod
    def build(
        cls,
        rate: int,
        activity: Mapping[str, Iterable[Sequence[Any]] | AnyArray],
        *,
        length: int | None = None,
        words: Mapping[str, Sequence[Word]] | None = None,
        path: Path | str | None = None,
    ) -> tuple[Timeline, tuple[Repair, ...]]:
        """A timeline of plain lists of ``(start, end)`` in samples, checked.

        Segments may come in any order, and may touch (they are joined). Segments of one speaker
        that overlap are merged, segments without length dropped, and a segment that runs past
        `length` is cut; each such repair is in the second value.

        Args:
            rate: samples a second.
            activity: speaker -> segments.
            length: of the conversation; the end of the last segment where it is None.
            words: speaker -> words, where they are known.
            path: only names the place in errors.

        Raises:
            InputError: a time that is no whole number (NaN, a float with a fraction, text), is
                negative, reversed (``end < start``), or begins beyond `length`; a rate below 1;
                words of a speaker who is not in `activity`.
        """
        if rate < 1:
            raise InputError(f"a rate of {rate} samples a second", path, reason="bad-rate")
        raw = {name: _rows(name, rows, path) for name, rows in activity.items()}
        if length is None:
            length = max((int(rows[:, 1].max()) for rows in raw.values() if len(rows)), default=0)
        repairs: list[Repair] = []
        clean: dict[str, Int64Array] = {}
        for name, rows in raw.items():
            clean[name], repaired = _repaired(name, rows, length, path)
            repairs += repaired
        for name in words or {}:
            if name not in clean:
                raise InputError(
                    f"words of {name!r}, who is no speaker (known: {sorted(clean)})",
                    path,
                    reason="unknown-speaker",
                )
        tracks = {name: WordTrack.of(said) for name, said in (words or {}).items()}
        return cls(rate, length, clean, tracks), tuple(repairs)


def _words_with_times(utterance: Utterance) -> tuple[Word, ...]:
    if utterance.times != "estimated":
        return utterance.words
    kept = tuple(w for w in utterance.words if bare_word(w.text) not in FILLERS)
    return kept or utterance.words


def _rows(name: str, rows: Iterable[Sequence[Any]] | AnyArray, path: Any) -> Int64Array:
    if isinstance(rows, np.ndarray) and rows.dtype.kind in "iu":
        if rows.size and (rows.ndim != 2 or rows.shape[1] != 2):
            raise InputError(
                f"speaker {name!r}: segments of shape {rows.shape}, expected (n, 2)",
                path,
                reason="bad-segment",
            )
        return rows.astype(np.int64).reshape(-1, 2)
    return np.array([_row(name, row, path) for row in rows], np.int64).reshape(-1, 2)


def _row(name: str, row: Sequence[Any], path: Any) -> tuple[int, int]:
    try:
        start, end = row
        return _sample(start), _sample(end)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"speaker {name!r}: {row!r} is no segment: {error}",
            path,
            remedy="give (start, end) in whole samples",
            reason="bad-segment",
        ) from None


def _sample(value: SupportsIndex | float) -> int:
    if isinstance(value, float | np.floating):
        if not float(value).is_integer():  # NaN and infinity included
            raise ValueError(f"{value} is not a whole number of samples")
        return int(value)
    return operator.index(value)


def _repaired(
    name: str, rows: Int64Array, length: int, path: Any
) -> tuple[Int64Array, list[Repair]]:
    def refuse(bad: BoolArray, problem: str, reason: str) -> None:
        if bad.any():
            start, end = rows[np.argmax(bad)].tolist()
            raise InputError(
                f"speaker {name!r}: segment [{start}, {end}) {problem}", path, reason=reason
            )

    refuse(rows[:, 0] < 0, "begins before 0", "negative-time")
    refuse(rows[:, 1] < rows[:, 0], "ends before it begins", "reversed-time")
    refuse(rows[:, 0] > length, f"begins after the end, {length}", "past-end")
    repairs: list[Repair] = []

    def note(kind: RepairKind, which: BoolArray) -> None:
        repairs.extend(Repair(kind, name, s, e) for s, e in rows[which].tolist())

    beyond = rows[:, 1] > length
    note("past-end", beyond)
    rows = np.minimum(rows, length)
    empty = rows[:, 0] == rows[:, 1]
    note("empty", empty & ~beyond)
    rows = rows[~empty]
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    if len(rows):
        reach = np.maximum.accumulate(rows[:, 1])
        note("overlapping", np.concatenate(([False], rows[1:, 0] < reach[:-1])))
    return union(rows), repairs
