"""Manifests: a list of recordings with what is known about each, as JSON lines, CSV or TSV.

A row names the audio in a column ``audio`` (or ``audio_filepath``, ``path``, ``wav``): one file, or
several, one for each speaker (a JSON list; in CSV parted by ``|``). Optional columns: ``id``,
``annotation`` (or ``rttm``, ``rttm_filepath``, ``textgrid``, ``transcript``, ``ctm_filepath``),
``speakers``, ``channels`` (``auto``, ``speakers``, ``mix``), ``corpus``, ``licence`` (or
``license``), ``split``. Other columns are passed over. Paths are relative to the manifest.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats.assemble import fit_id
from interactspeech.formats.textfile import decode, load
from interactspeech.mining.settings import Channels
from interactspeech.mining.source import Piece, Source

ENDINGS = frozenset({".jsonl", ".csv", ".tsv"})
_AUDIO = ("audio", "audio_filepath", "path", "wav")
_ANNOTATION = ("annotation", "rttm", "rttm_filepath", "textgrid", "transcript", "ctm_filepath")
_LICENCE = ("licence", "license")


def read(path: Path) -> Iterator[Source | InputError]:
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
        for number, line in enumerate(text.splitlines(), 1):
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
    table = csv.DictReader(
        text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ","
    )
    try:
        for row in table:
            yield (
                table.line_num,
                {str(key).strip(): value for key, value in row.items() if value not in (None, "")},
            )
    except csv.Error as error:
        raise InputError(str(error), path, table.line_num, reason="bad-line") from None


def _source(path: Path, line: int, row: dict[str, Any]) -> Source:
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
    return Source(
        id=fit_id(name),
        pieces=tuple(Piece(str(path.parent / file)) for file in files),
        speakers=tuple(_list(row.get("speakers"), "|")),
        channels=channels,  # type: ignore[arg-type]
        annotation=tuple(
            str(path.parent / file) for key in _ANNOTATION for file in _list(row.get(key), "|")
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
