"""With which words listeners give feedback, by what was just said and by what they said before.

Shares of some fifty phrases, and how far a listener keeps to words of their own, are fitted on
meetings of AMI and ICSI with Switchboard's counts (`bench/fit_feedback_words.py`). What the
sentence is like (its end, its tense, a negation, ...) said nothing about the words in other
meetings. Good and bad news, surprises and instructions are seldom in meetings; their tables are
ours. A few answers are no fixed words: an amount, a name or a thing said back ("forty dollars"; `m`
in ICSI's acts), and a claim as a short question ("did you").
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Final

import msgspec

from interactspeech.lexicon.words import bare, words
from interactspeech.scripts.writers.claims import last_claim
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.mentions import mentions

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
_AGAINST = words(
    "not no don't doesn't didn't isn't wasn't won't can't couldn't wouldn't if would could"
)
#: What is said -> weight, where meetings have too little to count.
_TABLES: Final[dict[str, dict[str, float]]] = {
    "instructed": {
        "okay": 9, "mm-hm": 9, "yeah": 7, "uh-huh": 5, "right": 5, "yep": 1.5, "yes": 1.5,
        "sure": 1.2, "got it": 1, "all right": 0.8, "okay okay": 0.4, "I see": 0.4, "hmm": 0.4,
    },
    "surprised": {
        "oh": 5, "really": 4, "oh really": 4, "wow": 4, "yeah": 3, "uh-huh": 3, "mm-hm": 3,
        "huh": 2, "oh wow": 2, "no way": 1, "is that right": 1, "oh yeah": 1, "oh my gosh": 0.6,
        "gosh": 0.5, "interesting": 0.5,
    },
    "sorry": {
        "oh no": 6, "oh": 4, "oh dear": 2, "mm": 2, "mm-hm": 2, "yeah": 1, "hmm": 1, "oh gosh": 1,
        "uh-huh": 1, "oh boy": 0.6, "oh my": 0.5,
    },
    "glad": {
        "oh nice": 3, "yeah": 3, "oh": 2, "nice": 2, "great": 2, "oh wow": 2, "mm-hm": 2,
        "that's great": 1.5, "cool": 1.5, "wow": 1, "oh great": 1, "that's nice": 1, "good": 1,
        "oh good": 1, "oh cool": 0.6, "wonderful": 0.5,
    },
}  # fmt: skip
#: Names of the tables; "continuer" is the fitted one.
WORD_TABLES: Final = ("continuer", *_TABLES)
#: Share of feedback that says back what was mentioned in the last words, where something was, and
#: that asks the claim back, where there is one: of all feedback 2 and .5 % then do (DialogSum). Of
#: ICSI's acts of listeners 3 % say back and .3 % ask back.
_SAID_BACK, _NEWSMARKS = 0.25, 0.02
#: Share of instructions that are heard like anything else.
_UNINSTRUCTED = 0.5
#: Tokens from what is said back to the place.
_JUST = 3


class FeedbackWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fitted table.

    Attributes:
        shares: phrase -> share of feedback.
        last: share of feedback that is the listener's last once more, besides chance.
        own: how many draws from the table weigh as much as what the listener has said so far.
    """

    shares: dict[str, float]
    last: float
    own: float

    @staticmethod
    def people() -> FeedbackWords:
        """The table that ships."""
        return _people()


class FeedbackGiver:
    """What one listener has said so far in a dialogue."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def feedback(self, tokens: Sequence[str], index: int, draws: Draws, kind: str = "") -> str:
        """What they say before token `index`.

        Args:
            tokens: of the speaker's turn.
            index: place in it.
            draws: randomness.
            kind: table of words to draw from, a name of `WORD_TABLES`; by the words of the sentence
                where it is "".
        """
        said_back = _said_back(tokens, index, draws)
        if said_back:
            return said_back
        sentence = _sentence(tokens, index)
        kind = kind or content_kind(sentence, tokens[index - 1])
        if kind == "instructed" and draws.chance(_UNINSTRUCTED):
            kind = "continuer"
        if kind != "continuer":
            text = _draw(_hand_table(kind), draws)
            return text if text != self._lately() else _draw(_hand_table(kind), draws)
        people = _people()
        if self._said and draws.chance(people.last):
            text = self._said[-1]
        elif self._said and draws.uniform() < len(self._said) / (len(self._said) + people.own):
            text = draws.choose(self._said)
        else:
            text = _draw(_fitted_table(), draws)
        self._said.append(text)
        return text

    def _lately(self) -> str:
        return self._said[-1] if self._said else ""


def content_kind(sentence: Sequence[str], last: str) -> str:
    """Which table fits a sentence so far; good and bad news only without negation.

    Args:
        sentence: bare words.
        last: its last token.
    """
    said = frozenset(sentence)
    if said & _AGAINST:
        return "continuer"
    if said & _BAD_NEWS:
        return "sorry"
    if said & _ORDERS:
        return "instructed"
    if said & _GOOD_NEWS:
        return "glad"
    if said & _SURPRISING or last.endswith("!"):
        return "surprised"
    return "continuer"


def _sentence(tokens: Sequence[str], index: int) -> list[str]:
    """Bare words of the sentence that token `index` follows."""
    start = index - 1
    while start > 0 and tokens[start - 1][-1] not in ".?!":
        start -= 1
    return [bare(token) for token in tokens[start:index]]


def _said_back(tokens: Sequence[str], index: int, draws: Draws) -> str:
    """What was just mentioned, or the claim as a short question; mostly ""."""
    level = draws.uniform()
    if level < _SAID_BACK:
        found = mentions(tokens, index, _JUST + 3)
        if found and found[0].end > index - _JUST and found[0].kind != "thing":
            return found[0].text
        new = found and found[0].end == index and found[0].determiner in {"a", "an"}
        if new and found[0].noun.count(" ") <= 1:
            return found[0].text
    elif level > 1 - _NEWSMARKS and not tokens[index - 1][-1].isalnum():
        claim = last_claim(tokens, index)
        if claim is not None and not claim.negative and claim.subject not in {"I", "there"}:
            return f"oh, {claim.newsmark()}" if draws.chance(0.5) else claim.newsmark()
    return ""


_Table = tuple[list[str], list[float]]


def _draw(table: _Table, draws: Draws) -> str:
    texts, totals = table
    return texts[bisect(totals, draws.uniform() * totals[-1])]


def _as_table(weights: Mapping[str, float]) -> _Table:
    return list(weights), list(accumulate(weights.values()))


@cache
def _hand_table(kind: str) -> _Table:
    return _as_table(_TABLES[kind])


@cache
def _fitted_table() -> _Table:
    return _as_table(_people().shares)


@cache
def _people() -> FeedbackWords:
    data = resources.files("interactspeech.scripts.writers").joinpath(
        "data", "feedback_words-1.json"
    )
    return msgspec.json.decode(data.read_bytes(), type=FeedbackWords)
