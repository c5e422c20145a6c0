"""Praat TextGrid, long and short, UTF-8 and UTF-16, read and written.

Tiers are recognised by name. ``NAME`` holds when NAME is audible, with what is said there;
``NAME - words`` words; ``NAME - utterances`` what counts as one utterance where it has silences
inside; ``NAME - TYPE`` events of one type (interval tiers, and point tiers for events of length 0).
A label that is empty or says silence is silence (see `non_speech`); `<speech>` is speech without
words.

Praat itself reads both text forms as a stream of strings and free-standing numbers and skips the
rest; so does this reader (Praat manual, "TextGrid file formats"). `praatio` is as fast, but accepts
a file that is cut off in the middle and names no line, so tests use it as a second opinion only
(docs/formats.md has the figures).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.event_labels import (
    EVENT_TYPES,
    apart,
    event_label,
    event_of,
    lanes,
    nest,
    span_labels,
)
from interactspeech.formats.non_speech import SPEECH, label_class
from interactspeech.formats.parsed_file import (
    AnnotationMark,
    EventMark,
    InputFile,
    ParsedFile,
    add_stretch,
    add_word,
    timed,
    transcript,
    word_label,
)
from interactspeech.formats.report import Report
from interactspeech.formats.tier_roles import TierName, choose_tiers, role
from interactspeech.records import Dialogue, Word

#: A text in quotes, a quote that nothing closes, or, free-standing, a comment, number or flag.
#: (Without re.IGNORECASE, which would make it half as fast.)
_TOKEN = re.compile(
    r'"[^"]*(?:""[^"]*)*"|"|(?<!\S)(?:!.*'
    r"|[-+]?(?:[0-9.,]|[nN][aA][nN]|[iI][nN][fF])\S*|--undefined--|<exists>|<absent>)"
)
_QUOTE = '"'


class _Tokens:
    """The strings and free-standing numbers of a TextGrid, with their lines."""

    def __init__(self, source: InputFile) -> None:
        self.source = source
        text = source.text()
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._found: list[tuple[int, str]] = []
        for match in _TOKEN.finditer(text):
            found = match.group()
            if found == _QUOTE:
                raise source.error(
                    "a text begins here and has no closing quote",
                    self._line(match.start()),
                    remedy="the file may be cut off",
                    reason="truncated",
                )
            if found[0] != "!":
                self._found.append((match.start(), found))
        self._next = 0
        self.line = 1

    def _line(self, offset: int) -> int:
        return bisect_right(self._newlines, offset) + 1

    def take(self, what: str) -> str:
        if self._next >= len(self._found):
            raise self.source.error(
                f"the file ends where {what} is expected", self.line,
                remedy="the file is cut off", reason="truncated",
            )  # fmt: skip
        offset, token = self._found[self._next]
        self._next += 1
        self.line = self._line(offset)
        return token

    def string(self, what: str) -> str:
        token = self.take(what)
        if token[0] != '"':
            raise self.source.error(f"{what} is expected in quotes, not {token}", self.line)
        return token[1:-1].replace('""', '"')

    def number(self, what: str) -> str:
        token = self.take(what)
        if token[0] == '"':
            raise self.source.error(f"{what} is expected as a number, not {token[:40]}", self.line)
        return token

    def count(self, what: str) -> int:
        token = self.number(what)
        if not token.isascii() or not token.isdigit():
            raise self.source.error(f"{what} is expected as a whole number, not {token}", self.line)
        return int(token)


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The sheet of one TextGrid."""
    if source.data.startswith(b"ooBinaryFile"):
        raise source.error(
            "is a binary TextGrid", remedy="save it as a text file in Praat", reason="bad-format"
        )
    tokens = _Tokens(source)
    kind = tokens.string("the file type")
    if not kind.startswith("ooTextFile"):
        raise source.error(
            f"is no TextGrid in text form but {kind!r}", 1,
            remedy="save it as a text file in Praat", reason="bad-format",
        )  # fmt: skip
    if (object_class := tokens.string("the object class")) != "TextGrid":
        raise source.error(f"holds a {object_class}, not a TextGrid", 2, reason="bad-format")
    _, length = source.stretch(
        tokens.number("xmin"), tokens.number("xmax"), tokens.line, "the TextGrid"
    )
    sheet = ParsedFile(source.path.stem, "textgrid", source.path, source.clock.rate, length=length)
    if tokens.take("<exists>") != "<exists>":
        raise source.error("has no tiers", tokens.line, reason="empty-file")
    tiers = [_read_tier(source, tokens) for _ in range(tokens.count("the number of tiers"))]
    spans: dict[str, list[AnnotationMark]] = {}
    utterances: dict[str, list[AnnotationMark]] = {}
    used = choose_tiers(source, [tier.about for tier in tiers])
    # Points last: whether they are missed depends on what else there is.
    for tier, use in sorted(zip(tiers, used, strict=True), key=lambda pair: pair[0].points):
        if use:
            _use_tier(source, tier, sheet, spans, utterances)
    nest(sheet, spans, utterances)
    if not sheet.speakers:
        raise source.error(
            "has no interval tier with a speaker's speech",
            remedy="expected one interval tier for each speaker", reason="wrong-tier",
        )  # fmt: skip
    sheet.alone = len(sheet.speakers) == 1
    return [sheet]


@dataclass
class _ReadTier:
    """A tier as the file has it; points have equal times."""

    about: TierName
    points: bool
    marks: list[AnnotationMark]


def _read_tier(source: InputFile, tokens: _Tokens) -> _ReadTier:
    kind = tokens.string("the class of a tier")
    kind_line = tokens.line
    name = tokens.string("the name of a tier").strip()
    where = f"tier {name!r}"
    source.stretch(tokens.number("xmin"), tokens.number("xmax"), tokens.line, where)
    size = tokens.count("the number of intervals")
    speaker, layer = role(name)
    if kind not in {"TextTier", "IntervalTier"}:
        raise source.error(
            f"{where} is of an unknown kind {kind!r}", kind_line, reason="wrong-tier"
        )
    points = kind == "TextTier"
    if points and layer not in EVENT_TYPES:
        layer = "points"
    tier = _ReadTier(TierName(name, speaker, layer, line=kind_line), points, [])
    last, last_line = 0, 0
    for _ in range(size):
        if points:
            time = source.time(tokens.number("a time"), tokens.line, where)
            mark = AnnotationMark(speaker, time, time, tokens.string("a mark"), tokens.line)
            tier.marks.append(mark)
            continue
        low, high = tokens.number("xmin"), tokens.number("xmax")
        line = tokens.line
        label = " ".join(tokens.string("a label").split())
        try:
            start, end = source.stretch(low, high, line, where)
            if 0 < last - start <= max(1, source.clock.rate // 1000) and last < end:
                start = last  # boundaries that were rounded apart
            if start < last and last_line:
                raise source.error(
                    f"{where}: an interval begins at {low}, inside the one before it",
                    line, reason="overlapping-intervals",
                )  # fmt: skip
        except InputError as error:
            source.bad(error)
            continue
        last, last_line = end, line
        tier.marks.append(AnnotationMark(speaker, start, end, label, line))
    return tier


def _use_tier(
    source: InputFile,
    tier: _ReadTier,
    sheet: ParsedFile,
    spans: dict[str, list[AnnotationMark]],
    utterances: dict[str, list[AnnotationMark]],
) -> None:
    about = tier.about
    speaker, layer, where = about.speaker, about.layer, f"tier {about.name!r}"
    if layer == "points":
        # The points of tones and breaks beside the talk are no words of a speaker.
        say = source.report.note if _has_talk(sheet, spans, utterances) else source.report.loss
        say(
            "unused-tier" if say == source.report.note else "wrong-tier",
            f"{where} holds {len(tier.marks)} points, which do not say when anyone speaks",
            source.path, about.line,
        )  # fmt: skip
        return
    if layer in EVENT_TYPES:
        sheet.events += [_event(source, layer, mark) for mark in tier.marks if _is_event(mark)]
        if not tier.points:
            sheet.speakers.setdefault(speaker, "")
        return
    if layer == "words":
        for mark in tier.marks:
            add_word(sheet, mark, source.report)
    else:
        if layer != "utterances" and speaker in spans:
            raise source.error(
                f"two tiers are called {about.name!r}", about.line, reason="wrong-tier"
            )
        kept = ParsedFile(sheet.conversation, "", source.path, sheet.rate)
        for mark in tier.marks:
            add_stretch(kept, mark, source.report)
        (utterances if layer == "utterances" else spans)[speaker] = kept.segments
        sheet.events += kept.events
    sheet.speakers.setdefault(speaker, "")


def _has_talk(sheet: ParsedFile, *stretches: dict[str, list[AnnotationMark]]) -> bool:
    return bool(sheet.words) or any(marks for found in stretches for marks in found.values())


def _is_event(mark: AnnotationMark) -> bool:
    """Gaps between the intervals of a tier of events have no label that says anything."""
    return mark.start == mark.end or label_class(mark.text) != "silence"


def _event(source: InputFile, layer: str, mark: AnnotationMark) -> EventMark:
    try:
        return event_of(layer, mark)
    except ValueError as error:
        raise source.error(f"event: {error}", mark.line, reason="bad-event") from None


@dataclass(frozen=True)
class _Tier:
    name: str
    marks: list[tuple[int, int, str]]  #: start, end, label; points have equal times


def serialise(dialogue: Dialogue, report: Report, *, short: bool = False) -> str:
    """A TextGrid in Praat's long form, or the short one: speech, words and events."""
    del report  # a TextGrid holds everything but rule sets and provenance
    clock = Clock(dialogue.rate)
    tiers = [tier for speaker in dialogue.speakers for tier in _tiers(dialogue, speaker.id)]
    return _render(tiers, max(1, dialogue.length), clock, short=short)


def _tiers(dialogue: Dialogue, speaker: str) -> Iterable[_Tier]:
    kept = apart(dialogue, speaker)
    yield _Tier(speaker, [mark for u in kept for mark in span_labels(u)])
    if any(len(u.speech) > 1 for u in kept):
        yield _Tier(
            f"{speaker} - utterances", [(u.start, u.end, transcript(u) or SPEECH) for u in kept]
        )
    words: list[Word] = [word for u in kept if timed(u) for word in u.words]
    if words:
        yield _Tier(f"{speaker} - words", [(w.start, w.end, word_label(w)) for w in words])
    events = [event for event in dialogue.events if event.speaker == speaker]
    for (kind, lane), members in lanes(events).items():
        name = f"{speaker} - {kind}" + (f" {lane + 1}" if lane else "")
        yield _Tier(name, [(e.start, e.end, event_label(e)) for e in members])


def _render(tiers: list[_Tier], length: int, clock: Clock, *, short: bool) -> str:
    """The file. Both forms hold the same values in the same order; the long one names them."""
    out: list[str] = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]

    def put(indent: int, name: str, value: str) -> None:
        out.append(value if short else f"{' ' * indent}{name} = {value} ")

    end = clock.text(length)
    put(0, "xmin", "0")
    put(0, "xmax", end)
    out.append("<exists>" if short else "tiers? <exists> ")
    put(0, "size", str(len(tiers)))
    if not short:
        out.append("item []: ")
    for number, tier in enumerate(tiers, 1):
        points = bool(tier.marks) and all(start == stop for start, stop, _ in tier.marks)
        entries = tier.marks if points else _gapless(tier.marks, length)
        if not short:
            out.append(f"    item [{number}]:")
        put(8, "class", '"TextTier"' if points else '"IntervalTier"')
        put(8, "name", _quote(tier.name))
        put(8, "xmin", "0")
        put(8, "xmax", end)
        group = "points" if points else "intervals"
        put(8, f"{group}: size", str(len(entries)))
        for place, (start, stop, label) in enumerate(entries, 1):
            if not short:
                out.append(f"        {group} [{place}]:")
            if points:
                put(12, "number", clock.text(start))
                put(12, "mark", _quote(label))
            else:
                put(12, "xmin", clock.text(start))
                put(12, "xmax", clock.text(stop))
                put(12, "text", _quote(label))
    return "\n".join(out) + "\n"


def _gapless(marks: list[tuple[int, int, str]], length: int) -> list[tuple[int, int, str]]:
    """Marks with the silence between them as intervals of their own."""
    full: list[tuple[int, int, str]] = []
    last = 0
    for start, end, label in marks:
        if start > last:
            full.append((last, start, ""))
        full.append((start, end, label))
        last = end
    if last < length or not full:
        full.append((last, length, ""))
    return full


def _quote(text: str) -> str:
    return '"' + " ".join(text.split()).replace('"', '""') + '"'
