"""STM: transcribed stretches, one a line (NIST SCTK).

``file channel speaker begin end [<labels>] text``. Lines that begin with ``;;`` are comments;
stretches that NIST leaves out of scoring (``IGNORE_TIME_SEGMENT_IN_SCORING``, speaker
``inter_segment_gap``) say nothing about speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from interactspeech.formats.event_labels import span_labels
from interactspeech.formats.parsed_file import (
    SPEECH,
    AnnotationMark,
    Clock,
    InputFile,
    ParsedFile,
    field_text,
    sheets_by_line,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

_LABELS = re.compile(r"^<[^<>]*>(?:\s+|$)")


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name in the first column."""
    return sheets_by_line(source, _line, "has no transcribed stretch")


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split(None, 5)
    if len(fields) < 5:
        raise source.error(
            "not an STM line: 'file channel speaker begin end [<labels>] text' is wanted", number
        )
    name, _, speaker, begin, finish = fields[:5]
    text = fields[5] if len(fields) > 5 else ""
    if speaker == "inter_segment_gap" or "IGNORE_TIME_SEGMENT_IN_SCORING" in text.upper():
        source.report.note("unscored", "a stretch outside scoring is not used", source.path, number)
        return
    if speaker in {"<NA>", "NA"}:
        raise source.error("no speaker in the third field", number, reason="unknown-speaker")
    start, end = source.stretch(begin, finish, number, "the stretch")
    if text != SPEECH:
        text = _LABELS.sub("", text, count=1)
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(name, "stm", source.path, source.clock.rate)
    sheet.segments.append(
        AnnotationMark(speaker, start, end, "" if text == SPEECH else text, number)
    )


def serialise(dialogue: Dialogue, report: Report) -> str:
    """A line for each stretch of speech with its words, in order of time."""
    clock = Clock(dialogue.rate)
    names = {s.id: field_text(s.id, "speaker", report) for s in dialogue.speakers}
    lines = sorted(
        (start, end, names[u.speaker], text) for u in dialogue.utterances
        for start, end, text in span_labels(u)
    )  # fmt: skip
    return "".join(
        f"{dialogue.id} 1 {speaker} {clock.text(start)} {clock.text(end)} "
        f"{' '.join(text.split())}\n"
        for start, end, speaker, text in lines
    )
