"""A timing format: label tracks of Audacity, ``START<tab>END<tab>SPEAKER: words``, in seconds.

The manual of Audacity describes them under "Importing and Exporting Labels". The speaker before the
colon is a convention of this package.
"""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.formats import Clock, Report, TimingFormat
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    sheets_by_line,
    transcript,
)
from interactspeech.records import Dialogue

ENDING = ".labels.txt"


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One conversation, named by the file."""
    return sheets_by_line(source, _line, "has no label")


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split("\t")
    speaker, colon, text = fields[-1].partition(":")
    if len(fields) != 3 or not colon:
        raise source.error("not a label 'START<tab>END<tab>SPEAKER: words'", number)
    start, end = source.stretch(fields[0], fields[1], number, "the label")
    name = source.path.name.removesuffix(ENDING)
    sheet = sheets.setdefault(name, ParsedFile(name, "audacity", source.path, source.clock.rate))
    sheet.segments.append(AnnotationMark(speaker.strip(), start, end, text.strip(), number))


def serialise(dialogue: Dialogue, report: Report) -> str:
    """A label for each utterance, in order of time."""
    if any(utterance.words for utterance in dialogue.utterances):
        report.loss("word-times", "labels hold the text of an utterance, not the times of words")
    clock = Clock(dialogue.rate)
    return "".join(
        f"{clock.text(one.start)}\t{clock.text(one.end)}\t{one.speaker}: {transcript(one)}\n"
        for one in sorted(dialogue.utterances, key=lambda one: (one.start, one.end))
    )


FORMAT = TimingFormat(
    "audacity", (ENDING,), "Audacity: label tracks", ENDING, words="text",
    returns="who says what when", module=__name__,
)  # fmt: skip
