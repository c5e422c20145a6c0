"""Hesitations: "um", a word said twice, a restart, a fragment. Written dialogue has none.

People say "uh" or "um" 2.9 times in 100 words (1,155 Switchboard calls), at the beginnings of
sentences, after conjunctions and function words, and before words that are hard to find. They
repeat a word about once in 100 words, and start a phrase anew or leave a word unfinished less often
(Shriberg 1994, tables for Switchboard). Pauses beside these are the timing model's: people fall
silent after 40 % of their filled pauses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from interactspeech.lexicon.word_classes import ends_sentence, word_class
from interactspeech.lexicon.words import FUNCTION_WORDS, bare, words
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.phrases import lower_initial

#: Words that people say twice: short ones that begin a phrase.
_TWICE = words("i we it's the and he she they that's you my to in a but if so what there's i'm")
#: Phrases that people begin anew ("I was, I was thinking").
_PRONOUNS = words("i we he she they you it")
_VERBS = words(
    "was am are is were have had can could would should think thought want need don't will"
)
_NOT_FIRST = words(
    """
    hi hello hey thanks thank bye goodbye good um uh er oh well so no yes yeah okay ok please
    sure right hmm mm ah sorry wow great welcome congratulations
    """
)
#: Words with which a sentence begins that may follow "And": it states something.
_STATES = words(
    """
    I I'm I've I'd I'll We We're We've We'll He She He's She's They They're It It's That That's This
    There There's The My Our His Her Their A Some Most All Then Maybe
    """
)
#: Weights of places for a filled pause: before the first word of a sentence, after a conjunction,
#: after another function word, before a content word. Our choice: no counts of them were at hand.
_FIRST, _CONJUNCTION, _FUNCTION, _CONTENT = 4.0, 5.0, 1.0, 0.5
#: Words between two hesitations, and between one and the end of a sentence.
_APART, _CLEAR = 4, 2
_SHORTEST = 5


def add_hesitations(
    tokens: list[str],
    fillers: float,
    repeats: float,
    draws: Draws,
    *,
    restarts: float = 0.0,
    fragments: float = 0.0,
    connectives: float = 0.0,
) -> list[str]:
    """Tokens with hesitations.

    Args:
        tokens: of a turn.
        fillers: expected filled pauses for each word.
        repeats: expected repetitions of one word for each word.
        draws: randomness.
        restarts: expected repetitions of two words for each word.
        fragments: expected words that are begun, left, and said whole, for each word.
        connectives: share of the sentences after the first, of those that state something, that
            begin with "And" or "So".
    """
    count = len(tokens)
    if count < _SHORTEST:
        return tokens
    out: list[tuple[str, bool]] = _connected(tokens, connectives, draws)
    # From the rarest to the commonest, as the rare ones find fewer places.
    for _ in range(draws.poisson(fragments * count)):
        _insert(out, draws, _fragment_places(out), _fragment)
    for _ in range(draws.poisson(restarts * count)):
        _insert(out, draws, _restart_places(out), _restart)
    for _ in range(draws.poisson(repeats * count)):
        _insert(out, draws, _repeat_places(out), _repeat)
    for _ in range(draws.poisson(fillers * count)):
        filler = "um" if draws.chance(0.55) else "uh"
        places = _filler_places(out)
        if places:
            at = _choose(places, draws)
            opens = at == 0 or ends_sentence(out[at - 1][0])
            out[at:] = _fill(filler, out[at:], opens=opens)
    return [token for token, _ in out]


#: A token, and whether a hesitation put it there.
_Token = tuple[str, bool]


def _connected(tokens: list[str], share: float, draws: Draws) -> list[_Token]:
    """Sentences that go on from the one before say so, as people do in speech."""
    out: list[_Token] = [(token, False) for token in tokens]
    added = 0
    for at in range(1, len(tokens)):
        token = tokens[at]
        if token in _STATES and goes_on(tokens[at - 1], token) and draws.chance(share):
            first = "So" if draws.chance(0.2) else "And"
            here = at + added
            out[here : here + 1] = [(first, True), (lower_initial(token), False)]
            added += 1
    return out


def goes_on(before: str, token: str) -> bool:
    """Whether "And" may stand between two sentences of one speaker: two that state something.

    Args:
        before: last token of the sentence before.
        token: first token of the next.

    >>> goes_on("Monday.", "It"), goes_on("Monday?", "It"), goes_on("Monday.", "What")
    (True, False, False)
    """
    return before[-1] == "." and token in _STATES


def _insert(
    out: list[_Token],
    draws: Draws,
    places: dict[int, float],
    change: Callable[[list[_Token]], list[_Token]],
) -> None:
    if not places:
        return
    at = _choose(places, draws)
    out[at:] = change(out[at:])


def _choose(places: dict[int, float], draws: Draws) -> int:
    indices = list(places)
    return indices[draws.weighted([places[index] for index in indices])]


def _free(out: list[_Token]) -> list[bool]:
    """For each token, whether a hesitation before it stands apart from others and from a sentence's
    end.
    """
    count = len(out)
    free = [True] * count
    for at, (token, added) in enumerate(out):
        if added:
            for near in range(max(0, at - _APART + 1), min(at + _APART + 1, count)):
                free[near] = False
        if _closes(token):
            for near in range(max(0, at - _CLEAR + 1), at + 1):
                free[near] = False
    return free


@lru_cache(maxsize=65536)
def _closes(token: str) -> bool:
    return not token[-1].isalnum() and ends_sentence(token)


def _plain(token: str) -> bool:
    return token[-1].isalpha()


def _filler_places(out: list[_Token]) -> dict[int, float]:
    found: dict[int, float] = {}
    for at, free in enumerate(_free(out)):
        if not free:
            continue
        token = out[at][0]
        before = out[at - 1][0] if at else "."
        if ends_sentence(before):
            if _may_follow_filler(token) and not _asks(out, at):
                found[at] = _FIRST
        else:
            weight = _after(before)
            if weight > _CONTENT or (weight and word_class(token) == "content word"):
                found[at] = weight
    return found


def _asks(out: list[_Token], at: int) -> bool:
    """Whether the sentence with a token is a question."""
    for index in range(at, len(out)):
        if ends_sentence(out[index][0]):
            return out[index][0].endswith("?")
    return False


@lru_cache(maxsize=65536)
def _may_follow_filler(token: str) -> bool:
    """Whether a sentence may begin with a filler before its first word: a content word may be a
    name, which keeps its capital wherever it stands.
    """
    word = bare(token)
    return word in FUNCTION_WORDS and word not in _NOT_FIRST


@lru_cache(maxsize=65536)
def _after(token: str) -> float:
    """Weight of a filler inside a sentence after a token, of `_CONTENT` before content words."""
    if not _plain(token):
        return 0.0
    kind = word_class(token)
    if kind == "conjunction":
        return _CONJUNCTION
    if kind == "other function word":
        return _FUNCTION
    return _CONTENT if kind == "content word" else 0.0


def _fill(filler: str, tail: list[_Token], *, opens: bool) -> list[_Token]:
    first = tail[0][0]
    if not opens:
        return [(filler, True), *tail]
    return [(f"{filler.capitalize()},", True), (lower_initial(first), False), *tail[1:]]


def _repeat_places(out: list[_Token]) -> dict[int, float]:
    free = _free(out)
    return {
        at: 1.0
        for at, (token, added) in enumerate(out)
        if free[at] and not added and _plain(token) and bare(token) in _TWICE
    }


def _repeat(tail: list[_Token]) -> list[_Token]:
    token = tail[0][0]
    return [(f"{token},", True), (lower_initial(token), True), *tail[1:]]


def _restart_places(out: list[_Token]) -> dict[int, float]:
    free = _free(out)
    return {
        at: 1.0
        for at in range(len(out) - 3)
        if free[at]
        and _plain(out[at][0])
        and _plain(out[at + 1][0])
        and bare(out[at][0]) in _PRONOUNS
        and bare(out[at + 1][0]) in _VERBS
    }


def _restart(tail: list[_Token]) -> list[_Token]:
    first, second = tail[0][0], tail[1][0]
    again = [(lower_initial(first), True), (second, True)]
    return [(first, True), (f"{second},", True), *again, *tail[2:]]


def _fragment_places(out: list[_Token]) -> dict[int, float]:
    """Content words of some length, which people begin, leave, and say whole after all."""
    free = _free(out)
    return {
        at: 1.0
        for at in range(1, len(out) - 1)
        if free[at]
        and _plain(out[at][0])
        and out[at][0].islower()
        and len(out[at][0]) >= 6
        and word_class(out[at][0]) == "content word"
        and _plain(out[at - 1][0])
    }


def _fragment(tail: list[_Token]) -> list[_Token]:
    word = tail[0][0]
    return [(f"{word[: 2 if word[1] in 'aeiou' else 3]}-", True), *tail]
