"""Places of backchannels in a turn (their words: `feedback_words`).

Places follow what is known of them (Ward & Tsukahara 2000; framework.md section 6): after at least
a second of talk, at the end of a clause, while the speaker goes on; never after a question, which
needs an answer, and seldom in one.
"""

from __future__ import annotations

from interactspeech.lexicon.token_cache import by_token
from interactspeech.lexicon.word_classes import word_class
from interactspeech.lexicon.words import CONJUNCTIONS, DETERMINERS, bare, openness, words

#: Words of the turn before a backchannel (about a second of speech), and after it.
BEFORE, AFTER = 3, 2
#: Words between two backchannels: 0.5 s of own silence on either side and the word itself.
MIN_DISTANCE = 6
#: Words of a clause that a listener has heard before saying anything in the middle of it.
_HEARD = 4

_STARTERS = words("but because so which although though")
_CLAUSE_STARTERS = _STARTERS | {"and"}
_SUBJECTS = words("i we you he she it they then i'm we're he's she's it's they're i've")

_HESITANT = CONJUNCTIONS | DETERMINERS | {"um", "uh", "to"}


def backchannel_places(tokens: list[str], end: int) -> list[tuple[int, float]]:
    """Token indices before which a backchannel may be placed, with weights.

    Args:
        tokens: of the turn.
        end: tokens that are said (the place of a cut, or all).
    """
    found: list[tuple[int, float]] = []
    since = 0  # where the clause began
    kinds = list(map(_kind, tokens[: end - AFTER + 1]))
    asks = _in_question(tokens) if any(token[-1] == "?" for token in tokens) else None
    before = kinds[0] if kinds else 0
    for index, kind in enumerate(kinds[1:], 1):
        last, before = before, kind
        if not last & _MARKED:
            # Inside a clause: before few words only.
            clause = last & _CONTENT and kind & _FUNCTION
            if not (clause or kind & _STARTS) or index < BEFORE or index - since < 2:
                continue
            if asks is not None and asks[index]:
                # A question wants an answer; only in a long one may a listener nod before its end.
                if clause and index - since >= _HEARD:
                    found.append((index, 0.06))
            elif kind & _STARTS and index > BEFORE and _begins_clause(tokens, index):
                # A clause that begins without a comma: weaker, and only after a stretch of talk.
                found.append((index, 0.5))
            elif clause and index - since >= _HEARD:
                # 45 % of people's begin while the other talks: after a content word, in a clause.
                found.append((index, 0.12))
            continue
        mark = tokens[index - 1][-1]
        long = index - since >= 2
        if not mark.isalnum():
            since = index
        if index < BEFORE or not long or (asks is not None and asks[index]):
            continue
        if mark == ".":
            if tokens[index - 1][-3:] != "...":
                found.append((index, 1.5))
        elif mark in "!;" or (mark == "," and _ends_clause(tokens, index)):
            found.append((index, 1.0))
    return found


#: What a place before or after a token depends on, for `_kind`.
_MARKED, _CONTENT, _FUNCTION, _STARTS = 1, 2, 4, 8


@by_token
def _kind(token: str) -> int:
    """Whether a token ends in no letter, is a content word or a light one, and may begin a clause
    inside a sentence: the sum of those that hold.
    """
    said = word_class(token)
    return (
        _MARKED * (not token[-1].isalpha())
        + _CONTENT * (said == "content word")
        + _FUNCTION * (said == "other function word")
        + _STARTS * (token in _CLAUSE_STARTERS)
    )


def _ends_clause(tokens: list[str], index: int) -> bool:
    """Whether the comma before the token is one of grammar, not of hesitation or of a list."""
    before = bare(tokens[index - 1])
    return (
        tokens[index][-1] not in ",.?!"
        and before not in _HESITANT
        and before != bare(tokens[index])
    )


def _begins_clause(tokens: list[str], index: int) -> bool:
    word = tokens[index]
    if word not in _STARTERS and not (word == "and" and tokens[index + 1].lower() in _SUBJECTS):
        return False
    return not openness(tokens[index - 1])


def _in_question(tokens: list[str]) -> list[bool]:
    """For each token, whether its sentence is a question."""
    asks = [False] * len(tokens)
    question = False
    for index in range(len(tokens) - 1, -1, -1):
        mark = tokens[index][-1]
        if mark in ".?!":
            question = mark == "?"
        asks[index] = question
    return asks
