"""The log of one annotator: append-only, synced before an edit is acknowledged.

A line is the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON, a newline. The
first line says what the file is. A process that was killed leaves at most one line that is not
whole; nobody was told that it is saved. On opening, such a rest is moved into a file beside the log
(``.torn``) and everything before it counts. A damaged line in the middle is no crash and is refused
by its number.
"""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from interactspeech.atomic_files import sync_folder
from interactspeech.errors import InputError, StoreError
from interactspeech.labels.items import (
    LabelConflictError,
    LabelItem,
    LoggedTransaction,
    Revision,
    Transaction,
)

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
        torn: bytes of a line that was not whole and is now beside the log; 0 mostly.
    """

    def __init__(self, path: Path, annotator: str, *, read_only: bool = False) -> None:
        self.path, self.annotator, self.torn = path, annotator, 0
        self._lock = threading.Lock()
        self._items: dict[str, dict[str, Revision]] = {}
        self._history: dict[str, list[LoggedTransaction]] = {}
        self._keys: dict[str, LoggedTransaction] = {}
        self._number = self._size = 0
        self._file: int | None = None
        self._read_only = read_only
        self._broken = ""

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
        log = cls(Path(path), annotator, read_only=read_only)
        if not read_only:
            log.path.parent.mkdir(parents=True, exist_ok=True)
            log._file = os.open(log.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0))
        data = log.path.read_bytes() if log.path.exists() else b""
        try:
            log._load(data)
            if not read_only and log._size == 0:
                log._write(msgspec.json.encode(_Head(FORMAT, annotator)))
                sync_folder(log.path.parent)
        except BaseException:
            log.close()
            raise
        return log

    def close(self) -> None:
        """Close the file; nothing is pending, for every edit is synced when it is made."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

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
            self._write(msgspec.json.encode(entry))
            self._take(entry, after)
            return entry

    def _take(self, entry: LoggedTransaction, after: dict[str, Revision]) -> None:
        self._items[entry.dialogue] = after
        self._history.setdefault(entry.dialogue, []).append(entry)
        self._keys[entry.key] = entry
        self._number = entry.number

    def _write(self, payload: bytes) -> None:
        if self._file is None or self._broken:
            raise StoreError(f"{self.path}: {self._broken or 'is closed, or open to read only'}")
        line = f"{zlib.crc32(payload):08x} ".encode() + payload + b"\n"
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            left = memoryview(line)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError as error:
            # Half a line must not be taken for the beginning of the next.
            try:
                os.ftruncate(self._file, self._size)
                os.fsync(self._file)
            except OSError as worse:
                self._broken = f"cannot be written any more ({worse.strerror}); start again"
            raise StoreError(f"{self.path}: the edit is not saved: {error.strerror}") from None
        self._size += len(line)

    def _load(self, data: bytes) -> None:
        at = number = 0
        while at < len(data):
            number += 1
            end = data.find(b"\n", at)
            if end < 0:
                break  # the rest of a line that was never whole
            line = data[at:end]
            payload = line[9:]
            whole = line[8:9] == b" " and line[:8] == f"{zlib.crc32(payload):08x}".encode()
            if not whole:
                if end + 1 == len(data):
                    break
                raise InputError(
                    "a damaged line", self.path, number,
                    remedy="restore the log from a copy; the lines before it are good",
                    reason="bad-labels",
                )  # fmt: skip
            self._line(payload, number)
            at = end + 1
        self._size = at
        self.torn = len(data) - at
        if self.torn and not self._read_only:
            with self.path.with_name(self.path.name + ".torn").open("ab") as rest:
                rest.write(data[at:] + b"\n")
                rest.flush()
                os.fsync(rest.fileno())
            assert self._file is not None
            os.ftruncate(self._file, at)
            os.fsync(self._file)

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
