"""Sounds in a plan: nothing that was planned moves, and each lies where its speaker is silent."""

import numpy as np
import pytest

from interactspeech.records.script import SOUND_KINDS
from interactspeech.records.sounds import MadeSound
from interactspeech.rendering import (
    HUMAN,
    SoundRates,
    dialogue_from_plan,
    draw_dyad,
    place_sounds,
    plan_dialogue,
    plan_speech,
    render,
)
from interactspeech.rendering.sounds import _clipped_mean, is_grave
from interactspeech.scripts import parse_script
from interactspeech.tts import engine
from interactspeech.tts.sounds import SpeakerSounds, VoiceSounds
from interactspeech.turntaking import label

VOICES = {"A": "bass", "B": "alto"}
FUNNY = """A: So we went to the harbour on Saturday and there was a man with seven small dogs.
B: Seven of them?
A: Seven, and every one of them was called Peter, he said.
B: I never heard such a thing in my whole life, and I grew up beside a kennel.
A: Well, you should have been there with us.
B: Next time I will come along and bring my sister and her camera.
A: Good.
"""
MANY = SoundRates(
    laughs=20.0, words_laughing=0.0, together=1.0, spread=0.0, breath_before_turn=1.0,
    breath_in_pause=1.0, sighs=6.0, coughs=6.0, throat_clearings=6.0, clicks=6.0,
)  # fmt: skip


def spoken(text, seed=1):
    """(script, speeches, plan, makers) of a script spoken by the fake engine."""
    script = parse_script(text, f"s{seed}")
    dyad = draw_dyad(script.id, seed)
    wanted = plan_speech(script, dyad, seed=seed)
    speeches = {
        line.id: engine("fake").speak(line.text, VOICES[line.speaker]) for line in wanted.lines
    }
    plan = plan_dialogue(wanted, speeches, dyad, seed=seed, settings=HUMAN)
    makers = {
        who: SpeakerSounds(
            VoiceSounds(), [speeches[line.id] for line in wanted.lines if line.speaker == who]
        )
        for who in plan.speakers
    }
    return script, speeches, plan, makers


def sounds_of(plan):
    return [event for event in plan.events if event.type in SOUND_KINDS]


@pytest.mark.parametrize("seed", range(12))
def test_no_word_no_offset_and_no_event_moves(seed):
    script, speeches, plan, makers = spoken(FUNNY, seed)
    made, sounds = place_sounds(plan, script, speeches, makers, seed=seed, rates=MANY)
    found = sounds_of(made)
    assert found
    assert made.utterances == plan.utterances
    assert [event for event in made.events if event not in found] == list(plan.events)
    assert [clip for clip in made.clips if clip.line not in sounds] == list(plan.clips)
    assert made.length >= plan.length
    # Clips of one track do not overlap; each sound's clip is its event.
    for before, after in zip(made.clips, made.clips[1:], strict=False):
        assert before.channel != after.channel or before.end <= after.at
    clips = {(c.channel, c.at, c.end) for c in made.clips if c.line in sounds}
    assert clips == {(made.speakers.index(e.speaker), e.start, e.end) for e in found}
    # Outside of every stretch in which their speaker talks.
    for event in found:
        for utterance in made.utterances:
            if utterance.speaker == event.speaker:
                assert all(s.end <= event.start or s.start >= event.end for s in utterance.speech)
        assert event.origin == "planned"
        assert event.attributes["source"] == "voice"
        assert event.end <= made.length


def test_the_tracks_differ_where_the_events_say_and_nowhere_else():
    script, speeches, plan, makers = spoken(FUNNY, 3)
    made, sounds = place_sounds(plan, script, speeches, makers, seed=3, rates=MANY)
    with_them, without = render(made, {**speeches, **sounds}), render(plan, speeches)
    without = np.pad(without, ((0, 0), (0, made.length - plan.length)))
    changed = with_them != without
    for event in sounds_of(made):
        channel = made.speakers.index(event.speaker)
        assert changed[channel, event.start : event.end].mean() > 0.9
        changed[channel, event.start : event.end] = False
    assert not changed.any()
    assert np.abs(with_them).max() <= 1.0


LAUGHING = SoundRates(
    laughs=20.0, words_laughing=60.0, together=0.0, spread=0.0, breath_before_turn=0.0,
    breath_in_pause=0.0, sighs=0.0, coughs=0.0, throat_clearings=0.0, clicks=0.0,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_words_before_a_laugh_are_said_laughing_where_they_are(seed):
    script, speeches, plan, makers = spoken(FUNNY, seed)
    made, sounds = place_sounds(plan, script, speeches, makers, seed=seed, rates=LAUGHING)
    said = [event for event in made.events if event.type == "speech_laugh"]
    assert said
    assert made.utterances == plan.utterances
    with_them, without = render(made, {**speeches, **sounds}), render(plan, speeches)
    turns = {turn.id: turn for turn in plan.utterances}
    for event in said:
        turn = turns[event.utterance]
        assert event.speaker == turn.speaker
        assert event.end == turn.words[-1].end
        assert event.start in {word.start for word in turn.words}
        assert any(e.type == "laugh" and e.utterance == turn.id for e in made.events)
        channel = made.speakers.index(event.speaker)
        one, two = (x[channel, event.start : event.end].astype(float) for x in (without, with_them))
        assert not np.array_equal(one, two)
        # As loud as before.
        assert (two**2).mean() == pytest.approx((one**2).mean(), rel=0.2)
        with_them[channel, event.start : event.end] = without[channel, event.start : event.end]
    for event in sounds_of(made):
        channel = made.speakers.index(event.speaker)
        with_them[channel, event.start : event.end] = 0.0
    assert np.array_equal(with_them[:, : plan.length], without)


def test_the_rules_find_the_same_with_and_without_sounds():
    script, speeches, plan, makers = spoken(FUNNY, 4)
    made, _ = place_sounds(plan, script, speeches, makers, seed=4, rates=MANY)
    one, two = (label(dialogue_from_plan(p)).events for p in (plan, made))
    assert [e for e in one if e.origin == "rule"] == [e for e in two if e.origin == "rule"]


def test_the_same_seed_gives_the_same_sounds_and_another_gives_others():
    script, speeches, plan, makers = spoken(FUNNY, 5)
    runs = [
        place_sounds(plan, script, speeches, makers, seed=seed, rates=MANY) for seed in (5, 5, 6)
    ]
    assert runs[0][0] == runs[1][0] != runs[2][0]
    assert all(
        np.array_equal(runs[0][1][name].samples, runs[1][1][name].samples) for name in runs[0][1]
    )


def test_laughs_are_often_shared_and_breath_ends_just_before_a_turn():
    together = breaths = 0
    for seed in range(30):
        script, speeches, plan, makers = spoken(FUNNY, seed)
        made, _ = place_sounds(plan, script, speeches, makers, seed=seed, rates=MANY)
        found = sounds_of(made)
        laughs = [event for event in found if event.type == "laugh"]
        together += any(
            a.speaker != b.speaker and a.start < b.end and b.start < a.end
            for a in laughs
            for b in laughs
        )
        for event in found:
            if event.type != "breath":
                continue
            onsets = [
                span.start
                for utterance in made.utterances
                if utterance.speaker == event.speaker
                for span in utterance.speech
            ]
            lag = min(onset - event.end for onset in onsets if onset >= event.end) / made.rate
            assert 0.02 < lag < 0.25
            breaths += 1
    assert together > 5
    assert breaths > 20


def test_a_sound_that_the_script_asks_for_is_made_at_its_mark():
    text = """A: So I opened it [laugh] and there was [breath] nothing in it at all.
B: [throat_clearing] That is a pity. [laugh]
A: I would not say so, for I had been afraid that there was a bill in it.
B: [cough]
A: [laugh] You should have seen her face.
"""
    script, speeches, plan, makers = spoken(text)
    made, _ = place_sounds(plan, script, speeches, makers, seed=1)
    found = sounds_of(made)
    words = {u.id: u.words for u in made.utterances}
    asked = {(e.type, e.speaker, e.utterance) for e in found}
    assert ("laugh", "A", "t0") in asked
    assert ("breath", "A", "t0") in asked
    assert ("laugh", "B", "t1") in asked
    assert all(event.attributes["script"] is True for event in found)
    first = next(e for e in found if e.type == "laugh" and e.utterance == "t0")
    assert words["t0"][3].end <= first.start < first.end <= words["t0"][4].start
    # What has no room is counted: the first turn of B begins too soon for a throat to be cleared.
    kinds = {loss.reason for loss in made.lost}
    assert len(found) + len(made.lost) == 6
    assert kinds <= {f"no-room-for-{kind}" for kind in SOUND_KINDS}


def test_without_rates_only_the_scripts_sounds_are_made():
    script, speeches, plan, makers = spoken(FUNNY)
    assert place_sounds(plan, script, speeches, makers, seed=1) == (plan, {})


def test_nobody_laughs_by_chance_about_grave_things():
    assert not is_grave(parse_script(FUNNY, "x"))
    for text in ("Her father died last week.", "He was in an accident.", "It hurts a lot."):
        script, speeches, plan, makers = spoken(f"A: {text}\nB: When did you hear?\nA: Today.")
        assert is_grave(script)
        made, _ = place_sounds(plan, script, speeches, makers, seed=1, rates=MANY)
        assert not [event for event in made.events if event.type == "laugh"]
    for text in ("We painted the hospitality room.", "I diet.", "The deadline is near."):
        assert not is_grave(parse_script(f"A: {text}\nB: Fine.", "x"))


class Loud:
    """Makes everything at full scale, from a file."""

    def make(self, kind, rng, longest):
        del rng, longest
        return MadeSound(kind, np.full(2_400, 4.0, np.float32), 24_000, "loud.wav", "CC0-1.0")


def test_no_sound_clips_and_a_file_names_its_licence():
    script, speeches, plan, _ = spoken(FUNNY)
    made, sounds = place_sounds(
        plan, script, speeches, {"A": Loud(), "B": Loud()}, seed=1, rates=MANY
    )
    assert np.abs(render(made, {**speeches, **sounds})).max() <= 0.98
    for event in sounds_of(made):
        assert event.attributes == {"source": "loud.wav", "licence": "CC0-1.0"}


@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.8, 2.0])
def test_pairs_laugh_differently_and_on_average_as_they_should(sigma):
    drawn = np.random.default_rng(1).standard_normal(200_000).clip(-2.0, 2.0)
    assert np.exp(sigma * drawn).mean() == pytest.approx(_clipped_mean(sigma), rel=0.02)


def test_rates_scale_and_shares_stay_shares():
    assert SoundRates().times(2.0).laughs == pytest.approx(2.84)
    assert SoundRates().times(9.0).breath_before_turn == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_who_laughs_along_begins_soon_after_and_before_they_speak(seed):
    text = FUNNY.replace("he said.", "he said. [laugh] [B laugh]")
    script, speeches, plan, makers = spoken(text, seed)
    made, _ = place_sounds(plan, script, speeches, makers, seed=seed)
    laughs = {event.speaker: event for event in sounds_of(made)}
    assert set(laughs) == {"A", "B"}, made.lost
    assert 0 <= laughs["B"].start - laughs["A"].start <= 2.3 * plan.rate
    following = next(u for u in plan.utterances if u.id == "t3")
    assert laughs["B"].end <= following.start
    assert laughs["B"].attributes["script"] is True
