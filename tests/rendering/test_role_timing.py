"""Plans with roles: latency, yielding, feedback; asides and simultaneous starts; company."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from interactspeech.records import Dialogue, Script
from interactspeech.rendering import (
    HUMAN,
    PlanSettings,
    dialogue_from_plan,
    draw_dyad,
    estimate_outlines,
    plan_dialogue,
    plan_speech,
)
from interactspeech.rendering.role_timing import scenario_settings
from interactspeech.scripts.notation import parse_script
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.turntaking import Timeline, label

ASSISTANT = scenario_settings(SCENARIOS["assistant"].timings())
ROLES = "# role A: agent\n# role B: user\n"


def planned(text: str, seed: int = 1, settings: PlanSettings = HUMAN) -> Dialogue:
    script: Script = parse_script(text)
    dyad = draw_dyad(script.id, seed)
    speech = plan_speech(script, dyad, seed=seed, settings=settings)
    outlines = estimate_outlines(speech, seed=seed, settings=settings)
    plan = plan_dialogue(speech, outlines, dyad, seed=seed, settings=settings)
    assert not plan.lost, plan.lost
    for channel in range(len(plan.speakers)):
        clips = [clip for clip in plan.clips if clip.channel == channel]
        assert all(one.end <= other.at for one, other in pairwise(clips))
    return dialogue_from_plan(plan, roles=script.roles)


TALK = (
    "A: Your booking for the two of you is for Friday at seven, [B: mm-hm] and I will send you the "
    "number of the table as soon as the kitchen has [interrupt stop competitive] confirmed it.\n"
    "B: Wait, wait, I said Saturday, did I not?\n"
    "A: You did, and I am sorry about that.\n"
    "B: That is all right.\n"
    "A: Then it is Saturday.\n"
)


@pytest.mark.parametrize("seed", range(12))
def test_an_agent_answers_late_stops_soon_and_talks_on_through_feedback(seed: int) -> None:
    made = planned(ROLES + TALK, seed, ASSISTANT)
    timing = SCENARIOS["assistant"].role("agent").timing
    assert {speaker.id: speaker.role for speaker in made.speakers} == {"A": "agent", "B": "user"}
    turns = [u for u in made.utterances if u.kind == "turn"]
    for before, after in pairwise(turns):
        offset = (after.start - before.end) / made.rate
        if after.speaker == "A":
            assert timing.shortest_latency - 1e-3 <= offset <= 0.7 + 2 * 0.2 + 1e-3
    cut = next(e for e in made.events if e.attributes.get("kind") == "stop")
    assert (cut.end - cut.start) / made.rate <= timing.yields_within + 1e-3
    heard = next(e for e in made.events if e.type == "backchannel")
    agent = next(u for u in made.utterances if u.id == "t0")
    assert not any(
        left.end <= heard.end + made.rate // 10 and right.start > heard.start
        for left, right in pairwise(agent.speech)
        if right.start - left.end >= 0.2 * made.rate
    )


def test_without_roles_the_plan_stays_what_it_was() -> None:
    assert planned(TALK).utterances == planned(TALK, settings=replace(HUMAN, roles={})).utterances


def test_an_aside_in_an_own_turn_stands_in_a_silence_made_for_it() -> None:
    made = planned(
        "A: I would like to book a table, [A aside side-talk: not now, sweetie] a table for two.\n"
        "B: For which day?"
    )
    aside = next(u for u in made.utterances if u.kind == "aside")
    turn = next(u for u in made.utterances if u.id == "t0")
    assert any(
        left.end + 0.1 * made.rate <= aside.start and aside.end + 0.1 * made.rate <= right.start
        for left, right in pairwise(turn.speech)
    )
    event = next(e for e in made.events if e.type == "aside")
    assert event.attributes["directed"] is False
    assert event.attributes["kind"] == "side-talk"
    assert not event.partner
    assert not [e for e in made.events if e.type == "pause" and e.start < aside.start < e.end]


def test_an_aside_after_a_turn_comes_before_the_next() -> None:
    made = planned(
        "A: So that will be forty pounds. [B aside thinking: hmm]\nB: Forty pounds, did you say?"
    )
    aside = next(u for u in made.utterances if u.kind == "aside")
    first, second = (u for u in made.utterances if u.kind == "turn")
    assert first.end + 0.2 * made.rate <= aside.start
    assert aside.end + HUMAN.own_silence * made.rate <= second.start + 1
    assert [e.type for e in made.events if e.utterance == aside.id] == ["vocal_tic"]


def test_an_aside_over_talk_is_no_part_of_the_turn_taking() -> None:
    with_aside = planned(
        "A: The train leaves at seven and [B aside television: coming up after the break] then you "
        "change in Milton.\nB: Good."
    )
    without = replace(
        with_aside,
        utterances=tuple(u for u in with_aside.utterances if u.kind != "aside"),
        events=tuple(e for e in with_aside.events if e.type != "aside"),
    )
    assert len(with_aside.utterances) == len(without.utterances) + 1
    found = Timeline.of(with_aside)
    assert {k: v.tolist() for k, v in found.activity.items()} == {
        k: v.tolist() for k, v in Timeline.of(without).activity.items()
    }
    rules = [e for e in label(with_aside).events if e.origin == "rule"]
    assert rules == [e for e in label(without).events if e.origin == "rule"]


def test_two_who_start_together_start_within_a_fifth_of_a_second() -> None:
    text = (
        "A: It was late when we came home from the theatre.\n"
        "B: And the [A tries simultaneous-start: so we] driver did not want to wait at all.\n"
        "A: He never does when it is raining.\n"
        "B: We should have called the other one.\n"
        "A: The other one has gone home by ten.\n"
        "B: Then we walk the next time."
    )
    placed = 0
    for seed in range(60):
        script = parse_script(text)
        dyad = draw_dyad(script.id, seed)
        speech = plan_speech(script, dyad, seed=seed)
        outlines = estimate_outlines(speech, seed=seed)
        plan = plan_dialogue(speech, outlines, dyad, seed=seed)
        for attempt in (u for u in plan.utterances if u.kind == "attempt"):
            turn = next(u for u in plan.utterances if u.id == "t1")
            assert 0 <= attempt.start - turn.start <= 0.2 * plan.rate
            assert attempt.end < turn.end
            placed += 1
    # A starts again after B's silence, so the turn gets one of the offsets that leave one.
    assert placed >= 57


def test_four_people_have_a_track_each() -> None:
    made = planned(
        "A: I would say that the second one is better. [C: mm-hm] It is cheaper too.\n"
        "B: And what about the [D tries disagree: no but] colour of it, and the shape?\n"
        "C: The colour can be changed, I think.\n"
        "D: Not for that price, and I have [interrupt disagree] asked them twice about it.\n"
        "A: You asked the wrong people then."
    )
    assert [speaker.id for speaker in made.speakers] == ["A", "B", "C", "D"]
    assert [track.channel for track in made.tracks] == [0, 1, 2, 3]
    interruption = next(e for e in made.events if e.attributes.get("outcome") == "taken")
    assert (interruption.speaker, interruption.partner) == ("A", "D")
    labelled = label(made)
    assert {e.speaker for e in labelled.events if e.type == "turn"} == set("ABCD")
