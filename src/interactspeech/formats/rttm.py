"""RTTM: who speaks when, one stretch of speech a line (NIST, Rich Transcription 2009, appendix A).

``SPEAKER file channel onset duration <NA> <NA> speaker <NA> <NA>``; some tools leave the last field
out. ``LEXEME`` lines are words, laughs and breaths among the ``NON-LEX`` lines are events; lines of
other types are counted and not used. A speaker that is not known is called by the channel.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from interactspeech.formats.clock import Clock
from interactspeech.formats.non_speech import is_nobody, is_unknown
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    EventMark,
    InputFile,
    PackedStretches,
    ParsedFile,
    add_stretch,
    add_word,
    channel_name,
    field_text,
    sheets_by_line,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue, EventType

#: Times up to this (about a year) need no further check.
_USUAL_SECONDS = 3e7
#: Types of lines that hold one token each.
_TOKENS = ("LEXEME", "NON-LEX")

_OTHER_TYPES = frozenset(
    {"NON-SPEECH", "SEGMENT", "SPKR-INFO", "NOSCORE", "NO_RT_METADATA",
     "FILLER", "EDIT", "IP", "SU", "CB", "A/P"}
)  # fmt: skip


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name in the second column."""
    sheets = sheets_by_line(source, _line, "has no SPEAKER line")
    for sheet in sheets:
        sheet.pack()
    return sheets


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split() if "\t" not in line else _tabbed(line)
    if len(fields) > 7 and fields[0] == "SPEAKER" and _plain(source, number, fields, sheets):
        return
    kind = fields[0].upper()
    if kind in _OTHER_TYPES or (kind in _TOKENS and not _token_is_used(fields)):
        source.report.note("rttm-other-type", f"{kind} lines are not used", source.path, number)
        return
    if kind not in {"SPEAKER", *_TOKENS} or len(fields) < 8:
        raise source.error(
            "not an RTTM line: expected 'SPEAKER file channel onset duration <NA> <NA> speaker'",
            number,
        )
    if not _is_confidence(fields):
        raise source.error(
            f"the ninth field, {fields[8][:40]!r}, is no confidence: a blank in a name?", number,
            remedy="write names with '_' for blanks, or separate all fields by tabs",
        )  # fmt: skip
    name, channel, speaker = fields[1], fields[2], fields[7]
    if is_unknown(speaker) and is_unknown(channel) and speaker != channel:
        raise source.error(
            "neither a speaker in the eighth field nor a channel in the third", number,
            reason="unknown-speaker",
        )  # fmt: skip
    start = source.time(fields[3], number, "onset")
    source.time(fields[4], number, "duration")
    # The sum is rounded once, so that a stretch ends on the tick on which the next one begins.
    end = source.time(float(fields[3]) + float(fields[4]), number, "end")
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(name, "rttm", source.path, source.clock.rate)
    mark = AnnotationMark(speaker, start, end, line=number, channel=channel)
    if kind == "NON-LEX":
        event: EventType = "laugh" if fields[6].lower() == "laugh" else "breath"
        if start < end:
            sheet.events.append(EventMark(event, speaker, start, end, channel=channel))
    elif kind == "LEXEME":
        mark.text, mark.fragment = fields[5], fields[6].lower() == "frag"
        add_word(sheet, mark, source.report)
    elif is_nobody(speaker):
        add_stretch(sheet, mark, source.report)  # counted, not used
    else:
        sheet.segments.append(mark)


def _plain(
    source: InputFile, number: int, fields: list[str], sheets: dict[str, ParsedFile]
) -> bool:
    """Take a line of the usual form up in little time and memory; False for any other."""
    name, channel, speaker = fields[1], fields[2], fields[7]
    try:
        onset, duration = float(fields[3]), float(fields[4])
    except ValueError:
        return False
    if not 0 <= onset <= _USUAL_SECONDS or not 0 <= duration <= _USUAL_SECONDS:
        return False
    if "_" in fields[3] or "_" in fields[4] or is_nobody(speaker) or not _is_confidence(fields):
        return False
    if is_unknown(speaker) and is_unknown(channel) and speaker != channel:
        return False
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(name, "rttm", source.path, source.clock.rate)
        sheet.packed = PackedStretches()
    if sheet.packed is None:
        return False
    rate = source.clock.rate
    # The sum is rounded once, as below.
    ticks = round(onset * rate), round((onset + duration) * rate)
    return sheet.packed.add(sys.intern(speaker), sys.intern(channel), *ticks, number)


def _tabbed(line: str) -> list[str]:
    """The fields of a line with tabs, which may hold blanks if nothing but tabs separates them."""
    fields = [field.strip() for field in line.split("\t")]
    return fields if len(fields) > 7 and all(fields) else line.split()


def _is_confidence(fields: list[str]) -> bool:
    """Whether the ninth field, if there is one, may be a confidence: a number, or not known."""
    if len(fields) < 9 or fields[8] == "<NA>" or is_unknown(fields[8]):
        return True
    try:
        float(fields[8])
    except ValueError:
        return False
    return True


def _token_is_used(fields: list[str]) -> bool:
    if len(fields) < 8 or is_unknown(fields[3]) or is_unknown(fields[4]):
        return False
    return fields[0].upper() == "LEXEME" or fields[6].lower() in {"laugh", "breath"}


def serialise(dialogue: Dialogue, report: Report) -> str:
    """One line for each stretch of speech, in order of time. Words and events have no place."""
    clock = Clock(dialogue.rate)
    name = dialogue.id
    speakers = {
        speaker.id: field_text(speaker.id, "speaker", report) for speaker in dialogue.speakers
    }
    spans = sorted(
        (span.start, span.end, utterance.speaker)
        for utterance in dialogue.utterances
        for span in utterance.speech
    )
    return "".join(
        f"SPEAKER {name} {channel_name(speakers[speaker])} {clock.text(start)} "
        f"{clock.text(end - start)} <NA> <NA> {speakers[speaker]} <NA> <NA>\n"
        for start, end, speaker in spans
    )
