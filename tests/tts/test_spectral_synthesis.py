"""The waveform of a short-time spectrum, at its own rate and as if resampled; pulses."""

import numpy as np
import pytest

from interactspeech.tts import spectral_synthesis
from interactspeech.tts.spectral_synthesis import (
    BINS,
    FFT,
    HOP,
    RATE,
    hop_for,
    overlap_add,
    spectrum,
)

FRAMES = 90


def sines(time):
    """A tone of 200 Hz, weaker ones above it; `time` in seconds of 24 kHz."""
    return sum(
        0.2 / number * np.sin(2 * np.pi * 200.0 * number * time + number)
        for number in (1, 3, 8, 20)
    )


def transformed(samples):
    padded = np.pad(samples, FFT // 2, mode="reflect")
    view = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:FRAMES]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    return np.fft.rfft(view * window, axis=1).astype(np.complex64)


@pytest.mark.parametrize("hop", [HOP, 210, 260, 338, 400])
def test_other_hops_resample(hop):
    samples = sines(np.arange(FRAMES * HOP) / RATE)
    made = overlap_add(transformed(samples), hop=hop)
    assert len(made) == FRAMES * hop
    ideal = sines(np.arange(FRAMES * hop) / RATE * HOP / hop)
    inner = slice(4 * hop, -4 * hop)  # reflections are at both ends
    assert np.abs(made[inner] - ideal[inner]).max() < 2e-4


@pytest.mark.parametrize("frames", [1, 2, 3, 7])
@pytest.mark.parametrize("hop", [HOP, 260])
def test_ends_are_as_loud_as_the_middle(frames, hop):
    """White noise through its own transform and back, up to the last sample that a window has."""
    rng = np.random.default_rng(frames)
    samples = rng.standard_normal(frames * HOP)
    padded = np.pad(samples, FFT // 2, mode="wrap")
    view = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:frames]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    made = overlap_add(np.fft.rfft(view * window, axis=1).astype(np.complex64), hop=hop)
    if hop == HOP:
        assert np.abs(made - samples)[: frames * HOP - HOP // 2].max() < 1e-3
    assert len(made) == frames * hop


def test_gains_filter_and_the_power_stays():
    found = transformed(sines(np.arange(FRAMES * HOP) / RATE))
    gains = np.ones((FRAMES, 151), np.float32)
    gains[:, 10:] = 4.0  # above 800 Hz
    plain, filtered = overlap_add(found), overlap_add(found, gains)
    low, high = (
        np.abs(np.fft.rfft(one[6000:18000]))[[100, 800]] for one in (plain, filtered)
    )  # 200 and 1600 Hz
    assert (high[1] / high[0]) / (low[1] / low[0]) == pytest.approx(4.0, rel=0.05)
    assert np.dot(filtered, filtered) == pytest.approx(np.dot(plain, plain), rel=0.05)


def test_hops_are_near_and_their_transforms_fast():
    wanted = np.linspace(0.5001, 2.0001, 400)
    off = np.array([hop_for(scale) / (scale * HOP) - 1 for scale in wanted])
    assert np.abs(off).max() < 0.016
    assert np.abs(off).mean() < 0.005
    assert [hop_for(size) for size in (1.0, 1.09, 0.87)] == [300, 327, 261]
    for scale in wanted:
        rest = hop_for(scale)
        for factor in (2, 3, 5, 7, 11, 13, 17, 19):
            while rest % factor == 0:
                rest //= factor
        assert rest == 1


def test_pulses_are_all_harmonics():
    """Twice the sum of cosines below 11 kHz, while f0 moves in straight lines."""
    course = np.linspace(110.0, 170.0, FRAMES).astype(np.float32)
    reached, train = spectral_synthesis._pulse_train(course)
    assert reached.all()
    times = (np.arange(FRAMES * HOP) + 0.5) / HOP - 0.5
    hertz = np.interp(times, np.arange(FRAMES), course.astype(float))
    phase = np.cumsum(hertz / RATE)
    ideal = np.zeros(FRAMES * HOP)
    count = np.floor(np.float32(11_000) / hertz.astype(np.float32))
    for number in range(1, 101):
        ideal += np.where(number <= count, 2 * np.cos(2 * np.pi * number * phase), 0.0)
    made = train[FFT // 2 : FFT // 2 + FRAMES * HOP]
    assert np.corrcoef(made, ideal)[0, 1] > 0.999


def test_where_there_is_no_voice_there_are_no_pulses():
    course = np.zeros(FRAMES, np.float32)
    course[30:50] = 120.0
    reached, train = spectral_synthesis._pulse_train(course)
    assert reached[30:50].all()
    assert not reached[:25].any()
    assert not reached[56:].any()
    assert not train[: 28 * HOP + FFT // 2].any()
    head = np.zeros((FRAMES, 5 * BINS), np.float32)
    head[:, 2 * BINS : 3 * BINS] = -9.0
    head[:, 3 * BINS : 4 * BINS] = -20.0
    found = np.abs(spectrum(head, course, 0))
    assert found[35:45].max() > 100 * max(found[:25].max(), found[56:].max())
