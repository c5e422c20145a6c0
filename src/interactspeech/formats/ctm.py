"""CTM: words with times, one a line (NIST SCTK).

``file channel start duration word [confidence [type [speaker]]]``. The channel is the speaker
(NIST's telephone calls have A and B) unless the eighth field names one. The seventh field is
RT-09's type of token: ``lex``, ``frag`` (cut off), ``fp`` (filled pause), ``un-lex``, ``for-lex``
are words, ``non-lex``, ``misc`` and ``noscore`` are not. Confidences have no place in the record.
"""

from __future__ import annotations

from collections.abc import Iterable

from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.non_speech import is_unknown, label_class
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_word,
    field_text,
    sheets_by_line,
    timed,
    word_label,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

_ALTERNATIVES = ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")
#: Types of tokens that are no words (RT-09 evaluation plan): their text says what they are.
_NOT_WORDS = frozenset({"non-lex", "misc", "noscore"})


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """One sheet for each file name in the first column."""
    return sheets_by_line(source, _line, "has no word")


def _line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    fields = line.split()
    if len(fields) < 5:
        raise source.error("not a CTM line: expected 'file channel start duration word'", number)
    name, channel, onset, duration, word = fields[:5]
    if word in _ALTERNATIVES:
        raise source.error(
            "alternatives (<ALT_BEGIN>) are not read", number, remedy="keep one reading"
        )
    kind = fields[6].lower() if len(fields) >= 7 else "lex"
    named = len(fields) >= 8 and not is_unknown(fields[7])
    speaker = fields[7] if named else channel
    start = source.time(onset, number, "start")
    source.time(duration, number, "duration")
    end = source.time(float(onset) + float(duration), number, "end")
    sheet = sheets.get(name)
    if sheet is None:
        sheet = sheets[name] = ParsedFile(
            name, "ctm", source.path, source.clock.rate, speech_from_words=True, times="recognised"
        )
    if kind in _NOT_WORDS and not word.startswith(("[", "<", "{", "(", "&=")):
        word = f"[{word}]"
    mark = AnnotationMark(speaker, start, end, word, number, kind == "frag", channel=channel)
    if kind in _NOT_WORDS and label_class(word, of_word=True) == "words":
        source.report.note(
            "non-speech", f"{word} is of type {kind!r}: not used", source.path, number
        )
        return
    add_word(sheet, mark, source.report)


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
