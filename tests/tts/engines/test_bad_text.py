"""What no voice should be asked to say: every engine names it, and goes on with the next."""

import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.records import spoken_tokens
from interactspeech.tts import Synthesizer, engine
from interactspeech.tts.engines.piper import PiperEngine
from interactspeech.tts.interface import is_feedback

NAMES = ("hibari", "flite", "espeak", "fake")


@pytest.fixture(params=NAMES)
def made(request):
    found = engine(request.param)
    if not found.installed:
        pytest.skip(f"{request.param} is not installed here")
    return found


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("well 好的 then", "好的"),
        ("one two ثلاثة", "ثلاثة"),
        ("see the dоg", "dоg"),  # noqa: RUF001 -- the o is Cyrillic
        ("count १२३ now", "१२३"),
        ("fine 😀 thanks", "😀"),
        ("a\x00b is cut", "a\x00b"),
        ("half \ud83d a picture", "\ud83d"),
        ("bell\x07 rings", "bell\x07"),
    ],
)
def test_what_has_no_sound_is_named(made, text, word):
    if made.name == "fake" and word.isalnum():
        pytest.skip("it hums in any script")
    with pytest.raises(InputError) as caught:
        made.speak(text)
    assert caught.value.reason == "unspeakable"
    assert repr(word) in str(caught.value)
    assert made.speak("And it goes on.").seconds > 0.3


@pytest.mark.parametrize(
    "text",
    [
        '<speak>Wait <break time="60s"/> for <prosody rate="x-slow">me</prosody></speak>',
        "say [[h@'loU]] and [hello](/world/) please",
        '<audio src="file:///etc/passwd"/> is read aloud',
        "$(reboot); `id` && echo done | cat",
        "-voice file.flitevox -o /dev/null stop",
    ],
)
def test_markup_is_text(made, text):
    speech = made.speak(text)
    assert [word.text for word in speech.words] == spoken_tokens(text)
    assert speech.seconds < 15  # and no break of a minute


def test_long_sentences_are_cut_and_joined(made):
    words = ["then", "somebody", "told", "me", "that", "nobody", "knew", "of", "it"]
    text = " ".join(words[n % 9] for n in range(380)) + "."
    assert 1900 < len(text) < 2300
    speech = made.speak(text)
    assert [word.text for word in speech.words] == text.split()
    assert 60 < speech.seconds < 200
    # Cut at the end of a word, not inside one: no word is drawn out.
    assert max(word.end - word.start for word in speech.words) < 1.6 * speech.rate


def test_a_word_without_end_is_refused():
    for name in ("hibari", "flite"):
        if engine(name).installed:
            with pytest.raises(InputError) as caught:
                engine(name).speak("then " + "la" * 1000)
            assert caught.value.reason == "unspeakable"


def test_a_voice_that_is_gone_is_named_with_those_that_are_there():
    before = engine("hibari").voices()[1]
    gone = type(before)(
        **{**{f: getattr(before, f) for f in before.__struct_fields__}, "name": "low"}
    )
    with pytest.raises(InputError) as caught:
        Synthesizer().speak("Hello there.", gone)
    assert caught.value.reason == "unknown-voice"
    assert "'low'" in str(caught.value)
    assert "f_agnes" in str(caught.value)


def test_a_file_of_a_voice_that_vanishes(tmp_path):
    model, settings = tmp_path / "ann.onnx", tmp_path / "ann.onnx.json"
    model.write_bytes(b"x")
    settings.write_text('{"num_speakers": 1, "phoneme_type": "espeak"}', "utf-8")
    made = PiperEngine(folder=tmp_path)
    ann = made.voices()[1]
    model.unlink()
    for attempt in range(2):
        with pytest.raises(InputError) as caught:
            made.speak("Hello there.", ann)
        assert caught.value.reason == "unknown-voice", attempt


def test_feedback_is_known_by_its_words():
    assert is_feedback(["Mm-hm."])
    assert is_feedback(["Yeah,", "right."])
    assert not is_feedback(["Right", "there."])
    assert not is_feedback(["yeah"] * 4)


def test_feedback_is_as_long_as_peoples(made):
    if made.name in ("espeak", "fake"):
        pytest.skip("a robot's pace")
    words = ("Mm-hm.", "Uh-huh.", "Mm.", "Yeah.", "Right.", "Okay.")
    voices = made.voices()[:4]
    seconds = [made.speak(word, voice).seconds for word in words for voice in voices]
    assert 0.35 < np.median(seconds) < 0.6  # people: 0.46 s
    assert 0.2 < min(seconds) < max(seconds) < 0.85
