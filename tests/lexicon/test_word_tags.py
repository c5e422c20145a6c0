"""What words usually are."""

import pytest

from interactspeech.lexicon.word_tags import is_plural, word_tag


@pytest.mark.parametrize(
    ("tag", "listed"),
    [
        ("noun", "train hotel book ticket look"),
        ("adjective", "expensive slow lovely careful wonderful"),
        ("past", "went lost told belonged"),
        ("verb", "decide belong"),
        ("adverb", "quickly"),
        ("function word", "the and because"),
    ],
)
def test_words_have_their_usual_tag(tag, listed):
    for word in listed.split():
        assert word_tag(f"{word.capitalize()},") == tag, word


@pytest.mark.parametrize("word", ["tickets", "children", "people"])
def test_plurals(word):
    assert is_plural(word)


@pytest.mark.parametrize("word", ["bus", "glass", "news", "train", "tennis"])
def test_singulars_that_end_alike(word):
    assert not is_plural(word)
