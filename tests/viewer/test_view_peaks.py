"""Outlines of sound."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.viewer.peaks import measure_peaks


@given(st.integers(1, 700), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_peaks_are_the_extremes_of_their_bins(n: int, channels: int, seed: int) -> None:
    audio = np.random.default_rng(seed).uniform(-1, 1, (channels, n)).astype(np.float32)
    peaks = measure_peaks(audio, finest=64)
    gain = 127 / np.abs(audio).max()
    assert peaks.low.shape == (channels, -(-n // 64))
    for i in range(peaks.low.shape[1]):
        part = audio[:, i * 64 : (i + 1) * 64]
        np.testing.assert_allclose(peaks.low[:, i], part.min(axis=1) * gain, atol=0.51)
        np.testing.assert_allclose(peaks.high[:, i], part.max(axis=1) * gain, atol=0.51)
        rms = np.sqrt((part.astype(float) ** 2).mean(axis=1))
        np.testing.assert_allclose(peaks.rms[:, i], rms * gain, atol=0.51)


def test_channels_keep_their_relative_loudness() -> None:
    audio = np.stack([np.full(640, 0.5), np.full(640, 0.25)]).astype(np.float32)
    peaks = measure_peaks(audio)
    assert peaks.high[0].max() == 127
    assert peaks.high[1].max() == 64


@pytest.mark.parametrize("n", [0, 1])
def test_silence_and_nothing(n: int) -> None:
    peaks = measure_peaks(np.zeros((2, n), np.float32))
    assert peaks.high.shape == (2, n)
    assert not peaks.high.any()


def test_long_sound_gets_wider_bins_not_more() -> None:
    peaks = measure_peaks(np.ones((1, 10_000), np.float32), finest=1, max_bins=1000)
    assert peaks.bin == 16
    assert peaks.low.shape == (1, 625)
    data = peaks.as_json()["channels"][0]["high"]
    assert base64.b64decode(data) == bytes([127] * 625)
