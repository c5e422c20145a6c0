"""What is mined: files, folders, patterns, manifests and corpora, as a list of recordings.

In a folder, files that differ only in a word for one side (``call_A.wav`` and ``call_B.wav``,
``_left``, ``-agent``) are one recording with a file for each speaker. Annotation of the same name
beside the audio (``call.rttm``, ``call.TextGrid``, ``call.json``) is used.

A manifest is a table of recordings, as JSON lines, CSV or TSV. A row names the audio in a column
``audio`` (or ``audio_filepath``, ``path``, ``wav``): one file, or several, one for each speaker (a
JSON list; in CSV separated by ``|``). Optional columns: ``id``,
``annotation`` (or ``rttm``, ``rttm_filepath``, ``textgrid``, ``transcript``, ``ctm_filepath``),
``speakers``, ``channels`` (``auto``, ``speakers``, ``mix``), ``corpus``, ``licence`` (or
``license``), ``split``. Other columns are passed over. Paths are relative to the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec

from interactspeech import csv_rows, formats
from interactspeech.errors import InputError, UsageError
from interactspeech.formats import FORMATS, Report
from interactspeech.formats.assembly import fit_id
from interactspeech.formats.file_input import decode, load
from interactspeech.formats.grouping import SIDES
from interactspeech.mining import layouts
from interactspeech.mining.settings import Channels
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.paths import Paths, expand, unwritable
from interactspeech.signal.decoders import find_audio, passed_over

ENDINGS = frozenset({".jsonl", ".csv", ".tsv"})
_AUDIO = ("audio", "audio_filepath", "path", "wav")
_ANNOTATION_COLUMNS = (
    "annotation",
    "rttm",
    "rttm_filepath",
    "textgrid",
    "transcript",
    "ctm_filepath",
)
_LICENCE = ("licence", "license")


def read(path: Path) -> Iterator[RecordingSource | InputError]:
    """The recordings of a manifest; a row that cannot be used is an error with its line."""
    try:
        rows = list(_rows(path))
    except InputError as error:
        yield error
        return
    if not rows:
        yield InputError("holds no rows", path, reason="empty-file")
    for line, row in rows:
        if isinstance(row, InputError):
            yield row
            continue
        try:
            yield _source(path, line, row)
        except InputError as error:
            yield error


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    text = decode(load(path), path, Report())
    if path.suffix.lower() == ".jsonl":
        for number, line in csv_rows.text_lines(text):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, InputError(f"no JSON: {error}", path, number, reason="bad-line")
                continue
            if not isinstance(row, dict):
                yield number, InputError("no JSON object", path, number, reason="bad-line")
                continue
            yield number, row
        return
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    for found in csv_rows.table(csv_rows.text_lines(text), path, delimiter)[1]:
        if isinstance(found, InputError):
            yield found.line or 1, found
        else:
            yield found[0], {name: value for name, value in found[1].items() if value}


def _source(path: Path, line: int, row: dict[str, Any]) -> RecordingSource:
    files = _list(_first(row, _AUDIO), "|")
    if not files:
        raise InputError(
            f"names no audio: a column is called {' or '.join(_AUDIO)}", path, line,
            reason="bad-line",
        )  # fmt: skip
    channels = str(row.get("channels", "speakers" if len(files) > 1 else "auto"))
    if channels not in get_args(Channels):
        raise InputError(
            f"channels {channels!r} is not one of {', '.join(get_args(Channels))}", path, line,
            reason="bad-line",
        )  # fmt: skip
    name = str(row.get("id") or Path(files[0]).stem)
    return RecordingSource(
        id=fit_id(name),
        pieces=tuple(SourceFile(str(path.parent / file)) for file in files),
        speakers=tuple(_list(row.get("speakers"), "|")),
        channels=channels,  # type: ignore[arg-type]
        annotation=tuple(
            str(path.parent / file)
            for key in _ANNOTATION_COLUMNS
            for file in _list(row.get(key), "|")
        ),
        within=name,
        corpus=str(row.get("corpus", "")),
        licence=str(_first(row, _LICENCE) or ""),
        split=str(row.get("split", "")),
    )


def _first(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name)), None)


def _list(value: Any, sign: str) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [str(one) for one in value]
    return [part.strip() for part in str(value).split(sign) if part.strip()]


#: Endings of files that are not taken for recordings that were overlooked.
_NO_AUDIO = frozenset(ending for info in FORMATS.values() for ending in info.endings) | ENDINGS
_SIDE = re.compile(
    r"^(?P<rest>.+?)[-_.](?P<side>[^-_.]+|[^-_.]+[-_.](?:[a-z]|\d{1,2}))$", re.IGNORECASE
)


def find(
    inputs: Paths,
    layout: str | None = None,
    *,
    group_by: str | None = None,
    separate: bool = False,
    annotations: Paths = (),
    on_note: Callable[[str], None] | None = None,
) -> list[RecordingSource | InputError]:
    """The recordings of inputs, in a fixed order, with unique ids; and what could not be used.

    Args:
        inputs: one or many: audio files, folders, patterns, manifests (.jsonl, .csv, .tsv), roots
            of corpora.
        layout: a name in `layouts.LAYOUTS` that all folders follow; "none": none of them does. By
            default a corpus is known by its signs.
        group_by: which files are one recording: a regular expression with the group
            ``conversation`` (and ``speaker``), searched in each path.
        separate: every file is a recording of its own.
        annotations: files of timing formats about any of the recordings, by the recordings' names;
            they go before what lies beside a recording.
        on_note: called with a sentence about files in a folder that are neither recordings nor
            annotation.

    Raises:
        InputError: the layout or the pattern does not exist (reason "usage"), or an annotation
            cannot be read.
    """
    if layout not in (None, "none") and layout not in layouts.LAYOUTS:
        raise UsageError(
            f"no layout is called {layout!r}", remedy=f"use one of {', '.join(layouts.LAYOUTS)}",
        )  # fmt: skip
    pattern = _pattern(group_by)
    found: list[RecordingSource | InputError] = []
    loose: list[Path] = []
    for path in expand(inputs):
        if not path.exists():
            found.append(InputError("does not exist", path, reason="missing-file"))
        elif path.is_dir():
            name = layouts.detect(path) if layout is None else layout
            if name is not None and name != "none":
                found += layouts.read(name, path)
                continue
            inside, others = find_audio(path)
            if not inside:
                found.append(InputError("holds no audio", path, reason="no-audio"))
            others = [other for other in others if other.suffix.lower() not in _NO_AUDIO]
            if others and on_note is not None:
                on_note(f"{path}: {passed_over(others)}")
            loose += inside
        elif path.suffix.lower() in ENDINGS:
            found += read(path)
        else:
            loose.append(path)
    found += [error for path in loose if (error := unwritable(path)) is not None]
    loose = [path for path in dict.fromkeys(loose) if unwritable(path) is None]
    found += _recordings(loose, pattern, separate)
    given = _named(annotations)
    return [_annotated(one, given) for one in _distinct(found)]


def _named(annotations: Paths) -> dict[str, list[str]]:
    """Name of a recording -> the files that are about it."""
    about: dict[str, list[str]] = {}
    for path in expand(annotations) if annotations else ():
        for dialogue in formats.read(path):
            about.setdefault(dialogue.id, []).append(str(path))
    return about


def _annotated(
    one: RecordingSource | InputError, given: dict[str, list[str]]
) -> RecordingSource | InputError:
    if isinstance(one, InputError):
        return one
    name = fit_id(one.within) if one.within else one.id
    if name not in given:
        return one
    return msgspec.structs.replace(one, annotation=tuple(given[name]), reader="formats")


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"the pattern {text!r} is none: {error}") from None
    if "conversation" not in pattern.groupindex:
        raise UsageError(
            f"the pattern {text!r} has no group named 'conversation'",
            remedy=r"for example '(?P<conversation>call\d+)_(?P<speaker>\w+)'",
        )  # fmt: skip
    return pattern


def _recordings(
    files: list[Path], pattern: re.Pattern[str] | None, separate: bool
) -> Iterator[RecordingSource]:
    """Files by recording: those of the pattern, or those that differ in a side only."""
    groups: dict[tuple[str, str], list[tuple[str, Path]]] = {}
    for path in files:
        side = None if separate else _side(path, pattern)
        rest, speaker = side or (path.stem, "")
        folder = "" if pattern is not None and side else path.parent.as_posix()
        groups.setdefault((folder, rest.lower() if speaker else path.name), []).append(
            (speaker, path)
        )
    for (_, key), members in groups.items():
        speakers = [speaker for speaker, _ in members]
        alone = len(members) == 1 or len({s.lower() for s in speakers}) < len(speakers)
        if alone:
            for _, path in members:
                yield _one(path.stem, [path], ())
        else:
            members.sort(key=lambda pair: pair[0].lower())
            stem = members[0][1].stem
            name = stem[: len(key)] if stem.lower().startswith(key) else key
            yield _one(name, [path for _, path in members], tuple(s for s, _ in members))


def _side(path: Path, pattern: re.Pattern[str] | None) -> tuple[str, str] | None:
    if pattern is not None:
        match = pattern.search(path.as_posix())
        if match is None:
            return None
        return match["conversation"], match.groupdict().get("speaker") or path.stem
    match = _SIDE.match(path.stem)
    return (match["rest"], match["side"]) if match and SIDES.match(match["side"]) else None


def _one(name: str, files: list[Path], speakers: tuple[str, ...]) -> RecordingSource:
    beside = annotation_beside(files[0].parent, name)
    if len(files) > 1:
        beside += [p for f in files for p in annotation_beside(f.parent, f.stem)]
    return RecordingSource(
        id=fit_id(name),
        pieces=tuple(SourceFile(str(path)) for path in files),
        speakers=speakers,
        channels="speakers" if len(files) > 1 else "auto",
        annotation=tuple(str(path) for path in beside),
        within=name,
    )


def annotation_beside(folder: Path, stem: str) -> list[Path]:
    """Files of timing formats in a folder that carry a recording's name; the first kind of them."""
    kinds = [info for info in FORMATS.values() if info.exchanged]  # a UEM says nothing about talk
    for ending in dict.fromkeys(end for info in kinds for end in info.endings if end != ".xml"):
        usual = (ending, ".TextGrid") if ending == ".textgrid" else (ending,)
        for name in (*usual, ending.upper()):
            if (path := folder / f"{stem}{name}").is_file():
                return [path]
    return []


def _distinct(found: list[RecordingSource | InputError]) -> list[RecordingSource | InputError]:
    """Recordings of one id are distinguished by their folders, then by a number."""
    counts: dict[str, int] = {}
    for one in found:
        if isinstance(one, RecordingSource):
            counts[one.id] = counts.get(one.id, 0) + 1
    seen: set[str] = set()
    done: list[RecordingSource | InputError] = []
    for one in found:
        if isinstance(one, InputError):
            done.append(one)
            continue
        name = one.id
        if counts[name] > 1:
            name = fit_id(f"{Path(one.path).parent.name}_{name}")
        number, distinct = 1, name
        while distinct in seen:
            number += 1
            distinct = f"{name}-{number}"
        seen.add(distinct)
        done.append(msgspec.structs.replace(one, id=distinct))
    return done
