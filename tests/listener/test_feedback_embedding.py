"""Short attempts to take the floor are told from feedback by the embedding of the whole stretch."""

import numpy as np
import pytest
from short_talk import frames_of, short_talk

from interactspeech.listener.feedback_embedding import (
    embedding_log_odds,
    embedding_weights,
    stretch_features,
)
from interactspeech.listener.levelled_frames import LEAST
from interactspeech.signal.log_mel import HOP, RATE

#: Voices that it was not fitted on, and what people say at once with another.
VOICES = "hibari:f_ella,f_hazel,m_gavin,m_hugo"
FEEDBACK = ("Mm-hm.", "Yeah.", "Uh-huh.", "Okay.", "Right.", "Mm.", "Oh yeah.")
ATTEMPTS = ("But I", "Well", "So", "No but", "And then", "Can I", "Wait", "It's")


@pytest.fixture(scope="module")
def said() -> list[tuple[bool, np.ndarray]]:
    return short_talk(VOICES, FEEDBACK, ATTEMPTS)


def heard(sound: np.ndarray) -> float:
    return embedding_log_odds(frames_of(sound), 50, len(sound) // HOP - 50)


def test_attempts_of_one_or_two_words_are_told_from_feedback(said) -> None:
    feedback, attempts = ([heard(x) for kind, x in said if kind == k] for k in (True, False))
    assert np.mean([one > other for one in feedback for other in attempts]) >= 0.93


def test_level_changes_little(said) -> None:
    for _, sound in said[:10]:
        assert heard(sound) == pytest.approx(heard(sound * 0.1), abs=0.4)
        assert heard(sound) == pytest.approx(heard(sound * 3.0), abs=0.4)


def test_weights_fit_what_is_heard_and_a_moment_says_nothing() -> None:
    frames = frames_of(np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32))
    weights = embedding_weights()
    assert stretch_features(frames, 10, 40).shape == (len(weights.weights),) == (289,)
    assert embedding_log_odds(frames, 10, 10 + LEAST - 1) == 0.0
    assert embedding_log_odds(frames, 10, 10 + LEAST) != 0.0
    assert embedding_log_odds(frames[:0], 0, 0) == 0.0


def test_nothing_later_than_shortly_after_the_end_counts(said) -> None:
    frames = frames_of(said[0][1])
    other = frames.copy()
    other[80 + 6 :] = -2.0
    assert embedding_log_odds(frames, 50, 80) == embedding_log_odds(other, 50, 80)
