"""Measures of the event benchmark, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.seeds import generator

_DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A measured value and its 95 % interval.

    Attributes:
        value: NaN where there was nothing to measure.
        low, high: of the interval (bootstrap over dialogues).
        n: cases behind it.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "-"
        return f"{self.value:.3f} [{self.low:.2f}, {self.high:.2f}]"


def bootstrap(
    groups: Sequence[str],
    measure: Callable[[Int64Array], float],
    *,
    seed: int = 0,
    draws: int = _DRAWS,
) -> Estimate:
    """A measure and its interval, by drawing whole dialogues with replacement.

    Args:
        groups: for each case the dialogue it is from: cases of one dialogue are not independent.
        measure: from indexes of cases to a value; NaN where they say nothing.
        seed: of the bootstrap.
        draws: how many.
    """
    names, group = np.unique(np.array(groups, dtype=str), return_inverse=True)
    members = [np.flatnonzero(group == i) for i in range(len(names))]
    everything = np.arange(len(groups))
    value = measure(everything) if len(groups) else float("nan")
    if len(names) < 2 or np.isnan(value):
        return Estimate(
            value, 0.0 if len(groups) else value, 1.0 if len(groups) else value, len(groups)
        )
    rng = generator(seed, "bootstrap", len(groups))
    found = []
    for _ in range(draws):
        pick = np.concatenate([members[i] for i in rng.integers(0, len(names), len(names))])
        found.append(measure(pick))
    known = np.array(found)[~np.isnan(found)]
    if len(known) == 0:
        return Estimate(value, float("nan"), float("nan"), len(groups))
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(value, float(low), float(high), len(groups))


def bootstrap_mean(
    groups: Sequence[str], values: Sequence[float], *, seed: int = 0, draws: int = _DRAWS
) -> Estimate:
    """The mean of cases and its interval, by drawing whole dialogues, all draws at once.

    Args:
        groups: for each case the dialogue it is from.
        values: of the cases.
        seed: of the bootstrap.
        draws: how many.
    """
    if not len(values):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    numbers = np.asarray(values, np.float64)
    names, group = np.unique(np.array(groups, dtype=str), return_inverse=True)
    if len(names) < 2:
        value = float(numbers.mean())
        return Estimate(value, float("nan"), float("nan"), len(numbers))
    sums = np.bincount(group, numbers, len(names))
    counts = np.bincount(group, minlength=len(names))
    pick = generator(seed, "bootstrap mean", len(numbers)).integers(
        0, len(names), (draws, len(names))
    )
    means = sums[pick].sum(axis=1) / counts[pick].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(numbers.mean()), float(low), float(high), len(numbers))


def balanced_accuracy(answers: BoolArray, said: BoolArray) -> float:
    """Mean of the recalls of yes and no; NaN where one of them never was the answer."""
    if answers.all() or not answers.any():
        return float("nan")
    return float((said[answers].mean() + (~said[~answers]).mean()) / 2)


@dataclass(frozen=True)
class Matches:
    """Counts of a one-to-one matching of two lists of onsets."""

    hits: int
    found: int
    true: int

    def __add__(self, other: Matches) -> Matches:
        return Matches(self.hits + other.hits, self.found + other.found, self.true + other.true)


def match_onsets(true: Int64Array, found: Int64Array, tolerance: int) -> Matches:
    """Match onsets one to one within +-`tolerance` samples; as many pairs as can be.

    Both sorted. On a line, matching each true onset in order with the first free found one within
    reach gives the most pairs.
    """
    hits, j = 0, 0
    for onset in true.tolist():
        while j < len(found) and found[j] < onset - tolerance:
            j += 1
        if j < len(found) and found[j] <= onset + tolerance:
            hits += 1
            j += 1
    return Matches(hits, len(found), len(true))


def f1(matches: Sequence[Matches]) -> float:
    """F1 over all matches together; NaN where nothing was true and nothing found."""
    total = sum(matches, Matches(0, 0, 0))
    if total.found + total.true == 0:
        return float("nan")
    return 2 * total.hits / (total.found + total.true)
