"""ELAN annotation files (.eaf), read and written.

A speaker is a tier of utterances (``A``), with child tiers that ELAN keeps inside it: ``A -
words``, ``A - speech`` (where an utterance has silences inside) and one for each type of event
(``A - pause``). Events that do not lie inside an utterance (a gap) have a tier of the same kind
without a parent.

Files of others are read by ELAN's own rules: PARTICIPANT names the speaker; annotations of a
subdivision whose inner time slots have no value are spread evenly, as ELAN shows them; where an
aligned tier holds numbers of sentences, the text comes from the reference tier below it (the layout
of Toolbox and Flex corpora); TIME_ORIGIN of the media moves all times onto the recording's clock.

ELAN counts whole milliseconds. So that nothing is lost on the way, the name of each time slot
holds its exact tick (``s1234567-89``) and a property of the header the rate; ELAN gives slots new
names when it saves, and then its milliseconds count. `pympi` reads these files too (a test holds
that), but returns milliseconds only, keeps no lines for errors, and reads through an XML parser
that expands entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from interactspeech.errors import InputError
from interactspeech.formats.elan_tiers import (
    ElanTier,
    annotation_value,
    find_word_tiers,
    leave_out_empty,
    one_tier_of_talk,
    take_text_from_references,
)
from interactspeech.formats.event_labels import (
    EVENT_TYPES,
    apart,
    event_label,
    event_of,
    lanes,
    nest,
    span_labels,
)
from interactspeech.formats.file_input import Element, parse_xml
from interactspeech.formats.non_speech import SPEECH, is_unknown
from interactspeech.formats.parsed_file import (
    AnnotationMark,
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
from interactspeech.records import Dialogue, Event, Utterance

_SLOT = re.compile(r"^s(\d{1,18})-\d+$")
_RATE, _LENGTH = "interactspeech.rate", "interactspeech.length"
#: Names of characters that XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The marks of one ELAN file."""
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
    slots = _slots(source, root, exact=exact, offset=_media_offset(source, header))
    sheet = ParsedFile(source.path.stem, "elan", source.path, source.clock.rate)
    if exact and properties.get(_LENGTH, "").isdigit():
        sheet.length = int(properties[_LENGTH])
    tiers = _tiers(root)
    for tier in tiers:
        if not tier.has_references:
            _read_marks(source, tier, slots)
    take_text_from_references(source, tiers)
    find_word_tiers(tiers)
    for tier in tiers:
        if tier.about.layer != "text" and (
            tier.has_references or (tier.parent and not tier.about.layer)
        ):
            tier.about.layer = "other"
    leave_out_empty(tiers)
    one_tier_of_talk(source, tiers)
    spans: dict[str, list[AnnotationMark]] = {}
    utterances: dict[str, list[AnnotationMark]] = {}
    used = choose_tiers(source, [tier.about for tier in tiers])
    for tier, use in zip(tiers, used, strict=True):
        if use and not tier.has_references and tier.about.layer != "left out":
            _use_tier(source, tier, sheet, (spans, utterances))
    nest(sheet, spans, utterances)
    if not sheet.speakers:
        raise source.error(
            "has no tier with aligned annotations of a speaker's talk", reason="wrong-tier"
        )
    sheet.alone = len(sheet.speakers) == 1
    return [sheet]


def _media_offset(source: InputFile, header: Element | None) -> int:
    """Milliseconds from the start of the recording to ELAN's time 0 (TIME_ORIGIN)."""
    media = [] if header is None else list(header.all("MEDIA_DESCRIPTOR"))
    sound = [m for m in media if m.get("MIME_TYPE").startswith("audio")] or media
    origins = [m.get("TIME_ORIGIN", "0") or "0" for m in sound]
    if not origins or all(origin == "0" for origin in origins):
        return 0
    line = sound[0].line
    if not origins[0].removeprefix("-").isdecimal() or len(origins[0]) > 18:
        raise source.error(f"TIME_ORIGIN {origins[0]!r} is no time in milliseconds", line,
                           reason="bad-time")  # fmt: skip
    offset = int(origins[0])
    if offset:
        source.report.note(
            "media-offset",
            f"all times are moved by {offset / 1000:g} s, the TIME_ORIGIN of "
            f"{sound[0].get('RELATIVE_MEDIA_URL') or sound[0].get('MEDIA_URL')!r}",
            source.path, line,
        )  # fmt: skip
    return offset


def _slots(source: InputFile, root: Element, *, exact: bool, offset: int) -> dict[str, int | None]:
    """Time slot -> tick; None for a slot that ELAN has not aligned."""
    slots: dict[str, int | None] = {}
    order = root.first("TIME_ORDER")
    for slot in order.children if order is not None else ():
        name, value = slot.get("TIME_SLOT_ID"), slot.get("TIME_VALUE")
        if not value:
            slots[name] = None
            continue
        if not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > 18:
            raise source.error(
                f"{value[:30]!r} is no time in milliseconds", slot.line, reason="bad-time"
            )
        tick = source.time((int(value) + offset) / 1000, slot.line, f"time slot {name!r}")
        match = _SLOT.match(name) if exact and not offset else None
        if match is not None and abs(int(match[1]) - tick) * 1000 <= 2 * source.clock.rate:
            tick = int(match[1])
        slots[name] = tick
    return slots


def _tiers(root: Element) -> list[ElanTier]:
    """The tiers; a child without a PARTICIPANT has its parent's."""
    tiers: dict[str, ElanTier] = {}
    for element in root.all("TIER"):
        name = element.get("TIER_ID").strip()
        speaker, layer = role(name)
        participant = element.get("PARTICIPANT").strip()
        if is_unknown(participant):
            participant = ""
        annotations = [child for a in element.all("ANNOTATION") for child in a.children]
        about = TierName(
            name, participant or speaker, layer, participant,
            element.get("LINGUISTIC_TYPE_REF"), element.line,
        )  # fmt: skip
        references = any(a.tag == "REF_ANNOTATION" for a in annotations)
        key = name if name not in tiers else f"{name} {element.line}"
        tiers[key] = ElanTier(about, element.get("PARENT_REF"), annotations, references)
    for tier in tiers.values():
        above = tiers.get(tier.parent)
        for _ in range(len(tiers)):
            if above is None or tier.about.participant:
                break
            if above.about.participant or not above.parent:
                tier.about.speaker = above.about.speaker
                tier.about.participant = above.about.participant
                break
            above = tiers.get(above.parent)
    return list(tiers.values())


def _read_marks(source: InputFile, tier: ElanTier, slots: dict[str, int | None]) -> None:
    """The marks of an aligned tier; slots without a value are estimated or counted as lost."""
    where = f"tier {tier.about.name!r}"
    guessed = _spread(tier.annotations, slots)
    estimated = untimed = 0
    first: Element | None = None
    for annotation in tier.annotations:
        names = [annotation.get(f"TIME_SLOT_REF{end}") for end in "12"]
        try:
            missing = next((name for name in names if name not in slots), None)
            if missing is not None:
                raise source.error(
                    f"{where}: the time slot {missing!r} does not exist", annotation.line,
                    reason="bad-time",
                )  # fmt: skip
            start, end = (
                slots[name] if slots[name] is not None else guessed.get(name) for name in names
            )
            if start is None or end is None:
                untimed += 1
                first = first or annotation
                continue
            if end < start:
                raise source.error(
                    f"{where}: an annotation ends before it starts", annotation.line,
                    reason="reversed-time",
                )  # fmt: skip
        except InputError as error:
            source.bad(error)
            continue
        guess = any(slots[name] is None for name in names)
        if guess:
            estimated += 1
            first = first or annotation
        mark = AnnotationMark(
            tier.about.speaker,
            start,
            end,
            annotation_value(annotation),
            annotation.line,
            estimated=guess,
        )
        tier.marks.append(mark)
        tier.by_id[annotation.get("ANNOTATION_ID")] = mark
    line = first.line if first is not None else None
    if estimated:
        source.report.note(
            "estimated-times",
            f"{where}: {estimated} annotation(s) have no time of their own and are spread evenly, "
            "as ELAN shows them",
            source.path, line,
        )  # fmt: skip
    if untimed:
        source.report.loss(
            "untimed-utterance", f"{where}: {untimed} annotation(s) have no place in time",
            source.path, line,
        )  # fmt: skip


def _spread(annotations: Sequence[Element], slots: dict[str, int | None]) -> dict[str, int]:
    """Ticks of slots without a value: evenly between the nearest of their chain that have one.

    A chain is a run of annotations each of which begins in the slot in which the last one ended.
    """
    chain: list[str] = []
    guessed: dict[str, int] = {}

    def close() -> None:
        known = [place for place, name in enumerate(chain) if slots.get(name) is not None]
        for left, right in pairwise(known):
            low, high = slots[chain[left]], slots[chain[right]]
            assert low is not None
            assert high is not None
            for place in range(left + 1, right):
                guessed[chain[place]] = low + (high - low) * (place - left) // (right - left)

    for annotation in annotations:
        start, end = annotation.get("TIME_SLOT_REF1"), annotation.get("TIME_SLOT_REF2")
        if not chain or chain[-1] != start:
            close()
            chain = [start]
        chain.append(end)
    close()
    if all(slots.get(name) is not None or name in guessed for a in annotations for name in (
        a.get("TIME_SLOT_REF1"), a.get("TIME_SLOT_REF2")
    )):  # fmt: skip
        return guessed
    # Not chained to slots with a value: ELAN lists slots in order of time.
    run: list[str] = []
    low: int | None = None
    for name, tick in slots.items():
        if tick is None:
            run.append(name)
            continue
        if low is not None and tick >= low:
            for place, one in enumerate(run, 1):
                guessed.setdefault(one, low + (tick - low) * place // (len(run) + 1))
        low, run = tick, []
    return guessed


def _use_tier(
    source: InputFile,
    tier: ElanTier,
    sheet: ParsedFile,
    found: tuple[dict[str, list[AnnotationMark]], dict[str, list[AnnotationMark]]],
) -> None:
    name, speaker, layer = tier.about.name, tier.about.speaker, tier.about.layer
    spans, utterances = found
    if layer in EVENT_TYPES:
        for mark in tier.marks:
            try:
                sheet.events.append(event_of(layer, mark))
            except ValueError as error:
                raise source.error(f"event: {error}", mark.line, reason="bad-event") from None
        return
    if layer == "words":
        for mark in tier.marks:
            add_word(sheet, mark, source.report)
    elif layer != "speech" and speaker in utterances:
        source.report.loss(
            "ambiguous-tier",
            f"tier {name!r} is left out: another tier holds the speech of {speaker!r}",
            source.path,
            tier.about.line,
        )
    else:
        kept = ParsedFile(sheet.conversation, "", source.path, sheet.rate)
        for mark in tier.marks:
            if mark.text:
                add_stretch(kept, mark, source.report)
            else:  # an annotation without text says that there is speech
                kept.segments.append(mark)
        (spans if layer == "speech" else utterances)[speaker] = sorted(
            kept.segments, key=lambda m: (m.start, m.end)
        )
        sheet.events += kept.events
    sheet.speakers.setdefault(speaker, "")


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
