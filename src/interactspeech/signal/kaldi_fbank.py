"""Log mel filter banks as Kaldi computes them: what speaker and diarization models are fed with.

80 triangles between 20 Hz and 8 kHz on the mel scale 1127 ln(1 + f / 700); frames of 25 ms every
10 ms that lie wholly inside the sound; each without its mean, with a pre-emphasis of 0.97, in
Povey's window (a Hann window to the power of 0.85); power spectrum of 512 points; natural logarithm
(Kaldi's ``feat/feature-fbank.cc`` and ``feat/mel-computations.cc``, with its defaults, no dither).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.records import Samples

RATE = 16_000
BINS = 80
FRAME, HOP = 400, 160  # samples
_FFT = 512
_LOW, _HIGH = 20.0, 8000.0  # hertz
_PREEMPHASIS = 0.97
_FLOOR = np.float32(np.finfo(np.float32).eps)
#: Frames that are transformed at once, so that memory stays small on long recordings.
_BLOCK = 4096


def frames(length: int) -> int:
    """How many frames a sound of `length` samples has."""
    return max(0, 1 + (length - FRAME) // HOP)


def fbank(samples: Samples) -> Float32Array:
    """Log mel energies of a sound at 16 kHz.

    Args:
        samples: mono, shape ``(n,)``, in [-1, 1].

    Returns:
        float32, shape ``(frames(n), 80)``.
    """
    count = frames(len(samples))
    out = np.empty((count, BINS), np.float32)
    if not count:
        return out
    view = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float32), FRAME)[::HOP]
    for start in range(0, count, _BLOCK):
        part = view[start : start + _BLOCK]
        part = part - part.mean(axis=1, keepdims=True)
        emphasised = np.empty_like(part)
        emphasised[:, 1:] = part[:, 1:] - np.float32(_PREEMPHASIS) * part[:, :-1]
        emphasised[:, 0] = part[:, 0] * np.float32(1 - _PREEMPHASIS)
        emphasised *= _window()
        spectrum = np.fft.rfft(emphasised, _FFT)[:, : _FFT // 2]
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        out[start : start + _BLOCK] = np.log(np.maximum(power @ _triangles(), _FLOOR))
    return out


def _mel(hertz: Float64Array) -> Float64Array:
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))


@lru_cache(maxsize=1)
def _window() -> Float32Array:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))
    return np.asarray(hann**0.85, np.float32)


@lru_cache(maxsize=1)
def _triangles() -> Float32Array:
    """Weights of FFT bins in mel bins, shape ``(256, 80)``; Kaldi leaves out the last FFT bin."""
    low, high = _mel(np.asarray([_LOW, _HIGH]))
    corners = np.linspace(low, high, BINS + 2)
    step = corners[1] - corners[0]
    place = _mel(np.arange(_FFT // 2) * RATE / _FFT)[:, None]
    up = (place - corners[None, :-2]) / step
    down = (corners[None, 2:] - place) / step
    return np.asarray(np.maximum(0.0, np.minimum(up, down)), np.float32)
