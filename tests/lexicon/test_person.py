"""Third persons become "I" and "you" where that is certain, and nothing is told where it is not."""

import pytest

from interactspeech.lexicon.person import in_first_person, persons


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("#A# asks #B# for #B#'s advice.", "I ask you for your advice."),
        ("#B# asks #A# for #A#'s advice.", "you ask me for my advice."),
        ("#A# tries, and #B# watches #A#.", "I try, and you watch me."),
        ("#A# also wishes to go and has a car.", "I also wish to go and have a car."),
        ("#B# is late because #B# was ill.", "you are late because you were ill."),
        ("#A# is late and doesn't care.", "I am late and don't care."),
        ("#A# isn't sure, but #B# isn't either.", "I am not sure, but you aren't either."),
        ("#A# spilled the wine and asks #B# for rags.", "I spilled the wine and ask you for rags."),
        ("#A# and #B# talk about it.", "we talk about it."),
        ("Anna helps #B# and #A#.", "Anna helps us."),
        ("#A# and #B# discuss their plan.", "we discuss our plan."),
        ("#A# blames himself.", "I blame myself."),
        ("#B# blames herself.", "you blame yourself."),
        ("#B# thinks #A# should go.", "you think I should go."),
        ("#B# offers #A# a chair and gives #A# tea.", "you offer me a chair and give me tea."),
        ("#A#'s car is broken.", "my car is broken."),
        ("The shop needs #B# today.", "The shop needs you today."),
    ],
)
def test_a_sentence_is_told(sentence, told):
    assert in_first_person(sentence, "A") == told


@pytest.mark.parametrize(
    "sentence",
    [
        "#A# tells #B# she is late.",  # who is?
        "#A# tells #B# about his car.",
        "#A# likes it and tells him so.",
        "#A# tells #B# they are sold out.",  # books, perhaps
        "#A# and #B# see the cars and think they are new.",
        "#A# says Tom is late and wants to go.",  # who wants to?
        "#A# reads and dawdles at home.",  # a verb that is not known
        "#A# dawdles.",
        "#A#'s going home.",
        "#A#'s on a trip while #B#'s at home.",
        "#A#'s angry that #B# gets home late.",
        "#A# likes hotpot and so does #B#.",
        "#A# asks how did #B# become a cook.",
        "#A#, who works there, asks #B#.",
        "#A# shows the pictures to #A#.",
        "#A# asks for calls and orders of yours.",  # whose words are these?
        "#A# wants books and orders for #B#.",  # orders books, or books and orders?
    ],
)
def test_what_is_not_certain_is_not_told(sentence):
    assert in_first_person(sentence, "A") is None


def test_tellers_change_places():
    sentence = "#A# invites #B# and pays."
    assert in_first_person(sentence, "A") == "I invite you and pay."
    assert in_first_person(sentence, "B") == "you invite me and pay."


def test_persons_are_those_that_are_marked():
    assert persons("Anna tells #B# about #A#'s car and #B#.") == ["B", "A"]
    assert persons("Anna") == []
