"""Hesitations last: people draw out "um" and "uh", and the word before, where engines hurry on."""

from __future__ import annotations

import math

from interactspeech.dialogue import Speech
from interactspeech.seeds import generator
from interactspeech.stage.lines import Line
from interactspeech.stage.settings import HUMAN, Settings
from interactspeech.stage.stretch import lengthened

#: Filled pauses as scripts spell them -> which length of `Manners` is theirs.
_FILLERS = {"um": "um", "uhm": "um", "erm": "um", "uh": "uh", "er": "uh"}
#: A word is drawn out to this times its length at most.
_MOST = 2.2


def hesitated(
    line: Line, speech: Speech, *, script_id: str, seed: int, settings: Settings = HUMAN
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
