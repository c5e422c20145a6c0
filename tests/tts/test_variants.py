"""Formants move by a filter, pitch by grains, and the time axis stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.tts.spectral_synthesis import BINS, HOP, RATE
from interactspeech.tts.variants import Variant, formant_gains, vary_pitch

FRAMES = 120


def voice(hertz, resonances=(600.0, 1700.0, 2600.0)):
    """A steady vowel: harmonics under resonances of 90 Hz half width, and its frames' f0."""
    time = np.arange(FRAMES * HOP) / RATE
    out = np.zeros_like(time)
    for number in range(1, int(9000 / hertz)):
        gain = sum(1 / (1 + ((number * hertz - f) / 90) ** 2) for f in resonances) + 1e-3
        out += gain * np.cos(2 * np.pi * number * hertz * time)
    return (0.02 * out).astype(np.float32), np.full(FRAMES, hertz, np.float32)


def spectrum(samples):
    padded = np.pad(samples, 600, mode="reflect")
    view = np.lib.stride_tricks.sliding_window_view(padded, 1200)[::HOP][:FRAMES]
    return np.fft.rfft(view * np.hanning(1201)[:-1], axis=1).astype(np.complex64)


def peak(level, low, high):
    """Hertz of the highest envelope between two frequencies, by the harmonics' centre of mass."""
    bins = np.arange(round(low / 20), round(high / 20))
    weights = level[bins] ** 2
    return float((bins * 20 * weights).sum() / weights.sum())


def filtered(found, f0, variant):
    """The spectrum under the filter, whose gains are of every fourth bin."""
    gains = formant_gains(found, f0, variant)
    bins = np.arange(BINS)
    return found * np.stack([np.interp(bins, bins[::4], row) for row in gains])


def test_formants_move_and_harmonics_stay():
    samples, f0 = voice(120.0)
    before = spectrum(samples)
    after = filtered(before, f0, Variant(formants=1.15))
    level = np.abs(after).mean(axis=0)
    assert peak(np.abs(before).mean(axis=0), 300, 1000) == pytest.approx(600, rel=0.05)
    assert peak(level, 300, 1000) == pytest.approx(690, rel=0.05)
    assert peak(level, 1500, 2300) == pytest.approx(1955, rel=0.05)
    # A filter has no phase and moves no harmonic.
    assert np.allclose(np.angle(after[:, 30]), np.angle(before[:, 30]), atol=1e-3)


def test_the_first_formant_moves_alone():
    samples, f0 = voice(120.0)
    level = np.abs(filtered(spectrum(samples), f0, Variant(first=0.9))).mean(axis=0)
    assert peak(level, 300, 1000) == pytest.approx(540, rel=0.06)
    assert peak(level, 2300, 3000) == pytest.approx(2600, rel=0.05)


def autocorrelation_pitch(samples):
    part = samples[RATE // 2 : RATE // 2 + 2400]
    power = np.correlate(part, part, "full")[2399:]
    lag = 60 + int(np.argmax(power[60:480]))
    return RATE / lag


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.3])
def test_pitch_moves_and_length_and_formants_stay(factor):
    samples, f0 = voice(180.0)
    moved = vary_pitch(samples, f0, Variant(pitch=factor))
    assert len(moved) == len(samples)
    assert autocorrelation_pitch(moved) == pytest.approx(180 * factor, rel=0.03)
    level = np.abs(spectrum(moved)).mean(axis=0)
    assert peak(level, 300, 1000) == pytest.approx(600, rel=0.08)
    assert np.abs(moved).max() < 4 * np.abs(samples).max()


def test_what_has_no_voice_is_left_alone():
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(FRAMES * HOP).astype(np.float32)
    f0 = np.zeros(FRAMES, np.float32)
    assert vary_pitch(samples, f0, Variant(pitch=0.6)) is samples
    f0[40:80] = 150.0
    moved = vary_pitch(samples, f0, Variant(pitch=0.6))
    assert np.array_equal(moved[: 40 * HOP], samples[: 40 * HOP])
    assert np.array_equal(moved[80 * HOP :], samples[80 * HOP :])


@given(
    f0=st.lists(st.sampled_from([0.0, 30.0, 61.0, 90.0, 200.0, 420.0]), min_size=1, max_size=40),
    pitch=st.floats(0.4, 1.6),
    liveliness=st.floats(0.5, 1.5),
    formants=st.floats(0.7, 1.3),
)
def test_any_course_of_pitch_gives_sound_of_the_same_length(f0, pitch, liveliness, formants):
    rng = np.random.default_rng(len(f0))
    variant = Variant(pitch=pitch, range=liveliness, formants=formants)
    course = np.asarray(f0, np.float32)
    samples = (0.1 * rng.standard_normal(len(f0) * HOP)).astype(np.float32)
    moved = vary_pitch(samples, course, variant)
    assert moved.shape == samples.shape
    assert moved.dtype == np.float32
    assert np.isfinite(moved).all()
    found = np.zeros((len(f0), BINS), np.complex64)  # silence: nothing to divide by
    assert np.isfinite(formant_gains(found, course, variant)).all()
