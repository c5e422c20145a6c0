"""Classes of words before pauses."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.lexicon.word_classes import WORD_CLASSES, WordClass, ends_sentence, word_class

CLASSES = {
    "filled pause": "um uh erm er",
    "conjunction": "and but or so because if when while",
    "discourse word": "well oh yeah no okay right mm-hm anyway",
    "other function word": "the a of to we they is was very I'm",
    "content word": "harbour Monday walked thought seven",
    "fragment": "harb- th- I-",
}


@pytest.mark.parametrize(
    ("word", "kind"), [(word, kind) for kind, row in CLASSES.items() for word in row.split()]
)
def test_words_have_the_class_of_their_list(word, kind):
    assert word_class(word) == kind


@given(
    st.sampled_from([word for row in CLASSES.values() for word in row.split()]),
    st.sampled_from(["", ",", ".", "?", "!", ";", ":", '"', "'", ")", '."', "?')"]),
    st.booleans(),
)
def test_case_and_the_marks_after_a_word_do_not_matter(word, marks, capital):
    written = word.capitalize() if capital else word
    assert word_class(written + marks) == word_class(word)


def test_a_dash_inside_a_word_is_no_fragment():
    assert word_class("mm-hm,") == "discourse word"
    assert word_class("well-known") == "content word"


def test_the_classes_of_the_type_are_those_of_the_tuple():
    assert set(get_args(WordClass)) == set(WORD_CLASSES) == set(CLASSES)


@pytest.mark.parametrize("mark", [".", "?", "!", "…", '."', "?'", "!)"])
def test_a_final_mark_ends_a_sentence_inside_quotes_too(mark):
    assert ends_sentence(f"harbour{mark}")


@pytest.mark.parametrize(
    "token", ["harbour", "harbour,", "harbour;", "harb-", "3.5", "", '"', "e.g.,"]
)
def test_nothing_else_does(token):
    assert not ends_sentence(token)
