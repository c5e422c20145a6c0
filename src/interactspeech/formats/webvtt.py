"""WebVTT: captions with voices (W3C): ``00:01.000 --> 00:02.500`` and ``<v Speaker>text``.

Who speaks must be said, in a voice tag or as ``Name: text`` (meeting tools write that). WebVTT
counts milliseconds; a boundary finer than that is rounded when it is written, and reported.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence

from interactspeech.errors import InputError
from interactspeech.formats.event_labels import span_labels
from interactspeech.formats.grouping import says_its_side
from interactspeech.formats.non_speech import SPEECH, label_class
from interactspeech.formats.parsed_file import AnnotationMark, InputFile, ParsedFile, add_stretch
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

_TIMING = re.compile(r"^(\S+)\s+-->\s+(\S+)(?:\s.*)?$")
#: What a file holds that names nobody, where its own name says whose side it is.
ONE_SPEAKER = "speaker"
#: Some tools write hours of one digit, fewer decimals, or SubRip's comma.
_STAMP = re.compile(r"^(?:(\d{1,9}):)?([0-5]\d):([0-5]\d)[.,](\d{1,3})$")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+)>")
_TAG = re.compile(r"</?(?:c|i|b|u|v|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<[\d:.]+>|\{\\an\d\}")
#: "Ann: text"; also "[SPEAKER_00]: text", as WhisperX writes it.
_NAME = re.compile(
    r"^(?:\[(?P<marked>[^\[\]:<]{1,40})\]|(?P<plain>[^\s:<\[][^:<]{0,40})):\s+(?P<text>.*)$",
    re.DOTALL,
)


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The sheet of one file."""
    lines = source.text().splitlines()
    if not lines or not re.match(r"^WEBVTT(?:\s|$)", lines[0]):
        raise source.error("does not begin with WEBVTT", 1, reason="bad-format")
    return read_cues(source, lines, "webvtt", _stamp, _stream_offset(source, lines))


def read_cues(
    source: InputFile,
    lines: Sequence[str],
    kind: str,
    stamp: Callable[[InputFile, str, int], float],
    offset: float = 0.0,
) -> list[ParsedFile]:
    """The parsed file of captions, in WebVTT or SubRip.

    Args:
        source: the file.
        lines: of it.
        kind: its format's name.
        stamp: a time of this format in seconds.
        offset: seconds to add to all times.
    """
    sheet = ParsedFile(source.path.stem, kind, source.path, source.clock.rate)
    cues: list[tuple[AnnotationMark, bool]] = []
    number = 0
    comment = False
    while number < len(lines):
        match = _TIMING.match(lines[number].strip())
        if match is None:
            if number == 0 or not lines[number - 1].strip():  # a block begins
                comment = lines[number].startswith("NOTE")
            if "-->" in lines[number] and not comment:
                source.bad(source.error("not the timing of a cue", number + 1))
            number += 1
            continue
        comment = False
        first = number
        number += 1
        body: list[str] = []
        while number < len(lines) and lines[number].strip():
            body.append(lines[number].strip())
            number += 1
        try:
            times = [
                source.time(stamp(source, text, first + 1) + offset, first + 1, "the cue")
                for text in match.groups()
            ]
            cues += _cue(source, (times[0], times[1]), "\n".join(body), first + 1)
        except InputError as error:
            source.bad(error)
    one_side = not any(named for _, named in cues) and says_its_side(source.path.stem)
    for mark, named in cues:
        if not named and one_side:
            mark.speaker = ONE_SPEAKER
        if not (named or one_side):
            source.bad(
                source.error(
                    "the cue does not say who speaks",
                    mark.line,
                    remedy="expected <v Speaker> or 'Name: text', or a file for each speaker whose "
                    "name ends in the side (call_left, call_right)",
                    reason="unknown-speaker",
                )
            )
        elif mark.text:
            add_stretch(sheet, mark, source.report)
        else:
            sheet.segments.append(mark)
    if not sheet.segments and not sheet.events:
        raise source.error("has no cue", reason="empty-file")
    sheet.alone = len(sheet.names()) == 1
    return [sheet]


def _stream_offset(source: InputFile, lines: list[str]) -> float:
    """Seconds that a segment of a stream puts before its cues (``X-TIMESTAMP-MAP``, RFC 8216)."""
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            break
        found = dict(
            part.partition(sign)[::2]
            for part in line.removeprefix("X-TIMESTAMP-MAP=").split(",")
            if (sign := ":") in part
        )
        if (
            line.startswith("X-TIMESTAMP-MAP=")
            and found.get("MPEGTS", "")[:19].isdecimal()
            and (len(found["MPEGTS"]) < 19)
        ):
            local = _stamp(source, found.get("LOCAL", "00:00.000"), number)
            offset = int(found["MPEGTS"]) / 90_000 - local
            source.report.note(
                "media-offset",
                f"cues are {offset:g} s later by the file's header",
                source.path,
                number,
            )
            return offset
    return 0.0


def _cue(
    source: InputFile, times: tuple[int, int], body: str, line: int
) -> list[tuple[AnnotationMark, bool]]:
    """What a cue says, a mark for each voice, and whether it says who speaks."""
    start, end = times
    if end < start:
        raise source.error("the cue ends before it starts", line, reason="reversed-time")
    voices = list(_VOICE.finditer(body))
    marks: list[tuple[AnnotationMark, bool]] = []
    for voice, following in zip(voices, [*voices[1:], None], strict=bool(voices)):
        until = following.start() if following else len(body)
        text = _plain(body[voice.end() : until])
        speaker = html.unescape(voice[1]).strip()
        marks.append((AnnotationMark(speaker, start, end, text, line), True))
    if marks:
        return marks
    said = _plain(body)
    named = _NAME.match(said)
    if named is None and said and label_class(said) not in {"words", "speech"}:
        source.report.note("non-speech", f"{said!r} is no speech: not used", source.path, line)
        return []
    if named is None:
        return [(AnnotationMark("", start, end, said, line), False)]
    speaker = (named["marked"] or named["plain"]).strip()
    return [(AnnotationMark(speaker, start, end, named["text"], line), True)]


def _plain(text: str) -> str:
    said = " ".join(html.unescape(_TAG.sub("", text)).split()).removeprefix(">> ")
    return "" if said == SPEECH else said


def _stamp(source: InputFile, text: str, line: int) -> float:
    match = _STAMP.match(text)
    if match is None:
        raise source.error(f"{text!r} is no WebVTT time (hh:mm:ss.mmm)", line, reason="bad-time")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return (hours * 60 + minutes) * 60 + seconds + int(match[4].ljust(3, "0")) / 1000


def serialise(dialogue: Dialogue, report: Report) -> str:
    """A cue for each stretch of speech, in order of time."""
    cues = sorted(
        (start, end, u.speaker, text)
        for u in dialogue.utterances
        for start, end, text in span_labels(u)
    )
    rounded = 0
    out = ["WEBVTT", ""]
    for start, end, speaker, text in cues:
        low, high = (round(1000 * tick / dialogue.rate) for tick in (start, end))
        rounded += low * dialogue.rate != 1000 * start or high * dialogue.rate != 1000 * end
        high = max(high, low + 1)  # a cue of no length is never shown
        name = html.escape(" ".join(speaker.split()), quote=False)
        out += [
            f"{_clock(low)} --> {_clock(high)}",
            f"<v {name}>{html.escape(' '.join(text.split()), quote=False)}",
            "",
        ]
    if rounded:
        report.note(
            "rounded-to-milliseconds",
            f"{rounded} of {len(cues)} cues were rounded to milliseconds",
            dialogue.id,
        )
    return "\n".join(out)


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{thousandths:03d}"
