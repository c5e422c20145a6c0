"""Examples of replies from scripts, which know what was said, what stayed unsaid, and why.

```
A: So we take the early train [B: mm-hm] and then [interrupt clarify] walk to the harbour.
B: Wait, which harbour?

said "So we take the early train"           other "mm-hm"                 feedback
said "So we take ... and then", unsaid      other "Wait, which harbour?"  question
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, get_args

import msgspec

from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    Script,
    Words,
)
from interactspeech.scripts.writers.folding import acknowledges

ReplyClass = Literal[
    "feedback", "answer", "question", "correction", "stop", "hold", "cannot-hear", "takes-turn"
]
#: The classes in the order of the model's outputs.
REPLY_CLASSES: Final[tuple[ReplyClass, ...]] = get_args(ReplyClass)
#: Kind of an interruption -> class of what is said.
_OF_KIND: Final[dict[str, ReplyClass]] = {
    "clarify": "question",
    "correct": "correction",
    "repair": "correction",
    "stop": "stop",
    "impatience": "stop",
    "distraction": "hold",
    "cannot-hear": "cannot-hear",
    "answer": "answer",
}


class ReplyExample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that somebody says while or after another talks.

    Attributes:
        said: what the other has said of the turn so far.
        unsaid: what the other still had to say; "" where that is not known, or nothing.
        reply: what is said.
        label: what it wants.
    """

    said: str
    unsaid: str
    reply: str
    label: ReplyClass


def reply_examples(scripts: Iterable[Script]) -> Iterator[ReplyExample]:
    """Examples of scripts, in order; the openings of dialogues and asides are left out."""
    for script in scripts:
        for index, turn in enumerate(script.turns):
            said: list[str] = []
            texts = [part.text if isinstance(part, Words) else "" for part in turn.parts]
            for place, part in enumerate(turn.parts):
                match part:
                    case Words(text):
                        said.append(text)
                        continue
                    case Backchannel(_, reply):
                        label: ReplyClass = "feedback"
                    case FailedInterruption(_, reply, kind, _):
                        label = _OF_KIND.get(kind, "takes-turn")
                    case Interruption(kind, _) if index + 1 < len(script.turns):
                        reply = script.turns[index + 1].said
                        label = _label(kind, reply)
                    case _:
                        continue
                unsaid = " ".join(text for text in texts[place:] if text)
                if reply and said:
                    yield ReplyExample(" ".join(said), unsaid, reply, label)
            following = script.turns[index + 1] if index + 1 < len(script.turns) else None
            overlaps = any(isinstance(part, Overlap) for part in turn.parts)
            if following is None or turn.cut is not None or overlaps:
                continue
            if turn.said and following.said:
                label = _turn_label(turn.said, following.said)
                yield ReplyExample(turn.said, "", following.said, label)


def _label(kind: str, reply: str) -> ReplyClass:
    if kind == "clarify" and "?" not in reply and _says(reply, _CANNOT_HEAR):
        return "cannot-hear"
    return _OF_KIND.get(kind, "takes-turn")


def _turn_label(said: str, reply: str) -> ReplyClass:
    """What a whole turn after a whole turn is."""
    if acknowledges(reply.split()) and not said.rstrip().endswith("?"):
        return "feedback"
    if reply.rstrip().endswith("?"):
        return "question"
    return "answer" if said.rstrip().endswith("?") else "takes-turn"


_CANNOT_HEAR = ("catch that", "missed", "hear you", "get that")


def _says(reply: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in reply for phrase in phrases)
