"""Layer 1: activity. Geometry only, for any number of speakers; cost linear in the segments.

```
   A    ############             ##########      ########
   B            ###########         ###                  ########     ##########
                |1 |       | 2  |   |3|    | 4  |        5       | 4 |
   1 overlap_between   2 gap   3 overlap_within   4 pause   5 latch
```

Heldner & Edlund 2010 name what lies between two stretches in which one speaker talks alone:

=====================  =========  ====================
before and after       silence    several talk
=====================  =========  ====================
the same speaker       pause      overlap_within
different speakers     gap        overlap_between
=====================  =========  ====================

with `latch` for a change of speakers on one sample, `mixed` for silence and overlap side by side,
and `edge` for silence at the beginning and the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.signal.intervals import union
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.timeline import Timeline

#: Names of the classes; `Runs.kind` and `Transitions.kind` index them. A run is never a latch.
CLASSES: Final = (
    "speech",
    "pause",
    "gap",
    "overlap_within",
    "overlap_between",
    "latch",
    "mixed",
    "edge",
)
SPEECH, PAUSE, GAP, OVERLAP_WITHIN, OVERLAP_BETWEEN, LATCH, MIXED, EDGE = range(8)

#: A state is the set of speakers inside an IPU, as bits of an int64; with more speakers than this
#: as bits of Python's integers, which are slower.
MAX_INT64_SPEAKERS = 62


@dataclass(frozen=True, eq=False)
class Runs:
    """Maximal runs of one joint state; they tile ``[0, length)``. All arrays have shape ``(n,)``.

    Attributes:
        start, end: samples.
        state: bit i is set while speaker i (in the timeline's order) is inside an IPU.
        active: number of speakers in the state.
        kind: index into `CLASSES`.
    """

    start: Int64Array
    end: Int64Array
    state: Int64Array
    active: Int64Array
    kind: Int64Array


@dataclass(frozen=True, eq=False)
class Transitions:
    """What lies between one stretch of single talk and the next. All arrays have shape ``(n,)``.

    Attributes:
        kind: pause, gap, overlap_within, overlap_between, latch or mixed, as index into `CLASSES`.
        start, end: end of the single talk before, start of the one after; equal for a latch.
        before, after: index of the speaker who talks alone before and after.
    """

    kind: Int64Array
    start: Int64Array
    end: Int64Array
    before: Int64Array
    after: Int64Array

    def of(self, *kinds: int) -> BoolArray:
        """Which transitions are of one of `kinds`."""
        return np.isin(self.kind, kinds)


@dataclass(frozen=True, eq=False)
class FloorTransfers:
    """Floor-transfer offsets (FTO), in samples. All arrays have shape ``(n,)``.

    Attributes:
        offset: length of the gap, minus the length of the overlap between, or 0.
        onset: where the next speaker starts: end of a gap, start of an overlap.
        before, after: index of the speaker who had, and who then has the floor.
    """

    offset: Int64Array
    onset: Int64Array
    before: Int64Array
    after: Int64Array


@dataclass(frozen=True, eq=False)
class Layer1:
    """Layer 1 of one conversation.

    Attributes:
        rate, length: the timeline's.
        speakers: their ids, in the order that indexes and bits refer to.
        ipus: inter-pausal units, for each speaker in that order, shape ``(n, 2)``.
        runs: joint states and their classes.
        transitions: one for each pair of neighbouring stretches of single talk.
    """

    rate: int
    length: int
    speakers: tuple[str, ...]
    ipus: tuple[Int64Array, ...]
    runs: Runs
    transitions: Transitions

    @cached_property
    def ftos(self) -> FloorTransfers:
        """The floor-transfer offsets: of gaps, overlaps between, and latches."""
        t = self.transitions
        pick = t.of(GAP, OVERLAP_BETWEEN, LATCH)
        kind, start, end = t.kind[pick], t.start[pick], t.end[pick]
        over = kind == OVERLAP_BETWEEN
        return FloorTransfers(
            offset=np.where(over, start - end, end - start),
            onset=np.where(over, start, end),
            before=t.before[pick],
            after=t.after[pick],
        )

    def seconds(self, kind: str) -> float:
        """Total length of the runs of a class, in seconds."""
        pick = self.runs.kind == CLASSES.index(kind)
        return float((self.runs.end[pick] - self.runs.start[pick]).sum()) / self.rate


def layer1(timeline: Timeline, rules: RuleSet = DEFAULT) -> Layer1:
    """IPUs, joint states, their classes and the transitions of a conversation."""
    bridge = rules.at(timeline.rate).bridge
    ipus = {name: union(rows, bridge) for name, rows in timeline.activity.items()}
    return layer1_of_ipus(timeline.rate, timeline.length, ipus)


def layer1_of_ipus(rate: int, length: int, ipus: Mapping[str, Int64Array]) -> Layer1:
    """Layer 1 of given IPUs (sorted, disjoint, not touching), such as all but backchannels."""
    units = tuple(ipus.values())
    start, end, state, active = _states(length, units)
    single = np.flatnonzero(active == 1)
    who = bit_index(state[single])
    # chain[i]: number of single runs before run i; the runs between two singles share it.
    chain = np.cumsum(active == 1)
    silent = np.bincount(chain[active == 0], minlength=len(single) + 1) > 0
    several = np.bincount(chain[active > 1], minlength=len(single) + 1) > 0

    before, after = who[:-1], who[1:]
    same = before == after
    inner_silent, inner_several = silent[1:-1], several[1:-1]
    if len(single) == 0:
        same, inner_silent, inner_several = (np.zeros(0, np.bool_),) * 3
    between = np.full(len(before), LATCH)
    between[inner_silent] = np.where(same, PAUSE, GAP)[inner_silent]
    between[inner_several] = np.where(same, OVERLAP_WITHIN, OVERLAP_BETWEEN)[inner_several]
    between[inner_silent & inner_several] = MIXED

    # Outside the first and the last single talk nothing has two sides: silence at the very edge of
    # the conversation is `edge`, everything else `mixed`.
    kind = np.concatenate(([MIXED], between, [MIXED]))[np.minimum(chain, len(between) + 1)]
    kind[active == 1] = SPEECH
    if len(kind):
        kind[[i for i in (0, -1) if active[i] == 0]] = EDGE
    return Layer1(
        rate=rate,
        length=length,
        speakers=tuple(ipus),
        ipus=units,
        runs=Runs(start, end, state, active, kind),
        transitions=Transitions(between, end[single[:-1]], start[single[1:]], before, after),
    )


def _states(
    length: int, units: tuple[Int64Array, ...]
) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Maximal runs of one state that tile [0, length): start, end, bits, number of speakers."""
    if length == 0:
        return (np.zeros(0, np.int64),) * 4
    one: Int64Array
    if len(units) <= MAX_INT64_SPEAKERS:
        one = np.int64(1) << np.arange(len(units), dtype=np.int64)
    else:
        one = np.array([1 << place for place in range(len(units))], dtype=object)
    bits = np.repeat(one, [len(u) for u in units])
    starts = np.concatenate([np.zeros(0, np.int64), *(u[:, 0] for u in units)])
    ends = np.concatenate([np.zeros(0, np.int64), *(u[:, 1] for u in units)])
    time = np.concatenate((starts, ends))
    order = np.argsort(time, kind="stable")
    time = time[order]
    state = np.cumsum(np.concatenate((bits, -bits))[order])
    ones = np.ones(len(bits), np.int64)
    active = np.cumsum(np.concatenate((ones, -ones))[order])
    last = np.ones(len(time), np.bool_)  # of the boundaries on one sample, the last has the state
    last[:-1] = time[1:] != time[:-1]
    time, state, active = time[last], state[last], active[last]
    if len(time) == 0 or time[0] > 0:
        time, state, active = (np.insert(a, 0, 0) for a in (time, state, active))
    if time[-1] == length:  # the state that begins at the end has no room
        time, state, active = time[:-1], state[:-1], active[:-1]
    return time, np.append(time[1:], length), state, active


def bit_index(state: Int64Array) -> Int64Array:
    """Index of the only bit that is set; exact, as powers of two are exact in float64."""
    if state.dtype == object:
        return np.array([int(one).bit_length() - 1 for one in state], np.int64)
    return np.frexp(state.astype(np.float64))[1].astype(np.int64) - 1
