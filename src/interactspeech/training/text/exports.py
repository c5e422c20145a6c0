"""Scripts for text trainers: tasks as chat, and preference pairs.

Both read the script that a record of a built corpus holds. The questions are those of
`interactspeech.training.text.prompts`: a question for an interruption shows what was said so far,
and never the unsaid part.

| format | file | row |
|---|---|---|
| `text-tasks` | ``tasks.jsonl`` | `messages` (system, user, assistant), `task`, `kind` |
| `preferences` | ``preferences.jsonl`` | `prompt`, `chosen`, `rejected` (messages), `task`, `why` |

A pair about an interruption: chosen is what the script's interrupter says, who has heard the words
so far; rejected is an answer that uses what was never said. A pair about listening: chosen has the
backchannels where the script has them, rejected has as many at other places of the same line, or
one where the script has none. Each pair is checked by what the script checks use, so that the
chosen answer leaks nothing and the rejected one does.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from interactspeech.corpus.exchange.data_files import JsonLinesExporter
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
)
from interactspeech.errors import InputError
from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import Dialogue, Script
from interactspeech.scripts.notation import parse_script
from interactspeech.scripts.writers.phrases import lower_initial
from interactspeech.seeds import generator
from interactspeech.training.text import prompts
from interactspeech.training.text.examples import LISTENED, examples, heard
from interactspeech.training.text.prompts import BackchannelMark, Message

#: Words of an answer's opening that a made one keeps.
_OPENING = 3
#: Words between two backchannels, and between a made one and one of the script's, at least.
_APART = 3


def script_of(dialogue: Dialogue) -> Script:
    """The script that a dialogue was made of.

    Raises:
        InputError: its record holds none (it was mined, or imported without one).
    """
    if not dialogue.provenance.script:
        raise InputError(
            f"dialogue {dialogue.id!r}: its record holds no script",
            remedy="export the records' words with `chat` or `barge-in`", reason="no-scripts",
        )  # fmt: skip
    return parse_script(dialogue.provenance.script, dialogue.id)


def task_rows(script: Script) -> Iterator[dict[str, Any]]:
    """The staged tasks of a script as chat."""
    for one in examples(script):
        yield {"messages": [*one.prompt, *one.completion], "task": one.task, "kind": one.kind}


def preference_rows(script: Script, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Pairs of a good and a bad answer to one question.

    Args:
        script: with its cuts and backchannels.
        seed: of the places that bad answers choose.
    """
    turns, roles = script.turns, script.roles
    for index, turn in enumerate(turns):
        listeners = [by for by in script.speakers if by != turn.speaker]
        for by in listeners if len(turn.said.split()) >= LISTENED else ():
            marks, line = heard(turn, by)
            moved = _elsewhere(marks, line.split(), script.id, index, seed)
            if moved:
                yield _pair(
                    prompts.listen(turn.speaker, line, by, roles.get(by, "")),
                    prompts.answer_marks(marks), prompts.answer_marks(moved), "listen",
                    "feedback at other places" if marks else "feedback where the script has none",
                )  # fmt: skip
        if turn.cut is None or index + 1 == len(turns):
            continue
        reply = turns[index + 1]
        before_cut = [f"{one.said} {one.unsaid}" for one in turns[:index]]
        known = content(" ".join([*before_cut, turn.said]))
        knowing = _knowing(reply.said, turn.unsaid)
        leaks = leaks_unsaid(knowing, turn.unsaid, known)
        if not leaks or leaks_unsaid(reply.said, turn.unsaid, known):
            continue
        before = [(other.speaker, other.said) for other in turns[:index]]
        yield _pair(
            prompts.interrupt(
                [*before, (turn.speaker, turn.said)], reply.speaker, turn.cut.kind,
                roles.get(reply.speaker, ""),
            ),
            prompts.answer_line(reply.speaker, reply.said),
            prompts.answer_line(reply.speaker, knowing), "interrupt",
            f"knows what was never said: {', '.join(sorted(leaks))}",
        )  # fmt: skip


def _pair(prompt: list[Message], chosen: str, rejected: str, task: str, why: str) -> dict[str, Any]:
    def said(text: str) -> list[Message]:
        return [{"role": "assistant", "content": text}]

    return {
        "prompt": prompt, "chosen": said(chosen), "rejected": said(rejected), "task": task,
        "why": why,
    }  # fmt: skip


def _knowing(reply: str, unsaid: str) -> str:
    """What somebody would say who knew the unsaid words: the reply's opening, then those.

    It is about as long as the reply, so that length does not tell the two apart.
    """
    words = reply.split()
    comma = next((n + 1 for n in range(min(_OPENING, len(words))) if words[n][-1] in ",.!?"), 0)
    opening = words[: comma or 1]
    rest = unsaid.split()[: max(_OPENING, len(words) - len(opening))]
    tail = " ".join(rest).rstrip(".,;:!?")
    mark = reply[-1] if reply and reply[-1] in ".?!" else "."
    return f"{' '.join(opening)} {lower_initial(tail)}{mark}"


def _elsewhere(
    marks: list[BackchannelMark], tokens: list[str], name: str, index: int, seed: int
) -> list[BackchannelMark]:
    """As many backchannels at other places: inside phrases, away from the script's own.

    Empty where the line has no such places.
    """
    random = generator(seed, "preferences", name, index)
    taken = [place for place in range(1, len(tokens)) if _is_after(marks, tokens, place)]
    free = [
        place
        for place in range(2, len(tokens) - 1)
        if tokens[place - 1][-1] not in ",.;:!?"
        and all(abs(place - one) >= _APART for one in taken)
    ]
    said = [mark.said for mark in marks] or ["mm-hm"]
    chosen: list[int] = []
    for place in random.permutation(free).tolist():
        if len(chosen) < len(said) and all(abs(place - one) >= _APART for one in chosen):
            chosen.append(int(place))
    if len(chosen) < len(said):
        return []
    return [
        BackchannelMark(prompts.quote(tokens, place), what)
        for place, what in zip(sorted(chosen), said, strict=True)
    ]


def _is_after(marks: list[BackchannelMark], tokens: list[str], place: int) -> bool:
    quoted = prompts.quote(tokens, place)
    return any(mark.after == quoted for mark in marks)


class _ScriptRows(JsonLinesExporter):
    """A list of rows that scripts give."""

    @abstractmethod
    def script_rows(self, script: Script) -> Iterable[dict[str, Any]]:
        """The rows of one script."""

    def rows(self, piece: ExportedDialogue) -> list[dict[str, Any]]:
        """The rows of the dialogue's script."""
        found = list(self.script_rows(script_of(piece.dialogue)))
        if not found:
            raise InputError(
                f"dialogue {piece.item.id!r}: its script has nothing to ask about",
                remedy="scripts with interruptions and backchannels have", reason="no-scripts",
            )  # fmt: skip
        return found


class TextTasksExporter(_ScriptRows):
    """``tasks.jsonl``: see `task_rows`."""

    file = "tasks.jsonl"

    def script_rows(self, script: Script) -> Iterable[dict[str, Any]]:
        """The tasks of one script."""
        return task_rows(script)


class PreferencesExporter(_ScriptRows):
    """``preferences.jsonl``: see `preference_rows`."""

    file = "preferences.jsonl"

    def script_rows(self, script: Script) -> Iterable[dict[str, Any]]:
        """The pairs of one script."""
        return preference_rows(script)
