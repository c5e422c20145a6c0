import pytest

from interactspeech.records import Interruption, PlainDialogue, PlainTurn
from interactspeech.scripts import demo_dialogues, format_turn, parse_script
from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.scripts.writers.llm.draft import (
    DraftLine,
    add_mark,
    can_cut,
    changed,
    find,
    interrupt,
    lines_of,
    script_of,
    spoken,
)
from interactspeech.scripts.writers.llm.memory import WritingMemory, Written, diversity
from interactspeech.scripts.writers.llm.mix import MIX, plan

TEXT = "Well, I took the early train. And then we walked to the harbour, slowly."
TOKENS = TEXT.split()


def test_quotes_are_found_without_their_punctuation_and_case():
    assert find(TOKENS, "the EARLY train") == 6
    assert find(TOKENS, "and then we") == 9


@pytest.mark.parametrize(
    ("after", "check"),
    [("we flew", "place-not-found"), ("", "place-not-found"), ("harbour slowly.", "mark-at-end")],
)
def test_quotes_that_do_not_serve(after, check):
    with pytest.raises(BadAnswerError) as caught:
        find(TOKENS, after)
    assert caught.value.check == check


def test_cuts_lie_inside_a_sentence():
    assert [at for at in range(len(TOKENS) + 1) if can_cut(TOKENS, at)] == [3, 4, 9, 10, 11, 12]


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("[laughs] no", "directions"),
        ("A: no way", "directions"),
        ("*sighs* fine", "directions"),
        ("", "empty"),
        ("...", "empty"),
        ("one two three four five six seven eight nine", "length"),
        ("no no no no no", "repetition"),
    ],
)
def test_words_that_nobody_can_say(text, check):
    with pytest.raises(BadAnswerError) as caught:
        spoken(text, 8)
    assert caught.value.check == check


def test_numbers_become_words():
    assert spoken('"At 3:30,  then?"', 8) == "At three thirty, then?"


def mark(what, after, text):
    line = DraftLine("A", list(TOKENS))
    add_mark(line, "B", what, after, text)
    return format_turn(line.turn())


def test_marks_are_put_between_words():
    assert "train. [B: mm-hm] And" in mark("backchannel", "early train", "mm-hm.")
    assert "walked to, um, the" in mark("hesitation", "walked to", "um")
    assert "And then we, I mean, we walked" in mark("repair", "And then", "we, I mean")
    assert "we [pause] walked" in mark("pause", "then we", "")


@pytest.mark.parametrize(
    ("what", "after", "text", "check"),
    [
        ("backchannel", "early train", "that's what I said to him as well", "backchannel-words"),
        ("backchannel", "early train", "really?", "backchannel-words"),
        ("hesitation", "walked to", "the airport", "hesitation-words"),
        ("repair", "And then", "they, I mean", "repair-words"),
        ("repair", "And then", "we flew home", "repair-words"),
        ("song", "And then", "la la", "mark-kind"),
        ("backchannel", "the harbour slowly", "yeah", "mark-at-end"),
        ("backchannel", "by plane", "yeah", "place-not-found"),
    ],
)
def test_marks_that_are_no_such_thing(what, after, text, check):
    with pytest.raises(BadAnswerError) as caught:
        mark(what, after, text)
    assert caught.value.check == check


def test_marks_stay_apart_and_before_the_cut():
    line = DraftLine("A", list(TOKENS), cut=10)
    add_mark(line, "B", "backchannel", "early train", "mm-hm")
    with pytest.raises(BadAnswerError, match="crowded"):
        add_mark(line, "B", "pause", "train and", "")
    with pytest.raises(BadAnswerError, match="mark-at-end"):
        add_mark(line, "B", "pause", "we walked to", "")


def test_an_interruption_keeps_the_source_and_its_text():
    plain = PlainDialogue("x", (PlainTurn("A", TEXT, "W1"), PlainTurn("B", "Nice.")))
    lines = lines_of(plain)
    interrupt(
        lines, 0, 9, Interruption("clarify"), "Wait, who?", "Me and Jo, we walked to the harbour."
    )
    script = script_of(plain, lines, "t")
    assert [turn.speaker for turn in script.turns] == ["A", "B", "A", "B"]
    assert script.turns[0].unsaid == "walked to the harbour, slowly."
    assert script.turns[0].written == "W1"


def test_what_a_mending_may_change():
    before = parse_script("A: We go [interrupt] to the sea now.\nB: Why?\nA: Fun.\nB: Ah.")
    assert not changed(before, before, {1, 2})
    better = parse_script("A: We go to [interrupt] the sea now.\nB: Who?\nA: You.\nB: Ah.")
    assert not changed(before, better, {1, 2})
    for text in (
        "A: We go [interrupt] to the lake now.\nB: Why?\nA: Fun.\nB: Ah.",
        "A: We go [interrupt] to the sea now.\nB: Why?",
        "B: We go [interrupt] to the sea now.\nA: Why?\nB: Fun.\nA: Ah.",
    ):
        assert changed(before, parse_script(text), {1, 2})


def test_plans_follow_the_target_mix_and_the_seed():
    drawn = {}
    kinds = dict.fromkeys(MIX, 0)
    for number in range(600):
        for seed in (1, 1, 2):
            plain = PlainDialogue(f"d{number}", demo_dialogues()[1].turns)
            made = plan(plain, seed, interruptions=3, backchannels=1, most=2, room=5)
            assert drawn.setdefault((number, seed), made) == made
        for one in made.interruptions:
            kinds[one.kind] += 1
    assert any(drawn[n, 1] != drawn[n, 2] for n in range(600))
    total, weights = sum(kinds.values()), sum(MIX.values())
    for kind, count in kinds.items():
        expected = total * MIX[kind] / weights
        assert abs(count - expected) < 5 * expected**0.5, kind


def test_a_plan_keeps_to_the_room_there_is():
    plain = demo_dialogues()[1]
    for room in (0, 1, 3):
        made = plan(plain, 1, interruptions=50, backchannels=0, most=2, room=room)
        assert len(made.interruptions) <= room
        assert made.backchannels == 0


def test_memory_and_diversity():
    memory = WritingMemory()
    memory.add(Written(["Wait, what was that?", "Wait, what was it?"], ["clarify"] * 2, [], ["oh"]))
    snapshot = memory.snapshot()
    assert snapshot.openings == ["wait what was"]
    assert snapshot.kinds == {"clarify": 2}
    assert diversity(["Wait, what was that?"] * 4)["openings"] == 0.25
    assert diversity(["Oh no.", "But why?"])["commonest"] == 0.5
    assert diversity([]) == {}
