"""One-dimensional distributions as quantile functions, with a part that differs between dyads.

A quantile function takes any shape (a floor-transfer offset is neither normal nor Student's t), is
exact at published percentiles, is sampled by one interpolation, and can be compared by the
Kolmogorov-Smirnov distance.

**Between dyads.** A variable of a dyad is drawn as::

    x = Q(Phi(sqrt(b) * z + sqrt(1 - b) * e)),   z ~ N(0, 1) once a dyad, e ~ N(0, 1) each time,

a Gaussian copula with exchangeable correlation b (Joe 2014, *Dependence Modeling with Copulas*,
sec. 3.1): the dyads' locations differ, each dyad's own spread is smaller than the pooled one, and
pooled over dyads the variable has the quantile function Q exactly.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech._typing import Float64Array

# The normal distribution function, interpolated between these knots, is exact to 1e-6.
_SCORES: Float64Array = np.linspace(-8.5, 8.5, 17 * 256 + 1)
_LEVELS: Float64Array = np.array(
    [0.5 * math.erfc(-score / math.sqrt(2.0)) for score in _SCORES.tolist()]
)

_NORMAL: tuple[list[float], list[float]] = (_SCORES.tolist(), _LEVELS.tolist())


def normal_cdf(score: npt.ArrayLike) -> Float64Array:
    """Probability that a standard normal variable lies below `score`."""
    return np.interp(np.asarray(score, dtype=np.float64), _SCORES, _LEVELS)


def normal_level(score: float) -> float:
    """Probability that a standard normal variable lies below one score (see `normal_cdf`)."""
    return _interpolated(score, *_NORMAL)


def _interpolated(x: float, places: Sequence[float], values: Sequence[float]) -> float:
    """Linear between knots, and constant outside: `numpy.interp` of one number, bit for bit."""
    at = bisect_right(places, x) - 1
    if at < 0:
        return values[0]
    if at >= len(places) - 1:
        return values[-1]
    slope = (values[at + 1] - values[at]) / (places[at + 1] - places[at])
    return slope * (x - places[at]) + values[at]


def normal_quantile(level: npt.ArrayLike) -> Float64Array:
    """The standard normal quantile of `level` in (0, 1); clipped to +-8.5."""
    return np.interp(np.asarray(level, dtype=np.float64), _LEVELS, _SCORES)


#: Levels at which quantile functions are tabulated: fine in the tails, 1 % apart between.
LEVELS: tuple[float, ...] = (
    0.0,
    0.0005,
    0.001,
    0.0025,
    0.005,
    *(percent / 100 for percent in range(1, 100)),
    0.995,
    0.9975,
    0.999,
    0.9995,
    1.0,
)
#: Share of the samples from which a value is an atom: what the even levels would smear.
_ATOM = 0.01


class Distribution(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A quantile function, linear between its knots.

    Attributes:
        levels: cumulative probabilities, strictly increasing from 0 to 1.
        values: quantiles at `levels`, never decreasing (seconds, unless the owner says otherwise).
        between: share of the variance of the normal scores that lies between dyads, in [0, 1).
    """

    levels: tuple[float, ...]
    values: tuple[float, ...]
    between: float = 0.0

    def __post_init__(self) -> None:
        if len(self.levels) != len(self.values) or len(self.levels) < 2:
            raise ValueError("a distribution needs as many values as levels, and at least two")
        levels, values = np.asarray(self.levels), np.asarray(self.values)
        if levels[0] != 0.0 or levels[-1] != 1.0 or not (np.diff(levels) > 0).all():
            raise ValueError("the levels of a distribution rise from 0 to 1")
        if not np.isfinite(values).all() or (np.diff(values) < 0).any():
            raise ValueError("the values of a distribution are finite and never decrease")
        if not 0.0 <= self.between < 1.0:
            raise ValueError(f"the share between dyads is in [0, 1), not {self.between}")

    @property
    def median(self) -> float:
        """The value at level 0.5."""
        return float(self.quantile(0.5))

    @property
    def mean(self) -> float:
        """The mean, exact for the interpolated quantile function."""
        levels, values = np.asarray(self.levels), np.asarray(self.values)
        return float(np.sum(np.diff(levels) * (values[1:] + values[:-1]) / 2))

    def quantile(self, levels: npt.ArrayLike) -> Float64Array:
        """The quantiles at `levels` (any shape)."""
        return np.interp(np.asarray(levels, dtype=np.float64), self.levels, self.values)

    def at(self, level: float) -> float:
        """The quantile at one level: what `quantile` gives, without the cost of an array."""
        return _interpolated(level, self.levels, self.values)

    def cdf(self, values: npt.ArrayLike) -> Float64Array:
        """The share of the distribution at or below each of `values` (any shape)."""
        x = np.asarray(values, dtype=np.float64)
        knots, levels = np.asarray(self.values), np.asarray(self.levels)
        # Equal knots are an atom: the share rises to its first level before it, and jumps to its
        # last one there.
        rises = np.diff(knots) > 0
        places, first = knots[np.append(True, rises)], levels[np.append(True, rises)]
        last = levels[np.append(rises, True)]
        if len(places) == 1:
            return np.where(x < places[0], 0.0, 1.0)
        at = np.clip(np.searchsorted(places, x, side="right") - 1, 0, len(places) - 2)
        slope = (first[at + 1] - last[at]) / (places[at + 1] - places[at])
        inside = slope * (x - places[at]) + last[at]
        return np.where(x < places[0], 0.0, np.where(x >= places[-1], 1.0, inside))

    def levels_of(self, rng: np.random.Generator, n: int, effect: float = 0.0) -> Float64Array:
        """`n` levels of a dyad whose random effect is `effect`; over dyads they are uniform."""
        within = rng.standard_normal(n)
        return normal_cdf(np.sqrt(self.between) * effect + np.sqrt(1.0 - self.between) * within)

    def draw(self, rng: np.random.Generator, n: int, effect: float = 0.0) -> Float64Array:
        """`n` values for a dyad whose random effect is `effect`, float64, shape ``(n,)``."""
        return self.quantile(self.levels_of(rng, n, effect))

    def of_dyad(self, effect: float) -> float:
        """The dyad's own median: the value of a parameter that a dyad has once."""
        return float(self.quantile(normal_cdf(np.sqrt(self.between) * effect)))


def constant(value: float) -> Distribution:
    """The distribution of a constant."""
    return Distribution((0.0, 1.0), (value, value))


def tabulate(values: npt.ArrayLike, between: float = 0.0) -> Distribution:
    """The quantile function of samples (at least one), at `LEVELS` where there are enough.

    A value that 1 % of the samples or more share (transcribers round, and some utterances are given
    a length of exactly 1 s) is an atom: it has knots of its own, so that it keeps its probability.

    Raises:
        ValueError: there are no samples, or one is not finite.
    """
    samples = np.asarray(values, dtype=np.float64)
    if samples.size == 0 or not np.isfinite(samples).all():
        raise ValueError("a distribution is tabulated from one or more finite samples")
    even = LEVELS if samples.size >= 200 else np.linspace(0.0, 1.0, 21)
    levels = np.unique(np.concatenate([even, _atoms(samples)]))
    quantiles = np.maximum.accumulate(np.quantile(samples, levels))
    return Distribution(tuple(levels.tolist()), tuple(_rounded(quantiles)), between)


def _atoms(samples: Float64Array) -> Float64Array:
    """The levels at which the atoms of samples begin and end (a millionth inside)."""
    counts = np.unique(samples, return_counts=True)[1]
    last = np.cumsum(counts) - 1
    first = last - counts + 1
    atom = (counts >= 2) & (counts >= _ATOM * samples.size)
    scale = 1e6 / max(1, samples.size - 1)
    inside = np.concatenate([np.ceil(first[atom] * scale), np.floor(last[atom] * scale)])
    return np.asarray(inside / 1e6)


def from_percentiles(
    percentiles: Mapping[float, float], low: float, high: float, between: float = 0.0
) -> Distribution:
    """A smooth quantile function through published percentiles.

    Between two percentiles, the value is a monotone cubic of the level's normal score (Fritsch and
    Carlson 1980, *SIAM J. Numer. Anal.* 17), so a normal variable is met exactly and no corner of
    the density stands at a percentile. Beyond the outer ones the last slope goes on in the score
    (for a variable bounded below by `low`, the logarithm of its distance from `low` is what is
    interpolated, which gives log-normal tails), up to the bounds.

    Args:
        percentiles: level in (0, 1) -> value.
        low: the variable's lower bound; ``-inf`` for a variable that takes either sign.
        high: its upper bound.
        between: see `Distribution`.
    """
    known = np.array(sorted(percentiles))
    values = np.array([percentiles[p] for p in known.tolist()])
    bounded = np.isfinite(low)
    y = np.log(np.maximum(values - low, 1e-4)) if bounded else values
    x, at = normal_quantile(known), normal_quantile(np.array(LEVELS[1:-1]))
    inner = _monotone_cubic(x, y, np.clip(at, x[0], x[-1]))
    first, final = (y[1] - y[0]) / (x[1] - x[0]), (y[-1] - y[-2]) / (x[-1] - x[-2])
    inner += np.where(at < x[0], (at - x[0]) * first, 0.0)
    inner += np.where(at > x[-1], (at - x[-1]) * final, 0.0)
    middle = np.exp(inner) + low if bounded else inner
    middle = np.minimum(middle, high)
    start = low if bounded else 2 * middle[0] - middle[2]
    end = min(high, 2 * middle[-1] - middle[-3])
    quantiles = np.maximum.accumulate(np.concatenate([[start], middle, [end]]))
    return Distribution(LEVELS, tuple(_rounded(quantiles)), between)


def mixture(parts: list[tuple[float, Distribution]], between: float = 0.0) -> Distribution:
    """The distribution that draws from each part with its weight (weights add up to 1)."""
    grid = np.unique(np.concatenate([np.asarray(part.values) for _, part in parts]))
    cdf = np.sum([weight * part.cdf(grid) for weight, part in parts], axis=0)
    return _inverted(grid, cdf, between)


def remove_component(whole: Distribution, share: float, part: Distribution) -> Distribution:
    """What is left of `whole` when `share` of it comes from `part`.

    So that mixing the result and `part` again gives `whole`; where `part` is denser than `whole`
    allows, the nearest distribution function is taken.
    """
    grid = np.unique(np.concatenate([np.asarray(whole.values), np.asarray(part.values)]))
    cdf = (whole.cdf(grid) - share * part.cdf(grid)) / (1.0 - share)
    # The running maximum and its mirror bracket every monotone fit; their middle is the closest.
    up = np.maximum.accumulate(cdf)
    down = np.minimum.accumulate(cdf[::-1])[::-1]
    return _inverted(grid, np.clip((up + down) / 2, 0.0, 1.0), whole.between)


def encode_by_field(record: msgspec.Struct) -> bytes:
    """A record as readable JSON in UTF-8, one field a line."""
    encoder = msgspec.json.Encoder()
    fields = msgspec.json.decode(encoder.encode(record))
    lines = [b"  " + encoder.encode(k) + b": " + encoder.encode(v) for k, v in fields.items()]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def _inverted(grid: Float64Array, cdf: Float64Array, between: float) -> Distribution:
    keep = np.append(True, np.diff(cdf) > 1e-9)
    quantiles = np.interp(LEVELS, cdf[keep], grid[keep])
    return Distribution(LEVELS, tuple(_rounded(np.maximum.accumulate(quantiles))), between)


def _rounded(values: Float64Array) -> list[float]:
    """Microseconds: finer than any sample."""
    return [round(value, 6) for value in values.tolist()]


def _monotone_cubic(x: Float64Array, y: Float64Array, at: Float64Array) -> Float64Array:
    """Fritsch and Carlson's interpolant of increasing `y` over `x`, at points in ``[x0, xn]``."""
    step = np.diff(x)
    slope = np.diff(y) / step
    tangent = np.concatenate([[slope[0]], (slope[1:] + slope[:-1]) / 2, [slope[-1]]])
    for k, secant in enumerate(slope.tolist()):
        if secant == 0.0:
            tangent[k] = tangent[k + 1] = 0.0
            continue
        a, b = tangent[k] / secant, tangent[k + 1] / secant
        radius = float(np.hypot(a, b))
        if radius > 3.0:
            tangent[k], tangent[k + 1] = 3.0 / radius * a * secant, 3.0 / radius * b * secant
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    t = (at - x[i]) / step[i]
    return np.asarray(
        (2 * t**3 - 3 * t**2 + 1) * y[i]
        + (t**3 - 2 * t**2 + t) * step[i] * tangent[i]
        + (-2 * t**3 + 3 * t**2) * y[i + 1]
        + (t**3 - t**2) * step[i] * tangent[i + 1]
    )
