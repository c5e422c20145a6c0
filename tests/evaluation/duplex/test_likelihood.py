"""The likelihood of what follows ends of talk, by hand and by the shipped listener."""

import math

import numpy as np
import pytest
from duplex_items import SYSTEM, USER

from interactspeech.evaluation.duplex.likelihood import future_likelihood, likelihood_of
from interactspeech.signal.intervals import intervals

RATE, STEP = 16_000, 640


def chances(steps: int, user: float, system: float) -> np.ndarray:
    given = np.empty((2, steps, 4), np.float32)
    given[0], given[1] = user, system
    return given


def test_one_boundary_by_hand() -> None:
    # The user stops at 1 s; the system talks from 1.6 s on: its bins .6-1.2 and 1.2-2 are on.
    user, system = intervals([(0, RATE)]), intervals([(RATE * 8 // 5, 4 * RATE)])
    found = likelihood_of(chances(100, 0.1, 0.75), (user, system), 4 * RATE)
    expected = -(4 * math.log(0.9) + 2 * math.log(0.25) + 2 * math.log(0.75))
    assert found.boundaries == 1  # the system's end has no two seconds after it
    assert found.nats == pytest.approx(expected, rel=1e-6)


def test_who_knows_what_follows_is_less_surprised() -> None:
    user, system = intervals([(0, RATE)]), intervals([(RATE, 4 * RATE)])
    sure = likelihood_of(chances(100, 0.01, 0.99), (user, system), 4 * RATE)
    unsure = likelihood_of(chances(100, 0.5, 0.5), (user, system), 4 * RATE)
    assert sure.nats < 0.1 < unsure.nats == pytest.approx(8 * math.log(2))


def test_nothing_to_ask() -> None:
    nobody = intervals([])
    assert math.isnan(likelihood_of(chances(10, 0.5, 0.5), (nobody, nobody), RATE).nats)


def test_a_breath_is_no_boundary() -> None:
    user = intervals([(0, RATE), (RATE + RATE // 10, 2 * RATE)])
    found = likelihood_of(chances(200, 0.5, 0.5), (user, intervals([])), 6 * RATE)
    assert found.boundaries == 1


def test_the_shipped_listener() -> None:
    rows = intervals([(8000, 32_000), (80_000, 96_000)])
    found = future_likelihood(np.stack((USER, SYSTEM)), rows, intervals([(40_000, 88_000)]))
    assert found.boundaries == 3
    assert 0 < found.nats < 40
