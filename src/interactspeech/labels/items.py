"""What a person labels, and how labels change: items, and edits that state what they build on.

A label is an *item* of one dialogue: an event, a word, the verdict on a suggestion, or the mark
that a dialogue is done. An *edit* puts an item (a new one, or in place of the one before) or
deletes it, and names the revision that its author saw. Edits that belong together, one press of a
key or one drag, are a *transaction*: all of them happen, or none. Undo is a transaction as well,
so the log only ever grows.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from interactspeech.errors import InputError, InteractSpeechError
from interactspeech.records import EventType

ItemKind = Literal["event", "word", "verdict", "done"]

EVENT_TYPE_NAMES: frozenset[str] = frozenset(get_args(EventType))

#: Limits that keep a log readable, whatever a client sends.
MAX_TEXT, MAX_NOTE, MAX_KEY, MAX_EDITS = 200, 4000, 100, 2000

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_KEY)]


class LabelItem(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One label.

    Attributes:
        kind: an event, a word, the verdict on a suggestion, or "done" (the dialogue is finished).
        speaker: id of the speaker whose track it stands on; "" for "done".
        start, end: samples, half-open; an event may be a point, a word may not.
        type: of an event.
        text: of a word.
        confidence: how sure the person is, in [0, 1]; None where it was not said.
        note: free text.
        suggestion: of an event or a verdict: the id of the suggestion that it answers.
        verdict: of a verdict.
        utterance: of a word: the utterance of the record that it came from, where there is one.
        fragment: of a word: it was cut off inside.
    """

    kind: ItemKind
    speaker: str = ""
    start: int = 0
    end: int = 0
    type: str = ""
    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] = ""
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE)] = ""
    suggestion: Annotated[str, msgspec.Meta(max_length=MAX_KEY)] = ""
    verdict: Literal["", "accepted", "refused"] = ""
    utterance: Annotated[str, msgspec.Meta(max_length=MAX_KEY)] = ""
    fragment: bool = False


class LabelEdit(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Puts an item, or deletes it.

    Attributes:
        id: of the item.
        base: the revision that the author saw; 0 for an item that was never edited.
        item: what is to be there; None deletes.
    """

    id: Key
    base: Annotated[int, msgspec.Meta(ge=0)] = 0
    item: LabelItem | None = None


class Transaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Edits of one dialogue that happen together; `key` is made by the author and never reused."""

    key: Key
    dialogue: str
    edits: Annotated[tuple[LabelEdit, ...], msgspec.Meta(min_length=1, max_length=MAX_EDITS)]


class LoggedTransaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transaction as it stands in the log.

    Attributes:
        number: counts the transactions of the log from 1.
        time: when it was written, in seconds since 1970.
        source: fingerprint of the dialogue that was labelled.
        key, dialogue, edits: as in `Transaction`.
    """

    number: int
    time: float
    source: str
    key: str
    dialogue: str
    edits: tuple[LabelEdit, ...]


class Revision(msgspec.Struct, frozen=True):
    """An item as it is now: how often it was edited, and what it is (None: deleted)."""

    revision: int
    item: LabelItem | None


class LabelConflictError(InteractSpeechError):
    """Edits that build on items which have changed since; `current` is what stands there."""

    def __init__(self, dialogue: str, current: dict[str, Revision]) -> None:
        names = ", ".join(sorted(current))
        super().__init__(f"dialogue {dialogue!r}: changed by somebody else meanwhile: {names}")
        self.dialogue, self.current = dialogue, current

    def __reduce__(self) -> tuple[object, ...]:
        return (LabelConflictError, (self.dialogue, self.current))


def check_item(item: LabelItem, speakers: frozenset[str], length: int) -> None:
    """Check an item against the dialogue that it is about.

    Raises:
        InputError: an unknown speaker or type, a time outside the dialogue, an empty word.
    """
    if item.kind == "done":
        return
    what = item.type or item.text or item.kind
    if item.speaker not in speakers:
        problem = f"{what}: no speaker {item.speaker!r}"
    elif not 0 <= item.start <= item.end <= length:
        problem = f"{what}: [{item.start}, {item.end}) is not inside [0, {length})"
    elif item.kind == "event" and item.type not in EVENT_TYPE_NAMES:
        problem = f"no type of event is called {item.type!r}"
    elif item.kind == "word" and not item.text.strip():
        problem = "a word without text"
    elif item.kind == "word" and item.start == item.end:
        problem = f"the word {item.text!r} has no length"
    elif item.kind == "verdict" and not (item.verdict and item.suggestion):
        problem = "a verdict without a suggestion"
    else:
        return
    raise InputError(problem, reason="bad-label")
