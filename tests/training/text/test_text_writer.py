"""The staged writer with models that answer well, badly, or knowing what they cannot know."""

import re

import pytest

from interactspeech.errors import InputError
from interactspeech.lexicon.words import bare
from interactspeech.records import Backchannel, PlainDialogue, PlainTurn, Script
from interactspeech.scripts import OfflineWriterSettings as OfflineSettings
from interactspeech.scripts import check, demo_dialogues, format_script, write_offline
from interactspeech.scripts.writers.llm.draft import can_cut, find
from interactspeech.training.text.examples import echoed, go_on
from interactspeech.training.text.questions import LocalWriterSettings
from interactspeech.training.text.single_stage import SingleStageWriter
from interactspeech.training.text.writer import LocalWriter

PLAIN = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]


class Scripted:
    """Answers by rule; `spoil` may change an answer given the task and the try."""

    name = "scripted"
    card = None

    def __init__(self, spoil=lambda task, attempt, answer, ask: answer):  # noqa: ARG005
        self.spoil, self.asks = spoil, []

    def answer(self, asks):
        self.asks += asks
        return [self._one(ask) for ask in asks]

    def _one(self, ask):
        task = str(ask.key[1]).split(" ")[0]
        text = ask.messages[1]["content"]
        good = {"place": _place, "interrupt": _interrupt, "resume": _resume, "listen": _listen}
        return self.spoil(task, ask.key[2], good[task](text), ask)


def _place(text):
    tokens = text.split("\n")[0].partition(": ")[2].split()
    for at in range(len(tokens) - 1, 2, -1):
        after = " ".join(tokens[:at])
        if can_cut(tokens, at) and find(tokens, after) == at:
            return after
    return "nowhere"


def _interrupt(text):
    return f"{text.split('(')[-1][0]}: Hang on, say that again?"


def _resume(text):
    unsaid = re.search(r"\[(.*?)\]", text)[1]
    return f"{text.split('(')[-1][0]}: I said, {unsaid}"


def _listen(text):
    tokens = text.split("\n")[0].partition(": ")[2].split()
    return f"{' '.join(tokens[:4])} | mm-hm"


def test_good_answers_make_scripts_that_pass_every_check():
    writer = LocalWriter(Scripted(), LocalWriterSettings(least=1, backchannels=3), seed=1)
    found = list(writer.write(PLAIN))
    assert all(isinstance(one, Script) for one in found), found
    assert all(not check(one) for one in found)
    assert sum(any(turn.cut for turn in one.turns) for one in found) == len(found)
    assert any(
        isinstance(part, Backchannel) for one in found for turn in one.turns for part in turn.parts
    )
    assert writer.right_first == writer.asked
    for plain, script in zip(PLAIN, found, strict=True):
        source = [bare(word) for turn in plain.turns for word in turn.text.split()]
        said = " ".join(
            bare(word) for turn in script.turns for word in f"{turn.said} {turn.unsaid}".split()
        )
        assert all(word in said for word in source)
        assert script.writer == "local 2 scripted"
        format_script(script)


def test_the_same_seed_gives_the_same_questions_and_scripts():
    one, other, third = (
        list(LocalWriter(Scripted(), LocalWriterSettings(least=1), seed).write(PLAIN))
        for seed in (1, 1, 2)
    )
    assert one == other
    assert one != third


def test_who_interrupts_is_not_asked_with_the_unsaid_part():
    model = Scripted()
    scripts = list(LocalWriter(model, LocalWriterSettings(least=1), seed=1).write(PLAIN))
    asked = [
        ask.messages[1]["content"] for ask in model.asks if str(ask.key[1]).startswith("interr")
    ]
    cuts = [turn for script in scripts for turn in script.turns if turn.cut]
    assert len(asked) == len(cuts) > 10
    said = {f"{turn.speaker}: {turn.said} -" for turn in cuts}
    assert {text.split("\n")[-2] for text in asked} == said


@pytest.mark.parametrize(
    ("task", "bad", "check_name"),
    [
        ("place", "words that nobody said", "place-not-found"),
        ("interrupt", "", "wrong-speaker"),
        ("interrupt", "Q: What?", "wrong-speaker"),
        ("interrupt", "{who}: yeah", "feedback"),
        ("interrupt", "{who}: [laughs] what?", "directions"),
        ("resume", "{who}: Never mind.", "unsaid-lost"),
        ("listen", "mm-hm", "shape"),
        ("listen", "not in the turn | mm-hm", "place-not-found"),
        ("listen", "{first} | what did you say to him then?", "backchannel-words"),
    ],
)
def test_a_bad_answer_is_caught_and_asked_again(task, bad, check_name):
    def spoil(asked, attempt, answer, ask):
        if asked != task or attempt:
            return answer
        text = ask.messages[1]["content"]
        first = " ".join(text.split("\n")[0].partition(": ")[2].split()[:4])
        return bad.format(who=answer[0], first=first)

    settings = LocalWriterSettings(least=1, backchannels=3, complete=False)
    writer = LocalWriter(Scripted(spoil), settings, seed=1)
    found = list(writer.write(PLAIN))
    assert all(isinstance(one, Script) for one in found)
    caught = {name for name in writer.caught if not name.startswith("left-out")}
    assert caught == {f"{task}/{check_name}"}
    # Where nothing of content is left unsaid, nothing has to come back.
    missed = writer.asked[task] - writer.caught[f"{task}/{check_name}"]
    assert missed == writer.right_first[task]
    assert missed < (0.3 * writer.asked[task] if task == "resume" else 1)
    once = LocalWriterSettings(least=1, backchannels=3, complete=False, tries=1)
    alone = LocalWriter(Scripted(spoil), once, seed=1)
    lost = [one for one in alone.write(PLAIN) if isinstance(one, InputError)]
    assert {one.reason for one in lost} == {f"local-{check_name}"}
    if task in {"place", "interrupt"}:
        assert len(lost) == len(PLAIN)


def test_an_interruption_that_knows_the_unsaid_is_caught():
    plain = PlainDialogue(
        "d",
        (
            PlainTurn(
                "A", "I left the cat with the neighbour and then we drove to the giraffe house."
            ),
            PlainTurn("B", "Good for you."),
        ),
    )

    def spoil(task, attempt, answer, _):
        if task == "place":
            return "and then we"
        return "B: The giraffe house?" if task == "interrupt" and not attempt else answer

    writer = LocalWriter(Scripted(spoil), LocalWriterSettings(least=1, max_interruptions=1), seed=1)
    (script,) = writer.write([plain])
    assert writer.caught == {"interrupt/ignorance": 1}
    assert (writer.leaks, writer.first) == (1, 1)
    assert "giraffe" not in script.turns[1].said


def test_what_would_fail_in_the_script_is_asked_for_again():
    """A line said twice is no fault of one answer alone: it shows in the whole script only."""
    plain = PlainDialogue(
        "d",
        (
            PlainTurn("A", "I left the cat with the neighbour and then we drove to the lake."),
            PlainTurn("B", "That was the right thing to do."),
            PlainTurn("A", "We came back on Sunday with the last train of the day."),
            PlainTurn("B", "And the cat?"),
        ),
    )

    def spoil(task, attempt, answer, ask):
        if task == "place":
            return "and then we" if "and then we" in ask.messages[1]["content"] else answer
        if task == "interrupt":
            words = (
                "That was the right thing to do.",
                "left the cat with the neighbour and?",
                "Hang on, what did you do?",
            )
            return f"{answer[0]}: {words[min(attempt, 2)]}"
        return answer

    settings = LocalWriterSettings(least=1, max_interruptions=1, interruptions=0)
    found = [LocalWriter(Scripted(spoil), settings, seed=seed) for seed in range(8)]
    for writer in found:
        (script,) = writer.write([plain])
        assert isinstance(script, Script)
        assert not check(script)
    caught = [writer.caught for writer in found if writer.caught["interrupt/repetition"]]
    assert caught
    assert {"interrupt/repetition": 1, "interrupt/echo": 1} in caught, caught


def test_what_is_copied_is_told_from_what_is_quoted():
    heard = ["So we take the early train, and then the boat."]
    assert echoed("Well, we take the early train and what?", heard)
    assert not echoed("Wait, the early train?", heard)
    assert not echoed("we take the early train", heard)
    assert not echoed("", heard)
    assert not echoed("Hang on, which one of them do you mean?", [])


def test_an_interruption_may_not_copy_what_was_just_heard():
    model = Scripted()
    list(LocalWriter(model, LocalWriterSettings(least=1), seed=1).write(PLAIN))
    asks = [ask for ask in model.asks if str(ask.key[1]).startswith("interrupt")]
    assert asks
    for ask in asks:
        shown = ask.messages[1]["content"]
        assert ask.unlike
        assert all(line in shown for line in ask.unlike)
    free = Scripted()
    list(LocalWriter(free, LocalWriterSettings(least=1, constrain=False), seed=1).write(PLAIN))
    assert not any(ask.unlike or ask.choices for ask in free.asks)


def test_what_no_answer_can_complete_is_not_asked_about():
    bad = PlainDialogue("d", (PlainTurn("A", "Hello there."), PlainTurn("A", "And again.")))
    model = Scripted()
    (error,) = LocalWriter(model, seed=1).write([bad])
    assert error.reason.startswith("check-")
    assert not model.asks
    loss = InputError("nothing")
    assert list(LocalWriter(model, seed=1).write([loss])) == [loss]


def test_a_whole_script_in_one_answer_is_read_and_checked():
    plain = PLAIN[0]
    scripts = {
        plain.id: write_offline(
            plain,
            3,
            settings=OfflineSettings(
                interruptions=8,
                fillers=0,
                repeats=0,
                restarts=0,
                fragments=0,
                connectives=0,
                telling="off",
                direct=0,
            ),
        )
        for plain in PLAIN[:6]
    }

    class Whole:
        name = "whole"
        bad = ""

        def answer(self, asks):
            return [
                self.bad
                or format_script(scripts[ask.key[0]], header=False).replace(" [overlap]", "")
                for ask in asks
            ]

    writer = SingleStageWriter(Whole(), LocalWriterSettings(tries=1))
    found = list(writer.write(PLAIN[:6]))
    assert sum(isinstance(one, Script) for one in found) >= 4, found
    for bad, reason in [
        ("Sure! Here is the dialogue.", "notation"),
        ("A: Hello.\nB: Hi.", "not-interactive"),
        ("A: Hello [B: mm-hm] and hello again.\nB: Hi.", "changed-source"),
        ("A: We saw the big [interrupt] giraffe down there.\nB: A giraffe?", "ignorance"),
    ]:
        Whole.bad = bad
        (error,) = SingleStageWriter(Whole(), LocalWriterSettings(tries=2)).write([plain])
        assert error.reason == f"local-{reason}"


@pytest.mark.parametrize(
    ("answer", "at", "completed"),
    [
        ("I said, we take the bus.", 4, "I said, we take the early train, and then the boat."),
        ("Right, so never mind that.", 4, "Right, so we take the early train, and then the boat."),
        ("Yeah, it is.", 4, "Yeah, so we take the early train, and then the boat."),
        ("Never mind.", 9, "So we take the early train, and then the boat."),
    ],
)
def test_an_answer_that_loses_the_thread_is_gone_on_with(answer, at, completed):
    tokens = ["So", "we", "take", "the", "early", "train,", "and", "then", "the", "boat."]
    assert go_on(answer.split(), tokens, at) == completed


def test_after_much_was_said_only_the_last_clause_is_said_again():
    tokens = [*["word"] * 20, "clause,", *["more"] * 6, "end."]
    assert go_on(["No."], tokens, 24).split()[0] == "more"
    long = [*["word"] * 30, "end."]
    assert len(go_on(["No."], long, 25).split()) == 4 + 6
