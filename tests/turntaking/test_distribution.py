import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from interactspeech.turntaking.distribution import (
    LEVELS,
    Distribution,
    constant,
    encode_by_field,
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


def test_a_quantile_function_is_linear_between_its_knots_and_its_inverse_is_the_cdf():
    law = Distribution((0.0, 0.25, 1.0), (1.0, 2.0, 8.0))
    assert law.quantile([0.0, 0.125, 0.25, 0.625, 1.0]).tolist() == [1.0, 1.5, 2.0, 5.0, 8.0]
    assert law.cdf([0.5, 1.0, 1.5, 5.0, 8.0, 9.0]).tolist() == [0.0, 0.0, 0.125, 0.625, 1.0, 1.0]
    assert law.median == pytest.approx(4.0)
    assert law.mean == pytest.approx(0.25 * 1.5 + 0.75 * 5.0)
    step = Distribution((0.0, 0.2, 0.6, 1.0), (1.0, 3.0, 3.0, 4.0))
    assert step.cdf([2.999999, 3.0]).round(3).tolist() == [0.2, 0.6]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-5, 5), min_size=2, max_size=8).map(sorted),
    st.floats(-6, 6).map(lambda x: round(x, 6)),
)
def test_the_cdf_is_the_share_of_levels_whose_quantile_is_not_above(values, x):
    levels = np.linspace(0, 1, len(values))
    law = Distribution(tuple(levels.tolist()), tuple(map(float, values)))
    fine = (np.arange(2000) + 0.5) / 2000
    share = np.mean(law.quantile(fine) <= x + 1e-9)
    assert law.cdf(x) == pytest.approx(share, abs=1e-3)


def test_knots_are_checked_to_the_last():
    Distribution((0.0, 1.0), (1.0, 1.0), 0.999)
    for levels, values, between in (
        ((0.0,), (1.0,), 0.0),
        ((0.1, 1.0), (0.0, 1.0), 0.0),
        ((0.0, 0.9), (0.0, 1.0), 0.0),
        ((0.0, 1.0), (0.0, math.nan), 0.0),
        ((0.0, 1.0), (0.0, 1.0), -0.001),
    ):
        with pytest.raises(ValueError, match=r"distribution|dyads"):
            Distribution(levels, values, between)


def test_a_dyad_has_its_own_median_and_draws_around_it():
    law = from_percentiles({0.1: -1.2816, 0.5: 0.0, 0.9: 1.2816}, -math.inf, math.inf, 0.36)
    assert law.between == 0.36
    assert law.of_dyad(0.0) == pytest.approx(0.0, abs=1e-3)
    assert law.of_dyad(2.0) == pytest.approx(0.6 * 2.0, abs=5e-3)
    drawn = law.draw(np.random.default_rng(1), 40_000, effect=2.0)
    assert drawn.mean() == pytest.approx(1.2, abs=0.02)
    assert drawn.std() == pytest.approx(0.8, abs=0.02)


def test_tables_are_fine_from_200_samples_on():
    samples = np.arange(200) / 200 + 0.001 * np.arange(200) ** 2
    assert len(tabulate(samples).levels) == len(LEVELS)
    assert tabulate(samples).quantile(0.995) == pytest.approx(np.quantile(samples, 0.995), abs=1e-6)
    coarse = tabulate(samples[:199])
    assert coarse.levels == pytest.approx(np.linspace(0, 1, 21))
    assert tabulate(samples, 0.25).between == 0.25
    assert tabulate([1.0]).values == (1.0,) * 21


@pytest.mark.parametrize(("n", "copies", "atom"), [(300, 3, True), (300, 2, False), (100, 2, True)])
def test_a_value_that_one_in_a_hundred_has_is_an_atom(n, copies, atom):
    samples = np.linspace(0.0, 1.0, n)
    place = n // 3
    samples[place : place + copies] = samples[place]
    found = tabulate(samples)
    edges = [place / (n - 1), (place + copies - 1) / (n - 1)]
    levels = np.array(found.levels)
    has = [np.abs(levels - edge).min() < 2e-6 for edge in edges]
    assert all(has) is atom
    if atom:
        low = np.ceil(edges[0] * 1e6) / 1e6
        high = np.floor(edges[1] * 1e6) / 1e6
        assert low in found.levels
        assert high in found.levels
        assert found.quantile([low, high]) == pytest.approx([samples[place]] * 2, abs=1e-6)


def test_values_are_rounded_to_microseconds():
    assert tabulate([1 / 3, 2 / 3]).values[0] == 0.333333
    made = from_percentiles({0.25: 1 / 3, 0.75: 2 / 3}, 0.0, 2.0)
    assert all(round(value, 6) == value for value in made.values)


PERCENTILES = {0.1: 0.2, 0.3: 0.5, 0.5: 0.6, 0.8: 1.4, 0.95: 1.5}


def fritsch_carlson(x, y, at):
    """The paper's interpolant, one interval after the other."""
    h = [b - a for a, b in pairwise(x)]
    d = [(b - a) / step for (a, b), step in zip(pairwise(y), h, strict=True)]
    m = [d[0], *((a + b) / 2 for a, b in pairwise(d)), d[-1]]
    for k, secant in enumerate(d):
        alpha, beta = m[k] / secant, m[k + 1] / secant
        if alpha**2 + beta**2 > 9:
            tau = 3 / math.sqrt(alpha**2 + beta**2)
            m[k], m[k + 1] = tau * alpha * secant, tau * beta * secant
    made = []
    for point in at:
        k = max(i for i in range(len(h)) if x[i] <= point or i == 0)
        t, step = (point - x[k]) / h[k], h[k]
        made.append(
            (1 + 2 * t) * (1 - t) ** 2 * y[k] + t * (1 - t) ** 2 * step * m[k]
            + t * t * (3 - 2 * t) * y[k + 1] + t * t * (t - 1) * step * m[k + 1]
        )  # fmt: skip
    return np.array(made)


@pytest.mark.parametrize("low", [-math.inf, 0.0, 0.1])
def test_between_percentiles_it_is_fritsch_and_carlsons_cubic_of_the_score(low):
    made = from_percentiles(PERCENTILES, low, math.inf)
    x = stats.norm.ppf(list(PERCENTILES)).tolist()
    values = list(PERCENTILES.values())
    y = [math.log(value - low) for value in values] if math.isfinite(low) else values
    levels = np.array([level for level in LEVELS if 0.1 <= level <= 0.95])
    expected = fritsch_carlson(x, y, stats.norm.ppf(levels).tolist())
    if math.isfinite(low):
        expected = np.exp(expected) + low
    assert np.abs(made.quantile(levels) - expected).max() < 1e-4


@pytest.mark.parametrize("low", [-math.inf, 0.1])
def test_beyond_the_outer_percentiles_the_slope_goes_on_in_the_score(low):
    made = from_percentiles(PERCENTILES, low, math.inf)
    score = stats.norm.ppf

    def y(value):
        return math.log(value - low) if math.isfinite(low) else value

    def back(value):
        return math.exp(value) + low if math.isfinite(low) else value

    first = (y(0.5) - y(0.2)) / (score(0.3) - score(0.1))
    final = (y(1.5) - y(1.4)) / (score(0.95) - score(0.8))
    for level in (0.0005, 0.01, 0.05):
        expected = back(y(0.2) + first * (score(level) - score(0.1)))
        assert made.quantile(level) == pytest.approx(expected, abs=1e-4)
    for level in (0.97, 0.99, 0.9995):
        expected = back(y(1.5) + final * (score(level) - score(0.95)))
        assert made.quantile(level) == pytest.approx(expected, abs=1e-4)
    low_end, high_end = made.values[0], made.values[-1]
    expected = low if math.isfinite(low) else 2 * made.values[1] - made.values[3]
    assert low_end == pytest.approx(expected, abs=2e-6)
    assert high_end == pytest.approx(2 * made.values[-2] - made.values[-4], abs=2e-6)


def test_the_upper_bound_holds():
    made = from_percentiles(PERCENTILES, 0.0, 1.6)
    assert made.values[-1] == 1.6
    assert max(made.values) == 1.6
    assert made.quantile(0.95) == pytest.approx(1.5, abs=1e-4)


def test_equal_percentiles_make_a_flat_piece():
    made = from_percentiles({0.2: 0.3, 0.4: 0.3, 0.8: 0.9}, 0.0, 2.0)
    assert made.quantile([0.2, 0.3, 0.4]) == pytest.approx([0.3, 0.3, 0.3], abs=1e-4)


def test_a_mixture_has_the_weighted_cdf():
    one = tabulate(np.random.default_rng(1).normal(0, 1, 5000))
    other = tabulate(np.random.default_rng(2).normal(3, 0.5, 5000))
    made = mixture([(0.3, one), (0.7, other)], 0.2)
    assert made.between == 0.2
    x = np.linspace(-3, 5, 81)
    assert np.abs(made.cdf(x) - (0.3 * one.cdf(x) + 0.7 * other.cdf(x))).max() < 6e-3


def test_where_a_part_is_denser_than_the_whole_the_rest_is_near_and_a_distribution():
    whole = tabulate(np.random.default_rng(1).uniform(0, 1, 5000), 0.4)
    part = constant(0.5)
    rest = remove_component(whole, 0.2, part)
    assert rest.between == 0.4
    assert (np.diff(rest.values) >= 0).all()
    # 0.2 of the whole cannot come from a place that has nothing of it: the lower half loses as
    # much as the upper half.
    assert rest.cdf(0.5) == pytest.approx(0.5, abs=0.02)
    assert rest.cdf(0.1) == pytest.approx(0.125, abs=0.01)
    assert rest.cdf(0.9) == pytest.approx(0.875, abs=0.01)


def test_records_are_written_a_field_a_line():
    text = encode_by_field(constant(1.5)).decode()
    assert text == '{\n  "levels": [0.0,1.0],\n  "values": [1.5,1.5]\n}\n'
