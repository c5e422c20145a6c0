"""The calls of a report: what the inputs hold, who speaks in them, and their sound as files."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from interactspeech.corpus import Corpus, StoreError
from interactspeech.corpus.writer import MANIFEST
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger
from interactspeech.mining.inputs import find
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.paths import Paths, expand
from interactspeech.records import encode

_DATE = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class CallTask:
    """One call to measure: a recording, or a dialogue of a corpus.

    Attributes:
        number: in the order of the inputs.
        source: the recording; of a corpus' dialogue, only its id.
        corpus: folder of the corpus that holds it, or "".
        date: of the call, where it is known.
        names: of its speakers, where the table of names has them.
    """

    number: int
    source: RecordingSource
    corpus: str = ""
    date: str = ""
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"call {self.source.id}"


def call_tasks(
    inputs: Paths,
    ledger: Ledger,
    notes: list[str],
    *,
    annotations: Paths,
    names_file: Path | str | None,
    layout: str | None,
    group_by: str | None,
    separate: bool,
) -> list[CallTask]:
    """The calls of the inputs; what is none is dropped into the ledger."""
    named = _names_table(names_file) if names_file is not None else {}
    corpora = [path for path in expand(inputs) if path.is_dir() and (path / MANIFEST).is_file()]
    others = [path for path in expand(inputs) if path not in corpora]
    found: list[tuple[RecordingSource, str]] = []
    if others:
        for one in find(
            others, layout, group_by=group_by, separate=separate, annotations=annotations,
            on_note=notes.append,
        ):  # fmt: skip
            if isinstance(one, InputError):
                ledger.drop(one)
            else:
                found.append((one, ""))
    for path in corpora:
        try:
            rows = Corpus.open(path).query("", ("id",))
            found += [
                (RecordingSource(row["id"], (SourceFile(str(path)),)), str(path)) for row in rows
            ]
        except (StoreError, InputError) as error:
            ledger.drop(error, "bad-corpus")
    tasks: list[CallTask] = []
    seen: set[str] = set()
    for source, corpus in found:
        name, number = source.id, 1
        while name in seen:
            number += 1
            name = f"{source.id}-{number}"
        seen.add(name)
        known = named.get(name) or next(
            (named[key] for piece in source.pieces for key in (piece.path, Path(piece.path).name)
             if key in named), None,
        )  # fmt: skip
        date = known[1] if known else ""
        tasks.append(
            CallTask(
                len(tasks),
                msgspec.structs.replace(source, id=name, within=source.within or source.id),
                corpus,
                date or _date_of(source.pieces[0].path, source.id),
                known[0] if known else (),
            )
        )
    return tasks


def _names_table(path: Path | str) -> dict[str, tuple[tuple[str, ...], str]]:
    """Recording -> names of its speakers and its date."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="missing-file") from None
    except UnicodeDecodeError:
        raise InputError("is no UTF-8", path, reason="bad-encoding") from None
    reader = csv.DictReader(io.StringIO(text))
    if "recording" not in (reader.fieldnames or ()):
        raise InputError(
            "has no column 'recording'", path, 1,
            remedy="use the columns recording, names (agent|caller) and date", reason="bad-csv",
        )  # fmt: skip
    found = {}
    for row in reader:
        names = tuple(n.strip() for n in (row.get("names") or "").split("|") if n.strip())
        date = (row.get("date") or "").strip()
        if len(set(names)) < len(names):
            raise InputError(
                f"two speakers of one name: {'|'.join(names)}", path, reader.line_num,
                reason="bad-row",
            )  # fmt: skip
        if date and not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
            raise InputError(
                f"{date!r} is no date", path, reader.line_num, remedy="write it as 2026-11-30",
                reason="bad-row",
            )  # fmt: skip
        found[(row.get("recording") or "").strip()] = (names, date)
    return found


def _date_of(path: str, name: str) -> str:
    """A date in a recording's name or its folder's; "" without one."""
    for text in (Path(path).stem, name, Path(path).parent.name):
        if match := _DATE.search(text):
            return "-".join(match.groups())
    return ""


@contextmanager
def on_disk(source: RecordingSource, corpus: str) -> Iterator[RecordingSource]:
    """The source as files: of a corpus' dialogue, its sound and record in a temporary folder."""
    if not corpus:
        yield source
        return
    item = Corpus.open(corpus)[source.within or source.id]
    assert not isinstance(item, list)
    with tempfile.TemporaryDirectory(prefix="interactspeech-") as name:
        folder = Path(name)
        (folder / "call.flac").write_bytes(item.flac())
        (folder / "call.json").write_bytes(encode(item.dialogue))
        channels = {track.speaker: track.channel for track in item.dialogue.tracks}
        order = sorted(channels, key=lambda who: channels[who])
        yield msgspec.structs.replace(
            source, pieces=(SourceFile(str(folder / "call.flac")),), speakers=tuple(order),
            channels="speakers", annotation=(str(folder / "call.json"),),
            within=item.dialogue.id,
        )  # fmt: skip


__all__ = ["CallTask", "call_tasks", "on_disk"]
