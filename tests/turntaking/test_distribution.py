import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from interactspeech.turntaking.distribution import (
    Distribution,
    constant,
    from_percentiles,
    mixture,
    normal_cdf,
    normal_quantile,
    remove_component,
    tabulate,
)

PERCENTS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def test_the_normal_distribution_is_scipys():
    x = np.linspace(-5, 5, 1001)
    assert np.abs(normal_cdf(x) - stats.norm.cdf(x)).max() < 1e-6
    p = np.linspace(0.001, 0.999, 999)
    assert np.abs(normal_quantile(p) - stats.norm.ppf(p)).max() < 1e-5


@pytest.mark.parametrize(
    ("law", "low"),
    [
        (stats.norm(0.2, 0.4), -math.inf),
        (stats.t(2.8, 0.154, 0.397), -math.inf),
        (stats.gamma(1.2, 0.2, 0.355), 0.2),
        (stats.lognorm(0.41, scale=math.exp(-0.78)), 0.0),
        (stats.weibull_min(1.12, scale=0.378), 0.0),
    ],
)
def test_a_law_known_by_eight_percentiles_is_met_everywhere(law, low):
    found = from_percentiles({p: float(law.ppf(p)) for p in PERCENTS}, low, math.inf)
    x = law.ppf(np.linspace(0.001, 0.999, 500))
    assert np.abs(found.cdf(x) - law.cdf(x)).max() < 0.012
    assert found.quantile(PERCENTS) == pytest.approx(law.ppf(PERCENTS), abs=1e-4)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=400))
def test_a_table_holds_quantiles_in_order_and_inside_the_samples(values):
    found = tabulate(np.array(values))
    assert (np.diff(found.values) >= 0).all()
    assert found.values[0] == pytest.approx(min(values), abs=1e-6)
    assert found.values[-1] == pytest.approx(max(values), abs=1e-6)
    assert found.quantile(0.5) == pytest.approx(np.median(values), abs=0.51 * np.ptp(values) + 1e-6)


@pytest.mark.parametrize("n", [60, 1000])
def test_an_atom_keeps_its_probability(n):
    samples = np.random.default_rng(3).uniform(0.2, 2.0, n)
    samples[: n // 20] = 1.0
    found = tabulate(samples)
    drawn = found.quantile((np.arange(100_000) + 0.5) / 100_000)
    assert np.mean(drawn == 1.0) == pytest.approx(0.05, abs=1.5 / n)
    assert (np.diff(found.levels) > 0).all()
    assert tabulate([2.0, 2.0, 2.0]).quantile([0.0, 0.3, 1.0]) == pytest.approx(2.0)


def test_a_table_refuses_nothing_and_nonsense():
    with pytest.raises(ValueError, match="one or more"):
        tabulate([])
    with pytest.raises(ValueError, match="finite"):
        tabulate([1.0, float("nan")])


@pytest.mark.parametrize(
    ("levels", "values", "between"),
    [
        ((0.0, 1.0), (1.0, 0.0), 0.0),
        ((0.0, 0.5), (0.0, 1.0), 0.0),
        ((0.0, 0.5, 0.5, 1.0), (0.0, 1.0, 2.0, 3.0), 0.0),
        ((0.0, 1.0), (0.0,), 0.0),
        ((0.0, 1.0), (0.0, math.inf), 0.0),
        ((0.0, 1.0), (0.0, 1.0), 1.0),
    ],
)
def test_no_distribution_of_broken_tables(levels, values, between):
    with pytest.raises(ValueError, match=r"distribution|dyads"):
        Distribution(levels, values, between)


def test_pooled_over_dyads_the_distribution_is_itself_and_dyads_differ():
    law = from_percentiles({0.1: -0.4, 0.5: 0.16, 0.9: 0.98}, -math.inf, math.inf, between=0.3)
    rng = np.random.default_rng(0)
    dyads = [law.draw(rng, 20, effect) for effect in rng.standard_normal(4000)]
    pooled = np.concatenate(dyads)
    x = law.quantile(np.linspace(0.01, 0.99, 99))
    share = np.searchsorted(np.sort(pooled), x) / pooled.size
    assert np.abs(share - law.cdf(x)).max() < 0.02
    # One way analysis of variance on the scores gives the share back.
    scores = normal_quantile(law.cdf(np.array(dyads)))
    inside = scores.var(axis=1, ddof=1).mean()
    between = scores.mean(axis=1).var(ddof=1) - inside / 20
    assert between / (between + inside) == pytest.approx(0.3, abs=0.03)


def test_an_atom_counts_from_its_place_on():
    zero = constant(0.0)
    assert zero.cdf([-1e-9, 0.0, 1.0]).tolist() == [0.0, 1.0, 1.0]
    assert zero.median == zero.mean == 0.0


def test_taking_a_part_out_and_mixing_it_in_again_changes_nothing():
    whole = tabulate(np.random.default_rng(1).normal(0.2, 0.5, 20_000))
    part = tabulate(np.random.default_rng(2).normal(-0.5, 0.2, 20_000))
    again = mixture([(0.9, remove_component(whole, 0.1, part)), (0.1, part)])
    x = np.linspace(-1.5, 1.5, 301)
    assert np.abs(again.cdf(x) - whole.cdf(x)).max() < 0.01
