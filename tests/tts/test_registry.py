"""Engines by name, voices by selection."""

import pytest

from interactspeech.errors import InputError
from interactspeech.tts import engine, engine_names, select_voices


def test_kokoro_is_the_default_and_has_28_voices():
    assert engine_names()[0] == "kokoro"
    voices = engine("kokoro").voices()
    assert len(voices) == 28
    assert voices[0].name == "af_heart"
    assert {(v.sex, v.accent) for v in voices} == {
        (sex, accent) for sex in ("female", "male") for accent in ("US", "GB")
    }


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("fake:bass,alto", ["bass", "alto"]),
        ("kokoro:af_heart,am_adam,fake:bass", ["af_heart", "am_adam", "bass"]),
        ("kokoro:af_heart,hibari", ["af_heart", *(v.name for v in engine("hibari").voices())]),
        (["fake:bass", "fake:bass"], ["bass"]),
    ],
)
def test_selection(selection, expected):
    assert [voice.name for voice in select_voices(selection)] == expected


@pytest.mark.parametrize(
    ("selection", "reason"),
    [
        ("nobody", "unknown-engine"),
        ("kokoro:nobody", "unknown-voice"),
        ("kokoro,nobody", "unknown-voice"),
        (" , ", "no-voice"),
    ],
)
def test_bad_selection(selection, reason):
    with pytest.raises(InputError) as caught:
        select_voices(selection)
    assert caught.value.reason == reason
