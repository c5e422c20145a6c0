"""Parts of the fit, against their formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.turntaking import Timeline, layer1
from interactspeech.turntaking.timing.fitting import _true_rates, variance_between
from interactspeech.turntaking.timing.floor_process import (
    EFFECTS,
    FEATURES,
    START,
    Chain,
    features,
)
from interactspeech.turntaking.timing.process_fitting import (
    EPISODE,
    Steps,
    _contexts,
    _evidence,
    steps_of,
)
from interactspeech.turntaking.timing.simulation import _correlated


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(-3, 3).map(lambda x: round(x, 3)), min_size=1, max_size=5),
        min_size=2,
        max_size=6,
    )
)
def test_the_share_between_groups_is_that_of_the_unbalanced_analysis_of_variance(groups):
    """The estimator for groups of different sizes, from its sums of squares."""
    found = variance_between([np.array(g) for g in groups] + [np.zeros(0)])
    k, n = len(groups), sum(map(len, groups))
    if n <= k:
        assert found == 0.0
        return
    grand = sum(map(sum, groups)) / n
    within = sum((x - np.mean(g)) ** 2 for g in groups for x in g) / (n - k)
    among = sum(len(g) * (np.mean(g) - grand) ** 2 for g in groups) / (k - 1)
    size = (n - sum(len(g) ** 2 for g in groups) / n) / (k - 1)
    between = max(0.0, (among - within) / size)
    expected = 0.0 if between + within < 1e-12 else min(0.95, between / (between + within))
    assert found == pytest.approx(expected, abs=1e-6)


def test_one_group_or_single_cases_tell_nothing():
    assert variance_between([np.array([1.0, 2.0, 3.0])]) == 0.0
    assert variance_between([np.array([1.0]), np.array([5.0])]) == 0.0
    assert variance_between([]) == 0.0
    assert variance_between([np.array([0.0, 0.0]), np.array([5.0, 5.0])]) == 0.95


def steps(**given):
    defaults = {
        "who": np.array([0, 1, 1, 0, 0]),
        "solo": np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        "kind": np.array([2, 0, 3, 1, 2]),
        "length": np.array([0.5, 0.7, 0.2, 0.9, 0.25]),
        "end": np.array([1.5, 4.2, 7.4, 12.3, 17.5]),
    }
    return Steps(**(defaults | given))


def test_sides_say_what_is_before_and_after_a_time_alone():
    # Overlap between, pause, overlap within, gap, overlap between.
    assert steps().sides.tolist() == [1, 2, 1, 2, 1]


def test_a_unit_is_its_time_alone_with_the_overlaps_between_beside_it():
    found = steps().whole
    # The third and fourth are joined by an overlap within; the last has one after it only.
    expected = [1.0 + 0.5, 0.5 + 2.0, np.nan, np.nan, 5.0 + 0.25]
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    assert np.nan_to_num(found) == pytest.approx(np.nan_to_num(expected))
    thirds = steps(solo=np.full(5, 0.1), length=np.full(5, 0.2)).whole
    assert thirds[0] == 0.3  # rounded to microseconds: 0.1 + 0.2 is not


def test_contexts_are_the_symbols_before():
    assert _contexts([7, 8, 9], 2) == [(START, START), (START, 7), (7, 8)]
    assert _contexts([7, 8], 1) == [(START,), (7,)]


def test_evidence_is_gradient_and_information_of_the_log_likelihood():
    """By differences of the likelihood itself, for each speaker and episode."""
    rng = np.random.default_rng(5)
    symbols = rng.integers(0, 112, 40).tolist()
    who = rng.integers(0, 2, 40)
    end = np.sort(rng.uniform(0, 2.5 * EPISODE, 40))
    end[-1] += EPISODE  # an episode of one step
    contexts = _contexts(symbols, 1)
    rows = np.array([(*c, y, 1) for c, y in dict.fromkeys(zip(contexts, symbols, strict=True))])
    chain = Chain(rows, 1.0)
    made = steps(who=who, solo=np.ones(40), kind=np.zeros(40, int), length=np.ones(40), end=end)
    phi = features()
    episode = ((end - end[0]) // EPISODE).astype(int)

    def log_likelihood(effects, only):
        total = 0.0
        for y, context, speaker, part in zip(symbols, contexts, who, episode, strict=True):
            if part == only:
                own = effects[speaker * FEATURES : (speaker + 1) * FEATURES]
                weights = chain.probabilities(context) * np.exp(phi @ own)
                total += np.log(weights[y] / weights.sum())
        return total

    at = rng.normal(0, 0.2, EFFECTS)
    gradient, information = _evidence(chain, made, symbols, contexts, at)
    assert gradient.shape == (episode[-1] + 1, EFFECTS)
    assert information.shape == (episode[-1] + 1, EFFECTS, EFFECTS)
    step = 1e-4
    for part in range(episode[-1] + 1):
        slope = np.zeros(EFFECTS)
        for k in range(EFFECTS):
            move = np.zeros(EFFECTS)
            move[k] = step
            slope[k] = (
                log_likelihood(at + move, part) - log_likelihood(at - move, part)
            ) / (2 * step)  # fmt: skip
        # Expanded around `at`: what is linear in the tendencies.
        assert gradient[part] - information[part] @ at == pytest.approx(slope, abs=1e-5)
        assert information[part] == pytest.approx(information[part].T)
    move = np.zeros(EFFECTS)
    move[3] = 1e-3
    middle = log_likelihood(at, 0)
    bend = (log_likelihood(at + move, 0) - 2 * middle + log_likelihood(at - move, 0)) / 1e-6
    assert information[0][3, 3] == pytest.approx(-bend, rel=1e-3)


def test_tendencies_are_drawn_with_their_covariance():
    """A covariance of rank 2, with a rounding error below 0 as the fit leaves it."""
    rng = np.random.default_rng(4)
    root = rng.normal(0, 1, (EFFECTS, 2))
    covariance = root @ root.T - 1e-9 * np.eye(EFFECTS)
    rows = tuple(map(tuple, covariance.tolist()))
    drawn = np.array([_correlated(rng, rows) for _ in range(4000)])
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=0.25)
    assert np.linalg.matrix_rank(drawn, tol=1e-3) == 2


@pytest.mark.parametrize(("goes_on", "kind"), [("A", 0), ("B", 1)])
def test_a_mixed_transition_is_a_pause_or_a_gap_by_who_goes_on(goes_on, kind):
    """A, then B into A's end, both silent, then one of them: overlap and silence in one."""
    speech = {"A": [[0, 1000]], "B": [[900, 1000]]}
    speech[goes_on].append([1500, 2500])
    activity = {name: np.array(rows) for name, rows in speech.items()}
    steps = steps_of(layer1(Timeline(1000, 3000, activity)))
    assert steps.kind.tolist()[:1] == [kind]


def test_true_rates_of_one_dyad_of_none_and_of_noise():
    assert _true_rates(np.array([3.0]), np.array([2.0])).tolist() == [1.5]
    assert _true_rates(np.zeros(3), np.ones(3)).tolist() == [0.0, 0.0, 0.0]
    # No more spread than counting gives: all dyads have one rate.
    assert _true_rates(np.array([4.0, 6.0]), np.ones(2)).tolist() == [5.0, 5.0]
    # A variance of 100 about 20, of which 20 is counting: sqrt(.8) of each distance stays.
    kept = _true_rates(np.array([10.0, 30.0]), np.ones(2))
    assert kept == pytest.approx([20 - 10 * 0.8**0.5, 20 + 10 * 0.8**0.5])
