import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.records import Speech, Voice, Word
from interactspeech.signal.time_stretch import stretched

RATE = 24_000
VOICE = Voice(engine="test", name="x")


def tone(hertz: float, seconds: float = 0.5) -> Speech:
    time = np.arange(round(RATE * seconds)) / RATE
    wave = sum(0.3 / k * np.sin(2 * np.pi * k * hertz * time) for k in (1, 2, 3))
    n = len(time)
    words = (Word("one", 0, n // 3), Word("two", n // 2, n))
    return Speech(np.asarray(wave, np.float32), RATE, words, "engine", VOICE)


@pytest.mark.parametrize("factor", [0.76, 0.9, 1.12, 1.45])
@pytest.mark.parametrize("hertz", [98.0, 187.0, 262.0])
def test_length_changes_and_pitch_does_not(hertz, factor):
    source = tone(hertz)
    made = stretched(source, 0.5 * factor)
    assert len(made.samples) == round(len(source.samples) * factor)
    middle = made.samples[2000:-2000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 16 * RATE))
    peak = np.fft.rfftfreq(16 * RATE, 1 / RATE)[spectrum.argmax()]
    assert peak == pytest.approx(hertz, abs=2)
    rms, before = np.sqrt(np.mean(middle**2)), np.sqrt(np.mean(source.samples**2))
    assert rms == pytest.approx(before, rel=0.03)


def test_there_are_no_clicks():
    made = stretched(tone(150.0), 0.6).samples
    steps = np.abs(np.diff(made))
    assert steps.max() < 1.3 * np.abs(np.diff(tone(150.0).samples)).max()


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 3.0), st.floats(0.05, 1.2))
def test_words_scale_and_lengths_are_bounded(seconds, natural):
    source = tone(200.0, natural)
    made = stretched(source, seconds)
    ratio = len(made.samples) / len(source.samples)
    assert 0.74 < ratio < 1.51
    assert made.words[-1].end == len(made.samples)
    for word, old in zip(made.words, source.words, strict=True):
        assert word.start == pytest.approx(old.start * ratio, abs=2)


def test_a_small_change_is_not_made():
    source = tone(200.0)
    assert stretched(source, 0.505) is source
    with pytest.raises(ValueError, match="hold 1"):
        stretched(source, 1.0, (1.1, 1.5))
