"""What a reader hands to the hub: the marks of one file, in ticks, before anything is judged.

```
file ─ parse ─► Sheet (one conversation's marks in one file) ─ group ─► assemble ─► Dialogue
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from interactspeech.dialogue import EventOrigin, EventType, TimesOrigin
from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.report import Report
from interactspeech.formats.textfile import decode


@dataclass(slots=True)
class Mark:
    """A labelled stretch ``[start, end)`` of one speaker, in ticks.

    Attributes:
        text: what is said; empty where the format holds no text.
        line: 1-based line in the file, where it has lines.
        fragment: a word cut off inside.
        speech: the stretches in which the speaker is audible, where the format tells them apart.
    """

    speaker: str
    start: int
    end: int
    text: str = ""
    line: int | None = None
    fragment: bool = False
    speech: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class EventMark:
    """An event as a file has it."""

    type: EventType
    speaker: str
    start: int
    end: int
    partner: str = ""
    origin: EventOrigin = "human"
    rules: str = ""
    probability: float | None = None
    attributes: dict[str, str | int | float | bool] = field(default_factory=dict)


@dataclass
class Sheet:
    """The marks of one conversation in one file.

    Attributes:
        conversation: the name under which files are grouped.
        format: name of the format.
        path: the file.
        rate: ticks a second.
        segments: utterances or stretches of speech.
        words: words with times, where the format has them.
        events: events, where the format has them.
        speakers: id -> name, in the file's order, those without a mark included.
        length: of the conversation in ticks, where the file says it.
        regions: the stretches to keep (UEM), where the file says so.
        speech_from_words: the words, not the segments, say when the speaker is audible.
        times: where the times of `words` come from.
        alone: the file holds one speaker by its nature; its name may say which.
    """

    conversation: str
    format: str
    path: Path
    rate: int
    segments: list[Mark] = field(default_factory=list)
    words: list[Mark] = field(default_factory=list)
    events: list[EventMark] = field(default_factory=list)
    speakers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    regions: list[tuple[int, int]] | None = None
    speech_from_words: bool = False
    times: TimesOrigin = "human"
    alone: bool = False

    def names(self) -> list[str]:
        """Every speaker of the sheet, in order."""
        seen = dict.fromkeys(self.speakers)
        seen.update(dict.fromkeys(mark.speaker for mark in (*self.segments, *self.words)))
        seen.update(dict.fromkeys(event.speaker for event in self.events))
        return list(seen)


@dataclass
class Source:
    """A file being read: its bytes, the clock, and where to say what was wrong.

    Attributes:
        skip_bad: leave a bad line out (and report it) instead of giving the file up.
    """

    path: Path
    data: bytes
    clock: Clock
    report: Report
    skip_bad: bool = False

    def text(self) -> str:
        """The file as text; see `textfile.decode`."""
        return decode(self.data, self.path, self.report)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Lines with their 1-based numbers, blank ones left out."""
        for number, line in enumerate(self.text().splitlines(), 1):
            if stripped := line.strip():
                yield number, stripped

    def time(self, seconds: float | str, line: int | None, what: str) -> int:
        """A time in ticks; raises InputError with the place."""
        try:
            return self.clock.ticks(seconds)
        except (ValueError, TypeError) as error:
            raise self.error(f"{what}: {error}", line, reason="bad-time") from None

    def stretch(
        self, start: float | str, end: float | str, line: int | None, what: str
    ) -> tuple[int, int]:
        """Two times in order, or an InputError. Equal times are allowed: the caller decides."""
        first, last = self.time(start, line, f"{what} start"), self.time(end, line, f"{what} end")
        if last < first:
            raise self.error(
                f"{what} ends at {end} before it starts at {start}", line, reason="reversed-time"
            )
        return first, last

    def error(
        self, problem: str, line: int | None = None, remedy: str = "", reason: str = "bad-line"
    ) -> InputError:
        """An error with this file's place."""
        return InputError(problem, self.path, line, remedy=remedy, reason=reason)

    def bad(self, error: InputError) -> None:
        """Leave a bad line out if that was asked for; else give the file up."""
        if not self.skip_bad:
            if not error.remedy:
                error.remedy = "mend the line, or skip bad lines"
            raise error
        self.report.loss(error.reason, error.problem, error.path, error.line)


def sheets_by_line(
    source: Source,
    take: Callable[[Source, int, str, dict[str, Sheet]], None],
    nothing: str,
) -> Iterable[Sheet]:
    """The sheets of a format of NIST's: one thing a line, comments behind ``;;`` or ``#``.

    Args:
        source: the file.
        take: puts one line into the sheet it belongs to; raises InputError where it cannot.
        nothing: what the file lacks if no line gave a sheet, for the error.

    Raises:
        InputError: a bad line, unless bad ones are left out; or no sheet (``"empty-file"``).
    """
    sheets: dict[str, Sheet] = {}
    for number, line in source.lines():
        if not line.startswith((";;", "#")):
            try:
                take(source, number, line, sheets)
            except InputError as error:
                source.bad(error)
    if not sheets:
        raise source.error(nothing, reason="empty-file")
    return sheets.values()
