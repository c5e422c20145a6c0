"""What words say about units: whether they sound complete, and where they hesitate."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from interactspeech.dynamics.lexicon import normal
from interactspeech.dynamics.table import ABSENT
from interactspeech.dynamics.timeline import IntArray, WordTrack
from interactspeech.dynamics.units import Units

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

    def complete(self, units: IntArray) -> IntArray:
        """For each unit: 1 if its last words sound complete, 0 if not, `ABSENT` if nobody knows.

        Not complete: the last word is a fragment, is written as broken off (a dash or dots at its
        end), or is one of `RuleSet.incomplete` without a full stop after it.
        """
        found = np.full(len(units), ABSENT)
        if self._known:
            for i, unit in enumerate(units.tolist()):
                found[i] = self._complete(unit)
        return found

    def hesitation(self, before: IntArray, after: IntArray) -> IntArray:
        """For each pair of IPUs: 1 if the silence between is a hesitation, 0 if not, or `ABSENT`.

        A hesitation has a filler on either side, or something incomplete before it.
        """
        found = np.full(len(before), ABSENT)
        if self._known:
            pairs = zip(before.tolist(), after.tolist(), strict=True)
            for i, (row, following) in enumerate(pairs):
                last, first = self._word(row, -1), self._word(following, 0)
                if last is None and first is None:
                    continue
                found[i] = (
                    (last is not None and (self._unfinished(*last) or self._filler(last[0])))
                    or (first is not None and self._filler(first[0]))
                )  # fmt: skip
        return found

    def filled_pauses(self) -> tuple[IntArray, IntArray, IntArray]:
        """Speaker, start and end of each maximal sequence of fillers in an IPU of a unit."""
        found: list[tuple[int, int, int]] = []
        for speaker, name in enumerate(self._c.timeline.speakers):
            track = self._c.timeline.words.get(name)
            if track is None:
                continue
            fills = np.array([self._filler(text) for text in track.texts], np.bool_)
            talk = self._units.talk[speaker].row
            row = np.full(len(track), -1)
            for r in talk[self._c.last_word[talk] > self._c.first_word[talk]].tolist():
                row[self._c.first_word[r] : self._c.last_word[r]] = r
            fills &= row >= 0
            joined = fills[1:] & fills[:-1] & (row[1:] == row[:-1])
            opens = np.flatnonzero(fills & ~np.concatenate(([False], joined))[: len(fills)])
            closes = np.flatnonzero(fills & ~np.append(joined, [False])[: len(fills)])
            for a, b in zip(opens.tolist(), closes.tolist(), strict=True):
                start = max(int(track.times[a, 0]), int(self._c.start[row[a]]))
                end = min(int(track.times[b, 1]), int(self._c.end[row[a]]))
                found.append((speaker, start, end))
        columns = np.array(found, np.int64).reshape(-1, 3)
        return columns[:, 0], columns[:, 1], columns[:, 2]

    def _complete(self, unit: int) -> int:
        row = int(self._units.last[unit])
        if self._planned and self._unsaid(unit):
            return 0
        word = self._word(row, -1)
        if word is None:
            return ABSENT
        return 0 if self._unfinished(*word) else 1

    def _unsaid(self, unit: int) -> bool:
        """Whether a cut utterance of the speaker ends where the unit does."""
        name = self._c.timeline.speakers[int(self._units.speaker[unit])]
        end = int(self._units.end[unit])
        return any(u.unsaid and u.end == end for u in self._c.timeline.utterances.get(name, ()))

    def _word(self, row: int, which: int) -> tuple[str, bool] | None:
        """First (0) or last (-1) word of an IPU, and whether it is a fragment."""
        track: WordTrack | None = self._c.timeline.words.get(
            self._c.timeline.speakers[int(self._c.speaker[row])]
        )
        first, last = int(self._c.first_word[row]), int(self._c.last_word[row])
        if track is None or last <= first:
            return None
        i = first if which == 0 else last - 1
        return track.texts[i], bool(track.fragment[i])

    def _unfinished(self, text: str, fragment: bool) -> bool:
        text = text.rstrip("\"'\u201d\u2019 ")
        if fragment or text.endswith(_BROKEN_OFF):
            return True
        return not text.endswith(_CLOSED) and normal(text) in self._incomplete

    def _filler(self, text: str) -> bool:
        return normal(text) in self._fillers
