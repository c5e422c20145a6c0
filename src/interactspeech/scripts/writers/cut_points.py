"""Cut points: where a turn can be interrupted, given what the interrupter can know there.

Two methods, because most replies of a text corpus answer the whole turn before them:

- *direct*: the next turn itself interrupts. It must neither use unsaid words nor react to them
  ("Really?", "That's great").
- *inserted*: an added turn interrupts, to ask for clarification, to agree, to distract; the speaker
  resumes, so that nothing of the dialogue is lost.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Literal

import msgspec

from interactspeech.lexicon.feedback import FEEDBACK_TURNS
from interactspeech.lexicon.word_tags import word_tag
from interactspeech.lexicon.words import (
    AUXILIARIES,
    FUNCTION_WORDS,
    INTERJECTIONS,
    OPEN_VERBS,
    THIRD,
    bare,
    content,
    openness,
    sentences,
    words,
)
from interactspeech.scripts.writers.turn_analysis import AnalysedTurn

#: Words of a unit that are said before a cut at least, and that stay unsaid at least.
MIN_SAID, MIN_UNSAID = 3, 2
#: Unsaid words, at most: an earlier interrupter would know too little.
_UNSAID = 14
_UNSAID_INSERTED = 30

#: A reply with one of these first words reacts to the whole turn, so it cannot interrupt it.
_REACTIONS = words(
    """
    go really wow oh great good that's that thanks thank sounds congratulations cool nice perfect
    sure okay ok alright right fine why me same neither so then well yes yeah yep of it it's
    this these those terrible awful lovely wonderful excellent here there how's bye goodbye
    hello hi sorry exactly absolutely certainly definitely hmm mm uh um ah haha
    """
)
_ANSWERS = words(
    """
    yes yeah no yep nope sure i i'd i'll i'm my the at on in about around just
    """
)
_OBJECTIONS = words("no but not nope never nonsense rubbish don't stop")
_WAITS = words("wait hang hold")
_ALARMS = words("careful quick watch")
#: "No problem" is a yes.
_NO_REFUSAL = words("problem worries doubt trouble wonder kidding")
#: Words with which a plan, an offer or a request is made: a "no" to them refuses.
_ASKS_FOR = (
    "can i", "could i", "may i", "can you", "could you", "would you", "will you", "let me",
    "let's", "i'll", "you should", "we should", "you could", "why don't", "do you want",
    "i want you", "you have to", "we could", "give me", "lend me", "i'd like",
)  # fmt: skip
_APART = {phrase: f" {phrase} " for phrase in _ASKS_FOR}
#: What follows them where nothing is asked for: "let's see", "I could say".
_ASKS_NOTHING = ("see", "say", "think", "know", "tell you", "be honest")
#: How a reply begins that brings up something new.
_IDEAS = (
    "what about", "how about", "what if", "why don't", "why not", "let's", "maybe we", "we could",
    "i could", "you could", "perhaps we", "shall we", "should we",
)  # fmt: skip
_ASKING = words(
    """
    what where when who which how is are was were do does did can could would will have has
    should isn't aren't don't doesn't didn't
    """
)
_WH = words("what where when who which how why whose")
_ANAPHORS = words(
    """
    it it's that that's they them their there one ones this these those so he she him her his
    """
)

CutMethod = Literal["direct", "inserted"]


class CutPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place where turn number `turn` can be cut: before its token `at`.

    Attributes:
        kind: of the catalogue; "" for an inserted one, whose words decide.
        restart: the token from which the speaker resumes (inserted ones).
    """

    turn: int
    at: int
    weight: float
    way: CutMethod
    kind: str = ""
    restart: int = 0


def direct_cut_points(
    turn: int, cut: AnalysedTurn, following: AnalysedTurn, known: Container[str]
) -> list[CutPoint]:
    """Places where the next turn can interrupt this one.

    Args:
        turn: its number.
        cut: the turn.
        following: the next turn.
        known: stems of the content words said before this turn.
    """
    tokens, reply = cut.tokens, following.tokens
    if len(tokens) < MIN_SAID + MIN_UNSAID + 2 or len(reply) < 2:
        return []
    start, end = cut.sentences[-1]
    first = max(start + MIN_SAID, 4, end - _UNSAID)
    opens = map(openness, tokens[first - 1 : end - MIN_UNSAID])
    places = [(at, open_) for at, open_ in enumerate(opens, first) if open_]
    if not places or FEEDBACK_TURNS.issuperset(map(bare, reply)):
        return []
    asks = tokens[-1].endswith("?")
    kind = reply_kind(tokens[start:end], reply)
    if not kind:
        return []
    stems = cut.stems
    # After the last word that is new in the dialogue, nothing new stays unsaid.
    news = next(
        (
            at
            for at in range(end - 1, places[0][0] - 1, -1)
            if (word := stems[at]) and word not in known and stems.index(word) == at
        ),
        0,
    )
    replied = following.content
    # Content words of the reply that this turn holds, and nothing before it.
    taken_up = {word for word in replied & cut.content if word not in known}
    touched = next((at for at, word in enumerate(stems) if word in replied), len(stems))
    pronouns = set(map(bare, reply))
    refers = any(pronouns & third for third in THIRD)
    found: list[CutPoint] = []
    for at, open_ in places:
        if at > news:
            break
        if taken_up and not taken_up.isdisjoint(content(" ".join(tokens[at:])) - set(stems[:at])):
            continue
        if asks:
            # An answer may come early, when most of the question is out.
            if at - start < 0.55 * (end - start) or not _WH.isdisjoint(map(bare, tokens[at:end])):
                continue
        elif at <= touched and (
            pronouns & _ANAPHORS or kind == "floor-taking" or (kind != "disagree" and end - at > 6)
        ):
            continue  # it may answer what was never said
        if refers and _pronoun_needs_unsaid(pronouns, tokens, at):
            continue
        # A question that takes up nothing of what was said clarifies nothing: it is a new point.
        why = "floor-taking" if kind == "clarify" and at <= touched else kind
        found.append(CutPoint(turn, at, open_ * (0.3 + min(at, 20) / 20), "direct", why))
    return found


def reply_kind(sentence: Sequence[str], reply: Sequence[str]) -> str:
    """Kind of interruption that a reply can be; "" where it reacts to the whole sentence."""
    first = bare(reply[0])
    if first == "no" and bare(reply[1]) in _NO_REFUSAL:
        return ""
    if sentence[-1].endswith("?"):
        if reply[-1].endswith("?"):
            return ""
        if first in {"no", "nope"} and _contains_phrase(sentence, _APART.values()):
            return "refuse"
        return "answer" if first in _ANSWERS else ""
    opening = " ".join(map(bare, reply[:2])) + " "
    if opening.startswith(_IDEAS) and len(reply) > 2:
        return "new-idea"
    if first in _REACTIONS:
        return ""
    if first in _OBJECTIONS:
        if len(reply) <= 2:
            return ""
        return (
            "refuse"
            if first != "but" and _contains_phrase(sentence, _APART.values())
            else "disagree"
        )
    if first in _ALARMS:
        return "urge"
    if first in _WAITS:
        return "clarify"
    question = reply[sentences(reply)[0][1] - 1].endswith("?")
    if question and first in _ASKING:
        return "clarify" if len(reply) > 2 else ""
    if first in INTERJECTIONS or first in _ANAPHORS:
        return ""
    return "clarify" if question else "floor-taking"


def request_made(tokens: Sequence[str]) -> str:
    """The words with which a plan, an offer or a request is made, which one can refuse; or ""."""
    text = f" {' '.join(map(bare, tokens))} "
    found = {phrase: text.rfind(apart) for phrase, apart in _APART.items() if apart in text}
    latest = max(found, key=lambda phrase: found[phrase], default="")
    asked = text[found[latest] + len(latest) + 2 :] if latest else ""
    return "" if asked.startswith(_ASKS_NOTHING) else latest


def _contains_phrase(tokens: Sequence[str], phrases: Iterable[str]) -> bool:
    """Whether a sentence has one of these, which have a space at either end."""
    text = f" {' '.join(map(bare, tokens))} "
    return any(phrase in text for phrase in phrases)


def _pronoun_needs_unsaid(pronouns: set[str], tokens: list[str], at: int) -> bool:
    """Whether "he", "she" or "they" of a reply may refer to someone named after the cut."""
    said = {bare(token) for token in tokens[:at]}
    unsaid = {bare(token) for token in tokens[at:]}
    return any(pronouns & third and not said & third and bool(unsaid & third) for third in THIRD)


def inserted_cut_points(turn: int, cut: AnalysedTurn) -> list[CutPoint]:
    """Places where an inserted turn can interrupt and the speaker can resume."""
    found: list[CutPoint] = []
    tokens = cut.tokens
    for start, end in cut.sentences:
        if end - start < 9 or tokens[end - 1].endswith("?"):
            continue
        if len(tokens) - start > _UNSAID_INSERTED:
            continue
        last = next((n for n in range(end - 1, start, -1) if cut.stems[n]), start)
        first = max(start + MIN_SAID + 1, 5)
        opens = map(openness, tokens[first - 1 : min(end - MIN_UNSAID, last + 1) - 1])
        places = [(at, open_) for at, open_ in enumerate(opens, first) if open_]
        clauses = _clauses(tokens, start, end) if places else []
        for at, open_ in places:
            restart = _restart_token(clauses, start, at)
            if restart >= 0:
                found.append(CutPoint(turn, at, open_, "inserted", "", restart))
    return found


#: Tokens from a clause's beginning to the cut at most, and from the sentence's.
_CLAUSE, _SENTENCE = 10, 12


def _clauses(tokens: list[str], start: int, end: int) -> list[tuple[int, int]]:
    """Clauses inside a sentence, the last first: where each begins, and the token from which the
    speaker resumes, which is after an "and".
    """
    found: list[tuple[int, int]] = []
    for index in range(end - 2, start, -1):
        if tokens[index - 1][-1] not in ",;":
            continue
        first = bare(tokens[index])
        if bare(tokens[index - 1]) in {"um", "uh", first}:
            continue
        if first in {"and", "but", "so", "or"}:
            if bare(tokens[index + 1]) not in {"as", "that"}:
                found.append((index, index + 1))
        elif first in {"i", "we", "they", "he", "she", "it", "you", "there", "my", "the"}:
            found.append((index, index))
    return found


def _restart_token(clauses: list[tuple[int, int]], start: int, at: int) -> int:
    """Start of the clause with the cut, where the speaker resumes; -1 if it is too far back."""
    for index, restart in clauses:
        if restart < at:
            if at - index <= _CLAUSE:
                return restart
            break
    return start if at - start <= _SENTENCE else -1


_SHARED = words(
    "people everybody everyone nobody always never hate love best worst kids honestly life"
)


def invites_agreement(tokens: list[str], at: int) -> bool:
    """Whether what was said of the sentence is an opinion that one can share, and not a fact."""
    start = next((n for n in range(at - 1, 0, -1) if tokens[n - 1][-1] in ".?!"), 0)
    return not _SHARED.isdisjoint(map(bare, tokens[start:at]))


def phrase_start(tokens: list[str], place: CutPoint) -> int:
    """Where the phrase begins that the cut left open, no earlier than the clause.

    >>> tokens = "Well, we put the keys in the drawer of the desk.".split()
    >>> phrase_start(tokens, CutPoint(0, 7, 1.0, "inserted", "", 1))
    5
    """
    index = place.at
    while (
        index - 1 > place.restart
        and tokens[index - 1][-1].isalpha()
        and tokens[index - 1].lower() in FUNCTION_WORDS
    ):
        index -= 1
    before = tokens[index - 1]
    if before[-1].isalpha() and (
        word_tag(before) in {"verb", "past"}
        or before.lower() in OPEN_VERBS
        or before.endswith("ing")
    ):
        # "to put on your": the verb belongs to it; one with a subject needs that, too.
        index = index - 1 if bare(tokens[index - 2]) == "to" else place.restart
    tied = index < place.at and tokens[index].lower() in {"and", "but", "or", "so"}
    starts = tokens[min(index + tied, place.at)].lower()
    if index in (place.at, place.restart + 1) or starts in AUXILIARIES or starts in _HANGING:
        return place.restart
    return max(index, place.restart)


#: Words that belong to what stands before them.
_HANGING = words(
    "not of me him us them one much many enough ago else away back that who which whose whom"
    " up down out off over around through along"
)
