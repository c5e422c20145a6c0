"""What TextGrid and ELAN share: events as labels of a tier, and what is written into tiers.

An event's label says all of it but speaker and times: ``backchannel kind=continuer partner=B
origin=rule``.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import get_args

import msgspec

from interactspeech.errors import InputError
from interactspeech.formats.non_speech import SPEECH
from interactspeech.formats.parsed_file import AnnotationMark, EventMark, ParsedFile, transcript
from interactspeech.records import Dialogue, Event, EventOrigin, EventType, Utterance

EVENT_TYPES: frozenset[str] = frozenset(get_args(EventType))
_ORIGINS: frozenset[str] = frozenset(get_args(EventOrigin))
_PAIR = re.compile(r'(?<!\w)([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|\S*)')
_PLAIN = re.compile(r"[A-Za-z_][\w.:+-]*\Z")
_WORDS_OF_JSON = frozenset({"true", "false", "null"})

Attribute = str | int | float | bool


def event_label(event: Event) -> str:
    """One line that says all of an event but its speaker and times.

    >>> event_label(Event("backchannel", "B", 3, 5, partner="A", attributes={"kind": "continuer"}))
    'backchannel partner=A kind=continuer origin=rule'
    """
    pairs: dict[str, Attribute] = {}
    if event.partner:
        pairs["partner"] = event.partner
    pairs.update(event.attributes)
    pairs["origin"] = event.origin
    if event.rules:
        pairs["rules"] = event.rules
    if event.probability is not None:
        pairs["probability"] = event.probability
    return " ".join([event.type, *(f"{name}={_value(value)}" for name, value in pairs.items())])


def _value(value: Attribute) -> str:
    if isinstance(value, str):
        plain = _PLAIN.match(value) and value not in _WORDS_OF_JSON
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def event_of(layer: str, mark: AnnotationMark) -> EventMark:
    """The event that a label of the tier for `layer` says; free text counts as a human's remark.

    Raises:
        ValueError: the origin or the probability is none.
    """
    if layer not in EVENT_TYPES:
        raise ValueError(f"{layer!r} is no type of event")
    values: dict[str, Attribute] = {name: _parse(value) for name, value in _PAIR.findall(mark.text)}
    origin = values.pop("origin", "human")
    if origin not in _ORIGINS:
        raise ValueError(f"{origin!r} is no origin of an event")
    probability = values.pop("probability", None)
    if probability is not None and not isinstance(probability, float | int):
        raise ValueError(f"the probability {probability!r} is no number")
    return EventMark(
        type=msgspec.convert(layer, EventType),
        speaker=mark.speaker,
        start=mark.start,
        end=mark.end,
        partner=str(values.pop("partner", "")),
        origin=msgspec.convert(origin, EventOrigin),
        rules=str(values.pop("rules", "")),
        probability=None if probability is None else float(probability),
        attributes=values,
    )


def _parse(text: str) -> Attribute:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str | int | float | bool) else text


def lanes(events: Iterable[Event]) -> dict[tuple[str, int], list[Event]]:
    """Events by type and lane: in a lane none overlaps another, and points stand apart.

    A tier holds either intervals that do not overlap or points, so each lane is one tier.
    """
    found: dict[tuple[str, int], list[Event]] = {}
    for event in sorted(events, key=lambda e: (e.start, e.end)):
        lane = 0
        while True:
            members = found.setdefault((event.type, lane), [])
            if not members or _fits(members[-1], event):
                members.append(event)
                break
            lane += 1
    return found


def _fits(last: Event, event: Event) -> bool:
    points = last.start == last.end, event.start == event.end
    if points[0] != points[1]:
        return False
    return last.end < event.start if points[0] else last.end <= event.start


def nest(
    sheet: ParsedFile,
    spans: dict[str, list[AnnotationMark]],
    utterances: dict[str, list[AnnotationMark]],
) -> None:
    """Put stretches of speech into the utterances they lie in; the others are utterances.

    Args:
        sheet: takes up the utterances, sorted by start.
        spans: speaker -> stretches of speech.
        utterances: speaker -> utterances, for those who have a tier of them.
    """
    for speaker, marks in spans.items():
        inside: dict[int, list[AnnotationMark]] = {}
        outer = utterances.get(speaker, [])
        starts = [mark.start for mark in outer]
        for mark in marks:
            place = bisect_right(starts, mark.start) - 1
            if place >= 0 and mark.end <= outer[place].end:
                inside.setdefault(place, []).append(mark)
            else:
                sheet.segments.append(mark)
        for place, parts in inside.items():
            whole = outer[place]
            whole.speech = tuple((part.start, part.end) for part in parts)
            whole.start, whole.end = parts[0].start, parts[-1].end
            sheet.segments.append(whole)
    for speaker, marks in utterances.items():
        if speaker not in spans:
            sheet.segments += marks
    sheet.segments.sort(key=lambda mark: mark.start)


def apart(dialogue: Dialogue, speaker: str) -> list[Utterance]:
    """The utterances of one speaker in order of time.

    Raises:
        InputError: two overlap, which no tier can hold.
    """
    own = sorted(
        (u for u in dialogue.utterances if u.speaker == speaker), key=lambda u: (u.start, u.end)
    )
    for before, after in pairwise(own):
        if after.start < before.end:
            raise InputError(
                f"utterances {before.id!r} and {after.id!r} of {speaker!r} overlap: "
                "one tier cannot hold both",
                remedy="use a format without tiers (RTTM, SegLST)",
                reason="same-speaker-overlap",
            )
    return own


def span_labels(utterance: Utterance) -> Iterable[tuple[int, int, str]]:
    """Each stretch of speech with the words that begin in it: start, end, label."""
    if len(utterance.speech) == 1:
        yield utterance.start, utterance.end, transcript(utterance) or SPEECH
        return
    for span in utterance.speech:
        words = [word.text for word in utterance.words if span.start <= word.start < span.end]
        yield span.start, span.end, " ".join(words) or SPEECH
