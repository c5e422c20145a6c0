"""How far an export has come, noted in its unfinished folder, so that a killed one goes on.

```
.out.host-4711.partial/.journal    identity, dialogues looked at, sizes of the files that grow
```
An export is the same when its identity is: the same corpora, choice, format and options. The next
run of it takes the folder over, cuts growing files to the sizes noted, and goes on.

An export into an object store is written here first and then uploaded, file by file; each file that
is there is removed here, so that what is left is what is to be uploaded. It is noted when all is
written: such an export goes on with the upload.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.atomic_files import is_alive, write_file
from interactspeech.ledger import Ledger

#: Name of the file in the unfinished folder.
JOURNAL = ".journal"
#: Seconds between two notes, at least.
_EVERY = 5.0
_PROCESS = re.compile(r"-([0-9]+)\.partial$")


class JournalEntry(msgspec.Struct, frozen=True):
    """How far an export had come.

    Attributes:
        identity: of the export.
        seen: dialogues that were written or left out so far.
        ledger: what was written and left out, as plain data.
        notes: what the format could not hold: reason -> how often.
        unlicensed: dialogues without a licence.
        sizes: name of a growing file in the folder -> its size in bytes.
        state: what the exporter wants to know.
        written: whether all is written, and only the upload is not done.
    """

    identity: str
    seen: int
    ledger: dict[str, Any]
    notes: dict[str, int]
    unlicensed: int
    sizes: dict[str, int]
    state: dict[str, int]
    written: bool = False


class ExportJournal:
    """Notes how far an export has come.

    Args:
        folder: the unfinished folder.
        identity: of the export; empty: nothing is noted.

    Attributes:
        noted: whether anything was.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder, self._identity = folder, identity
        self.noted = False
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Whether some time has passed since the last note."""
        return bool(self._identity) and time.monotonic() - self._last >= _EVERY

    def note(
        self, seen: int, ledger: Ledger, notes: Counter[str], unlicensed: int,
        growing: tuple[Path, ...] = (), state: dict[str, int] | None = None, *,
        written: bool = False,
    ) -> None:  # fmt: skip
        """Note how far it is; everything was flushed before. Nothing without an identity."""
        if not self._identity:
            return
        sizes = {path.relative_to(self._folder).as_posix(): path.stat().st_size for path in growing}
        entry = JournalEntry(
            self._identity, seen, ledger.to_json(), dict(notes), unlicensed, sizes, state or {},
            written,
        )  # fmt: skip
        write_file(self._folder / JOURNAL, msgspec.json.encode(entry), sweep=False, sync=False)
        self.noted, self._last = True, time.monotonic()

    def remove(self) -> None:
        """Take the journal away: the export is whole."""
        (self._folder / JOURNAL).unlink(missing_ok=True)


def adopt(target: Path, partial: Path, identity: str) -> JournalEntry | None:
    """Take over what a killed run of the same export left: its folder becomes `partial`.

    Returns:
        How far it had come, its growing files cut to what was noted; None where there is nothing
        to go on from.
    """
    if not identity:
        return None
    mine = f".{socket.gethostname()}-"
    for found in sorted(target.absolute().parent.glob(f".{_escaped(target.name)}{mine}*.partial")):
        process = _PROCESS.search(found.name)
        if process is None or is_alive(int(process[1])):
            continue
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            entry = msgspec.json.decode((found / JOURNAL).read_bytes(), type=JournalEntry)
            if entry.identity == identity and _cut(found, entry.sizes):
                found.replace(partial)
                return entry
    return None


def _cut(folder: Path, sizes: dict[str, int]) -> bool:
    """Cut files to the sizes noted; False where one is shorter than that (a loss of power)."""
    if any((folder / name).stat().st_size < size for name, size in sizes.items()):
        return False
    for name, size in sizes.items():
        os.truncate(folder / name, size)
    return True


def _escaped(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
