"""Transcripts with a time before each turn, as meeting and call tools write them (read).

```
[00:01] Agent: Good morning.            [00:01.2 - 00:03.5] Agent: Good morning.
Agent [00:00:01]: Good morning.         Agent  0:01
                                        Good morning.
```
Lines without a time go on with the turn before them. Where only the start is said, a turn is taken
to end when the next one starts, or earlier, by the number of its words; such ends are estimates,
which a note reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.formats.file_input import decode
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    spoken_words,
)
from interactspeech.formats.report import Report

#: Where a turn's end is not known: so many seconds a word, and for the shortest turn.
WORD_SECONDS, SHORTEST_SECONDS = 0.3, 0.3
_TIME = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,6})?"
_RANGE = rf"(?P<start>{_TIME})(?:(?:\s*(?:-->|->|-|\u2013|to)\s*|\s+)(?P<end>{_TIME}))?"
#: A second time is no speaker's name, and neither is what makes a time of day of the first.
_WHO = rf"(?P<who>(?!{_TIME}|[AaPp]\.?[Mm]\b)[^\s:\[\]()<>][^:\[\]()<>]{{0,39}}?)"
_LINES = (
    re.compile(rf"^[\[(]\s*{_RANGE}\s*[\])]\s*[-:]?\s*{_WHO}\s*:\s*(?P<text>.*)$"),
    re.compile(rf"^{_RANGE}\s+[-:]?\s*{_WHO}\s*:\s*(?P<text>.*)$"),
    re.compile(rf"^{_WHO}\s*[\[(]\s*{_RANGE}\s*[\])]\s*:?\s*(?P<text>.*)$"),
    re.compile(rf"^{_WHO}\s+{_RANGE}(?P<text>)$"),
)


def is_transcript(data: bytes) -> bool:
    """True if one of the first lines has a time and a speaker."""
    head = decode(data[:16384], Path(), Report())
    lines = [line.strip() for line in head.splitlines() if line.strip()][:20]
    return sum(_match(line) is not None for line in lines) >= max(1, len(lines) // 4)


def _match(line: str) -> re.Match[str] | None:
    line = " ".join(line.split())  # the forms would try each division of a run of white space
    return next((found for form in _LINES if (found := form.match(line))), None)


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The turns of one transcript."""
    sheet = ParsedFile(source.path.stem, "transcript", source.path, source.clock.rate)
    turns: list[tuple[AnnotationMark, bool]] = []
    said: list[list[str]] = []
    lost = 0
    first_lost: int | None = None
    usable = True
    for number, line in source.lines():
        match = _match(line)
        if match is None:
            if turns and usable:
                said[-1].append(line)
            else:
                lost += 1
                first_lost = first_lost or number
            continue
        try:
            start = source.time(_clock(match["start"]), number, "the turn")
            end = source.time(_clock(match["end"] or match["start"]), number, "the turn")
            if end < start:
                raise source.error("the turn ends before it starts", number, reason="reversed-time")
        except InputError as error:
            source.bad(error)
            usable = False
            continue
        usable = True
        mark = AnnotationMark(match["who"].strip(), start, end, match["text"], number)
        turns.append((mark, match["end"] is not None))
        said.append([match["text"]])
    if not turns:
        raise source.error("has no turn with a time and a speaker", reason="empty-file")
    if lost:
        source.report.note(
            "no-turn", f"{lost} line(s) before the first turn are not used", source.path, first_lost
        )
    for (mark, _), lines in zip(turns, said, strict=True):
        mark.text = " ".join(lines).strip()
    _estimate_ends(source, turns)
    for mark, _ in turns:
        if mark.text:
            add_stretch(sheet, mark, source.report)
        else:
            sheet.segments.append(mark)
    sheet.alone = len(sheet.names()) == 1
    return [sheet]


def _clock(text: str) -> float:
    parts = [float(part) for part in text.replace(",", ".").split(":")]
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + part
    return seconds


def _estimate_ends(source: InputFile, turns: list[tuple[AnnotationMark, bool]]) -> None:
    rate = source.clock.rate
    starts = sorted({mark.start for mark, _ in turns})
    following = dict(pairwise(starts))
    estimated = 0
    for mark, known in turns:
        if known:
            continue
        estimated += 1
        by_words = max(SHORTEST_SECONDS, WORD_SECONDS * len(spoken_words(mark.text)))
        end = mark.start + max(1, round(by_words * rate))
        mark.end = min(end, following.get(mark.start, end))
    if estimated:
        source.report.note(
            "estimated-ends",
            f"{estimated} turn(s) say when they start and not when they end: the next turn's start "
            f"is taken, or {WORD_SECONDS} s a word",
            source.path,
        )
