"""The outline of a sound at a resolution that a screen can use."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Int8Array
from interactspeech.records import Samples

#: Samples a bin of the finest outline: 2.7 ms at 24 kHz, one pixel at the deepest zoom.
FINEST_BIN = 64
#: The bin doubles until a channel has at most this many: an hour of two channels stays under 2 MB.
MAX_BINS = 1 << 18

Outline = Int8Array


@dataclass(frozen=True, eq=False)
class Peaks:
    """Lowest, highest and root-mean-square value of each bin of each channel.

    Attributes:
        bin: samples a bin; the last bin may cover fewer.
        low, high: int8, shape (channels, bins); 127 is the loudest sample of all channels, so that
            the channels keep their loudness relative to each other.
        rms: int8, same shape and scale, never negative.
    """

    bin: int
    low: Outline
    high: Outline
    rms: Outline

    def as_json(self) -> dict[str, object]:
        """For the page: base64 of the bytes. The page builds coarser levels from these."""
        return {
            "bin": self.bin,
            "channels": [
                {"low": _base64(low), "high": _base64(high), "rms": _base64(rms)}
                for low, high, rms in zip(self.low, self.high, self.rms, strict=True)
            ],
        }


def measure_peaks(audio: Samples, *, finest: int = FINEST_BIN, max_bins: int = MAX_BINS) -> Peaks:
    """Peaks of `audio`, float32 of shape (channels, n); n may be 0. Runs in O(n), in blocks."""
    channels, n = audio.shape
    return peaks_of_blocks([audio], channels, n, finest=finest, max_bins=max_bins)


def peaks_of_blocks(
    blocks: Iterable[Samples],
    channels: int,
    n: int,
    *,
    finest: int = FINEST_BIN,
    max_bins: int = MAX_BINS,
) -> Peaks:
    """Peaks of a sound that is read in blocks: see `measure_peaks`.

    Args:
        blocks: float32 of shape (channels, up to n), of any lengths, in order.
        channels: how many.
        n: samples in all blocks together.
        finest: samples a bin, at least.
        max_bins: bins a channel, at most.
    """
    size = finest
    while -(-n // size) > max_bins:
        size *= 2
    bins = -(-n // size)
    low = np.zeros((channels, bins), np.float32)
    high = np.zeros((channels, bins), np.float32)
    rms = np.zeros((channels, bins), np.float32)
    rest = np.zeros((channels, 0), np.float32)
    done = 0
    for given in blocks:
        whole = given if rest.shape[1] == 0 else np.concatenate([rest, given], axis=1)
        count = whole.shape[1] // size
        # A few bins at a time: the squares of an hour would double the memory.
        for first in range(0, count, 1 << 14):
            last = min(count, first + (1 << 14))
            block = whole[:, first * size : last * size].reshape(channels, last - first, size)
            place = slice(done + first, done + last)
            low[:, place] = block.min(axis=2)
            high[:, place] = block.max(axis=2)
            rms[:, place] = np.sqrt(np.einsum("cbs,cbs->cb", block, block) / size)
        done += count
        rest = whole[:, count * size :]
    if rest.shape[1]:
        low[:, -1], high[:, -1] = rest.min(axis=1), rest.max(axis=1)
        rms[:, -1] = np.sqrt((rest * rest).mean(axis=1))
    loudest = max(float(high.max(initial=0.0)), -float(low.min(initial=0.0)))
    gain = 127.0 / loudest if loudest > 0 else 0.0
    return Peaks(size, _quantise(low, gain), _quantise(high, gain), _quantise(rms, gain))


def _quantise(values: Float32Array, gain: float) -> Outline:
    scaled: Outline = np.clip(np.rint(values * gain), -127, 127).astype(np.int8)
    return scaled


def _base64(values: Outline) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
