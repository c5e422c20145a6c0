"""The turn-taking statistics of dGSLM, as a named alternative (Nguyen et al. 2022, section 5.2).

Their four events are plain geometry: an **IPU** is talk of one speaker without an own silence of
200 ms or more; an **overlap** is talk of several; a **pause** is silence between IPUs of the same
speaker; a **gap** is silence between IPUs of different speakers. Unlike Heldner & Edlund's classes
they ask nothing of overlaps, and every silence between two stretches of talk is one or the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.errors import InputError
from interactspeech.signal.intervals import runs
from interactspeech.turntaking.activity import Layer1, layer1
from interactspeech.turntaking.rules import RuleSet
from interactspeech.turntaking.timeline import Timeline

KINDS: Final = ("ipu", "pause", "gap", "overlap")

#: Nguyen et al. 2022 bridge own silences of less than 200 ms.
RULES: Final = RuleSet(id="dgslm-2022", bridge_ms=200)


@dataclass(frozen=True)
class DgslmStatistics:
    """How often and how long, in one conversation.

    Attributes:
        minutes: length of the conversation.
        events: kind -> number.
        seconds: kind -> total length.
        lengths: kind -> length of each event in samples, shape ``(n,)``.
    """

    minutes: float
    events: dict[str, int]
    seconds: dict[str, float]
    lengths: dict[str, Int64Array]

    @property
    def events_per_minute(self) -> dict[str, float]:
        """Number of events a minute, by kind."""
        return {kind: n / self.minutes for kind, n in self.events.items()}

    @property
    def seconds_per_minute(self) -> dict[str, float]:
        """Seconds of events a minute, by kind."""
        return {kind: s / self.minutes for kind, s in self.seconds.items()}


def dgslm_statistics(timeline: Timeline, rules: RuleSet = RULES) -> DgslmStatistics:
    """Number and length of IPUs, pauses, gaps and overlaps of a conversation.

    Silence before the first and after the last talk is neither pause nor gap.

    Raises:
        InputError: the conversation has no length.
    """
    if timeline.length == 0:
        raise InputError("a conversation without length has no rates", reason="empty")
    layer = layer1(timeline, rules)
    ipus = np.concatenate([np.zeros((0, 2), np.int64), *layer.ipus])
    pauses, gaps = _silences(layer)
    lengths = {
        "ipu": ipus[:, 1] - ipus[:, 0],
        "pause": pauses,
        "gap": gaps,
        "overlap": _overlaps(layer),
    }
    return DgslmStatistics(
        minutes=timeline.seconds / 60,
        events={kind: len(x) for kind, x in lengths.items()},
        seconds={kind: float(x.sum()) / timeline.rate for kind, x in lengths.items()},
        lengths=lengths,
    )


def _silences(layer: Layer1) -> tuple[Int64Array, Int64Array]:
    """Lengths of pauses and of gaps."""
    runs = layer.runs
    inner = np.flatnonzero(runs.active == 0)
    inner = inner[(inner > 0) & (inner < len(runs.active) - 1)]
    length = (runs.end - runs.start)[inner]
    # Where several stop or start on one sample, one who is on both sides makes it a pause.
    same = (runs.state[inner - 1] & runs.state[inner + 1]) != 0
    return length[same], length[~same]


def _overlaps(layer: Layer1) -> Int64Array:
    """Lengths of maximal stretches in which several talk."""
    several = runs(layer.runs.active > 1)
    time = np.append(layer.runs.start, [layer.length])
    return np.diff(time[several], axis=1)[:, 0]
