"""The offline writer with roles: who does what, at which rate, in which way."""

from collections import Counter
from itertools import product

import pytest

from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    PlainDialogue,
    PlainTurn,
    Sound,
)
from interactspeech.records.sounds import LAUGHS_JOINED
from interactspeech.scripts import check, demo_dialogues, format_script, parse_script
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import SCENARIOS, RoleSettings, Scenario
from interactspeech.scripts.writers.response_rules import wants_response
from interactspeech.scripts.writers.role_writer import write_with_roles

PLAIN = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]


def dialogue(*turns: str, names: dict[str, str] | None = None) -> PlainDialogue:
    lines = [turn.split(": ", 1) for turn in turns]
    return PlainDialogue("one", tuple(PlainTurn(who, text) for who, text in lines), names or {})


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_scripts_pass_every_check_and_print(scenario):
    dropped = 0
    for plain in PLAIN:
        script = write_with_roles(plain, 3, scenario)
        assert write_with_roles(plain, 3, scenario) == script
        dropped += bool(check(script) or check_roles(script, scenario))
        printed = parse_script(format_script(script))
        assert printed.roles == script.roles
        assert [turn.parts for turn in printed.turns] == [turn.parts for turn in script.turns]
    assert dropped <= len(PLAIN) // 20


def test_another_seed_and_another_scenario_give_another_script():
    plain = PLAIN[0]
    scripts = {
        format_script(write_with_roles(plain, seed, SCENARIOS[name]))
        for seed in (1, 2)
        for name in ("friends", "argument")
    }
    assert len(scripts) == 4


def test_an_agent_stays_quiet_and_a_user_does_not():
    acts: Counter[str] = Counter()
    for seed in range(2):
        for plain in PLAIN:
            script = write_with_roles(plain, seed, SCENARIOS["assistant"])
            for index, turn in enumerate(script.turns):
                for part in turn.parts:
                    if isinstance(part, Backchannel | FailedInterruption | Aside):
                        acts[script.roles[part.speaker], type(part).__name__] += 1
                    if isinstance(part, Interruption):
                        acts[script.roles[script.turns[index + 1].speaker], "Interruption"] += 1
    assert acts["agent", "Interruption"] == acts["agent", "FailedInterruption"] == 0
    assert acts["agent", "Aside"] == 0
    assert acts["user", "Interruption"] > 10
    assert acts["user", "Aside"] > 10
    assert acts["user", "Backchannel"] > 2 * acts["agent", "Backchannel"]


def ways_of(kind: str) -> set[str]:
    """Ways in which a role that does nothing but one kind does it."""
    role = RoleSettings(
        "one", backchannels=0, interruptions=3, attempts=3, persistence=1,
        simultaneous_starts=3 * (kind == "simultaneous-start"), choral=1,
        kinds={} if kind in {"choral", "simultaneous-start"} else {kind: 1.0},
    )  # fmt: skip
    scenario = Scenario("s", "", (role,))
    found: set[str] = set()
    for seed, plain in product(range(30), (CLOSING, DATED, EARLY, LONG, *PLAIN[:4])):
        script = write_with_roles(plain, seed, scenario)
        originals = {turn.text[:12] for turn in plain.turns}
        for index, turn in enumerate(script.turns):
            tried = [p for p in turn.parts if isinstance(p, FailedInterruption)]
            same = Counter((p.speaker, p.text) for p in tried if p.kind == kind)
            if same:
                found.add("attempt" if max(same.values()) == 1 else "repeated")
            if any(isinstance(p, Overlap) and p.kind == kind for p in turn.parts):
                found.add("overlap")
            if turn.cut is not None and turn.cut.kind == kind:
                reply = script.turns[index + 1]
                own = any((reply.written or reply.said).startswith(one) for one in originals)
                found.add("direct" if own else "inserted")
        if len(found & set(KINDS[kind].ways)) >= 2:
            break
    return found


CLOSING = dialogue(
    "A: So I will see you on Friday then, and we can talk about all of it.",
    "B: Yes, that would be very good for me.",
    "A: All right, thank you so much, bye.",
    "B: Thank you, bye-bye.",
)
DATED = dialogue(
    "A: We can meet on Thursday and then we take the bus to the harbour, I think.",
    "B: I thought that the bus was so expensive last time, and the driver took three hours.",
    "A: Well, it was two hours and the bus was fine, because we decided to take the late one.",
)
LONG = dialogue(
    "A: We put the lamp on the table, and then we were so happy with the chair, you know.",
    "B: I took the rug to the cellar because it was too big, and I looked at the wall again.",
    "A: It was really nice to see the room like that, and I wanted to call you about the rug.",
)
EARLY = dialogue(
    "A: Would you like to have the room for two people with a balcony or without?",
    "B: Yes, with a balcony.",
    "A: I want you to lend me the car because I have to pick up my sister and her kids.",
    "B: No, I can't do that.",
    "A: We were walking along the river when suddenly everybody was looking at the bridge.",
    "B: Careful, you are spilling that.",
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_done_in_two_ways_at_least(kind):
    assert len(KINDS[kind].ways) >= 2
    assert len(ways_of(kind) & set(KINDS[kind].ways)) >= 2


def test_three_speakers_have_their_roles_and_listeners():
    plain = dialogue(
        *(
            f"{who}: I think that the second one is much better than the first, because it holds."
            for who in "ABCABCABC"
        )
    )
    script = write_with_roles(plain, 1, SCENARIOS["meeting"])
    assert script.speakers == ("A", "B", "C")
    heard = {
        part.speaker
        for seed in range(8)
        for turn in write_with_roles(plain, seed, SCENARIOS["meeting"]).turns
        for part in turn.parts
        if isinstance(part, Backchannel)
    }
    assert heard == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Do you know?", "answer"),
        ("You know it, don't you.", "answer"),
        ("Please open the window.", "act"),
        ("Don't touch that.", "act"),
        ("Now press the button.", "act"),
        ("So a man walks into a bar. He orders nothing.", "laugh"),
        ("It broke on Monday.", ""),
        ("We open the window.", ""),
        ("Let me see.", ""),
    ],
)
def test_talk_that_wants_something_else_than_feedback(said, wanted):
    tokens = said.split()
    assert wants_response([*tokens, "And", "then."], len(tokens)) == wanted


def test_friends_laugh_together_as_often_as_people_and_agents_never():
    began = joined = 0
    for seed in range(30):
        for plain in PLAIN[:20]:
            for turn in write_with_roles(plain, seed, SCENARIOS["friends"]).turns:
                laughs = [p for p in turn.parts if isinstance(p, Sound) and p.sound == "laugh"]
                began += sum(not laugh.speaker for laugh in laughs)
                joined += sum(bool(laugh.speaker) for laugh in laughs)
    assert began > 200
    assert joined / began == pytest.approx(LAUGHS_JOINED, abs=0.08)
    for plain in PLAIN[:20]:
        script = write_with_roles(plain, 1, SCENARIOS["assistant"])
        agents = {speaker for speaker, role in script.roles.items() if role == "agent"}
        assert not any(
            isinstance(part, Sound) and part.speaker in agents
            for turn in script.turns
            for part in turn.parts
        )
