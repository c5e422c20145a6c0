"""ELAN annotation files (.eaf), read and written.

A speaker is a tier of utterances (``A``), with child tiers that ELAN keeps inside it: ``A -
words``, ``A - speech`` (where an utterance has silences inside) and one for each type of event
(``A - pause``). Events that do not lie inside an utterance (a gap) have a tier of the same kind
without a parent.

ELAN counts whole milliseconds. So that nothing is lost on the way, the name of each time slot
holds its exact tick (``s1234567-89``) and a property of the header the rate; ELAN gives slots new
names when it saves, and then its milliseconds count. `pympi` reads these files too (a test holds
that), but hands out milliseconds only, keeps no lines for errors, and reads through an XML parser
that expands entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from interactspeech.errors import InputError
from interactspeech.formats.event_labels import (
    EVENT_TYPES,
    SILENT,
    apart,
    event_label,
    event_of,
    lanes,
    nest,
    role,
    span_labels,
)
from interactspeech.formats.file_input import Element, parse_xml
from interactspeech.formats.parsed_file import (
    SPEECH,
    AnnotationMark,
    InputFile,
    ParsedFile,
    timed,
    transcript,
    word_label,
    word_of,
)
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue, Event, Utterance

_SLOT = re.compile(r"^s(\d{1,18})-\d+$")
_RATE, _LENGTH = "interactspeech.rate", "interactspeech.length"
#: Names of characters that XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The sheet of one ELAN file."""
    root = parse_xml(source.data, source.path)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise source.error(f"is no ELAN file but <{root.tag}>", root.line, reason="bad-format")
    header = root.first("HEADER")
    if header is not None and header.get("TIME_UNITS", "milliseconds") != "milliseconds":
        raise source.error(
            f"counts time in {header.get('TIME_UNITS')}, not in milliseconds",
            header.line,
            reason="bad-format",
        )
    properties = (
        {} if header is None else {p.get("NAME"): p.text.strip() for p in header.all("PROPERTY")}
    )
    exact = properties.get(_RATE) == str(source.clock.rate)
    slots = _slots(source, root, exact=exact)
    sheet = ParsedFile(source.path.stem, "elan", source.path, source.clock.rate)
    if exact and properties.get(_LENGTH, "").isdigit():
        sheet.length = int(properties[_LENGTH])
    spans: dict[str, list[AnnotationMark]] = {}
    utterances: dict[str, list[AnnotationMark]] = {}
    for tier in root.all("TIER"):
        _tier(source, tier, slots, sheet, (spans, utterances))
    nest(sheet, spans, utterances)
    if not sheet.speakers:
        raise source.error(
            "has no tier with aligned annotations of somebody's speech", reason="wrong-tier"
        )
    sheet.alone = len(sheet.speakers) == 1
    return [sheet]


def _slots(source: InputFile, root: Element, *, exact: bool) -> dict[str, int | None]:
    """Time slot -> tick; None for a slot that ELAN has not aligned."""
    slots: dict[str, int | None] = {}
    order = root.first("TIME_ORDER")
    for slot in order.children if order is not None else ():
        name, value = slot.get("TIME_SLOT_ID"), slot.get("TIME_VALUE")
        if not value:
            slots[name] = None
            continue
        if not value.isascii() or not value.lstrip("-").isdigit():
            raise source.error(
                f"{value!r} is no time in milliseconds", slot.line, reason="bad-time"
            )
        tick = source.time(int(value) / 1000, slot.line, f"time slot {name!r}")
        match = _SLOT.match(name) if exact else None
        if match is not None and abs(int(match[1]) - tick) * 1000 <= 2 * source.clock.rate:
            tick = int(match[1])
        slots[name] = tick
    return slots


def _tier(
    source: InputFile,
    tier: Element,
    slots: dict[str, int | None],
    sheet: ParsedFile,
    found: tuple[dict[str, list[AnnotationMark]], dict[str, list[AnnotationMark]]],
) -> None:
    name = tier.get("TIER_ID").strip()
    speaker, layer = role(name)
    speaker = tier.get("PARTICIPANT").strip() or speaker
    if tier.get("PARENT_REF") and not layer:
        layer = "other"
    annotations = [child for a in tier.all("ANNOTATION") for child in a.children]
    if layer == "other" or any(a.tag == "REF_ANNOTATION" for a in annotations):
        source.report.note("unused-tier", f"tier {name!r} is not used", source.path, tier.line)
        return
    marks = _marks(source, annotations, slots, speaker, f"tier {name!r}")
    spans, utterances = found
    if layer in EVENT_TYPES:
        for mark in marks:
            try:
                sheet.events.append(event_of(layer, mark))
            except ValueError as error:
                raise source.error(f"event: {error}", mark.line, reason="bad-event") from None
        return
    marks = [mark for mark in marks if mark.text.lower() not in SILENT - {""}]
    if layer == "words":
        for mark in marks:
            mark.text, mark.fragment = word_of(mark.text)
        sheet.words += marks
    elif layer == "speech":
        spans[speaker] = marks
    elif speaker in utterances:
        source.report.loss(
            "ambiguous-tier",
            f"tier {name!r} is left out: another tier holds the speech of {speaker!r}",
            source.path,
            tier.line,
        )
    else:
        utterances[speaker] = marks
    sheet.speakers.setdefault(speaker, "")


def _marks(
    source: InputFile,
    annotations: list[Element],
    slots: dict[str, int | None],
    speaker: str,
    where: str,
) -> list[AnnotationMark]:
    marks: list[AnnotationMark] = []
    for annotation in annotations:
        try:
            start, end = (_tick(source, annotation, slots, where, end) for end in ("1", "2"))
            if end < start:
                raise source.error(
                    f"{where}: an annotation ends before it starts",
                    annotation.line,
                    reason="reversed-time",
                )
        except InputError as error:
            source.bad(error)
            continue
        value = annotation.first("ANNOTATION_VALUE")
        text = " ".join(value.text.split()) if value is not None else ""
        marks.append(
            AnnotationMark(
                speaker, start, end, "" if text == SPEECH else text, line=annotation.line
            )
        )
    return marks


def _tick(
    source: InputFile, annotation: Element, slots: dict[str, int | None], where: str, end: str
) -> int:
    reference = annotation.get(f"TIME_SLOT_REF{end}")
    tick = slots.get(reference)
    if tick is None:
        known = "is not aligned to the media" if reference in slots else "does not exist"
        raise source.error(
            f"{where}: the time slot {reference!r} {known}", annotation.line, reason="bad-time"
        )
    return tick


class _Writer:
    """Collects time slots and tiers, and numbers them."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.slots: list[tuple[int, int, str]] = []
        self.tiers: list[str] = []
        self.shortened = 0
        self._annotations = 0

    def _slot(self, tick: int, millisecond: int) -> str:
        name = f"s{tick}-{len(self.slots) + 1}"
        self.slots.append((millisecond, tick, name))
        return name

    def tier(self, name: str, kind: str, speaker: str, marks: list[tuple[int, int, str]]) -> None:
        parent = "" if kind in {"utterance", "event-free"} else f" PARENT_REF={_attribute(speaker)}"
        lines = [
            (
                f"    <TIER LINGUISTIC_TYPE_REF={_attribute(kind)}{parent} "
                f"PARTICIPANT={_attribute(speaker)} TIER_ID={_attribute(name)}>"
            )
        ]
        for start, end, text in marks:
            self._annotations += 1
            low, high = (round(1000 * tick / self.rate) for tick in (start, end))
            if low == high:  # ELAN shows nothing of no length
                high += 1
                self.shortened += 1
            first, last = self._slot(start, low), self._slot(end, high)
            lines += [
                "        <ANNOTATION>",
                (
                    f'            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a{self._annotations}" '
                    f'TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{last}">'
                ),
                f"                <ANNOTATION_VALUE>{_text(text)}</ANNOTATION_VALUE>",
                "            </ALIGNABLE_ANNOTATION>",
                "        </ANNOTATION>",
            ]
        self.tiers.append("\n".join([*lines, "    </TIER>"]))


def serialise(dialogue: Dialogue, report: Report) -> str:
    """An ELAN file; the same dialogue gives the same bytes (its date is fixed)."""
    writer = _Writer(dialogue.rate)
    for speaker in dialogue.speakers:
        own = apart(dialogue, speaker.id)
        writer.tier(
            speaker.id,
            "utterance",
            speaker.id,
            [(u.start, u.end, transcript(u) or SPEECH) for u in own],
        )
        if any(len(u.speech) > 1 for u in own):
            marks = [mark for u in own for mark in span_labels(u)]
            writer.tier(f"{speaker.id} - speech", "inside", speaker.id, marks)
        words = [(w.start, w.end, word_label(w)) for u in own if timed(u) for w in u.words]
        if words:
            writer.tier(f"{speaker.id} - words", "inside", speaker.id, words)
        _events(writer, dialogue, speaker.id, own)
    if writer.shortened:
        report.note(
            "below-a-millisecond",
            f"{writer.shortened} annotation(s) below a millisecond look longer in ELAN",
        )
    return _document(writer, dialogue)


def _events(writer: _Writer, dialogue: Dialogue, speaker: str, own: list[Utterance]) -> None:
    events = [event for event in dialogue.events if event.speaker == speaker]
    for (kind, lane), members in lanes(events).items():
        name = f"{speaker} - {kind}" + (f" {lane + 1}" if lane else "")
        inside = all(_inside(event, own) for event in members)
        marks = [(e.start, e.end, event_label(e)) for e in members]
        writer.tier(name, "inside" if inside else "event-free", speaker, marks)


def _inside(event: Event, utterances: list[Utterance]) -> bool:
    return any(u.start <= event.start and event.end <= u.end for u in utterances)


def _document(writer: _Writer, dialogue: Dialogue) -> str:
    slots = "\n".join(
        f'        <TIME_SLOT TIME_SLOT_ID="{name}" TIME_VALUE="{millisecond}"/>'
        for millisecond, _, name in sorted(writer.slots)
    )
    tiers = "\n".join(writer.tiers)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="interactspeech" DATE="1970-01-01T00:00:00+00:00" FORMAT="3.0" \
VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <PROPERTY NAME="{_RATE}">{dialogue.rate}</PROPERTY>
        <PROPERTY NAME="{_LENGTH}">{dialogue.length}</PROPERTY>
    </HEADER>
    <TIME_ORDER>
{slots}
    </TIME_ORDER>
{tiers}
    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="utterance" \
TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="event-free" \
TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE CONSTRAINTS="Included_In" GRAPHIC_REFERENCES="false" \
LINGUISTIC_TYPE_ID="inside" TIME_ALIGNABLE="true"/>
    <CONSTRAINT DESCRIPTION="Time alignable annotations within the parent annotation's time \
interval, gaps are allowed" STEREOTYPE="Included_In"/>
</ANNOTATION_DOCUMENT>
"""


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text))


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("", text))
