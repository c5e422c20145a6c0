"""STM: transcribed stretches, one a line (NIST SCTK).

``file channel speaker begin end [<labels>] text``. Lines that begin with ``;;`` are comments;
stretches that NIST leaves out of scoring (``IGNORE_TIME_SEGMENT_IN_SCORING``, speakers
``inter_segment_gap`` and ``excluded_region``) say nothing about speech. A speaker that is not known
is called by the channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from interactspeech.formats.clock import Clock
from interactspeech.formats.event_labels import span_labels
from interactspeech.formats.non_speech import SPEECH, is_unknown
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    channel_name,
    field_text,
    sheets_by_line,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

#: NIST's alternatives, ``{um / uh / @}``: the first is taken; ``@`` is none.
_ALTERNATIVES = re.compile(r"\{\s*([^{}/]*?)\s*/[^{}]*\}")
#: NIST's labels before the text: ``<o,f0,male>``.
_LABELS = re.compile(r"^<(?:o|O|[^<>,]*,[^<>]*)>(?:\s+|$)")
_UNSCORED = frozenset({"inter_segment_gap", "excluded_region"})


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name in the first column."""
    return sheets_by_line(source, _line, "has no transcribed stretch")


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split(None, 5)
    if len(fields) < 5:
        raise source.error(
            "not an STM line: expected 'file channel speaker begin end [<labels>] text'", number
        )
    name, channel, speaker, begin, finish = fields[:5]
    text = fields[5] if len(fields) > 5 else ""
    if speaker.lower() in _UNSCORED or "IGNORE_TIME_SEGMENT_IN_SCORING" in text.upper():
        source.report.note("unscored", "a stretch outside scoring is not used", source.path, number)
        return
    if is_unknown(speaker) and is_unknown(channel) and speaker != channel:
        raise source.error(
            "neither a speaker in the third field nor a channel in the second", number,
            reason="unknown-speaker",
        )  # fmt: skip
    start, end = source.stretch(begin, finish, number, "the stretch")
    if text != SPEECH:
        text = _LABELS.sub("", text, count=1)
        text = _ALTERNATIVES.sub(lambda found: "" if found[1] == "@" else found[1], text)
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(name, "stm", source.path, source.clock.rate)
    mark = AnnotationMark(speaker, start, end, text, number, channel=channel)
    if text:
        add_stretch(sheet, mark, source.report)
    else:
        sheet.segments.append(mark)


def serialise(dialogue: Dialogue, report: Report) -> str:
    """A line for each stretch of speech with its words, in order of time."""
    clock = Clock(dialogue.rate)
    names = {s.id: field_text(s.id, "speaker", report) for s in dialogue.speakers}
    lines = sorted(
        (start, end, names[u.speaker], text) for u in dialogue.utterances
        for start, end, text in span_labels(u)
    )  # fmt: skip
    return "".join(
        f"{dialogue.id} {channel_name(speaker)} {speaker} {clock.text(start)} {clock.text(end)} "
        f"{' '.join(text.split())}\n"
        for start, end, speaker, text in lines
    )
