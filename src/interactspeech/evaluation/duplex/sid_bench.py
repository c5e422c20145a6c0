"""SID-Bench (Mu et al. 2026, arXiv 2603.24144): false interruptions, latency, penalty time.

A clip either has a moment `t_break` from which on the listener should stop, or none. A detector
gives at most one moment for a clip, `t_stop`:

| | clip has `t_break` | clip has none |
|---|---|---|
| detector fires | hit: penalty |t_stop - t_break| | false alarm: penalty the whole clip |
| it does not | miss: penalty from `t_break` to the end | 0 |

**FIR** is the share of false alarms among the clips that have none, **IRL** the mean
|t_stop - t_break| of the hits, **APT** the mean penalty of all clips.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class SidClip(msgspec.Struct, frozen=True):
    """A clip and what a detector did on it; seconds.

    Attributes:
        duration: of the clip.
        t_break: from when on it should fire; None if never.
        t_stop: when it fired; None if it did not.
    """

    duration: float
    t_break: float | None
    t_stop: float | None

    @property
    def penalty(self) -> float:
        """Seconds."""
        if self.t_break is None:
            return self.duration if self.t_stop is not None else 0.0
        if self.t_stop is None:
            return self.duration - self.t_break
        return abs(self.t_stop - self.t_break)


class SidScore(msgspec.Struct, frozen=True):
    """FIR, IRL and APT; NaN where there is nothing to take the mean of.

    Attributes:
        fir: share.
        irl: seconds.
        apt: seconds.
        clips, with_break, hits: numbers.
    """

    fir: float
    irl: float
    apt: float
    clips: int
    with_break: int
    hits: int


def sid_score(clips: Sequence[SidClip]) -> SidScore:
    """The three measures over clips."""
    none = [c for c in clips if c.t_break is None]
    hits = [c.penalty for c in clips if c.t_break is not None and c.t_stop is not None]

    def mean(values: Sequence[float]) -> float:
        return math.fsum(values) / len(values) if values else math.nan

    return SidScore(
        fir=mean([float(c.t_stop is not None) for c in none]),
        irl=mean(hits),
        apt=mean([c.penalty for c in clips]),
        clips=len(clips),
        with_break=len(clips) - len(none),
        hits=len(hits),
    )


__all__ = ["SidClip", "SidScore", "sid_score"]
