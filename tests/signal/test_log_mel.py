from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.signal.log_mel import (
    BANDS,
    FLOOR,
    HOP,
    RATE,
    STACK,
    STEP,
    WINDOW,
    LogMel,
    centres,
    filterbank,
    hertz,
    log_mel,
    mel,
)


def test_filters_have_equal_area_and_cover_all_bands():
    assert filterbank().shape == (257, BANDS)
    np.testing.assert_allclose(filterbank().sum(axis=0), 1.0, atol=1e-6)


@given(st.floats(20, 20_000))
def test_mel_and_hertz_are_inverse(frequency):
    assert hertz(mel(frequency)) == pytest.approx(frequency, rel=1e-9)


@pytest.mark.parametrize("frequency", [150.0, 440.0, 1000.0, 3000.0, 6000.0])
def test_a_tone_is_loudest_in_its_own_band(frequency):
    tone = np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE).astype(np.float32)
    loudest = int(log_mel(tone).mean(axis=0).argmax())
    assert abs(loudest - int(np.abs(mel(centres()) - mel(frequency)).argmin())) <= 1


def test_ten_times_the_amplitude_is_two_powers_of_ten():
    noise = np.random.default_rng(1).normal(0, 0.01, RATE).astype(np.float32)
    np.testing.assert_allclose(log_mel(10 * noise) - log_mel(noise), 2.0, atol=1e-3)


def test_long_sound_is_heard_as_in_short_pieces():
    sound = np.random.default_rng(3).normal(0, 0.1, (2, 11 * RATE + 77)).astype(np.float32)
    hear = LogMel(2)
    pieces = [hear(sound[:, i : i + STEP]) for i in range(0, sound.shape[1], STEP)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), LogMel(2)(sound), atol=1e-5)


def test_silence_is_the_floor():
    assert log_mel(np.zeros(RATE, np.float32)).max() == pytest.approx(np.log10(FLOOR))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_pieces_of_any_size_give_the_same_steps(sizes):
    total = sum(sizes)
    sound = np.random.default_rng(2).normal(0, 0.1, (2, total)).astype(np.float32)
    whole = LogMel(2)(sound)
    hear = LogMel(2)
    edges = np.cumsum([0, *sizes])
    pieces = [hear(sound[:, a:b]) for a, b in pairwise(edges)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-5)
    assert whole.shape == (2, total // STEP, STACK * BANDS)


def test_a_step_needs_no_sample_of_its_future():
    sound = np.random.default_rng(3).normal(0, 0.1, (1, 5 * STEP)).astype(np.float32)
    changed = sound.copy()
    changed[:, 3 * STEP :] = 0.0
    np.testing.assert_array_equal(LogMel(1)(sound)[:, :3], LogMel(1)(changed)[:, :3])
    assert HOP < WINDOW
