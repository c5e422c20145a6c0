"""Distances between one-dimensional distributions, of samples or of known quantile functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.statistics.collection import MEASURES, RATES, SHARES, Statistics
from interactspeech.turntaking.statistics.reference import ReferenceStatistics, human

#: Levels at which quantile functions are compared for Wasserstein's distance.
_GRID: Float64Array = (np.arange(4000) + 0.5) / 4000

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


def distances(samples: Float64Array, other: Float64Array | Distribution) -> Distances:
    """Distances of `samples` from other samples, or from a known distribution; NaN without any.

    Args:
        samples: shape ``(n,)``.
        other: samples of shape ``(m,)``, or a quantile function.
    """
    size = 1 if isinstance(other, Distribution) else other.size
    if samples.size == 0 or size == 0:
        return Distances(float("nan"), float("nan"), float("nan"))
    return Distances(_ks(samples, other), wasserstein_distance(samples, other), _js(samples, other))


def _ks(samples: Float64Array, other: Float64Array | Distribution) -> float:
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


def wasserstein_distance(samples: Float64Array, other: Float64Array | Distribution) -> float:
    """Wasserstein-1 of samples (at least one) from others or a known distribution; their unit."""
    theirs = other.quantile(_GRID) if isinstance(other, Distribution) else _quantiles(other)
    return float(np.mean(np.abs(_quantiles(samples) - theirs)))


def _quantiles(samples: Float64Array) -> Float64Array:
    return np.asarray(np.quantile(samples, _GRID, method="inverted_cdf"))


def _js(samples: Float64Array, other: Float64Array | Distribution) -> float:
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


def _entropy_gap(p: Float64Array, middle: Float64Array) -> float:
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / middle[held])))


@dataclass(frozen=True)
class MeasureRow:
    """One measure of two corpora: medians and quartiles in seconds, and distances."""

    name: str
    n: int
    median: float
    low: float
    high: float
    other_median: float
    other_low: float
    other_high: float
    distances: Distances


@dataclass(frozen=True)
class ValueRow:
    """A rate a minute, or a share, of two corpora (NaN where one does not know it)."""

    name: str
    kind: Literal["rate", "share"]
    value: float
    other: float


@dataclass(frozen=True)
class Comparison:
    """Statistics beside others'.

    Attributes:
        minutes: of dialogue on the first side.
        other: name of the second side.
        measures: rows of `MEASURES`.
        values: rows of `RATES`, then of `SHARES`.
    """

    minutes: float
    other: str
    measures: tuple[MeasureRow, ...]
    values: tuple[ValueRow, ...]

    def __getitem__(self, name: str) -> MeasureRow | ValueRow:
        """The row of that name."""
        rows: tuple[MeasureRow | ValueRow, ...] = (*self.measures, *self.values)
        return next(row for row in rows if row.name == name)

    def ks(self, measure: str) -> float:
        """Kolmogorov and Smirnov's distance of a measure."""
        row = self[measure]
        assert isinstance(row, MeasureRow)
        return row.distances.ks

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values; what is not known is None."""

        def known(value: float) -> float | None:
            return round(value, 6) if np.isfinite(value) else None

        return {
            "minutes": known(self.minutes),
            "other": self.other,
            "measures": {
                row.name: {
                    "what": MEASURES[row.name],
                    "n": row.n,
                    "quartiles": [known(v) for v in (row.low, row.median, row.high)],
                    "other_quartiles": [
                        known(v) for v in (row.other_low, row.other_median, row.other_high)
                    ],
                    **{name: known(v) for name, v in row.distances._asdict().items()},
                }
                for row in self.measures
            },
            "values": {
                row.name: {
                    "what": (RATES if row.kind == "rate" else SHARES)[row.name],
                    "value": known(row.value),
                    "other": known(row.other),
                }
                for row in self.values
            },
        }

    def markdown(self) -> str:
        """The comparison as two Markdown tables."""
        lines = [
            f"| seconds | n | median (quartiles) | {self.other} | KS | W1, s | JS, bits |",
            "|---|---:|---|---|---:|---:|---:|",
        ]
        for row in self.measures:
            d = row.distances
            lines.append(
                f"| {row.name} | {row.n:,} | {_range(row.median, row.low, row.high)} | "
                f"{_range(row.other_median, row.other_low, row.other_high)} | "
                f"{_number(d.ks, 3)} | {_number(d.wasserstein, 3)} | {_number(d.js, 3)} |"
            )
        lines += ["", f"| a minute, or share | value | {self.other} |", "|---|---:|---:|"]
        lines += [
            f"| {row.name} | {_number(row.value, 3)} | {_number(row.other, 3)} |"
            for row in self.values
        ]
        return "\n".join(lines) + "\n"


def compare(
    statistics: Statistics, other: Statistics | ReferenceStatistics | Literal["human"] = "human"
) -> Comparison:
    """Statistics beside others', with the distances of every measure.

    Args:
        statistics: see `collect`.
        other: other statistics, a reference of which only distributions are known, or "human", the
            shipped one.
    """
    known = human() if other == "human" else other
    assert not isinstance(known, str)
    measures = []
    for name in MEASURES:
        mine = statistics.samples(name)
        theirs = _other(known, name)
        if mine.size == 0 and not isinstance(theirs, Distribution):
            continue
        mid, low, high = _quartiles(mine)
        measures.append(
            MeasureRow(
                name, mine.size, mid, low, high, *_quartiles(theirs), distances(mine, theirs)
            )
        )
    values = [
        *(ValueRow(n, "rate", statistics.per_minute(n), _rate(known, n)) for n in RATES),
        *(ValueRow(n, "share", statistics.share(n), _share(known, n)) for n in SHARES),
    ]
    label = known.id if isinstance(known, ReferenceStatistics) else "other"
    return Comparison(statistics.minutes, label, tuple(measures), tuple(values))


def _other(known: Statistics | ReferenceStatistics, name: str) -> Float64Array | Distribution:
    """What the other side knows of a measure; no samples where it knows nothing."""
    if isinstance(known, ReferenceStatistics):
        return known.measures.get(name, np.zeros(0))
    return known.samples(name)


def _rate(known: Statistics | ReferenceStatistics, name: str) -> float:
    if isinstance(known, ReferenceStatistics):
        return known.per_minute.get(name, float("nan"))
    return known.per_minute(name)


def _share(known: Statistics | ReferenceStatistics, name: str) -> float:
    if isinstance(known, ReferenceStatistics):
        return known.shares.get(name, float("nan"))
    return known.share(name)


def _quartiles(values: Float64Array | Distribution) -> tuple[float, float, float]:
    """Median, lower and upper quartile; NaN without samples."""
    levels = [0.5, 0.25, 0.75]
    if isinstance(values, Distribution):
        found = values.quantile(levels)
    elif values.size == 0:
        return float("nan"), float("nan"), float("nan")
    else:
        found = np.quantile(values, levels)
    middle, low, high = found.tolist()
    return middle, low, high


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"


def _range(middle: float, low: float, high: float) -> str:
    if not np.isfinite(middle):
        return "-"
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"
