"""Backchannels: places in a turn and the words that fit what was just said.

Places follow what is known of them (Ward & Tsukahara 2000; framework.md section 6): after at least
a second of talk, at the end of a clause, while the speaker goes on; never after a question, which
needs an answer, and seldom in one. Words follow how often people say them on Switchboard
(framework.md section 6), narrowed to what fits.
"""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate

from interactspeech.lexicon.word_classes import word_class
from interactspeech.lexicon.words import CONJUNCTIONS, DETERMINERS, bare, openness, words
from interactspeech.scripts.writers.draws import Draws

#: Words of the turn before a backchannel (about a second of speech), and after it.
BEFORE, AFTER = 3, 2
#: Words between two backchannels: 0.5 s of own silence on either side and the word itself.
MIN_DISTANCE = 6
#: Words of a clause that a listener has heard before saying anything in the middle of it.
_HEARD = 4

_STARTERS = words("but because so which although though")
_SUBJECTS = words("i we you he she it they then i'm we're he's she's it's they're i've")

_BAD_NEWS = words(
    """
    died dead dies ill sick hurt broke broken lost stolen crashed fire burned burnt accident
    terrible awful horrible worse worst failed fired cancelled missed stuck pain
    divorce afraid unfortunately flood crying cried attacked robbed leaking
    """
)
_GOOD_NEWS = words(
    """
    won passed wedding married engaged baby promoted promotion wonderful amazing fantastic
    beautiful delicious excellent perfect lovely finally offered holiday
    """
)
_SURPRISING = words(
    "suddenly hundreds thousands million entire guess apparently double huge enormous"
)
_ORDERS = words(
    """
    please need press put take turn make sure click open send go fill bring keep leave wait
    add stir first second third next dollars pounds percent o'clock pm am number
    """
)

#: What is said -> share (Switchboard's counts of framework.md, spelled as voices can read them).
_CONTINUER = {
    "yeah": 24,
    "uh-huh": 19,
    "mm-hm": 18,
    "right": 8,
    "okay": 1.6,
    "yes": 1.1,
    "sure": 0.9,
    "oh yeah": 1.4,
    "oh okay": 0.9,
    "I see": 0.8,
}
_INSTRUCTED = {"okay": 10, "right": 6, "mm-hm": 8, "uh-huh": 6, "yeah": 6, "yes": 2, "sure": 3}
_SURPRISED = {
    "oh": 5,
    "really": 3,
    "oh really": 4,
    "wow": 3,
    "huh": 2,
    "oh wow": 2,
    "yeah": 4,
    "uh-huh": 4,
    "mm-hm": 3,
}
_SORRY = {"oh": 4, "oh no": 6, "oh dear": 1, "mm": 2, "mm-hm": 2, "uh-huh": 1}
_GLAD = {"oh": 3, "oh nice": 3, "oh wow": 2, "nice": 2, "great": 2, "yeah": 4, "mm-hm": 2}
_TABLES = {
    name: (list(table), list(accumulate(table.values())))
    for name, table in (
        ("continuer", _CONTINUER),
        ("instructed", _INSTRUCTED),
        ("surprised", _SURPRISED),
        ("sorry", _SORRY),
        ("glad", _GLAD),
    )
}
#: Names of the tables.
WORD_TABLES = tuple(_TABLES)


_HESITANT = CONJUNCTIONS | DETERMINERS | {"um", "uh", "to"}


def backchannel_places(tokens: list[str], end: int) -> list[tuple[int, float]]:
    """Token indices before which a backchannel may be placed, with weights.

    Args:
        tokens: of the turn.
        end: tokens that are said (the place of a cut, or all).
    """
    found: list[tuple[int, float]] = []
    since = 0  # where the clause began
    asks = _in_question(tokens)
    for index in range(1, end - AFTER + 1):
        mark = tokens[index - 1][-1]
        long = index - since >= 2
        inside = mark.isalpha()
        if not inside and not mark.isalnum():
            since = index
        if index < BEFORE or not long:
            continue
        if asks[index]:
            # A question wants an answer; only in a long one may a listener nod before it is out.
            if inside and index - since >= _HEARD and _inside_clause(tokens, index):
                found.append((index, 0.06))
            continue
        if inside:
            if index > BEFORE and _begins_clause(tokens, index):
                # A clause that begins without a comma: weaker, and only after a stretch of talk.
                found.append((index, 0.5))
            elif index - since >= _HEARD and _inside_clause(tokens, index):
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


#: Share of the continuers that can be a listener's habit: the four most common.
_HABITUAL = sum(list(_CONTINUER.values())[:4]) / sum(_CONTINUER.values())


def backchannel_text(
    tokens: list[str], index: int, draws: Draws, habit: float, last: str, kind: str = ""
) -> str:
    """What the listener says before token `index`.

    Args:
        tokens: of the speaker's turn.
        index: place in it.
        draws: randomness.
        habit: in [0, 1), the listener's own; people stick to one or two words.
        last: what this listener said the last time.
        kind: table of words to draw from, a name of `WORD_TABLES`; by the words of the sentence
            where it is "".
    """
    kind = kind or _content_kind(tokens, index)
    names, totals = _TABLES[kind]
    for _ in range(4):
        # Half of the time the listener's own habit decides.
        level = draws.uniform()
        if kind == "continuer" and draws.chance(0.5):
            level = habit * _HABITUAL
        said = names[bisect(totals, level * totals[-1])]
        if said != last or (kind == "continuer" and draws.chance(0.35)):
            return said
    return said


def _content_kind(tokens: list[str], index: int) -> str:
    """Which table fits the sentence so far; good and bad news only without negation."""
    start = index - 1
    while start > 0 and tokens[start - 1][-1] not in ".?!":
        start -= 1
    said = {bare(token) for token in tokens[start:index]}
    if said & _AGAINST:
        return "continuer"
    if said & _BAD_NEWS:
        return "sorry"
    if said & _ORDERS:
        return "instructed"
    if said & _GOOD_NEWS:
        return "glad"
    if said & _SURPRISING or tokens[index - 1].endswith("!"):
        return "surprised"
    return "continuer"


_AGAINST = words(
    "not no don't doesn't didn't isn't wasn't won't can't couldn't wouldn't if would could"
)
