# ruff: noqa: ARG002, ARG005 -- stand-ins have the arguments of what they stand for
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.models.dnsmos import Dnsmos
from interactspeech.models.recognition import (
    BatchTranscriber,
    HeardUtterance,
    attribute,
    word_errors,
)
from interactspeech.records import Speech, Voice, Word
from interactspeech.tts import Style, engine
from interactspeech.tts.quality_gate.calibration import calibrate, encode
from interactspeech.tts.quality_gate.gate import Gate, SpokenUtterance, quick_check, scoring_windows
from interactspeech.tts.quality_gate.limits import UNMEASURED, limits_of

TEXT = "So we walked all the way home along the river, because nobody had any money."


@pytest.fixture(scope="module")
def hibari():
    return engine("hibari")


@pytest.fixture(scope="module")
def speech(hibari) -> Speech:
    return hibari.speak(TEXT)


def changed(speech: Speech, samples: np.ndarray) -> Speech:
    return Speech(np.asarray(samples, np.float32), speech.rate, (), "none", speech.voice)


def measures(failures) -> set[str]:
    return {failure.measure for failure in failures}


def test_good_speech_passes_in_every_style(hibari, speech: Speech) -> None:
    assert quick_check(TEXT, speech) == []
    for voice in ("f_beth", "m_boris", "m_hugo"):
        for style in (Style(speed=0.9), Style(speed=1.15, pitch=1.0), Style(rise=1.0)):
            assert quick_check(TEXT, hibari.speak(TEXT, voice, style), style.speed) == []


FAULTS = {
    "length": lambda x, rate: x[: len(x) // 2],
    "pause": lambda x, rate: np.concatenate([x[:30_000], np.zeros(2 * rate), x[30_000:]]),
    "level": lambda x, rate: 0.05 * x,
    "clipping": lambda x, rate: np.clip(8 * x, -0.9, 0.9),
}


@pytest.mark.parametrize("measure", FAULTS)
def test_the_quick_tier_names_what_is_wrong(speech: Speech, measure: str) -> None:
    broken = changed(speech, FAULTS[measure](speech.samples, speech.rate))
    found = quick_check(TEXT, broken, name="t0")
    assert measure in measures(found)
    assert all(failure.id == "t0" for failure in found)
    assert measure in str(found[0]) or len(found) > 1


def test_twice_as_fast_is_found_unless_it_was_asked_for(speech: Speech) -> None:
    hurried = changed(speech, speech.samples[::2])
    assert "length" in measures(quick_check(TEXT, hurried))
    assert "length" not in measures(quick_check(TEXT, hurried, speed=2.0))


class Told(BatchTranscriber):
    """Hears what it is told to, and counts."""

    def __init__(self, heard: dict[str, str]) -> None:
        self.heard, self.asked = heard, []

    def hear(self, spoken: Sequence[tuple[str, np.ndarray]], rate: int) -> list[HeardUtterance]:
        self.asked.append([text for text, _ in spoken])
        return attribute(
            [text.lower().split() for text, _ in spoken],
            " ".join(self.heard.get(text, text.lower()) for text, _ in spoken).split(),
        )


class Even:
    """Good scores, but for sounds all above zero (P.808) or with a peak (P.835)."""

    def p808(self, samples, rate, hop=1.0):
        return 1.0 if samples.min() >= 0 else 4.5

    def score(self, samples, rate, hop=1.0):
        value = 1.0 if samples.max() > 0.95 else 4.5
        return Dnsmos(value, value, value, value)

    def embed(self, samples, rate):
        vector = np.zeros(192, np.float32)
        vector[int(abs(float(samples[0])) * 10)] = 1.0
        return vector


def gate(heard: dict[str, str] | None = None) -> Gate:
    return Gate(ear=Told(heard or {}), scores=Even(), encoder=Even())  # type: ignore[arg-type]


def said(name: str, text: str, first: float = 0.5, speaker: str = "A", seconds: float = 3.0):
    samples = np.full(round(16_000 * seconds), 0.1, np.float32)
    samples[::2] = -0.1
    samples[0] = first
    voice = Voice(engine="made-for-this-test", name="x")
    return SpokenUtterance(name, speaker, text, Speech(samples, 16_000, (), "none", voice))


def test_other_words_fail_and_slips_do_not() -> None:
    lines = [
        said("t0", "this is what was to be said"),
        said("t1", "and this is another one"),
        said("t2", "oh"),
        said("t3", "this line has just one slip in it"),
    ]
    heard = {
        lines[1].text: "completely different words were heard instead",
        lines[2].text: "no",
        lines[3].text: "this line has just one slip on it",
    }
    found = gate(heard).check(lines)
    assert [(f.id, f.measure) for f in found] == [("t1", "words")]
    assert "different words were heard" in str(found[0])


def test_hesitations_excuse_themselves_and_a_neighbour() -> None:
    """whisper-base hears "your arm never" for "you're um never"; no other words are excused."""
    lines = [
        said("t0", "oh no what um have i done"),
        said("t1", "what um have i done to the um car and to the whole garden wall"),
        said("t2", "what i have done um is not this"),
    ]
    heard = {
        lines[0].text: "now what am i under",
        lines[1].text: "what i am done to the arm car and to the whole garden wall",
        lines[2].text: "something else was heard from the first word on",
    }
    assert [f.id for f in gate(heard).check(lines)] == ["t2"]
    without = said("t0", "oh no what then have i done")
    assert [f.id for f in gate({without.text: "now what am i under"}).check([without])] == ["t0"]


def test_suspects_are_heard_alone_before_they_are_judged() -> None:
    class Confused(Told):
        def hear(self, spoken, rate):
            found = super().hear(spoken, rate)
            return found if len(spoken) == 1 else [HeardUtterance(6, 6, "all wrong")] * len(spoken)

    ear = Confused({})
    made = Gate(ear=ear, scores=Even(), encoder=Even())  # type: ignore[arg-type]
    lines = [said("t0", "this is what was to be said"), said("t1", "and this is another one")]
    assert made.check(lines) == []
    assert [len(asked) for asked in ear.asked] == [2, 1, 1]


def test_bad_sound_and_another_voice() -> None:
    lines = [said(f"t{n}", f"line number {n} of the dialogue") for n in range(4)]
    noisy = np.abs(lines[1].speech.samples)
    lines[1] = SpokenUtterance("t1", "A", lines[1].text, changed(lines[1].speech, noisy))
    lines[2] = said("t2", lines[2].text, first=0.9)
    hollow = lines[3].speech.samples.copy()
    hollow[2] = 0.99
    lines[3] = SpokenUtterance("t3", "A", lines[3].text, changed(lines[3].speech, hollow))
    found = {(f.id, f.measure) for f in gate().check(lines)}
    assert {("t1", "p808"), ("t2", "speaker"), ("t3", "overall")} <= found
    assert not {f for f in found if f[0] == "t0"} - {("t0", "speaker")}
    # Judged again alone, against the others.
    assert {f.id for f in gate().check(lines, only={"t2"})} == {"t2"}
    assert gate().check(lines[:2], only={"t0"}) == []


def test_two_voices_are_not_one_speaker() -> None:
    """Different speakers are never compared with one another."""
    lines = [said(f"a{n}", "one two three four") for n in range(3)]
    lines += [said(f"b{n}", "one two three four", first=0.9, speaker="B") for n in range(3)]
    assert gate().check(lines) == []


@given(st.lists(st.tuples(st.sampled_from("AB"), st.floats(0.5, 12.0)), max_size=12))
def test_windows_hold_every_utterance_once(shape: list[tuple[str, float]]) -> None:
    lines = [said(str(i), "a", speaker=who, seconds=s) for i, (who, s) in enumerate(shape)]
    found = scoring_windows(lines)
    assert sorted(s.id for w in found for s in w) == sorted(s.id for s in lines)
    assert all(len({s.speaker for s in w}) == 1 for w in found)


words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=6)


@given(st.lists(words, max_size=5), words)
def test_attributed_errors_add_up(references: list[list[str]], heard: list[str]) -> None:
    found = attribute(references, heard)
    together = [word for reference in references for word in reference]
    assert [h.words for h in found] == [len(reference) for reference in references]
    if together:
        assert sum(h.errors for h in found) == word_errors(together, heard)
        assert " ".join(h.text for h in found if h.text).split() == heard


def test_errors_belong_to_the_utterance_they_are_in() -> None:
    found = attribute([["a", "b"], ["c", "d"], ["e"]], ["a", "b", "x", "d", "e", "y"])
    assert [(h.errors, h.text) for h in found] == [(0, "a b"), (1, "x d"), (1, "e y")]


class Writes:
    """A recogniser that writes down what it is told to."""

    def __init__(self, text: str) -> None:
        self.text = text

    def transcribe(self, samples, rate, prompt=None):
        return self.text


def test_digits_in_a_row_are_read_one_by_one_too() -> None:
    quiet = np.zeros(100, np.float32)
    ear = BatchTranscriber(Writes("It's 472-991, 30. And there are 25 of them. It was 1987."))  # type: ignore[arg-type]
    spoken = [
        ("It's four seven two nine nine one three zero.", quiet),
        ("And there are twenty five of them.", quiet),
        ("It was nineteen eighty seven.", quiet),
    ]
    assert [heard.errors for heard in ear.hear(spoken, 16_000)] == [0, 0, 0]


def test_limits_ship_for_the_engines_and_wide_ones_for_others() -> None:
    assert limits_of("hibari").utterances >= 100
    assert limits_of("hibari").limits.p808 > UNMEASURED.limits.p808
    assert limits_of("nobody-measured-this") is UNMEASURED
    whisperer, usual = limits_of("kokoro").of("af_nicole"), limits_of("kokoro").limits
    assert whisperer.pause > usual.pause
    assert whisperer.overall < usual.overall
    pace = limits_of("hibari").pace("heart")
    assert pace.expected(TEXT) == pytest.approx(engine("hibari").speak(TEXT).seconds, rel=0.25)
    assert limits_of("hibari").pace("unheard of").letter == pytest.approx(pace.letter, rel=0.3)


def test_damaged_limits_are_named(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"engine": "mine"}')
    with pytest.raises(InputError, match="evaluate voices") as caught:
        limits_of("mine", tmp_path)
    assert caught.value.reason == "bad-limits"


def test_measured_limits_let_the_same_voices_pass(tmp_path: Path) -> None:
    hum = engine("fake")
    texts = [f"{TEXT} {'And on. ' * (n % 5)}Number {n}." for n in range(60)]
    made = calibrate(hum, texts, gate())
    assert made.limits.engine == "fake"
    assert set(made.limits.paces) == {voice.name for voice in hum.voices()}
    (tmp_path / "fake.json").write_bytes(encode(made.limits))
    limits = limits_of("fake", tmp_path)
    assert limits == made.limits
    failing = [t for t in texts if quick_check(t, hum.speak(t, "bass"), limits=limits)]
    assert len(failing) <= 1
    long = hum.speak(texts[0], "bass")
    assert quick_check(
        texts[0], changed(long, long.samples[: len(long.samples) // 2]), limits=limits
    )
    with pytest.raises(InputError, match="too few"):
        calibrate(hum, texts[:10], gate())


def test_words_are_compared_with_an_aligner() -> None:
    from interactspeech.evaluation.word_times import histogram, spread, word_times

    rate = 1000
    voice = Voice(engine="x", name="x")

    class Late:
        def align(self, samples, rate, text):
            return None if text == "no" else [(0, 80), (110, 300)]

    made = Speech(
        np.zeros(300, np.float32), rate, (Word("a", 0, 100), Word("b", 100, 300)), "engine", voice
    )
    found = word_times([("a b", made), ("no", made)], Late())
    assert (found.utterances, found.unaligned, found.words) == (2, 1, 1)
    assert found.onsets == [pytest.approx(-0.01)]
    assert found.offsets == [pytest.approx(0.02)]
    assert spread(found.onsets).lag == pytest.approx(-0.01)
    assert histogram([-1.0, 0.0, 0.02, 0.02, 1.0]).tolist() == [1, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1]
    assert spread([]).count == 0


@pytest.mark.slow
def test_listening_finds_what_was_broken(hibari) -> None:
    """With the real models: a dialogue with one line of each fault."""
    texts = [
        "The man at the counter said that it would take another week.",
        "I never understood why they moved the library out of town.",
        "We could try the place by the station, if it's still open.",
        "My sister is bringing the children over on Sunday afternoon.",
        "There was a long queue, and half of the people were sleeping.",
        "You should have seen his face when the lights went out.",
    ]
    good = [
        SpokenUtterance(f"t{n}", "A", t, hibari.speak(t, "f_beth")) for n, t in enumerate(texts)
    ]
    made = Gate()
    assert made.check(good) == []
    rng = np.random.default_rng(0)
    broken = list(good)
    loud = good[1].speech
    noise = 0.03 * rng.standard_normal(len(loud.samples))
    broken[1] = SpokenUtterance("t1", "A", texts[1], changed(loud, loud.samples + noise))
    broken[3] = SpokenUtterance("t3", "A", texts[3], hibari.speak(texts[4], "f_beth"))
    broken[5] = SpokenUtterance("t5", "A", texts[5], hibari.speak(texts[5], "m_hugo"))
    found = {(f.id, f.measure) for f in made.check(broken)}
    assert {("t1", "p808"), ("t3", "words"), ("t5", "speaker")} <= found
    assert {name for name, _ in found} == {"t1", "t3", "t5"}
