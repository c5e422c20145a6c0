"""The fake engine keeps the contract that every engine keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.records import spoken_tokens
from interactspeech.tts import Style, engine

TEXT = (
    "Well, I was thinking we could take the early train on Saturday, so we get there before lunch "
    "and have the whole afternoon. Do you think that would work for you and the kids?"
)


def test_one_word_for_each_spoken_token():
    speech = engine("fake").speak("Well -- it's 5 o'clock, so ... go!", "bass")
    assert [word.text for word in speech.words] == ["Well", "it's", "5", "o'clock,", "so", "go!"]
    assert speech.times == "engine"
    assert speech.voice.name == "bass"


def test_pace_is_that_of_people():
    speech = engine("fake").speak(TEXT)
    assert 3.3 < len(speech.words) / speech.seconds < 4.5


def test_same_text_same_samples_and_voices_differ():
    first, second = engine("fake").speak(TEXT, "alto"), engine("fake").speak(TEXT, "alto")
    assert np.array_equal(first.samples, second.samples)
    assert first.words == second.words
    other = engine("fake").speak(TEXT, "bass")
    assert not np.array_equal(first.samples[:2000], other.samples[:2000])


def test_speed_shortens():
    slow, fast = (engine("fake").speak(TEXT, style=Style(speed=s)) for s in (0.8, 1.6))
    assert len(slow.samples) > 1.6 * len(fast.samples)


def test_samples_survive_sixteen_bits():
    samples = engine("fake").speak(TEXT).samples
    assert np.array_equal(np.rint(samples * 32768) / 32768, samples)
    assert np.abs(samples).max() < 0.9


@given(st.text(alphabet="ab c,.?!'-3", min_size=1, max_size=40))
def test_words_follow_the_tokens(text):
    tokens = spoken_tokens(text)
    if not tokens:
        with pytest.raises(InputError) as caught:
            engine("fake").speak(text)
        assert caught.value.reason == "nothing-to-say"
        return
    speech = engine("fake").speak(text)
    assert [word.text for word in speech.words] == tokens
    assert speech.words[0].start == 0
    assert speech.words[-1].end == len(speech.samples)
    level = np.abs(speech.samples).max()
    for word in speech.words:
        assert np.abs(speech.samples[word.start : word.end]).max() > 0.1 * level
