"""Training examples from scripts: question and answer for each task, and their source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from interactspeech.lexicon.words import bare, content, sentences
from interactspeech.records import (
    Aside,
    Backchannel,
    FailedInterruption,
    Interruption,
    PlainDialogue,
    PlainTurn,
    Script,
    Turn,
    Words,
)
from interactspeech.scripts.kinds import STRUCTURAL_KINDS
from interactspeech.scripts.notation import format_script
from interactspeech.scripts.writers.phrases import lower_initial
from interactspeech.training.text import prompts
from interactspeech.training.text.prompts import STAGED, BackchannelMark, Message, Task

#: Turns shorter than this are not asked about backchannels.
LISTENED = 6
#: Share of the unsaid content words that a turn must come back to, to count as taking up.
TAKEN_UP = 0.5


class TextExample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question with its answer.

    Attributes:
        task: see `prompts`.
        prompt: system and user message.
        completion: the assistant's message.
        script: id of the script it comes from.
        kind: of the interruption, the attempt or the aside, where there is one.
        licence: of the script's source.
    """

    task: Task
    prompt: list[Message]
    completion: list[Message]
    script: str
    kind: str = ""
    licence: str = ""

    def row(self) -> dict[str, list[Message]]:
        """What a trainer reads."""
        return {"prompt": self.prompt, "completion": self.completion}


def examples(script: Script, tasks: Sequence[Task] = STAGED) -> Iterator[TextExample]:
    """All examples of one script, in the order of its turns."""

    def one(task: Task, prompt: list[Message], answer: str, kind: str = "") -> TextExample:
        said = [{"role": "assistant", "content": answer}]
        return TextExample(task, prompt, said, script.id, kind, script.licence)

    turns, roles, speakers = script.turns, script.roles, script.speakers
    for index, turn in enumerate(turns):
        if "listen" in tasks and len(turn.said.split()) >= LISTENED:
            for by in speakers:
                if by != turn.speaker:
                    marks, words = heard(turn, by)
                    question = prompts.listen(turn.speaker, words, by, roles.get(by, ""))
                    yield one("listen", question, prompts.answer_marks(marks))
        before = [(other.speaker, other.said) for other in turns[:index]]
        whole = f"{turn.said} {turn.unsaid}".split()
        for at, part in _acts(turn, company=len(speakers) > _PAIR):
            by, role = part.speaker, roles.get(part.speaker, "")
            line = [*before, (turn.speaker, " ".join(whole[:at]))]
            answer = prompts.answer_line(by, part.text)
            if isinstance(part, Aside):
                if "aside" in tasks:
                    yield one("aside", prompts.aside(line, by, part.kind, role), answer, part.kind)
                continue
            if "place" in tasks and part.kind not in STRUCTURAL_KINDS:
                question = prompts.place(
                    turn.speaker, " ".join(whole), by, part.kind, role, fails=True
                )
                yield one("place", question, prompts.quote(whole, at), part.kind)
            if "attempt" in tasks:
                question = prompts.attempt(line, by, part.kind, role)
                yield one("attempt", question, answer, part.kind)
        if turn.cut is None or index + 1 == len(turns):
            continue
        reply, kind = turns[index + 1], turn.cut.kind
        said, unsaid = turn.said, turn.unsaid
        role = roles.get(reply.speaker, "")
        if "place" in tasks:
            at = len(said.split())
            question = prompts.place(turn.speaker, " ".join(whole), reply.speaker, kind, role)
            yield one("place", question, prompts.quote(whole, at), kind)
        if "interrupt" in tasks:
            question = prompts.interrupt([*before, (turn.speaker, said)], reply.speaker, kind, role)
            yield one("interrupt", question, prompts.answer_line(reply.speaker, reply.said), kind)
        if "resume" in tasks and takes_up(turns, index):
            again = turns[index + 2]
            question = prompts.resume(
                turn.speaker, said, unsaid, reply.speaker, reply.said, roles.get(turn.speaker, "")
            )
            yield one("resume", question, prompts.answer_line(again.speaker, again.said), kind)
    if "rewrite" in tasks:
        answer = format_script(msgspec.structs.replace(script, names={}), header=False).strip()
        yield one("rewrite", prompts.rewrite(plain_of(script)), answer)


def takes_up(turns: Sequence[Turn], index: int) -> bool:
    """Whether the speaker who is cut off in turn `index` says next what was left unsaid."""
    if index + 2 >= len(turns) or turns[index + 2].speaker != turns[index].speaker:
        return False
    left = content(turns[index].unsaid)
    again = content(turns[index + 2].said)
    return bool(left) and len(left & again) >= TAKEN_UP * len(left)


def _acts(turn: Turn, *, company: bool) -> Iterator[tuple[int, FailedInterruption | Aside]]:
    """Attempts and asides with the number of words said before each.

    Not an attempt that is made again in the same words, nor, in company, one without a kind: such a
    one is a turn of the text that lies over another's talk, and nothing that a writer made up.
    """
    at = 0
    made: set[tuple[str, str]] = set()
    for part in turn.parts:
        if isinstance(part, Interruption):
            return
        if isinstance(part, Words):
            at += len(part.text.split())
        elif isinstance(part, Aside) and at:
            yield at, part
        elif isinstance(part, FailedInterruption) and at:
            if (part.speaker, part.text) not in made and (part.kind or not company):
                yield at, part
            made.add((part.speaker, part.text))


def heard(turn: Turn, listener: str) -> tuple[list[BackchannelMark], str]:
    """A listener's backchannels in a turn, with the words before each, and the words said."""
    tokens = turn.said.split()
    marks: list[BackchannelMark] = []
    at = 0
    for part in turn.parts:
        if isinstance(part, Interruption):
            break
        if isinstance(part, Words):
            at += len(part.text.split())
        elif isinstance(part, Backchannel) and part.speaker == listener and 0 < at < len(tokens):
            marks.append(BackchannelMark(prompts.quote(tokens, at), part.text))
    return marks, " ".join(tokens)


def plain_of(script: Script) -> PlainDialogue:
    """The dialogue that a script was made of, as far as the script shows.

    What an interruption added (what breaks in, and the turn that takes the thread up) is left out
    again; cut turns are whole.
    """
    turns: list[PlainTurn] = []
    skip = 0
    for index, turn in enumerate(script.turns):
        if skip:
            skip -= 1
            continue
        if turn.cut is not None and takes_up(script.turns, index):
            skip = 2
        turns.append(PlainTurn(turn.speaker, f"{turn.said} {turn.unsaid}".strip()))
    return PlainDialogue(
        id=script.id,
        turns=tuple(turns),
        names=script.names,
        corpus=script.corpus,
        source_id=script.source_id,
        licence=script.licence,
        split=script.split,
    )


def all_examples(scripts: Iterable[Script], tasks: Sequence[Task] = STAGED) -> list[TextExample]:
    """The examples of many scripts, each question and answer once."""
    seen: set[str] = set()
    kept: list[TextExample] = []
    for example in chain.from_iterable(examples(script, tasks) for script in scripts):
        key = f"{example.prompt[1]['content']}\0{example.completion[0]['content']}\0{example.task}"
        if key not in seen:
            seen.add(key)
            kept.append(example)
    return kept


#: Words that an answer may say before it takes the line up, and words before the cut where it may.
_PREFACE, _BACK = 8, 14
_FEW = 4
_PAIR = 2


def go_on(answer: list[str], tokens: list[str], at: int) -> str:
    """Repair an answer that loses the thread: its own opening, then the line as it was planned.

    Args:
        answer: "I said," "we take" "a bus", whose middle words are the line's; or "Right, so" and
            something else, of which the opening is kept.
        tokens: of the line.
        at: of the cut; what is taken up begins at it or before it.
    """
    said, have = [bare(token) for token in answer], [bare(token) for token in tokens]
    for index in range(min(len(said) - 1, _PREFACE)):
        for start in range(at, max(-1, at - _BACK), -1):
            if start + 1 < len(have) and said[index : index + 2] == have[start : start + 2]:
                inside = bool(index) and answer[index - 1][-1] not in ".?!"
                first = lower_initial(tokens[start]) if inside else tokens[start]
                return " ".join([*answer[:index], first, *tokens[start + 1 :]])
    start, _ = next(found for found in sentences(tokens) if found[0] <= at < found[1])
    if at - start > _BACK:  # too much to say again: from the last clause, or a few words back
        commas = [n + 1 for n in range(at - _BACK, at - 1) if tokens[n][-1] in ",;"]
        start = commas[-1] if commas else at - _FEW
    opening = next((n + 1 for n in range(min(3, len(answer))) if answer[n][-1] == ","), 0)
    first = tokens[start] if not opening else lower_initial(tokens[start])
    return " ".join([*answer[:opening], first, *tokens[start + 1 :]])


#: Words in a row that are not repeated by chance.
_RUN = 6


def echoed(words: str, heard: Sequence[str]) -> bool:
    """Whether an interruption holds `_RUN` words in a row of a line that was just heard.

    People quote a phrase when they ask back ("which slow train?"); a small model that has nothing
    to say copies its question.
    """
    said = [bare(word) for word in words.split()]
    runs = {tuple(said[at : at + _RUN]) for at in range(len(said) - _RUN + 1)}
    if not runs:
        return False
    for line in heard:
        have = [bare(word) for word in line.split()]
        if any(tuple(have[at : at + _RUN]) in runs for at in range(len(have) - _RUN + 1)):
            return True
    return False
