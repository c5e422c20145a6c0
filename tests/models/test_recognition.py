"""Counting word errors, and the aligner's way out for unknown words."""

import pytest

from interactspeech.models.aligners import PocketsphinxAligner
from interactspeech.models.recognition import normal_words, word_errors
from interactspeech.tts import engine


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I'm 25, okay?", "i am twenty five OK"),
        ("It isn't here -- mm-hm.", "It is not here. Mm-hmm!"),
        ("You can't say that's $5.", "you cannot say that is five dollars"),
        ("Uh-huh, well-known colour", "uh huh well known color"),
    ],
)
def test_spelling_is_no_error(one, other):
    assert word_errors(normal_words(one), normal_words(other)) == 0


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a c", 1),
        ("a b", "a x b y", 2),
        ("", "a b", 2),
        ("a", "", 1),
    ],
)
def test_word_errors(reference, heard, errors):
    assert word_errors(reference.split(), heard.split()) == errors


def test_unknown_words_are_aligned():
    text = "Zorblatt paid $5 to MUL0484, mm-hm."
    speech = engine("hibari").speak(text)
    found = PocketsphinxAligner().align(speech.samples, speech.rate, text)
    assert found is not None
    assert len(found) == len(speech.words)
    apart = [abs(word.start - start) for word, (start, _) in zip(speech.words, found, strict=True)]
    assert max(apart) < 0.15 * speech.rate
