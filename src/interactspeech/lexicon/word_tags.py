"""What a content word usually is: adjective, verb, past, adverb, or noun.

Four lists, of words as hibari's tagger found them in meetings of AMI and ICSI (CC BY 4.0,
`bench/fit_word_tags.py`); a content word in none of them is taken for a noun unless its ending says
otherwise. No context is seen: of the words of other meetings six in seven are what this says. What
is now a verb and now a noun ("train") is a noun. English only.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from interactspeech.lexicon.token_cache import by_token
from interactspeech.lexicon.words import FUNCTION_WORDS, bare, words

WordTag = Literal["adjective", "verb", "past", "adverb", "noun", "function word"]
_TAGS: tuple[WordTag, ...] = ("adjective", "verb", "past", "adverb")
_IRREGULAR = words(
    """
    went ate drank drove flew wrote sang swam ran won wore tore threw fell sat stood slept lent sent
    built caught taught fought woke chose froze stole shook hung rang drew grew blew bit hid rode
    rose spoke lost paid met kept felt
    """
)
_ADJECTIVE_ENDINGS = ("ful", "ous", "able", "ible", "ive", "less", "ish")
#: Nouns of more than one without an "s", and nouns of one with it.
_PLURALS = frozenset(("people", "children", "kids", "men", "women", "feet", "teeth", "police"))
_SINGULARS = words(
    """
    news gas lens process address class dress glass mess business stress access christmas series
    illness mattress physics mathematics economics
    """
)


def _word_tag(token: str) -> WordTag:
    """The usual tag of a token, by its word alone.

    >>> [word_tag(word) for word in "the expensive hotels belonged, quickly".split()]
    ['function word', 'adjective', 'noun', 'past', 'adverb']
    """
    word = bare(token)
    if word in FUNCTION_WORDS:
        return "function word"
    listed = _tags().get(word)
    if listed is not None:
        return listed
    if word.endswith(_ADJECTIVE_ENDINGS):
        return "adjective"
    if word.endswith("ly"):
        return "adverb"
    if word.endswith("ed") and len(word) > 4:
        return "past"
    return "noun"


word_tag = by_token(_word_tag)


def _is_plural(noun: str) -> bool:
    """Whether a noun is of more than one, by its form.

    >>> is_plural("tickets"), is_plural("bus"), is_plural("children")
    (True, False, True)
    """
    word = bare(noun)
    if word in _PLURALS:
        return True
    return (
        word.endswith("s")
        and not word.endswith(("ss", "'s", "us", "is"))
        and (word not in _SINGULARS)
    )


is_plural = by_token(_is_plural)


@cache
def _tags() -> dict[str, WordTag]:
    data = resources.files("interactspeech.lexicon").joinpath("data", "word_tags-1.json")
    table = msgspec.json.decode(data.read_bytes(), type=dict[str, str])
    listed: dict[str, WordTag] = {word: tag for tag in _TAGS for word in table[tag].split()}
    return {**listed, **dict.fromkeys(_IRREGULAR, "past")}
