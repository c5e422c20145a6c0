"""Questions for yes or no, by form."""

import pytest

from interactspeech.lexicon.questions import is_yes_no_question


@pytest.mark.parametrize(
    "text",
    ["Is it far?", "You came by car?", "I see. Can I pay by card?", "So did she call?",
     "What about Monday?", "How about a walk?", "Really?", '"Are they here?"', "Whatever?"],
)  # fmt: skip
def test_questions_for_yes_or_no(text):
    assert is_yes_no_question(text)


@pytest.mark.parametrize(
    "text",
    ["Where is it?", "And, um, how far is it?", "Is it far? When do you leave?", "It is far.",
     "What's that?", "For how long?", "Tea or coffee?", "How come?", "", "Is it? No."],
)  # fmt: skip
def test_other_texts(text):
    assert not is_yes_no_question(text)
