"""Chance-corrected agreement, from counts: Cohen's and Fleiss' kappa, Krippendorff's alpha.

All three are 1 minus disagreement that was seen over disagreement that chance would give; they
differ in what chance is. Held against scikit-learn and the package krippendorff on random data by
the tests.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np

from interactspeech._typing import AnyArray, Float64Array

#: What a difference between two categories means (Krippendorff 2004, chapter 11): any is as large
#: as any other; by how many ratings lie between; by the square of the difference of their values.
AlphaLevel = Literal["nominal", "ordinal", "interval"]


def rating_counts(
    units: Sequence[Sequence[Hashable]], categories: Sequence[Hashable] | None = None
) -> tuple[Float64Array, list[Hashable]]:
    """How often each unit was given each category: shape ``(units, categories)``.

    Args:
        units: the ratings of each unit, by however many people.
        categories: their order (for the ordinal level); sorted as text where it is None.
    """
    names = (
        list(categories)
        if categories is not None
        else sorted({one for unit in units for one in unit}, key=str)
    )
    index = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(units), len(names)))
    for row, unit in enumerate(units):
        for one in unit:
            counts[row, index[one]] += 1
    return counts, names


def cohen_kappa(confusion: AnyArray) -> float:
    """Cohen's kappa (1960) of two raters.

    Args:
        confusion: units by what the one (rows) and the other (columns) said, shape ``(k, k)``.

    Returns:
        At most 1; NaN where there is nothing, or where chance alone would agree always.
    """
    table = np.asarray(confusion, np.float64)
    total = table.sum()
    if not total:
        return float("nan")
    expected = float(table.sum(axis=1) @ table.sum(axis=0)) / total**2
    if expected >= 1.0:
        return float("nan")
    return float((np.trace(table) / total - expected) / (1.0 - expected))


def fleiss_kappa(counts: AnyArray, weights: AnyArray | None = None) -> float:
    """Fleiss' kappa (1971) of any number of raters, the same for each unit.

    Args:
        counts: raters who gave each unit each category, shape ``(units, k)``.
        weights: how many units each row stands for; 1 if None.

    Returns:
        At most 1; NaN where there is nothing, or where chance alone would agree always.

    Raises:
        ValueError: the units have different numbers of raters, or fewer than two.
    """
    table = np.asarray(counts, np.float64)
    many = np.ones(len(table)) if weights is None else np.asarray(weights, np.float64)
    table, many = table[many > 0], many[many > 0]
    if not len(table):
        return float("nan")
    raters = table.sum(axis=1)
    if raters[0] < 2 or np.any(raters != raters[0]):
        raise ValueError("Fleiss' kappa needs the same two or more raters a unit")
    n = raters[0]
    total = many.sum()
    observed = float(many @ ((table * (table - 1)).sum(axis=1) / (n * (n - 1)))) / total
    shares = (many @ table) / (total * n)
    expected = float(shares @ shares)
    if expected >= 1.0:
        return float("nan")
    return float((observed - expected) / (1.0 - expected))


def krippendorff_alpha(
    counts: AnyArray,
    weights: AnyArray | None = None,
    *,
    level: AlphaLevel = "nominal",
    values: Sequence[float] | None = None,
) -> float:
    """Krippendorff's alpha (2004): any number of raters, with gaps.

    Args:
        counts: raters who gave each unit each category, shape ``(units, k)``; units with fewer than
            two ratings say nothing and are passed over.
        weights: how many units each row stands for; 1 if None.
        level: what a difference means; for "ordinal" the columns are in order.
        values: of the categories, for "interval"; 0, 1, 2, ... if None.

    Returns:
        At most 1; NaN where no unit has two ratings, or all ratings are the same.
    """
    table = np.asarray(counts, np.float64)
    many = np.ones(len(table)) if weights is None else np.asarray(weights, np.float64)
    raters = table.sum(axis=1)
    kept = (raters >= 2) & (many > 0)
    table, many, raters = table[kept], many[kept], raters[kept]
    scale = many / (raters - 1) if len(table) else many
    # Values of one unit that stand beside each other, each pair in both orders.
    together = (table * scale[:, None]).T @ table - np.diag(scale @ table)
    margins = together.sum(axis=1)
    n = margins.sum()
    if n <= 1:
        return float("nan")
    distance = _distances(margins, level, values)
    expected = float(margins @ distance @ margins) / (n - 1)
    if not expected:
        return float("nan")
    return float(1.0 - (together * distance).sum() / expected)


def _distances(
    margins: Float64Array, level: AlphaLevel, values: Sequence[float] | None
) -> Float64Array:
    k = len(margins)
    if level == "nominal":
        return np.asarray(1.0 - np.eye(k))
    if level == "interval":
        at = np.arange(k, dtype=np.float64) if values is None else np.asarray(values, np.float64)
        return np.asarray((at[:, None] - at[None, :]) ** 2)
    # Ratings between two categories, half of each end's (Krippendorff 2004, p. 233).
    middle = np.cumsum(margins) - margins / 2
    return np.asarray((middle[:, None] - middle[None, :]) ** 2)
