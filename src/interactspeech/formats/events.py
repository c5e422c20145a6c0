"""Events as labels of a tier, and back: ``backchannel kind=continuer partner=B origin=rule``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import get_args

import msgspec

from interactspeech.dialogue import Event, EventOrigin, EventType
from interactspeech.formats.sheet import EventMark, Mark

EVENT_TYPES: frozenset[str] = frozenset(get_args(EventType))
_ORIGINS: frozenset[str] = frozenset(get_args(EventOrigin))
_PAIR = re.compile(r'([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|\S*)')
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


def event_of(layer: str, mark: Mark) -> EventMark:
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
    except ValueError:
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
