"""eot-bench (LiveKit): what an endpointer costs, in turns cut off and in seconds of waiting.

```
 user   ####  hold  ######   hold   ###   eot ......
        every silence is a case; a score every 100 ms of it

 policy: act once the score has exceeded `threshold`, not before `action_delay` into the silence,
         and in any case after `timeout`
```

A hold is cut off where the policy acts before the user goes on. An end costs as long as the policy
waits. All policies of a grid are tried; what counts is the lowest share of cut-offs at a mean
latency, and the lowest latency at a share of cut-offs. Rules and grids are those of
``eot_harness/metrics.py`` (the file that LiveKit's repository and forks of it have, read November
2026); holds shorter than .2 s or longer than 5 s are left out. Times are seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array
from interactspeech.errors import UsageError

THRESHOLDS: Final = tuple(round(k / 100, 2) for k in range(101))
ACTION_DELAYS: Final = tuple(round(k / 10, 1) for k in range(2, 11))
TIMEOUTS: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
SHORTEST_HOLD, LONGEST_HOLD = 0.2, 5.0
#: Budgets that are reported: mean latency, and share of holds cut off.
LATENCY_BUDGETS: Final = (0.3, 0.6)
CUTOFF_BUDGETS: Final = (0.05, 0.10)
_EPS: Final = 1e-9


class SilenceCase(msgspec.Struct, frozen=True):
    """A silence of the user, and the scores in it.

    Attributes:
        label: "hold" if the user goes on, "eot" if not.
        duration: of the silence.
        times: since its beginning, ascending.
        scores: at these times, higher for an end.
    """

    label: Literal["hold", "eot"]
    duration: float
    times: tuple[float, ...]
    scores: tuple[float, ...]


class PolicyPoint(msgspec.Struct, frozen=True):
    """What a policy costs.

    Attributes:
        threshold, action_delay, timeout: the policy; threshold is NaN for silence alone.
        cutoff_rate: share of holds that are cut off.
        mean_latency: over ends.
        detect_rate: share of ends at which the score decides, not the timeout.
    """

    threshold: float
    action_delay: float
    timeout: float
    cutoff_rate: float
    mean_latency: float
    detect_rate: float


def policy_sweep(cases: Sequence[SilenceCase]) -> list[PolicyPoint]:
    """Every policy of the grid; those whose timeout comes before the action delay are left out.

    Raises:
        UsageError: there is no hold of a usable length, or no end.
    """
    holds = [
        c
        for c in cases
        if c.label == "hold" and SHORTEST_HOLD - _EPS <= c.duration <= LONGEST_HOLD + _EPS
    ]
    ends = [c for c in cases if c.label == "eot"]
    if not holds or not ends:
        raise UsageError(
            f"{len(holds)} holds and {len(ends)} ends: a policy needs both",
            reason="nothing-to-measure",
        )
    lengths = np.array([c.duration for c in holds])
    points = []
    for threshold in THRESHOLDS:
        hold_fire, end_fire = _crossings(holds, threshold), _crossings(ends, threshold)
        for delay in ACTION_DELAYS:
            fired = np.isfinite(hold_fire)
            by_score: BoolArray = fired & (lengths > np.maximum(delay, hold_fire) + _EPS)
            acted = np.maximum(delay, end_fire)
            for timeout in TIMEOUTS:
                if timeout + _EPS < delay:
                    continue
                cut = by_score | (lengths > timeout + _EPS)
                detected = np.isfinite(end_fire) & (acted <= timeout + _EPS)
                latency = np.where(detected, acted, timeout)
                points.append(
                    PolicyPoint(threshold, delay, timeout, float(cut.mean()),
                                float(latency.mean()), float(detected.mean()))
                )  # fmt: skip
    return points


def silence_baseline(cases: Sequence[SilenceCase]) -> list[PolicyPoint]:
    """Policies that act after so much silence, whatever was said."""
    lengths = np.array(
        [
            c.duration
            for c in cases
            if c.label == "hold" and SHORTEST_HOLD - _EPS <= c.duration <= LONGEST_HOLD + _EPS
        ]
    )
    return [
        PolicyPoint(math.nan, delay, delay,
                    float((lengths > delay + _EPS).mean()) if len(lengths) else 0.0, delay, 1.0)
        for delay in sorted({*ACTION_DELAYS, *TIMEOUTS})
    ]  # fmt: skip


def _crossings(cases: Sequence[SilenceCase], threshold: float) -> Float64Array:
    return np.array(
        [
            next(
                (t for t, s in zip(c.times, c.scores, strict=True) if s > threshold),
                math.inf,
            )
            for c in cases
        ]
    )


def lowest_cutoffs(points: Sequence[PolicyPoint], latency: float) -> PolicyPoint | None:
    """The policy that cuts off least with at most this mean latency; the published ties."""
    fit = [p for p in points if p.mean_latency <= latency + _EPS]
    return min(
        fit,
        key=lambda p: (p.cutoff_rate, p.mean_latency, -p.threshold, p.action_delay, p.timeout),
        default=None,
    )


def lowest_latency(points: Sequence[PolicyPoint], cutoffs: float) -> PolicyPoint | None:
    """The policy that waits least with at most this share of holds cut off; the published ties."""
    fit = [p for p in points if p.cutoff_rate <= cutoffs + _EPS]
    return min(
        fit,
        key=lambda p: (p.mean_latency, p.cutoff_rate, -p.threshold, p.action_delay, p.timeout),
        default=None,
    )


__all__ = [
    "PolicyPoint",
    "SilenceCase",
    "lowest_cutoffs",
    "lowest_latency",
    "policy_sweep",
    "silence_baseline",
]
