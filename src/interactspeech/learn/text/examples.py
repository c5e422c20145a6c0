"""From scripts to training examples: question and answer for each task, and their source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from interactspeech.dialogue import Cut, Listen, PlainDialogue, PlainTurn, Script, Turn, Words
from interactspeech.learn.text import prompts
from interactspeech.learn.text.prompts import STAGED, Mark, Message, Task
from interactspeech.script.lexicon import content
from interactspeech.script.notation import format_script

#: Turns shorter than this are not asked about backchannels.
LISTENED = 6
#: Share of the unsaid content words that a turn must come back to, to count as taking up.
TAKEN_UP = 0.5


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question with its answer.

    Attributes:
        task: see `prompts`.
        prompt: system and user message.
        completion: the assistant's message.
        script: id of the script it comes from.
        kind: of the interruption, where there is one.
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


def examples(script: Script, tasks: Sequence[Task] = STAGED) -> Iterator[Example]:
    """All examples of one script, in the order of its turns."""

    def one(task: Task, prompt: list[Message], answer: str, kind: str = "") -> Example:
        said = [{"role": "assistant", "content": answer}]
        return Example(task, prompt, said, script.id, kind, script.licence)

    turns = script.turns
    for index, turn in enumerate(turns):
        if "listen" in tasks and len(turn.said.split()) >= LISTENED:
            marks, words = heard(turn)
            yield one("listen", prompts.listen(turn.speaker, words), prompts.answer_marks(marks))
        if turn.cut is None or index + 1 == len(turns):
            continue
        reply, kind = turns[index + 1], turn.cut.kind
        said, unsaid = turn.said, turn.unsaid
        if "place" in tasks:
            tokens = f"{said} {unsaid}".split()
            at = len(said.split())
            question = prompts.place(turn.speaker, " ".join(tokens), kind)
            yield one("place", question, prompts.quote(tokens, at), kind)
        if "interrupt" in tasks:
            before = [(other.speaker, other.said) for other in turns[:index]]
            question = prompts.interrupt([*before, (turn.speaker, said)], reply.speaker, kind)
            yield one("interrupt", question, prompts.answer_line(reply.speaker, reply.said), kind)
        if "resume" in tasks and takes_up(turns, index):
            again = turns[index + 2]
            question = prompts.resume(turn.speaker, said, unsaid, reply.said)
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


def heard(turn: Turn) -> tuple[list[Mark], str]:
    """Backchannels of a turn with the words before each, and the words that are said."""
    tokens = turn.said.split()
    marks: list[Mark] = []
    at = 0
    for part in turn.parts:
        if isinstance(part, Cut):
            break
        if isinstance(part, Words):
            at += len(part.text.split())
        elif isinstance(part, Listen) and 0 < at < len(tokens):
            marks.append(Mark(prompts.quote(tokens, at), part.text))
    return marks, " ".join(tokens)


def plain_of(script: Script) -> PlainDialogue:
    """The dialogue that a script was made of, as far as the script tells.

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


def all_examples(scripts: Iterable[Script], tasks: Sequence[Task] = STAGED) -> list[Example]:
    """The examples of many scripts, each question and answer once."""
    seen: set[str] = set()
    kept: list[Example] = []
    for example in chain.from_iterable(examples(script, tasks) for script in scripts):
        key = f"{example.prompt[1]['content']}\0{example.completion[0]['content']}\0{example.task}"
        if key not in seen:
            seen.add(key)
            kept.append(example)
    return kept
