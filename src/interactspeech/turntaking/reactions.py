"""How one speaker reacts to another, from who talks when: yields, answers, talk over each other.

```
 speaker          |start####################end|
 partner  ##############stop|       ####
                  |--yield--|
                  |-talk-over|

 speaker  ###########end|
 partner                |--latency--|start######
```

Everything is samples of one clock, and activity is as in `Timeline.activity`: int64, shape
``(n, 2)``, sorted, disjoint. Silences of a speaker shorter than `bridge` count as talk: a breath is
no yield. The measures of duplex models and the reports on calls both count from these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.signal.intervals import intersection, union

#: Stands for "never": there is no such moment before the end.
NEVER = -1


def talking_at(activity: Int64Array, times: Int64Array) -> BoolArray:
    """Whether the speaker talks at each time; shape ``(n,)``. A stretch holds its start only."""
    row = np.searchsorted(activity[:, 0], times, side="right") - 1
    end = np.append(activity[:, 1], [NEVER])[row]  # row -1: nothing has begun
    return np.asarray((row >= 0) & (times < end))


def next_stop(activity: Int64Array, times: Int64Array) -> Int64Array:
    """When the talk that goes on at each time ends; `NEVER` where the speaker is silent."""
    row = np.searchsorted(activity[:, 0], times, side="right") - 1
    end = np.append(activity[:, 1], [NEVER])[row]
    return np.where((row >= 0) & (times < end), end, NEVER)


def next_start(activity: Int64Array, times: Int64Array) -> Int64Array:
    """When the speaker starts to talk next, at each time or after it; `NEVER` if not at all."""
    row = np.searchsorted(activity[:, 0], times, side="left")
    return np.append(activity[:, 0], [NEVER])[row]


def talk_within(activity: Int64Array, start: Int64Array, end: Int64Array) -> Int64Array:
    """Samples of talk inside each ``[start, end)``; shape ``(n,)``."""
    return _talk_before(activity, end) - _talk_before(activity, start)


def _talk_before(activity: Int64Array, times: Int64Array) -> Int64Array:
    total = np.concatenate(([0], np.cumsum(activity[:, 1] - activity[:, 0])))
    row = np.searchsorted(activity[:, 0], times, side="right")
    last_end = np.concatenate(([np.iinfo(np.int64).min], activity[:, 1]))[row]
    return total[row] - np.where(row > 0, np.maximum(last_end - times, 0), 0)


def talk_over(one: Int64Array, other: Int64Array) -> Int64Array:
    """Where both talk; shape ``(n, 2)``."""
    return intersection(one, other)


@dataclass(frozen=True, eq=False)
class Yields:
    """What the partner does when a speaker starts over them; all arrays have shape ``(n,)``.

    Attributes:
        start, end: of the speaker's talk, which begins while the partner talks.
        stop: when the partner's talk ends that goes on at `start`.
        resume: when the partner talks again after that, or `NEVER`.
        over: samples in which both talk, from `start` until `end` or `stop`.
    """

    start: Int64Array
    end: Int64Array
    stop: Int64Array
    resume: Int64Array
    over: Int64Array

    def __len__(self) -> int:
        return len(self.start)

    @property
    def latency(self) -> Int64Array:
        """Samples until the partner stops."""
        return self.stop - self.start

    def yielded(self, within: int) -> BoolArray:
        """Whether the partner stops in at most `within` samples, before the speaker does."""
        return np.asarray((self.latency <= within) & (self.stop < self.end))


def yields(speaker: Int64Array, partner: Int64Array, *, bridge: int = 1) -> Yields:
    """Each start of `speaker` while `partner` talks, and what becomes of the partner's talk.

    Args:
        speaker: when one talks.
        partner: when the other does.
        bridge: silences of either shorter than so many samples count as talk.
    """
    own, other = union(speaker, bridge), union(partner, bridge)
    own = own[talking_at(other, own[:, 0])]
    start, end = own[:, 0], own[:, 1]
    stop = next_stop(other, start)
    return Yields(start, end, stop, next_start(other, stop), np.minimum(stop, end) - start)


@dataclass(frozen=True, eq=False)
class Answers:
    """What follows each end of a speaker's talk in silence; all arrays have shape ``(n,)``.

    Attributes:
        end: of the speaker's talk, while the partner is silent.
        start: when the partner starts after it, or `NEVER`.
        again: when the speaker goes on, or `NEVER`.
    """

    end: Int64Array
    start: Int64Array
    again: Int64Array

    def __len__(self) -> int:
        return len(self.end)

    @property
    def answered(self) -> BoolArray:
        """Whether the partner starts, not after the speaker goes on."""
        goes_on = np.where(self.again == NEVER, np.iinfo(np.int64).max, self.again)
        return np.asarray((self.start != NEVER) & (self.start <= goes_on))

    @property
    def latency(self) -> Int64Array:
        """Samples until the partner starts; `NEVER` where another thing happens."""
        return np.where(self.answered, self.start - self.end, NEVER)


def answers(speaker: Int64Array, partner: Int64Array, *, bridge: int = 1) -> Answers:
    """Each end of `speaker`'s talk at which `partner` is silent, and who starts next.

    Args:
        speaker: when one talks.
        partner: when the other does.
        bridge: silences of either shorter than so many samples count as talk.
    """
    own, other = union(speaker, bridge), union(partner, bridge)
    end = own[:, 1]
    end = end[~talking_at(other, end - 1) & (end > 0)] if len(end) else end
    return Answers(end, next_start(other, end), next_start(own, end))


__all__ = [
    "NEVER",
    "Answers",
    "Yields",
    "answers",
    "next_start",
    "next_stop",
    "talk_over",
    "talk_within",
    "talking_at",
    "yields",
]
