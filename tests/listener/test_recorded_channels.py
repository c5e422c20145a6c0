"""What was heard of two channels decides again wherever the talk is labelled."""

import numpy as np
import pytest
import soundfile
import soxr
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.evaluation.events.benchmark import labelled_kinds_decision
from interactspeech.listener import Listener, detect
from interactspeech.listener.backchannel_classifier import listener_rules
from interactspeech.listener.recorded_channels import (
    HeardFeedback,
    HeardStretch,
    hear_channels,
)
from interactspeech.mining import MineSettings
from interactspeech.mining.labelling import compose_dialogue
from interactspeech.pipelines.mining.job import mine
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import InMemoryAudio
from interactspeech.turntaking import label

ASKED = {"backchannel", "interruption", "terminal_overlap", "gap", "pause", "turn"}


@pytest.fixture(scope="module")
def sound():
    item = list(Corpus.open(spoken()))[1]
    audio = soxr.resample(item.audio().T, item.dialogue.rate, RATE).T
    return np.ascontiguousarray(audio, np.float32)


@pytest.fixture(scope="module")
def heard(sound):
    return hear_channels(InMemoryAudio(sound, RATE), Listener.load())


def composed(heard, length, rate=RATE, **given):
    feedback = HeardFeedback(dict(zip("AB", heard.stretches, strict=True)), Listener.load().card)
    activity = dict(zip("AB", heard.spans, strict=True))
    return compose_dialogue("x", rate, length, activity, heard=feedback, **given)


def events(dialogue, origin):
    return sorted(
        (e.type, e.speaker, e.start, e.end)
        for e in dialogue.events
        if e.origin == origin and e.type in ASKED
    )


def test_a_record_of_what_was_heard_has_the_events_that_detection_finds(sound, heard) -> None:
    found = detect(sound, RATE, layout="two")
    made = composed(heard, sound.shape[1])
    assert events(made, "rule") == events(found, "model")
    assert any(kind == "backchannel" for kind, *_ in events(made, "rule"))


def test_feedback_has_the_listeners_probability(sound, heard) -> None:
    made = composed(heard, sound.shape[1])
    said = {(e.speaker, e.start): e for e in made.events if e.origin == "model"}
    found = {(w, s) for kind, w, s, _ in events(made, "rule") if kind == "backchannel"}
    assert said.keys() == found
    for event in said.values():
        assert 0.5 <= event.probability <= 1.0
        assert event.attributes["model"] == Listener.load().card.id


def test_whoever_labels_the_record_by_its_kinds_finds_its_events(sound, heard) -> None:
    made = composed(heard, sound.shape[1])
    rules = listener_rules(Listener.load().card)
    assert set(made.rule_sets) == {rules.id}
    again = label(made, rules, backchannel=labelled_kinds_decision(made))
    rule = [[e for e in one.events if e.origin == "rule"] for one in (made, again)]
    assert rule[0] == rule[1]


def test_other_rates_hear_the_same(sound, heard) -> None:
    rate = 24_000
    high = hear_channels(
        InMemoryAudio(soxr.resample(sound.T, RATE, rate).T.astype(np.float32), rate),
        Listener.load(),
    )
    for one, other in zip(heard.spans, high.spans, strict=True):
        assert len(one) == len(other)
        assert np.abs(one * 1.5 - other).max() <= 0.03 * rate
    for one, other in zip(heard.stretches, high.stretches, strict=True):
        assert len(one) == len(other) >= 1
        assert max(abs(a.evidence - b.evidence) for a, b in zip(one, other, strict=True)) < 1.0


def test_clips_keep_what_was_heard_in_the_recording(sound, tmp_path) -> None:
    soundfile.write(tmp_path / "call.wav", sound.T, RATE)
    settings = MineSettings(words="none", checks=False, balance=None)
    found = detect(tmp_path / "call.wav")
    mined = mine([tmp_path / "call.wav"], tmp_path / "corpus", settings).corpus()
    known = {(e.speaker, e.start) for e in found.events if e.type == "backchannel"}
    seen = set()
    for item in mined:
        start = round(float(item.dialogue.provenance.id.partition("#t=")[2].split(",")[0]) * RATE)
        seen |= {
            (e.speaker, e.start + start)
            for e in item.dialogue.events
            if e.type == "backchannel" and e.origin == "rule"
        }
    assert seen
    near = [min(abs(at - s) for w, s in known if w == who) for who, at in seen]
    assert max(near) <= RATE // 100


def test_sound_decides_only_of_the_stretch_it_was_heard_of() -> None:
    """The same activity: evidence for, against, and of another stretch, which is none."""
    talk = {
        "A": np.array([(0, 40_000), (41_000, 120_000)]),
        "B": np.array([(60_000, 68_000), (130_000, 160_000)]),
    }
    card = Listener.load().card

    def feedback(start: int, end: int, evidence: float) -> float:
        given = HeardFeedback({"B": [HeardStretch(start, end, evidence)]}, card)
        made = compose_dialogue("x", RATE, 170_000, talk, heard=given)
        found = [e.probability for e in made.events if e.origin == "model"]
        return found[0] if found else 0.0

    timing = feedback(0, 8000, 5.0)
    assert feedback(60_000, 68_000, 5.0) > max(timing, 0.9)
    assert feedback(60_000, 68_000, -8.0) == 0.0
    assert feedback(60_100, 68_100, 5.0) == feedback(60_000, 68_000, 5.0), "clocks round"
    assert feedback(60_000, 76_000, -8.0) == timing, "another end is another stretch"
