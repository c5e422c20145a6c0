"""RTTM: who speaks when, one stretch of speech a line (NIST, Rich Transcription 2009, appendix A).

``SPEAKER file channel onset duration <NA> <NA> speaker <NA> <NA>``; some tools leave the last field
out. Lines of other types are passed over and counted.
"""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.formats.parsed_file import (
    AnnotationMark,
    Clock,
    InputFile,
    ParsedFile,
    field_text,
    sheets_by_line,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

_OTHER_TYPES = frozenset(
    {"LEXEME", "NON-LEX", "NON-SPEECH", "SEGMENT", "SPKR-INFO", "NOSCORE", "NO_RT_METADATA",
     "FILLER", "EDIT", "IP", "SU", "CB", "A/P"}
)  # fmt: skip


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name in the second column."""
    return sheets_by_line(source, _line, "has no SPEAKER line")


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split()
    kind = fields[0].upper()
    if kind in _OTHER_TYPES:
        source.report.note("rttm-other-type", f"{kind} lines are not used", source.path, number)
        return
    if kind != "SPEAKER" or len(fields) < 8:
        raise source.error(
            "not an RTTM line: 'SPEAKER file channel onset duration <NA> <NA> speaker' is wanted",
            number,
        )
    name, speaker = fields[1], fields[7]
    if speaker in {"<NA>", "NA"}:
        raise source.error("no speaker in the eighth field", number, reason="unknown-speaker")
    start = source.time(fields[3], number, "onset")
    source.time(fields[4], number, "duration")
    # The sum is rounded once, so that a stretch ends on the tick on which the next one begins.
    end = source.time(float(fields[3]) + float(fields[4]), number, "end")
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(name, "rttm", source.path, source.clock.rate)
    sheet.segments.append(AnnotationMark(speaker, start, end, line=number))


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
        f"SPEAKER {name} 1 {clock.text(start)} {clock.text(end - start)} <NA> <NA> "
        f"{speakers[speaker]} <NA> <NA>\n"
        for start, end, speaker in spans
    )
