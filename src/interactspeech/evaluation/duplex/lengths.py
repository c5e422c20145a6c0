"""How far the lengths of a system's IPUs, pauses, gaps and overlaps are from people's.

dGSLM (Nguyen et al. 2022) compares generated conversations with real ones by the distributions of
the lengths of its four events; the distance is Wasserstein's first, in seconds: by how much the
lengths of one must be moved, on average, to become those of the other. All recordings of a system
are one pool.

People's lengths are of transcribers' utterances (PriMock57). How talk was marked moves IPUs by
seconds (a second corpus of people is 2.8 s away, the other events .2 s): compare systems with each
other by IPUs, and with people by pauses, gaps and overlaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from interactspeech._typing import Float64Array, Int64Array
from interactspeech.evaluation.duplex.people import human_reference
from interactspeech.evaluation.events.metrics import Estimate, bootstrap
from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.statistics import wasserstein_distance

_DRAWS = 200


def length_distance(
    items: Sequence[tuple[str, Float64Array]], people: Distribution, *, seed: int = 0
) -> Estimate:
    """Wasserstein-1 between lengths of events and people's, seconds, with its 95 % interval.

    Args:
        items: name of each recording, lengths in it, seconds, shape ``(n,)``.
        people: the lengths of people's events.
        seed: of the bootstrap over recordings.

    Returns:
        NaN where there is no event; `n` counts events.
    """
    known = [(name, lengths) for name, lengths in items if len(lengths)]
    if not known:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)

    def measure(pick: Int64Array) -> float:
        return wasserstein_distance(np.concatenate([known[k][1] for k in pick.tolist()]), people)

    names = [name for name, _ in known]
    count = sum(len(lengths) for _, lengths in known)
    if len(set(names)) < 2:
        return Estimate(measure(np.arange(len(known))), float("nan"), float("nan"), count)
    found = bootstrap(names, measure, seed=seed, draws=_DRAWS)
    return Estimate(found.value, found.low, found.high, count)


def length_distances(
    items: Sequence[tuple[str, Mapping[str, Float64Array]]], *, seed: int = 0
) -> dict[str, Estimate]:
    """`length_distance` of each kind of event of which people's lengths are known.

    Args:
        items: name of each recording; kind of event -> lengths in it, seconds.
        seed: of the bootstrap.
    """
    return {
        kind: length_distance(
            [(name, lengths[kind]) for name, lengths in items if kind in lengths],
            people.lengths,
            seed=seed,
        )
        for kind, people in human_reference().lengths.items()
    }


__all__ = ["length_distance", "length_distances"]
