"""Agreement about events: where they begin, and which moments they cover.

Two views, because neither is enough: *onsets*, matched one to one within a tolerance (F1 between
each two annotators, which is symmetric), and *frames*, in which each annotator says of every moment
of every track whether an event of the type covers it (Cohen's and Fleiss' kappa, Krippendorff's
alpha). Intervals are of a bootstrap over dialogues: moments of one dialogue are not independent.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np

from interactspeech._typing import Float64Array, Int64Array
from interactspeech.evaluation.agreement.coefficients import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
)
from interactspeech.evaluation.events.metrics import (
    Estimate,
    Matches,
    bootstrap,
    f1,
    match_onsets,
)
from interactspeech.records import EVENT_TYPES, Event
from interactspeech.settings import Natural, Settings


class AgreementSettings(Settings, frozen=True):
    """How agreement is measured.

    Attributes:
        tolerance: how far apart two onsets of one event may be, in seconds.
        frame: seconds a frame.
        seed: of the bootstrap.
    """

    tolerance: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.2
    frame: Annotated[float, msgspec.Meta(ge=0.001, le=10)] = 0.05
    seed: Natural = 0


@dataclass(frozen=True)
class JointLabels:
    """What several people labelled in one dialogue.

    Attributes:
        dialogue: its id.
        rate: samples a second.
        length: in samples.
        speakers: ids, a track each.
        events: annotator -> their events.
    """

    dialogue: str
    rate: int
    length: int
    speakers: tuple[str, ...]
    events: Mapping[str, Sequence[Event]]


@dataclass(frozen=True)
class TypeAgreement:
    """How far annotators agree about one type of event ("all": about what covers each moment).

    Attributes:
        type: the type.
        events: labelled by all of them together.
        dialogues: with two annotators or more.
        onsets: F1 between each two annotators, over all pairs and dialogues; of "all", of onsets
            with the same type.
        cohen: kappa of each two annotators, averaged, weighted by the frames they share.
        fleiss: kappa of all; NaN where dialogues have different numbers of annotators.
        alpha: Krippendorff's, nominal.
    """

    type: str
    events: int
    dialogues: int
    onsets: Estimate
    cohen: Estimate
    fleiss: Estimate
    alpha: Estimate


def event_agreement(
    labels: Sequence[JointLabels], settings: AgreementSettings | None = None
) -> list[TypeAgreement]:
    """Agreement about each type that anybody labelled, in the order of the table of types, and
    about all of them ("all", first). Dialogues with one annotator are left out.
    """
    chosen = settings or AgreementSettings()
    joint = [one for one in labels if len(one.events) >= 2]
    if not joint:
        return []
    types = [
        kind
        for kind in EVENT_TYPES
        if any(
            event.type == kind for one in joint for mine in one.events.values() for event in mine
        )
    ]
    codes = [_frames(one, types, chosen.frame) for one in joint]
    found = []
    for number, kind in enumerate(["all", *types]):
        part = codes if number == 0 else [(code >> (number - 1)) & 1 for code in codes]
        found.append(_agreement(kind, joint, part, chosen))
    return found


def _agreement(
    kind: str,
    joint: Sequence[JointLabels],
    codes: Sequence[Int64Array],
    settings: AgreementSettings,
) -> TypeAgreement:
    groups = [one.dialogue for one in joint]
    matches = [_onsets(one, kind, settings.tolerance) for one in joint]
    values = np.unique(np.concatenate([code.ravel() for code in codes] or [np.zeros(0, np.int64)]))
    # Frames in which the annotators say the same are one row with a weight.
    patterns: dict[tuple[int, ...], int] = {}
    weights: list[dict[int, int]] = []
    confusions: list[dict[tuple[str, str], Float64Array]] = []
    for one, code in zip(joint, codes, strict=True):
        index = np.searchsorted(values, code)
        counts = np.stack([(index == k).sum(axis=0) for k in range(len(values))], axis=1)
        rows, many = np.unique(counts, axis=0, return_counts=True)
        weights.append(
            {
                patterns.setdefault(tuple(row), len(patterns)): int(n)
                for row, n in zip(rows.tolist(), many.tolist(), strict=True)
            }
        )
        confusions.append(_confusions(list(one.events), index, len(values)))
    table = np.array(list(patterns), np.float64).reshape(-1, len(values))
    weight = np.zeros((len(joint), len(table)))
    for row, some in enumerate(weights):
        for column, n in some.items():
            weight[row, column] = n
    same = len({len(one.events) for one in joint}) == 1

    def over(measure: Callable[[Int64Array], float]) -> Estimate:
        return bootstrap(groups, measure, seed=settings.seed)

    return TypeAgreement(
        type=kind,
        events=sum(
            kind in (event.type, "all")
            for one in joint
            for mine in one.events.values()
            for event in mine
        ),
        dialogues=len(joint),
        onsets=over(lambda pick: f1([matches[i] for i in pick.tolist()])),
        cohen=over(lambda pick: _mean_kappa([confusions[i] for i in pick.tolist()])),
        fleiss=over(lambda pick: fleiss_kappa(table, weight[pick].sum(axis=0)))
        if same
        else Estimate(float("nan"), float("nan"), float("nan"), len(joint)),
        alpha=over(lambda pick: krippendorff_alpha(table, weight[pick].sum(axis=0))),
    )


def _frames(one: JointLabels, types: Sequence[str], frame: float) -> Int64Array:
    """For each annotator a code a frame, the tracks one after the other; bit i says that an event
    of ``types[i]`` covers it. An event covers at least the frame in which it begins.
    """
    size = max(1, round(frame * one.rate))
    count = max(1, -(-one.length // size))
    bits = {kind: 1 << i for i, kind in enumerate(types)}
    track = {name: i for i, name in enumerate(one.speakers)}
    codes = np.zeros((len(one.events), len(one.speakers), count), np.int64)
    for row, mine in enumerate(one.events.values()):
        for event in mine:
            # Frames whose middle is inside.
            first = max(0, -(-(event.start - size // 2) // size))
            last = -(-(event.end - size // 2) // size)
            if last <= first:
                first = min(event.start // size, count - 1)
                last = first + 1
            codes[row, track[event.speaker], first:last] |= bits[event.type]
    return codes.reshape(len(one.events), -1)


def _onsets(one: JointLabels, kind: str, tolerance: float) -> Matches:
    reach = round(tolerance * one.rate)
    total = Matches(0, 0, 0)
    for first, second in itertools.combinations(one.events.values(), 2):
        types = {event.type for event in (*first, *second)} if kind == "all" else {kind}
        for name, speaker in itertools.product(sorted(types), one.speakers):
            lists = [
                np.array(
                    sorted(e.start for e in mine if e.type == name and e.speaker == speaker),
                    np.int64,
                )
                for mine in (first, second)
            ]
            total += match_onsets(lists[0], lists[1], reach)
    return total


def _confusions(
    names: Sequence[str], index: Int64Array, k: int
) -> dict[tuple[str, str], Float64Array]:
    found = {}
    for (i, one), (j, other) in itertools.combinations(enumerate(names), 2):
        pair = (one, other) if one < other else (other, one)
        rows, columns = (index[i], index[j]) if one < other else (index[j], index[i])
        found[pair] = np.bincount(rows * k + columns, minlength=k * k).reshape(k, k).astype(float)
    return found


def _mean_kappa(confusions: Sequence[dict[tuple[str, str], Float64Array]]) -> float:
    pairs: dict[tuple[str, str], Float64Array] = {}
    for one in confusions:
        for pair, table in one.items():
            pairs[pair] = pairs[pair] + table if pair in pairs else table
    total = weight = 0.0
    for table in pairs.values():
        value = cohen_kappa(table)
        if not np.isnan(value):
            total += value * table.sum()
            weight += table.sum()
    return total / weight if weight else float("nan")
