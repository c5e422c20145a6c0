"""The questions that a text model is trained on, and the form of its answers.

Prompting is staged, as in the paper (staged prompting was rated good 98 % of the time, single-stage
21 %): a question for an interruption never shows the unsaid part. Training and use are alike.

| task | the model is shown | it answers |
|---|---|---|
| `place` | one turn, and the kind of interruption that is wanted | the last words before the cut |
| `interrupt` | the dialogue up to the cut | what the other says |
| `resume` | the cut turn with its unsaid part, and the interruption | how the line is resumed |
| `attempt` | what was said so far | what somebody says who tries to come in, and fails |
| `aside` | what was said so far, and a kind of talk aside | what is said that is not for others |
| `listen` | one turn, and who listens | the backchannels of that listener, and after which words |
| `rewrite` | a plain dialogue | the whole script in the notation (single-stage) |

Questions and answers are short, so that a small model learns from few of them; the program, not the
model, copies the source. A person who has a role is named with it ("B, customer"), and of three to
six people a question is always about one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from interactspeech.lexicon.words import bare
from interactspeech.records import PlainDialogue

Task = Literal["place", "interrupt", "resume", "attempt", "aside", "listen", "rewrite"]
TASKS: tuple[Task, ...] = get_args(Task)
#: What the staged writer needs; `rewrite` is for models that can copy a whole dialogue.
STAGED: tuple[Task, ...] = ("place", "interrupt", "resume", "attempt", "aside", "listen")
#: Goes into `Script.writer` and into every adapter; raised whenever a question reads differently.
VERSION = 2

Message = dict[str, str]

#: Lines before the cut turn that whoever interrupts has heard, in the question.
HEARD = 1
#: Words that a place is quoted by, at least.
QUOTED = 3
NOTHING = "none"
_SPLIT = " | "

#: One short sentence: a model that is trained needs no more, and pays for each word every time.
SYSTEM: dict[Task, str] = {
    "place": "After which words does the other cut in?",
    "interrupt": "What does the other say, cutting in?",
    "resume": "How does the speaker go on?",
    "attempt": "What does the other say, trying to come in?",
    "aside": "What is said that is not for the others?",
    "listen": "What does the listener say, after which words?",
    "rewrite": "Make this dialogue interactive.",
}
#: Instructions for a model that was not trained on these tasks.
INSTRUCTIONS: dict[Task, str] = {
    "place": "Two people talk. The other cuts into this line, inside a sentence that plainly wants "
    "to go on. Answer with the three words of the line before that place, and nothing else. For "
    'example, for "A: We should leave before it gets dark." answer: leave before it',
    "interrupt": "Two people talk. The last line breaks off, because the other cuts in. Write one "
    "short line: what the other says, not knowing how the broken line would go on. For example: "
    "B: Hang on, which one?",
    "resume": "Two people talk. A line was cut off; the words in brackets were never said. Write "
    "one line: how its speaker goes on, so that those words get said after all. For example, after "
    '"A: We should leave before [it gets dark.]" and "B: Sorry?" write: A: I said, before it gets '
    "dark.",
    "attempt": "People talk. One tries to come in while the last line goes on, and gives up after "
    "a few words. Write those words, not knowing how the line would go on. For example: B: but I",
    "aside": "People talk. Write a few words that are said on one side and are not for the "
    "others: side-talk is to somebody else in the room, self-talk to oneself, reading is read "
    "aloud from a page, television comes from a television, a bystander is somebody nearby, "
    "thinking is a hmm. For example, for side-talk: B: not now, sweetie",
    "listen": "Two people talk. Write what the other says while listening to this line, such as "
    "mm-hm, yeah or right: for each the two or three words before it, then |, then what is said. "
    'For example, for "A: I took the bus, and then I walked." answer: took the bus, | mm-hm. If '
    "nothing fits, answer: none",
    "rewrite": "Make this dialogue interactive: let one speaker interrupt the other once, and let "
    "the listener say mm-hm now and then. Write the whole dialogue, one line a turn. [interrupt] "
    "stands in a line where it is cut off by the next line; what follows it in the line is planned "
    "and never said. [B: mm-hm] inside a line of A is said by B while A talks. Keep all lines and "
    "words of the dialogue. The one who interrupts does not know what was never said. For "
    "example:\nA: So we take the early train [B: mm-hm] and then [interrupt] walk to the harbour.\n"
    "B: Wait, which train?\nA: The early one, and then we walk to the harbour.",
}


class BackchannelMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A backchannel as a model writes it: the words before it, and what is said."""

    after: str
    said: str


def person(speaker: str, role: str = "") -> str:
    """Somebody as a question names them."""
    return f"{speaker}, {role}" if role else speaker


def place(
    speaker: str, words: str, by: str, kind: str, role: str = "", *, fails: bool = False
) -> list[Message]:
    """Ask where somebody comes in while a turn goes on.

    Args:
        speaker: of the turn.
        words: all of it.
        by: who comes in.
        kind: of interruption, of the catalogue; "" leaves it open.
        role: of the one who comes in; "" for none.
        fails: whether it is an attempt that fails: the turn goes on.
    """
    act = "tries to come in" if fails else "cuts in"
    return _asked("place", f"{speaker}: {words}\n({person(by, role)} {act}: {kind or 'any'})")


def interrupt(
    heard: Sequence[tuple[str, str]], speaker: str, kind: str, role: str = ""
) -> list[Message]:
    """Ask what the other says.

    Args:
        heard: (speaker, words said) of the turns up to the cut, the cut one last and without its
            unsaid part.
        speaker: who cuts in.
        kind: of the catalogue; "" leaves it open.
        role: of who cuts in.
    """
    who = person(speaker, role)
    return _asked("interrupt", f"{_broken(heard)}\n({who} cuts in: {kind or 'any'})")


def resume(
    speaker: str, said: str, unsaid: str, by: str, interruption: str, role: str = ""
) -> list[Message]:
    """Ask how the interrupted speaker, who has a role, resumes after `by` interrupted."""
    return _asked(
        "resume",
        f"{speaker}: {said} [{unsaid}]\n{by}: {interruption}\n({person(speaker, role)})",
    )


def attempt(
    heard: Sequence[tuple[str, str]], speaker: str, kind: str, role: str = ""
) -> list[Message]:
    """Ask what somebody says who tries to come in; arguments as of `interrupt`."""
    who = person(speaker, role)
    return _asked("attempt", f"{_broken(heard)}\n({who} tries to come in: {kind or 'any'})")


def aside(
    heard: Sequence[tuple[str, str]], speaker: str, kind: str, role: str = ""
) -> list[Message]:
    """Ask for talk on somebody's side that is not for the others; arguments as of `interrupt`.

    `kind` is one of `records.script.ASIDE_KINDS`.
    """
    return _asked("aside", f"{_broken(heard)}\n({person(speaker, role)} aside: {kind})")


def listen(speaker: str, words: str, by: str, role: str = "") -> list[Message]:
    """Ask for the backchannels that one listener gives in a turn."""
    return _asked("listen", f"{speaker}: {words}\n({person(by, role)} listens)")


def rewrite(plain: PlainDialogue) -> list[Message]:
    """Ask for the whole script at once."""
    return _asked("rewrite", "\n".join(f"{turn.speaker}: {turn.text}" for turn in plain.turns))


def quote(tokens: Sequence[str], at: int) -> str:
    """The fewest words, `QUOTED` at least, before token `at` that no earlier place shares."""
    have = [bare(token) for token in tokens]
    for length in range(min(QUOTED, at), at + 1):
        sought = have[at - length : at]
        first = next(n for n in range(len(have)) if have[n : n + length] == sought)
        if first + length == at:
            return " ".join(tokens[at - length : at])
    return " ".join(tokens[:at])


def answer_line(speaker: str, words: str) -> str:
    """What a speaker says, as an answer."""
    return f"{speaker}: {words}"


def read_line(text: str) -> tuple[str, str]:
    """Speaker ("" where there is none) and words of an answer's first line."""
    line = text.strip().split("\n", 1)[0].strip()
    label, colon, words = line.partition(":")
    if colon and len(label.strip()) == 1:
        return label.strip(), words.strip()
    return "", line


def answer_marks(marks: Sequence[BackchannelMark]) -> str:
    """Backchannels as an answer."""
    return "\n".join(f"{mark.after}{_SPLIT}{mark.said}" for mark in marks) or NOTHING


def read_marks(text: str) -> list[BackchannelMark] | None:
    """Backchannels of an answer; None where it has another shape."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    if not lines:
        return None
    if len(lines) == 1 and bare(lines[0]) == NOTHING:
        return []
    marks: list[BackchannelMark] = []
    for line in lines:
        after, split, said = line.partition(_SPLIT.strip())
        if not split or not after.strip() or not said.strip():
            return None
        marks.append(BackchannelMark(after.strip(), said.strip()))
    return marks


def _broken(heard: Sequence[tuple[str, str]]) -> str:
    """The last lines, of which the last goes on or breaks off."""
    return "\n".join(f"{who}: {said}" for who, said in heard[-1 - HEARD :]) + " -"


def explained(prompt: Sequence[Message], task: Task) -> list[Message]:
    """The same question for a model that was never trained on it."""
    return [{"role": "system", "content": INSTRUCTIONS[task]}, *prompt[1:]]


def _asked(task: Task, text: str) -> list[Message]:
    return [{"role": "system", "content": SYSTEM[task]}, {"role": "user", "content": text}]
