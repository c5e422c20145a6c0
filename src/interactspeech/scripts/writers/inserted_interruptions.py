"""Inserted interruptions: what the listener says, and how the speaker resumes the turn.

Nothing here needs to understand the dialogue: each kind of interruption names the surface that
makes it possible ("it was so ..." can be finished for the speaker, "on Thursday" can be doubted),
and the speaker resumes, so that no word of the dialogue is lost. Guesses come from lists and from
what was said before, never from the words that stay unsaid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interactspeech.lexicon.words import FUNCTION_WORDS, bare, stem, words
from interactspeech.scripts.kinds import DISTRACTING_KINDS
from interactspeech.scripts.writers import cut_points, phrases
from interactspeech.scripts.writers.draws import Draws

#: Kind -> weight among the kinds that a dialogue offers a place for.
TARGET_MIX: Mapping[str, float] = {
    "clarify": 0.26,
    "complete": 0.16,
    "correct": 0.14,
    "help-word": 0.12,
    "agree": 0.12,
    "impatience": 0.10,
    "distraction": 0.05,
    "off-topic": 0.03,
    "urge": 0.02,
}

_DEGREE = words("so very really too pretty quite completely totally absolutely rather incredibly")
_COPULA = words(
    """
    is was are were be been it's that's he's she's they're i'm you're we're looks looked sounds
    sounded feels felt seems seemed gets got
    """
)
_INTEND = words("want wanted going decided planning need needed")
_PEOPLE = words("i we he she they i'm we're he's she's they're was really also just")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SERIES = {word: series for series in (_DAYS, _MONTHS[:4] + _MONTHS[5:]) for word in series}
_UNITS = words(
    "o'clock days weeks months years hours minutes people times miles dollars pounds kids children"
)
#: Nouns that are not plausible as a missing word.
_ABSTRACT = words(
    "matter truth fact point problem case future past same way idea question answer rule reason"
)
#: Words of a turn before the listener can be impatient.
_LONG = 16
#: Words between a corrected date or number and the cut, at most.
_FRESH = 4
#: Turns before the cut in which "the straps" may have been mentioned.
_LATELY = 6


@dataclass(frozen=True, slots=True)
class InsertedInterruption:
    """One inserted interruption.

    Attributes:
        kind: of the catalogue.
        said: tokens of the cut turn up to the cut; they may have gained an "um".
        words: of the interrupter.
        resumed: tokens with which the speaker resumes.
    """

    kind: str
    said: list[str]
    words: str
    resumed: list[str]


def mentioned_nouns(turns: list[list[str]]) -> list[str]:
    """Nouns said with "the" in the last turns, the latest last: what "the ..." may mean."""
    return latest_nouns([nouns_said(tokens) for tokens in turns[-_LATELY:]])


def latest_nouns(said: list[list[str]]) -> list[str]:
    """The nouns of the last of these turns (see `nouns_said`), each once, the latest last."""
    nouns = [noun for turn in said[-_LATELY:] for noun in turn]
    return list(dict.fromkeys(reversed(nouns)))[::-1]


def nouns_said(tokens: list[str]) -> list[str]:
    """Nouns that a turn says with "the", in order."""
    found: list[str] = []
    for index in range(1, len(tokens)):
        if tokens[index - 1].lower() != "the":
            continue
        noun = tokens[index]
        word = bare(noun)
        ends = not noun[-1].isalpha() or (
            index + 1 < len(tokens) and bare(tokens[index + 1]) in FUNCTION_WORDS
        )
        if (
            ends
            and noun[0].islower()
            and word.isalpha()
            and stem(word)
            and not word.endswith(("ly", "ing", "ed", "est"))
            and word not in cut_points.TIMES
            and word not in _ABSTRACT
        ):
            found.append(word)
    return found


def possible_kinds(tokens: list[str], at: int, nouns: list[str], *, formal: bool) -> list[str]:
    """Kinds of interruption that what was said up to token `at` makes possible."""
    found = ["clarify"]
    if expects_adjective(tokens, at) or expects_verb(tokens, at):
        found.append("complete")
    if doubtable_token(tokens, at) is not None:
        found.append("correct")
    if expects_noun(tokens, at) and nouns:
        found.append("help-word")
    if formal:
        return found
    if cut_points.invites_agreement(tokens, at):
        found.append("agree")
    if at >= _LONG:
        found.append("impatience")
    return [*found, *sorted(DISTRACTING_KINDS)]


def insert_interruption(
    kind: str,
    tokens: list[str],
    place: cut_points.CutPoint,
    nouns: list[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> InsertedInterruption | None:
    """An interruption of a kind that `possible_kinds` gave; None where no words fit."""
    at = place.at
    said, again = tokens[:at], tokens[place.restart :]
    if kind == "complete":
        pool = phrases.ADJECTIVES if expects_adjective(tokens, at) else phrases.DEEDS
        guess = memory.fresh(pool, draws)
        return InsertedInterruption(
            kind, said, f"{guess}?", phrases.resumption("guessed", tokens[at:], memory, draws)
        )
    if kind == "correct":
        return _correction(tokens, at, said, again, memory, draws)
    if kind == "help-word":
        return _word_offer(tokens, at, nouns, again, memory, draws)
    if kind == "clarify":
        phrase = cut_points.echo_phrase(tokens, at)
        way = "echoed" if phrase else "asked"
        return InsertedInterruption(
            kind,
            said,
            phrases.clarification(phrase, memory, draws),
            phrases.resumption(way, again, memory, draws),
        )
    return InsertedInterruption(
        kind,
        said,
        memory.fresh(phrases.INSERTED_PHRASES[kind], draws),
        phrases.resumption(kind, again, memory, draws),
    )


def expects_adjective(tokens: list[str], at: int) -> bool:
    """Whether an adjective must follow: "it was so ..."."""
    return (
        at >= 2
        and tokens[at - 1] in _DEGREE
        and tokens[at - 2].lower() in _COPULA
        and bool(stem(tokens[at]))
        and not bare(tokens[at]).endswith("ing")
    )


def expects_verb(tokens: list[str], at: int) -> bool:
    """Whether a verb must follow: "I decided to ..."."""
    return (
        at >= 3
        and tokens[at - 1] == "to"
        and tokens[at - 2] in _INTEND
        and bare(tokens[at - 3]) in _PEOPLE
        and bool(stem(tokens[at]))
    )


def expects_noun(tokens: list[str], at: int) -> bool:
    """Whether a noun must follow that the speaker may be looking for: "... the"."""
    return tokens[at - 1] == "the" and bool(stem(tokens[at])) and tokens[at][0].islower()


def doubtable_token(tokens: list[str], at: int) -> int | None:
    """Index of a day, month or counted number just before the cut, which may be corrected."""
    for index in range(at - 1, max(0, at - 1 - _FRESH), -1):
        word = tokens[index].rstrip(",;")
        if word in _SERIES:
            return index
        if word in _NUMBERS and index + 1 < at and bare(tokens[index + 1]) in _UNITS:
            before = bare(tokens[index - 1])
            if before not in _NUMBERS and stem(before) not in ("hundr", "twenty", "thirty"):
                return index
    return None


def is_value(tokens: list[str], index: int) -> bool:
    """Whether a token is a day, a month or a counted number, which people get wrong."""
    word = tokens[index].rstrip(",;.?!")
    if word in _SERIES:
        return True
    return word in _NUMBERS and index + 1 < len(tokens) and bare(tokens[index + 1]) in _UNITS


def neighbouring_value(value: str, draws: Draws) -> str:
    """The day, month or number before or after the one given."""
    series = _SERIES.get(value, _NUMBERS)
    step = 1 if draws.chance(0.5) else -1
    return series[(series.index(value) + step) % len(series)]


def _correction(
    tokens: list[str],
    at: int,
    said: list[str],
    again: list[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> InsertedInterruption | None:
    """Another day, month or number than the one said: "Wait, wasn't it Friday?"."""
    index = doubtable_token(tokens, at)
    if index is None:
        return None
    heard = tokens[index].rstrip(",;")
    other = neighbouring_value(heard, draws)
    if heard not in _SERIES:
        unit = bare(tokens[index + 1])
        heard, other = f"{heard} {unit}", f"{other} {unit}"
    doubt = memory.fresh(phrases.DOUBTS, draws).format(other)
    resumed = phrases.resumption("doubted", again, memory, draws)
    return InsertedInterruption(
        "correct", said, doubt[0].upper() + doubt[1:], ["No,", *f"{heard}.".split(), *resumed]
    )


def _word_offer(
    tokens: list[str],
    at: int,
    nouns: list[str],
    again: list[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> InsertedInterruption | None:
    """A noun mentioned before, offered to a speaker who looks for a word: "The straps?"."""
    soon = {stem(token) for token in tokens[at : at + 4]}
    fitting = [noun for noun in nouns if stem(noun) not in soon][-3:]
    if not fitting:
        return None
    noun = draws.choose(fitting)
    said = [*tokens[: at - 1], f"{tokens[at - 1]},", "um,"]
    resumed = phrases.resumption("guessed", again, memory, draws)
    return InsertedInterruption("help-word", said, f"The {noun}?", resumed)
