"""How long listeners' lines should last, for a build that can speak them faster or slower."""

from __future__ import annotations

import math

import numpy as np

from interactspeech.records import Script, Speech
from interactspeech.rendering.settings import HUMAN, PlanSettings
from interactspeech.rendering.spoken_lines import SpokenLine, lines
from interactspeech.seeds import generator
from interactspeech.signal.time_stretch import lengthened
from interactspeech.turntaking.timing import Dyad

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
    spoken: list[SpokenLine],
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


# Hesitations last: people draw out "um" and "uh", and the word before, where engines hurry on.


#: Filled pauses as scripts spell them -> which length of `Manners` is theirs.
_FILLERS = {"um": "um", "uhm": "um", "erm": "um", "uh": "uh", "er": "uh"}
#: A word is drawn out to this times its length at most.
_MOST = 2.2


def hesitated(
    line: SpokenLine, speech: Speech, *, script_id: str, seed: int, settings: PlanSettings = HUMAN
) -> Speech:
    """`speech` of a turn with its filled pauses as long as people's; itself if it has none.

    Lengths are drawn (`Manners.um`, `uh`, `before_filler`); nothing is shortened. Draws are keyed
    by (seed, script id, "hesitation", line id).
    """
    manners = settings.manners
    tokens = [token.strip(".,;:?!-—…'\"").lower() for token in line.tokens]
    places = [k for k, token in enumerate(tokens) if token in _FILLERS]
    if manners is None or line.role != "turn" or not places:
        return speech
    rng = generator(seed, script_id, "hesitation", line.id)
    wanted: dict[int, float] = {}
    for place in places:
        median, sigma = manners.um if _FILLERS[tokens[place]] == "um" else manners.uh
        mean, spread = manners.before_filler
        drawn, factor = rng.standard_normal(2).clip(-2.0, 2.0).tolist()
        wanted[place] = min(median * math.exp(sigma * drawn), _MOST * _seconds(speech, place))
        if place and place - 1 not in wanted:
            wanted[place - 1] = (mean + spread * factor) * _seconds(speech, place - 1)
    return lengthened(speech, wanted)


def _seconds(speech: Speech, index: int) -> float:
    word = speech.words[index]
    return (word.end - word.start) / speech.rate
