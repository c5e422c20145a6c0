"""Pitch and envelopes of signals whose pitch and envelope are known."""

import numpy as np
import pytest

from interactspeech.seeds import generator
from interactspeech.signal.pitch import median_pitch, pitch_track, spectral_envelope

RATE = 24_000


def pulses(hertz, seconds=0.6, rate=RATE):
    """A voice-like tone: harmonics up to 4 kHz that fall by 12 dB an octave."""
    time = np.arange(round(seconds * rate)) / rate
    tone = sum(np.sin(2 * np.pi * k * hertz * time) / k**2 for k in range(1, int(4000 / hertz)))
    return (0.1 * tone).astype(np.float32)


@pytest.mark.parametrize("hertz", [70, 98, 131, 196, 262, 350, 470])
@pytest.mark.parametrize("rate", [16_000, 24_000])
def test_the_pitch_of_a_tone_is_found_without_octave_errors(hertz, rate):
    track, strength = pitch_track(pulses(hertz, rate=rate), rate)
    assert (track > 0).mean() > 0.95
    assert np.abs(12 * np.log2(track[track > 0] / hertz)).max() < 0.3
    assert strength.max() <= 1.0


def test_noise_and_silence_have_no_pitch():
    noise = generator(0, "noise").standard_normal(RATE).astype(np.float32)
    assert (pitch_track(noise, RATE)[0] > 0).mean() < 0.05
    assert not pitch_track(np.zeros(RATE, np.float32), RATE)[0].any()
    assert median_pitch(np.zeros(100, np.float32), RATE) == 0.0


def test_the_envelope_shows_a_formant_and_no_harmonic():
    rng = generator(1, "formant")
    frames = pulses(200)[: 960 * 12].reshape(12, 960) + 1e-4 * rng.standard_normal((12, 960))
    envelope = spectral_envelope(frames.astype(np.float32), RATE)
    assert envelope.shape == (513,)
    hertz = np.linspace(0, RATE / 2, 513)
    assert envelope[np.abs(hertz - 400).argmin()] > envelope[np.abs(hertz - 3000).argmin()] + 15
    # From harmonic to harmonic it falls without going up and down by more than a few dB.
    inside = envelope[(hertz > 400) & (hertz < 2000)]
    assert np.diff(inside).max() < 1.5
