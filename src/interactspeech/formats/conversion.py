"""The hub: every format is read into, and written from, one record.

```
files ─ detect ─ parse ─► sheets ─ group ─ combine ─ assemble ─► [Dialogue] ─ serialise ─► file
```
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from interactspeech.errors import InputError, UsageError
from interactspeech.formats.assembly import assemble
from interactspeech.formats.clipping import cut_regions
from interactspeech.formats.file_input import load
from interactspeech.formats.grouping import clash_error, group
from interactspeech.formats.nxt import meeting_of
from interactspeech.formats.parsed_file import (
    DECIMAL_RATE,
    Clock,
    InputFile,
    ParsedFile,
    join_spans,
)
from interactspeech.formats.registry import FORMATS, detect, ending_of, module_of
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

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
) -> list[Dialogue]:
    """Dialogues from any number of files; files of one conversation become one (see `group`).

    Args:
        paths: a file or files; folders are searched for files of known endings.
        format: a name in `FORMATS`; by default each file's own.
        rate: ticks a second for formats that know seconds (default 1,000,000: six decimals are
            exact), or the clock of an information.json without WAV files.
        group_by: a regular expression with the group ``conversation`` (and ``speaker``).
        report: takes up what was mended or lost. Without it the first bad file raises; with it a
            bad file is entered in `report.errors`, its conversation left out, and the rest goes on.
        skip_bad: leave bad lines out (reported) instead of giving their file up.
        progress: called with the number of files done and the number of files.

    Raises:
        InputError: a file cannot be used and there is no `report`; or the format or the pattern
            does not exist.
    """
    strict = report is None
    report = report if report is not None else Report()
    clock = Clock(rate) if rate is not None else Clock(DECIMAL_RATE)
    if format is not None:
        module_of(format)
    sheets: list[ParsedFile] = []
    whole: list[Dialogue] = []
    failed: list[Path] = []
    files = list(find_files(paths, report, strict=strict, format=format))
    for done, (path, named) in enumerate(files):
        try:
            data = load(path)
            module = module_of(format or detect(path, data))
            found = module.parse(InputFile(path, data, clock, report, skip_bad))
            for item in found:
                (whole if isinstance(item, Dialogue) else sheets).append(item)
        except InputError as error:
            if error.reason == "unknown-format" and not named:
                report.note("passed-over", "found in a folder, of no known format", path)
            elif strict:
                raise
            else:
                report.fail(error)
                failed.append(path)
        if progress is not None:
            progress(done + 1, len(files))
    return [*whole, *_conversations(sheets, failed, group_by, report, strict=strict)]


def _conversations(
    sheets: Sequence[ParsedFile],
    failed: Sequence[Path],
    group_by: str | None,
    report: Report,
    *,
    strict: bool,
) -> Iterator[Dialogue]:
    # A file that failed holds a place, so that its conversation is known to be incomplete.
    broken = [
        ParsedFile(meeting_of(path), "", path, 1, alone=True, speakers={"": ""}) for path in failed
    ]
    # A UEM alone says what counts; beside other files, what it says of absent ones is no matter.
    only_regions = all(sheet.regions is not None for sheet in sheets)
    for name, members in group([*sheets, *broken], group_by, report).items():
        lost = [sheet for sheet in members if not sheet.format]
        members = [sheet for sheet in members if sheet.format]  # noqa: PLW2901
        if not members:
            continue
        try:
            if lost:
                raise InputError(  # noqa: TRY301  (one place for all losses)
                    f"conversation {name!r} is incomplete without this file, and is left out",
                    lost[0].path, reason="incomplete-conversation",
                )  # fmt: skip
            if (clash := clash_error(name, members)) is not None:
                raise clash
            regions = [sheet.regions for sheet in members if sheet.regions is not None]
            if regions and len(regions) == len(members) and not only_regions:
                report.note("uem-only", f"conversation {name!r} is in a UEM only", members[0].path)
                continue
            dialogue = assemble(name, _combine(members), report)
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
    seen: set[Path] = set()
    for path in [paths] if isinstance(paths, str | Path) else paths:
        path = Path(path)  # noqa: PLW2901  (a string is a path too)
        if not path.exists():
            error = InputError("does not exist", path, reason="missing-file")
            if strict:
                raise error
            report.fail(error)
            continue
        members = (
            sorted(p for p in path.rglob("*") if p.is_file() and ending_of(p) in endings)
            if path.is_dir()
            else [path]
        )
        for member in members:
            if (key := member.resolve()) not in seen:
                seen.add(key)
                yield member, member is path


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
    """Write under a temporary name beside `path`, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
