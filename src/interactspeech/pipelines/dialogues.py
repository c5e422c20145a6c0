"""Dialogues in memory: read from any number of files and corpora, labelled, and written again.

`annotate`, `detect`, `stats` and `fit` begin here, on the command line and from Python.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Final, Unpack, overload

import msgspec
import numpy as np

from interactspeech import formats
from interactspeech.atomic_files import remove_abandoned
from interactspeech.corpus import Corpus, Item, StoreError
from interactspeech.corpus.exchange.exporting import exported_format, exported_splits
from interactspeech.corpus.exchange.registry import exchange_format
from interactspeech.errors import InputError, UsageError
from interactspeech.formats import FORMATS, Report
from interactspeech.formats.conversion import save
from interactspeech.formats.event_table import write_csv, write_parquet
from interactspeech.formats.registry import ending_of
from interactspeech.formats.selection import InputChoices
from interactspeech.paths import Paths, expand
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import Dialogue, Samples, encode
from interactspeech.records.notebook import audio_html
from interactspeech.records.tables import DialogueTable
from interactspeech.signal.flac import encode_flac
from interactspeech.turntaking.timeline import Timeline

_LOG = logging.getLogger(__name__)

#: Seconds of sound that a notebook is given at most.
_HEARD = 30
#: What holds many dialogues in one file -> its ending.
_TOGETHER: Final = {"csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl"}


@dataclass(frozen=True, repr=False)
class Dialogues(Sequence[Dialogue]):
    """Any number of dialogues, and what was lost on the way to them.

    Attributes:
        dialogues: in the order of the inputs.
        report: what was repaired, and what could not be used and why.
        recordings: for dialogues that `detect` heard, the files of each one's sound.
    """

    dialogues: tuple[Dialogue, ...] = ()
    report: Report = field(default_factory=Report)
    recordings: tuple[tuple[Path, ...], ...] = ()

    @overload
    def __getitem__(self, which: int) -> Dialogue: ...
    @overload
    def __getitem__(self, which: slice) -> Dialogues: ...
    def __getitem__(self, which: int | slice) -> Dialogue | Dialogues:
        """One by its place, or a part."""
        if isinstance(which, slice):
            return Dialogues(self.dialogues[which], self.report, self.recordings[which])
        return self.dialogues[which]

    def __len__(self) -> int:
        return len(self.dialogues)

    @property
    def seconds(self) -> float:
        """Of all dialogues."""
        return sum(dialogue.seconds for dialogue in self.dialogues)

    def audio(self, which: int) -> Samples | None:
        """The sound of a dialogue that `detect` heard, float32 of shape ``(channels, length)``;
        None where there is no recording.
        """
        return _sound(self.dialogues[which], self.recordings[which]) if self.recordings else None

    def write(self, path: Path | str, format: str | None = None) -> list[Path]:  # noqa: A002
        """Write all of them: see `write`."""
        return _write(self, Path(path), format, self.report)

    def to_bytes(self, format: str = "jsonl") -> bytes:  # noqa: A002  (as in `write`)
        """What `write` would put into one file of a format.

        Raises:
            InputError: several dialogues for a format of one; see `write`.
        """
        with tempfile.TemporaryDirectory() as folder:
            (path,) = _write(self, Path(folder) / "one.file", format, None)
            return path.read_bytes()

    @property
    def events(self) -> DialogueTable:
        """The events of all of them as a table; times in seconds and in samples."""
        return DialogueTable.of("events", lambda: self.dialogues)

    @property
    def words(self) -> DialogueTable:
        """The spoken words of all of them as a table."""
        return DialogueTable.of("words", lambda: self.dialogues)

    def _repr_html_(self) -> str:
        first = self.dialogues[0]._repr_html_() if self.dialogues else ""
        if self.recordings:
            dialogue = self.dialogues[0]
            sound = _sound(dialogue, self.recordings[0], _HEARD * dialogue.rate)
            first += audio_html(encode_flac(sound, dialogue.rate), f"at most {_HEARD} s")
        return f"<p>{escape(repr(self))}</p>{first}"

    def __repr__(self) -> str:
        lost = len(self.report.errors)
        more = f", {lost:,} lost" if lost else ""
        return f"Dialogues({len(self):,} dialogues, {self.seconds / 60:.1f} min{more})"


#: What a verb about conversations takes: paths of files, folders and corpora; or dialogues.
Conversations = Paths | Dialogue | Item | Corpus | Dialogues | Iterable[Dialogue | Item]


def read(
    paths: Paths,
    format: str | None = None,  # noqa: A002  (the word users know)
    rate: int | None = None,
    *,
    group_by: str | None = None,
    skip_bad: bool = False,
    progress: ShowProgress = False,
    report: Report | None = None,
    **choices: Unpack[InputChoices],
) -> Dialogues:
    """Read timed conversations: annotation in any known format, records, and corpora.

    Args:
        paths: one or many: files, folders, patterns, folders of corpora.
        format: a name in `interactspeech.formats.FORMATS`; by default each file's own.
        rate: ticks a second for formats that know seconds (default 1,000,000).
        group_by: which files are one conversation: a regular expression with the group
            ``conversation`` (and ``speaker``), searched in each path.
        skip_bad: leave bad lines out, and count them, instead of giving up their file.
        progress: see `interactspeech.progress.ShowProgress`.
        report: takes up what was lost, and then nothing is raised for a file.
        choices: `tiers`, `speakers`, `columns` and `unit`: see `interactspeech.formats.read`.

    Returns:
        The dialogues, those of one id distinguished by a number. What could not be used is in its
        `report`.

    Raises:
        InputError: not one conversation could be read (unless a `report` is given); or there is
            no such format or pattern.
    """
    found = report if report is not None else Report()
    plain: list[Path] = []
    dialogues: list[Dialogue] = []
    for path in _each_folder(paths):
        stored = _stored(path, found)
        if stored is None:
            plain.append(path)
        else:
            dialogues += stored
    if plain:
        with Progress(None, "reading", show=progress) as shown:

            def show(done: int, total: int) -> None:
                shown.total = total
                shown.update(done - shown.done)

            dialogues += formats.read(
                plain, format, rate, group_by=group_by, report=found, skip_bad=skip_bad,
                progress=show, **choices,
            )  # fmt: skip
    return settle(Dialogues(tuple(_distinct(dialogues, found)), found), report)


def settle(found: Dialogues, report: Report | None) -> Dialogues:
    """Hand the result on: without a report, losses are logged, and losing everything is an error.

    Raises:
        InputError: nothing is there, and the caller gave no `report`.
    """
    if report is None:
        if found.report.errors and not found.dialogues:
            raise found.report.errors[0]
        for error in found.report.errors:
            _LOG.warning("left out: %s", error)
    return found


def dialogues_of(
    source: Conversations,
    format: str | None = None,  # noqa: A002  (as in `read`)
    rate: int | None = None,
    *,
    group_by: str | None = None,
    skip_bad: bool = False,
    progress: ShowProgress = False,
    report: Report,
    **choices: Unpack[InputChoices],
) -> Sequence[Dialogue]:
    """The dialogues of whatever a verb was given; see `read` for paths."""
    if isinstance(source, Dialogue):
        return (source,)
    if isinstance(source, Item):
        return (source.dialogue,)
    if isinstance(source, Dialogues):
        return source.dialogues
    given: Any = source
    if isinstance(source, Iterable) and not isinstance(source, str | bytes | Path):
        given = list(source)
        if given and all(isinstance(one, Dialogue | Item) for one in given):
            return [one.dialogue if isinstance(one, Item) else one for one in given]
    return read(
        given, format, rate, group_by=group_by, skip_bad=skip_bad, progress=progress,
        report=report, **choices,
    ).dialogues  # fmt: skip


def each_of(
    source: Conversations,
    format: str | None = None,  # noqa: A002  (as in `read`)
    rate: int | None = None,
    *,
    group_by: str | None = None,
    skip_bad: bool = False,
    progress: Progress,
    report: Report,
    **choices: Unpack[InputChoices],
) -> Iterator[Dialogue | tuple[str, Timeline]]:
    """The dialogues of whatever a verb was given, one at a time, plain ones as id and timeline."""
    paths = _paths(source)
    if not paths:
        yield from dialogues_of(
            source, format, rate, group_by=group_by, skip_bad=skip_bad, report=report, **choices
        )
        return
    plain: list[Path] = []
    seen: dict[str, int] = {}
    for path in _each_folder(paths):
        stored = _stored(path, report)
        if stored is None:
            plain.append(path)
            continue
        for dialogue in stored:
            yield _renamed(dialogue, seen, report)
    if not plain:
        return

    def show(done: int, total: int) -> None:
        if total > 1000 and done % 10_000 == 0:
            progress.log(f"read {done:,} of {total:,} files")

    for one in formats.read_each(
        plain, format, rate, group_by=group_by, report=report, skip_bad=skip_bad,
        progress=show, timelines=True, **choices,
    ):  # fmt: skip
        if isinstance(one, Dialogue):
            yield _renamed(one, seen, report)
        else:
            yield _distinct_name(one[0], seen, report), one[1]


def _paths(source: Conversations) -> list[Path | str]:
    """The paths that a verb was given; empty where it was given something else."""
    given: Any = [source] if isinstance(source, str | os.PathLike) else source
    if isinstance(given, list | tuple) and all(isinstance(one, str | os.PathLike) for one in given):
        return [one if isinstance(one, str) else Path(one) for one in given]
    return []


def _distinct_name(name: str, seen: dict[str, int], report: Report) -> str:
    count = seen[name] = seen.get(name, 0) + 1
    if count == 1:
        return name
    report.note("same-id", f"a second dialogue {name!r} is called '-{count}'")
    return f"{name}-{count}"


def _renamed(dialogue: Dialogue, seen: dict[str, int], report: Report) -> Dialogue:
    name = _distinct_name(dialogue.id, seen, report)
    if name == dialogue.id:
        return dialogue
    return msgspec.structs.replace(dialogue, id=name)


def _each_folder(paths: Paths) -> Iterator[Path]:
    """The paths; for an export of several splits together, the folder of each."""
    for path in expand(paths):
        yield from exported_splits(path) or [path]


def _stored(path: Path, report: Report) -> Iterator[Dialogue] | None:
    """The dialogues of a corpus, or of a folder that `export` wrote; None for any other path."""
    if not path.is_dir():
        return None
    if (path / "build.json").is_file():
        return _corpus(path, report)
    try:
        name = exported_format(path)
    except InputError as error:
        report.fail(error)
        return iter(())
    return _export(path, name, report) if name else None


def _export(path: Path, name: str, report: Report) -> Iterator[Dialogue]:
    for found in exchange_format(name).read(path, None):
        if isinstance(found, InputError):
            report.fail(found)
        else:
            report.read(found[0])
            yield found[0]


def _corpus(path: Path, report: Report) -> Iterator[Dialogue]:
    try:
        for item in Corpus.open(path):
            yield item.dialogue
    except InputError as error:
        report.fail(error)
    except StoreError as error:
        report.fail(InputError(str(error), path, reason="bad-corpus"))


def _distinct(dialogues: Iterable[Dialogue], report: Report) -> Iterator[Dialogue]:
    """Dialogues of one id are distinguished by a number, so that none overwrites another."""
    seen: dict[str, int] = {}
    for dialogue in dialogues:
        yield _renamed(dialogue, seen, report)


def write(
    dialogues: Dialogue | Item | Iterable[Dialogue | Item],
    path: Path | str,
    format: str | None = None,  # noqa: A002  (the word users know)
    *,
    report: Report | None = None,
) -> list[Path]:
    """Write dialogues: a table of their events, or the files of a timing format.

    Args:
        dialogues: one or many.
        path: a file: ``.csv``, ``.parquet`` (a row an event) and ``.jsonl`` (a record a line) take
            any number of dialogues, the ending of a timing format (``.TextGrid``, ``.eaf``,
            ``.rttm``, ``.json``, ...) takes one, ``.html`` makes a page of one. Or a folder, for a
            file each.
        format: what the path's ending does not say: ``csv``, ``parquet``, ``jsonl``, ``html``, or a
            name in `interactspeech.formats.FORMATS`. In a folder: records, as JSON.
        report: takes up what could not be written, and then nothing is raised for one dialogue.

    Returns:
        The files.

    Raises:
        InputError: no such format; several dialogues for a file of one; or, without a `report`, a
            dialogue that the format cannot hold.
    """
    if isinstance(dialogues, Dialogue | Item):
        dialogues = [dialogues]
    if not isinstance(dialogues, Dialogues):
        each = [one.dialogue if isinstance(one, Item) else one for one in dialogues]
        dialogues = Dialogues(tuple(each))
    return _write(dialogues, Path(path), format, report)


def output_format(path: Path | str, format: str | None = None) -> str:  # noqa: A002
    """What `write` would write to `path`.

    Raises:
        InputError: nothing is written in that format, or under that ending (reason "usage").
    """
    path = Path(path)
    writable = [info.name for info in FORMATS.values() if info.written]
    names = [*_TOGETHER, "html", "json", *writable]
    if format is not None:
        if format not in names:
            raise UsageError(
                f"{format!r} cannot be written", remedy=f"use one of {', '.join(names)}"
            )
        return "record" if format == "json" else format
    endings = {".html": "html", ".json": "record"} | {e: name for name, e in _TOGETHER.items()}
    for name in writable:
        for ending in FORMATS[name].endings:
            endings.setdefault(ending, name)
    if path.is_dir() or not path.suffix:
        return "record"
    if (ending := ending_of(path)) not in endings:
        raise UsageError(
            f"no format has the ending {ending!r}",
            remedy=f"use one of {', '.join(endings)}, or a folder and a format")  # fmt: skip
    return endings[ending]


def _write(
    dialogues: Dialogues,
    path: Path,
    format: str | None,  # noqa: A002  (as in `write`)
    report: Report | None,
) -> list[Path]:
    target = output_format(path, format)
    one_file = bool(path.suffix) and not path.is_dir()
    remove_abandoned(path.absolute().parent if one_file else path)
    if target in _TOGETHER:
        path = path if one_file else path / f"events{_TOGETHER[target]}"
        if target == "csv":
            write_csv(dialogues, path)
        elif target == "parquet":
            write_parquet(dialogues, path)
        else:
            save(path, b"".join(encode(dialogue) + b"\n" for dialogue in dialogues))
        return [path]
    if one_file and len(dialogues) > 1:
        raise UsageError(
            f"{len(dialogues)} dialogues do not fit into one such file", path,
            remedy="name a folder and a format, or a .jsonl, .csv or .parquet file")  # fmt: skip
    ending = {"html": ".html", "textgrid": ".TextGrid", "record": ".json"}.get(target, "")
    written = []
    for number, dialogue in enumerate(dialogues):
        name = f"{dialogue.id}{ending or FORMATS[target].endings[0]}"
        place = path if one_file else path / name
        try:
            if target == "html":
                _page(dialogue, dialogues.audio(number), place)
            else:
                formats.write(dialogue, place, target, report=report)
            written.append(place)
        except InputError as error:
            if report is None:
                raise
            report.fail(error)
    return written


def _page(dialogue: Dialogue, audio: Samples | None, path: Path) -> None:
    from interactspeech.viewer import write_page

    write_page([(dialogue, audio)], path, title=dialogue.id)


def _sound(dialogue: Dialogue, paths: tuple[Path, ...], end: int | None = None) -> Samples:
    from interactspeech.signal.recording import Recording

    with Recording.open(list(paths), rate=dialogue.rate) as recording:
        sound = recording.read(0, min(recording.samples, end or recording.samples))
    channels = 1 + max(track.channel for track in dialogue.tracks)
    if channels < len(sound):
        sound = sound.mean(axis=0, keepdims=True)
    return np.asarray(sound, np.float32)
