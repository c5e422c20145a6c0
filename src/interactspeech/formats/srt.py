"""SubRip: captions ``00:00:01,000 --> 00:00:02,500`` with ``Name: text`` (read).

Cues are those of WebVTT (see `interactspeech.formats.webvtt`), with a comma before the
milliseconds, a number before each, and no voice tags. A file in which no cue names its speaker is
read where its own name says whose side it is (``call_left.srt``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from interactspeech.formats.parsed_file import InputFile, ParsedFile
from interactspeech.formats.webvtt import read_cues

_STAMP = re.compile(r"^(?:(\d{1,9}):)?([0-5]?\d):([0-5]?\d)(?:[,.](\d{1,3}))?$")


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The parsed file of one SubRip file."""
    return read_cues(source, source.text().splitlines(), "srt", _stamp)


def _stamp(source: InputFile, text: str, line: int) -> float:
    match = _STAMP.match(text)
    if match is None:
        raise source.error(f"{text!r} is no SubRip time (hh:mm:ss,mmm)", line, reason="bad-time")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return (hours * 60 + minutes) * 60 + seconds + int((match[4] or "0").ljust(3, "0")) / 1000
