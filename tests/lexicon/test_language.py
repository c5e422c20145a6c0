"""English is told from other languages by its function words."""

import doctest
import json
import re
from pathlib import Path

import pytest

from interactspeech.errors import UsageError
from interactspeech.lexicon import language
from interactspeech.lexicon.language import (
    LEAST_SHARE,
    LanguageCheck,
    base_language,
    function_word_share,
)

SENTENCES = {
    "nl": "ja nee ik weet het niet maar we gaan morgen naar de markt en dan zien we wel wat er is "
    "dat is goed hoor ik vind het ook wel leuk om daar te zijn met jou en de kinderen",
    "de": "ja nein ich weiß es nicht aber wir gehen morgen auf den markt und dann sehen wir was es "
    "gibt das ist gut ich finde es auch schön dort zu sein mit dir und den kindern",
    "fr": "oui non je ne sais pas mais on va au marché demain et puis on verra ce qu'il y a c'est "
    "bien moi aussi j'aime être là avec toi et les enfants parce que ça faisait longtemps",
    "es": "sí no yo no lo sé pero vamos al mercado mañana y luego veremos lo que hay está bien a "
    "mí también me gusta estar allí contigo y con los niños porque hacía tanto tiempo",
}

ENGLISH = "well I think that we should go there in the morning because it is nice and cool " * 3


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(language).failed == 0


def said_of(*conversations: str, language: str = "en") -> str:
    check = LanguageCheck(language)
    for text in conversations:
        check.add(text.split())
    return check.message()


@pytest.mark.parametrize("name", SENTENCES)
def test_other_languages_are_named_with_their_numbers(name: str) -> None:
    message = said_of(ENGLISH, SENTENCES[name], ENGLISH)
    assert re.match(r"1 of 3 conversation\(s\) with words: \d+% of \d+ words", message)
    assert "--lexicon" in message
    assert not said_of(SENTENCES[name], language=name)


@pytest.mark.parametrize("name", SENTENCES)
def test_english_words_are_not_those_of_another_language(name: str) -> None:
    assert "leave out --language" in said_of(ENGLISH, language=name)


def test_english_and_short_texts_are_let_pass() -> None:
    assert not said_of(ENGLISH)
    assert not said_of("ja nee hoor")
    assert not said_of("", "1 2 3 4", "?")


def test_short_conversations_are_judged_together() -> None:
    words = SENTENCES["nl"].split()
    parts = [" ".join(words[at : at + 5]) for at in range(0, len(words), 5)]
    assert said_of(*parts).startswith(f"{len(parts)} of {len(parts)} conversation")


@pytest.mark.parametrize("tag", ["en", "EN-gb", "pt-BR", "nl_NL", "yue"])
def test_tags_of_languages(tag: str) -> None:
    assert base_language(tag) == re.split("[-_]", tag)[0].lower()


@pytest.mark.parametrize("tag", ["", "english", "e", "en-", "../en", "en US"])
def test_what_is_no_tag(tag: str) -> None:
    with pytest.raises(UsageError):
        base_language(tag)


def test_no_dialogue_of_an_english_corpus_is_near_the_threshold(shared_data: Path) -> None:
    path = shared_data / "text" / "dialogsum" / "dialogsum.dev.jsonl"
    if not path.is_file():
        pytest.skip("the corpus is not here")
    lines = path.read_text("utf-8").splitlines()
    shares = [
        function_word_share(re.sub(r"#\w+#:?", " ", json.loads(line)["dialogue"]).split())[0]
        for line in lines
    ]
    assert min(shares) > 1.3 * LEAST_SHARE
