"""Places of backchannels in a turn (their words: `feedback_words`).

Places follow what is known of them (Ward & Tsukahara 2000; framework.md section 6): after at least
a second of talk, at the end of a clause, while the speaker goes on; never after a question, which
needs an answer, and seldom in one.
"""

from __future__ import annotations

from interactspeech.lexicon.word_classes import word_class
from interactspeech.lexicon.words import CONJUNCTIONS, DETERMINERS, bare, openness, words

#: Words of the turn before a backchannel (about a second of speech), and after it.
BEFORE, AFTER = 3, 2
#: Words between two backchannels: 0.5 s of own silence on either side and the word itself.
MIN_DISTANCE = 6
#: Words of a clause that a listener has heard before saying anything in the middle of it.
_HEARD = 4

_STARTERS = words("but because so which although though")
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
    marks = [token[-1] for token in tokens]
    asks = _in_question(tokens) if "?" in marks else None
    for index in range(1, end - AFTER + 1):
        mark = marks[index - 1]
        long = index - since >= 2
        inside = mark.isalpha()
        if not inside and not mark.isalnum():
            since = index
        if index < BEFORE or not long:
            continue
        if asks is not None and asks[index]:
            # A question wants an answer; only in a long one may a listener nod before it is out.
            if inside and index - since >= _HEARD and _inside_clause(tokens, index):
                found.append((index, 0.06))
            continue
        if inside:
            word = tokens[index]
            starts = word in _STARTERS or word == "and"
            if starts and index > BEFORE and _begins_clause(tokens, index):
                # A clause that begins without a comma: weaker, and only after a stretch of talk.
                found.append((index, 0.5))
            elif (
                index - since >= _HEARD
                and word_class(word) == "other function word"
                and word_class(tokens[index - 1]) == "content word"
            ):
                # 45 % of people's begin while the other talks: after a content word, in a clause.
                found.append((index, 0.12))
        elif mark == ".":
            if tokens[index - 1][-3:] != "...":
                found.append((index, 1.5))
        elif mark in "!;" or (mark == "," and _ends_clause(tokens, index)):
            found.append((index, 1.0))
    return found


def _inside_clause(tokens: list[str], index: int) -> bool:
    """Whether a listener who has heard some words of the clause has just heard a new one."""
    return (
        word_class(tokens[index - 1]) == "content word"
        and word_class(tokens[index]) == "other function word"
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
