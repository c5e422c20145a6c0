"""Annotation text through one reader, before anything is grouped or judged."""

from pathlib import Path

from interactspeech.formats import Report
from interactspeech.formats.clock import Clock
from interactspeech.formats.parsed_file import InputFile


def parsed(reader, text, *, name="x.txt", rate=1000, skip_bad=False, **options):
    """The sheets that `reader.parse` makes of a text, by conversation, and its report."""
    report = Report()
    data = text.encode() if isinstance(text, str) else text
    source = InputFile(Path(name), data, Clock(rate), report, skip_bad=skip_bad, **options)
    sheets = {sheet.conversation: sheet for sheet in reader.parse(source)}
    for sheet in sheets.values():
        sheet.unpack()
    return sheets, report


def stretches(marks):
    """Marks as (speaker, start, end, text)."""
    return [(mark.speaker, mark.start, mark.end, mark.text) for mark in marks]
