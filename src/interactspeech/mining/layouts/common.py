"""What the readers of corpora share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError
from interactspeech.formats import Clock, Report
from interactspeech.formats.assembly import assemble
from interactspeech.formats.file_input import decode, load
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile
from interactspeech.records import Dialogue, TimesOrigin


def first(*patterns: Iterable[Path]) -> Path | None:
    """The first path of the first pattern that has one."""
    for pattern in patterns:
        for path in sorted(pattern):
            return path
    return None


def any_of(root: Path, *patterns: str) -> bool:
    """Whether a folder holds anything of these patterns; nothing more is listed than is needed."""
    return any(next(root.glob(pattern), None) is not None for pattern in patterns)


def text(path: str | Path) -> str:
    """A text file, as `formats` reads them."""
    path = Path(path)
    return decode(load(path), path, Report())


def json_of(path: str | Path) -> Any:
    """A JSON file.

    Raises:
        InputError: it is none.
    """
    try:
        return msgspec.json.decode(load(Path(path)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no JSON: {error}", path, reason="bad-json") from None


def ticks(value: Any, rate: int, path: str | Path, line: int | None = None) -> int:
    """A time in seconds, as samples.

    Raises:
        InputError: it is no time.
    """
    try:
        return Clock(rate).ticks(value if isinstance(value, float | int) else str(value))
    except (TypeError, ValueError) as error:
        raise InputError(str(error), path, line, reason="bad-time") from None


def dialogue(
    name: str,
    path: str | Path,
    rate: int,
    speakers: Iterable[str],
    *,
    segments: list[AnnotationMark] | None = None,
    words: list[AnnotationMark] | None = None,
    times: TimesOrigin = "human",
) -> Dialogue:
    """Marks as a record: checked and repaired as those of any timing format."""
    sheet = ParsedFile(
        name, "layout", Path(path), rate, segments=segments or [], words=words or [],
        speakers=dict.fromkeys(speakers, ""), times=times,
    )  # fmt: skip
    return assemble(name, [sheet], Report())
