"""Two speakers get clearly different voices; a corpus gets all of them."""

from collections import Counter

import pytest

from interactspeech.errors import InputError
from interactspeech.voices import cast, engine, select_voices
from interactspeech.voices.casting import alike

KOKORO = select_voices("kokoro")


def casts(count=2000, voices=KOKORO, **options):
    return [cast(f"d{n}", ("A", "B"), voices, 7, **options) for n in range(count)]


def test_same_seed_same_cast_and_another_seed_another():
    one, same, other = (
        [cast(f"d{n}", ("A", "B"), KOKORO, seed) for n in range(20)] for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_no_two_alike():
    assert not any(alike(pair["A"], pair["B"]) for pair in casts())
    by_name = {voice.name: voice for voice in KOKORO}
    assert alike(by_name["af_heart"], by_name["af_nova"])
    assert alike(by_name["af_heart"], engine("hibari").voice("heart"))
    assert not alike(by_name["af_heart"], by_name["am_adam"])


def test_sexes_and_voices_are_balanced():
    pairs = casts()
    sexes = Counter(frozenset((pair["A"].sex, pair["B"].sex)) for pair in pairs)
    mixed = sexes[frozenset(("female", "male"))] / len(pairs)
    assert 0.45 < mixed < 0.55
    assert 0.2 < sexes[frozenset(("female",))] / len(pairs) < 0.3
    assert 0.45 < sum(pair["A"].sex == "female" for pair in pairs) / len(pairs) < 0.55
    used = Counter(voice.name for pair in pairs for voice in pair.values())
    assert set(used) == {voice.name for voice in KOKORO}
    assert max(used.values()) < 3 * min(used.values())


def test_a_title_settles_the_sex():
    pairs = casts(200, names={"A": "Mr. Hill", "B": "#Person2#"})
    assert {pair["A"].sex for pair in pairs} == {"male"}
    assert {pair["B"].sex for pair in pairs} == {"female", "male"}
    both = casts(50, names={"A": "Mrs. Hill", "B": "Miss Smith"})
    assert {voice.sex for pair in both for voice in pair.values()} == {"female"}


def test_too_few_voices_is_said():
    with pytest.raises(InputError) as caught:
        cast("d", ("A", "B"), select_voices("kokoro:af_heart,af_nova"), 1)
    assert caught.value.reason == "too-few-voices"


def test_three_speakers():
    chosen = cast("d", ("A", "B", "C"), KOKORO, 3)
    assert len({voice.name for voice in chosen.values()}) == 3
