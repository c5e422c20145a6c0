"""Company: short turns lie over others' talk, and no word of the text is lost or said too early."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from msgspec.structs import replace

from interactspeech.lexicon.words import bare, content, leaks_unsaid
from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Overlap,
    PlainDialogue,
    PlainTurn,
    Script,
    Words,
)
from interactspeech.rendering import (
    dialogue_from_plan,
    draw_dyad,
    estimate_outlines,
    plan_dialogue,
    plan_speech,
)
from interactspeech.rendering.role_timing import scenario_settings
from interactspeech.scripts import check, format_script, parse_script
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import SCENARIOS, RoleSettings, Scenario
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.turntaking import annotate
from interactspeech.turntaking.timing import TimingModel

MEETING = SCENARIOS["meeting"]
#: Nothing is added to the text.
BARE = Scenario(
    "bare",
    "short turns lie over others' talk, and that is all",
    (
        RoleSettings(
            "one", backchannels=0.0, interruptions=0.0, attempts=0.6, simultaneous_starts=0.0,
            fillers=0.0, repeats=0.0, restarts=0.0, fragments=0.0, corrections=0.0, choral=0.0,
            apologies=0.0,
        ),
    ),
)  # fmt: skip
NOUNS = [
    "battery", "button", "cable", "camera", "carpet", "castle", "cheese", "colour", "curtain",
    "design", "dragon", "engine", "fabric", "finger", "forest", "garden", "hammer", "island",
    "jacket", "kitchen", "ladder", "lantern", "market", "mirror", "needle", "orange", "pencil",
    "pepper", "picture", "planet", "pocket", "rabbit", "remote", "rubber", "saddle", "screen",
    "shadow", "silver", "spider", "spring", "summer", "switch", "tablet", "target", "temple",
    "ticket", "timber", "tunnel", "turtle", "velvet", "window", "winter",
]  # fmt: skip
LONG = (
    "I think that the {} should be next to the {} when we put it on the {}, and then it is done.",
    "We have looked at the {} for a while, and it does not go with the {} or with the {} at all.",
    "They told us that nobody wants a {} any more, so there is no point in a {} for the {}.",
)
SHORT = ("Not the {}.", "Or the {}, maybe.", "With a {} in it.", "Like the {} we had, you mean.")


def meeting(seed: int, people: str = "ABCD", turns: int = 40) -> PlainDialogue:
    """Turns of long and short sentences, of whom nobody has two in a row."""
    rng = random.Random(seed)
    said: list[PlainTurn] = []
    for _ in range(turns):
        who = rng.choice([one for one in people if not said or one != said[-1].speaker])
        form = rng.choice(SHORT if said and len(said[-1].text) > 40 else LONG)
        text = form.format(*rng.sample(NOUNS, 3))
        said.append(PlainTurn(who, text))
    return PlainDialogue(f"m{seed}", tuple(said))


def words_by_speaker(script: Script) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for turn in script.turns:
        for part in turn.parts:
            if isinstance(part, Words):
                found.update((turn.speaker, bare(token)) for token in part.text.split())
            elif isinstance(part, FailedInterruption | Backchannel):
                found.update((part.speaker, bare(token)) for token in part.text.split())
    return found


def laid_over(script: Script) -> int:
    return sum(
        isinstance(part, FailedInterruption) and not part.kind
        for turn in script.turns
        for part in turn.parts
    )


@pytest.mark.parametrize("people", ["ABC", "ABCD", "ABCDE", "ABCDEF"])
def test_every_word_of_the_text_is_kept_and_none_is_added(people: str) -> None:
    over = 0
    for seed in range(12):
        plain = meeting(seed, people)
        script = write_with_roles(plain, seed, BARE)
        wanted = Counter(
            (turn.speaker, bare(token)) for turn in plain.turns for token in turn.text.split()
        )
        assert words_by_speaker(script) == wanted
        assert all(a.speaker != b.speaker for a, b in pairwise(script.turns))
        over += laid_over(script)
    assert over > 20


def test_two_speakers_keep_their_turns() -> None:
    plain = meeting(3, "AB")
    script = write_with_roles(plain, 3, BARE)
    assert [turn.said for turn in script.turns] == [turn.text for turn in plain.turns]


def test_nobody_takes_up_words_before_they_are_said() -> None:
    checked = 0
    for seed in range(30):
        plain = meeting(seed)
        script = write_with_roles(plain, seed, BARE)
        for turn in script.turns:
            heard: list[str] = []
            for part in turn.parts:
                if isinstance(part, Words):
                    heard += part.text.split()
                elif isinstance(part, FailedInterruption):
                    place = next(
                        index
                        for index, one in enumerate(plain.turns)
                        if one.speaker == part.speaker
                        and one.text.lower().rstrip(".!,") == part.text.lower()
                    )
                    before = plain.turns[:place]
                    over = next(n for n in range(place) if before[~n].speaker == turn.speaker)
                    tokens = before[~over].text.split()
                    sizes = range(len(tokens), 0, -1)
                    said = next((k for k in sizes if heard[-k:] == tokens[:k]), 0)
                    known = content(" ".join(one.text for one in before[: place - over - 1]))
                    known |= content(" ".join(tokens[:said]))
                    assert not leaks_unsaid(part.text, " ".join(tokens[said:]), known)
                    checked += 1
    assert checked > 40


def test_what_echoes_the_end_of_a_turn_waits_for_it() -> None:
    turns = (
        ("A", "We could sell it in the shops and the price would be forty pounds."),
        ("B", "Forty pounds."),
        ("A", "And then we have to pay for the boxes and for the people who carry them."),
        ("C", "I would rather sell it on the web, because nobody goes to the shops any more."),
        ("A", "That is a thing to think about when we know how many of them we can make."),
    )
    plain = PlainDialogue("echo", tuple(PlainTurn(who, text) for who, text in turns))
    eager = replace(BARE, roles=(replace(BARE.roles[0], attempts=20.0),))
    for seed in range(20):
        script = write_with_roles(plain, seed, eager)
        for turn in script.turns:
            said = ""
            for part in turn.parts:
                if isinstance(part, Words):
                    said += part.text
                elif isinstance(part, FailedInterruption) and "orty" in part.text:
                    assert "forty pounds" in said


def planned(seed: int, people: str = "ABCD"):
    script = write_with_roles(meeting(seed, people), seed, MEETING)
    settings = scenario_settings(MEETING.timings(), unmarked=MEETING.unmarked)
    dyad = draw_dyad(script.id, seed, speakers=len(script.speakers))
    speech = plan_speech(script, dyad, seed=seed, settings=settings)
    outlines = estimate_outlines(speech, seed=seed, settings=settings)
    return script, plan_dialogue(speech, outlines, dyad, seed=seed, settings=settings)


def test_turns_that_lie_over_others_always_find_room() -> None:
    for seed in range(25):
        script, plan = planned(seed)
        kinds = {
            f"t{index}.a{number}": part.kind
            for index, turn in enumerate(script.turns)
            for number, part in enumerate(
                part for part in turn.parts if isinstance(part, FailedInterruption)
            )
        }
        assert all(kinds.get(loss.line, "invented") for loss in plan.lost)


def test_every_act_is_found_by_the_rules_under_its_name() -> None:
    asked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for seed in range(25):
        _, plan = planned(seed)
        dialogue = dialogue_from_plan(plan)
        near = round(0.15 * dialogue.rate)
        rules = annotate(dialogue, planned=True)
        for event in dialogue.events:
            if event.type not in {"interruption", "backchannel", "terminal_overlap"}:
                continue
            name = f"{event.type} {event.attributes.get('outcome', '')}"
            asked[name] += 1
            found[name] += any(
                rule.type == event.type
                and rule.speaker == event.speaker
                and rule.attributes.get("outcome", "") == event.attributes.get("outcome", "")
                and abs(rule.start - event.start) < near
                for rule in rules
            )
    assert min(asked.values()) > 30
    assert {name: found[name] / n for name, n in asked.items() if found[name] < 0.9 * n} == {}


def three_at_once(seed: int, people: str) -> float:
    _, plan = planned(seed, people)
    steps = sorted(
        step
        for utterance in plan.utterances
        for span in utterance.speech
        for step in ((span.start, 1), (span.end, -1))
    )
    talking, before, three = 0, 0, 0
    for at, step in steps:
        three += (at - before) * (talking > 2)
        talking, before = talking + step, at
    return three / plan.rate


def test_three_talk_at_once_now_and_then() -> None:
    times = [three_at_once(seed, "ABCD") for seed in range(12)]
    assert sum(time > 0 for time in times) >= 6
    assert max(times) < 15
    assert max(three_at_once(seed, "AB") for seed in range(6)) == 0


def test_scripts_of_company_pass_the_checks_and_print() -> None:
    starts = 0
    for seed in range(20):
        plain = meeting(seed)
        script = write_with_roles(plain, seed, MEETING)
        assert script == write_with_roles(plain, seed, MEETING)
        assert not check_roles(script, MEETING)
        assert {failure.check for failure in check(script)} <= {"repetition"}
        printed = parse_script(format_script(script))
        assert [turn.parts for turn in printed.turns] == [turn.parts for turn in script.turns]
        starts += sum(isinstance(part, Overlap) for turn in script.turns for part in turn.parts)
    assert starts > 5


def test_more_than_two_have_the_timing_of_meetings() -> None:
    assert draw_dyad("x", 1).model is TimingModel.human()
    assert draw_dyad("x", 1, speakers=4).model is TimingModel.meetings()
    assert draw_dyad("x", 1, TimingModel.human(), speakers=3).model is TimingModel.meetings()
    own = replace(TimingModel.human(), id="own")
    assert draw_dyad("x", 1, own, speakers=3).model is own
    meetings = TimingModel.load("meetings")
    human = TimingModel.human()
    assert meetings.backchannel_places["silence"] < human.backchannel_places["silence"]
