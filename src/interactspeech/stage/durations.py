"""How long listeners' lines should last, for a build that can speak them faster or slower."""

from __future__ import annotations

import numpy as np

from interactspeech.dialogue import Script
from interactspeech.dynamics.timing import Dyad
from interactspeech.seeds import generator
from interactspeech.stage.lines import Line, lines

#: Speeds that still sound like the voice; faster, measured engines even take longer again for one
#: word. What is left is done by `stretched`.
SLOWEST, FASTEST = 0.7, 1.3
#: Speeds are asked for in these steps, so that a cache of speech is hit often.
STEP = 0.05


def wanted_durations(script: Script, dyad: Dyad, *, seed: int) -> dict[str, float]:
    """Line id -> seconds that people would take: for backchannels and for failed attempts.

    Durations are drawn from the dyad and dealt by rank, so that "oh that's great" takes longer than
    "mm-hm" and the set of durations stays the drawn one. A script has few backchannels, so ranks
    are softened by noise of a third of a text's length.

    Draws are keyed by (seed, script id, "durations").
    """
    rng = generator(seed, script.id, "durations")
    found: dict[str, float] = {}
    everything = lines(script)
    listening = [line for line in everything if line.role == "backchannel"]
    trying = [line for line in everything if line.role == "attempt"]
    found |= _dealt(listening, dyad.backchannel_duration(rng, len(listening)), rng)
    found |= _dealt(trying, dyad.attempt_overlap(rng, len(trying)), rng)
    return found


def backchannel_speed(natural_seconds: float, target_seconds: float) -> float:
    """The speed (a multiple of `STEP`) at which a line of `natural_seconds` lasts about the target.

    >>> backchannel_speed(0.6, 0.5)
    1.2
    >>> backchannel_speed(0.6, 0.1)
    1.3
    """
    wanted = natural_seconds / max(target_seconds, 1e-3)
    steps = round(min(max(wanted, SLOWEST), FASTEST) / STEP)
    return round(steps * STEP, 2)


def _dealt(
    spoken: list[Line],
    seconds: np.ndarray[tuple[int], np.dtype[np.float64]],
    rng: np.random.Generator,
) -> dict[str, float]:
    if not spoken:
        return {}
    letters = np.array([sum(c.isalnum() for c in line.text) for line in spoken], np.float64)
    order = np.argsort(letters * (1 + rng.standard_normal(len(spoken)) / 3), kind="stable")
    return {
        spoken[int(i)].id: round(float(value), 4)
        for i, value in zip(order, np.sort(seconds), strict=True)
    }
