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

from bisect import bisect
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
#: The largest natural logarithm of the filter's amplitudes, which one phrase in seven would pass;
#: the free part's stay below 4.4 (400 phrases).
_LOUDEST = np.float32(7.0)
#: Frames whose noise is nowhere louder than this are left without (natural logarithm). The loudest
#: bins of the speech are at about 6, 52 dB more; one frame in two hundred has more noise than this.
_NOISE_FLOOR = 0.0


def spectrum(head: Float32Array, f0: Float32Array, seed: int) -> Complex64Array:
    """The short-time spectrum of a piece of speech.

    Args:
        head: of each frame the magnitudes and phases of the filter, the noise's magnitudes, and
            the free part's magnitudes and phases (magnitudes as natural logarithms), shape
            ``(frames, 3005)``; further columns are not read.
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
        free = head[rows, 3 * BINS : COLUMNS]
        _polar(free[:, :BINS], free[:, BINS:], made[rows], size, part)
        for first, last in with_pulses:
            start, stop = max(first, rows.start), min(last, rows.stop)
            if start >= stop:
                continue
            some, count = slice(start, stop), stop - start
            phase = np.tanh(head[some, BINS : 2 * BINS], out=turned[:count])
            phase *= np.float32(np.pi)
            strength = np.minimum(head[some, :BINS], _LOUDEST, out=size[:count])
            _polar(strength, phase, harmonic[:count], size, part)
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
    np.exp(logarithm, out=size)
    np.cos(phase, out=part)
    np.multiply(part, size, out=out.real)
    np.sin(phase, out=part)
    np.multiply(part, size, out=out.imag)


def _pulse_train(f0: Float32Array) -> tuple[BoolArray, Samples]:
    """Pulses with every harmonic below 11 kHz at amplitude 2, between margins of half a frame.

    Twice the sum of H cosines is ``sin((H + 1/2) t) / sin(t / 2) - 1``. f0 goes in straight lines
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
    weights, summed = _interpolation()
    # Around each row f0 of the frame before, its own, of the one after; and cycles until it begins.
    around = np.stack([padded[where], padded[where + 1], padded[where + 2], padded[where]], axis=1)
    # Where f0 comes from or goes to silence it stays at the lowest there is, and is not heard.
    edges = np.flatnonzero(~(voiced[where] & voiced[where + 1] & voiced[where + 2]))
    courses = around[edges, :3] @ weights
    silent = courses <= _VOICED
    np.maximum(courses, _VOICED, out=courses)
    cycles = np.cumsum(courses, axis=1)
    cycles *= np.float32(1 / RATE)
    advance = np.full(frames, _VOICED * HOP / RATE)
    advance[where] = around[:, :3] @ summed[:3, -1]
    advance[where[edges]] = cycles[:, -1]
    around[:, 3] = np.modf(np.cumsum(advance) - advance)[0][where]
    cycles += around[edges, 3, None]
    inner = train[FFT // 2 : FFT // 2 + frames * HOP].reshape(frames, HOP)
    for some in _blocks(0, len(where)):
        course, phase = around[some, :3] @ weights, around[some] @ summed
        low, high = np.searchsorted(edges, (some.start, some.stop))
        course[edges[low:high] - some.start] = courses[low:high]
        phase[edges[low:high] - some.start] = cycles[low:high]
        pulses = _pulses(course, phase)
        pulses[edges[low:high] - some.start] *= ~silent[low:high]
        inner[where[some]] = pulses
    margin = min(FFT // 2, frames * HOP - 1)
    train[FFT // 2 - margin : FFT // 2] = train[FFT // 2 + 1 : FFT // 2 + 1 + margin][::-1]
    last = FFT // 2 + frames * HOP
    train[last : last + margin] = train[last - 1 - margin : last - 1][::-1]
    return reached, train


def _pulses(course: Float32Array, phase: Float32Array) -> Float32Array:
    """Pulses of these f0 (hertz) and phases (cycles); both are changed."""
    harmonics = np.divide(np.float32(_HIGHEST), course, out=course)
    np.floor(harmonics, out=harmonics)
    harmonics *= 2
    harmonics += 1
    phase -= np.floor(phase)
    phase *= np.float32(np.pi)
    divisor = np.sin(phase)
    phase *= harmonics
    pulses = np.sin(phase, out=phase)
    peaks = np.flatnonzero(np.abs(divisor) <= np.float32(1e-3))
    divisor.reshape(-1)[peaks] = 1.0
    pulses /= divisor
    pulses.reshape(-1)[peaks] = harmonics.reshape(-1)[peaks]  # the limit there
    pulses -= 1
    return pulses


@lru_cache(maxsize=1)
def _interpolation() -> tuple[Float32Array, Float32Array]:
    """Weights of f0 of the frame before, of its own, of the one after, at each sample of a frame.

    Returns:
        The weights, shape ``(3, 300)``; and what they come to in cycles from the frame's start to
        the end of each sample, with a row of ones for the cycles before it, ``(4, 300)``.
    """
    place = (np.arange(HOP) + 0.5) / HOP - 0.5
    weights = np.stack([np.maximum(-place, 0), 1 - np.abs(place), np.maximum(place, 0)])
    summed = np.concatenate([np.cumsum(weights, axis=1) / RATE, np.ones((1, HOP))])
    return weights.astype(np.float32), summed.astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> Float32Array:
    """A periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)


@lru_cache(maxsize=1)
def _pulse_window() -> Float32Array:
    """The same, so that a cosine of amplitude 2 has a peak of 1."""
    return _window() / np.float32(FFT / 2)


def _pulse_spectrum(train: Samples, rows: slice) -> Complex64Array:
    """The spectra of some frames of a pulse train with its margins."""
    from scipy.fft import rfft

    # As a view with overlapping rows; NumPy's own function for that takes longer than the product.
    step = train.itemsize
    shape, offset = (rows.stop - rows.start, FFT), rows.start * HOP * step
    view: Float32Array = np.ndarray(shape, train.dtype, train, offset, (HOP * step, step))
    frames = view * _pulse_window()
    return np.asarray(rfft(frames, axis=1, overwrite_x=True), np.complex64)


def hop_for(scale: float) -> int:
    """The samples a frame that give speech about `scale` times as long, by a fast transform.

    The transform of ``4 * hop`` samples is fast where `hop` has small factors only; the nearest
    such is at most 1.5 % away, and 0.4 % on average. A whole number is taken as it is: the sizes of
    voices are hundredths, so a voice without a style keeps its times.
    """
    wanted, hops = scale * HOP, _hops()
    if abs(wanted - round(wanted)) < 1e-6:
        return round(wanted)
    above = min(max(bisect(hops, wanted), 1), len(hops) - 1)
    return min(hops[above - 1 : above + 1], key=lambda hop: abs(hop - wanted))


@lru_cache(maxsize=1)
def _hops() -> tuple[int, ...]:
    """Hops from a third to three times `HOP` without a prime factor above 19."""

    def rest(number: int) -> int:
        for factor in (2, 3, 5, 7, 11, 13, 17, 19):
            while number % factor == 0:
                number //= factor
        return number

    return tuple(hop for hop in range(HOP // 3, 3 * HOP + 1) if rest(hop) == 1)


def overlap_add(
    spectrum: Complex64Array, gain: Float32Array | None = None, hop: int = HOP
) -> Samples:
    """The waveform of a short-time spectrum, `hop` samples a frame.

    With another hop than `HOP` each frame is transformed to as many more or fewer samples: what
    comes is the waveform resampled by ``hop / HOP``, without the filter that resampling takes.

    Args:
        spectrum: shape ``(frames, 601)``.
        gain: on its amplitudes, shape ``(frames, 151)``: at every fourth bin, with straight lines
            between them. The power of the whole stays as it was.
        hop: samples a frame.
    """
    from scipy.fft import irfft

    frames, hops = len(spectrum), FFT // HOP
    size = hops * hop
    bins = min(size // 2 + 1, BINS)
    out = np.zeros((frames + hops - 1, hop), np.float32)
    window = _synthesis_window(hop)
    work = np.zeros((BLOCK, size // 2 + 1), np.complex64)
    dense = np.empty((BLOCK, BINS), np.float32)
    before = after = 0.0
    for rows in _blocks(0, frames):
        block = spectrum[rows, :bins]
        count = len(block)
        filtered = work[:count]
        if gain is None:
            filtered[:, :bins] = block
        else:
            np.multiply(block, _dense(gain[rows], dense[:count])[:, :bins], out=filtered[:, :bins])
            before += _power(spectrum[rows])
            after += _power(filtered)
        pieces = irfft(filtered, size, axis=1)
        pieces *= window
        pieces = pieces.reshape(count, hops, hop)
        for part in range(hops):
            out[rows.start + part : rows.stop + part] += pieces[:, part]
    _correct_edges(out, hop)
    if before != after:
        out *= np.float32(np.sqrt(before / after))
    return out.reshape(-1)[size // 2 : size // 2 + frames * hop]


def _power(spectrum: Complex64Array) -> float:
    flat = spectrum.view(np.float32).reshape(-1)
    return float(np.dot(flat, flat))


def _dense(coarse: Float32Array, out: Float32Array) -> Float32Array:
    """Straight lines between values at every fourth bin."""
    left = coarse[:, :-1]
    quarter = np.subtract(coarse[:, 1:], left)
    quarter *= np.float32(0.25)
    out[:, 0:-1:4] = left
    here = left + quarter
    out[:, 1:-1:4] = here
    here += quarter
    out[:, 2:-1:4] = here
    here += quarter
    out[:, 3:-1:4] = here
    out[:, -1] = coarse[:, -1]
    return out


@lru_cache(maxsize=512)
def _synthesis_window(hop: int) -> Float32Array:
    """A periodic Hann window of four hops, over what four of them squared add up to everywhere.

    A frame of more samples holds the same sum of harmonics as weaker samples: it is made up for.
    """
    size = FFT // HOP * hop
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.asarray(window * (hop / HOP / 1.5), np.float32)


def _correct_edges(out: Float32Array, hop: int) -> None:
    """Make up for the windows that are missing at both ends."""
    hops = FFT // HOP
    squared = np.square(_synthesis_window(hop) * np.float32(HOP / hop * 1.5)).reshape(hops, hop)
    frames = len(out) - hops + 1
    for row in {2, frames, frames + 1}:  # the others have all, or are cut off
        there = squared[[k for k in range(hops) if 0 <= row - k < frames]].sum(axis=0)
        out[row] *= np.float32(1.5) / np.maximum(there, np.float32(1e-11))
