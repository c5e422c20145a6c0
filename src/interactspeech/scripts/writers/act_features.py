"""Features of a place in a turn: what was said, for a listener who may act there.

Only words count, as a script has them: no pause, no pitch. Word lists are small and English.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from interactspeech.lexicon.word_classes import word_class
from interactspeech.lexicon.words import FUNCTION_WORDS, PRONOUNS, bare, words
from interactspeech.scripts.writers.response_rules import in_joke, is_command

_STARTERS = words("and but so because which or then although though 'cause")
_ADDITIONS = words("and")
_TURNS = words("but though although")
_GOOD = words(
    """
    good great nice fine cool wonderful amazing fantastic beautiful delicious excellent perfect
    lovely happy glad fun love loved best better easy won passed finally
    """
)
_BAD = words(
    """
    bad wrong hard difficult problem problems broke broken lost died dead sick hurt terrible awful
    horrible worse worst failed crash crashed crashes stuck unfortunately annoying expensive trouble
    error errors mess weird strange sorry hate
    """
)
_SURPRISING = words(
    "actually suddenly only never amazing huge hundreds thousands million ten twenty whole even"
)
_NUMBERS = words(
    """
    one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred
    thousand million percent o'clock first second third
    """
)
_NEGATIONS = words(
    "not no never don't doesn't didn't isn't wasn't won't can't couldn't wouldn't nothing none"
)
_PAST = words("was were had did went said got came took made thought told found saw gave")
_DUTY = words("should must need needs have got please let's let make sure try gonna will")
_HEDGES = words("maybe probably perhaps think guess suppose like sorta kinda kind sort mean")
_FIRST, _SECOND = (
    words("i we i'm we're i've we've i'd we'd my our me us"),
    words("you you're your you've you'd yours"),
)
_ASKING = words("what where when who which how why do does did is are can could would will")
_VAGUE = (
    ("you", "know"), ("i", "mean"), ("or", "something"), ("and", "stuff"), ("or", "whatever"),
    ("and", "everything"), ("like", "that"), ("so", "on"),
)  # fmt: skip
_FILLERS = words("um uh er erm hmm mm")
_AGREEING = words("yeah yes right okay ok exactly sure yep")
_LAST_WORDS = (
    "know", "right", "okay", "it", "that", "this", "there", "so", "yeah", "uh", "um", "mean",
    "them", "well", "like", "now", "then", "one", "here", "time", "too", "stuff", "thing", "things",
    "not",
)  # fmt: skip

#: Words since the clause before, told apart up to this many.
_SINCE = 7
_WORD_CLASSES = (
    "content word", "other function word", "conjunction", "discourse word", "filled pause",
    "fragment",
)  # fmt: skip
#: Names of the features of the clause that ended last, in their order.
CLAUSE_FEATURES: tuple[str, ...] = (
    "comma", "period", "question", "exclamation", "unmarked",
    "clause-1", "clause-2", "clause-3-5", "clause-6-9", "clause-10-15", "clause-16",
    "log-clause", "turn-first-clause", "log-turn", "turn-under-6", "turn-6-12", "turn-13-25",
    "turn-26-60", "turn-over-60", "clauses-before",
    "last-content", "last-function", "last-filler", "last-discourse", "last-pronoun",
    "last-vague", "next-and", "next-but", "next-starter", "next-filler", "next-first-person",
    "content-words", "new-content", "new-share", "numbers", "good", "bad", "surprising", "negation",
    "past", "duty", "hedges", "first-person", "second-person", "asks", "command", "joke", "list",
    "fillers", "agreement-first", "clause-repeats", "open-end",
    *(f"last={word}" for word in _LAST_WORDS),
)  # fmt: skip

#: Names of the features of a place: those of the clause that ended last, then where it stands.
FEATURES: tuple[str, ...] = (
    *CLAUSE_FEATURES, "no-clause", *(f"since-{n}" for n in range(_SINCE)), "since-more",
    *(f"word={name}" for name in _WORD_CLASSES), "log-since",
)  # fmt: skip


def clause_boundaries(tokens: Sequence[str], end: int | None = None) -> list[int]:
    """Tokens before which a clause ends while the speaker goes on.

    A clause ends after a mark of punctuation, and before "and", "but", "so", "because" and such
    words after four words or more.

    >>> clause_boundaries("We went home, and then it rained because it had to.".split())
    [3, 7]
    """
    end = len(tokens) if end is None else end
    found: list[int] = []
    since = 0
    for index in range(1, end):
        mark = tokens[index - 1][-1]
        marked = not mark.isalnum() and mark not in "'\"-"
        if marked or (bare(tokens[index]) in _STARTERS and index - since >= 4):
            found.append(index)
            since = index
    return found


def boundary_features(tokens: Sequence[str], boundaries: Sequence[int]) -> list[list[float]]:
    """A row of `CLAUSE_FEATURES` for each boundary of a turn.

    Args:
        tokens: of the turn.
        boundaries: tokens before which clauses end, in order (`clause_boundaries`).
    """
    plain = [bare(token) for token in tokens]
    rows: list[list[float]] = []
    known: set[str] = set()
    start = 0
    for number, index in enumerate(boundaries):
        said = plain[start:index]
        rows.append(_row(tokens, plain, said, known, start, index, number))
        known.update(said)
        start = index
    return rows


def place_features(tokens: Sequence[str], places: Sequence[int]) -> list[list[float]]:
    """A row of `FEATURES` for each place of a turn.

    Args:
        tokens: of the turn.
        places: tokens before which a listener may act, from 1, in order.
    """
    boundaries = clause_boundaries(tokens)
    clauses = boundary_features(tokens, boundaries)
    none = [0.0] * len(CLAUSE_FEATURES)
    found: list[list[float]] = []
    last = -1
    for place in places:
        while last + 1 < len(boundaries) and boundaries[last + 1] <= place:
            last += 1
        since = place - boundaries[last] if last >= 0 else place
        kind = word_class(tokens[place - 1])
        found.append(
            [
                *(clauses[last] if last >= 0 else none),
                float(last < 0),
                *(float(since == n) for n in range(_SINCE)),
                float(since >= _SINCE),
                *(float(kind == name) for name in _WORD_CLASSES),
                math.log1p(since),
            ]
        )
    return found


def _row(
    tokens: Sequence[str],
    plain: Sequence[str],
    said: Sequence[str],
    known: set[str],
    start: int,
    index: int,
    number: int,
) -> list[float]:
    mark = tokens[index - 1][-1]
    last = plain[index - 1]
    following = plain[index] if index < len(plain) else ""
    count = len(said)
    content = [word for word in said if word and word not in FUNCTION_WORDS]
    new = [word for word in content if word not in known]
    kind = word_class(tokens[index - 1])
    pair = tuple(plain[max(0, index - 2) : index])
    asks = mark == "?" or (bool(said) and said[0] in _ASKING)

    def any_of(listed: frozenset[str]) -> float:
        return float(not listed.isdisjoint(said))

    values = [
        mark == ",", mark in ".;:", mark == "?", mark == "!", mark.isalnum(),
        count <= 1, count == 2, 3 <= count <= 5, 6 <= count <= 9, 10 <= count <= 15, count > 15,
        math.log1p(count), number == 0, math.log1p(index), index < 6, 6 <= index <= 12,
        13 <= index <= 25, 26 <= index <= 60, index > 60, math.log1p(number),
        kind == "content word", kind == "other function word", last in _FILLERS,
        kind == "discourse word", last in PRONOUNS, pair in _VAGUE, following in _ADDITIONS,
        following in _TURNS, following in _STARTERS, following in _FILLERS, following in _FIRST,
        math.log1p(len(content)), math.log1p(len(new)), len(new) / max(1, count), any_of(_NUMBERS),
        any_of(_GOOD), any_of(_BAD), any_of(_SURPRISING), any_of(_NEGATIONS), any_of(_PAST),
        any_of(_DUTY), any_of(_HEDGES), any_of(_FIRST), any_of(_SECOND), asks,
        is_command(said), in_joke(tokens, index), said.count("and") >= 2 or mark == ",",
        len(_FILLERS.intersection(said)), bool(said) and said[0] in _AGREEING,
        count != len(set(said)), kind == "conjunction",
        *(last == word for word in _LAST_WORDS),
    ]  # fmt: skip
    del start
    return [float(value) for value in values]
