"""espeak-ng, where its extra is installed; what depends on nothing is tested anyway."""

import numpy as np
import pytest

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records import spoken_tokens
from interactspeech.tts import engine
from interactspeech.tts.engines import espeak


def test_an_absent_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "espeakng_loader", None)
    espeak._paths.cache_clear()
    with pytest.raises(MissingExtraError, match=r"'\.\[espeak\]'"):
        engine("espeak").speak("Hello.")
    espeak._paths.cache_clear()


@pytest.fixture
def espeak_ng():
    pytest.importorskip("espeakng_loader")
    return engine("espeak")


@pytest.mark.parametrize(
    "text",
    ["Well, I was on the train -- on Saturday.", "Dr. Smith owes $5 at 3:30 pm.", "mm-hm", "a"],
)
def test_words_are_the_tokens(espeak_ng, text):
    for voice in espeak_ng.voices()[:2]:
        speech = espeak_ng.speak(text, voice)
        assert [word.text for word in speech.words] == spoken_tokens(text)


def test_same_text_same_samples(espeak_ng):
    for voice in espeak_ng.voices():
        one, other = (espeak_ng.speak("It is the same, again.", voice) for _ in range(2))
        assert np.array_equal(one.samples, other.samples), voice.name


def test_another_script_is_refused(espeak_ng):
    with pytest.raises(InputError, match="кот"):
        espeak_ng.speak("кот")
