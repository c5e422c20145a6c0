"""Filters without delay and levels of speech: what the other modules of acoustics share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.records import Samples


def fast_length(count: int) -> int:
    """The least number of at least `count` samples that has no prime factor above 5.

    >>> fast_length(1001)
    1024
    """
    best = 1 << max(0, count - 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            two = three
            while two < count:
                two *= 2
            best = min(best, two)
            three *= 3
        five *= 5
    return best


def filtered(samples: Samples, rate: int, gain: Callable[[Float32Array], Float32Array]) -> Samples:
    """`samples` with each frequency multiplied by `gain` (of hertz): no delay, length kept.

    The ends do not meet: as much silence as the slowest gain needs (50 ms) is put between them.
    """
    count = len(samples)
    size = fast_length(count + rate // 20)
    spectrum = np.fft.rfft(samples, size)
    hertz = (np.arange(len(spectrum)) * np.float32(rate / size)).astype(np.float32)
    spectrum *= gain(hertz)
    return np.asarray(np.fft.irfft(spectrum, size)[:count], np.float32)


def band_gain(low: float, high: float) -> Callable[[Float32Array], Float32Array]:
    """The gain of a band from `low` to `high` hertz: 6 dB down there, edges a third of an octave.

    0 for an edge leaves that side open.
    """

    def gain(hertz: Float32Array) -> Float32Array:
        octaves = np.log2(np.maximum(hertz, 1e-3))
        found = np.ones_like(hertz)
        for edge, sign in ((low, 1.0), (high, -1.0)):
            if edge > 0:
                place = np.clip(sign * (octaves - np.log2(edge)) * 3 + 0.5, 0.0, 1.0)
                found *= (0.5 - 0.5 * np.cos(np.pi * place)).astype(np.float32)
        return found

    return gain


def speech_power(samples: Samples, rate: int) -> float:
    """Mean square of `samples` during speech; 0.0 where there is none.

    Frames of 20 ms count that are less than 15.9 dB below the mean of those that count (the margin
    of ITU-T P.56), from all frames inwards until nothing changes.
    """
    hop = rate // 50
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    energy = np.einsum("ij,ij->i", frames, frames) / np.float32(hop)
    energy = energy[energy > 0]
    while energy.size:
        mean = float(energy.mean(dtype=np.float64))
        kept = energy[energy > mean * 10**-1.59]
        if kept.size == energy.size:
            return mean
        energy = kept
    return 0.0
