"""Coefficients against the libraries that others use, on random data."""

import numpy as np
import pytest

from interactspeech.evaluation.agreement import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    rating_counts,
)
from interactspeech.evaluation.ratings import alpha, kappa


def table(rng: np.random.Generator, raters: int, units: int, k: int, gaps: float) -> np.ndarray:
    """Ratings that agree more than chance, NaN where somebody did not rate."""
    truth = rng.integers(0, k, units)
    found = np.where(rng.random((raters, units)) < 0.6, truth, rng.integers(0, k, (raters, units)))
    return np.where(rng.random((raters, units)) < gaps, np.nan, found)


def counted(ratings: np.ndarray, k: int) -> np.ndarray:
    return np.stack([(ratings == value).sum(axis=0) for value in range(k)], axis=1)


@pytest.mark.parametrize("seed", range(25))
def test_cohens_kappa_is_scikit_learns(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 6))
    one, other = table(rng, 2, int(rng.integers(5, 200)), k, 0).astype(int)
    confusion = np.zeros((k, k))
    np.add.at(confusion, (one, other), 1)
    expected = metrics.cohen_kappa_score(one, other)
    assert cohen_kappa(confusion) == pytest.approx(expected, abs=1e-12)
    pairs = [[("a", str(x)), ("b", str(y))] for x, y in zip(one, other, strict=True)]
    assert kappa(pairs) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("seed", range(25))
def test_alpha_is_that_of_the_package_krippendorff(seed: int, level: str) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 6))
    ratings = table(rng, int(rng.integers(2, 6)), int(rng.integers(5, 200)), k, 0.25)
    expected = krippendorff.alpha(
        reliability_data=ratings, level_of_measurement=level, value_domain=list(range(k))
    )
    counts = counted(ratings, k)
    assert krippendorff_alpha(counts, level=level) == pytest.approx(expected, abs=1e-12)
    rows, many = np.unique(counts, axis=0, return_counts=True)
    assert krippendorff_alpha(rows, many, level=level) == pytest.approx(expected, abs=1e-12)
    if level == "nominal":
        units = [
            [(str(r), str(v)) for r, v in enumerate(unit) if not np.isnan(v)] for unit in ratings.T
        ]
        assert alpha(units) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_fleiss_kappa_follows_from_alpha(seed: int) -> None:
    # With n ratings in all, 1 - alpha = (1 - kappa) (n - 1) / n: both see the same disagreement,
    # and alpha draws the pairs of chance without replacement.
    krippendorff = pytest.importorskip("krippendorff")
    rng = np.random.default_rng(seed)
    ratings = table(rng, 4, 60, 3, 0)
    expected = krippendorff.alpha(reliability_data=ratings, level_of_measurement="nominal")
    n = ratings.size
    found = fleiss_kappa(counted(ratings, 3))
    assert 1 - (1 - found) * (n - 1) / n == pytest.approx(expected, abs=1e-12)


def test_fleiss_own_example() -> None:
    # Fleiss (1971), table 1 as it is printed in textbooks: 10 subjects, 14 raters, kappa .210.
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(np.array(counts)) == pytest.approx(0.210, abs=5e-4)


def test_what_says_nothing_is_nan() -> None:
    assert np.isnan(cohen_kappa(np.zeros((2, 2))))
    assert np.isnan(cohen_kappa(np.diag([5, 0])))
    assert np.isnan(krippendorff_alpha(np.array([[1, 0], [0, 1]])))
    assert np.isnan(krippendorff_alpha(np.array([[2, 0], [3, 0]])))
    assert np.isnan(fleiss_kappa(np.zeros((0, 2))))
    with pytest.raises(ValueError, match="same two or more"):
        fleiss_kappa(np.array([[2, 0], [2, 1]]))
    counts, names = rating_counts([["b", "a"], ["a"]])
    assert names == ["a", "b"]
    assert counts.tolist() == [[1, 1], [1, 0]]
