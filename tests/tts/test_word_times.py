"""Word times on made-up sound: where the energy is, there the words are."""

import numpy as np
import pytest

from interactspeech.models.phonemes import Phonemes
from interactspeech.signal.samples import fade_edges
from interactspeech.signal.speech_energy import active_spans, activity
from interactspeech.tts.word_times import join_phrases, phrase_word_times

RATE, UNIT = 24_000, 600
TONE = np.sin(np.arange(RATE * 4) * 0.06).astype(np.float32) * 0.4


def sound(*spans, seconds=3.0):
    """Silence with a tone in each span of seconds."""
    samples = np.zeros(int(seconds * RATE), np.float32)
    for start, end in spans:
        samples[int(start * RATE) : int(end * RATE)] = TONE[: int(end * RATE) - int(start * RATE)]
    return samples


def seconds(bounds, shift=0.0):
    return [(round(a / RATE + shift, 2), round(b / RATE + shift, 2)) for a, b in bounds]


#: "aa, bb cc." with a mark after the first word; 0.1 s a symbol but the pads of 0.3 s.
PIECE = Phonemes("aa, bb cc.", (0, 0, -1, -1, 1, 1, -1, 2, 2, -1))
DURATIONS = np.array([12, *[4] * 10, 12], np.float32)


def test_spaces_are_shared_and_edges_trimmed():
    made = phrase_word_times(sound((0.3, 1.2)), RATE, PIECE, DURATIONS, UNIT, 0)
    assert len(made.samples) == pytest.approx(0.9 * RATE, abs=0.012 * RATE)
    assert seconds(made.bounds)[1] == pytest.approx((0.3, 0.65), abs=0.02)
    assert made.bounds[0][0] == 0
    assert made.bounds[-1][1] == len(made.samples)
    assert made.bounds[1][1] == made.bounds[2][0]


def test_a_word_before_a_mark_ends_with_its_energy():
    # The model says that the first word lasts until 0.5 s, and the second begins at 0.7 s; in the
    # sound there is silence from 0.42 to 0.66 s.
    made = phrase_word_times(sound((0.3, 0.42), (0.66, 1.2)), RATE, PIECE, DURATIONS, UNIT, 0)
    (_, end), (start, _), _ = seconds(made.bounds, 0.3)
    assert end == pytest.approx(0.42, abs=0.011)
    assert start == pytest.approx(0.66, abs=0.011)


def test_lag_is_taken_off():
    late = np.array([15, *[4] * 10, 9], np.float32)  # all boundaries 75 ms later
    on_time = phrase_word_times(sound((0.3, 1.2)), RATE, PIECE, DURATIONS, UNIT, 0)
    corrected = phrase_word_times(sound((0.3, 1.2)), RATE, PIECE, late, UNIT, int(0.075 * RATE))
    assert corrected.bounds == on_time.bounds


def test_the_closure_of_a_stop_is_no_pause():
    made = phrase_word_times(sound((0.3, 0.90), (0.94, 1.2)), RATE, PIECE, DURATIONS, UNIT, 0)
    assert made.bounds[1][1] == made.bounds[2][0]


def test_silence_is_refused():
    samples = np.zeros(RATE, np.float32)
    samples[5000:5048] = 0.5  # a click of 2 ms is no speech either, but the only thing there
    assert active_spans(activity(samples, RATE), RATE)
    with pytest.raises(ValueError, match="silence"):
        phrase_word_times(np.zeros(RATE, np.float32), RATE, PIECE, DURATIONS, UNIT, 0)


def test_joined_pieces_keep_their_word_times():
    made = phrase_word_times(sound((0.3, 1.2)), RATE, PIECE, DURATIONS, UNIT, 0)
    both = join_phrases([(made, 0.25), (made, 0.0)], RATE)
    shift = len(made.samples) + int(0.25 * RATE)
    assert len(both.samples) == shift + len(made.samples)
    assert both.bounds[3:] == [(a + shift, b + shift) for a, b in made.bounds]


def test_fades_leave_no_step():
    samples = fade_edges(np.full(2400, 0.5, np.float32), RATE)
    assert samples[0] == 0.0
    assert np.abs(np.diff(samples)).max() < 0.01
