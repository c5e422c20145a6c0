"""How a unit begins: over somebody who talks, after somebody, after oneself, or first of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactspeech.dynamics.timeline import BoolArray, IntArray
from interactspeech.dynamics.units import Units


@dataclass(frozen=True, eq=False)
class Onsets:
    """One row a unit, in the order of `Units`. All arrays have shape ``(n,)``.

    Attributes:
        over: row (IPU) of the other who talks at the onset, -1 if nobody does. That IPU begins
            before and ends after the onset. Of several, the one whose unit began first, then the
            one whose unit ends last.
        over_end: where that one's unit ends (0 if nobody talks).
        taken: the unit goes on after `over_end`.
        after: row of the last IPU of another that ended at or before the onset, -1 if none did.
        after_end: its end (-1).
        resumes: nobody talks at the onset, and the speaker's own talk was the last before it.
        own_end: end of the speaker's own talk before (-1).
    """

    over: IntArray
    over_end: IntArray
    taken: BoolArray
    after: IntArray
    after_end: IntArray
    resumes: BoolArray
    own_end: IntArray

    @property
    def overlapped(self) -> BoolArray:
        """Somebody talks at the onset."""
        return self.over >= 0

    @property
    def follows(self) -> BoolArray:
        """Nobody talks at the onset, and the last who did was another."""
        return ~self.overlapped & (self.after >= 0) & ~self.resumes

    @property
    def turn(self) -> BoolArray:
        """The unit gets the floor: it starts on a free floor, or goes on when the other ends."""
        return ~self.overlapped | self.taken


def onsets_of(units: Units) -> Onsets:
    """The onsets of all units."""
    n = len(units.start)
    over, over_start, over_end = np.full(n, -1), np.zeros(n, np.int64), np.zeros(n, np.int64)
    after, after_end = np.full(n, -1), np.full(n, -1)
    for mine, _, talk in units.others():
        onset = units.start[mine]
        # The last IPU that starts before the onset: is it still going on?
        i = np.searchsorted(talk.start, onset, side="left") - 1
        row = talk.row[np.maximum(i, 0)]
        going = (i >= 0) & (talk.end[np.maximum(i, 0)] > onset)
        unit = units.of_row[row]
        start, end = units.start[unit], units.end[unit]
        old = over[mine] >= 0
        earlier = start < over_start[mine]
        longer = (start == over_start[mine]) & (end > over_end[mine])
        better = going & (~old | earlier | longer)
        over[mine] = np.where(better, row, over[mine])
        over_start[mine] = np.where(better, start, over_start[mine])
        over_end[mine] = np.where(better, end, over_end[mine])
        # The last IPU that has ended.
        i = np.searchsorted(talk.end, onset, side="right") - 1
        end = np.where(i >= 0, talk.end[np.maximum(i, 0)], -1)
        later = end > after_end[mine]
        after[mine] = np.where(later, talk.row[np.maximum(i, 0)], after[mine])
        after_end[mine] = np.where(later, end, after_end[mine])
    own_end = np.full(n, -1)
    again = units.speaker[1:] == units.speaker[:-1]
    own_end[1:][again] = units.end[:-1][again]
    return Onsets(
        over=over,
        over_end=over_end,
        taken=(over >= 0) & (units.end > over_end),
        after=after,
        after_end=after_end,
        resumes=(over < 0) & (own_end > after_end),
        own_end=own_end,
    )
