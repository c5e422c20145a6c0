"""Turn units: groups of IPUs that form one utterance, backchannels left out.

```
   X   ######   ####        ##########         one unit: own silences up to `turn_pause`,
   Y                 (mm)                       and the other's backchannel, do not end it
   X   ######          #####                   two units: Y's talk in the silence ends the first
   Y          #######
   X   ######   ####                           one unit of X: a hesitation of up to `overlap_pause`
   Y       #########                            wholly inside Y's talk, while both compete
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.turntaking.backchannel_candidates import Candidates
from interactspeech.turntaking.rules import Thresholds


@dataclass(frozen=True, eq=False)
class FloorTalk:
    """The IPUs of one speaker that are no backchannels, in order of time.

    Attributes:
        row: their rows in `Candidates`.
        start, end: samples.
    """

    row: Int64Array
    start: Int64Array
    end: Int64Array


@dataclass(frozen=True, eq=False)
class Units:
    """Units of all speakers, by speaker, then by time.

    Attributes:
        candidates: the IPUs that they are made of.
        backchannel: for each IPU whether it is one.
        talk: for each speaker the other IPUs.
        of_row: for each IPU its unit, -1 for a backchannel.
        speaker, start, end: of each unit.
        first, last: rows of its first and last IPU.
        inner_before, inner_after: rows of neighbouring IPUs in one unit.
        covered: for each such pair whether the silence between lies inside another's talk.
    """

    candidates: Candidates
    backchannel: BoolArray
    talk: tuple[FloorTalk, ...]
    of_row: Int64Array
    speaker: Int64Array
    start: Int64Array
    end: Int64Array
    first: Int64Array
    last: Int64Array
    inner_before: Int64Array
    inner_after: Int64Array
    covered: BoolArray

    @property
    def thresholds(self) -> Thresholds:
        """The rule set's thresholds in samples."""
        return self.candidates.rules.at(self.candidates.timeline.rate)

    def others(self) -> Iterator[tuple[BoolArray, int, FloorTalk]]:
        """For every ordered pair of speakers: which units are the one's, index and talk of the
        other.
        """
        for y in range(len(self.talk)):
            mine = self.speaker == y
            if mine.any():
                for x, talk in enumerate(self.talk):
                    if x != y and len(talk.row):
                        yield mine, x, talk


def units_of(candidates: Candidates, backchannel: BoolArray) -> Units:
    """Group the IPUs that are no backchannels into units.

    Two neighbouring IPUs of a speaker are one unit unless, in the silence between them,
    all are silent for longer than `turn_pause`, or another speaker talks (backchannels do not
    count) - except for a silence of up to `overlap_pause` that begins and ends inside one IPU of
    the other. A silence longer than `Thresholds.longest_pause` ends a unit whatever others do.
    """
    c = candidates
    t = c.rules.at(c.timeline.rate)
    talk = tuple(
        FloorTalk(row, c.start[row], c.end[row])
        for i in range(len(c.timeline.speakers))
        for row in [np.flatnonzero((c.speaker == i) & ~backchannel)]
    )
    runs = c.layer1.runs
    length = runs.end - runs.start
    lapses = runs.start[(runs.active == 0) & (length > t.turn_pause)]

    of_row = np.full(len(c), -1)
    first, last = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    before, after = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    covers = [np.zeros(0, np.bool_)]
    count = 0
    for x, mine in enumerate(talk):
        if len(mine.row) == 0:
            continue
        a, b = mine.end[:-1], mine.start[1:]
        ends = np.searchsorted(lapses, b) > np.searchsorted(lapses, a)
        ends |= b - a > t.longest_pause
        covered = np.zeros(len(a), np.bool_)
        for y, other in enumerate(talk):
            if y == x or len(other.row) == 0:
                continue
            i = np.searchsorted(other.end, a, side="right")  # the first that ends after a
            inside = i < len(other.row)
            i = np.minimum(i, len(other.row) - 1)
            talks = inside & (other.start[i] < b)
            cover = talks & (other.start[i] < a) & (other.end[i] > b) & (b - a <= t.overlap_pause)
            ends |= talks & ~cover
            covered |= cover
        of_row[mine.row] = count + np.concatenate(([0], np.cumsum(ends)))
        count = int(of_row[mine.row[-1]]) + 1
        opens = np.concatenate(([True], ends))
        first.append(mine.row[opens])
        last.append(mine.row[np.append(opens[1:], [True])])
        before.append(mine.row[:-1][~ends])
        after.append(mine.row[1:][~ends])
        covers.append(covered[~ends])
    head, tail = np.concatenate(first), np.concatenate(last)
    return Units(
        candidates=c,
        backchannel=backchannel,
        talk=talk,
        of_row=of_row,
        speaker=c.speaker[head],
        start=c.start[head],
        end=c.end[tail],
        first=head,
        last=tail,
        inner_before=np.concatenate(before),
        inner_after=np.concatenate(after),
        covered=np.concatenate(covers),
    )


@dataclass(frozen=True, eq=False)
class Onsets:
    """How each unit begins: over or after another speaker, after an own pause, or first of all.

    One row a unit, in the order of `Units`. All arrays have shape ``(n,)``.

    Attributes:
        over: row (IPU) of the other speaker who talks at the onset, -1 if all are silent. That IPU
            begins before and ends after the onset. Of several, the one whose unit began first, then
            the one whose unit ends last.
        over_end: where that one's unit ends (0 if all are silent).
        taken: the unit goes on after `over_end`.
        after: row of the last IPU of another that ended at or before the onset, -1 if none did.
        after_end: its end (-1).
        resumes: all are silent at the onset, and the speaker's own talk was the last before it.
        own_end: end of the speaker's own talk before (-1).
    """

    over: Int64Array
    over_end: Int64Array
    taken: BoolArray
    after: Int64Array
    after_end: Int64Array
    resumes: BoolArray
    own_end: Int64Array

    @property
    def overlapped(self) -> BoolArray:
        """Another speaker talks at the onset."""
        return self.over >= 0

    @property
    def follows(self) -> BoolArray:
        """All are silent at the onset, and the last speaker was another."""
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
