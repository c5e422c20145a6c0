"""A source's summary, told by one of the two: at the end, before goodbyes, and nothing untrue."""

import pytest

from interactspeech.lexicon.words import content
from interactspeech.records import PlainDialogue, PlainTurn
from interactspeech.scripts.writers.offline import OfflineWriterSettings, write_offline
from interactspeech.scripts.writers.telling import tell, with_telling


def dialogue(summary, *lines, names=None):
    turns = tuple(PlainTurn(line[0], line[2:].strip()) for line in lines)
    return PlainDialogue("d", turns, names=names or {}, summary=summary)


PAN = "#A# wants a pan. #B# recommends a big one with a lid. So #A# buys it."
SHOP = ("A: I need a pan.", "B: This big one has a lid.", "A: I take it.", "B: Thank you. Bye.")


def test_it_is_told_before_the_goodbye_by_who_says_it():
    plain = with_telling(dialogue(PAN, *SHOP))
    last = plain.turns[-1]
    told = "So you want a pan, and I recommend a big one with a lid, so you buy it."
    assert (last.speaker, last.text) == ("B", f"{told} Thank you. Bye.")
    assert last.written == f"[summary: {PAN}] Thank you. Bye."
    assert plain.turns[:-1] == dialogue(PAN, *SHOP).turns[:-1]


def test_without_a_goodbye_it_follows_the_last_words():
    last = with_telling(dialogue(PAN, *SHOP[:3])).turns[-1]
    assert last.text.startswith("I take it. So I want a pan, and you recommend")


def test_a_goodbye_that_answers_a_question_stays_where_it_is():
    lines = ("A: I need a pan.", "B: Anything else?", "A: No, thank you. Bye.")
    last = with_telling(dialogue(PAN, *lines)).turns[-1]
    assert last.text.startswith("No, thank you. Bye. So I want a pan")


@pytest.mark.parametrize(
    "plain",
    [
        dialogue("", *SHOP),
        dialogue(PAN, *SHOP[:2], "A: How much is it?"),  # the last turn waits for an answer
        dialogue("They talk about a pan and about nothing else.", *SHOP),  # about whom?
        dialogue("#A# asks.", *SHOP),  # too little
        dialogue("#A# wants Tim to sell a pan with a lid.", *SHOP),  # Tim may be B
        dialogue("#A# wants a pan that the clerk has to find first.", *SHOP),  # so may the clerk
        dialogue("#A# tells #B# [sic] that the pan is far too small.", *SHOP),
        dialogue(
            "#A# tells #B# about it. " + "#A# buys a very big pan of iron with a lid of wood. " * 9,
            *SHOP,
        ),
    ],
)
def test_what_cannot_be_told_stays_as_it_is(plain):
    assert with_telling(plain) is plain


def test_a_turn_that_would_be_too_long_stays():
    plain = dialogue(PAN, *SHOP[:2], "A: " + "I take it. " * 70)
    assert with_telling(plain) is plain


def test_names_are_found_by_how_the_two_address_each_other():
    summary = "Tim asks Ann for a pan. Ann recommends a big one with a lid."
    lines = ("A: Hi, Ann, I need a pan.", "B: Well, Tim, this one has a lid.", "A: I take it.")
    told = tell(dialogue(summary, *lines), "A")
    assert told is not None
    assert told.text == "So I ask you for a pan, and you recommend a big one with a lid."
    assert tell(dialogue(summary, "A: I need a pan.", "B: Here.", "A: Good."), "A") is None
    named = dialogue(summary, "A: A pan?", "B: Here.", "A: Good.", names={"A": "Tim", "B": "Ann"})
    assert tell(named, "A") == told


def test_sentences_that_lean_on_one_left_out_are_left_out():
    summary = "#A# tells #B# she is late. So #A# runs. #B# takes the bus to the office now."
    told = tell(dialogue(summary, *SHOP), "B")
    assert told is not None
    assert (told.text, told.clauses) == ("So I take the bus to the office now.", 1)
    assert told.source == "#B# takes the bus to the office now."


def test_the_writer_tells_it_only_when_asked():
    plain = dialogue(PAN, *SHOP)
    said = {
        telling: content(
            " ".join(
                turn.said + turn.unsaid
                for turn in write_offline(
                    plain, 3, settings=OfflineWriterSettings(0, 0, 0, telling=telling)
                ).turns
            )
        )
        for telling in ("off", "fold", "narrative")
    }
    assert said["off"] == said["fold"]
    assert "recommend" in said["narrative"] - said["fold"]


def test_what_was_heard_in_a_folded_turn_is_never_cut_off():
    lines = ["A: I came home late on Monday because the train to the city broke down.", "B: Oh no!",
             "A: It stood there for two hours and the driver would not open any of the doors.",
             "B: I see.", "A: And then we walked along the river to the next station in the rain.",
             "B: I never take that train, I take the bus with my sister."]  # fmt: skip
    plain = dialogue("", *lines)
    settings = OfflineWriterSettings(interruptions=9.0, backchannels=0.0, max_interruptions=3)
    cut = 0
    for seed in range(60):
        script = write_offline(plain, seed, settings=settings)
        heard = [part.text for turn in script.turns for part in turn.parts if hasattr(part, "text")]
        assert "oh no" in heard
        assert "I see" in heard
        cut += any(turn.cut for turn in script.turns)
    assert cut > 20
