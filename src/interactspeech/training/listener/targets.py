"""Training targets of the listener, from the record of a dialogue.

The time unit is half a step (20 ms) for activity, and a step (40 ms) for everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from interactspeech._typing import Float64Array, Int8Array
from interactspeech.listener.model import HALF
from interactspeech.records import Dialogue
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE, STEP

#: Values of `Targets.kind`: no speech to classify, speech that claims the floor, a backchannel.
NO_SPEECH, FLOOR_CLASS, BACKCHANNEL = -1, 0, 1
#: How long after its end speech is still classified, seconds.
AFTER: Final = 1.0
_BRIDGE: Final = 0.2  # framework.md §2


@dataclass(frozen=True, eq=False)
class Targets:
    """The targets of one dialogue with C speakers and T steps.

    Attributes:
        active: shape ``(C, 2 T)``, 1 where the speaker is audible in more than half of a half step.
        kind: shape ``(C, T)``: the class of the speaker's present speech, or of the speech that
            ended at most `AFTER` ago: `BACKCHANNEL`, `FLOOR_CLASS` (anything else), or `NO_SPEECH`.
    """

    active: Int8Array
    kind: Int8Array


def targets_of(dialogue: Dialogue, steps: int) -> Targets:
    """The targets of a record; `steps` of 40 ms, whatever its own rate."""
    active = np.zeros((len(dialogue.speakers), 2 * steps), np.int8)
    kind = np.full((len(dialogue.speakers), steps), NO_SPEECH, np.int8)
    for row, speaker in enumerate(dialogue.speakers):
        mine = [u for u in dialogue.utterances if u.speaker == speaker.id]
        spans = np.array([(s.start, s.end) for u in mine for s in u.speech], np.int64).reshape(
            -1, 2
        )
        _mark(active[row], spans * RATE / dialogue.rate / HALF, 1)
        bridge = round(_BRIDGE * dialogue.rate)
        said = sorted((u.start, u.end, u.kind == "backchannel") for u in mine)
        for start, end in union(spans, bridge).tolist():
            inside = [feedback for a, b, feedback in said if a < end and b > start]
            # Speech that holds a turn claims the floor, whatever backchannel touches it.
            value = BACKCHANNEL if inside and all(inside) else FLOOR_CLASS
            until = end + AFTER * dialogue.rate
            _mark(kind[row], np.array([[start, until]]) * (RATE / dialogue.rate / STEP), value)
    return Targets(active, kind)


def _mark(row: Int8Array, spans: Float64Array, value: int) -> None:
    for start, end in spans.tolist():
        row[round(start) : max(round(end), round(start) + 1)] = value
