"""A script under construction: source lines, inserted lines, and marks between words.

The model names places by quoting words, never by numbers: models quote well and count badly.
Source lines are never rewritten, only divided; what a model may add is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from interactspeech.lexicon.normalization import normalize_text
from interactspeech.lexicon.words import bare, content, sentences, words
from interactspeech.records import (
    Backchannel,
    Interruption,
    Part,
    Pause,
    PlainDialogue,
    Script,
    Turn,
    Words,
)
from interactspeech.scripts.checks import check
from interactspeech.scripts.writers.cut_points import MIN_SAID, MIN_UNSAID
from interactspeech.scripts.writers.folding import as_backchannel, asks, fold_groups, unanswered
from interactspeech.scripts.writers.llm.answers import BadAnswerError
from interactspeech.scripts.writers.turn_drafts import finished_script

Role = Literal["source", "interruption", "reply"]

HESITATIONS = words("um uh er erm hmm well like so you know i mean kind of sort let me see")
#: Words that people use to drop a false start.
_EDITING = HESITATIONS | words("no sorry rather wait or")
_BACKCHANNEL_WORDS, _REPAIR_WORDS = 4, 6
#: Words of the longest turn that a model may take for an acknowledgement.
_FOLDED_WORDS = 6


@dataclass(slots=True)
class DraftLine:
    """One turn: its words, the cut (0: none), and marks before words."""

    speaker: str
    tokens: list[str]
    role: Role = "source"
    written: str = ""
    cut: int = 0
    marks: list[tuple[int, Part]] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Number of words before the cut."""
        return self.cut or len(self.tokens)

    @property
    def said(self) -> str:
        """The words before the cut."""
        return " ".join(self.tokens[: self.end])

    @property
    def unsaid(self) -> str:
        """The words after it."""
        return " ".join(self.tokens[self.end :])

    def turn(self) -> Turn:
        """The line as a turn of a script."""
        parts: list[Part] = []
        said: list[str] = []
        changed = False

        def close() -> None:
            if said:
                parts.append(Words(" ".join(said)))
                said.clear()

        at = 0
        for index, part in sorted(self.marks, key=lambda mark: mark[0]):
            said += self.tokens[at:index]
            at = index
            if isinstance(part, Words):
                hesitates = HESITATIONS.issuperset(map(bare, part.text.split()))
                if hesitates and said and said[-1][-1].isalnum():
                    said[-1] += ","
                said.append(part.text)
                changed = True
            else:
                close()
                parts.append(part)
        said += self.tokens[at:]
        close()
        written = self.written
        if changed and not written and self.role == "source":
            written = " ".join(self.tokens)
        return Turn(self.speaker, tuple(parts), written)


def lines_of(plain: PlainDialogue, *, fold: bool = False) -> list[DraftLine]:
    """A line for each turn of the source; folded (`fold_groups`) where that is asked for."""
    lines = [
        DraftLine(turn.speaker, turn.text.split(), "source", turn.written) for turn in plain.turns
    ]
    if not fold:
        return lines
    return folded(lines, fold_groups([(line.speaker, line.tokens) for line in lines]))


def folded(lines: list[DraftLine], groups: list[list[int]]) -> list[DraftLine]:
    """Each group as one line: every second of its lines is said as a backchannel in it."""
    found: list[DraftLine] = []
    for group in groups:
        line = lines[group[0]]
        for heard, more in zip(group[1::2], group[2::2], strict=True):
            said, on = lines[heard], lines[more]
            at = len(line.tokens)
            sources = [one.written or " ".join(one.tokens) for one in (line, said, on)]
            line = DraftLine(
                line.speaker,
                line.tokens + on.tokens,
                "source",
                f"{sources[0]} [{said.speaker}: {sources[1]}] {sources[2]}",
                marks=[
                    *line.marks,
                    (at, Backchannel(said.speaker, as_backchannel(said.tokens))),
                    *((at + index, part) for index, part in on.marks),
                ],
            )
        found.append(line)
    return found


def may_acknowledge(lines: list[DraftLine]) -> list[int]:
    """Lines that stand between two of the other's, answer nothing, ask nothing and are short."""
    return [
        index
        for index in range(1, len(lines) - 1)
        if lines[index - 1].speaker == lines[index + 1].speaker
        and not asks(lines[index - 1].tokens)
        and not lines[index].marks
        and not any("?" in token for token in lines[index].tokens)
        and len(lines[index].tokens) <= _FOLDED_WORDS
    ]


def fold_answered(lines: list[DraftLine], numbers: list[int]) -> list[DraftLine]:
    """The lines with those of an answer folded, which must acknowledge and say nothing else.

    Args:
        lines: of the dialogue.
        numbers: indices of the lines to be folded.

    Raises:
        BadAnswerError: `fold-place`, `fold-content` or `fold-answer`.
    """
    open_ = may_acknowledge(lines)
    chosen = sorted(set(numbers))
    for number in chosen:
        if number not in open_:
            raise BadAnswerError("fold-place", f"turn {number + 1} cannot be folded")
        if number - 1 in chosen:
            raise BadAnswerError("fold-place", f"turns {number} and {number + 1} are neighbours")
        before = content(" ".join(line.said for line in lines[:number]))
        after = content(" ".join(line.said for line in lines[number + 1 :]))
        taken_up = (content(lines[number].said) - before) & after
        if taken_up:
            raise BadAnswerError(
                "fold-content",
                f"turn {number + 1} brings up {', '.join(sorted(taken_up))}, which is spoken of",
            )
    groups: list[list[int]] = []
    for number in range(len(lines)):
        if groups and (number in chosen or groups[-1][-1] in chosen):
            groups[-1].append(number)
        else:
            groups.append([number])
    lost = unanswered([(line.speaker, line.tokens) for line in lines], groups)
    if lost:
        raise BadAnswerError("fold-answer", f"turn {lost[0] + 1} would lose its answer")
    return folded(lines, groups)


def script_of(plain: PlainDialogue, lines: list[DraftLine], writer: str) -> Script:
    """The script of the lines."""
    return finished_script(plain, (line.turn() for line in lines), writer)


def can_cut(tokens: list[str], at: int) -> bool:
    """Whether enough of one sentence lies before and after word `at`."""
    return any(
        start < at < end and at - start >= MIN_SAID and end - at >= MIN_UNSAID
        for start, end in sentences(tokens)
    )


def find(tokens: list[str], after: str) -> int:
    """The index of the word that follows the quoted ones.

    Raises:
        BadAnswerError: `place-not-found` or `mark-at-end`.
    """
    sought = [bare(token) for token in after.split()]
    have = [bare(token) for token in tokens]
    if sought:
        for start in range(len(have) - len(sought) + 1):
            if have[start : start + len(sought)] == sought:
                at = start + len(sought)
                if at < len(tokens):
                    return at
                raise BadAnswerError("mark-at-end", f"nothing follows {after[:60]!r}")
    raise BadAnswerError("place-not-found", f"the turn does not hold the words {after[:60]!r}")


def spoken(text: str, most: int) -> str:
    """Words that can be said, in normal form.

    Raises:
        BadAnswerError: `empty`, or the name of the check that they fail.
    """
    text = " ".join(text.strip().strip('"').split())
    if not text or not any(letter.isalnum() for letter in text):
        raise BadAnswerError("empty", "there is nothing to say")
    if text.count(" ") >= most:
        raise BadAnswerError("length", f"{text.count(' ') + 1} words, at most {most}")
    alone = Script("words", (Turn("A", (Words(text),)), Turn("B", (Words("Yes."),))))
    for failure in check(alone):
        raise BadAnswerError(failure.check, failure.problem)
    if any(letter.isdigit() for letter in text):
        text = normalize_text(text)  # numbers become words
    return text


def add_mark(line: DraftLine, listener: str, what: str, after: str, text: str) -> None:
    """Add a mark inside a line.

    Raises:
        BadAnswerError: `place-not-found`, `mark-at-end`, `mark-kind`, `crowded`,
            `backchannel-words`, `hesitation-words`, `repair-words`, or what `spoken` raises.
    """
    at = find(line.tokens, after)
    if at >= line.end:
        raise BadAnswerError("mark-at-end", f"{after[:60]!r} ends what is said of the turn")
    if any(abs(at - index) < 3 for index, _ in line.marks):
        raise BadAnswerError("crowded", f"another mark stands too close to {after[:60]!r}")
    if what == "pause":
        line.marks.append((at, Pause()))
        return
    said = [bare(token) for token in text.split()]
    if what == "backchannel":
        if len(said) > _BACKCHANNEL_WORDS or "?" in text:
            raise BadAnswerError("backchannel-words", f"{text[:60]!r} is more than listening")
        words_ = spoken(text, _BACKCHANNEL_WORDS).strip(".,!")
        line.marks.append((at, Backchannel(listener, words_)))
    elif what == "hesitation":
        if not said or not HESITATIONS.issuperset(said) or len(said) > _BACKCHANNEL_WORDS:
            raise BadAnswerError("hesitation-words", f"{text[:60]!r} is no hesitation")
        line.marks.append((at, Words(_trailing(spoken(text, _BACKCHANNEL_WORDS)))))
    elif what == "repair":
        retraced = said[:1] == [bare(line.tokens[at])]
        if not retraced or not (len(said) == 1 or _EDITING & set(said[1:])):
            raise BadAnswerError("repair-words", f"{text[:60]!r} does not begin what follows")
        line.marks.append((at, Words(_trailing(spoken(text, _REPAIR_WORDS)))))
    else:
        raise BadAnswerError("mark-kind", f"there is no mark {what[:40]!r}")


def _trailing(text: str) -> str:
    return text.strip(" ,.!?;") + ","


def interrupt(
    lines: list[DraftLine], index: int, at: int, cut: Interruption, words_: str, reply: str
) -> None:
    """Cut a line, and insert the interruption and the speaker's response after it."""
    line = lines[index]
    other = next(one.speaker for one in lines if one.speaker != line.speaker)
    line.cut = at
    line.marks.append((at, cut))
    lines[index + 1 : index + 1] = [
        DraftLine(other, words_.split(), "interruption"),
        DraftLine(line.speaker, reply.split(), "reply"),
    ]


def changed(before: Script, after: Script, added: set[int]) -> str:
    """The forbidden change of a repaired script; "" where it only changed what it may.

    Args:
        before: the script.
        after: the repaired one.
        added: numbers (from 0) of the turns that are not the source's.
    """
    if [turn.speaker for turn in before.turns] != [turn.speaker for turn in after.turns]:
        return "lines were added, left out or given to the other speaker"
    for number, (old, new) in enumerate(zip(before.turns, after.turns, strict=True)):
        if number in added:
            continue
        if _all_words(old) != _all_words(new):
            return f"the words of line {number + 1} were changed"
    return ""


def _all_words(turn: Turn) -> list[str]:
    return [
        bare(token) for part in turn.parts if isinstance(part, Words) for token in part.text.split()
    ]
