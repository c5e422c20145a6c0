"""Pitch of speech by autocorrelation: enough to know a voice and to cut its periods.

Frames of 40 ms; the autocorrelation of a windowed frame is divided by the window's own (Boersma
1993, Proceedings of the Institute of Phonetic Sciences 17), so that the first period's peak is not
below that of a shorter lag. There is no search for the best path through the frames.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.records import Samples

#: Frames of a track, a second.
FRAMES_PER_SECOND = 100
_FRAME = 0.04
#: The autocorrelation at the period over that at 0, above which a frame is voiced.
_VOICED = 0.6
#: A frame so far (power) below the loudest is silence.
_SILENT = 1e-4
#: Sound is read at this rate: the periods of voices need no more.
_RATE = 8_000
#: A peak at a shorter lag is taken if it is nearly as high: octaves below are no pitch.
_OCTAVE_COST = 0.03


def pitch_track(
    samples: Samples, rate: int, low: float = 60.0, high: float = 500.0
) -> tuple[Float64Array, Float64Array]:
    """Pitch and strength of voicing of `FRAMES_PER_SECOND` frames a second.

    Args:
        samples: mono.
        rate: samples a second.
        low: hertz above which pitch is looked for.
        high: hertz below which it is looked for.

    Returns:
        Hertz, 0 where a frame is unvoiced, and the normalised autocorrelation at the period in
        [0, 1]; both of shape ``(frames,)``. Frame k is centred at ``(k + 2) / 100`` seconds.
    """
    import soxr

    sound = np.asarray(samples if rate == _RATE else soxr.resample(samples, rate, _RATE))
    width, hop = round(_FRAME * _RATE), _RATE // FRAMES_PER_SECOND
    if len(sound) < width:
        return np.zeros(0), np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(sound, width)[::hop].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    window = np.hanning(width + 2)[1:-1]
    size = 1024
    power = np.square(np.abs(np.fft.rfft(frames * window, size)))
    auto = np.fft.irfft(power, size)
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, size))), size)
    energy = auto[:, 0]
    loud = energy > max(float(energy.max(initial=0.0)) * _SILENT, 1e-12)
    first, last = int(_RATE / high), min(int(_RATE / low) + 1, width * 3 // 4)
    lags = np.arange(first, last)
    scaled = auto[:, first - 1 : last + 1] / np.where(loud, energy, 1.0)[:, None]
    scaled = scaled / (own[first - 1 : last + 1] / own[0])
    inner = scaled[:, 1:-1]
    peaks = (inner >= scaled[:, :-2]) & (inner > scaled[:, 2:])
    score = np.where(peaks, inner - _OCTAVE_COST * np.log2(lags / first), -1.0)
    best = score.argmax(axis=1)
    row = np.arange(len(best))
    strength = np.clip(inner[row, best], 0.0, 1.0)
    left, middle, right = scaled[row, best], inner[row, best], scaled[row, best + 2]
    bend = left - 2 * middle + right
    shift = np.where(np.abs(bend) > 1e-9, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0.0)
    hertz = _RATE / (lags[best] + np.clip(shift, -0.5, 0.5))
    voiced = loud & (strength > _VOICED) & (score[row, best] > -1.0)
    return np.where(voiced, hertz, 0.0), np.where(loud, strength, 0.0)


def median_pitch(samples: Samples, rate: int) -> float:
    """The median pitch of the voiced frames in hertz; 0.0 where there are fewer than five."""
    hertz, _ = pitch_track(samples, rate)
    voiced = hertz[hertz > 0]
    return float(np.median(voiced)) if voiced.size >= 5 else 0.0


def spectral_envelope(
    frames: Float32Array, rate: int, size: int = 1024, detail: float = 0.0012
) -> Float32Array:
    """The smooth mean spectrum of frames in dB, shape ``(size // 2 + 1,)``, up to rate / 2.

    Spectra are averaged in dB, and the cepstrum beyond `detail` seconds, which holds the harmonics
    of the voice, is taken out.

    Args:
        frames: shape ``(frames, samples)``; each is windowed, and has at most `size` samples.
        rate: samples a second.
        size: of the transform.
        detail: seconds.
    """
    window = np.hanning(frames.shape[1] + 2)[1:-1].astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames * window, size, axis=1)))
    floor = max(float(power.max(initial=0.0)) * 1e-8, 1e-20)
    decibels = 10 * np.log10(np.maximum(power, floor)).mean(axis=0)
    cepstrum = np.fft.irfft(decibels, size)
    cepstrum[max(2, round(detail * rate)) : size - max(2, round(detail * rate)) + 1] = 0.0
    return np.asarray(np.fft.rfft(cepstrum).real, np.float32)
