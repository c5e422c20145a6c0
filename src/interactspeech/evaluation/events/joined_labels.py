"""One set of labels from two annotators' units of the same recording.

```
 one     |======talk======|     |==bc==|              |=talk=|
 other     |=====talk=======|   |=talk=|                         |= talk =|
 joined   |======talk======|    |doubt|               |speech?|  |speech? |
```

Events are not joined from joined units: they are derived from each annotator's own units, and what
both have, under every reading and threshold (`derived_events`), is sure. Everything else that
anybody has, under any of them, stays as doubt, which the benchmark scores neither way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.evaluation.events.derived_events import (
    AnnotatorUnits,
    annotator_events,
    event_order,
)
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    EventLabels,
    LabelledEvent,
    LabelledUnit,
    OtherSound,
    Side,
    UnitClass,
    to_samples,
)
from interactspeech.labels import ConsensusSettings, consensus
from interactspeech.records import Event
from interactspeech.signal.intervals import difference, intersection, intervals, union
from interactspeech.signal.log_mel import RATE

#: Edges may differ by so much (0.2 s, in samples) and be averaged: the onsets' own tolerance.
EDGE: Final = RATE // 5
#: Shorter stretches (0.02 s) that both have are where two units touch, and no talk.
_TOUCH: Final = RATE // 50

Labels = TypeVar("Labels", EventLabels, AnnotatorUnits)

BY_ANNOTATORS: Final = "annotators differ"
BY_ZONE: Final = "zone"


def join_labels(
    one: AnnotatorUnits, other: AnnotatorUnits, seconds: float, *, group: str = ""
) -> EventLabels:
    """The labels of a benchmark from those of two annotators.

    Args:
        one: the units of one.
        other: of the other; which is which makes no difference, but perhaps to texts.
        seconds: how long the recording is.
        group: kind of recording.

    Raises:
        InputError: they are of two recordings.
    """
    if one.name != other.name:
        raise InputError(
            f"cannot join labels of {one.name!r} with labels of {other.name!r}",
            remedy="give two annotators' labels of one recording",
            reason="other-annotation",
        )
    zones = _seconds(union(to_samples([*one.zones, *other.zones])))
    units = [
        unit for name in SPEAKERS for unit in _joined_units(_of(one, name), _of(other, name), name)
    ]
    return EventLabels(
        one.name,
        seconds,
        tuple(sorted(units, key=lambda u: (u.start, u.end, u.speaker))),
        tuple(joined_events(one, other, seconds, zones)),
        group=group,
        zones=tuple(zones),
        not_speech=tuple(_joined_sounds(one, other)),
    )


def without_texts(labels: Labels) -> Labels:
    """Labels without what was said: of recordings whose words are not ours to pass on."""
    units = tuple(msgspec.structs.replace(unit, text="") for unit in labels.units)
    return msgspec.structs.replace(labels, units=units)


def joined_events(
    one: AnnotatorUnits,
    other: AnnotatorUnits,
    seconds: float,
    zones: Sequence[tuple[float, float]] = (),
) -> list[LabelledEvent]:
    """What either annotator has, at the mean of their times; sure where neither leaves a doubt.

    Args:
        one: units of one annotator.
        other: of the other.
        seconds: how long the recording is.
        zones: nothing that begins in one is sure.
    """
    mine = {
        person: annotator_events(labels.units, seconds)
        for person, labels in (("one", one), ("other", other))
    }
    known: dict[tuple[str, str, str, int, int], LabelledEvent] = {
        (person, event.type, event.speaker, *_samples(event)): event
        for person, events in mine.items()
        for event in events
    }
    votes = consensus(
        {
            person: [Event(e.type, e.speaker, *_samples(e), origin="human") for e in events]
            for person, events in mine.items()
        },
        RATE,
        ConsensusSettings(tolerance=EDGE / RATE),
    )
    found = []
    for voted in votes:
        same = [
            known[person, voted.type, voted.speaker, start, end]
            for person, (start, end) in voted.votes.items()
        ]
        start, end = round(voted.start / RATE, 3), round(voted.end / RATE, 3)
        why = [BY_ANNOTATORS] if not voted.majority else []
        why += sorted({event.why for event in same if event.why})
        if any(a <= start < b for a, b in zones):
            why.append(BY_ZONE)
        found.append(
            msgspec.structs.replace(
                same[0], start=start, end=end, sure=not why, why=", ".join(why),
                **{name: _agreed(same, name) for name in ("placement", "outcome", "onset")},
            )
        )  # fmt: skip
    return sorted(found, key=event_order)


def _samples(event: LabelledEvent) -> tuple[int, int]:
    return round(event.start * RATE), round(event.end * RATE)


def _agreed(events: Sequence[LabelledEvent], name: str) -> str:
    values = {str(getattr(event, name)) for event in events}
    return values.pop() if len(values) == 1 else ""


def _of(labels: AnnotatorUnits, speaker: str) -> list[LabelledUnit]:
    return sorted((u for u in labels.units if u.speaker == speaker), key=lambda u: u.start)


def _joined_units(
    one: Sequence[LabelledUnit], other: Sequence[LabelledUnit], speaker: Side
) -> Iterator[LabelledUnit]:
    """Units of one speaker, in no order.

    Where both have talk it is talk, and its edges are the means of theirs if these are within
    0.2 s. What else only one has, an edge or a unit, is perhaps no speech.
    """
    rows = [to_samples((u.start, u.end) for u in units) for units in (one, other)]
    both = intersection(rows[0], rows[1])
    both = both[both[:, 1] - both[:, 0] >= _TOUCH]
    single = np.concatenate([difference(rows[0], rows[1]), difference(rows[1], rows[0])])
    single = single[np.argsort(single[:, 0])]
    edges = single[:, 1] - single[:, 0] <= EDGE
    # An edge touches talk that both have: half of it is the mean of the two.
    before = edges & np.isin(single[:, 1], both[:, 0]) & ~np.isin(single[:, 0], both[:, 1])
    after = edges & np.isin(single[:, 0], both[:, 1]) & ~np.isin(single[:, 1], both[:, 0])
    between = edges & np.isin(single[:, 0], both[:, 1]) & np.isin(single[:, 1], both[:, 0])
    starts = {int(b): int(b - (b - a) // 2) for a, b in single[before].tolist()}
    ends = {int(a): int(a + (b - a) // 2) for a, b in single[after].tolist()}
    for start, end in both.tolist():
        units = [_most_shared(units, start, end) for units in (one, other)]
        kinds = {unit.kind for unit in units}
        kind: UnitClass = kinds.pop() if len(kinds) == 1 else "doubt"
        fit = [unit.end - unit.start for unit in units]
        said = units[0] if fit[0] <= fit[1] else units[1]  # the one that holds less beside it
        mean = intervals([(starts.get(start, start), ends.get(end, end))])
        yield LabelledUnit(speaker, *_seconds(mean)[0], kind, said.text)
    for start, end in _seconds(single[~(before | after | between)]):
        yield LabelledUnit(speaker, start, end, "speech?")


def _most_shared(units: Sequence[LabelledUnit], start: int, end: int) -> LabelledUnit:
    a, b = start / RATE, end / RATE
    return max(units, key=lambda u: min(u.end, b) - max(u.start, a))


def _joined_sounds(one: AnnotatorUnits, other: AnnotatorUnits) -> Iterator[OtherSound]:
    """Noises that either has, sorted; what both have is one."""
    found = []
    for name in SPEAKERS:
        marked = [s for s in (*one.not_speech, *other.not_speech) if s.speaker == name]
        for start, end in _seconds(union(to_samples((s.start, s.end) for s in marked))):
            what = dict.fromkeys(s.what for s in marked if s.start < end and start < s.end)
            found.append(OtherSound(name, start, end, ", ".join(word for word in what if word)))
    yield from sorted(found, key=lambda sound: (sound.start, sound.speaker))


def _seconds(spans: Int64Array) -> list[tuple[float, float]]:
    return [(round(start / RATE, 3), round(end / RATE, 3)) for start, end in spans.tolist()]


__all__ = [
    "BY_ANNOTATORS",
    "BY_ZONE",
    "EDGE",
    "join_labels",
    "joined_events",
    "without_texts",
]
