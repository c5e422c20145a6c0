"""Agreement of two annotators who marked who says what when, and of the events that follow.

Units and events, each by its onset; what a unit is (talk or feedback) by Cohen's kappa over the
units that both have. An event is asked for twice: among all that follow from either's units, and as
a benchmark scores: one annotator's events against the other's sure ones, with the other's doubt
counted neither way. The second is what a system can be measured up to. Intervals are of a bootstrap
over pieces of 30 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.evaluation.agreement.coefficients import cohen_kappa
from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.evaluation.events.derived_events import (
    AnnotatorUnits,
    annotator_labels,
    derive_events,
)
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    EventLabels,
    LabelledRecording,
    LabelledUnit,
    to_samples,
)
from interactspeech.evaluation.events.metrics import Estimate, bootstrap
from interactspeech.evaluation.events.real_scoring import (
    PIECE,
    LabelledOnsets,
    OnsetCounts,
    match_labelled,
    pair_onsets,
)
from interactspeech.records import Event
from interactspeech.signal.log_mel import RATE

#: Tolerances of onsets of units, in seconds.
WITHIN: Final = (0.1, 0.2)


@dataclass(frozen=True)
class TwoAnnotators:
    """What two people marked in a recording of `seconds`."""

    one: AnnotatorUnits
    other: AnnotatorUnits
    seconds: float

    @property
    def zones(self) -> tuple[tuple[float, float], ...]:
        """Stretches that either found too messy."""
        return (*self.one.zones, *self.other.zones)


class UnitAgreement(msgspec.Struct, frozen=True):
    """How far two annotators agree.

    Attributes:
        units: how many each marked, "speech?" and zones left out.
        onsets: tolerance in seconds -> F1 of onsets of units.
        paired: units that both have: each shares most time with the other.
        start_difference, end_difference: medians over them, of absolute differences in seconds.
        start_within, end_within: share of them that differ by at most 0.05 s.
        classes: (class of one, of the other) -> paired units.
        kappa: Cohen's, of talk and feedback, over paired units of these classes.
        events: type -> F1 of onsets within 0.2 s, of all that follow from either's units.
        sure_events: type -> the same of one's events against the other's sure ones, and the other
            way round, doubt counted neither way.
    """

    units: tuple[int, int]
    onsets: dict[float, Estimate]
    paired: int
    start_difference: float
    end_difference: float
    start_within: float
    end_within: float
    classes: dict[tuple[str, str], int]
    kappa: Estimate
    events: dict[str, Estimate]
    sure_events: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        classes = {" ".join(kinds): n for kinds, n in self.classes.items()}
        onsets = {str(within): value for within, value in self.onsets.items()}
        changed = msgspec.structs.asdict(self) | {"classes": classes, "onsets": onsets}
        return dict(msgspec.to_builtins(changed))


def unit_agreement(recordings: Sequence[TwoAnnotators]) -> UnitAgreement:
    """Agreement over some recordings."""
    pairs = [(r.one.name, a, b) for r in recordings for a, b in _pairs(r)]
    edges = np.array([(a.start - b.start, a.end - b.end) for _, a, b in pairs]).reshape(-1, 2)
    edges = np.abs(edges)
    classes: dict[tuple[str, str], int] = {}
    for _, a, b in pairs:
        classes[a.kind, b.kind] = classes.get((a.kind, b.kind), 0) + 1
    return UnitAgreement(
        units=(
            sum(len(_units(r.one, r.zones)) for r in recordings),
            sum(len(_units(r.other, r.zones)) for r in recordings),
        ),
        onsets={within: _unit_onsets(recordings, within) for within in WITHIN},
        paired=len(pairs),
        start_difference=float(np.median(edges[:, 0])) if len(edges) else float("nan"),
        end_difference=float(np.median(edges[:, 1])) if len(edges) else float("nan"),
        # Times are marked to 0.01 s; differences of them are not exact.
        start_within=float((edges[:, 0] < 0.055).mean()) if len(edges) else float("nan"),
        end_within=float((edges[:, 1] < 0.055).mean()) if len(edges) else float("nan"),
        classes=dict(sorted(classes.items())),
        kappa=_kappa(pairs),
        events=_event_onsets(recordings, sure=False),
        sure_events=_event_onsets(recordings, sure=True),
    )


def _units(
    labels: AnnotatorUnits, zones: Sequence[tuple[float, float]], speaker: str = ""
) -> list[LabelledUnit]:
    """Units in order of time, outside of zones, those left out that are perhaps no speech."""
    return sorted(
        (
            unit
            for unit in labels.units
            if unit.kind != "speech?"
            and speaker in ("", unit.speaker)
            and not any(unit.start < b and a < unit.end for a, b in zones)
        ),
        key=lambda unit: unit.start,
    )


def _pairs(recording: TwoAnnotators) -> Iterator[tuple[LabelledUnit, LabelledUnit]]:
    """Units of which each shares more time with the other than with any."""
    for name in SPEAKERS:
        mine = _units(recording.one, recording.zones, name)
        theirs = _units(recording.other, recording.zones, name)
        if not mine or not theirs:
            continue
        start = np.maximum.outer([u.start for u in mine], [u.start for u in theirs])
        end = np.minimum.outer([u.end for u in mine], [u.end for u in theirs])
        shared = end - start
        best = shared.argmax(axis=1)
        for i, j in enumerate(best.tolist()):
            if shared[i, j] > 0 and shared[:, j].argmax() == i:
                yield mine[i], theirs[j]


def _unit_onsets(recordings: Sequence[TwoAnnotators], within: float) -> Estimate:
    found = []
    for recording in recordings:
        parts: list[tuple[Int64Array, Int64Array, Int64Array]] = []
        for name in SPEAKERS:
            mine, theirs = (
                to_samples((u.start, u.end) for u in _units(labels, recording.zones, name))[:, 0]
                for labels in (recording.one, recording.other)
            )
            taken, missed = pair_onsets(mine, theirs, round(within * RATE))
            parts.append((mine[~missed], mine[missed], theirs[~taken]))
        hits, lost, wrong = (np.sort(np.concatenate(p)) for p in zip(*parts, strict=True))
        found.append(LabelledOnsets(recording.one.name, hits, lost, wrong))
    return OnsetCounts({"unit": found}).f1("unit")


def _kappa(pairs: Sequence[tuple[str, LabelledUnit, LabelledUnit]]) -> Estimate:
    kinds = ("talk", "bc")
    rows = [
        (f"{name}:{int(a.start // PIECE)}", kinds.index(a.kind), kinds.index(b.kind))
        for name, a, b in pairs
        if a.kind in kinds and b.kind in kinds
    ]
    cell = np.array([2 * i + j for _, i, j in rows], np.int64)

    def measure(pick: Int64Array) -> float:
        return cohen_kappa(np.bincount(cell[pick], minlength=4).reshape(2, 2).astype(np.float64))

    return bootstrap([piece for piece, _, _ in rows], measure)


def _event_onsets(recordings: Sequence[TwoAnnotators], *, sure: bool) -> dict[str, Estimate]:
    matched: dict[str, list[LabelledOnsets]] = {kind: [] for kind in ASKED}
    for recording in recordings:
        # Without doubt the measure is the same both ways.
        ways = [(recording.one, recording.other), (recording.other, recording.one)]
        for marked, found in ways if sure else ways[:1]:
            reference = LabelledRecording(Path(), _reference(marked, recording, sure=sure))
            events = [
                Event(e.type, e.speaker, *to_samples([(e.start, e.end)])[0].tolist())
                for e in derive_events(found.units, recording.seconds)
                if not any(a <= e.start < b for a, b in recording.zones)
            ]
            for kind, some in matched.items():
                some.append(match_labelled(reference, events, kind))
    counts = OnsetCounts(matched)
    return {kind: counts.f1(kind) for kind in ASKED} | {"mean": counts.mean_f1()}


def _reference(marked: AnnotatorUnits, recording: TwoAnnotators, *, sure: bool) -> EventLabels:
    if sure:
        labels = annotator_labels(marked, recording.seconds)
        return msgspec.structs.replace(labels, zones=recording.zones)
    events = derive_events(marked.units, recording.seconds)
    return EventLabels(marked.name, recording.seconds, (), events, zones=recording.zones)


__all__ = ["WITHIN", "TwoAnnotators", "UnitAgreement", "unit_agreement"]
