"""Voices mixed of others: one name for one mixture, declared, told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.tts import Style, cast, engine, select_voices
from interactspeech.tts.mixing import is_mixture, mixed_name, mixture_shares
from interactspeech.tts.voice_similarity import alike, likeness

KOKORO = engine("kokoro", device="cpu")


@pytest.mark.parametrize(
    "name",
    ["af_heart*0.6+am_adam*0.4", "am_adam*2 + af_heart*3", "af_heart*.3+am_adam*.4+af_heart*.3"],
)
def test_a_mixture_has_one_name(name):
    voice = KOKORO.voice(name)
    assert voice.name == "af_heart*0.6+am_adam*0.4"
    assert (voice.sex, voice.accent, voice.licence) == ("female", "US", "Apache-2.0")
    assert KOKORO.voice(voice.name) == voice


def test_sex_and_accent_are_those_of_most_of_it():
    voice = KOKORO.voice("af_heart*0.4+bm_george*0.3+bf_emma*0.3")
    assert (voice.sex, voice.accent) == ("female", "GB")
    assert KOKORO.voice("am_adam+bf_emma").sex == "male"  # half and half: the first by name


def test_a_mixture_of_one_is_that_voice():
    assert KOKORO.voice("af_heart+af_heart") == KOKORO.voice("af_heart")
    assert KOKORO.voice("af_heart+am_adam*0.001") == KOKORO.voice("af_heart")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("af_heart+nobody", "unknown-voice"),
        ("af_heart*x+am_adam", "bad-mixture"),
        ("af_heart*0+am_adam", "bad-mixture"),
        ("af_heart*-1+am_adam", "bad-mixture"),
        ("af_heart*inf+am_adam", "bad-mixture"),
        ("af_heart*nan+am_adam", "bad-mixture"),
        ("af_heart+", "bad-mixture"),
        ("*0.5", "bad-mixture"),
    ],
)
def test_what_makes_no_sense_is_named(name, reason):
    with pytest.raises(InputError) as caught:
        KOKORO.voice(name)
    assert caught.value.reason == reason


def test_engines_that_do_not_mix_say_so():
    with pytest.raises(InputError, match="no voice"):
        engine("hibari").voice("heart+m_hugo")


def test_mixtures_stand_in_selections_beside_others():
    found = select_voices("kokoro:af_heart*0.6+am_adam*0.4,bf_emma,hibari:m_hugo")
    assert [voice.name for voice in found] == ["af_heart*0.6+am_adam*0.4", "bf_emma", "m_hugo"]


weights = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.floats(1e-3, 1e3), min_size=1, max_size=4
)


@given(weights)
def test_shares_are_hundredths_of_one(given_weights):
    name = "+".join(f"{voice}*{weight!r}" for voice, weight in given_weights.items())
    found = mixture_shares(name)
    assert round(sum(found.values()), 9) == 1
    assert list(found.values()) == sorted(found.values(), reverse=True)
    total = sum(given_weights.values())
    assert all(abs(found.get(v, 0) - w / total) < 0.01 + 1e-9 for v, w in given_weights.items())
    assert mixture_shares(mixed_name(found)) == found
    assert is_mixture(mixed_name(found)) == (len(found) > 1)


def test_a_mixture_is_between_its_ingredients():
    heart, adam = KOKORO.voice("af_heart"), KOKORO.voice("am_adam")
    last = 1.0
    for share in (0.8, 0.6, 0.4, 0.2):
        mixture = KOKORO.voice(f"af_heart*{share}+am_adam*{1 - share:.1f}")
        near, far = likeness(mixture, heart), likeness(mixture, adam)
        assert likeness(adam, heart) < near < last
        assert far > likeness(adam, heart)
        last = near
    assert alike(KOKORO.voice("af_heart*0.8+am_adam*0.2"), heart)
    assert likeness(engine("fake").voice("alto"), KOKORO.voice("af_heart+am_adam")) is None


def test_a_mixture_never_talks_to_what_it_is_mostly_made_of():
    voices = select_voices("kokoro:af_heart*0.8+am_adam*0.2,af_heart,am_adam,bf_emma")
    for number in range(50):
        pair = cast(f"d{number}", ("A", "B"), voices, seed=1)
        names = {voice.name for voice in pair.values()}
        assert names != {"af_heart*0.8+am_adam*0.2", "af_heart"}


def test_style_vectors_are_the_mean(monkeypatch):
    made = engine("kokoro", device="cpu")
    sizes = {"af_heart": 1.0, "am_adam": 3.0}

    class Store:
        def read(self, weight):
            name = next(n for n in sizes if n in weight.name)
            return np.full(510 * 256, sizes[name], "<f4").tobytes()

    monkeypatch.setattr(made, "_store", Store())
    monkeypatch.setattr(made, "prepare", lambda: None)
    assert np.allclose(made._pack("af_heart*0.25+am_adam*0.75"), 2.5)
    assert np.array_equal(made._pack("am_adam"), np.full((510, 1, 256), 3.0, np.float32))


@pytest.mark.slow
def test_a_mixture_speaks():
    made = engine("kokoro")
    if not made.installed:
        pytest.skip("Kokoro's weights are not installed (interactspeech voices install)")
    mixed = made.speak("Nobody has this voice.", "af_heart*0.6+am_adam*0.4", Style())
    again = made.speak("Nobody has this voice.", "am_adam*2+af_heart*3", Style())
    alone = made.speak("Nobody has this voice.", "af_heart", Style())
    assert np.array_equal(mixed.samples, again.samples)
    assert mixed.voice.name == "af_heart*0.6+am_adam*0.4"
    size = min(len(mixed.samples), len(alone.samples))
    assert not np.array_equal(mixed.samples[:size], alone.samples[:size])
