"""Every format is read into, and written from, one record.

```
files ─ detect ─ parse ─► [ParsedFile] ─ group ─ combine ─ assemble ─► [Dialogue]
                                                                           └ serialise ─► file
```
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

import msgspec
import numpy as np

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, UsageError
from interactspeech.formats.assembly import assemble, fit_id
from interactspeech.formats.clipping import cut_regions
from interactspeech.formats.clock import DECIMAL_RATE, Clock
from interactspeech.formats.duplicates import (
    ALWAYS_SECONDS,
    ALWAYS_SHARE,
    drop_duplicates,
    warn_of_odd_talk,
)
from interactspeech.formats.file_input import load
from interactspeech.formats.grouping import clash_error, group
from interactspeech.formats.nxt import meeting_of
from interactspeech.formats.parsed_file import InputFile, ParsedFile, join_spans
from interactspeech.formats.registry import FORMATS, detect, ending_of, module_of
from interactspeech.formats.report import LISTED_CONVERSATIONS, Report
from interactspeech.formats.selection import Selection
from interactspeech.records import Dialogue
from interactspeech.signal.decoders import find_audio
from interactspeech.turntaking.timeline import Timeline

Progress = Callable[[int, int], None]


def read(
    paths: Path | str | Iterable[Path | str],
    format: str | None = None,  # noqa: A002  (the word users know)
    rate: int | None = None,
    *,
    group_by: str | None = None,
    report: Report | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
    tiers: Sequence[str] = (),
    speakers: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    unit: str = "",
) -> list[Dialogue]:
    """Dialogues from any number of files; files of one conversation become one (see `group`).

    Args:
        paths: a file or files; folders are searched for files of known endings.
        format: a name in `FORMATS`; by default each file's own.
        rate: ticks a second for formats that know seconds (default 1,000,000: six decimals are
            exact), or the clock of an information.json without WAV files.
        group_by: a regular expression with the group ``conversation`` (and ``speaker``).
        report: takes up what was corrected or lost. Without it the first bad file raises; with it
            a bad file is entered in `report.errors`, its conversation left out, and the rest goes
            on.
        skip_bad: leave bad lines out (reported) instead of giving their file up.
        progress: called with the number of files done and the number of files.
        tiers: tiers of TextGrid and ELAN files to use, as names or patterns (see `Selection`).
        speakers: speakers to use, as names or patterns.
        columns: names of a table's columns, by what they hold (see `formats.table`).
        unit: of a table's times: ``"s"``, ``"ms"`` or ``"samples"`` (of `rate`); by default as the
            table shows.

    Raises:
        InputError: a file cannot be used and there is no `report`; or the format or a pattern does
            not exist or fits nothing.
    """
    found = read_each(
        paths, format, rate, group_by=group_by, report=report, skip_bad=skip_bad,
        progress=progress, tiers=tiers, speakers=speakers, columns=columns, unit=unit,
    )  # fmt: skip
    return [one for one in found if isinstance(one, Dialogue)]


def read_each(
    paths: Path | str | Iterable[Path | str],
    format: str | None = None,  # noqa: A002  (as in `read`)
    rate: int | None = None,
    *,
    group_by: str | None = None,
    report: Report | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
    tiers: Sequence[str] = (),
    speakers: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    unit: str = "",
    timelines: bool = False,
) -> Iterator[Dialogue | tuple[str, Timeline]]:
    """As `read`, one conversation at a time: all files are read first, in little memory.

    Args:
        paths: see `read`, as are all others but the last.
        format: see `read`.
        rate: see `read`.
        group_by: see `read`.
        report: see `read`.
        skip_bad: see `read`.
        progress: see `read`.
        tiers: see `read`.
        speakers: see `read`.
        columns: see `read`.
        unit: see `read`.
        timelines: give plain conversations (an RTTM's) as id and timeline, which is much faster.

    Raises:
        InputError: see `read`.
    """
    strict = report is None
    report = report if report is not None else Report()
    clock = Clock(rate) if rate is not None else Clock(DECIMAL_RATE)
    if format is not None:
        module_of(format)
    selection = Selection(tuple(tiers), tuple(speakers))
    sheets: list[ParsedFile] = []
    whole: list[Dialogue] = []
    failed: list[Path] = []
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    found = find_files(paths, report, strict=strict, format=format)
    files = [(os.fspath(path), named) for path, named in found]
    total = len(files)
    files.reverse()
    while files:
        name, named = files.pop()
        path = Path(name)
        try:
            data = load(path)
            module = module_of(format or detect(path, data, columns))
            # A path of its own: one that was opened keeps its text twice in memory.
            source = InputFile(
                Path(name), data, clock, report, skip_bad, selection, columns or {}, unit
            )
            del data
            for item in module.parse(source):
                if isinstance(item, Dialogue):
                    whole.append(_select_speakers(item, selection))
                else:
                    sheets.append(item)
        except InputError as error:
            if isinstance(error, UsageError):
                raise
            if error.reason == "unknown-format" and not named:
                report.note("passed-over", f"found in a folder and not used: {error.problem}", path)
            elif strict:
                selection.check()  # a pattern that fits nothing leaves a file without tiers
                raise
            else:
                report.fail(error)
                failed.append(path)
        if progress is not None:
            progress(total - len(files), total)
    if not (sheets or whole or failed):
        for folder in (path for path in map(Path, paths) if path.is_dir()):
            if strict:
                raise _nothing_in(folder)
            report.fail(_nothing_in(folder))
    yield from whole
    whole.clear()
    yield from _conversations(
        sheets, failed, group_by, report, selection, strict=strict, timelines=timelines
    )
    selection.check()


def _nothing_in(folder: Path) -> InputError:
    """Why nothing could be read of a folder that holds no annotation."""
    recordings, _ = find_audio(folder)
    if not recordings:
        return InputError(
            "holds no annotation of a known format", folder,
            remedy=f"one of {', '.join(FORMATS)}", reason="no-input",
        )  # fmt: skip
    return InputError(
        f"holds {len(recordings):,} recording(s) ({recordings[0].name}, ...) and nothing that says "
        "who speaks when", folder,
        remedy="find their events with `interactspeech detect`, or put annotations beside them "
        "(RTTM, TextGrid, ...)",
        reason="audio-only",
    )  # fmt: skip


def _select_speakers(dialogue: Dialogue, selection: Selection) -> Dialogue:
    """A record without the speakers that are not wanted, and all that is theirs."""
    kept = {s.id for s in dialogue.speakers if selection.speaker(s.id)}
    if len(kept) == len(dialogue.speakers):
        return dialogue
    return msgspec.structs.replace(
        dialogue,
        speakers=tuple(s for s in dialogue.speakers if s.id in kept),
        utterances=tuple(u for u in dialogue.utterances if u.speaker in kept),
        events=tuple(
            e for e in dialogue.events if e.speaker in kept and (e.partner or e.speaker) in kept
        ),
        tracks=tuple(t for t in dialogue.tracks if t.speaker in kept),
    )


def _keep_speakers(sheet: ParsedFile, selection: Selection) -> None:
    """Take marks of speakers that are not wanted out of a parsed file."""
    unwanted = {name for name in sheet.names() if not selection.speaker(name)}
    if unwanted:
        sheet.segments = [mark for mark in sheet.segments if mark.speaker not in unwanted]
        sheet.words = [mark for mark in sheet.words if mark.speaker not in unwanted]
        sheet.events = [event for event in sheet.events if event.speaker not in unwanted]
        sheet.speakers = {k: v for k, v in sheet.speakers.items() if k not in unwanted}


def _conversations(
    sheets: list[ParsedFile],
    failed: Sequence[Path],
    group_by: str | None,
    report: Report,
    selection: Selection,
    *,
    strict: bool,
    timelines: bool,
) -> Iterator[Dialogue | tuple[str, Timeline]]:
    # A file that failed holds a place, so that its conversation is known to be incomplete.
    broken = [
        ParsedFile(meeting_of(path), "", path, 1, alone=True, speakers={"": ""}) for path in failed
    ]
    # A UEM alone says what counts; beside other files, what it says of absent ones is no matter.
    only_regions = all(sheet.regions is not None for sheet in sheets)
    grouped = group([*sheets, *broken], group_by, report)
    sheets.clear()
    for name in list(grouped):
        members = grouped.pop(name)
        if timelines and (plain := _plain(name, members, report, selection)) is not None:
            yield plain
            continue
        for sheet in members:
            sheet.unpack()
        lost = [sheet for sheet in members if not sheet.format]
        members = [sheet for sheet in members if sheet.format]
        if not members:
            continue
        try:
            if lost:
                raise InputError(  # noqa: TRY301  (one place for all losses)
                    f"conversation {name!r} is incomplete without this file, and is left out",
                    lost[0].path, reason="incomplete-conversation",
                )  # fmt: skip
            members = drop_duplicates(name, members, report)
            if (clash := clash_error(name, members)) is not None:
                raise clash
            regions = [sheet.regions for sheet in members if sheet.regions is not None]
            if regions and len(regions) == len(members) and not only_regions:
                report.note("uem-only", f"conversation {name!r} is in a UEM only", members[0].path)
                continue
            combined = _combine(members)
            if selection.speakers:
                for sheet in combined:
                    _keep_speakers(sheet, selection)
            dialogue = assemble(name, combined, report)
            warn_of_odd_talk(dialogue, report, members[0].path)
            report.read(dialogue)
            if regions:
                kept = join_spans(span for found in regions for span in found)
                yield from cut_regions(dialogue, kept, report)
            else:
                yield dialogue
        except InputError as error:
            if strict:
                raise
            report.fail(error)
        except ValueError as error:  # an invariant of the records that no check above foresaw
            problem = InputError(
                f"conversation {name!r}: {error}", members[0].path, reason="bad-record"
            )
            if strict:
                raise problem from None
            report.fail(problem)


def _plain(
    name: str, members: list[ParsedFile], report: Report, selection: Selection
) -> tuple[str, Timeline] | None:
    """A conversation of stretches alone as a timeline; None where there is more to it."""
    packed = members[0].packed
    if len(members) > 1 or packed is None or selection.speakers:
        return None
    if report.conversations < LISTED_CONVERSATIONS:
        return None
    spans = packed.spans()
    if spans is None:
        return None
    length = max(own[-1][1] for own in spans.values())
    rate = members[0].rate
    if len(spans) > 1 and length >= ALWAYS_SECONDS * rate:
        most = ALWAYS_SHARE * length
        if any(sum(end - start for start, end in own) > most for own in spans.values()):
            return None
    report.conversations += 1
    activity = {speaker: np.array(own, np.int64) for speaker, own in spans.items()}
    return fit_id(name), Timeline(rate, length, activity)


def _combine(members: list[ParsedFile]) -> list[ParsedFile]:
    """Sheets whose format spreads one thing over several files, put together by that format."""
    done: list[ParsedFile] = []
    for name in dict.fromkeys(sheet.format for sheet in members):
        own = [sheet for sheet in members if sheet.format == name]
        combine = getattr(module_of(name), "combine", None)
        done += own if combine is None else combine(own)
    return done


def find_files(
    paths: Path | str | Iterable[Path | str],
    report: Report,
    *,
    strict: bool = False,
    format: str | None = None,  # noqa: A002  (as in `read`)
) -> Iterator[tuple[Path, bool]]:
    """The files named, and those of a known ending in folders named; sorted, each once.

    Yields:
        The path, and whether it was named itself (and not found in a folder).
    """
    endings = {ending for info in FORMATS.values() for ending in info.endings}
    if format is not None:
        endings = set(FORMATS[format].endings)
    seen: set[str] = set()
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    # Without links, one folder holds no file twice.
    alone = len(given) == 1
    for path in given:
        path = Path(path)  # noqa: PLW2901  (a string is a path too)
        if not path.exists():
            error = InputError("does not exist", path, reason="missing-file")
            if strict:
                raise error
            report.fail(error)
            continue
        if not path.is_dir():
            if (key := str(path.resolve())) not in seen:
                seen.add(key)
                yield path, True
            continue
        root = str(path.resolve())
        start = len(str(path))
        for member, link in _members(path, endings):
            if alone and not link:  # one folder holds no file twice
                yield Path(member), False
                continue
            target = str(Path(member).resolve()) if link else ""
            if alone and target.startswith(root + os.sep):
                continue  # found as itself
            key = str(Path(member).resolve()) if link else root + member[start:]
            if key not in seen:
                seen.add(key)
                yield Path(member), False


def _members(folder: Path, endings: set[str]) -> Iterator[tuple[str, bool]]:
    """Files of known endings in a folder and those below, sorted, and whether each is a link."""
    found: list[tuple[str, bool]] = []
    for place, _, names in os.walk(folder):
        for name in names:
            if ending_of(PurePath(name)) in endings and name != "provenance.jsonl":
                whole = os.path.join(place, name)  # noqa: PTH118  (a hundred thousand of them)
                found.append((whole, os.path.islink(whole)))  # noqa: PTH114
    # In the order of paths, part by part.
    found.sort(key=lambda pair: pair[0].replace(os.sep, "\0"), reverse=True)
    while found:  # each is let go of when it has been given
        yield found.pop()


def write(
    dialogue: Dialogue,
    path: Path | str,
    format: str | None = None,  # noqa: A002  (as in `read`)
    *,
    report: Report | None = None,
) -> None:
    """Write a dialogue; the file appears whole or not at all.

    Raises:
        InputError: the format is not known or is read-only, or cannot hold the dialogue.
    """
    path = Path(path)
    name = format or detect(path, b"")
    if name not in FORMATS or not FORMATS[name].written:
        writers = [info.name for info in FORMATS.values() if info.written]
        raise UsageError(
            f"{name!r} cannot be written", path, remedy=f"use one of {', '.join(writers)}",
        )  # fmt: skip
    found: str | bytes = module_of(name).serialise(
        dialogue, report if report is not None else Report()
    )
    save(path, found.encode("utf-8") if isinstance(found, str) else found)


def save(path: Path, data: bytes) -> None:
    """Write one of many files: whole or not at all, without waiting for the disk."""
    write_file(path, data, sweep=False, sync=False)
