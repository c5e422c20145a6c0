"""Checks of scripts, of any writer; failures are counted by the name of the check.

| check | fails where |
|---|---|
| `alternate` | one speaker has two turns in a row |
| `speakers` | there are fewer than two speakers, or more than allowed (six) |
| `interruptions` | more turns are cut off than allowed |
| `place` | a cut lies in the first or last words of its sentence, or leaves nothing unsaid |
| `ignorance` | the interrupter uses content words that only the unsaid part holds |
| `directions` | spoken words hold markup, a stage direction, a link, or a mark that did not parse |
| `length` | a turn has more words than a spoken turn can have |
| `repetition` | a long turn is said twice, or one word four times in a row |
| `last-turn` | the last turn is cut off: no turn follows that interrupts it |
| `laugh-along` | somebody laughs along where nobody laughs, or with themselves |
| `blocked` | a word or phrase of a list that the caller gave is spoken |
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.words import bare, content, leaks_unsaid, sentences, words
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Script,
    Sound,
    Turn,
    Words,
)
from interactspeech.records.script import MAX_SPEAKERS
from interactspeech.scripts.writers.cut_points import MIN_SAID, MIN_UNSAID

_DIRECTION = re.compile(r"[\[\]{}<>*_|#@\\]|\(|\)|https?:|www\.\w|\b[AB]:\s")
#: Turns shorter than this may be said again ("Yes, please.").
_SHORT = 6
#: New content words from which on an interruption can count as irrelevant: one or two are too few
#: ("My sister hated it").
_MIN_IRRELEVANT = 3
#: Telephone numbers say a digit as often as they must.
_DIGITS = words("zero one two three four five six seven eight nine oh double")


class CheckLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the checks allow.

    Attributes:
        interruptions: turns of a script that are cut off; with roles half of the turns, if that is
            more.
        speakers: of a script, at most.
        first, last: words of a sentence that are said before a cut, and that stay unsaid.
        turn_words: longest turn.
        blocked: words and phrases that must not be spoken, in lower case (see `blocklist`); empty
            by default, because it depends on the use.
    """

    interruptions: int = 2
    speakers: int = MAX_SPEAKERS
    first: int = MIN_SAID
    last: int = MIN_UNSAID
    turn_words: int = 250
    blocked: frozenset[str] = frozenset()


def blocklist(path: str | Path) -> frozenset[str]:
    """Words and phrases of a UTF-8 file, one a line; empty lines and those after "#" do not count.

    Raises:
        InputError: the file cannot be read (reason ``unreadable``).
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the list of blocked words: {error}", path, reason="unreadable"
        ) from None
    entries = (line.split("#", 1)[0] for line in text.splitlines())
    return frozenset(" ".join(map(bare, entry.split())) for entry in entries if entry.strip())


class CheckFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A check that a script does not pass. `turn` counts from 0; -1 is the script as a whole."""

    check: str
    turn: int
    problem: str


def check(script: Script, limits: CheckLimits | None = None) -> list[CheckFailure]:
    """Every check that fails, in the order of the turns."""
    limits = limits or CheckLimits()
    failures: list[CheckFailure] = []

    def fail(name: str, turn: int, problem: str) -> None:
        failures.append(CheckFailure(name, turn, problem))

    speakers = script.speakers
    if not 2 <= len(speakers) <= limits.speakers:
        fail("speakers", -1, f"{len(speakers)} speakers: {', '.join(speakers)}")
    cuts = sum(turn.cut is not None for turn in script.turns)
    allowed = limits.interruptions
    if script.roles:  # which interrupt at rates of their own, among any number of speakers
        allowed = max(allowed, len(script.turns) // 2)
    if cuts > allowed:
        fail("interruptions", -1, f"{cuts} turns are cut off, at most {allowed}")
    if script.turns and script.turns[-1].cut:
        fail("last-turn", len(script.turns) - 1, "no turn follows the cut")
    known: frozenset[str] = frozenset()
    seen: set[str] = set()
    for index, turn in enumerate(script.turns):
        reply = script.turns[index + 1] if index + 1 < len(script.turns) else None
        if reply is not None and reply.speaker == turn.speaker:
            fail("alternate", index + 1, f"{turn.speaker} has two turns in a row")
        said, unsaid = turn.said, turn.unsaid
        for text in _spoken_texts(turn):
            found = _DIRECTION.search(text)
            if found:
                fail("directions", index, f"{found.group()!r} in {text[:60]!r}")
        count = said.count(" ") + unsaid.count(" ") + 2
        if count > limits.turn_words:
            fail("length", index, f"{count} words, at most {limits.turn_words}")
        repeated = _repetition(said, seen)
        if repeated:
            fail("repetition", index, repeated)
        for text in _spoken_texts(turn) if limits.blocked else ():
            word = _blocked_entry(text, limits.blocked)
            if word:
                fail("blocked", index, f"{word!r} is on the list of blocked words")
        if _laughs_alone(turn):
            fail("laugh-along", index, "somebody laughs along, and nobody laughed")
        known |= content(said)
        if turn.cut:
            problem = _cut_problem(said.split(), unsaid.split(), limits)
            if problem:
                fail("place", index, problem)
            if reply is not None:
                leaked = leaks_unsaid(f"{reply.said} {reply.unsaid}", unsaid, known)
                if leaked:
                    fail("ignorance", index + 1, f"uses the unsaid {', '.join(sorted(leaked))}")
    return failures


def refusal_error(script: Script, failures: list[CheckFailure]) -> InputError:
    """The error that a failed script is dropped with; its reason is ``check-<name>``."""
    first = failures[0]
    where = f"turn {first.turn + 1}: " if first.turn >= 0 else ""
    return InputError(
        f"script {script.id}: {where}{first.problem}",
        script.file or None,
        script.line or None,
        reason=f"check-{first.check}",
    )


def irrelevant_words(words: str, known: frozenset[str]) -> frozenset[str]:
    """Content words of an interruption if none occurred in the dialogue so far (`relevance`).

    For text that a writer generated. People's replies need not share a word: of those in
    DailyDialog, DialogSum and SGD one in seven would fail, so `check` does not ask this of scripts.

    Args:
        words: of the one who cuts in.
        known: stems of everything said before.
    """
    found = content(words)
    return found if len(found) >= _MIN_IRRELEVANT and not found & known else frozenset()


def _laughs_alone(turn: Turn) -> bool:
    laughed = False
    for part in turn.parts:
        if isinstance(part, Sound) and part.sound == "laugh":
            if part.speaker and (part.speaker == turn.speaker or not laughed):
                return True
            laughed = laughed or not part.speaker
    return False


def _spoken_texts(turn: Turn) -> list[str]:
    return [
        part.text
        for part in turn.parts
        if isinstance(part, Words | Backchannel | FailedInterruption | Aside)
    ]


def _blocked_entry(text: str, blocked: frozenset[str]) -> str:
    said = f" {' '.join(map(bare, text.split()))} "
    return next((entry for entry in sorted(blocked) if f" {entry} " in said), "")


def _repetition(said: str, seen: set[str]) -> str:
    tokens = [bare(token) for token in said.split()]
    for index in range(3, len(tokens)):
        if (
            tokens[index]
            and tokens[index] not in _DIGITS
            and tokens[index - 3 : index].count(tokens[index]) == 3
        ):
            return f"{tokens[index]!r} four times in a row"
    text = " ".join(tokens)
    if len(tokens) >= _SHORT:
        if text in seen:
            return "said before, word for word"
        seen.add(text)
    return ""


def _cut_problem(said: list[str], unsaid: list[str], limits: CheckLimits) -> str:
    if not unsaid:
        return "nothing is left unsaid"
    at = len(said)
    tokens = said + unsaid
    start, end = next((found for found in sentences(tokens) if found[0] < at < found[1]), (at, at))
    if at - start < limits.first:
        return f"cut after {at - start} words of a sentence, at least {limits.first}"
    if end - at < limits.last:
        return f"cut {end - at} words before the end of a sentence, at least {limits.last}"
    return ""
