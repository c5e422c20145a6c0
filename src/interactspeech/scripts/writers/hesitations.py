"""Hesitations: "um", a word said twice, a restart, a fragment. Written dialogue has none.

People say "uh" or "um" 2.9 times in 100 words (1,155 Switchboard calls), at the beginnings of
sentences, after conjunctions and function words, and before words that are hard to find. They
repeat a word about once in 100 words, and start a phrase anew or leave a word unfinished less often
(Shriberg 1994, tables for Switchboard). Pauses beside these are the timing model's: people fall
silent after 40 % of their filled pauses.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import compress, count

from interactspeech.lexicon.token_cache import by_token
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
    length = len(tokens)
    if length < _SHORTEST:
        return tokens
    turn = _connected(tokens, connectives, draws)
    # From the rarest to the commonest, as the rare ones find fewer places.
    for _ in range(draws.poisson(fragments * length)):
        places = _fragment_places(turn)
        if places:
            _fragment(turn, draws.choose(places))
    for _ in range(draws.poisson(restarts * length)):
        places = _restart_places(turn)
        if places:
            _restart(turn, draws.choose(places))
    for _ in range(draws.poisson(repeats * length)):
        places = _repeat_places(turn)
        if places:
            _repeat(turn, draws.choose(places))
    for _ in range(draws.poisson(fillers * length)):
        filler = "um" if draws.chance(0.55) else "uh"
        places, weights = _filler_places(turn)
        if places:
            _fill(turn, places[draws.weighted(weights)], filler)
    return turn.tokens


class _Hesitant:
    """A turn that gains hesitations.

    Attributes:
        tokens: of the turn.
        added: for each, whether a hesitation put it there.
        ends: tokens that end sentences.
    """

    __slots__ = ("added", "ends", "tokens")

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.added = [False] * len(tokens)
        self.ends = list(compress(count(), map(ends_sentence, tokens)))

    def replace(self, at: int, *tokens: tuple[str, bool], old: int = 1) -> None:
        """Put tokens, and whether each is a hesitation's, in the place of `old` ones."""
        self.tokens[at : at + old] = [token for token, _ in tokens]
        self.added[at : at + old] = [added for _, added in tokens]
        longer = len(tokens) - old
        self.ends = [end if end < at else end + longer for end in self.ends]

    def free(self) -> bytearray:
        """For each token, whether a hesitation before it stands apart from others and from a
        sentence's end.
        """
        free = bytearray(b"\1") * len(self.tokens)
        if True in self.added:
            for at, added in enumerate(self.added):
                if added:
                    start, end = max(0, at - _APART + 1), min(at + _APART + 1, len(free))
                    free[start:end] = bytes(end - start)
        for at in self.ends:
            start = max(0, at - _CLEAR + 1)
            free[start : at + 1] = bytes(at + 1 - start)
        return free


def _connected(tokens: list[str], share: float, draws: Draws) -> _Hesitant:
    """Sentences that go on from the one before say so, as people do in speech."""
    turn = _Hesitant(tokens.copy())
    added = 0
    for at in [end + 1 for end in turn.ends if tokens[end][-1] == "."]:
        if at < len(tokens) and tokens[at] in _STATES and draws.chance(share):
            first = "So" if draws.chance(0.2) else "And"
            turn.replace(at + added, (first, True), (lower_initial(tokens[at]), False))
            added += 1
    return turn


def goes_on(before: str, token: str) -> bool:
    """Whether "And" may stand between two sentences of one speaker: two that state something.

    Args:
        before: last token of the sentence before.
        token: first token of the next.

    >>> goes_on("Monday.", "It"), goes_on("Monday?", "It"), goes_on("Monday.", "What")
    (True, False, False)
    """
    return before[-1] == "." and token in _STATES


def _plain(token: str) -> bool:
    return token[-1].isalpha()


#: What stands before a place that begins a sentence, for `_before`.
_BEGINS = -1.0


@by_token
def _before(token: str) -> float:
    """Weight of a filler after a token, of `_CONTENT` before content words; `_BEGINS` where a
    sentence ends with it.
    """
    if ends_sentence(token):
        return _BEGINS
    if not _plain(token):
        return 0.0
    kind = word_class(token)
    if kind == "conjunction":
        return _CONJUNCTION
    if kind == "other function word":
        return _FUNCTION
    return _CONTENT if kind == "content word" else 0.0


@by_token
def _may_follow_filler(token: str) -> bool:
    """Whether a sentence may begin with a filler before its first word: a content word may be a
    name, which keeps its capital wherever it stands.
    """
    word = bare(token)
    return word in FUNCTION_WORDS and word not in _NOT_FIRST


def _filler_places(turn: _Hesitant) -> tuple[list[int], list[float]]:
    """Tokens before which a filler may stand, and the weight of each."""
    places: list[int] = []
    weights: list[float] = []
    tokens = turn.tokens
    for at, (open_, weight) in enumerate(
        zip(turn.free(), [_BEGINS, *map(_before, tokens[:-1])], strict=True)
    ):
        if not open_ or not weight:
            continue
        if weight == _BEGINS:
            if not _may_follow_filler(tokens[at]) or _asks(tokens, turn.ends, at):
                continue
            weight = _FIRST  # noqa: PLW2901 - the weight of this place
        elif weight <= _CONTENT and word_class(tokens[at]) != "content word":
            continue
        places.append(at)
        weights.append(weight)
    return places, weights


def _asks(tokens: list[str], ends: list[int], at: int) -> bool:
    """Whether the sentence with a token is a question; `ends` are the tokens that end sentences."""
    index = bisect_left(ends, at)
    return index < len(ends) and tokens[ends[index]].endswith("?")


def _fill(turn: _Hesitant, at: int, filler: str) -> None:
    first = turn.tokens[at]
    if at == 0 or ends_sentence(turn.tokens[at - 1]):
        turn.replace(at, (f"{filler.capitalize()},", True), (lower_initial(first), False))
    else:
        turn.replace(at, (filler, True), old=0)


@by_token
def _is_said_twice(token: str) -> bool:
    return _plain(token) and bare(token) in _TWICE


def _repeat_places(turn: _Hesitant) -> list[int]:
    free = turn.free()
    return [
        at
        for at, (twice, added) in enumerate(
            zip(map(_is_said_twice, turn.tokens), turn.added, strict=True)
        )
        if twice and free[at] and not added
    ]


def _repeat(turn: _Hesitant, at: int) -> None:
    token = turn.tokens[at]
    turn.replace(at, (f"{token},", True), (lower_initial(token), True))


@by_token
def _is_pronoun(token: str) -> bool:
    return _plain(token) and bare(token) in _PRONOUNS


def _restart_places(turn: _Hesitant) -> list[int]:
    free = turn.free()
    tokens = turn.tokens
    return [
        at
        for at, pronoun in enumerate(map(_is_pronoun, tokens[:-3]))
        if pronoun and free[at] and _plain(tokens[at + 1]) and bare(tokens[at + 1]) in _VERBS
    ]


def _restart(turn: _Hesitant, at: int) -> None:
    first, second = turn.tokens[at : at + 2]
    again = ((lower_initial(first), True), (second, True))
    turn.replace(at, (first, True), (f"{second},", True), *again, old=2)


@by_token
def _is_long_word(token: str) -> bool:
    return (
        _plain(token)
        and token.islower()
        and len(token) >= 6
        and word_class(token) == "content word"
    )


def _fragment_places(turn: _Hesitant) -> list[int]:
    """Content words of some length, which people begin, leave, and say whole after all."""
    free = turn.free()
    tokens = turn.tokens
    return [
        at
        for at, long in enumerate(map(_is_long_word, tokens[:-1]))
        if long and at and free[at] and _plain(tokens[at - 1])
    ]


def _fragment(turn: _Hesitant, at: int) -> None:
    word = turn.tokens[at]
    turn.replace(at, (f"{word[: 2 if word[1] in 'aeiou' else 3]}-", True), old=0)
