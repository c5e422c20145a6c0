"""flite: told every sound, so every sound's word is known."""

import numpy as np
import pytest

from interactspeech.errors import InputError, InteractSpeechError
from interactspeech.models.aligners import PocketsphinxAligner
from interactspeech.models.phonemes import phonemes
from interactspeech.records import spoken_tokens
from interactspeech.tts import Style, engine
from interactspeech.tts.engines import flite

needs_flite = pytest.mark.skipif(
    not engine("flite").installed, reason="the program flite is not installed"
)


def test_each_word_gets_a_name_its_sounds_and_the_mark_after_it():
    words = flite._words(phonemes("Mm-hm, pay $5 today."))
    assert [word.owner for word in words] == [0, 1, 2, 2, 3]
    assert len({word.name for word in words}) == len(words)
    assert [word.mark for word in words] == [",", "", "", "", "."]
    assert words[1].entry == ["p", "ey1"]
    assert words[2].entry == ["f", "ay1", "v"]


def test_names_are_different_words():
    names = {flite._name(number) for number in range(576)}
    assert len(names) == 576
    assert all(name.isalpha() and name.startswith("zo") for name in names)


def test_sounds_that_flite_changes_still_find_their_place():
    heard = ["pau", "dh", "iy", "pau", "eh", "n", "d", "pau"]
    assert flite._placed(["dh", "ax", "eh", "n", "d"], heard) == [1, 2, 4, 5, 6]
    assert flite._placed(["dh", "ax", "eh", "n", "d"], ["pau", "dh", "eh", "n", "d", "pau"]) == [
        *(1, 1, 2, 3, 4)
    ]


def test_without_the_program_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(flite, "_installed", lambda: "")
    made = flite.FliteEngine()
    assert not made.installed
    assert len(made.voices()) == 4
    with pytest.raises(InteractSpeechError, match="apt install flite"):
        made.speak("Hello.")


@needs_flite
@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith owes $5 at 3:30 pm.",
        "mm-hm",
        "a",
        "Stop -- no; $(rm -rf /) `x` | <speak> \"-o\" --help 'it's' & done",
        "-voice kal, please.",
        "First sentence. Second one? Third: yes; and so on.",
        "word " * 150,
    ],
)
def test_words_are_the_tokens(text):
    made = engine("flite")
    speech = made.speak(text)
    assert [word.text for word in speech.words] == spoken_tokens(text)
    assert np.array_equal(speech.samples, made.speak(text).samples)


@needs_flite
@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16"])
def test_onsets_agree_with_forced_alignment(voice):
    made, aligner, apart = engine("flite"), PocketsphinxAligner(), []
    for text in (
        "Well, I was thinking we could take the early train on Saturday.",
        "You should have told me earlier, because now the tickets are gone.",
        "The printer on the third floor costs $1,250, and it is broken again.",
    ):
        speech = made.speak(text, voice)
        found = aligner.align(speech.samples, speech.rate, text)
        assert found is not None
        pairs = zip(speech.words[1:], found[1:], strict=True)
        apart += [abs(word.start - start) / speech.rate for word, (start, _) in pairs]
    assert np.median(apart) <= 0.025
    assert np.percentile(apart, 85) <= 0.05


@needs_flite
def test_speed_and_script():
    made = engine("flite")
    slow, fast = (
        made.speak("I have told you so before.", style=Style(speed=s)) for s in (0.8, 1.5)
    )
    assert slow.seconds > 1.5 * fast.seconds
    with pytest.raises(InputError) as caught:
        made.speak("hello кот")
    assert caught.value.reason == "unspeakable"
