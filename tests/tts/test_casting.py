"""Two speakers get clearly different voices; a corpus gets all of them, in balance."""

from collections import Counter

import pytest

from interactspeech.errors import InputError
from interactspeech.records import Voice
from interactspeech.tts import cast, engine, held_out_voices, select_voices
from interactspeech.tts.voice_similarity import ALIKE, alike, likeness

KOKORO = select_voices("kokoro")
HIBARI = select_voices("hibari")


def casts(count=2000, voices=KOKORO, **options):
    return [cast(f"d{n}", ("A", "B"), voices, 7, **options) for n in range(count)]


def test_same_seed_same_cast_and_another_seed_another():
    one, same, other = (
        [cast(f"d{n}", ("A", "B"), KOKORO, seed) for n in range(20)] for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize("voices", [KOKORO, HIBARI, KOKORO + HIBARI], ids=["k", "h", "both"])
def test_no_two_alike(voices):
    assert not any(alike(pair["A"], pair["B"]) for pair in casts(voices=voices))


def test_alike_is_measured():
    by_name = {voice.name: voice for voice in KOKORO}
    assert alike(by_name["af_heart"], by_name["af_nova"])
    assert alike(by_name["af_heart"], engine("hibari").voice("heart"))
    assert not alike(by_name["af_heart"], by_name["am_adam"])
    one, other = HIBARI[0], HIBARI[1]
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, Voice("else", "nobody")) is None
    assert all(likeness(a, b) is not None for a in HIBARI for b in HIBARI if a != b)


@pytest.mark.parametrize("voices", [KOKORO, HIBARI], ids=["kokoro", "hibari"])
def test_sexes_and_voices_are_balanced(voices):
    pairs = casts(4000, voices)
    sexes = Counter(frozenset((pair["A"].sex, pair["B"].sex)) for pair in pairs)
    mixed = sexes[frozenset(("female", "male"))] / len(pairs)
    assert 0.47 < mixed < 0.53
    assert 0.22 < sexes[frozenset(("female",))] / len(pairs) < 0.28
    assert 0.47 < sum(pair["A"].sex == "female" for pair in pairs) / len(pairs) < 0.53
    used = Counter(voice.name for pair in pairs for voice in pair.values())
    assert set(used) == {voice.name for voice in voices}
    for sex in ("female", "male"):
        counts = [used[voice.name] for voice in voices if voice.sex == sex]
        # Each is drawn some 170 to 500 times: four standard deviations of chance either way.
        assert max(counts) - min(counts) < 8 * max(counts) ** 0.5


def test_accents_meet_as_chance_has_it():
    pairs = casts(4000)
    british = sum(voice.accent == "GB" for pair in pairs for voice in pair.values()) / 8000
    assert abs(british - 8 / 28) < 0.03
    mixed = sum(pair["A"].accent != pair["B"].accent for pair in pairs) / 4000
    assert abs(mixed - 2 * 8 / 28 * 20 / 28) < 0.04


def test_accents_meet_as_chance_has_it_where_alike_voices_share_one():
    """Six women, three of each accent: pairs without the balance mix accents in 60 %, not 50 %."""
    women = [voice for voice in KOKORO if voice.sex == "female"]
    pool = tuple(
        voice for accent in ("GB", "US") for voice in [w for w in women if w.accent == accent][:3]
    )
    pairs = casts(3000, pool)
    assert abs(sum(pair["A"].accent != pair["B"].accent for pair in pairs) / 3000 - 0.5) < 0.04


def test_pairs_are_far_apart_and_rather_alike_equally_often():
    pairs = casts(6000, HIBARI)
    for kind in ("female", "male"):
        known = sorted(
            likeness(a, b)
            for k, a in enumerate(HIBARI)
            for b in HIBARI[k + 1 :]
            if a.sex == b.sex == kind and not alike(a, b)
        )
        edges = known[len(known) // 3], known[2 * len(known) // 3]
        drawn = [likeness(p["A"], p["B"]) for p in pairs if p["A"].sex == p["B"].sex == kind]
        low = sum(cosine < edges[0] for cosine in drawn) / len(drawn)
        high = sum(cosine >= edges[1] for cosine in drawn) / len(drawn)
        assert 0.2 < low < 0.48  # voices that talk equally much come first
        assert 0.2 < high < 0.48
        assert max(drawn) < ALIKE


def test_a_title_settles_the_sex():
    pairs = casts(400, names={"A": "Mr. Hill", "B": "#Person2#"})
    assert {pair["A"].sex for pair in pairs} == {"male"}
    other = Counter(pair["B"].sex for pair in pairs)
    assert 0.4 < other["female"] / 400 < 0.6
    both = casts(50, names={"A": "Mrs. Hill", "B": "Miss Smith"})
    assert {voice.sex for pair in both for voice in pair.values()} == {"female"}
    women = tuple(voice for voice in KOKORO if voice.sex == "female")
    assert casts(5, women, names={"A": "Mr. Hill"})  # there is no man to have


def test_a_common_first_name_settles_the_sex_and_the_user_before_it():
    for pair in casts(100, names={"A": "Ana", "B": "Ben"}):
        assert (pair["A"].sex, pair["B"].sex) == ("female", "male")
    for pair in casts(50, names={"A": "Mr. Grace", "B": "Robin"}, sexes={"B": "female"}):
        assert (pair["A"].sex, pair["B"].sex) == ("male", "female")


def test_a_voice_that_is_given_speaks_and_the_other_differs_from_it():
    given = next(voice for voice in KOKORO if voice.name == "af_bella")
    others = Counter()
    for pair in casts(300, names={"A": "Ana", "B": "Ben"}, fixed={"A": given}):
        assert pair["A"] == given
        assert pair["B"].sex == "male"
        assert not alike(given, pair["B"])
        others[pair["B"].name] += 1
    assert len(others) > 3
    both = {"A": given, "B": KOKORO[0]}
    assert all(pair == both for pair in casts(5, fixed=both))


def test_voices_of_no_known_sex_are_cast_all_the_same():
    voices = tuple(Voice("other", f"v{k}") for k in range(4))
    used = Counter(v.name for pair in casts(800, voices) for v in pair.values())
    assert min(used.values()) > 300


@pytest.mark.parametrize("voices", [KOKORO, HIBARI], ids=["kokoro", "hibari"])
def test_held_out_voices_are_in_no_other_dialogue(voices):
    out = held_out_voices(voices, 7, 0.1)
    assert Counter(v.sex for v in out)["female"] >= 2
    assert Counter(v.sex for v in out)["male"] >= 2
    assert len(out) < len(voices) / 2
    pairs = casts(3000, voices, held_out=0.1)
    sides = Counter(len({pair["A"], pair["B"]} & set(out)) for pair in pairs)
    assert sides[1] == 0
    assert 0.08 < sides[2] / 3000 < 0.12
    assert {v for pair in pairs for v in pair.values()} == set(voices)
    assert held_out_voices(voices, 8, 0.1) != out


def test_too_few_voices_is_said():
    with pytest.raises(InputError) as caught:
        cast("d", ("A", "B"), select_voices("kokoro:af_heart,af_nova"), 1)
    assert caught.value.reason == "too-few-voices"
    with pytest.raises(InputError):
        [cast(f"d{n}", ("A", "B"), HIBARI[:2], 1, held_out=0.5) for n in range(20)]


def test_three_speakers():
    chosen = cast("d", ("A", "B", "C"), KOKORO, 3)
    assert len({voice.name for voice in chosen.values()}) == 3
