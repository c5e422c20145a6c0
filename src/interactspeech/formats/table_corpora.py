"""Lines of corpora that have no header: MRDA's database, Switchboard's files of ISIP."""

from __future__ import annotations

import re

from interactspeech.formats.parsed_file import (
    AnnotationMark,
    InputFile,
    ParsedFile,
    add_stretch,
    add_word,
)

#: The beginning of a line of MRDA's.
MRDA = re.compile(r"^[\d.]+,[\d.]+,(?P<meeting>[A-Za-z]{3}\d{3})-\w+_\d+_\d+,")
#: What stands for a time where the aligner found none, and sounds that are no words.
_MRDA_UNTIMED = "XXXX"
_MRDA_SOUND = re.compile(r"^(?:@+|@reject@|hhh+)$")
#: A line of Switchboard's.
SWITCHBOARD = re.compile(
    r"^(?P<call>sw\d{4,5})(?P<side>[AB])-ms98-a-\d+\s+(?P<start>[\d.]+)\s+(?P<end>[\d.]+)\s+"
    r"(?P<text>.+)$"
)


def mrda_line(source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]) -> None:
    """An act of MRDA: its words have times of their own."""
    match = MRDA.match(line)
    fields = line.split(",")
    if match is None or len(fields) < 8:
        raise source.error("not a line of an MRDA database", number)
    meeting, speaker = match["meeting"], fields[7]
    sheet = sheets.setdefault(
        meeting,
        ParsedFile(meeting, "table", source.path, source.clock.rate, speech_from_words=True,
                   times="aligned"),
    )  # fmt: skip
    start, end = source.stretch(fields[0], fields[1], number, "the act")
    if not fields[4].strip():
        if start < end:
            sheet.segments.append(AnnotationMark(speaker, start, end, line=number))
        return
    words: list[AnnotationMark] = []
    last = start
    for item in fields[4].split("|"):
        parts = item.split("+", 2)
        if len(parts) != 3:
            raise source.error(f"{item[:40]!r} is not 'start+end+word'", number)
        word = parts[2]
        untimed = parts[0] == _MRDA_UNTIMED or parts[1] == _MRDA_UNTIMED
        if untimed:  # {word}: it was said somewhere in the act
            word = word.removeprefix("{").removesuffix("}")
        word = word.removeprefix("<").removesuffix(">")  # a word that is in doubt
        if _MRDA_SOUND.match(word):
            continue
        low, high = (
            (last, last)
            if untimed
            else source.stretch(parts[0], parts[1], number, f"the word {word!r}")
        )
        last = high
        words.append(AnnotationMark(speaker, low, high, word, number, estimated=untimed))
    if words and all(word.estimated for word in words) and start < end:
        text = " ".join(word.text for word in words)
        sheet.segments.append(AnnotationMark(speaker, start, end, text, number))
        return
    for one in words:
        add_word(sheet, one, source.report)


def switchboard_line(
    source: InputFile, number: int, line: str, sheets: dict[str, ParsedFile]
) -> None:
    """A word, or a transcribed stretch, of one side of a Switchboard call."""
    match = SWITCHBOARD.match(line.strip())
    if match is None:
        raise source.error("not a line 'sw2005A-ms98-a-0001 start end text'", number)
    words = "word" in source.path.name.lower()
    call = match["call"]
    sheet = sheets.setdefault(
        call,
        ParsedFile(call, "table", source.path, source.clock.rate, speech_from_words=words,
                   times="human"),
    )  # fmt: skip
    start, end = source.stretch(match["start"], match["end"], number, "the stretch")
    mark = AnnotationMark(match["side"], start, end, match["text"], number)
    (add_word if words else add_stretch)(sheet, mark, source.report)
