"""CHAT transcripts (.cha) of TalkBank, read: ``*SPK:<tab>text <NAK>start_end<NAK>``.

Times are milliseconds. The time of an utterance is its bullet (between two NAK characters,
U+0015); of its words, the bullets of its ``%wor`` line where there is one (MacWhinney, The CHILDES
Project, CHAT manual). Utterances without a bullet have no place on a clock and are reported as
lost.

Of the codes of the manual (chapters 8 to 11), fillers (``&-um``), fragments (``&+fr``) and words
with form markers (``dada@c``) are words; omitted words (``0is``), events (``&=laughs``), pauses,
retracing marks, comments in square brackets and marks of overlap, stress and intonation are not;
``xxx``, ``yyy`` and ``www`` are speech without words, and ``0`` is an action without speech. An
utterance that is nothing but a laugh is an event. What a listener interposes in another's utterance
(``&*INV:mhm``) has no time of its own and is reported as lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import AnnotationMark, EventMark, InputFile, ParsedFile

_BULLET = re.compile('\x15(?:%(?:snd|mov):_?"[^"]*"_)?(\\d+)_(\\d+)\x15')
_INTERPOSED = re.compile(r"&\*(\w+)[:=](\S+)")
_LAUGH = re.compile(r"&=(?:laugh|chuckl|giggl)|\[=! (?:laugh|chuckl|giggl)")
_CODES = re.compile(
    # [//], [= text], [: text], [x 3], [<], ...; one that nothing closes is not searched to the end
    r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)?\]"
    r"|&[={}]\S*|&\*\S+"  # events, the beginning and end of long ones, interposed words
    r"|&[-~+]?(?=\w)"  # fillers, nonwords and fragments keep their letters
    r"|(?<!\S)\+\S*"  # terminators and linkers: +... +/. +" ++
    r"|\([\d:.]+\)"  # pauses: (.) (..) (1.5) (1:05.2)
    r"|(?<!\S)#\S*"  # pauses of older transcripts
    r"|\u21ab[^\u21ab]*\u21ab"  # repeated segments of a stutter
    r"|[\u2308-\u230b]\d?"  # overlap of conversation analysis
    r"|[<>\u2039\u203a\u201e\u2021\u2190-\u21ff\u2206\u2207\u00b0\u204e\u25c9\u00a7\u263a\u264b\u1f29"
    r"\u2219\u222c\u2248\u224b\u2260\u221e\u2581\u2594\u02c8\u02cc^]"
)
_UNINTELLIGIBLE = frozenset({"xxx", "xx", "yyy", "yy", "www", "ww"})
#: A word that was left out (``0is``); its form marker or category may follow.
_OMITTED = re.compile(r"^0[A-Za-z]")


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
            untimed += last is None and _BULLET.search(line) is None
        elif line.startswith("%wor:") and last is not None:
            try:
                _words(source, number, line, last, sheet)
            except InputError as error:
                source.bad(error)
    if not sheet.segments and not sheet.events:
        raise source.error(
            "has no utterance with a time",
            remedy="only transcripts with media bullets can be used",
            reason="empty-file",
        )
    if untimed:
        source.report.loss("untimed-utterance", f"{untimed} utterance(s) have no time", source.path)
    # Participants who never speak with a time (an unseen investigator) are no speakers here.
    heard = {m.speaker for m in sheet.segments} | {e.speaker for e in sheet.events}
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
        raise source.error("a main line begins with '*SPK:'", number)
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
        source.clock.of_milliseconds(low), source.clock.of_milliseconds(high), number,
        f"the utterance of {speaker!r}",
    )  # fmt: skip
    said = _BULLET.sub(" ", rest)
    for other, word in _INTERPOSED.findall(said):
        source.report.loss(
            "untimed-utterance",
            f"{word!r} of {other!r} inside an utterance of {speaker!r} has no time of its own",
            source.path, number,
        )  # fmt: skip
    text = clean(said)
    if not text and not _has_speech(said):
        if _LAUGH.search(said) and start < end:
            sheet.events.append(EventMark("laugh", speaker, start, end))
        else:
            source.report.note(
                "non-speech", f"{said.strip()!r} is no speech: not used", source.path, number
            )
        return None
    mark = AnnotationMark(speaker, start, end, text, number)
    sheet.segments.append(mark)
    return mark


def _has_speech(said: str) -> bool:
    """Whether an utterance without known words is speech (``xxx``), not an action (``0``)."""
    tokens = _CODES.sub(" ", said).split()
    if not tokens:
        return not said.strip()
    return any(token.strip(".,?!") in _UNINTELLIGIBLE for token in tokens)


def _words(
    source: InputFile, number: int, line: str, utterance: AnnotationMark, sheet: ParsedFile
) -> None:
    """The words of a ``%wor`` line; one without a bullet comes after the one before it."""
    speaker = utterance.speaker
    last = utterance.start
    parts = re.split("\x15(\\d+)_(\\d+)\x15", line.split(":", 1)[1])
    for place in range(0, len(parts), 3):
        tokens = [said for token in parts[place].split() if (said := clean(token))]
        timed = place + 2 < len(parts)
        for token in tokens[:-1] if timed else tokens:
            sheet.words.append(AnnotationMark(speaker, last, last, token, number, estimated=True))
        if timed and tokens:
            low, high = parts[place + 1 : place + 3]
            start, end = source.stretch(
                source.clock.of_milliseconds(low), source.clock.of_milliseconds(high), number,
                f"the word {tokens[-1]!r}",
            )  # fmt: skip
            sheet.words.append(AnnotationMark(speaker, start, end, tokens[-1], number))
            last = end


def clean(text: str) -> str:
    """A main line without its codes, in plain spelling.

    >>> clean("I &-um (be)cause <the the> [/] dog@c (1.5) 0is eating ice+cream &=laughs +/.")
    'I um because the the dog eating ice cream'
    """
    words = []
    for word in _CODES.sub(" ", text).split():
        plain = word.replace("(", "").replace(")", "").split("@")[0].strip("\x15")
        if plain.strip(".,?!") in _UNINTELLIGIBLE or _OMITTED.match(plain):
            continue
        plain = plain.replace(":", "")  # a sound that is drawn out
        if plain != "0" and any(c.isalnum() for c in plain):
            words.append(plain.replace("_", " ").replace("+", " ").strip())
    return " ".join(words)
