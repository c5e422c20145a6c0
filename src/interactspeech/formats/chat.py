"""CHAT transcripts (.cha) of TalkBank, read: ``*SPK:<tab>text <NAK>start_end<NAK>``.

Times are milliseconds. The time of an utterance is its bullet (between two NAK characters,
U+0015); of its words, the bullets of its ``%wor`` line where there is one (MacWhinney, The CHILDES
Project, CHAT manual). Utterances without a bullet have no place on a clock and are reported as
lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import AnnotationMark, InputFile, ParsedFile

_BULLET = re.compile('\x15(?:%(?:snd|mov):"[^"]*"_)?(\\d+)_(\\d+)\x15')
_TIMED_WORD = re.compile("(\\S+)\\s+\x15(\\d+)_(\\d+)\x15")
_CODES = re.compile(
    r"\[[^\]]*\]|&=\S+|&[-~](?=\w)|&\+|\+\S*|\(\.+\)|[<>\u2039\u203a\u201e\u2021\u2191\u2193\u2260\u2308-\u230b]"
)
_UNINTELLIGIBLE = frozenset({"xxx", "yyy", "www", "0"})


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The sheet of one transcript."""
    sheet = ParsedFile(source.path.stem, "chat", source.path, source.clock.rate)
    untimed = 0
    last: AnnotationMark | None = None
    for number, line in _records(source):
        if line.startswith("@Participants:"):
            for entry in line.split(":", 1)[1].split(","):
                parts = entry.split()
                if parts:
                    sheet.speakers[parts[0]] = " ".join(parts[1:])
        elif line.startswith("*"):
            last = None
            try:
                last = _utterance(source, number, line, sheet)
            except InputError as error:
                source.bad(error)
                continue
            untimed += last is None
        elif line.startswith("%wor:") and last is not None:
            try:
                _words(source, number, line, last.speaker, sheet)
            except InputError as error:
                source.bad(error)
    if not sheet.segments:
        raise source.error(
            "has no utterance with a time",
            remedy="only transcripts with media bullets can be used",
            reason="empty-file",
        )
    if untimed:
        source.report.loss("untimed-utterance", f"{untimed} utterance(s) have no time", source.path)
    # Participants who never speak with a time (an unseen investigator) are no speakers here.
    heard = {mark.speaker for mark in sheet.segments}
    sheet.speakers = {name: value for name, value in sheet.speakers.items() if name in heard}
    sheet.alone = len(heard) == 1
    return [sheet]


def _records(source: InputFile) -> Iterator[tuple[int, str]]:
    """Main lines and dependent tiers; a line that begins with a tab goes on with the last one."""
    start, record = 0, ""
    # Not `splitlines`: it would part lines at characters that transcripts hold.
    for number, raw in enumerate(source.text().split("\n"), 1):
        line = raw.rstrip("\r")
        if line.startswith("\t") and record:
            record += " " + line.strip()
            continue
        if record:
            yield start, record
        start, record = number, line
    if record:
        yield start, record


def _utterance(
    source: InputFile, number: int, line: str, sheet: ParsedFile
) -> AnnotationMark | None:
    speaker, sign, rest = line[1:].partition(":")
    speaker = speaker.strip()
    if not sign or not speaker:
        raise source.error("a main line wants '*SPK:'", number)
    if sheet.speakers and speaker not in sheet.speakers:
        raise source.error(
            f"speaker {speaker!r} is not among the participants "
            f"({', '.join(sheet.speakers)})", number, reason="unknown-speaker",
        )  # fmt: skip
    bullets = _BULLET.findall(rest)
    if not bullets:
        return None
    low, high = bullets[0][0], bullets[-1][1]
    start, end = source.stretch(
        int(low) / 1000, int(high) / 1000, number, f"the utterance of {speaker!r}"
    )
    mark = AnnotationMark(speaker, start, end, clean(_BULLET.sub(" ", rest)), number)
    sheet.segments.append(mark)
    return mark


def _words(source: InputFile, number: int, line: str, speaker: str, sheet: ParsedFile) -> None:
    for text, low, high in _TIMED_WORD.findall(line.split(":", 1)[1]):
        start, end = source.stretch(int(low) / 1000, int(high) / 1000, number, f"the word {text!r}")
        if start < end and (said := clean(text)):
            sheet.words.append(AnnotationMark(speaker, start, end, said, number))


def clean(text: str) -> str:
    """A main line without its codes, in plain spelling.

    >>> clean("I &-um (be)cause <the the> [/] dog@c ran &=laughs +/.")
    'I um because the the dog ran'
    """
    words = []
    for word in _CODES.sub(" ", text).split():
        plain = word.replace("(", "").replace(")", "").split("@")[0].strip("\x15")
        if plain not in _UNINTELLIGIBLE and any(c.isalnum() for c in plain):
            words.append(plain.replace("_", " "))
    return " ".join(words)
