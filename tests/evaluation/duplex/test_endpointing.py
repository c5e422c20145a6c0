"""eot-bench's policies by hand, and against one policy at a time."""

import numpy as np
import pytest

from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.endpointing import (
    ACTION_DELAYS,
    TIMEOUTS,
    SilenceCase,
    lowest_cutoffs,
    lowest_latency,
    policy_sweep,
    silence_baseline,
)


def one_policy(
    cases: list[SilenceCase], threshold: float, delay: float, timeout: float
) -> tuple[float, float]:
    """Share of holds cut off and mean latency of ends, a case at a time."""
    cut, waits = [], []
    for case in cases:
        fire = next(
            (t for t, s in zip(case.times, case.scores, strict=True) if s > threshold), None
        )
        acts = timeout if fire is None else min(timeout, max(delay, fire))
        if case.label == "eot":
            waits.append(acts)
        elif 0.2 - 1e-9 <= case.duration <= 5 + 1e-9:
            cut.append(case.duration > acts + 1e-9)
    return float(np.mean(cut)), float(np.mean(waits))


def test_against_one_policy_at_a_time() -> None:
    rng = np.random.default_rng(3)
    times = tuple(round(0.1 * k, 1) for k in range(40))
    cases = [
        SilenceCase(
            "eot" if rng.random() < 0.4 else "hold",
            float(rng.choice([0.1, 0.2, 0.6, 1.0, 1.7, 3.2, 6.0])),
            times,
            tuple(np.round(rng.random(40) ** 3, 2).tolist()),
        )
        for _ in range(60)
    ]
    points = policy_sweep(cases)
    assert len(points) == 101 * len(ACTION_DELAYS) * len(TIMEOUTS)
    for p in rng.choice(len(points), 300, replace=False):
        point = points[p]
        expected = one_policy(cases, point.threshold, point.action_delay, point.timeout)
        assert (point.cutoff_rate, point.mean_latency) == pytest.approx(expected)


def test_a_hold_as_long_as_the_wait_is_not_cut_off() -> None:
    cases = [SilenceCase("hold", 0.2, (0.0,), (1.0,)), SilenceCase("eot", 5.0, (0.0,), (1.0,))]
    point = next(p for p in policy_sweep(cases) if (p.threshold, p.action_delay) == (0.5, 0.2))
    assert (point.cutoff_rate, point.mean_latency) == (0.0, 0.2)


def test_budgets() -> None:
    cases = [
        SilenceCase("hold", 0.7, (0.0, 0.1), (0.0, 0.0)),
        SilenceCase("hold", 1.2, (0.0, 0.1), (0.9, 0.0)),
        SilenceCase("eot", 5.0, (0.0, 0.1), (0.0, 0.8)),
    ]
    points = policy_sweep(cases)
    best = lowest_cutoffs(points, 0.3)
    assert best is not None
    assert best.cutoff_rate == 0.5  # the score of the second hold is higher than the end's
    fast = lowest_latency(points, 0.0)
    assert fast is not None
    assert fast.mean_latency == pytest.approx(1.5)  # only the timeout tells them apart
    silent = lowest_latency(silence_baseline(cases), 0.0)
    assert silent is not None
    assert silent.mean_latency == 1.5


def test_a_policy_needs_both() -> None:
    with pytest.raises(UsageError, match="0 holds and 1 ends"):
        policy_sweep([SilenceCase("eot", 5.0, (), ())])
