"""Stretches of frames: of masks, of probabilities, and joined over short gaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def runs(active: npt.NDArray[np.bool_]) -> IntArray:
    """Stretches of true frames, ``(n, 2)``."""
    flips = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    return flips.reshape(-1, 2).astype(np.int64)


def hysteresis(chance: npt.NDArray[np.float32], onset: float, offset: float) -> IntArray:
    """Stretches of at least `offset` that reach `onset` somewhere, ``(n, 2)``."""
    spans = runs(chance >= offset)
    loud = np.concatenate(([0], np.cumsum(chance >= onset)))
    return spans[loud[spans[:, 1]] > loud[spans[:, 0]]]


def joined(spans: IntArray, gap: float) -> IntArray:
    """Sorted stretches, those less than `gap` frames apart as one."""
    if len(spans) < 2:
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] >= gap
    starts = spans[np.concatenate(([True], apart)), 0]
    return np.stack((starts, spans[np.concatenate((apart, [True])), 1]), axis=1)
