"""Words that are drawn out last as long as asked; the others keep every sample."""

import numpy as np
import pytest

from interactspeech.rendering import HUMAN, ORIGINAL, lengthen_hesitations, spoken_lines
from interactspeech.scripts import parse_script
from interactspeech.signal.time_stretch import lengthened
from interactspeech.tts import Style, engine

TEXT = "So, um, we could take the, uh, early train on Friday."
RATE = 24_000


def said(text=TEXT):
    return engine("fake").speak(text, "bass")


def test_a_word_lasts_as_asked_and_the_others_are_copied():
    speech = said()
    made = lengthened(speech, {1: 0.6, 6: 0.5})
    for index, (before, after) in enumerate(zip(speech.words, made.words, strict=True)):
        heard = made.samples[after.start : after.end]
        source = speech.samples[before.start : before.end]
        if index in (1, 6):
            wanted = {1: 0.6, 6: 0.5}[index]
            assert abs(len(heard) / RATE - wanted) <= 0.0081
            # It begins and ends as it did.
            assert np.allclose(heard[:100], source[:100], atol=1e-4)
            assert np.allclose(heard[-10:], source[-10:], atol=0.02)
        else:
            assert np.array_equal(heard, source)
    assert made.words[-1].end == len(made.samples)


def test_silences_between_words_stay():
    speech = said()
    made = lengthened(speech, {1: 0.7})
    spaces = [
        [b.start - a.end for a, b in zip(s.words, s.words[1:], strict=False)]
        for s in (speech, made)
    ]
    assert spaces[0] == spaces[1]


def test_pitch_stays_where_a_word_is_drawn_out():
    speech = said("Um, fine.")
    made = lengthened(speech, {0: 0.55})
    word = made.words[0]

    def period(samples):
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16))
        return spectrum[: 1 << 11].argmax() / (1 << 16) * RATE

    before = period(speech.samples[: speech.words[0].end])
    assert abs(period(made.samples[word.start : word.end]) / before - 1) < 0.03


def test_nothing_is_shortened_and_nothing_done_without_need():
    speech = said()
    assert lengthened(speech, {}) is speech
    assert lengthened(speech, {1: 0.05}) is speech


def test_filled_pauses_of_a_turn_get_peoples_length():
    lengths = []
    for number in range(40):
        script = parse_script(f"A: {TEXT}\nB: Fine.\n", f"h{number}")
        line = spoken_lines(script)[0]
        speech = engine("fake").speak(TEXT, "bass", Style(speed=0.6))
        made = lengthen_hesitations(line, speech, script_id=script.id, seed=5)
        again = lengthen_hesitations(line, speech, script_id=script.id, seed=5)
        assert np.array_equal(made.samples, again.samples)
        assert [w.text for w in made.words] == [w.text for w in speech.words]
        lengths.append((made.words[1].end - made.words[1].start) / RATE)
        assert made.words[0].end >= speech.words[0].end
        assert len(made.samples) > len(speech.samples)
    natural = (speech.words[1].end - speech.words[1].start) / RATE
    assert np.std(lengths) > 0.02
    assert np.median(lengths) > 1.15 * natural


def test_the_word_before_a_filled_pause_is_lengthened_by_the_drawn_factor():
    """By `before_filler`: mean 1.3; no other word but the filled pauses changes."""
    factors = []
    for number in range(60):
        script = parse_script(f"A: {TEXT}\nB: Fine.\n", f"h{number}")
        speech = said()
        made = lengthen_hesitations(spoken_lines(script)[0], speech, script_id=script.id, seed=5)
        seconds = [
            np.array([word.end - word.start for word in one.words]) / RATE for one in (speech, made)
        ]
        factors.append(seconds[1] / seconds[0])
    factors = np.array(factors)
    mean, spread = HUMAN.delivery.before_filler
    for before in (0, 5):
        assert np.median(factors[:, before]) == pytest.approx(mean, abs=0.06)
        assert factors[:, before].max() < mean + 2 * spread + 0.05
    others = [k for k in range(factors.shape[1]) if k not in (0, 1, 5, 6)]
    assert np.array_equal(factors[:, others], np.ones((60, len(others))))


@pytest.mark.parametrize("text", ["I have nothing to add.", "Umbrellas are over there."])
def test_a_turn_without_one_is_left_alone(text):
    script = parse_script(f"A: {text}\nB: Fine.\n", "x")
    speech = said(text)
    assert lengthen_hesitations(spoken_lines(script)[0], speech, script_id="x", seed=5) is speech


def test_the_original_hesitates_as_the_engine_does():
    script = parse_script(f"A: {TEXT}\nB: Fine.\n", "x")
    speech, line = said(), spoken_lines(script)[0]
    assert lengthen_hesitations(line, speech, script_id="x", seed=5, settings=ORIGINAL) is speech
    assert lengthen_hesitations(line, speech, script_id="x", seed=5, settings=HUMAN) is not speech
