"""Inserted interruptions: what the listener says, and how the speaker resumes the turn.

Nothing here needs to understand the dialogue: each kind of interruption names the surface that
makes it possible ("it was so ..." can be finished for the speaker, "on Thursday" can be doubted),
takes up what was just said where it can (`content_phrases`), and the speaker resumes, so that no
word of the dialogue is lost. Guesses come from lists and from what was said before. A guess may be
right, where everything that stays unsaid of the clause was said before in the dialogue.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from interactspeech.lexicon.word_tags import word_tag
from interactspeech.lexicon.words import FUNCTION_WORDS, bare, content, stem, words
from interactspeech.scripts.kinds import DISTRACTING_KINDS
from interactspeech.scripts.writers import content_phrases, cut_points, phrases
from interactspeech.scripts.writers.content_phrases import Heard, taken_up
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.mentions import TIMES
from interactspeech.scripts.writers.turn_analysis import AnalysedTurn

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
#: Words of a completion, at most; share of the places where one can know the rest at which the
#: guess is right; share of denials that the speaker answers by saying it again ("It is.").
_COMPLETED, _RIGHT, _REAFFIRMED = 3, 0.7, 0.6
_HESITATIONS = words("um uh")
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
            and word not in TIMES
            and word not in _ABSTRACT
        ):
            found.append(word)
    return found


def possible_kinds(
    tokens: list[str],
    at: int,
    nouns: list[str],
    *,
    formal: bool,
    known: Container[str] = frozenset(),
) -> list[str]:
    """Kinds of interruption that what was said up to token `at` makes possible.

    Args:
        tokens: of the turn.
        at: place of the cut.
        nouns: see `mentioned_nouns`.
        formal: whether one of the two serves the other.
        known: stems of everything said before the turn.
    """
    found = ["clarify"]
    if expects_adjective(tokens, at) or expects_verb(tokens, at) or completion(tokens, at, known):
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
    known: Container[str] = frozenset(),
    earlier: Sequence[str] = (),
    listener: Sequence[str] = (),
) -> InsertedInterruption | None:
    """An interruption of a kind that `possible_kinds` gave; None where no words fit.

    Args:
        kind: of the catalogue.
        tokens: of the turn.
        place: the cut.
        nouns: see `mentioned_nouns`.
        memory: phrases that were used lately.
        draws: randomness.
        known: stems of everything said before the turn.
        earlier: tokens of the speaker's turn before.
        listener: tokens of the turn that who interrupts had between them.
    """
    at = place.at
    if kind == "complete":
        return _completed(tokens, at, memory, draws, known)
    if kind == "correct":
        return _correction(tokens, at, tokens[place.restart :], memory, draws)
    if kind == "help-word":
        return _word_offer(tokens, at, nouns, tokens[place.restart :], memory, draws, known)
    if kind == "clarify":
        return _clarification(tokens, place, memory, draws)
    return about_what_was_said(
        kind, kind, phrases.INSERTED_PHRASES[kind], tokens, place, memory, draws, earlier, listener
    )


def about_what_was_said(
    kind: str,
    way: str,
    generic: tuple[str, ...],
    tokens: list[str],
    place: cut_points.CutPoint,
    memory: phrases.RecentPhrases,
    draws: Draws,
    earlier: Sequence[str] = (),
    listener: Sequence[str] = (),
) -> InsertedInterruption:
    """An interruption that takes up what was just said where it can.

    Args:
        kind: of the catalogue.
        way: in which the speaker resumes (`phrases.resumption`).
        generic: what can be said of anything.
        tokens: of the turn.
        place: the cut.
        memory: phrases that were used lately.
        draws: randomness.
        earlier: tokens of the speaker's turn before.
        listener: tokens of the turn that who interrupts had between them.
    """
    heard = Heard(tokens, place.at, earlier, listener)
    made = taken_up(content_phrases.INSERTED, kind, heard, memory, draws)
    made = made or memory.fresh(generic, draws)
    again = tokens[place.restart :]
    denied = kind == "disagree" and heard.claim and heard.claim.denial().lower() in made.lower()
    if denied and heard.claim and draws.chance(_REAFFIRMED):
        answer = f"{_capital(heard.claim.reaffirmed())}."
        resumed = phrases.resume_after(answer, again)
        return InsertedInterruption(kind, tokens[: place.at], made, resumed)
    short = None if kind == "answer" else tokens[cut_points.phrase_start(tokens, place) :]
    resumed = phrases.resumption(way, again, memory, draws, short)
    return InsertedInterruption(kind, tokens[: place.at], made, resumed)


def early_turn(
    kind: str,
    turn: AnalysedTurn,
    place: cut_points.CutPoint,
    reply: Sequence[str],
    known: Container[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> InsertedInterruption | None:
    """The first words of the next turn, said too early: the speaker resumes, and the turn is said
    when its time comes. None where those words are no interruption of this kind.

    Args:
        kind: of the catalogue.
        turn: that is cut.
        place: the cut.
        reply: tokens of the next turn, of who interrupts.
        known: stems of everything said before the turn.
        memory: phrases that were used lately.
        draws: randomness.
    """
    begins, text = content_phrases.start_of_next(turn, place.at, reply, known, draws)
    if not text or kind not in (begins, "floor-taking"):
        return None
    tokens = turn.tokens
    again = tokens[place.restart :]
    short = tokens[cut_points.phrase_start(tokens, place) :]
    resumed = phrases.resumption("claimed", again, memory, draws, short)
    return InsertedInterruption(kind, tokens[: place.at], f"{_capital(text)}...", resumed)


def _clarification(
    tokens: list[str], place: cut_points.CutPoint, memory: phrases.RecentPhrases, draws: Draws
) -> InsertedInterruption:
    """A question about what was just said, and the speaker's answer: the phrase again."""
    heard = Heard(tokens, place.at)
    asked = taken_up(content_phrases.INSERTED, "clarify", heard, memory, draws)
    made = asked or phrases.asking_back(memory, draws)
    return InsertedInterruption(
        "clarify", tokens[: place.at], made, _answer(asked, heard, tokens, place, memory, draws)
    )


def _answer(
    asked: str,
    heard: Heard,
    tokens: list[str],
    place: cut_points.CutPoint,
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> list[str]:
    """With what a speaker resumes who was asked back: `asked` is about what was heard, or ""."""
    again = tokens[place.restart :]
    short = tokens[cut_points.phrase_start(tokens, place) :]
    mention, claim = heard.mention, heard.claim
    if any(question in asked.lower() for question in heard.open):
        return phrases.resumption("which", short, memory, draws)
    if mention is not None and mention.noun in asked:
        if mention.kind == "amount":
            yes = _capital(mention.own(tokens))
            return [*f"{yes}.".split(), *phrases.resumption("doubted", again, memory, draws, short)]
        joined = mention.start and bare(tokens[mention.start - 1]) in {"and", "or"}
        inside = mention.start >= place.restart and not joined
        if not {"which", "what", "why"}.isdisjoint(map(bare, asked.split())):
            if inside:
                return phrases.resumption("which", tokens[mention.start :], memory, draws)
            return phrases.resumption("asked", again, memory, draws, short)
        return phrases.resumption(
            "echoed", again, memory, draws, tokens[mention.start :] if inside else short
        )
    if asked and claim is not None:
        return phrases.resume_after(f"Yeah, {claim.reaffirmed()}.", again)
    return phrases.resumption("asked", again, memory, draws, short)


def completion(tokens: list[str], at: int, known: Container[str]) -> str:
    """The rest of the clause, where a listener could know it; "" where it is long or new.

    Everything in it that tells something was said before in the dialogue, so that a listener who
    says it gives nothing away.

    >>> completion("And then we take the old car, as always.".split(), 4, frozenset({"old", "car"}))
    'the old car'

    Args:
        tokens: of the turn.
        at: place of the cut.
        known: stems of everything said before the turn.
    """
    ahead = tokens[at : at + _COMPLETED + 1]
    if all(token[-1].isalpha() for token in ahead):
        return ""
    kept: list[str] = []
    for token in ahead:
        if bare(token) not in _HESITATIONS:
            kept.append(token)
        if not token[-1].isalpha():
            break
    if not 0 < len(kept) <= _COMPLETED or kept[-1][-1] not in ",.;!" or kept[-1].endswith("-,"):
        return ""
    if not stem(kept[-1]) or bare(kept[0]) == bare(tokens[at - 1]):
        return ""
    text = " ".join(kept)
    said = list(map(stem, tokens[:at]))
    if not all(word in known or word in said for word in content(text)):
        return ""
    return text.rstrip(",.;!")


def _completed(
    tokens: list[str],
    at: int,
    memory: phrases.RecentPhrases,
    draws: Draws,
    known: Container[str],
) -> InsertedInterruption:
    """The sentence finished for the speaker: rightly where one can know it, or with a guess."""
    right = completion(tokens, at, known)
    adjective, verb = expects_adjective(tokens, at), expects_verb(tokens, at)
    if right and (draws.chance(_RIGHT) or not (adjective or verb)):
        mark = "?" if draws.chance(0.5) else "."
        resumed = phrases.resumption("echoed", tokens[at:], memory, draws)
        return InsertedInterruption("complete", tokens[:at], f"{_capital(right)}{mark}", resumed)
    pool = phrases.ADJECTIVES if adjective else phrases.DEEDS
    guess = memory.fresh(pool, draws)
    return InsertedInterruption(
        "complete",
        tokens[:at],
        f"{guess}?",
        phrases.resumption("guessed", tokens[at:], memory, draws),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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
    doubt = memory.fresh(phrases.DOUBTS, draws).format(other, heard=heard)
    resumed = phrases.resumption("doubted", again, memory, draws)
    return InsertedInterruption(
        "correct", tokens[:at], _capital(doubt), ["No,", *f"{heard}.".split(), *resumed]
    )


def _word_offer(
    tokens: list[str],
    at: int,
    nouns: list[str],
    again: list[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
    known: Container[str],
) -> InsertedInterruption | None:
    """A noun mentioned before, offered to a speaker who looks for a word: "The straps?"."""
    said = [*tokens[: at - 1], f"{tokens[at - 1]},", "um,"]
    looked_for = bare(tokens[at])
    if (
        (stem(looked_for) in known or stem(looked_for) in map(stem, tokens[:at]))
        and word_tag(looked_for) == "noun"
        and not _goes_on(tokens, at)
        and draws.chance(_RIGHT)
    ):
        resumed = phrases.resumption("echoed", tokens[at - 1 :], memory, draws)
        return InsertedInterruption("help-word", said, f"The {looked_for}?", resumed)
    soon = {stem(token) for token in tokens[at : at + 4]}
    fitting = [noun for noun in nouns if stem(noun) not in soon][-3:]
    if not fitting:
        return None
    noun = draws.choose(fitting)
    resumed = phrases.resumption("guessed", again, memory, draws)
    return InsertedInterruption("help-word", said, f"The {noun}?", resumed)


def _goes_on(tokens: list[str], at: int) -> bool:
    """Whether the noun at a token is the first of a longer phrase."""
    return tokens[at][-1].isalpha() and at + 1 < len(tokens) and bool(stem(tokens[at + 1]))
