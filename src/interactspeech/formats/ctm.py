"""CTM: words with times, one a line (NIST SCTK).

``file channel start duration word [confidence]``. The channel is the speaker (NIST's telephone
calls have A and B); an eighth field, where there is one, names the speaker (``... confidence type
speaker``). Confidences have no place in the record.
"""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    Clock,
    InputFile,
    ParsedFile,
    field_text,
    sheets_by_line,
    timed,
    word_label,
    word_of,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

_ALTERNATIVES = ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name in the first column."""
    return sheets_by_line(source, _line, "has no word")


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split()
    if len(fields) < 5:
        raise source.error("not a CTM line: 'file channel start duration word' is wanted", number)
    name, channel, onset, duration, word = fields[:5]
    if word in _ALTERNATIVES:
        raise source.error(
            "alternatives (<ALT_BEGIN>) are not read", number, remedy="keep one reading"
        )
    speaker = fields[7] if len(fields) >= 8 else channel
    start = source.time(onset, number, "start")
    source.time(duration, number, "duration")
    end = source.time(float(onset) + float(duration), number, "end")
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(
            name, "ctm", source.path, source.clock.rate, speech_from_words=True, times="recognised"
        )
    text, fragment = word_of(word)
    sheet.words.append(AnnotationMark(speaker, start, end, text, number, fragment))


def serialise(dialogue: Dialogue, report: Report) -> str:
    """A line for each word with a time, in order of file, channel and time.

    Raises:
        InputError: there is no such word.
    """
    clock = Clock(dialogue.rate)
    names = {s.id: field_text(s.id, "speaker", report) for s in dialogue.speakers}
    words = [
        (names[u.speaker], w.start, w.end, field_text(word_label(w), "word", report))
        for u in dialogue.utterances
        if timed(u)
        for w in u.words
    ]
    if not words:
        raise InputError("has no words with times, and CTM holds nothing else", dialogue.id)
    untimed = sum(not timed(u) for u in dialogue.utterances)
    if untimed:
        report.loss("no-word-times", f"{untimed} utterance(s) have no word times", dialogue.id)
    return "".join(
        f"{dialogue.id} {speaker} {clock.text(start)} {clock.text(end - start)} {word}\n"
        for speaker, start, end, word in sorted(words)
    )
