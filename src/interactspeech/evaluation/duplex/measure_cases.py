"""Values of measures by item, and the measures that they add up to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.scores import Better, DuplexMeasure
from interactspeech.evaluation.duplex.stimulus import StimulusEvent
from interactspeech.evaluation.events.metrics import Estimate


@dataclass(frozen=True)
class MeasureSpec:
    """What a measure is: its title, the benchmark and variant, and which way is better."""

    title: str
    source: str
    better: Better


@dataclass
class MeasureCases:
    """Values of measures, each with its item.

    Attributes:
        specs: key -> what the measure is.
        items, values: key -> names of items, and their values; as long as each other.
    """

    specs: dict[str, MeasureSpec] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(
        self, key: str, value: float | None, item: str, title: str, source: str, better: Better = ""
    ) -> None:
        """One value; one that is None or no number makes the measure known, and counts nothing."""
        self.specs.setdefault(key, MeasureSpec(title, source, better))
        self.items.setdefault(key, [])
        self.values.setdefault(key, [])
        if value is not None and not math.isnan(value):
            self.items[key].append(item)
            self.values[key].append(float(value))

    def means(self) -> dict[str, float]:
        """The mean of each measure that has values."""
        return {k: math.fsum(v) / len(v) for k, v in self.values.items() if v}

    def take(self, other: MeasureCases) -> None:
        """Add all values of another."""
        for key, spec in other.specs.items():
            self.specs.setdefault(key, spec)
            self.items.setdefault(key, []).extend(other.items[key])
            self.values.setdefault(key, []).extend(other.values[key])


def measure_of(key: str, spec: MeasureSpec, estimate: Estimate) -> DuplexMeasure:
    """A measure with its interval."""
    return DuplexMeasure(
        key, spec.title, spec.source, estimate.value, estimate.low, estimate.high, estimate.n,
        spec.better,
    )  # fmt: skip


def single_measure(
    key: str, title: str, source: str, value: float, n: int, better: Better = ""
) -> DuplexMeasure:
    """A measure of all `n` cases at once, without an interval."""
    return DuplexMeasure(key, title, source, value, math.nan, math.nan, n, better)


def events_of(recording: DuplexRecording) -> tuple[StimulusEvent, ...]:
    """What the user does in a recording, as far as it is known."""
    return recording.truth.events if recording.truth else ()
