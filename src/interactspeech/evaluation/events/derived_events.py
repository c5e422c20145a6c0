"""Events from units: one annotator marks who says what when, and the rules say what follows.

```
units        A |=== talk ===|  |= talk =|      |== talk ==|
             B          |bc|                |= talk =|
                        feedback as marked,
             rules ──►  not as words say
events       A               |pause|              |interruption|
             B          |backchannel|    |gap|
```

People mark units with little doubt, and events with much: what is a pause of 0.19 s? So nobody is
asked for events. They are derived by `turntaking.annotate` from the units' times, with the units'
class in place of the decision about backchannels. An event is in doubt where another reading of a
doubtful unit, or a threshold a little lower or higher, takes it away or moves its onset.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.errors import InputError
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
from interactspeech.evaluation.events.real_scoring import pair_onsets
from interactspeech.records import Event, EventType
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet, Timeline, annotate

#: What is derived.
DERIVED: Final[tuple[EventType, ...]] = (
    "turn", "backchannel", "interruption", "terminal_overlap", "gap", "pause",
)  # fmt: skip
#: As whose talk each class of unit is read: "talk", "bc", or "" for no speech at all.
Reading = Mapping[UnitClass, str]
#: How a unit is read where nothing is asked about doubt.
PLAIN_READING: Final[Reading] = {
    "talk": "talk", "bc": "bc", "laugh": "talk", "doubt": "talk", "speech?": "",
}  # fmt: skip
#: Other readings of the classes that are in doubt.
_OTHER_READINGS: Final[dict[UnitClass, tuple[str, ...]]] = {
    "laugh": ("talk", "bc"), "doubt": ("talk", "bc"), "speech?": ("", "talk", "bc"),
}  # fmt: skip
#: Thresholds (ms) on either side of the default ones, by as much as boundaries are unsure. Feedback
#: that is too long for a backchannel is no claim either: with the last one it counts as feedback.
_OTHER_THRESHOLDS: Final[tuple[Mapping[str, int], ...]] = (
    {"bridge_ms": 150, "min_pause_ms": 150, "min_gap_ms": 150},
    {"bridge_ms": 250, "min_pause_ms": 250, "min_gap_ms": 250},
    {"terminal_ms": 200},
    {"terminal_ms": 300},
    {"turn_pause_ms": 900},
    {"turn_pause_ms": 1100},
    {"overlap_pause_ms": 400},
    {"overlap_pause_ms": 600},
    {"backchannel_max_ms": 900},
    {"backchannel_max_ms": 60_000},
)

#: Why an event is in doubt.
BY_READING: Final = "doubtful unit"
BY_THRESHOLD: Final = "threshold"


class AnnotatorUnits(msgspec.Struct, frozen=True):
    """What one annotator marked in a recording; seconds.

    Attributes:
        name: of the recording.
        units: what each speaker says, own silences of 0.2 s and more left out.
        zones: stretches too messy to label.
        not_speech: sounds that could be taken for speech.
    """

    name: str
    units: tuple[LabelledUnit, ...]
    zones: tuple[tuple[float, float], ...] = ()
    not_speech: tuple[OtherSound, ...] = ()


def read_units(path: Path | str, seconds: float) -> AnnotatorUnits:
    """An annotator's file (JSON).

    Args:
        path: the file.
        seconds: how long the recording is.

    Raises:
        InputError: it cannot be read, or a unit of it cannot be: which, and why.
    """
    path = Path(path)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=AnnotatorUnits)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    except msgspec.DecodeError as error:
        raise InputError(f"holds no units: {error}", path, reason="bad-annotation") from None
    for problem in unit_problems(found.units, seconds):
        raise InputError(
            problem, path, remedy="correct the file, it is the annotator's", reason="bad-annotation"
        )
    return found


def unit_problems(units: Sequence[LabelledUnit], seconds: float) -> Iterator[str]:
    """What is wrong with units: times outside the recording, two units of a speaker at a time."""
    before: dict[str, tuple[int, LabelledUnit]] = {}
    order = sorted(enumerate(units, 1), key=lambda row: (row[1].start, row[1].end))
    for number, unit in order:
        place = f"unit {number} ({unit.speaker}, {unit.start} to {unit.end} s)"
        if not 0 <= unit.start < unit.end:
            yield f"{place} has no length, or begins before 0"
        elif unit.end > seconds + 0.05:
            yield f"{place} ends after the recording ({seconds:.2f} s)"
        if unit.speaker in before and before[unit.speaker][1].end > unit.start:
            yield f"{place} begins before unit {before[unit.speaker][0]} of its speaker ends"
        before[unit.speaker] = (number, unit)


def derive_events(
    units: Sequence[LabelledUnit],
    seconds: float,
    *,
    rules: RuleSet = DEFAULT,
    reading: Reading = PLAIN_READING,
) -> tuple[LabelledEvent, ...]:
    """The events that follow from units by the rules, all of them sure.

    Args:
        units: of both speakers.
        seconds: how long the recording is.
        rules: thresholds; the decision about backchannels is the units' class.
        reading: class -> as what it is read.
    """
    length = round(seconds * RATE)
    rows: dict[str, dict[str, Int64Array]] = {}
    for name in SPEAKERS:
        mine = [u for u in units if u.speaker == name and reading[u.kind]]
        rows[name] = {
            kind: np.minimum(
                to_samples((u.start, u.end) for u in mine if kind in ("", reading[u.kind])), length
            )
            for kind in ("", "bc")
        }
    spans = {name: union(some[""]) for name, some in rows.items()}
    timeline, _ = Timeline.build(
        RATE,
        {name: some[some[:, 1] > some[:, 0]] for name, some in spans.items()},
        length=length,
    )
    marked = msgspec.structs.replace(
        rules, id=f"{rules.id}, feedback as marked", backchannel="marked"
    )
    found = annotate(
        timeline, marked, backchannel=_as_marked({name: some["bc"] for name, some in rows.items()})
    )
    return tuple(_labelled(event) for event in found if event.type in DERIVED)


def _as_marked(feedback: Mapping[str, Int64Array]) -> Callable[[Candidates], BoolArray]:
    """The decision that an IPU is a backchannel if more than half of it was marked as feedback."""

    def decide(found: Candidates) -> BoolArray:
        decided = np.zeros(len(found), np.bool_)
        for i in range(len(found)):
            start, end = int(found.start[i]), int(found.end[i])
            spans = np.clip(feedback[found.timeline.speakers[int(found.speaker[i])]], start, end)
            decided[i] = 2 * int((spans[:, 1] - spans[:, 0]).sum()) > end - start
        return decided

    return decide


def _labelled(event: Event) -> LabelledEvent:
    def attribute(name: str, *types: str) -> str:
        return str(event.attributes.get(name, "")) if event.type in types else ""

    return LabelledEvent(
        event.type,
        cast("Side", event.speaker),
        round(event.start / RATE, 3),
        round(event.end / RATE, 3),
        sure=True,
        placement=attribute("placement", "backchannel"),
        outcome=attribute("outcome", "interruption", "terminal_overlap"),
        onset=attribute("onset", "turn"),
    )


def annotator_events(units: Sequence[LabelledUnit], seconds: float) -> tuple[LabelledEvent, ...]:
    """The events of one annotator's units, sure where every reading and threshold has them.

    An event counts as the same under another reading or threshold if its type and speaker are the
    same and its onset is within 0.2 s, one to one. What only another reading or threshold has is
    there too, not sure.
    """
    plain = _Derivation(PLAIN_READING, DEFAULT, "")
    base = derive_events(units, seconds)
    doubts: list[str] = [""] * len(base)
    extra: list[LabelledEvent] = []
    for variant in _variants({u.kind for u in units}, plain):
        found = derive_events(units, seconds, rules=variant.rules, reading=variant.reading)
        missing, added = unmatched(base, found)
        for i in missing:
            doubts[i] = doubts[i] or variant.why
        fresh = [msgspec.structs.replace(found[i], sure=False, why=variant.why) for i in added]
        extra += [fresh[i] for i in unmatched(extra, fresh)[1]]
    kept = [
        msgspec.structs.replace(event, sure=not why, why=why)
        for event, why in zip(base, doubts, strict=True)
    ]
    return tuple(sorted([*kept, *extra], key=event_order))


def event_order(event: LabelledEvent) -> tuple[float, float, str, str]:
    """In which labelled events are sorted."""
    return (event.start, event.end, event.type, event.speaker)


@dataclass(frozen=True)
class _Derivation:
    """A way to derive events, and what an event that depends on it is doubted by."""

    reading: Reading
    rules: RuleSet
    why: str


def _variants(classes: set[UnitClass], plain: _Derivation) -> Iterator[_Derivation]:
    """Other readings first, then other thresholds, then both together."""
    asked = [kind for kind in _OTHER_READINGS if kind in classes]
    readings = [
        {**plain.reading, **dict(zip(asked, choice, strict=True))}
        for choice in itertools.product(*(_OTHER_READINGS[kind] for kind in asked))
    ]
    others = [reading for reading in readings if reading != plain.reading]
    rules = [msgspec.structs.replace(plain.rules, **given) for given in _OTHER_THRESHOLDS]
    for reading in others:
        yield _Derivation(reading, plain.rules, BY_READING)
    for one in rules:
        yield _Derivation(plain.reading, one, BY_THRESHOLD)
    for reading, one in itertools.product(others, rules):
        yield _Derivation(reading, one, BY_THRESHOLD)


def unmatched(
    one: Sequence[LabelledEvent], other: Sequence[LabelledEvent]
) -> tuple[list[int], list[int]]:
    """Which events of two lists have no partner in the other list: type and speaker the same, onset
    within 0.2 s, one to one.
    """
    lines: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, events in enumerate((one, other)):
        for i, event in sorted(enumerate(events), key=lambda row: row[1].start):
            lines[event.type, event.speaker][side].append(i)
    alone: tuple[list[int], list[int]] = ([], [])
    for mine, theirs in lines.values():
        starts = [
            to_samples((events[i].start, events[i].end) for i in some)[:, 0]
            for events, some in ((one, mine), (other, theirs))
        ]
        taken, missed = pair_onsets(starts[0], starts[1])
        alone[0].extend(np.array(mine, np.int64)[missed].tolist())
        alone[1].extend(np.array(theirs, np.int64)[~taken].tolist())
    return sorted(alone[0]), sorted(alone[1])


def annotator_labels(found: AnnotatorUnits, seconds: float) -> EventLabels:
    """One annotator's units as labels of a benchmark."""
    return EventLabels(
        found.name,
        seconds,
        tuple(sorted(found.units, key=lambda u: (u.start, u.end, u.speaker))),
        annotator_events(found.units, seconds),
        zones=found.zones,
        not_speech=found.not_speech,
    )


__all__ = [
    "BY_READING",
    "BY_THRESHOLD",
    "DERIVED",
    "PLAIN_READING",
    "AnnotatorUnits",
    "Reading",
    "annotator_events",
    "annotator_labels",
    "derive_events",
    "event_order",
    "read_units",
    "unit_problems",
    "unmatched",
]
