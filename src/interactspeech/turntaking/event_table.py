"""Events in columns: what the annotator computes; records are made from it when they are wanted.

An hour of conversation has thousands of events. As arrays they cost milliseconds to make and to
count; as `Event` records they cost a hundred times that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.records.dialogue import Attribute, Event
from interactspeech.records.event_types import EventType

#: Stands for "no value" in a column of numbers.
ABSENT: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Columns:
    """All events of one type. Arrays have shape ``(n,)``, in order of start, end and speaker.

    Attributes:
        type: of all of them.
        speaker, partner: index into the table's speakers; -1 for no partner.
        start, end: samples.
        attributes: name -> int64. A number (samples, or a count), or, for a name in `labels`, an
            index into those; `ABSENT` where an event lacks the attribute.
        labels: name of an attribute -> its values, as text or as truth values.
    """

    type: EventType
    speaker: Int64Array
    partner: Int64Array
    start: Int64Array
    end: Int64Array
    attributes: Mapping[str, Int64Array] = field(default_factory=dict)
    labels: Mapping[str, tuple[str | bool, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.start)

    def where(self, **wanted: Attribute) -> BoolArray:
        """Which events have these attributes: ``table["interruption"].where(outcome="taken")``."""
        found = np.ones(len(self), np.bool_)
        for name, value in wanted.items():
            if name in self.labels:
                known = self.labels[name]
                found &= self.attributes[name] == (known.index(value) if value in known else -1)
            else:
                found &= self.attributes[name] == value
        return found

    def select(self, pick: BoolArray | Int64Array) -> Columns:
        """Some of the events, by mask or by index."""
        return Columns(
            self.type,
            self.speaker[pick],
            self.partner[pick],
            self.start[pick],
            self.end[pick],
            {name: column[pick] for name, column in self.attributes.items()},
            self.labels,
        )

    def row(self, i: int) -> dict[str, Attribute]:
        """The attributes of one event, by name, sorted; without those it lacks."""
        found: dict[str, Attribute] = {}
        for name in sorted(self.attributes):
            value = int(self.attributes[name][i])
            if value != ABSENT:
                found[name] = self.labels[name][value] if name in self.labels else value
        return found


@dataclass(frozen=True, eq=False)
class EventTable:
    """The events of one conversation in columns, by type.

    Attributes:
        rate: of the clock.
        speakers: ids that the indexes refer to.
        rules: id of the rule set.
        columns: type -> its events; a type without events is there too, and empty.
    """

    rate: int
    speakers: tuple[str, ...]
    rules: str
    columns: Mapping[EventType, Columns]

    def __len__(self) -> int:
        return sum(map(len, self.columns.values()))

    def __getitem__(self, type: EventType) -> Columns:  # noqa: A002
        return self.columns[type]

    def events(self) -> tuple[Event, ...]:
        """The events as records of origin "rule", in order of start, end, type and speaker."""
        found = (event for c in self.columns.values() for event in self.records(c))
        return tuple(sorted(found, key=event_order))

    def records(self, c: Columns) -> Iterator[Event]:
        """The events of some columns as records."""
        rows = (c.speaker, c.partner, c.start, c.end)
        for i, (speaker, partner, start, end) in enumerate(
            zip(*(column.tolist() for column in rows), strict=True)
        ):
            yield Event(
                type=c.type,
                speaker=self.speakers[speaker],
                start=start,
                end=end,
                partner=self.speakers[partner] if partner >= 0 else "",
                origin="rule",
                rules=self.rules,
                attributes=c.row(i),
            )


def event_order(event: Event) -> tuple[int, int, str, str, str]:
    """Key of the order in which events are stored."""
    return event.start, event.end, event.type, event.speaker, event.partner
