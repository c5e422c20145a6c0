import json
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.evaluation.planned_events import activity_agreement
from interactspeech.rendering import (
    HUMAN,
    ORIGINAL,
    backchannel_speed,
    dialogue_from_plan,
    draw_dyad,
    draw_target_durations,
    outline_from_words,
    plan_dialogue,
    plan_provenance,
    render,
    resample,
    spoken_lines,
)
from interactspeech.scripts import parse_script
from interactspeech.turntaking.timing import TimingModel

RATE = 1000


#: Pauses where the script asks for them, nowhere else.
EVERY_OVERLAP = msgspec.structs.replace(HUMAN, interruptions=None)
NO_HOLDS = msgspec.structs.replace(HUMAN, pauses=0.0)


def shapes_of(script, seed=0):
    """Outlines of word times drawn for the test: 60 ms a letter, silence at punctuation."""
    rng = np.random.default_rng(seed)
    found = {}
    for line in spoken_lines(script):
        at, words = 0, []
        for token in line.text.split():
            length = int((80 + 35 * len(token)) * rng.uniform(0.8, 1.2))
            words.append((at, at + length))
            at += length + (0 if token[-1].isalnum() else 300)
        found[line.id] = outline_from_words(words, RATE)
    return found


LONG = " ".join(["and then we walked along the river for a while"] * 4)


def test_another_seed_gives_another_plan(train):
    script, speeches = train
    plans = {plan_dialogue(script, speeches, seed=seed).length for seed in range(8)}
    assert len(plans) == 8


def test_the_one_cut_off_is_talked_over_and_stops():
    script = parse_script(f"A: {LONG} [interrupt] {LONG}.\nB: Wait, {LONG}.", "s")
    model = TimingModel.human()
    overlaps = []
    for seed in range(300):
        made = plan_dialogue(script, shapes_of(script, seed), seed=seed)
        a, b = made.utterances
        assert b.start < a.end < b.end
        assert a.unsaid[0] == "and"
        overlaps.append((a.end - b.start) / RATE)
        (event,) = [e for e in made.events if e.type == "interruption"]
        assert event.speaker == "B"
        assert (event.start, event.end) == (b.start, a.end)
        assert event.attributes["outcome"] == "taken"
        assert event.attributes["complete"] is False
    expected = model.interruption_overlap.quantile([0.25, 0.5, 0.75])
    assert np.quantile(overlaps, [0.25, 0.5, 0.75]) == pytest.approx(expected, rel=0.2)


def test_a_cut_inside_a_word_leaves_a_fragment():
    script = parse_script(
        "A: so we went to the [interrupt] wonderfulharbour.\nB: Wait, what is that?", "s"
    )
    settings = msgspec.structs.replace(HUMAN, fragment_share=1.0)
    made = plan_dialogue(script, shapes_of(script), seed=1, settings=settings)
    last = made.utterances[0].words[-1]
    assert last.fragment
    assert last.text.endswith("-")
    assert "wonderfulharbour.".startswith(last.text[:-1])
    assert last.end == made.utterances[0].end
    assert made.utterances[0].unsaid == ("wonderfulharbour.",)


def test_pauses_the_script_asks_for():
    script = parse_script("A: One two [pause 0.7] three four, five [laugh] six seven.", "s")
    made = plan_dialogue(script, shapes_of(script), seed=3)
    words = made.utterances[0].words
    assert words[2].start - words[1].end == 700
    assert words[5].start - words[4].end >= 200


def test_an_attempt_lies_in_overlap_and_the_speaker_goes_on():
    script = parse_script(f"A: {LONG}, {LONG} [B tries: but I] {LONG}.\nB: Yes.", "s")
    for seed in range(40):
        made = plan_dialogue(script, shapes_of(script, seed), seed=seed)
        attempt = next(u for u in made.utterances if u.kind == "attempt")
        turn = next(u for u in made.utterances if u.id == "t0")
        # Talk goes on from before the attempt to well after it, but for closed silences.
        talk = [s for s in turn.speech if s.start < attempt.end + 400 and s.end > attempt.start]
        assert talk[0].start < attempt.start
        assert talk[-1].end > attempt.end + 300
        assert all(b.start - a.end < 200 for a, b in pairwise(talk))


def test_overlap_marks_let_the_next_turn_in_early():
    script = parse_script(f"A: {LONG} [overlap] for a while.\nB: Right, {LONG}.", "s")
    made = plan_dialogue(script, shapes_of(script), seed=5)
    a, b = made.utterances
    assert a.unsaid == ()
    assert b.start == a.words[-4].end
    (event,) = [e for e in made.events if e.type == "interruption"]
    assert event.attributes["style"] == "cooperative"
    assert event.attributes["complete"] is True


def test_backchannels_lie_where_people_put_them():
    text = f"{LONG}, [B: mm-hm] {LONG}, {LONG}, [B: yeah] {LONG}."
    script = parse_script(f"A: {text}\nB: I see.\nA: {text}\nB: I see.", "s")
    delays, overlapped, inside, total = [], 0, 0, 0
    for seed in range(120):
        made = plan_dialogue(script, shapes_of(script, seed), seed=seed)
        assert not made.lost
        units = {u.id: u for u in made.utterances}
        for said in made.utterances:
            if said.kind != "backchannel":
                continue
            total += 1
            turn = units[said.id.split(".")[0]]
            before = [s for s in turn.speech if s.start < said.start][-1]
            # A silence shorter than 0.2 s is inside the unit.
            talk = [s for s in turn.speech if s.start >= before.start]
            end = before.end
            for span in talk[1:]:
                if span.start - end >= 200:
                    break
                end = span.end
            overlapped += said.start < end
            inside += said.end <= end
            if said.start >= end:
                delays.append((said.start - end) / RATE)
                assert turn.end > said.end - 100
    assert overlapped / total == pytest.approx(0.45, abs=0.07)
    # These backchannels last about 0.25 s; people's longer ones are inside in 26 % of cases.
    lead = TimingModel.human().backchannel_lead
    assert inside / total == pytest.approx(0.45 * (1 - float(lead.cdf(0.25))), abs=0.07)
    # A late one falls into what the speaker says next, which leaves the shorter delays.
    assert 0.17 < np.median(delays) < 0.232


def test_backchannels_in_a_long_silence_come_after_peoples_delays():
    """The whole distribution, where no delay is too long to be heard in the silence."""
    text = f"{LONG}, [B: mm-hm] [pause 3.5] {LONG}, {LONG}, [B: yeah] [pause 3.5] {LONG}."
    script = parse_script(f"A: {text}\nB: I see.\nA: {text}\nB: I see.", "s")
    delays = []
    for seed in range(60):
        made = plan_dialogue(script, shapes_of(script, seed), seed=seed, settings=NO_HOLDS)
        units = {u.id: u for u in made.utterances}
        for said in made.utterances:
            if said.kind == "backchannel":
                speech = units[said.id.split(".")[0]].speech
                end = max(span.end for span in speech if span.start < said.start)
                delays.append((said.start - end) / RATE)
    delays = np.sort(delays)
    assert len(delays) == 240
    assert delays[0] >= -0.001
    expected = TimingModel.human().backchannel_delay.cdf(delays)
    steps = np.arange(len(delays))
    assert np.abs(expected - steps / len(steps)).max() < 0.105  # 99 % of samples of 240 are below
    assert np.median(delays) == pytest.approx(0.226, abs=0.03)


def test_what_finds_no_place_is_named():
    script = parse_script("A: Yes [B: mm-hm] no.\nB: Oh.", "s")
    shapes = shapes_of(script)
    shapes["t0.b0"] = outline_from_words([(0, 5000)], RATE)
    made = plan_dialogue(script, shapes, seed=1, settings=NO_HOLDS)
    assert [(x.line, x.reason) for x in made.lost] == [("t0.b0", "no-room-for-backchannel")]


def test_wrong_speech_is_refused(train):
    script, speeches = train
    with pytest.raises(InputError, match="no speech"):
        plan_dialogue(script, {k: s for k, s in speeches.items() if k != "t1"})
    with pytest.raises(InputError, match="words"):
        plan_dialogue(script, {**speeches, "t0": speeches["t5"]})
    with pytest.raises(InputError, match="rates"):
        plan_dialogue(script, {**speeches, "t0": resample(speeches["t0"], 16_000)})


def test_target_durations_of_backchannels_follow_people():
    script = parse_script(f"A: {LONG} [B: mm-hm] {LONG} [B: oh that's really great] {LONG}.", "s")
    seconds = [
        draw_target_durations(script, spoken_lines(script), draw_dyad("s", i), seed=i)
        for i in range(400)
    ]
    short, long = (np.median([s[name] for s in seconds]) for name in ("t0.b0", "t0.b1"))
    assert short < long
    human = TimingModel.human().backchannel_duration
    everything = [value for s in seconds for value in s.values()]
    assert np.quantile(everything, [0.1, 0.5, 0.9]) == pytest.approx(
        human.quantile([0.1, 0.5, 0.9]), rel=0.12
    )


@pytest.mark.parametrize(("natural", "target"), [(0.3, 0.4), (0.6, 0.45), (0.5, 0.05), (0.2, 2)])
def test_speeds_are_steps_towards_the_target(natural, target):
    speed = backchannel_speed(natural, target)
    assert speed * 20 == pytest.approx(round(speed * 20))
    if 0.7 <= natural / target <= 1.3:
        assert natural / speed == pytest.approx(target, rel=0.04)


def test_the_record_says_what_the_plan_does(train):
    script, speeches = train
    made = plan_dialogue(script, speeches, seed=4)
    where = plan_provenance(script, made, generator="interactspeech 0", notation="A: ...")
    voices = {s: speeches[line.id].voice for line in spoken_lines(script) for s in [line.speaker]}
    told = dialogue_from_plan(made, voices=voices, names={"A": "Ann"}, provenance=where)
    assert told.speakers[0].name == "Ann"
    assert told.speakers[1].voice == voices["B"]
    assert [(t.speaker, t.channel) for t in told.tracks] == [("A", 0), ("B", 1)]
    assert told.provenance.timing == "human-2"
    assert activity_agreement(told, render(made, speeches)) > 0.98


def test_a_shifted_track_disagrees_with_its_record(train):
    script, speeches = train
    made = plan_dialogue(script, speeches, seed=4)
    tracks = np.roll(render(made, speeches), made.rate // 2, axis=1)
    assert activity_agreement(dialogue_from_plan(made), tracks) < 0.9


def test_the_originals_demos_get_the_same_structure_of_offsets(shared_data, speak):
    demos = sorted((shared_data / "benchmarks" / "interactspeech_demo").glob("*/information.json"))
    assert len(demos) == 2
    for path in demos:
        truth = json.loads(path.read_text("utf-8"))
        times = sorted(truth["speakerA_time"] + truth["speakerB_time"])
        offsets = [b[0] - a[1] for a, b in pairwise(times)]
        script = parse_script(truth["processed_dialogue"], "demo")
        speeches = {name: resample(s, 22_050) for name, s in speak(script).items()}
        made = plan_dialogue(script, speeches, seed=1, settings=ORIGINAL)
        ours = [b.start - a.end for a, b in zip(made.utterances, made.utterances[1:], strict=False)]
        assert ours == offsets
        assert set(ours) == {0, -10_000}
        assert made.utterances[0].start == 0
        assert made.length == made.utterances[-1].end
        # The source's own silences are kept: a turn lasts as long as its speech.
        for said, line in zip(made.utterances, spoken_lines(script), strict=True):
            if line.cut is None:
                assert said.end - said.start == len(speeches[said.id].samples)
        assert dialogue_from_plan(made).utterances == made.utterances


def test_offsets_after_questions_and_after_statements_are_each_the_dyads():
    """Median offsets after either are those of the dyad, which differ."""
    turns = [f"{'AB'[k % 2]}: {LONG}{'?' if k % 2 else '.'}" for k in range(12)]
    dyad = TimingModel.human().dyad()
    offsets = {"question": [], "statement": []}
    for seed in range(60):
        script = parse_script("\n".join(turns), f"s{seed}")
        made = plan_dialogue(
            script, shapes_of(script, seed), dyad, seed=seed, settings=EVERY_OVERLAP
        )
        for before, after in pairwise(made.utterances):
            kind = "question" if before.speaker == "B" else "statement"
            offsets[kind].append((after.start - before.end) / RATE)
    rng = np.random.default_rng(1)
    for kind, drawn in offsets.items():
        # Without interruptions, these changes are all there are.
        expected = np.quantile(dyad.fto(rng, 20_000, kind, "all"), [0.25, 0.5])
        assert np.quantile(drawn, [0.25, 0.5]) == pytest.approx(expected, abs=0.05)


def test_changes_without_marks_are_interruptions_at_the_dyads_rate_only() -> None:
    """Written dialogue changes speaker twice as often as people, and does not cut in as often."""
    turns = [f"{'AB'[k % 2]}: and then we walked along the river for a while." for k in range(60)]
    dyad = TimingModel.human().dyad()
    found = {}
    for settings in (HUMAN, msgspec.structs.replace(HUMAN, interruptions=2.0), EVERY_OVERLAP):
        long, minutes = 0, 0.0
        for seed in range(15):
            script = parse_script("\n".join(turns), f"s{seed}")
            made = plan_dialogue(
                script, shapes_of(script, seed), dyad, seed=seed, settings=settings
            )
            minutes += made.seconds / 60
            long += sum(event.type == "interruption" for event in made.events)
        found[settings.interruptions] = long / minutes
    assert found[1.0] == pytest.approx(dyad.interruptions_per_minute, rel=0.2)
    assert found[2.0] == pytest.approx(2 * dyad.interruptions_per_minute, rel=0.2)
    assert found[None] > 2.5 * dyad.interruptions_per_minute
