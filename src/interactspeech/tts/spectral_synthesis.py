"""A waveform from what hibari's network says of each frame: pulses filtered, a free part, noise.

```
S = exp(lh) e^(i pi tanh(theta)) STFT(pulses(f0)) + exp(lr) e^(i phi) + exp(ln) noise
```
The formula is hibari's own (`hibari.dsp`, Apache-2.0). Here frames are rows, as the network's last
product leaves them, a few of them are worked on at a time so that they stay in the processor's
nearest memory, and nothing is computed where it cannot be heard: frames that no pulse reaches have
no filtered pulses, and frames whose noise is far below the rest have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from interactspeech._typing import BoolArray, Complex64Array, Float32Array
from interactspeech.records import Samples
from interactspeech.signal.intervals import runs

#: A frame of 1200 samples at 24 kHz, moved by 300: 601 bins of 20 Hz.
BINS, FFT, HOP, RATE = 601, 1200, 300, 24_000
#: Columns of the network's last layer.
COLUMNS = 5 * BINS
#: Frames that are worked on together: 150 kB an array. A multiple of 16, for the transforms take as
#: many at once.
BLOCK = 64
#: f0 below this (hertz) has no pulses; the harmonics go up to the second of these.
_VOICED, _HIGHEST = 40.0, 11_000.0
#: The largest natural logarithm of an amplitude.
_LOUDEST = np.float32(7.0)
#: Frames whose noise is nowhere louder than this are left without (natural logarithm). The loudest
#: bins of the speech are at about 6, 52 dB more; one frame in two hundred has more noise than this.
_NOISE_FLOOR = 0.0


def spectrum(head: Float32Array, f0: Float32Array, seed: int) -> Complex64Array:
    """The short-time spectrum of a piece of speech.

    Args:
        head: of each frame the magnitudes and phases of the filter, the noise's magnitudes, and
            the free part's magnitudes and phases (magnitudes as natural logarithms), shape
            ``(frames, 3005)``.
        f0: hertz, shape ``(frames,)``; 0 where there is no voice.
        seed: of the noise.

    Returns:
        Shape ``(frames, 601)``.
    """
    made = np.empty((len(head), BINS), np.complex64)
    reached, train = _pulse_train(f0)
    with_pulses = runs(reached).tolist()
    rng: np.random.Generator | None = None
    size, part = np.empty((BLOCK, BINS), np.float32), np.empty((BLOCK, BINS), np.float32)
    harmonic, turned = np.empty((BLOCK, BINS), np.complex64), np.empty((BLOCK, BINS), np.float32)
    for rows in _blocks(0, len(head)):
        free = head[rows, 3 * BINS :]
        _polar(free[:, :BINS], free[:, BINS:], made[rows], size, part)
        for first, last in with_pulses:
            start, stop = max(first, rows.start), min(last, rows.stop)
            if start >= stop:
                continue
            some, count = slice(start, stop), stop - start
            phase = np.tanh(head[some, BINS : 2 * BINS], out=turned[:count])
            phase *= np.float32(np.pi)
            _polar(head[some, :BINS], phase, harmonic[:count], size, part)
            filtered = _pulse_spectrum(train, some)
            filtered *= harmonic[:count]
            made[some] += filtered
        amounts = head[rows, 2 * BINS : 3 * BINS]
        if float(amounts.max()) > _NOISE_FLOOR:
            noisy = np.flatnonzero(amounts.max(axis=1) > _NOISE_FLOOR)
            rng = rng or np.random.default_rng(seed)
            drawn = rng.standard_normal((len(noisy), 2 * BINS), dtype=np.float32)
            noise = drawn.view(np.complex64)
            noise *= np.exp(np.minimum(amounts[noisy], _LOUDEST))
            made[rows.start + noisy] += noise
    return made


def _blocks(start: int, stop: int) -> Iterator[slice]:
    """``[start, stop)`` in slices of at most `BLOCK`."""
    for begin in range(start, stop, BLOCK):
        yield slice(begin, min(begin + BLOCK, stop))


def _polar(
    logarithm: Float32Array,
    phase: Float32Array,
    out: Complex64Array,
    size: Float32Array,
    part: Float32Array,
) -> None:
    """``exp(logarithm + i phase)`` into `out`, with two arrays to work in."""
    size, part = size[: len(phase)], part[: len(phase)]
    np.minimum(logarithm, _LOUDEST, out=size)
    np.exp(size, out=size)
    np.cos(phase, out=part)
    np.multiply(part, size, out=out.real)
    np.sin(phase, out=part)
    np.multiply(part, size, out=out.imag)


def _pulse_train(f0: Float32Array) -> tuple[BoolArray, Samples]:
    """Pulses with every harmonic below 11 kHz at amplitude 1, between margins of half a frame.

    The sum of H cosines is ``sin((H + 1/2) t) / (2 sin(t / 2)) - 1/2``. f0 goes in straight lines
    from the middle of a frame to that of the next.

    Returns:
        Which frames a pulse reaches, shape ``(frames,)``, and samples, shape
        ``(300 * frames + 1200,)``; reflected at both ends.
    """
    frames = len(f0)
    padded = np.pad(np.asarray(f0, np.float32), 1, mode="edge")
    voiced = padded > _VOICED
    rows = voiced[:-2] | voiced[1:-1] | voiced[2:]
    train = np.zeros(frames * HOP + FFT, np.float32)
    reached = np.zeros(frames + 4, bool)
    for offset in range(4):  # a frame covers two steps before its middle, and two after it
        reached[offset : offset + frames] |= rows
    reached = reached[1 : 1 + frames]
    where = np.flatnonzero(rows)
    if not where.size:
        return reached, train
    later, earlier = _interpolation()
    half = HOP // 2
    course = np.empty((len(where), HOP), np.float32)
    left, here, right = (padded[where + step, None] for step in range(3))
    course[:, :half] = left * earlier[:half] + here * later[:half]
    course[:, half:] = here * earlier[half:] + right * later[half:]
    silent = course <= _VOICED
    np.maximum(course, _VOICED, out=course)
    phase = np.cumsum(course, axis=1)
    phase *= np.float32(1 / RATE)
    advance = np.full(frames, _VOICED * HOP / RATE)
    advance[where] = phase[:, -1]
    phase += np.modf(np.cumsum(advance) - advance)[0][where, None].astype(np.float32)
    phase -= np.floor(phase)
    harmonics = np.floor(np.float32(_HIGHEST) / course)
    harmonics += np.float32(0.5)
    divisor = np.sin(phase * np.float32(np.pi))
    divisor *= 2
    phase *= harmonics
    phase *= np.float32(2 * np.pi)
    pulses = np.sin(phase, out=phase)
    peak = np.abs(divisor) <= 2e-3  # the limit there
    divisor[peak] = 1.0
    pulses /= divisor
    pulses[peak] = harmonics[peak]
    pulses -= np.float32(0.5)
    pulses[silent] = 0.0
    inner = train[FFT // 2 : FFT // 2 + frames * HOP].reshape(frames, HOP)
    inner[where] = pulses
    margin = min(FFT // 2, frames * HOP - 1)
    train[FFT // 2 - margin : FFT // 2] = train[FFT // 2 + 1 : FFT // 2 + 1 + margin][::-1]
    last = FFT // 2 + frames * HOP
    train[last : last + margin] = train[last - 1 - margin : last - 1][::-1]
    return reached, train


@lru_cache(maxsize=1)
def _interpolation() -> tuple[Float32Array, Float32Array]:
    """Weights of the later and of the earlier one of two frames' middles, at each sample."""
    later = (((np.arange(HOP) + 0.5) / HOP - 0.5) % 1.0).astype(np.float32)
    return later, (1.0 - later).astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> Float32Array:
    """A periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)


@lru_cache(maxsize=1)
def _pulse_window() -> Float32Array:
    """The same, so that a cosine of amplitude 1 has a peak of 1."""
    return _window() / np.float32(FFT / 4)


def _pulse_spectrum(train: Samples, rows: slice) -> Complex64Array:
    """The spectra of some frames of a pulse train with its margins."""
    from scipy.fft import rfft

    # As a view with overlapping rows; NumPy's own function for that takes longer than the product.
    step = train.itemsize
    shape, offset = (rows.stop - rows.start, FFT), rows.start * HOP * step
    view: Float32Array = np.ndarray(shape, train.dtype, train, offset, (HOP * step, step))
    frames = view * _pulse_window()
    return np.asarray(rfft(frames, axis=1, overwrite_x=True), np.complex64)


def overlap_add(spectrum: Complex64Array, gain: Float32Array | None = None) -> Samples:
    """The waveform of a short-time spectrum, 300 samples a frame.

    Args:
        spectrum: shape ``(frames, 601)``.
        gain: on its amplitudes, shape ``(frames, 151)``: at every fourth bin, with straight lines
            between them. `spectrum` is changed by it.
    """
    from scipy.fft import irfft

    frames, hops = len(spectrum), FFT // HOP
    out = np.zeros((frames + hops - 1, HOP), np.float32)
    dense = np.empty((BLOCK, BINS), np.float32)
    for rows in _blocks(0, frames):
        block = spectrum[rows]
        if gain is not None:
            block *= _dense(gain[rows], dense[: len(block)])
        pieces = irfft(block, FFT, axis=1)
        pieces *= _window()
        pieces = pieces.reshape(len(block), hops, HOP)
        for hop in range(hops):
            out[rows.start + hop : rows.stop + hop] += pieces[:, hop]
    out *= _overlap_norm(frames)
    return out.reshape(-1)[FFT // 2 : FFT // 2 + frames * HOP]


def _dense(coarse: Float32Array, out: Float32Array) -> Float32Array:
    """Straight lines between values at every fourth bin."""
    left, right = coarse[:, :-1], coarse[:, 1:]
    for step in range(4):
        share = np.float32(step / 4)
        out[:, step:-1:4] = left if not step else left + share * (right - left)
    out[:, -1] = coarse[:, -1]
    return out


@lru_cache(maxsize=8)
def _overlap_norm(frames: int) -> Float32Array:
    """One over the sum of squared windows at each sample; ``(frames + 3, 300)``."""
    hops = FFT // HOP
    squared = np.square(_window()).reshape(hops, HOP)
    total = np.zeros((frames + hops - 1, HOP), np.float32)
    for hop in range(hops):
        total[hop : hop + frames] += squared[hop]
    return np.asarray(1.0 / np.maximum(total, 1e-11), np.float32)
