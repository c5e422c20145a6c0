"""What words say: whether talk sounds complete where it stops, and where it hesitates."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.lexicon.feedback import bare_word
from interactspeech.turntaking.event_table import ABSENT
from interactspeech.turntaking.timeline import WordTrack
from interactspeech.turntaking.units import Units

_BROKEN_OFF = ("-", "\u2013", "\u2014", "...", "\u2026")
_CLOSED = (".", "!", "?")


class Wording:
    """Questions about the words at the edges of units and IPUs.

    Args:
        units: the units.
        planned: whether `Utterance.unsaid` may answer too.
    """

    def __init__(self, units: Units, *, planned: bool = False) -> None:
        self._units = units
        self._c = units.candidates
        self._planned = planned
        self._fillers = frozenset(self._c.rules.fillers)
        self._incomplete = frozenset(self._c.rules.incomplete)

    @cached_property
    def _known(self) -> bool:
        return bool(self._c.timeline.words) or self._planned

    def complete(self, rows: Int64Array) -> Int64Array:
        """For each IPU: 1 if its last words sound complete, 0 if not, `ABSENT` if nobody knows.

        Not complete: the last word is a fragment, is written as broken off (a dash or dots at its
        end), or is one of `RuleSet.incomplete` without a full stop after it.
        """
        found = np.full(len(rows), ABSENT)
        if self._known:
            for i, row in enumerate(rows.tolist()):
                found[i] = self._complete(row)
        return found

    def hesitation(self, before: Int64Array, after: Int64Array) -> Int64Array:
        """For each pair of IPUs: 1 if the silence between is a hesitation, 0 if not, or `ABSENT`.

        A hesitation has a filler on either side, or something incomplete before it. The word after
        it is the first of those that end within the rule set's horizon.
        """
        found = np.full(len(before), ABSENT)
        if self._known:
            pairs = zip(before.tolist(), after.tolist(), strict=True)
            for i, (row, following) in enumerate(pairs):
                last, first = self._last_word(row), self._first_word(following)
                if last is not None:
                    found[i] = self._unfinished(*last) or self._filler(last[0])
                if first is not None:
                    found[i] = found[i] == 1 or self._filler(first)
        return found

    def filled_pauses(self) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Speaker, start and end of each filler in a unit, as far as it lies in its IPU."""
        c = self._c
        found: list[tuple[int, int, int]] = []
        for speaker, talk in enumerate(self._units.talk):
            track = self._track(speaker)
            if track is None:
                continue
            for row in talk.row[c.last_word[talk.row] > c.first_word[talk.row]].tolist():
                for i in range(int(c.first_word[row]), int(c.last_word[row])):
                    if self._filler(track.texts[i]):
                        start = max(int(track.times[i, 0]), int(c.start[row]))
                        found.append((speaker, start, min(int(track.times[i, 1]), int(c.end[row]))))
        columns = np.array(found, np.int64).reshape(-1, 3)
        return columns[:, 0], columns[:, 1], columns[:, 2]

    def _complete(self, row: int) -> int:
        if self._planned and self._unsaid(row):
            return 0
        word = self._last_word(row)
        if word is None:
            return ABSENT
        return 0 if self._unfinished(*word) else 1

    def _unsaid(self, row: int) -> bool:
        """Whether a cut utterance of the speaker ends where the IPU does."""
        return (int(self._c.speaker[row]), int(self._c.end[row])) in self._cuts

    @cached_property
    def _cuts(self) -> frozenset[tuple[int, int]]:
        timeline = self._c.timeline
        return frozenset(
            (speaker, utterance.end)
            for speaker, name in enumerate(timeline.speakers)
            for utterance in timeline.utterances.get(name, ())
            if utterance.unsaid
        )

    def _track(self, speaker: int) -> WordTrack | None:
        return self._c.timeline.words.get(self._c.timeline.speakers[speaker])

    def _last_word(self, row: int) -> tuple[str, bool] | None:
        """The last word of an IPU, and whether it is a fragment."""
        track = self._track(int(self._c.speaker[row]))
        first, last = int(self._c.first_word[row]), int(self._c.last_word[row])
        if track is None or last <= first:
            return None
        return track.texts[last - 1], bool(track.fragment[last - 1])

    def _first_word(self, row: int) -> str | None:
        """The first word of an IPU, of those that end within the horizon after its beginning."""
        track = self._track(int(self._c.speaker[row]))
        if track is None:
            return None
        first, last = int(self._c.first_word[row]), int(self._c.last_word[row])
        soon = int(self._c.start[row]) + self._c.horizon
        return next((track.texts[i] for i in range(first, last) if track.times[i, 1] <= soon), None)

    def _unfinished(self, text: str, fragment: bool) -> bool:
        text = text.rstrip("\"'\u201d\u2019 ")
        if fragment or text.endswith(_BROKEN_OFF):
            return True
        return not text.endswith(_CLOSED) and bare_word(text) in self._incomplete

    def _filler(self, text: str) -> bool:
        return bare_word(text) in self._fillers
