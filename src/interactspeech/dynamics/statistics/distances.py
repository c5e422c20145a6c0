"""Distances between one-dimensional distributions, of samples or of known quantile functions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interactspeech.dynamics.distribution import Distribution
from interactspeech.dynamics.normal import Floats

#: Levels at which quantile functions are compared for Wasserstein's distance.
_GRID: Floats = (np.arange(4000) + 0.5) / 4000

#: Bins of Jensen and Shannon's divergence: of equal probability under the second distribution.
JS_BINS = 50


class Distances(NamedTuple):
    """Distances of two distributions.

    Attributes:
        ks: Kolmogorov and Smirnov: largest difference of the distribution functions, in [0, 1].
        wasserstein: Wasserstein-1 (earth mover's), in the unit of the samples (seconds).
        js: Jensen and Shannon's divergence in bits (base 2), in [0, 1], over 50 bins that hold 2 %
            of the second distribution each (so its value depends on no choice of a width).
    """

    ks: float
    wasserstein: float
    js: float


def distances(samples: Floats, other: Floats | Distribution) -> Distances:
    """Distances of `samples` from other samples, or from a known distribution; NaN without any.

    Args:
        samples: shape ``(n,)``.
        other: samples of shape ``(m,)``, or a quantile function.
    """
    size = 1 if isinstance(other, Distribution) else other.size
    if samples.size == 0 or size == 0:
        return Distances(float("nan"), float("nan"), float("nan"))
    return Distances(_ks(samples, other), _wasserstein(samples, other), _js(samples, other))


def _ks(samples: Floats, other: Floats | Distribution) -> float:
    mine = np.sort(samples)
    if isinstance(other, Distribution):
        # Both step sides count: the empirical function jumps at each sample.
        known = other.cdf(mine)
        jump_from = np.searchsorted(mine, mine, side="left") / mine.size
        jump_to = np.searchsorted(mine, mine, side="right") / mine.size
        below = other.cdf(np.nextafter(mine, -np.inf))
        return float(max(np.max(np.abs(jump_to - known)), np.max(np.abs(jump_from - below))))
    theirs = np.sort(other)
    grid = np.concatenate([mine, theirs])
    first = np.searchsorted(mine, grid, side="right") / mine.size
    second = np.searchsorted(theirs, grid, side="right") / theirs.size
    return float(np.max(np.abs(first - second)))


def _wasserstein(samples: Floats, other: Floats | Distribution) -> float:
    theirs = other.quantile(_GRID) if isinstance(other, Distribution) else _quantiles(other)
    return float(np.mean(np.abs(_quantiles(samples) - theirs)))


def _quantiles(samples: Floats) -> Floats:
    return np.asarray(np.quantile(samples, _GRID, method="inverted_cdf"))


def _js(samples: Floats, other: Floats | Distribution) -> float:
    levels = np.arange(1, JS_BINS) / JS_BINS
    if isinstance(other, Distribution):
        edges = np.unique(other.quantile(levels))
        q = np.diff(np.concatenate([[0.0], other.cdf(edges), [1.0]]))
    else:
        edges = np.unique(np.quantile(other, levels))
        q = np.bincount(np.searchsorted(edges, other), minlength=edges.size + 1) / other.size
    p = np.bincount(np.searchsorted(edges, samples), minlength=edges.size + 1) / samples.size
    middle = (p + q) / 2
    return float(np.clip((_entropy_gap(p, middle) + _entropy_gap(q, middle)) / 2, 0.0, 1.0))


def _entropy_gap(p: Floats, middle: Floats) -> float:
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / middle[held])))
