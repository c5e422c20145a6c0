"""Limits of the quality gate, from what was measured of good speech.

A limit lies a quarter beyond the percentile 0.5 or 99.5 of what was found (of its distance from the
median), so that few good utterances are spoken again and hardly any is lost; of recognition, whose
errors are often the recogniser's own, it is the 99th percentile. A voice whose usual speech would
be outside the limits of the others (one that whispers, say) has limits of its own where it
differs: it should neither be refused nor make the gate wide for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interactspeech.evaluate.limits import UNMEASURED, Limits

#: How far beyond the outer percentile a limit lies, and which percentile that is.
_MARGIN, _OUTER = 0.25, 0.5
#: A limit of clipping is not below this, one of pauses not below that (seconds).
_LEAST_CLIPPING, _LEAST_PAUSE = 1e-4, 0.6
#: Limits of the level are this far from the median at least (decibels), those of the length this
#: far (natural logarithm of the ratio: 0.75 to 1.34).
_LEAST_LEVEL, _LEAST_LENGTH = 4.0, 0.29
#: Measures in which a voice may be unlike the others of its engine (a voice's length has its own
#: pace already, and words are to be heard from all), and voices from which that can be told.
_OWN, _LEAST_VOICES = ("pause", "level", "p808", "overall"), 4


@dataclass(frozen=True, eq=False)
class Measurement:
    """One utterance that was measured; reports name the extremes."""

    text: str
    voice: str
    value: float


Found = Mapping[str, Sequence[Measurement]]


def limits_by(found: Found) -> tuple[Limits, dict[str, Limits]]:
    """The limits of an engine, and those of voices that are unlike its others.

    Args:
        found: measure -> utterances; lengths as natural logarithms of the ratio to the expected.
    """
    voices = sorted({m.voice for rows in found.values() for m in rows})
    differ: dict[str, list[str]] = {}
    for voice in voices if len(voices) >= _LEAST_VOICES else ():
        others = _limits(
            {name: [m for m in rows if m.voice != voice] for name, rows in found.items()}
        )
        own = _of(found, voice)
        if unlike := [name for name in _OWN if own.get(name) and not _usual(name, own, others)]:
            differ[voice] = unlike
    usual = _limits(
        {name: [m for m in rows if m.voice not in differ] for name, rows in found.items()}
    )
    apart = {}
    for voice, unlike in differ.items():
        mine = _limits(dict(found) | {name: _of(found, voice)[name] for name in unlike})
        apart[voice] = msgspec.structs.replace(
            usual, **{name: getattr(mine, name) for name in unlike}
        )
    return usual, apart


def _of(found: Found, voice: str) -> dict[str, list[Measurement]]:
    return {name: [m for m in rows if m.voice == voice] for name, rows in found.items()}


def _usual(name: str, own: Found, others: Limits) -> bool:
    """Whether half of what a voice says is within the limits of the others."""
    middle = float(np.median([m.value for m in own[name]]))
    if name == "level":
        return others.level[0] <= middle <= others.level[1]
    return middle <= others.pause if name == "pause" else middle >= getattr(others, name)


def _limits(found: Found) -> Limits:
    values = {name: np.array([m.value for m in rows]) for name, rows in found.items()}
    low, high = np.exp(_at_least(values["length"], _LEAST_LENGTH))
    return Limits(
        clipping=max(_upper(values["clipping"]), _LEAST_CLIPPING),
        pause=max(_upper(values["pause"]), _LEAST_PAUSE),
        level=_at_least(values["level"], _LEAST_LEVEL),
        length=(round(float(low), 4), round(float(high), 4)),
        word_errors=round(float(np.percentile(values["words"], 99)), 3),
        overall=_lower(values["overall"]),
        p808=_lower(values["p808"]),
        # A voice that speaks alone cannot be compared with itself.
        similarity=_lower(values["speaker"])
        if "speaker" in values
        else UNMEASURED.limits.similarity,
    )


def _upper(values: np.ndarray) -> float:
    middle = float(np.median(values))
    return round(middle + (1 + _MARGIN) * (float(np.percentile(values, 100 - _OUTER)) - middle), 4)


def _lower(values: np.ndarray) -> float:
    middle = float(np.median(values))
    return round(middle - (1 + _MARGIN) * (middle - float(np.percentile(values, _OUTER))), 4)


def _at_least(values: np.ndarray, width: float) -> tuple[float, float]:
    """Limits on both sides, `width` or more away from the median."""
    middle = float(np.median(values))
    low, high = min(_lower(values), middle - width), max(_upper(values), middle + width)
    return round(low, 4), round(high, 4)
