"""Pitch and rise do what they say, keep the words, and cost no engine anything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.records import Speech, Voice, Word
from interactspeech.tts import Style, engine
from interactspeech.tts.prosody import (
    bend_pitch,
    frequency_factor,
    raise_end,
    raise_onset,
    shift_pitch,
)

RATE = 24_000
TEXT = "Wait, is the harbour not closed on Sundays? I read it in the paper."


def tone(frequency: float, seconds: float, words: int = 6) -> Speech:
    count = round(seconds * RATE)
    samples = 0.3 * np.sin(2 * np.pi * frequency * np.arange(count) / RATE)
    edges = np.linspace(0, count, words + 1).astype(int).tolist()
    spoken = tuple(Word(f"w{k}", edges[k], edges[k + 1]) for k in range(words))
    return Speech(samples.astype(np.float32), RATE, spoken, "engine", Voice("none", "tone"))


def frequencies(samples: np.ndarray) -> np.ndarray:
    """Frequency at each upward crossing of zero, from the crossings between samples."""
    at = np.flatnonzero((samples[:-1] < 0) & (samples[1:] >= 0))
    exact = at - samples[at] / (samples[at + 1] - samples[at])
    return RATE / np.diff(exact)


def test_pitch_moves_all_of_it_and_the_length_by_one_factor():
    speech = tone(200, 2.0)
    for semitones in (-3.0, -0.3, 0.5, 2.0):
        made = shift_pitch(speech, semitones)
        heard = frequencies(made.samples[500:-500])
        assert np.allclose(heard, 200 * frequency_factor(semitones), rtol=2e-3)
        assert len(made.samples) == round(len(speech.samples) / frequency_factor(semitones))
        for before, after in zip(speech.words, made.words, strict=True):
            assert abs(after.start - before.start / frequency_factor(semitones)) <= 1.5


def test_a_rise_holds_then_fades_and_leaves_the_rest_alone():
    speech = tone(200, 3.0)
    made = raise_onset(speech, 2.0)
    heard = frequencies(made.samples)
    when = np.cumsum(1 / heard)
    assert np.allclose(heard[when < 0.42], 200 * frequency_factor(2.0), rtol=3e-3)
    assert np.allclose(heard[when > 1.25], 200, rtol=2e-3)
    between = heard[(when > 0.45) & (when < 1.05)]
    assert (np.diff(between) < 0.02).all()  # it only falls
    tail = RATE * 3 // 2
    assert np.array_equal(made.samples[-tail:], speech.samples[-tail:])
    # No jump where the copy begins: nowhere bends more than the highest part does by itself.
    bend = np.abs(np.diff(made.samples, 2)).max()
    assert bend < 1.1 * 0.3 * (2 * np.pi * 200 * frequency_factor(2.0) / RATE) ** 2


def test_a_word_stays_on_its_sound():
    """A click at the start of each word is found where the word then starts."""
    speech = tone(100, 2.5, words=10)
    clicks = np.zeros(len(speech.samples), np.float32)
    for word in speech.words[1:]:
        clicks[word.start] = 1.0
    speech = Speech(clicks, RATE, speech.words, speech.times, speech.voice)
    for made in (shift_pitch(speech, 1.7), raise_onset(speech, 2.0), raise_onset(speech, -1.0)):
        for word in made.words[1:]:
            near = np.abs(made.samples[word.start - 40 : word.start + 40])
            assert abs(int(near.argmax()) - 40) <= 1


@settings(deadline=None, max_examples=40)
@given(
    lengths=st.lists(st.integers(1, 9000), min_size=1, max_size=12),
    pitch=st.floats(-4, 4),
    rise=st.floats(-3, 3),
)
def test_words_stay_in_order_whatever_they_are(lengths, pitch, rise):
    edges = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    words = tuple(Word(str(k), edges[k], edges[k + 1]) for k in range(len(lengths)))
    rng = np.random.default_rng(1)
    samples = rng.standard_normal(edges[-1]).astype(np.float32)
    speech = Speech(samples, RATE, words, "engine", Voice("none", "x"))
    for made in (shift_pitch(speech, pitch), raise_onset(speech, rise)):
        assert made.words[0].start == 0
        assert made.words[-1].end == len(made.samples)
        for before, after in zip(made.words, made.words[1:], strict=False):
            assert before.end <= after.start


def test_any_engine_takes_a_style_and_the_pace_stays():
    plain = engine("fake").speak(TEXT, "alto")
    same = engine("fake").speak(TEXT, "alto", Style(pitch=2.0))
    # The fake engine draws word lengths anew for each speed.
    assert abs(same.seconds / plain.seconds - 1) < 0.05
    high = engine("fake").speak(TEXT, "alto", Style(rise=2.0))
    assert 0.05 < plain.seconds - high.seconds < 0.12
    assert np.array_equal(high.samples[-RATE:], plain.samples[-RATE:])
    for speech in (same, high):
        assert [w.text for w in speech.words] == [w.text for w in plain.words]
        assert np.array_equal(np.rint(speech.samples * 32768) / 32768, speech.samples)


@pytest.mark.parametrize("wrong", [{"pitch": 5.0}, {"rise": -4.0}, {"speed": 3.0}])
def test_a_style_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="outside"):
        Style(**wrong)


@pytest.mark.parametrize("semitones", [-5.0, -1.0, 2.0, 6.0])
def test_a_bend_moves_the_pitch_evenly_from_start_to_end(semitones):
    speech = tone(200, 0.5)
    made = bend_pitch(speech, semitones)
    heard = 12 * np.log2(frequencies(made.samples) / 200)
    when = np.cumsum(1 / frequencies(made.samples)) / 0.5
    assert abs(np.polyfit(when, heard, 1)[0] - semitones) < 0.05 + 0.03 * abs(semitones)
    assert abs(heard[0] + semitones / 2) < 0.15
    assert abs(len(made.samples) / len(speech.samples) - 1) < 0.02
    assert made.words[0].start == 0
    assert made.words[-1].end == len(made.samples)


@pytest.mark.parametrize("semitones", [-2.0, 3.0, 6.0])
def test_a_rise_at_the_end_leaves_what_comes_before_alone(semitones):
    speech = tone(200, 2.0)
    made = raise_end(speech, semitones)
    kept = len(speech.samples) - round(0.45 * RATE)
    assert np.array_equal(made.samples[:kept], speech.samples[:kept])
    heard = frequencies(made.samples)
    assert np.allclose(heard[-5:], 200 * frequency_factor(semitones), rtol=3e-3)
    assert (np.sign(semitones) * np.diff(heard[-80:]) > -0.05).all()
    # No jump where the copy ends (the tone itself ends in one).
    bend = np.abs(np.diff(made.samples[: -RATE // 50], 2)).max()
    assert bend < 1.1 * 0.3 * (2 * np.pi * 200 * frequency_factor(max(semitones, 0)) / RATE) ** 2
    for before, after in zip(speech.words, made.words, strict=True):
        if before.end <= kept:
            assert (before.start, before.end) == (after.start, after.end)
    assert made.words[-1].end == len(made.samples)


def test_a_bend_of_nothing_and_of_next_to_nothing_is_harmless():
    short = tone(200, 0.01, words=1)
    assert bend_pitch(short, 3.0) is short
    assert raise_end(tone(200, 0.2), 3.0).words[-1].end > 0
    made = engine("fake").speak("Mm-hm.", "alto", Style(slope=3.0, end=2.0))
    assert made.words[0].end == len(made.samples)
    with pytest.raises(ValueError, match="slope"):
        Style(slope=9.0)
