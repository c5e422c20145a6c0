"""Folding: what acknowledges is said while the other goes on, and no word is moved or lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.scripts.writers.folding import (
    acknowledges,
    as_backchannel,
    fold_groups,
    unanswered,
)

LINES = (
    "It broke down on Monday.",
    "Was it closed?",
    "Oh no!",
    "I see.",
    "Really?",
    "Why?",
    "And then we walked home, all of us.",
    "",
)


def turns(*lines: str) -> list[tuple[str, list[str]]]:
    """Lines of the form "A It broke."."""
    return [(line[0], line[1:].split()) for line in lines]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(LINES)), max_size=12))
def test_every_turn_is_in_one_group_and_groups_alternate(drawn):
    made = [(speaker, line.split()) for speaker, line in drawn]
    groups = fold_groups(made)
    assert [index for group in groups for index in group] == list(range(len(made)))
    for group in groups:
        assert len(group) % 2 == 1
        holder = {made[index][0] for index in group[::2]}
        assert len(holder) == 1
        for inner in group[1::2]:
            assert made[inner][0] not in holder
            assert acknowledges(made[inner][1])
        for index in group[:-1:2]:
            if len(group) > 1:
                assert not made[index][1][-1].endswith("?")


def test_a_chain_of_acknowledgements_is_one_turn():
    chain = turns("A It broke.", "B Oh no!", "A I walk now.", "B I see.", "A All day.", "B Why?")
    assert fold_groups(chain) == [[0, 1, 2, 3, 4], [5]]


@pytest.mark.parametrize(
    "stays",
    [
        turns("B I see.", "A Then I walked."),  # there is no turn before it
        turns("A It broke.", "B I see."),  # nor after it
        turns("A Did it break?", "B Yes.", "A And then I walked."),  # an answer
        turns("A It broke.", "B Why?", "A It was old."),  # a question
        turns("A It broke.", "B I see.", "C And then?"),  # another goes on
        turns("A It broke.", "A I see.", "A And then I walked."),  # one's own words
        turns("A It broke.", "B But it was new.", "A It was not."),  # it says something
        turns("A", "B I see.", "A And then I walked."),  # nothing was said before
        turns("A It broke.", "B I see.", "A"),  # or after
    ],
)
def test_other_turns_stay_by_themselves(stays):
    assert fold_groups(stays) == [[index] for index in range(len(stays))]


@pytest.mark.parametrize(
    "said",
    [
        "Oh no!", "I see.", "Really?", "Oh, really?", "Right?", "Uh-huh.", "Oh, that's too bad.",
        "Good idea.", "I think so too.", "Oh, I think so too.", "Oh, is it?", "You did? Right.",
        "Did you?", "Oh, really? That's too bad.", "I see. That sounds interesting.",
    ],
)  # fmt: skip
def test_acknowledgements(said):
    assert acknowledges(said.split())


@pytest.mark.parametrize(
    "said",
    [
        "", "...", "Why?", "I see why.", "Good idea, but no.", "But good idea.", "Did you go?",
        "Oh yeah, that's too bad, really, yeah.",  # seven words of a sentence are a turn
        "Is it far?", "I see. Why?", "I see. It is far.", "Oh, will you?", "Do we?? Now then?",
        "I see. I see. I see. I see. Yeah.",  # nine of several
    ],
)  # fmt: skip
def test_what_says_more_is_a_turn(said):
    assert not acknowledges(said.split())


def test_five_words_may_acknowledge_and_six_may_not():
    assert acknowledges(["Yeah,", "yeah,", "yeah,", "yeah,", "yeah."])
    assert not acknowledges(["Yeah,", "yeah,", "yeah,", "yeah,", "yeah,", "yeah."])


@pytest.mark.parametrize(
    ("tokens", "written"),
    [
        (["Oh,", "I", "see."], "oh, I see"),
        (["Really?"], "really"),
        (["I", "see."], "I see"),
        (["I'm", "sorry", "to", "hear", "that!"], "I'm sorry to hear that"),
        (["Is", "that", "so?"], "is that so"),
        (['"Wow…"'], "wow"),
    ],
)
def test_backchannels_are_written_without_capital_and_final_mark(tokens, written):
    assert as_backchannel(tokens) == written


@given(
    st.lists(
        st.sampled_from(
            ("I see.", "Really?", "Why did you go?", "It broke.", "Yes, I did.", "Is it far?")
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_question_keeps_its_answer(texts):
    made = [("AB"[k % 2], text.split()) for k, text in enumerate(texts)]
    assert unanswered(made, fold_groups(made)) == []


def test_an_answer_that_is_folded_away_is_found():
    made = [("A", ["Is", "it", "far?"]), ("B", ["Yes."]), ("A", ["So", "we", "drive."])]
    assert unanswered(made, [[0, 1, 2]]) == [0]
    assert fold_groups(made) == [[0], [1], [2]]
