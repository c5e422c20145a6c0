"""What was measured of a system: measures, items, events, each measure beside people's.

`scoring` fills these; reports, conditions and pages read them. `encode_scores` gives the same bytes
for the same scores.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal

import msgspec

from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.behaviour import Behaviour
from interactspeech.evaluation.duplex.curve import YieldPoint
from interactspeech.evaluation.duplex.outcomes import EventOutcome, ReactionSettings
from interactspeech.evaluation.duplex.people import human_values

Better = Literal["higher", "lower", ""]


class DuplexMeasure(msgspec.Struct, frozen=True):
    """A figure.

    Attributes:
        key: stable name.
        title: what it is.
        source: benchmark and variant.
        value: NaN where there was nothing to measure.
        low, high: 95 % interval, by bootstrap over items; NaN where there is none.
        n: cases behind it.
        better: which way is better; "" where neither is.
        human: the same on people, where it is known.
        human_n: cases behind that.
    """

    key: str
    title: str
    source: str
    value: float
    low: float
    high: float
    n: int
    better: Better = ""
    human: float | None = None
    human_n: int = 0


class ItemScore(msgspec.Struct, frozen=True):
    """What was measured on one recording.

    Attributes:
        name, subset: of the item.
        seconds: its length.
        notes: what is unusual about it.
        values: key of a measure -> its value here (a mean, where there are several cases).
        outcomes: what the system did at each event.
        behaviour: of FDB v1.5.
    """

    name: str
    subset: str
    seconds: float
    notes: tuple[str, ...]
    values: dict[str, float]
    outcomes: tuple[EventOutcome, ...]
    behaviour: Behaviour | None = None


class LostItem(msgspec.Struct, frozen=True):
    """An item that could not be measured.

    Attributes:
        item: its place.
        reason, problem, remedy: as in `InputError`.
        refused: whether the recording is there and cannot be trusted.
    """

    item: str
    reason: str
    problem: str
    remedy: str
    refused: bool


class Contradiction(msgspec.Struct, frozen=True):
    """Two measures that say different things of the same event or item."""

    item: str
    time: float
    what: str
    one: str
    other: str
    why: str


class DuplexScores(msgspec.Struct, frozen=True):
    """The result.

    Attributes:
        system: name.
        items: measured.
        lost: not measured, each with its reason.
        measures: over all items.
        point: the system on the plane of yielding and selectivity.
        area: under its concave hull (`curve`).
        contradictions: where measures part.
        settings: thresholds.
    """

    system: str
    items: tuple[ItemScore, ...]
    lost: tuple[LostItem, ...]
    measures: tuple[DuplexMeasure, ...]
    point: YieldPoint
    area: float
    contradictions: tuple[Contradiction, ...]
    settings: ReactionSettings

    def measure(self, key: str) -> DuplexMeasure:
        """The measure called so.

        Raises:
            UsageError: there is none.
        """
        found = next((m for m in self.measures if m.key == key), None)
        if found is None:
            known = ", ".join(m.key for m in self.measures)
            raise UsageError(f"no measure is called {key!r}", remedy=f"measured were {known}")
        return found

    @property
    def total(self) -> int:
        """Items that there are, measured or not."""
        return len(self.items) + len(self.lost)


def with_human(measure: DuplexMeasure) -> DuplexMeasure:
    """The measure with people's value beside it."""
    known = human_values().get(measure.key)
    if known is None:
        return measure
    return msgspec.structs.replace(measure, human=known.value, human_n=known.n)


def plain(value: Any) -> Any:
    """Plain JSON values: no NaN, six decimals."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def encode_scores(scores: DuplexScores) -> bytes:
    """The scores as JSON; the same scores give the same bytes."""
    data = plain(msgspec.to_builtins(scores))
    data["scored"] = f"{len(scores.items)} of {scores.total}"
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


__all__ = [
    "Better",
    "Contradiction",
    "DuplexMeasure",
    "DuplexScores",
    "ItemScore",
    "LostItem",
    "encode_scores",
    "plain",
    "with_human",
]
