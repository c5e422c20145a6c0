"""How long text takes to say, from its spelling alone: what a writer knows before a voice speaks.

Events a minute become events of a script by it. English only; a few per cent right for a dialogue,
and a third for one word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interactspeech.lexicon.token_cache import by_token

#: Seconds of a word, of each letter of it, more for a word of one or two letters, and more for the
#: last word of a phrase: least squares over 3,224 words of three text corpora as hibari's 17 voices
#: speak them (standard error of one word .08 s; Kokoro is as fast).
_WORD, _LETTER, _SHORT, _LAST = -0.007, 0.0563, 0.041, 0.167
_MARKS = frozenset(".?!,;:")
_LEAST = 0.06
#: Seconds of a conversation for each second of talk in it: pauses, gaps and words that are drawn
#: out, as people's timing brings them (608 planned dialogues; standard error of one 10 %).
_FOR_TALK = 1.47


def speaking_seconds(tokens: Iterable[str]) -> float:
    """Seconds of talk, silences left out.

    >>> round(speaking_seconds("We take the early train.".split()), 1)
    1.2
    """
    return sum(map(word_seconds, tokens))


def _word_seconds(token: str) -> float:
    """Seconds of one word in running speech; a mark after it says that it ends a phrase."""
    letters = sum(character.isalnum() for character in token)
    seconds = _WORD + _LETTER * letters + _SHORT * (letters <= 2) + _LAST * (token[-1:] in _MARKS)
    return max(seconds, _LEAST)


word_seconds = by_token(_word_seconds)


def conversation_minutes(turns: Sequence[Sequence[str]]) -> float:
    """Minutes that a conversation of these turns will last with people's pauses and gaps.

    Args:
        turns: the tokens of each turn.
    """
    return _FOR_TALK * sum(map(speaking_seconds, turns)) / 60
