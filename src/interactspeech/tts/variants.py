"""Speaker variants: pitch, formants and rate of a model's speech changed, word times kept.

hibari's network gives, for every 12.5 ms, the complex spectrum of its speech and its fundamental
frequency f0. That allows three changes without a vocoder's artefacts:

1. *Formants* are shifted by a filter: the envelope E over frequency is interpolated between the
   harmonics' peaks, a warped envelope E' has the shifted resonances, and the spectrum is multiplied
   by E'/E. Phases and the noise between harmonics stay as they are. The warp is
   linear up to `_KNEE`, with a factor of its own for the first formant, and ends at the old upper
   edge, as in vocal tract length normalisation (Lee and Rose, ICASSP 1996).
2. *Pitch* is changed by pitch-synchronous overlap-add (Moulines and Charpentier, Speech
   Communication 9, 1990): two-period grains around each glottal pulse are placed closer or farther
   apart. The pulses follow from f0. The time axis stays.
3. *Size* changes both: speech synthesised faster by a factor and resampled to be slower by the same
   has lower pitch and formants, as of a larger speaker. Times scale exactly.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from interactspeech._typing import (
    Complex64Array,
    Float32Array,
    Float64Array,
    Int64Array,
)
from interactspeech.records import Samples
from interactspeech.signal.intervals import runs
from interactspeech.tts.spectral_synthesis import BINS, BLOCK, HOP, RATE

Spectrum = Complex64Array

BIN_HERTZ = 20.0
#: The filter is computed at every fourth bin: harmonics are farther apart than that.
_EVERY = 4
#: Steps in a frame in which a course of pitch is followed.
_STEPS = 10
#: f0 below this (in hertz) marks a frame without voice.
_VOICED = 60.0
#: The first formant is below the first of these (hertz), the others above the second.
_FIRST, _SECOND, _KNEE = 800.0, 2200.0, 7000.0
#: What the filter may take away and add, natural logarithm of the amplitude (26 and 22 dB).
_DOWN, _UP = -3.0, 2.5
#: The spacing of harmonics that is assumed where there are none (hertz).
_UNVOICED_STEP = 160.0


class Variant(NamedTuple):
    """How a speaker differs from the one in the model; 1 everywhere is the model's own.

    Attributes:
        size: divides pitch and formants (1.2: both lower by a sixth).
        formants: multiplies the formants besides.
        first: multiplies the first formant besides.
        pitch: multiplies the pitch besides.
        range: exponent of the pitch's distance from its median (1.2: livelier, 0.7: flatter).
        pace: multiplies the speed.
    """

    size: float = 1.0
    formants: float = 1.0
    first: float = 1.0
    pitch: float = 1.0
    range: float = 1.0
    pace: float = 1.0

    @property
    def speed(self) -> float:
        """The speed at which the model has to speak."""
        return self.size * self.pace

    @property
    def filters(self) -> bool:
        """Whether formants are shifted independently of pitch."""
        return self.formants != 1.0 or self.first != 1.0

    @property
    def repitches(self) -> bool:
        """Whether pitch changes independently of formants."""
        return self.pitch != 1.0 or self.range != 1.0


def formant_gains(spectrum: Spectrum, f0: Float32Array, variant: Variant) -> Float32Array:
    """The filter that shifts the formants of `spectrum`, for `overlap_add`.

    Args:
        spectrum: shape ``(frames, 601)``.
        f0: hertz, shape ``(frames,)``; 0 where there is no voice.
        variant: `formants` and `first` are used.

    Returns:
        Gains at every fourth bin, shape ``(frames, 151)``.
    """
    step = np.asarray(np.where(f0 > _VOICED, f0, _UNVOICED_STEP) / BIN_HERTZ, np.float32)
    peaks = _harmonic_levels(spectrum, step)
    change = _envelope(peaks, step, _warped_bins(variant)[::_EVERY])
    change -= _envelope(peaks, step, np.arange(0, BINS, _EVERY, dtype=np.float32))
    smooth = change.copy()  # over three frames, weights 1 2 1
    smooth[1:-1] = 0.25 * change[:-2] + 0.5 * change[1:-1] + 0.25 * change[2:]
    return np.exp(np.clip(smooth, _DOWN, _UP, out=smooth), out=smooth)


def _warped_bins(variant: Variant) -> Float32Array:
    """For each bin of the warped envelope, the bin of the old one that it comes from."""
    upper = min(_KNEE * variant.formants, 11_000.0)
    old = [0.0, _FIRST, _SECOND, upper / variant.formants, RATE / 2]
    new = [
        0.0,
        _FIRST * variant.formants * variant.first,
        _SECOND * variant.formants,
        upper,
        RATE / 2,
    ]
    places = np.arange(BINS) * BIN_HERTZ
    return np.asarray(np.interp(places, new, old) / BIN_HERTZ, np.float32)


def _harmonic_levels(spectrum: Spectrum, step: Float32Array) -> Float32Array:
    """Log amplitude at multiples of `step` bins, the largest of three bins: harmonics fall between.

    Returns:
        Shape ``(frames, harmonics)``; the first is that of the second, and past the last bin but
        one each is that bin's.
    """
    frames = len(spectrum)
    count = int(BINS / float(step.min(initial=np.inf))) + 3 if frames else 1
    numbers = np.maximum(np.arange(count, dtype=np.float32), np.float32(1.0))
    found = np.empty((frames, count), np.float32)
    for begin in range(0, frames, BLOCK):
        end = min(begin + BLOCK, frames)
        # Rows one after the other: their last bins, where they meet, are not read.
        level = np.abs(spectrum[begin:end]).reshape(-1)
        largest = np.empty_like(level)
        np.maximum(level[1:], level[:-1], out=largest[1:])
        np.maximum(largest[1:-1], level[2:], out=largest[1:-1])
        bins = np.rint(numbers * step[begin:end, None])
        np.minimum(bins, np.float32(BINS - 2), out=bins)
        at = bins.astype(np.int32)
        at += np.arange(0, (end - begin) * BINS, BINS, dtype=np.int32)[:, None]
        np.take(largest, at, out=found[begin:end], mode="clip")
    found += np.float32(1e-6)
    return np.log(found, out=found)


def _envelope(peaks: Float32Array, step: Float32Array, at: Float32Array) -> Float32Array:
    """The envelope at bins `at`: straight lines (in decibels) from harmonic to harmonic.

    Args:
        peaks: log amplitude of the harmonics, shape ``(frames, harmonics)``.
        step: bins from harmonic to harmonic, shape ``(frames,)``.
        at: bins, shape ``(n,)``.
    """
    frames, count = peaks.shape
    harmonic = at / step[:, None]
    below = harmonic.astype(np.int32)
    harmonic -= below
    below += np.arange(0, frames * count, count, dtype=np.int32)[:, None]
    low = np.take(peaks, below, mode="clip")
    below += 1
    change = np.take(peaks, below, mode="clip")
    change -= low
    change *= harmonic
    change += low
    return change


def vary_pitch(samples: Samples, f0: Float32Array, variant: Variant, hop: int = HOP) -> Samples:
    """`samples` with another pitch and the same times.

    Args:
        samples: at 24 kHz, `hop` for each frame.
        f0: hertz, shape ``(frames,)``; 0 where there is no voice. With another `hop` than `HOP` the
            samples are as much slower and lower.
        variant: `pitch` and `range` are used.
        hop: samples a frame.
    """
    voiced = f0 > _VOICED
    if not voiced.any():
        return samples
    middle = float(np.exp(np.median(np.log(f0[voiced]))))
    margin = int(RATE / _VOICED * hop / HOP) + 128  # more than the longest period
    padded = np.zeros(len(samples) + 2 * margin, np.float32)
    padded[margin : margin + len(samples)] = samples
    out = samples.copy()
    for first, last in runs(voiced).tolist():
        edges, pitch = _fine_pitch(f0[first:last], first, hop)
        cycles = _cycles(pitch)
        begin, end = int(edges[0]), min(int(edges[-1]), len(samples))
        period = int(RATE * hop / HOP / float(np.median(pitch)))
        marks = _pitch_marks(samples[begin:end], edges - begin, cycles, period) + begin
        if len(marks) < 3:
            continue
        factor = variant.pitch * (pitch / middle) ** (variant.range - 1.0)
        _overlap_add(padded, margin, out, _grains(marks, edges, _cycles(pitch * factor)))
    return out


def _fine_pitch(f0: Float32Array, first: int, hop: int) -> tuple[Float64Array, Float64Array]:
    """The pitch of a voiced stretch in `_STEPS` steps a frame, straight lines between the frames'
    middles: samples at the steps' edges, ``(steps + 1,)``, and hertz, ``(steps,)``.
    """
    count = len(f0) * _STEPS
    places = (np.arange(count) + 0.5) / _STEPS - 0.5
    pitch = np.interp(places, np.arange(len(f0)), f0)
    edges = np.asarray(first * hop + np.arange(count + 1) * (hop / _STEPS), np.float64)
    return edges, np.asarray(pitch, np.float64)


def _cycles(pitch: Float64Array) -> Float64Array:
    """Cycles since the start at each edge of steps with these pitches, of `HOP` samples a frame."""
    cycles = np.empty(len(pitch) + 1)
    cycles[0] = 0.0
    np.cumsum(pitch, out=cycles[1:])
    cycles *= HOP / _STEPS / RATE
    return cycles


def _pitch_marks(
    samples: Samples, edges: Float64Array, cycles: Float64Array, period: int
) -> Int64Array:
    """One place in each period of a voiced stretch, where its energy is on the whole largest.

    The energy of all periods is added up before it is smoothed, for the sum is as long as one.
    """
    marks = np.interp(np.arange(1, int(cycles[-1]) + 1), cycles, edges).astype(np.int64)
    if len(marks) < 3:
        return marks
    width = max(period // 4, 3) | 1
    before = period // 2 + width // 2
    size = before + period - period // 2 + width // 2
    squared = np.square(samples)
    padded = np.concatenate([np.full(before, squared[0]), squared, np.full(size, squared[-1])])
    total = _surroundings(padded, size)[marks].sum(axis=0)
    smooth = np.convolve(total, np.hanning(width + 2)[1:-1], "valid")
    best = int(np.argmax(smooth)) - period // 2
    marks = np.clip(marks + best, 0, len(samples) - 1)
    return np.compress(np.append(True, marks[1:] > marks[:-1]), marks)


def _surroundings(samples: Samples, width: int) -> Float32Array:
    """A view of the `width` samples from each one on, shape ``(n - width + 1, width)``.

    NumPy's own function for that takes longer than what is done with it here.
    """
    step = samples.itemsize
    shape = (len(samples) - width + 1, width)
    return np.ndarray(shape, samples.dtype, samples, 0, (step, step))


def _grains(
    marks: Int64Array, edges: Float64Array, cycles: Float64Array
) -> tuple[Int64Array, Int64Array, Int64Array, Int64Array]:
    """Grains at their new distances, from the first mark to the last.

    Args:
        marks: of the periods, at least two.
        edges: samples.
        cycles: of the new pitch at each of them.

    Returns:
        For each grain the sample that its middle comes from and the one that it goes to, and its
        lengths before and after the middle.
    """
    first, last = float(marks[0]), float(marks[-1])
    start, stop = np.interp([first, last], edges, cycles)
    inner = np.interp(np.arange(start + 1.0, stop, 1.0), cycles, edges)
    places = np.concatenate([[first], inner[inner < last], [last]])
    index = np.searchsorted((marks[:-1] + marks[1:]) / 2, places)
    periods = np.diff(marks)
    before, after = np.concatenate([periods[:1], periods]), np.concatenate([periods, periods[-1:]])
    return marks[index], np.rint(places).astype(np.int64), before[index], after[index]


def _overlap_add(
    padded: Samples,
    margin: int,
    out: Samples,
    grains: tuple[Int64Array, Int64Array, Int64Array, Int64Array],
) -> None:
    """The sum of all grains under Hann windows, into `out` from the first place to the last.

    Args:
        padded: the samples with a margin before and after them.
        margin: at least as long as a grain's half.
        out: shape ``(n,)``.
        grains: see `_grains`.
    """
    sources, places, before, after = grains
    half = -(-int(max(before.max(), after.max())) // 64) * 64
    rising, falling = _half_windows(half)
    windowed = _surroundings(padded, 2 * half)[sources + (margin - half)]
    windowed[:, :half] *= rising[before]
    windowed[:, half:] *= falling[after]
    begin, end = int(places[0]), int(places[-1])
    starts = places - begin
    # Grains are put down in layers, in each of which none touches another, and layers added up.
    layers = 2
    while (starts[layers:] - starts[:-layers] < 2 * half).any():
        layers += 1
    total = np.zeros(end - begin + 2 * half, np.float32)
    layer = np.empty_like(total)
    for first in range(min(layers, len(starts))):
        layer[:] = 0.0
        _surroundings(layer, 2 * half)[starts[first::layers]] = windowed[first::layers]
        total += layer
    out[begin:end] = total[half : half + end - begin]


@lru_cache(maxsize=12)
def _half_windows(longest: int) -> tuple[Float32Array, Float32Array]:
    """Halves of Hann windows of each length up to `longest`: rising ones that end at the end of a
    row, and falling ones that begin at its beginning; ``(longest + 1, longest)``.
    """
    rising = np.zeros((longest + 1, longest), np.float32)
    falling = np.zeros((longest + 1, longest), np.float32)
    for length in range(1, longest + 1):
        course = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)
        rising[length, longest - length :] = course
        falling[length, :length] = 1.0 - course
    return rising, falling
