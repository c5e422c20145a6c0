"""Dialogues out of a corpus into a folder: chosen, filtered by licence, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.data_files import JsonLines, parse
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    Exporter,
    ExportOptions,
    provenance,
)
from interactspeech.corpus.exchange.journal import JOURNAL, ExportJournal, JournalEntry, adopt
from interactspeech.corpus.exchange.licences import restricted
from interactspeech.corpus.exchange.registry import exchange_format
from interactspeech.corpus.exchange.sheets import Sheets
from interactspeech.corpus.exchange.splits import SplitsExporter
from interactspeech.corpus.files import (
    UNFINISHED,
    explained,
    mark_unfinished,
    partial_name,
    remove_abandoned,
    remove_unfinished,
    sync_folder,
)
from interactspeech.corpus.reader import Corpus, Item
from interactspeech.errors import InputError, StoreError
from interactspeech.ledger import Ledger
from interactspeech.signal.decoders import AUDIO_ENDINGS

#: Source, licence and voices of each dialogue, as JSON lines. It has no ending, so that no loader
#: takes it for data (moshi-finetune and Hugging Face take every ``.jsonl`` in the folder).
PROVENANCE = "PROVENANCE"
#: What it was called in older exports.
OLDER_PROVENANCE = "provenance.jsonl"


@dataclass
class Exported:
    """What an export did.

    Attributes:
        ledger: what was written, and what was not and why.
        notes: what the format could not hold of the dialogues that were written.
        unlicensed: how many of them state no licence.
        resumed: how many dialogues an earlier run, which was killed, had been through.
    """

    ledger: Ledger = field(default_factory=Ledger)
    notes: Counter[str] = field(default_factory=Counter)
    unlicensed: int = 0
    resumed: int = 0

    def __repr__(self) -> str:
        return f"Exported({self.ledger}, {self.unlicensed:,} without a licence)"


def export(
    items: Iterable[Item],
    target: Path | str,
    format: str,  # noqa: A002  (the word users know)
    options: ExportOptions | None = None,
    on_item: Callable[[Item, bool], None] | None = None,
    split_of: Mapping[str, str] | None = None,
    identity: str = "",
) -> Exported:
    """Write dialogues in another format, one at a time; the folder appears when all is done.

    Beside the format's own files lie ``PROVENANCE``, a line a dialogue (source, licence, voices),
    ``LICENCES.md`` and ``STATISTICS.md`` (see `interactspeech.corpus.exchange.sheets`). Where no
    dialogue could be written, there is no folder.

    Args:
        items: what to write (see `chosen`).
        target: a folder that does not exist, or is empty; or the URL of one in an object store,
            where files appear one by one and ``PROVENANCE`` last.
        format: one of `export_names`.
        options: what the user chose.
        on_item: called with each dialogue, and whether it was written.
        split_of: id of a dialogue -> its split, where several splits go out together, each into a
            folder of its own.
        identity: of what is exported, and how: an export of the same identity into the same folder
            that was killed goes on where it was (formats in shards between two shards; into an
            object store from the same machine, also within the upload). Empty: it begins again.

    Raises:
        InputError: no such format, or it is not written.
        StoreError: the folder holds something, the disk is full, ...
    """
    options = options or ExportOptions()
    wanted = exchange_format(format)
    rate = options.rate or wanted.rate
    target = remote.place(target)
    done = Exported()
    with explained(target):
        far = remote.is_remote(target)
        here = staging(target) if far else target
        if not far:
            remove_unfinished(target)  # of an export that was killed in its last moments
            _require_empty(target)
        partial = partial_name(here)
        before = adopt(here, partial, identity)
        if far and (before is None or not before.written):
            _require_empty(target)
        remove_abandoned(here.absolute().parent) if before is None else None
        journal = ExportJournal(partial, identity)
        finished = False
        try:
            partial.mkdir(parents=True, exist_ok=before is not None)
            if before is not None and before.written:
                _take_up(before, done)
            else:
                exporter = (
                    wanted.writer(partial, options)
                    if split_of is None
                    else SplitsExporter(partial, options, wanted, split_of, PROVENANCE)
                )
                _write(items, partial, exporter, journal, before, done, options, rate, on_item)
            if far and done.ledger.kept:
                journal.note(
                    done.ledger.kept, done.ledger, done.notes, done.unlicensed, written=True
                )
                _upload(partial, target)
            elif done.ledger.kept:
                journal.remove()
                if target.exists():
                    target.rmdir()
                mark_unfinished(partial)
                partial.rename(target)
                sync_folder(target.absolute().parent)
                (target / UNFINISHED).unlink()
            finished = True
        finally:
            if finished or not (journal.noted or before is not None):
                shutil.rmtree(here.parent if far else partial, ignore_errors=True)
    return done


def _require_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(map(bool, target.iterdir()))):
        raise StoreError(f"{target} holds something already; choose a folder that is new")


def _write(
    items: Iterable[Item],
    partial: Path,
    exporter: Exporter,
    journal: ExportJournal,
    before: JournalEntry | None,
    done: Exported,
    options: ExportOptions,
    rate: int | None,
    on_item: Callable[[Item, bool], None] | None,
) -> None:
    """Write all dialogues and the sheets into the unfinished folder."""
    sheets, seen = Sheets(), 0
    with _closing(exporter), JsonLines(partial / PROVENANCE) as sources:
        written_before: set[str] = set()
        if before is not None:
            exporter.resume(before.state)
            exporter.notes.update(before.notes)
            seen = _take_up(before, done)
            written_before = _ids(partial / PROVENANCE)
        for number, item in enumerate(items):
            piece = ExportedDialogue(item, number, rate)
            if number < seen:
                if item.id in written_before:
                    exporter.skip(piece)
                    sheets.add(piece.dialogue)
                if on_item is not None:
                    on_item(item, item.id in written_before)
                continue
            written = True
            try:
                _refuse(item, options)
                exporter.add(piece)
            except InputError as error:
                done.ledger.drop(error)
                written = False
            else:
                sources.write(provenance(item.dialogue))
                sheets.add(piece.dialogue)
                done.ledger.keep(item.dialogue.seconds)
                done.unlicensed += not item.dialogue.provenance.licence
            if on_item is not None:
                on_item(item, written)
            if journal.is_due() and exporter.is_settled():
                exporter.flush()
                sources.flush()
                journal.note(
                    number + 1, done.ledger, exporter.notes, done.unlicensed,
                    (*exporter.growing, sources.path), exporter.state(),
                )  # fmt: skip
    done.notes = exporter.notes
    if done.ledger.kept:
        dropped = done.ledger.dropped.get("restricted-licence")
        sheets.write(partial, dropped.count if dropped else 0)


def _take_up(before: JournalEntry, done: Exported) -> int:
    """Count what a killed run had done; how many dialogues it had seen."""
    done.notes.update(before.notes)
    done.ledger = Ledger.from_json(before.ledger)
    done.unlicensed = before.unlicensed
    done.resumed = before.seen
    return before.seen


def staging(target: Path) -> Path:
    """Where an export into an object store is written before it is uploaded.

    Always the same place for the same target and user, so that a killed export is found again; a
    new one where somebody else has a folder of that name.
    """
    root = Path(tempfile.gettempdir(), f"interactspeech-exports-{_user()}")
    with contextlib.suppress(OSError):
        root.mkdir(mode=0o700)
    state = root.lstat() if root.exists() else None
    if state is None or not stat.S_ISDIR(state.st_mode) or (
        hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o077)
    ):  # fmt: skip
        root = Path(tempfile.mkdtemp(prefix="interactspeech-"))
    return root / hashlib.sha256(str(target).encode()).hexdigest()[:16] / "export"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _ids(sources: Path) -> set[str]:
    """The dialogues that a list of sources names."""
    with sources.open("rb") as lines:
        return {parse(line)["id"] for line in lines}


def _upload(folder: Path, target: Path) -> None:
    """All files of an export into an object store; the list of sources last: then all is there."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / JOURNAL)
    files.sort(key=lambda path: path == folder / PROVENANCE)
    for path in files:
        remote.upload(path, target / path.relative_to(folder).as_posix())


@contextlib.contextmanager
def _closing(exporter: Exporter) -> Iterator[None]:
    """Close the exporter; after an error its files too, but the error is the one to report."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):
            exporter.close()
        raise
    exporter.close()


def chosen(corpus: Corpus, where: str = "", ids: frozenset[str] | None = None) -> Iterator[Item]:
    """The dialogues of a corpus that fit a condition (see `Corpus.query`) and, if given, `ids`."""
    if ids is None:
        yield from corpus.select(where)
        return
    for row in corpus.query(where, ["id"]):
        if row["id"] in ids:
            yield corpus[row["id"]]


def _refuse(item: Item, options: ExportOptions) -> None:
    licence = restricted(item.dialogue)
    if licence and not options.include_noncommercial:
        raise InputError(
            f"dialogue {item.id!r} is under {licence!r}, which does not allow every use",
            remedy="read the licence; --include-noncommercial lets it out",
            reason="restricted-licence",
        )


def exported_splits(folder: Path) -> list[Path]:
    """The folders of an export of several splits together; none for another folder."""
    if not (folder / PROVENANCE).is_file():
        return []
    return sorted(path.parent for path in folder.glob(f"*/{PROVENANCE}"))


def _is_of_lhotse(folder: Path) -> bool:
    """Whether a folder holds manifests of Lhotse's, cuts among them, and otherwise only audio."""
    names = [
        path.name for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() not in AUDIO_ENDINGS and path.name[0] != "."
    ]  # fmt: skip
    manifests = ("cuts", "recordings", "supervisions")
    return all(name.startswith(manifests) and ".jsonl" in name for name in names) and any(
        name.startswith("cuts") for name in names
    )


def exported_format(folder: Path) -> str:
    """The exchange format that an export's folder is in; empty for timing formats and others.

    Folders that Lhotse wrote (cuts, and recordings or supervisions beside them) are known, too.

    Raises:
        InputError: the folder is an export that holds no times (chat, ms-swift, vap, tokens, ...).
    """
    if not any((folder / name).is_file() for name in (PROVENANCE, OLDER_PROVENANCE)):
        return "lhotse" if _is_of_lhotse(folder) else ""
    if (folder / "CODEC").is_file() or (folder / "data.csv").is_file():
        raise InputError(
            "is an export of codes or of windows, from which no dialogue can be made", folder,
            remedy="export the corpus in another format", reason="no-timing",
        )  # fmt: skip
    signs = {
        "moshi": "data_stereo", "nemo-duplex": "shar/target_audio.*.tar",
        "lhotse-shar": "shar/cuts.*", "lhotse": "cuts*.jsonl.gz", "nemo": "manifest.jsonl",
        "webdataset": "*.tar", "huggingface": "**/*.parquet",
    }  # fmt: skip
    for name, sign in signs.items():
        if next(folder.glob(sign), None) is not None:
            return name
    lists = [path for path in folder.glob("*.jsonl") if path.name != OLDER_PROVENANCE]
    if lists:
        raise InputError(
            "is an export of texts without times", folder,
            remedy="export the corpus in another format", reason="no-timing",
        )  # fmt: skip
    return ""
