"""Many small random draws from one generator, at list speed."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_BLOCK = 256


class Draws:
    """Draws from a generator, taken in blocks; the order of calls decides what is drawn."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left: list[float] = []

    def uniform(self) -> float:
        """A number in [0, 1)."""
        if not self._left:
            self._left = self._rng.random(_BLOCK).tolist()
        return self._left.pop()

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.uniform() < probability

    def choose(self, items: Sequence[T]) -> T:
        """One of the items, evenly."""
        return items[int(self.uniform() * len(items))]

    def weighted(self, weights: Sequence[float]) -> int:
        """An index, by weight."""
        totals = list(accumulate(weights))
        return min(bisect_right(totals, self.uniform() * totals[-1]), len(totals) - 1)

    def poisson(self, mean: float) -> int:
        """A count (Knuth's method: the means here are below ten)."""
        limit, product, count = math.exp(-min(mean, 500.0)), self.uniform(), 0
        while product > limit:
            product *= self.uniform()
            count += 1
        return count
