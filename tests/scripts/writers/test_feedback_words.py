"""With which words listeners give feedback."""

import itertools
from collections import Counter

import pytest

from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.feedback_words import (
    WORD_TABLES,
    FeedbackGiver,
    FeedbackWords,
    content_kind,
)
from interactspeech.seeds import generator

TOLD = ["We", "went", "along", "the", "river", "for", "a", "while,", "and", "then"]


def draws(seed: int = 0) -> Draws:
    return Draws(generator(seed, "feedback-words"))


def test_the_table_that_ships_is_of_feedback_and_peoples_shares():
    words = FeedbackWords.people()
    assert all(feedback_kind(text.split()) for text in words.shares)
    assert sum(words.shares.values()) == pytest.approx(1.0, abs=0.02)
    assert sum(sorted(words.shares.values())[-3:]) == pytest.approx(0.6, abs=0.05)


def test_listeners_of_many_dialogues_say_what_people_say():
    drawn = draws()
    said = Counter(FeedbackGiver().feedback(TOLD, 8, drawn, "continuer") for _ in range(5000))
    for text, share in list(FeedbackWords.people().shares.items())[:6]:
        assert said[text] / 5000 == pytest.approx(share, abs=0.025)


def test_a_listener_keeps_to_words_of_their_own():
    """Of ICSI's feedback 30 % is what the same listener said last; 16 % would be by chance."""
    drawn = draws()
    same = total = 0
    for _ in range(100):
        listener = FeedbackGiver()
        said = [listener.feedback(TOLD, 8, drawn, "continuer") for _ in range(30)]
        same += sum(a == b for a, b in itertools.pairwise(said))
        total += len(said) - 1
    assert 0.2 < same / total < 0.36


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("my dog died", "sorry"),
        ("my dog hasn't died don't worry", "continuer"),
        ("we won", "glad"),
        ("press the green one", "instructed"),
        ("it was enormous", "surprised"),
        ("we went home", "continuer"),
    ],
)
def test_news_has_words_of_its_own(sentence, kind):
    assert content_kind(sentence.split(), "x") == kind
    assert kind in WORD_TABLES


def test_amounts_are_said_back_seldom_and_claims_asked_back():
    tokens = ["I", "had", "to", "pay", "him", "forty", "dollars,", "and", "then", "he", "left."]
    drawn = draws()
    said = Counter(FeedbackGiver().feedback(tokens, 7, drawn) for _ in range(3000))
    assert 0.2 < said["forty dollars"] / 3000 < 0.3
    assert 0 < said["did you"] + said["oh, did you"] < 120
