"""Classes of words by what a pause after them means: "the ..." goes on, "... yesterday" may not.

The classes are those in which people's pauses were counted (1,155 Switchboard calls; see
`interactspeech.turntaking.timing.pause_places`). English only.
"""

from __future__ import annotations

from typing import Literal

from interactspeech.lexicon.feedback import FILLERS
from interactspeech.lexicon.token_cache import by_token
from interactspeech.lexicon.words import FUNCTION_WORDS, bare, words

WordClass = Literal[
    "content word",
    "other function word",
    "conjunction",
    "filled pause",
    "discourse word",
    "fragment",
]
WORD_CLASSES: tuple[WordClass, ...] = (
    "content word",
    "other function word",
    "conjunction",
    "filled pause",
    "discourse word",
    "fragment",
)

_CLOSING = (".", "?", "!", "…")
_CONJUNCTIONS = words(
    "and but or so because 'cause if when while though although since until unless whereas"
)
_DISCOURSE = words(
    """
    well oh yeah yes yep no nope okay ok right alright sure hey hi hello wow gee gosh mm-hm uh-huh
    hm hmm mhm anyway actually basically thanks please bye goodbye sorry
    """
)


def _word_class(token: str) -> WordClass:
    """The class of a token as scripts and transcripts write it; punctuation does not matter.

    >>> word_class("um,"), word_class("And"), word_class("the"), word_class("harbour.")
    ('filled pause', 'conjunction', 'other function word', 'content word')
    >>> word_class("harb-")
    'fragment'
    """
    if token.rstrip(".,;:?!\"')").endswith("-"):
        return "fragment"
    word = bare(token)
    if word in FILLERS:
        return "filled pause"
    if word in _CONJUNCTIONS:
        return "conjunction"
    if word in _DISCOURSE:
        return "discourse word"
    if word in FUNCTION_WORDS:
        return "other function word"
    return "content word"


word_class = by_token(_word_class)


def _ends_sentence(token: str) -> bool:
    """Whether a token closes a sentence by its punctuation: a new act of speech begins after it.

    >>> ends_sentence("harbour."), ends_sentence("harbour,"), ends_sentence('harbour?"')
    (True, False, True)
    """
    return token.rstrip("\"')").endswith(_CLOSING)


ends_sentence = by_token(_ends_sentence)
