"""What a reader makes of one file: marks in ticks, before anything is judged.

```
file ─ parse ─► ParsedFile (one conversation's marks in one file) ─ group ─► assemble ─► Dialogue
```
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.file_input import decode
from interactspeech.formats.non_speech import (
    SPEECH,
    is_nobody,
    is_unknown,
    is_unknown_speech,
    label_class,
    spoken_text,
)
from interactspeech.formats.report import Report
from interactspeech.formats.selection import Selection
from interactspeech.records import (
    EventOrigin,
    EventType,
    TimesOrigin,
    Utterance,
    Word,
    spoken_tokens,
)
from interactspeech.signal.intervals import intervals, pairs, union


def field_text(text: str, what: str, report: Report) -> str:
    """`text` as one field of a line whose fields are separated by blanks."""
    field = "_".join(text.split())
    if field != text:
        report.repair("blank-in-field", f"{what} {text!r} was written as {field!r}")
    return field


def spoken_words(text: str) -> list[str]:
    """The words of a transcript's line, without its marks (``<UNIN/>``, ``[laugh]``, ``xxx``).

    >>> spoken_words("<UNSURE>Come</UNSURE> and go. [laughs] [yeah]")
    ['Come', 'and', 'go.', 'yeah']
    """
    return [word for word in spoken_tokens(spoken_text(text)) if not is_unknown_speech(word)]


def transcript(utterance: Utterance) -> str:
    """What was said, as one line: the source's own text where it is kept."""
    return utterance.written or utterance.text


def word_label(word: Word) -> str:
    """A word as a label; one that was cut off inside ends in a hyphen, as transcribers write it."""
    return f"{word.text}-" if word.fragment else word.text


def word_of(label: str) -> tuple[str, bool]:
    """The text of a word's label, and whether the word was cut off inside.

    >>> word_of("des-"), word_of("-"), word_of("so")
    (('des', True), ('-', False), ('so', False))
    """
    if len(label) > 1 and label.endswith("-"):
        return label[:-1], True
    return label, False


def timed(utterance: Utterance) -> bool:
    """True if the utterance's word times are more than a guess."""
    return bool(utterance.words) and utterance.times not in {"estimated", "none"}


def join_spans(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted, disjoint and apart: spans that touch or overlap are one.

    >>> join_spans([(5, 7), (0, 2), (2, 3), (6, 9)])
    ((0, 3), (5, 9))
    """
    given = tuple(spans)
    return given if len(given) < 2 else tuple(pairs(union(intervals(given))))


@dataclass(slots=True)
class AnnotationMark:
    """A labelled stretch ``[start, end)`` of one speaker, in ticks.

    Attributes:
        text: what is said; empty where the format holds no text.
        line: 1-based line in the file, where it has lines.
        fragment: a word cut off inside.
        speech: the stretches in which the speaker is audible, where the format tells them apart.
        estimated: a word whose times are a guess of the reader's.
        channel: of the recording, where the format says it.
    """

    speaker: str
    start: int
    end: int
    text: str = ""
    line: int | None = None
    fragment: bool = False
    speech: tuple[tuple[int, int], ...] = ()
    estimated: bool = False
    channel: str = ""


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
    channel: str = ""


_SHARED: dict[tuple[str, ...], tuple[str, ...]] = {}


def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(_SHARED) > 10_000:
        _SHARED.clear()
    return _SHARED.setdefault(names, names)


class PackedStretches:
    """Stretches of speech without text in little memory: what an RTTM of many recordings holds.

    Attributes:
        times: start, end and line of each, in ticks.
        speakers: of each, an index into `names`.
        names: speakers in the order in which they come.
        channels: each speaker's channel.
    """

    __slots__ = ("channels", "names", "speakers", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.speakers = bytearray()
        self.names: tuple[str, ...] = ()
        self.channels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.speakers)

    def add(self, speaker: str, channel: str, start: int, end: int, line: int) -> bool:
        """Take up a stretch; False where it does not fit: a second channel, the 257th speaker."""
        if speaker in self.names:
            place = self.names.index(speaker)
            if self.channels[place] != channel:
                return False
        elif len(self.names) > 255:
            return False
        else:
            # Most recordings have the same few speakers: their names lie in memory once.
            place = len(self.names)
            self.names = _shared((*self.names, speaker))
            self.channels = _shared((*self.channels, channel))
        self.times.extend((start, end, line))
        self.speakers.append(place)
        return True

    def marks(self) -> list[AnnotationMark]:
        """The stretches as marks."""
        t = self.times
        return [
            AnnotationMark(
                self.names[who],
                t[3 * n],
                t[3 * n + 1],
                line=t[3 * n + 2],
                channel=self.channels[who],
            )
            for n, who in enumerate(self.speakers)
        ]

    def spans(self) -> dict[str, list[tuple[int, int]]] | None:
        """Speaker -> sorted stretches that do not touch; None where something must be reported."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.names]
        t = self.times
        for n, who in enumerate(self.speakers):
            found[who].append((t[3 * n], t[3 * n + 1]))
        for own in found:
            own.sort()
            joined: list[tuple[int, int]] = []
            last = -1
            for start, end in own:
                if start >= end or start < last:
                    return None
                if start == last:
                    joined[-1] = (joined[-1][0], end)
                else:
                    joined.append((start, end))
                last = end
            own[:] = joined
        return dict(zip(self.names, found, strict=True))


#: Shared by packed sheets, and never filled: see `ParsedFile.pack`.
_NO_MARKS: list[AnnotationMark] = []
_NO_EVENTS: list[EventMark] = []
_NO_NAMES: dict[str, str] = {}


@dataclass(slots=True)
class ParsedFile:
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
        reach: the end of the last silence that the file labels, in ticks.
        packed: stretches that are not in `segments` yet (see `unpack`).
    """

    conversation: str
    format: str
    path: Path
    rate: int
    segments: list[AnnotationMark] = field(default_factory=list)
    words: list[AnnotationMark] = field(default_factory=list)
    events: list[EventMark] = field(default_factory=list)
    speakers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    regions: list[tuple[int, int]] | None = None
    speech_from_words: bool = False
    times: TimesOrigin = "human"
    alone: bool = False
    reach: int = 0
    packed: PackedStretches | None = None

    def pack(self) -> None:
        """Give back what a sheet of packed stretches has no use for, until `unpack`.

        Of a hundred thousand files each waits for the others of its conversation: empty lists that
        they share take 30 MB less.
        """
        if self.packed is None or self.segments or self.words or self.events or self.speakers:
            return
        self.packed.times = self.packed.times[:]  # without room to grow
        self.segments = self.words = _NO_MARKS
        self.events, self.speakers = _NO_EVENTS, _NO_NAMES

    def unpack(self) -> None:
        """Put packed stretches into `segments`."""
        if self.words is _NO_MARKS:
            self.segments, self.words, self.events, self.speakers = [], [], [], {}
        if self.packed is not None:
            self.segments = [*self.packed.marks(), *self.segments]
            self.packed = None

    def names(self) -> list[str]:
        """Every speaker of the sheet, in order."""
        seen = dict.fromkeys(self.speakers)
        if self.packed is not None:
            seen.update(dict.fromkeys(self.packed.names))
        seen.update(dict.fromkeys(mark.speaker for mark in (*self.segments, *self.words)))
        seen.update(dict.fromkeys(event.speaker for event in self.events))
        return list(seen)


#: A file with so many bad lines is given up.
MAX_LEFT_OUT = 100_000


@dataclass
class InputFile:
    """A file being read: its bytes, the clock, and where to say what was wrong.

    Attributes:
        skip_bad: leave a bad line out (and report it) instead of giving the file up.
        selection: which tiers and speakers the user asked for.
        columns: what the columns of a table are called, by the field that they hold.
        unit: of a table's times: ``"s"``, ``"ms"``, ``"samples"``, or empty: as the table shows.
    """

    path: Path
    data: bytes
    clock: Clock
    report: Report
    skip_bad: bool = False
    selection: Selection = field(default_factory=Selection)
    columns: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    #: Bad lines so far.
    left_out: int = 0

    def text(self) -> str:
        """The file as text; see `file_input.decode`."""
        return decode(self.data, self.path, self.report)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Lines with their 1-based numbers, blank ones left out."""
        # Not `splitlines` on the whole: a large file's lines would all lie in memory at once.
        text = self.text()
        self.data = b""
        number = start = 0
        while start < len(text):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            for line in text[start:end].splitlines() or ("",):
                number += 1
                if stripped := line.strip():
                    yield number, stripped
            start = end + 1

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
                error.remedy = "correct the line, or skip bad lines"
            raise error
        self.report.loss(error.reason, error.problem, error.path, error.line)
        self.left_out += 1
        if self.left_out >= MAX_LEFT_OUT:
            raise InputError(
                f"{self.left_out:,} bad lines: the file is given up", self.path, error.line,
                reason="too-many-errors",
            )  # fmt: skip


def sheets_by_line(
    source: InputFile,
    take: Callable[[InputFile, int, str, dict[str, ParsedFile]], None],
    nothing: str,
) -> Iterable[ParsedFile]:
    """The sheets of a format of NIST's: one thing a line, comments behind ``;;`` or ``#``.

    Args:
        source: the file.
        take: puts one line into the sheet it belongs to; raises InputError where it cannot.
        nothing: what the file lacks if no line gave a sheet, for the error.

    Raises:
        InputError: a bad line, unless bad ones are left out; or no sheet (``"empty-file"``).
    """
    sheets: dict[str, ParsedFile] = {}
    for number, line in source.lines():
        if not line.startswith((";;", "#")):
            try:
                take(source, number, line, sheets)
            except InputError as error:
                source.bad(error)
    if not sheets:
        raise source.error(nothing, reason="empty-file")
    for sheet in sheets.values():
        name_speakers(sheet, source.report)
    return sheets.values()


def add_stretch(sheet: ParsedFile, mark: AnnotationMark, report: Report) -> None:
    """Put a labelled stretch of time into a sheet as what its label says (see `label_class`).

    Silence is no mark, a laugh or a breath is an event, a noise is counted, and speech whose words
    are not known has no text.
    """
    _add(sheet, mark, report, sheet.segments, of_word=False)


def add_word(sheet: ParsedFile, mark: AnnotationMark, report: Report) -> None:
    """Put a word into a sheet as what its label says; its text loses marks and the sign of a cut.

    A word without text is speech that was not transcribed.
    """
    _add(sheet, mark, report, sheet.words, of_word=True)


def _add(
    sheet: ParsedFile,
    mark: AnnotationMark,
    report: Report,
    target: list[AnnotationMark],
    *,
    of_word: bool,
) -> None:
    if is_nobody(mark.speaker):
        report.note(
            "non-speech", f"{mark.speaker!r} is not a speaker: not used", sheet.path, mark.line
        )
        return
    found = label_class(mark.text, of_word=of_word)
    if found == "silence":
        sheet.reach = max(sheet.reach, mark.end)
        return
    if found in {"laugh", "breath"}:
        if mark.start < mark.end:
            kind: EventType = "laugh" if found == "laugh" else "breath"
            sheet.events.append(
                EventMark(kind, mark.speaker, mark.start, mark.end, channel=mark.channel)
            )
        return
    if found == "noise":
        report.note("non-speech", f"{mark.text!r} is no speech: not used", sheet.path, mark.line)
        return
    if of_word:
        text = "" if found == "speech" else spoken_text(mark.text)
        mark.text, cut = word_of(text)
        mark.fragment = mark.fragment or cut
    elif mark.text == SPEECH or (found == "speech" and mark.text[:1] not in "<[{(/"):
        mark.text = ""
    target.append(mark)


def name_speakers(sheet: ParsedFile, report: Report) -> None:
    """Speakers that are not known are called by their channel; one label on two is two speakers.

    A label that spells "not known" is a name where the channel spells the same: so a person called
    NA is written and read as missing.
    """
    packed = sheet.packed
    if packed is not None:
        if not (sheet.words or sheet.events or sheet.segments) and not any(
            is_unknown(name) and name != channel
            for name, channel in zip(packed.names, packed.channels, strict=True)
        ):
            return
        sheet.unpack()
    marks: list[AnnotationMark | EventMark] = [*sheet.segments, *sheet.words, *sheet.events]
    unknown = 0
    channels: dict[str, set[str]] = defaultdict(set)
    for mark in marks:
        if is_unknown(mark.speaker) and mark.channel != mark.speaker:
            mark.speaker = mark.channel
            unknown += 1
        channels[mark.speaker].add(mark.channel)
    if unknown:
        report.note(
            "unknown-speaker",
            f"{unknown} mark(s) do not name their speaker and are their channel's", sheet.path,
        )  # fmt: skip
    double = {name for name, found in channels.items() if len(found) > 1}
    for mark in marks:
        if mark.speaker in double:
            mark.speaker = f"{mark.speaker}-{mark.channel}"
    for name in sorted(double):
        report.note(
            "label-on-two-channels",
            f"speaker {name!r} is on channels {', '.join(sorted(channels[name]))}: "
            "a speaker for each",
            sheet.path,
        )


def channel_name(speaker: str) -> str:
    """The channel to write beside a speaker so that the name is read as one; else ``"1"``."""
    return speaker if is_unknown(speaker) else "1"


# JSON from strangers, with the place of what is wrong.


def parse_json(source: InputFile) -> Any:
    """The value of a JSON file. NaN and infinities come through as numbers: times refuse them.

    Raises:
        InputError: it is no JSON (cut off, for example), or nests too deep.
    """
    text = source.text()
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not JSON: {error.msg}",
            source.path,
            error.lineno,
            error.colno,
            remedy="the file may be cut off",
            reason="bad-json",
        ) from None
    except ValueError as error:  # a number of over 4,300 digits
        raise source.error(f"is not JSON that can be read: {error}", reason="bad-json") from None
    except RecursionError:
        raise source.error("nests too deep", reason="bad-json") from None
