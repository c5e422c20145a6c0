"""The log of one annotator: append-only, synced before an edit is acknowledged.

The file is of `interactspeech.labels.synced_lines`; its first line says whose log it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from interactspeech.errors import InputError
from interactspeech.labels.items import (
    LabelConflictError,
    LabelItem,
    LoggedTransaction,
    Revision,
    Transaction,
)
from interactspeech.labels.synced_lines import SyncedLines

FORMAT = "interactspeech labels log 1"
_NOTHING = Revision(0, None)


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    annotator: str


class LabelLog:
    """What one annotator has labelled. Open one with `LabelLog.open`; threads may share it.

    Attributes:
        path: the file.
        annotator: whose labels these are.
    """

    def __init__(self, path: Path, annotator: str) -> None:
        self.path, self.annotator = path, annotator
        self._lock = threading.Lock()
        self._items: dict[str, dict[str, Revision]] = {}
        self._history: dict[str, list[LoggedTransaction]] = {}
        self._keys: dict[str, LoggedTransaction] = {}
        self._number = 0
        self._file = SyncedLines(path)

    @classmethod
    def open(cls, path: Path | str, annotator: str, *, read_only: bool = False) -> Self:
        """Open a log, or begin one.

        Args:
            path: the file; made with its folder unless `read_only`.
            annotator: whose log it must be.
            read_only: only look; a rest that is not whole is passed over and stays.

        Raises:
            InputError: a line is damaged, or the log is another person's or no log at all.
        """
        log = cls(Path(path), annotator)
        log._file = SyncedLines.open(path, log._line, read_only=read_only)
        if not read_only and not log._file.lines:
            log._file.append(msgspec.json.encode(_Head(FORMAT, annotator)))
        return log

    def close(self) -> None:
        """Close the file; nothing is pending, for every edit is synced when it is made."""
        with self._lock:
            self._file.close()

    @property
    def torn(self) -> int:
        """Bytes of a line that was not whole and is now beside the log; 0 mostly."""
        return self._file.torn

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Transactions so far."""
        return self._number

    @property
    def dialogues(self) -> tuple[str, ...]:
        """Dialogues that were ever edited, in the order of their first edit."""
        return tuple(self._history)

    def items(self, dialogue: str) -> dict[str, Revision]:
        """Items of a dialogue that were edited, deleted ones among them."""
        with self._lock:
            return dict(self._items.get(dialogue, {}))

    def labels(self, dialogue: str) -> dict[str, LabelItem]:
        """Items of a dialogue that stand."""
        found = self.items(dialogue)
        return {key: one.item for key, one in found.items() if one.item is not None}

    def is_done(self, dialogue: str) -> bool:
        """Whether the annotator has said that the dialogue is finished."""
        return any(item.kind == "done" for item in self.labels(dialogue).values())

    def source(self, dialogue: str) -> str:
        """The fingerprint of the dialogue at its last edit; "" if it was never edited."""
        history = self._history.get(dialogue)
        return history[-1].source if history else ""

    def since(self, dialogue: str, number: int) -> list[LoggedTransaction]:
        """Transactions of a dialogue after the one called `number`."""
        with self._lock:
            history = self._history.get(dialogue, [])
            return [one for one in history if one.number > number]

    def commit(
        self,
        wanted: Transaction,
        source: str,
        check: Callable[[dict[str, Revision]], None] | None = None,
    ) -> LoggedTransaction:
        """Write a transaction; it is on the disk when this returns.

        A transaction with a key that is in the log already is not written again: an answer that
        was lost can be asked for once more.

        Args:
            wanted: the edits.
            source: fingerprint of the dialogue.
            check: called with the items as they would be; may raise.

        Raises:
            LabelConflictError: an item has another revision than the one the edit builds on.
            StoreError: it could not be written; nothing has changed.
        """
        with self._lock:
            if wanted.key in self._keys:
                known = self._keys[wanted.key]
                if (known.dialogue, known.edits) != (wanted.dialogue, wanted.edits):
                    raise InputError(
                        f"the key {wanted.key!r} belongs to other edits", reason="bad-label"
                    )
                return known
            items = self._items.get(wanted.dialogue, {})
            stale = {
                edit.id: items.get(edit.id, _NOTHING)
                for edit in wanted.edits
                if items.get(edit.id, _NOTHING).revision != edit.base
            }
            if stale:
                raise LabelConflictError(wanted.dialogue, stale)
            entry = LoggedTransaction(
                self._number + 1, round(time.time(), 3), source, wanted.key, wanted.dialogue,
                wanted.edits,
            )  # fmt: skip
            after = applied(items, entry)
            if check is not None:
                check(after)
            self._file.append(msgspec.json.encode(entry))
            self._take(entry, after)
            return entry

    def _take(self, entry: LoggedTransaction, after: dict[str, Revision]) -> None:
        self._items[entry.dialogue] = after
        self._history.setdefault(entry.dialogue, []).append(entry)
        self._keys[entry.key] = entry
        self._number = entry.number

    def _line(self, payload: bytes, number: int) -> None:
        try:
            if number == 1:
                head = msgspec.json.decode(payload, type=_Head)
                if head.format != FORMAT:
                    problem = f"a log of another format, {head.format!r}"
                elif head.annotator != self.annotator:
                    problem = f"the log of {head.annotator!r}, not of {self.annotator!r}"
                else:
                    return
            else:
                entry = msgspec.json.decode(payload, type=LoggedTransaction)
                if entry.number == self._number + 1:
                    after = applied(self._items.get(entry.dialogue, {}), entry)
                    self._take(entry, after)
                    return
                problem = f"transaction {entry.number} follows transaction {self._number}"
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problem = f"not a line of a log of labels: {error}"
        raise InputError(
            problem, self.path, number, remedy="restore the log from a copy", reason="bad-labels"
        )


def applied(
    items: dict[str, Revision], entry: LoggedTransaction | Transaction
) -> dict[str, Revision]:
    """The items after a transaction."""
    after = dict(items)
    for edit in entry.edits:
        before = after.get(edit.id, _NOTHING)
        after[edit.id] = Revision(before.revision + 1, edit.item)
    return after


def plain(items: dict[str, Revision]) -> list[dict[str, Any]]:
    """Items for JSON, in the order of their ids."""
    return [
        {"id": key, "revision": one.revision, "item": msgspec.to_builtins(one.item)}
        for key, one in sorted(items.items())
    ]


def check_words(items: Sequence[LabelItem]) -> None:
    """Words of one speaker follow each other.

    Raises:
        InputError: two of them overlap.
    """
    last: dict[str, LabelItem] = {}
    for word in sorted(items, key=lambda item: (item.speaker, item.start, item.end)):
        if word.kind != "word":
            continue
        before = last.get(word.speaker)
        if before and word.start < before.end:
            raise InputError(
                f"the words {before.text!r} and {word.text!r} of {word.speaker!r} overlap",
                remedy="move the boundary of one of them first",
                reason="bad-label",
            )
        last[word.speaker] = word
