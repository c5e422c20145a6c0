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

from typing import NamedTuple

import numpy as np

from interactspeech._typing import Complex64Array, Float32Array, Float64Array, Int64Array
from interactspeech.records import Samples
from interactspeech.signal.intervals import runs

Spectrum = Complex64Array

#: What a frame of 1200 samples at 24 kHz, moved by 300, gives: 601 bins of 20 Hz.
BINS, HOP, BIN_HERTZ = 601, 300, 20.0
RATE = 24_000
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


def shift_formants(spectrum: Spectrum, f0: Float32Array, variant: Variant) -> Spectrum:
    """`spectrum` through the filter that shifts its formants.

    Args:
        spectrum: shape ``(frames, 601)``.
        f0: hertz, shape ``(frames,)``; 0 where there is no voice.
        variant: `formants` and `first` are used.
    """
    level = np.log(np.abs(spectrum) + np.float32(1e-6))
    # Peaks of harmonics, which fall between bins: the largest of three.
    peaks = level.copy()
    np.maximum(peaks[:, 1:], level[:, :-1], out=peaks[:, 1:])
    np.maximum(peaks[:, :-1], level[:, 1:], out=peaks[:, :-1])
    spacing = np.where(f0 > _VOICED, f0, _UNVOICED_STEP)[:, None] / BIN_HERTZ
    step = np.asarray(spacing, np.float32)
    change = _spectral_envelope(peaks, step, _warped_bins(variant))
    change -= _spectral_envelope(peaks, step, np.arange(BINS, dtype=np.float32))
    smooth = change.copy()  # over three frames, weights 1 2 1
    smooth[1:-1] = 0.25 * change[:-2] + 0.5 * change[1:-1] + 0.25 * change[2:]
    return np.asarray(spectrum * np.exp(np.clip(smooth, _DOWN, _UP)), np.complex64)


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


def _spectral_envelope(peaks: Float32Array, step: Float32Array, at: Float32Array) -> Float32Array:
    """The envelope at bins `at`: straight lines (in decibels) from harmonic to harmonic.

    Args:
        peaks: log amplitude, shape ``(frames, 601)``.
        step: bins from harmonic to harmonic, shape ``(frames, 1)``.
        at: bins, shape ``(601,)``.
    """
    harmonic = at[None, :] / step
    below = np.floor(harmonic)
    share = harmonic - below

    def value(number: Float32Array) -> Float32Array:
        bins = np.clip(np.rint(np.maximum(number, 1.0) * step), 0, BINS - 1).astype(np.int64)
        return np.take_along_axis(peaks, bins, axis=1)

    low = value(below)
    return np.asarray(low + (value(below + 1.0) - low) * share, np.float32)


def vary_pitch(samples: Samples, f0: Float32Array, variant: Variant) -> Samples:
    """`samples` with another pitch and the same times.

    Args:
        samples: at 24 kHz, `HOP` for each frame.
        f0: hertz, shape ``(frames,)``; 0 where there is no voice.
        variant: `pitch` and `range` are used.
    """
    voiced = f0 > _VOICED
    if not voiced.any():
        return samples
    out = samples.copy()
    frames = np.flatnonzero(voiced)
    middle = float(np.exp(np.median(np.log(f0[frames]))))
    # Between voiced frames a straight line, so that no glide from 0 is taken for a pitch.
    place = (np.arange(len(samples)) + 0.5) / HOP - 0.5
    pitch = np.interp(place, frames, f0[frames])
    factor = variant.pitch * (pitch / middle) ** (variant.range - 1.0)
    for begin, end in (runs(voiced) * HOP).tolist():
        marks = _pitch_marks(samples, pitch, begin, min(end, len(samples)))
        if len(marks) > 2:
            _overlap_add(samples, out, marks, factor)
    return out


def _pitch_marks(samples: Samples, pitch: Float64Array, begin: int, end: int) -> Int64Array:
    """One place in each period of a voiced stretch, where its energy is on the whole largest."""
    phase = np.cumsum(pitch[begin:end] / RATE)
    marks = begin + 1 + np.flatnonzero(np.diff(np.floor(phase)))
    if len(marks) < 3:
        return marks
    period = int(RATE / np.median(pitch[begin:end]))
    width = max(period // 4, 3) | 1
    power = np.convolve(samples[begin:end] ** 2, np.hanning(width + 2)[1:-1], "same")
    shifts = np.arange(-(period // 2), period - period // 2)
    places = np.clip(marks[None, :] + shifts[:, None] - begin, 0, end - begin - 1)
    best = int(shifts[int(np.argmax(power[places].sum(axis=1)))])
    return np.unique(np.clip(marks + best, begin, end - 1))


def _overlap_add(
    samples: Samples,
    out: Samples,
    marks: Int64Array,
    factor: Float64Array,
) -> None:
    """Put grains around `marks` at their new distances, from the first mark to the last."""
    first, last = int(marks[0]), int(marks[-1])
    periods = np.diff(marks)
    before = np.concatenate([periods[:1], periods])
    after = np.concatenate([periods, periods[-1:]])
    places = [float(first)]
    while True:
        index = min(int(np.searchsorted(marks, places[-1])), len(marks) - 1)
        place = places[-1] + after[index] / factor[min(int(places[-1]), len(factor) - 1)]
        if place >= last:
            break
        places.append(place)
    places.append(float(last))
    middles = (marks[:-1] + marks[1:]) / 2
    margin = int(max(before.max(), after.max())) + 1
    sum_of = np.zeros(last - first + 2 * margin, np.float32)
    for place, index in zip(places, np.searchsorted(middles, places), strict=True):
        left, right = int(before[index]), int(after[index])
        mark = int(marks[index])
        begin, end = max(mark - left, 0), min(mark + right, len(samples))
        grain = (
            samples[begin:end] * _grain_window(left, right)[begin - mark + left :][: end - begin]
        )
        start = round(place) - first + margin - (mark - begin)
        sum_of[start : start + len(grain)] += grain
    out[first:last] = sum_of[margin : margin + last - first]


def _grain_window(left: int, right: int) -> Float32Array:
    """Half a Hann window that rises over `left` samples, and half of one that falls."""
    if (left, right) not in _WINDOWS:
        rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(left) / left)
        fall = 0.5 + 0.5 * np.cos(np.pi * np.arange(right) / right)
        if len(_WINDOWS) > 4096:
            _WINDOWS.clear()
        _WINDOWS[left, right] = np.concatenate([rise, fall]).astype(np.float32)
    return _WINDOWS[left, right]


_WINDOWS: dict[tuple[int, int], Float32Array] = {}
