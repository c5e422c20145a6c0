"""Acts that are read blindly: words of scripts and of meetings, with what was said before them."""

import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    PlainDialogue,
    Script,
    Words,
)
from interactspeech.training.acts.meetings import MeetingAct

#: Words of context before an act, and of an act, at most.
CONTEXT, ACT = 25, 8
#: Kinds of interruptions that are read together.
GROUPS = {
    "complete": "completion",
    "help-word": "completion",
    "clarify": "clarification",
    "cannot-hear": "clarification",
    "correct": "correction",
    "disagree": "disagreement",
    "refuse": "disagreement",
    "agree": "agreement",
    "answer": "early answer",
    "distraction": "distraction",
    "off-topic": "distraction",
}
#: Part of an MRDA tag -> the same.
TAGS = {
    "2": "completion",
    "br": "clarification",
    "bu": "clarification",
    "ar": "disagreement",
    "nd": "disagreement",
    "bc": "correction",
    "aa": "agreement",
}


@dataclass(frozen=True)
class Act:
    """Words with what was said before them: lines of (speaker, words), the last one unfinished."""

    source: str
    group: str
    dialogue: str
    speaker: str
    words: tuple[str, ...]
    before: tuple[tuple[str, tuple[str, ...]], ...]
    cuts_in: bool = False


def plain_words(text: str) -> tuple[str, ...]:
    """Words as meetings write them: no case, no punctuation."""
    return tuple(
        word
        for token in text.replace("\u2019", "'").split()
        # Meetings' readers close words that break off with an x.
        if (word := re.sub(r"[^\w']+x[.?]?$|[^\w'-]", "", token.lower()).strip("-'"))
    )


def last_lines(
    lines: Sequence[tuple[str, tuple[str, ...]]],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The last `CONTEXT` words, in lines; lines of one speaker in a row are one."""
    kept: list[tuple[str, tuple[str, ...]]] = []
    room = CONTEXT
    for speaker, said in reversed(lines):
        if room <= 0:
            break
        piece = said[-room:]
        room -= len(piece)
        if kept and kept[0][0] == speaker:
            kept[0] = (speaker, piece + kept[0][1])
        elif piece:
            kept.insert(0, (speaker, piece))
    return tuple(kept)


def script_acts(script: Script, plain: PlainDialogue, source: str) -> Iterator[Act]:
    """Acts of a script, and the text's own turns for comparison."""
    own = {
        (turn.speaker, plain_words(text))
        for turn in plain.turns
        for text in (turn.text, turn.written or turn.text)
    }

    def is_own(number: int) -> bool:
        turn = script.turns[number]
        text = plain_words(turn.written or f"{turn.said} {turn.unsaid}")
        return any(
            speaker == turn.speaker
            and (text == of or (len(of) >= 4 and " ".join(of) in " ".join(text)))
            for speaker, of in own
        )

    lines: list[tuple[str, tuple[str, ...]]] = []
    cut: Interruption | None = None
    overlap: Overlap | None = None
    resumes = ""

    def act(
        group: str,
        speaker: str,
        text: str,
        now: Sequence[tuple[str, tuple[str, ...]]] = (),
        *,
        cuts_in: bool = False,
    ) -> Act:
        words, before = plain_words(text)[:ACT], last_lines([*lines, *now])
        return Act(source, group, script.id, speaker, words, before, cuts_in)

    for number, turn in enumerate(script.turns):
        mine = is_own(number)
        if number:
            group = "turn" if mine else ""
            if cut is not None:
                group = "turn that cuts in" if mine else GROUPS.get(cut.kind, "other interruption")
            elif overlap is not None:
                group = "said together" if overlap.kind == "choral" else ""
            elif turn.speaker == resumes:
                group = "resumption"
            if group:
                yield act(group, turn.speaker, turn.said, cuts_in=cut is not None)
        # Who was cut off by words that are not the text's own takes the thread up again.
        resumes = script.turns[number - 1].speaker if cut is not None and not mine else ""
        said: tuple[str, ...] = ()
        for part in turn.parts:
            now = [(turn.speaker, said)]
            match part:
                case Words(text):
                    said += plain_words(text)
                case Interruption():
                    break
                case Backchannel(speaker, text):
                    yield act("feedback", speaker, text, now)
                case FailedInterruption(speaker, text, kind):
                    group = GROUPS.get(kind, "")
                    group = group if group in ("completion", "correction") else "attempt"
                    yield act(group, speaker, text, now, cuts_in=True)
                case Aside(speaker, text):
                    yield act("aside", speaker, text, now)
                case _:
                    pass
        lines.append((turn.speaker, said))
        cut = turn.cut
        overlap = next((part for part in turn.parts if isinstance(part, Overlap)), None)


def mrda_tags(folder: Path) -> dict[tuple[str, str, float], str]:
    """Meeting, speaker and onset of the first word -> tag of the act."""
    found = {}
    for path in sorted([*folder.glob("*.dadb"), *folder.glob("*.dadb.gz")]):
        data = path.read_bytes()
        table = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        for line in table.splitlines():
            fields = line.split(",")
            timed = re.match(r"[0-9]+(\.[0-9]+)?(?=\+)", fields[4]) if len(fields) > 7 else None
            if timed:
                key = path.name.split(".")[0], fields[7], round(float(timed[0]), 3)
                found[key] = fields[5]
    return found


def meeting_acts(
    name: str, acts: Sequence[MeetingAct], tags: dict[tuple[str, str, float], str], source: str
) -> Iterator[Act]:
    """What people did: an interruption begins in another's act and outlasts it, an attempt does not."""
    for number, one in enumerate(acts):
        earlier = acts[max(0, number - 40) : number]
        if one.role == "other" or not earlier:
            continue
        held = [a for a in earlier if a.role != "feedback" and a.start + 0.3 < one.start]
        others = [a for a in held if a.speaker != one.speaker]
        if not others or held[-1].speaker == one.speaker or one.start - others[-1].end > 3:
            continue
        over = [a for a in others if a.end - one.start > 0.2]
        kinds = [
            TAGS[part]
            for part in re.split(r"[\^.:|]", tags.get((name, one.speaker, round(one.start, 3)), ""))
            if part in TAGS
        ]
        if one.role == "feedback":
            group = "feedback"
        elif kinds:
            group = kinds[0]
        elif over:
            goes_on = max(a.end for a in over) - one.end > 0.5
            group = "attempt" if goes_on and one.end - one.start <= 1.2 else "other interruption"
        else:
            group = "turn"
        lines = [
            (a.speaker, tuple(w for t, s in zip(a.tokens, a.starts, strict=True) if s < one.start
                              for w in plain_words(t)))
            for a in held
        ]  # fmt: skip
        words = tuple(word for token in one.tokens for word in plain_words(token))
        yield Act(source, group, name, one.speaker, words[:ACT], last_lines(lines), bool(over))
