"""Noise with the envelope of a voice: breath taken in, sighs, and the h between bursts of laughter.

Breath is turbulence that the vocal tract filters as it does the voice. The envelope of the voice's
vowels holds the fall of the voice's own source besides, which noise has not: it is taken out.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.records import Samples
from interactspeech.signal.spectra import fast_length

#: The voice's source with the radiation at the lips falls by so much an octave above so many hertz.
_SOURCE_TILT, _TILT_FROM = 6.0, 300.0
#: Turbulence has little below; what a microphone near the mouth picks up there is no breath.
_LOWEST = 250.0
#: Air drawn in through the mouth: a band of weak resonances, and less hiss above it.
_HISS_FROM, _HISS_TILT = 5000.0, 9.0
#: No formant stands out of noise by more than so many dB.
_DEPTH = 24.0


def voice_noise(
    count: int, rate: int, envelope: Float32Array, rng: np.random.Generator, formants: float = 1.0
) -> Samples:
    """`count` samples of noise with the formants of a voice, of mean square 1.

    Args:
        count: samples.
        rate: samples a second.
        envelope: dB up to rate / 2, as `VoicePortrait.envelope`.
        rng: draws the noise.
        formants: factor on the depth of the formants; air drawn in has weak ones.
    """
    size = fast_length(max(count, 64))
    drawn = rng.standard_normal((size // 2 + 1, 2))
    spectrum = drawn[:, 0] + 1j * drawn[:, 1]
    hertz = np.arange(len(spectrum)) * (rate / size)
    grid = np.linspace(0.0, rate / 2, len(envelope))
    octaves = np.log2(np.maximum(grid, 1.0) / _TILT_FROM)
    shape = envelope + _SOURCE_TILT * np.maximum(octaves, 0.0)
    inside = (grid > _LOWEST) & (grid < _HISS_FROM)
    top = float(shape[inside].max(initial=-200.0))
    shape = np.maximum(shape - top, -_DEPTH) * formants
    shape -= _HISS_TILT * np.maximum(np.log2(np.maximum(grid, 1.0) / _HISS_FROM), 0.0)
    shape -= 24.0 * np.maximum(-np.log2(np.maximum(grid, 1.0) / _LOWEST), 0.0)
    spectrum *= 10 ** (np.interp(hertz, grid, shape) / 20)
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, size)[:count]
    power = float(np.square(noise).mean()) if count else 0.0
    return np.asarray(noise * (power**-0.5 if power > 0 else 0.0), np.float32)


def swell(count: int, rise: float, fall: float, hold: float = 1.0) -> Float32Array:
    """A gain that rises from 0 over `rise` of its length and falls to 0 over `fall` of it.

    Both ramps are raised cosines; between them it moves linearly from 1 to `hold`.
    """
    time = (np.arange(count) + 0.5) / max(count, 1)
    up = 0.5 - 0.5 * np.cos(np.pi * np.clip(time / max(rise, 1e-6), 0.0, 1.0))
    down = 0.5 - 0.5 * np.cos(np.pi * np.clip((1 - time) / max(fall, 1e-6), 0.0, 1.0))
    between = 1 + (hold - 1) * np.clip((time - rise) / max(1 - rise - fall, 1e-6), 0.0, 1.0)
    return np.asarray(up * down * between, np.float32)
