"""Small operations on samples in memory."""

from __future__ import annotations

import numpy as np

from interactspeech.records import Samples


def quantize_int16(samples: Samples) -> Samples:
    """`samples` rounded to multiples of 1/32768 in [-1, 1): what a 16-bit file can hold."""
    steps = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767)
    # Through integers, so that there is no minus zero, which a file would not give back.
    return np.asarray(steps.astype(np.int16), dtype=np.float32) / np.float32(32768)


def fade_edges(samples: Samples, rate: int, seconds: float = 0.004) -> Samples:
    """`samples` with short ramps at both ends, so that they begin and end without a step."""
    length = min(int(seconds * rate), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    out = samples.copy()
    out[:length] *= ramp
    out[len(out) - length :] *= ramp[::-1]
    return out
