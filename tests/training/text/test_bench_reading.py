"""The blind reading's helpers: what counts as an act, its place, and the figures made of them."""

import importlib
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from interactspeech.records import PlainDialogue, PlainTurn
from interactspeech.scripts import parse_script
from interactspeech.training.acts.meetings import MeetingAct

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))
reading_acts = importlib.import_module("reading_acts")
figures = importlib.import_module("reading_figures")

TEXT = """\
A: We left it with the neighbour who [interrupt clarify] waters the plants.
B: Which neighbour?
A: The neighbour who waters [B: mm-hm] the plants, [B tries: but the] and then we went home.
B: But the key was gone, I heard.
"""
PLAIN = PlainDialogue(
    "one",
    (
        PlainTurn("A", "We left it with the neighbour who waters the plants."),
        PlainTurn("B", "But the key was gone, I heard."),
    ),
)


def acts():
    return list(reading_acts.script_acts(parse_script(TEXT), PLAIN, "roles"))


def test_acts_of_a_script_have_their_kind_and_what_was_said_before():
    found = [(act.group, " ".join(act.words)) for act in acts()]
    assert found == [
        ("clarification", "which neighbour"),
        ("resumption", "the neighbour who waters the plants and then"),
        ("feedback", "mm-hm"),
        ("attempt", "but the"),
        ("turn", "but the key was gone i heard"),
    ]
    asked, _, heard, tried, _ = acts()
    assert asked.cuts_in
    assert tried.cuts_in
    assert not heard.cuts_in
    assert asked.before == (("A", ("we", "left", "it", "with", "the", "neighbour", "who")),)
    assert heard.before[-1] == ("A", ("the", "neighbour", "who", "waters"))


def test_context_is_cut_to_the_last_words_and_lines_of_one_speaker_are_one():
    many = tuple(f"w{n}" for n in range(reading_acts.CONTEXT + 5))
    assert reading_acts.last_lines([("A", many)]) == (("A", many[5:]),)
    assert reading_acts.last_lines([("A", ("a",)), ("A", ("b",)), ("B", ("c",))]) == (
        ("A", ("a", "b")), ("B", ("c",)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Well, I\u2019m - no!", ("well", "i'm", "no")),
        ("e-mail-x.", ("e-mail",)),
        ("", ()),
    ],
)
def test_words_are_read_alike(text, expected):
    assert reading_acts.plain_words(text) == expected


def meeting_act(speaker, role, text, start, end):
    tokens = tuple(text.split())
    starts = tuple(np.linspace(start, end, len(tokens) + 1)[:-1].tolist())
    ends = tuple(np.linspace(start, end, len(tokens) + 1)[1:].tolist())
    return MeetingAct(speaker, role, tokens, starts, ends)


def test_people_interrupt_try_and_answer():
    said = [
        meeting_act("A", "floor", "so we take the early train", 0.0, 3.0),
        meeting_act("B", "floor", "but which", 1.0, 1.6),
        meeting_act("C", "floor", "no we take the late one", 2.5, 5.0),
        meeting_act("A", "floor", "fine by me then", 5.4, 6.4),
        meeting_act("B", "feedback", "yeah", 5.9, 6.1),
    ]
    found = [(act.group, act.speaker) for act in reading_acts.meeting_acts("m", said, {}, "people")]
    assert found == [
        ("attempt", "B"), ("other interruption", "C"), ("turn", "A"), ("feedback", "B"),
    ]  # fmt: skip
    tagged = {("m", "C", 2.5): "s^arp^nd"}
    acts = reading_acts.meeting_acts("m", said, tagged, "people")
    assert next(act.group for act in acts if act.speaker == "C") == "disagreement"


class WordReader:
    """A model that likes a word after a context that holds it: each other one costs a nat."""

    def ids(self, text):
        return text.split()

    def context(self, act):
        return [word for _, said in act.before for word in said]

    def score(self, places):
        return [
            [-float(sum(word not in context for word in words)) for words in tried]
            for context, tried in places
        ]


def made(dialogue, words, before):
    return reading_acts.Act("roles", "x", dialogue, "B", words, (("A", before),))


def test_an_act_that_takes_up_its_place_gains_and_a_line_of_a_list_does_not():
    own = [made(f"d{n}", (f"w{n}", "please"), ("the", f"w{n}")) for n in range(12)]
    read = figures.read_group(WordReader(), own, np.random.default_rng(1))
    assert [one.gain for one in read] == [1.0] * 12
    assert [one.better for one in read] == [1.0] * 12
    same = [made(f"d{n}", ("hang", "on"), ("the", f"w{n}")) for n in range(12)]
    read = figures.read_group(WordReader(), same, np.random.default_rng(1))
    assert [one.gain for one in read] == [0.0] * 12
    assert [one.better for one in read] == [0.5] * 12
    mean, low, high = figures.interval(read, "gain", np.random.default_rng(2))
    assert mean == low == high == 0.0


def test_no_act_is_tried_in_its_own_dialogue():
    here = [made("one", (f"w{n}",), (f"w{n}", "w0", "w1", "w2")) for n in range(3)]
    away = [made("two", ("x",), ("y",))]
    read = figures.read_group(WordReader(), [*here, *away], np.random.default_rng(1))
    assert [len(one.others) for one in read] == [1, 1, 1, 3]


def test_samples_are_even_over_dialogues():
    many = [made("long", (str(n),), ("a",)) for n in range(50)]
    many += [made(f"short{n}", ("x",), ("a",)) for n in range(5)]
    chosen = figures.sample(many, 8, np.random.default_rng(3))
    assert Counter(act.dialogue for act in chosen)["long"] == 3
    assert len({act.dialogue for act in chosen}) == 6


def test_a_list_repeats_itself_more_than_talk():
    rng = np.random.default_rng(4)
    lines = [("hang", "on"), ("wait", "wait")] * 200
    talk = [(f"a{n}", f"b{n}", "c") for n in range(400)]
    listed = figures.repetition("x", "list", lines, rng).split(" | ")
    spoken = figures.repetition("x", "talk", talk, rng).split(" | ")
    assert (float(listed[3]), float(spoken[3])) == (round(2 / figures.OPENINGS, 2), 1.0)
    assert float(listed[4]) == pytest.approx(1.0, abs=0.05)
    assert float(spoken[4]) == pytest.approx(math.log2(figures.OPENINGS), abs=0.01)
    assert figures.entropy(Counter("aabb")) == 1.0
