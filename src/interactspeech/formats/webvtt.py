"""WebVTT: captions with voices (W3C): ``00:01.000 --> 00:02.500`` and ``<v Speaker>text``.

Who speaks must be said, in a voice tag or as ``Name: text`` (meeting tools write that). WebVTT
counts milliseconds; a boundary finer than that is rounded when it is written, and reported.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from interactspeech.errors import InputError
from interactspeech.formats.event_labels import span_labels
from interactspeech.formats.parsed_file import SPEECH, AnnotationMark, InputFile, ParsedFile
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

_TIMING = re.compile(r"^(\S+)\s+-->\s+(\S+)(?:\s.*)?$")
_STAMP = re.compile(r"^(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})$")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"</?(?:c|i|b|u|v|ruby|rt|lang)(?:[.\s][^>]*)?>|<[\d:.]+>")
_NAME = re.compile(r"^([^\s:<][^:<]{0,40}):\s+(.*)$", re.DOTALL)


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The sheet of one file."""
    lines = source.text().splitlines()
    if not lines or not re.match(r"^WEBVTT(?:\s|$)", lines[0]):
        raise source.error("does not begin with WEBVTT", 1, reason="bad-format")
    sheet = ParsedFile(source.path.stem, "webvtt", source.path, source.clock.rate)
    number = 0
    while number < len(lines):
        match = _TIMING.match(lines[number].strip())
        if match is None:
            if "-->" in lines[number] and not _in_comment(lines, number):
                source.bad(source.error("not the timing of a cue", number + 1))
            number += 1
            continue
        first = number
        number += 1
        body: list[str] = []
        while number < len(lines) and lines[number].strip():
            body.append(lines[number].strip())
            number += 1
        try:
            _cue(source, sheet, match, "\n".join(body), first + 1)
        except InputError as error:
            source.bad(error)
    if not sheet.segments:
        raise source.error("has no cue", reason="empty-file")
    sheet.alone = len(sheet.names()) == 1
    return [sheet]


def _in_comment(lines: list[str], number: int) -> bool:
    while number > 0 and lines[number - 1].strip():
        number -= 1
    return lines[number].startswith("NOTE")


def _cue(source: InputFile, sheet: ParsedFile, match: re.Match[str], body: str, line: int) -> None:
    start, end = (
        source.time(_stamp(source, text, line), line, "the cue") for text in match.groups()
    )
    if end < start:
        raise source.error("the cue ends before it starts", line, reason="reversed-time")
    voices = list(_VOICE.finditer(body))
    if voices:
        for voice, following in zip(voices, [*voices[1:], None], strict=True):
            until = following.start() if following else len(body)
            text = _plain(body[voice.end() : until])
            speaker = html.unescape(voice[1]).strip()
            sheet.segments.append(AnnotationMark(speaker, start, end, text, line))
        return
    named = _NAME.match(_plain(body))
    if named is None:
        raise source.error(
            "the cue does not say who speaks",
            line,
            remedy="wants <v Speaker> or 'Name: text'",
            reason="unknown-speaker",
        )
    sheet.segments.append(AnnotationMark(named[1], start, end, named[2], line))


def _plain(text: str) -> str:
    said = " ".join(html.unescape(_TAG.sub("", text)).split())
    return "" if said == SPEECH else said


def _stamp(source: InputFile, text: str, line: int) -> float:
    match = _STAMP.match(text)
    if match is None:
        raise source.error(f"{text!r} is no WebVTT time (hh:mm:ss.mmm)", line, reason="bad-time")
    hours, minutes, seconds, thousandths = (int(part or 0) for part in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) + thousandths / 1000


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
