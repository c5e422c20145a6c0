# ruff: noqa: ARG001, ARG005 -- stand-ins have the arguments of what they stand for
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.pipelines.building.gated_synthesizer import (
    RETRY_SPEED,
    GatedSynthesizer,
    _gate_error,
)
from interactspeech.records import Speech
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import NEUTRAL, Style, Synthesizer, cache_dir, engine, select_voices
from interactspeech.tts.quality_gate.gate import GateFailure

TEXT = "So we walked all the way home along the river, because nobody had money."
VOICE = engine("fake").voice("bass")


class Broken(Synthesizer):
    """Speaks, but half of the sound is missing in the takes that `bad` says."""

    def __init__(self, bad) -> None:
        super().__init__()
        self.bad, self.asked = bad, []

    def speak(self, text, voice, style=NEUTRAL):
        self.asked.append((text, style.speed))
        speech = super().speak(text, voice, style)
        if not self.bad(text, style):
            return speech
        quarter = speech.samples[: len(speech.samples) // 4]
        return Speech(quarter, speech.rate, (), "none", voice)


def test_a_bad_take_is_spoken_once_more_and_slower() -> None:
    broken = Broken(lambda text, style: style.speed == 1.0)
    gated = GatedSynthesizer(broken, BuildSettings())
    speech = gated.speak(TEXT, VOICE)
    assert len(speech.words) == len(TEXT.split())
    assert [speed for _, speed in broken.asked] == [1.0, RETRY_SPEED]
    assert gated.take_counts() == {"spoken again: length": 1}
    assert gated.take_counts() == {}


def test_twice_bad_is_dropped_with_the_reason() -> None:
    broken = Broken(lambda text, style: True)
    gated = GatedSynthesizer(broken, BuildSettings())
    with pytest.raises(InputError, match="twice: length") as caught:
        gated.speak(TEXT, VOICE)
    assert caught.value.reason == "gate-length"
    assert len(broken.asked) == 2
    # Without the gate it passes.
    gated = GatedSynthesizer(broken, BuildSettings(gate="off"))
    assert len(gated.speak(TEXT, VOICE).samples)
    assert len(broken.asked) == 3


def test_every_failure_is_shown() -> None:
    failures = [
        GateFailure("a", "words", 0.7, 0.5, "four thousand"), GateFailure("a", "p808", 2.0, 2.5),
        GateFailure("b", "speaker", 0.1, 0.3),
    ]  # fmt: skip
    error = _gate_error(failures, {"a": "It is 4471b.", "b": "Oh no."})
    assert error.reason == "gate-words"
    assert str(error).startswith(
        "speech fails the quality gate twice: words 0.7 (limit 0.5), heard: 'four thousand', "
        "p808 2 (limit 2.5), in 'It is 4471b.'; speaker 0.1 (limit 0.3), in 'Oh no.'"
    )


def test_the_slowest_style_stays_in_range() -> None:
    broken = Broken(lambda text, style: len(broken.asked) == 1)
    gated = GatedSynthesizer(broken, BuildSettings())
    gated.speak(TEXT, VOICE, Style(speed=0.5))
    assert broken.asked == [(TEXT, 0.5), (TEXT, 0.5)]


class Strict:
    """A listening tier that refuses lines by their text, until they were spoken slowly."""

    def __init__(self, bad, *, always: bool = False) -> None:
        self.bad, self.always, self.checked = bad, always, []

    def check(self, spoken, only=None):
        self.checked.append((len(spoken), None if only is None else set(only)))
        judged = [s for s in spoken if only is None or s.id in only]
        return [
            GateFailure(s.id, "words", 0.9, 0.3, "something else")
            for s in judged
            if s.text == self.bad and (only is None or self.always)
        ]


def maker(tier, **settings) -> DialogueBuilder:
    made = DialogueBuilder(
        BuildSettings(seed=5, voices=("fake",), writer="none", **settings),
        select_voices(("fake",)),
        Synthesizer(),
    )
    made.synthesizer._gate = tier
    return made


def test_lines_that_fail_by_ear_are_spoken_again() -> None:
    source = demo_dialogues()[0]
    bad = source.turns[1].text
    strict = Strict(bad)
    made = maker(strict, gate="full")
    plain = maker(None, gate="off").build(source)
    heard = made.build(source)
    assert made.synthesizer.take_counts() == {"listened to": 1, "spoken again: words": 1}
    assert [only for _, only in strict.checked] == [None, {"t1"}]
    # That line is slower, the others are as they were.
    lengths = [
        [u.end - u.start for u in one.dialogue.utterances if u.kind == "turn"]
        for one in (plain, heard)
    ]
    assert lengths[1][1] > lengths[0][1]
    assert lengths[1][0] == lengths[0][0]
    strict = Strict(bad, always=True)
    with pytest.raises(InputError, match="something else") as caught:
        maker(strict, gate="full").build(source)
    assert caught.value.reason == "gate-words"


def test_a_share_is_listened_to_by_seed_and_dialogue() -> None:
    strict = Strict("")
    made = maker(strict, gate="sample", gate_share=0.4)
    sources = [d for d in demo_dialogues() if not hasattr(d, "writer")][:20]
    drawn = []
    for source in sources:
        before = len(strict.checked)
        made.build(source)
        drawn.append(len(strict.checked) > before)
    assert 2 <= sum(drawn) <= 14
    again = maker(strict, gate="sample", gate_share=0.4)
    for source, was in list(zip(sources, drawn, strict=True))[::-1]:
        before = len(strict.checked)
        again.build(source)
        assert (len(strict.checked) > before) == was


def test_the_quick_gate_changes_no_good_speech(tmp_path: Path) -> None:
    source = demo_dialogues()[2]
    one = maker(None, gate="off").build(source)
    other = maker(None, gate="quick").build(source)
    assert np.array_equal(one.samples, other.samples)


@pytest.mark.slow
def test_listening_depends_on_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(weights_with_own_speech(tmp_path)))
    settings = BuildSettings(seed=1, voices=("hibari",), limit=2, gate="sample", gate_share=0.95)
    sums = []
    for workers in (1, 2):
        made = build([chat(tmp_path)], tmp_path / f"corpus{workers}", settings, workers=workers)
        assert made.ledger.noted["listened to"] >= 1
        files = sorted(p for p in made.path.rglob("*") if p.suffix in {".tar", ".parquet"})
        sums.append([(p.name, sha256(p.read_bytes()).hexdigest()) for p in files])
    assert sums[0] == sums[1]


def weights_with_own_speech(tmp_path: Path) -> Path:
    """A cache whose weights are the user's, so that nothing is fetched, and whose speech is not."""
    (tmp_path / "cache").mkdir()
    weights = cache_dir() / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache" / "weights").symlink_to(weights)
    return tmp_path / "cache"


def chat(tmp_path: Path) -> Path:
    file = tmp_path / "chat.txt"
    file.write_text(
        "A: Did you hear about the bridge? They closed it again.\n"
        "B: Again? That is the third time this month.\n"
        "\n"
        "A: I left the keys with the neighbour on Friday.\n"
        "B: Which one? The man upstairs is never at home.\n"
    )
    return file
