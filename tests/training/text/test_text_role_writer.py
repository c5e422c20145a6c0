"""The staged writer with roles: who does what, with models that answer well or badly."""

import re
from collections import Counter

import pytest

from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    PlainDialogue,
    PlainTurn,
    Script,
)
from interactspeech.scripts import check, demo_dialogues, format_script, parse_script
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.training.text.questions import LocalWriterSettings
from interactspeech.training.text.role_writer import LocalRoleWriter

PLAIN = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]
MEETING = PlainDialogue(
    "meeting",
    (
        PlainTurn("A", "I think we should keep the old price for now, because nobody complained."),
        PlainTurn("B", "The shops in the north did complain, and they sell half of all we make."),
        PlainTurn("C", "Then let us ask them again in the spring, when the numbers are there."),
        PlainTurn("A", "We could also send them the new colour first, and see what they say."),
        PlainTurn("B", "That would cost us a week, but I would not mind if it helps at all."),
        PlainTurn("C", "A week is nothing, we lost three of them over the logo in the autumn."),
    ),
)
#: Words that no dialogue here holds.
SAID = {
    "interrupt": "Pardon, say that again?",
    "attempt": "but can I",
    "aside": "not now, sweetie",
}


class Scripted:
    """Answers by rule; `spoil` may change an answer given the task and the try."""

    name = "scripted"
    card = None

    def __init__(self, spoil=lambda task, attempt, answer: answer):  # noqa: ARG005
        self.spoil, self.asks = spoil, []

    def answer(self, asks):
        self.asks += asks
        return [self._one(ask) for ask in asks]

    def _one(self, ask):
        text = ask.messages[1]["content"]
        task = {
            "After which words does the other cut in?": "place",
            "What does the other say, cutting in?": "interrupt",
            "How does the speaker go on?": "resume",
            "What does the other say, trying to come in?": "attempt",
            "What is said that is not for the others?": "aside",
            "What does the listener say, after which words?": "listen",
        }[ask.messages[0]["content"]]
        who = text.rsplit("(", 1)[1][0]
        if task == "place":
            answer = ask.choices[0] if ask.choices else "nowhere"
        elif task == "resume":
            unsaid = re.search(r"\[(.*?)\]", text)[1]
            answer = f"{who}: I said, {unsaid}"
        elif task == "listen":
            tokens = text.split("\n")[0].partition(": ")[2].split()
            answer = f"{' '.join(tokens[:4])} | mm-hm"
        else:
            answer = f"{who}: {SAID[task]}"
        return self.spoil(task, ask.key[2], answer)


def acts(scripts):
    """(role, what) -> how often."""
    found = Counter()
    for script in scripts:
        for index, turn in enumerate(script.turns):
            if turn.cut and turn.cut.kind != "simultaneous-start":
                found[script.roles[script.turns[index + 1].speaker], "interruptions"] += 1
            for part in turn.parts:
                if isinstance(part, Aside | Backchannel | FailedInterruption):
                    found[script.roles[part.speaker], type(part).__name__] += 1
    return found


def test_an_agent_never_interrupts_and_every_script_passes_the_checks_of_roles():
    scenario = SCENARIOS["assistant"]
    writer = LocalRoleWriter(Scripted(), scenario, seed=1)
    found = list(writer.write(PLAIN))
    scripts = [one for one in found if isinstance(one, Script)]
    assert len(scripts) == len(found)
    assert all(not check(one) and not check_roles(one, scenario) for one in scripts)
    counts = acts(scripts)
    assert counts["user", "interruptions"] > 5
    assert counts["user", "Aside"] > 5
    assert counts["user", "FailedInterruption"] > 2
    assert counts["user", "Backchannel"] > 5
    assert not counts["agent", "interruptions"]
    assert not counts["agent", "Aside"]
    texts = "\n".join(map(format_script, scripts))
    for words in SAID.values():
        assert words in texts
    for script in scripts:
        again = parse_script(format_script(script))
        assert [turn.parts for turn in again.turns] == [turn.parts for turn in script.turns]


def test_questions_name_the_role_and_show_nothing_that_is_said_later():
    model = Scripted()
    scripts = list(LocalRoleWriter(model, SCENARIOS["argument"], seed=2).write(PLAIN))
    questions = [ask.messages[1]["content"] for ask in model.asks]
    assert all(re.search(r"\n\(.*\b[A-B], opponent", text) for text in questions)
    tried = [text for text in questions if "tries to come in" in text and " -\n" in text]
    assert len(tried) > 5
    turns = {f"{t.speaker}: {t.said} {t.unsaid}".strip() for s in scripts for t in s.turns}
    for text in tried:
        line = text.split("\n")[-2].removesuffix(" -")
        assert any(turn.startswith(line) and turn != line for turn in turns)


def test_three_people_have_listeners_of_their_own_and_are_interrupted_by_any():
    scenario = SCENARIOS["meeting"]
    asked, who = Counter(), set()
    for seed in range(40):
        model = Scripted()
        (script,) = LocalRoleWriter(model, scenario, seed=seed).write([MEETING])
        assert isinstance(script, Script)
        assert not check(script)
        assert not check_roles(script, scenario)
        asked.update(ask.messages[1]["content"].rsplit("\n(", 1)[1][0] for ask in model.asks)
        who |= {
            part.speaker
            for turn in script.turns
            for part in turn.parts
            if isinstance(part, Backchannel | FailedInterruption)
        }
    assert set(asked) == who == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("task", "bad", "name"),
    [
        ("attempt", "Q: but", "attempt/wrong-speaker"),
        ("attempt", "{who}: yeah", "attempt/feedback"),
        ("attempt", "{who}: but I only wanted to say one more thing", "attempt/length"),
        ("aside", "{who}: [door]", "aside/directions"),
        ("listen", "mm-hm", "listen/shape"),
    ],
)
def test_a_small_act_without_a_good_answer_is_left_out_and_the_dialogue_kept(task, bad, name):
    def spoil(asked, _, answer):
        return bad.format(who=answer[0]) if asked == task else answer

    settings = LocalWriterSettings(tries=2)
    writer = LocalRoleWriter(Scripted(spoil), SCENARIOS["assistant"], settings, seed=1)
    found = list(writer.write(PLAIN))
    assert all(isinstance(one, Script) for one in found)
    assert writer.caught[name] == 2 * writer.asked[task] > 0
    assert writer.caught[f"left-out/{task}"] == writer.asked[task]
    kept = acts(found)
    kind = {"attempt": "FailedInterruption", "aside": "Aside", "listen": "Backchannel"}[task]
    made = kept["user", kind]
    structural = sum(
        part.kind in {"simultaneous-start", "choral"}
        for one in found
        for turn in one.turns
        for part in turn.parts
        if isinstance(part, FailedInterruption)
    )
    folded = sum(len(p.turns) for p in PLAIN)
    assert made <= (structural if task == "attempt" else 0 if task == "aside" else folded)
    assert all(
        part.text
        for one in found
        for turn in one.turns
        for part in turn.parts
        if isinstance(part, Aside | FailedInterruption)
    )


def test_the_same_seed_gives_the_same_scripts():
    one, other, third = (
        list(LocalRoleWriter(Scripted(), SCENARIOS["friends"], seed=seed).write(PLAIN[:6]))
        for seed in (1, 1, 2)
    )
    assert one == other
    assert one != third
