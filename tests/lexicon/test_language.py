"""English is told from other languages by its function words."""

import doctest
import json
import re
from pathlib import Path

import pytest

from interactspeech.lexicon import language
from interactspeech.lexicon.language import LEAST_SHARE, function_word_share, not_english

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


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(language).failed == 0


@pytest.mark.parametrize("name", SENTENCES)
def test_other_languages_are_named_with_their_numbers(name: str) -> None:
    note = not_english(SENTENCES[name].split())
    assert re.match(r"\d+% of \d+ words", note)


def test_english_and_short_texts_are_let_pass() -> None:
    english = "well I think that we should go there in the morning because it is nice and cool " * 3
    assert not not_english(english.split())
    assert not not_english(["ja", "nee", "hoor"])


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
