"""What is true of a dialogue: its timing is exact, and somebody knows what its short talk was.

A generated dialogue's maker knows which utterances are backchannels; in a real one people said it
with labels, or words and timing do. Everything else follows from the definitions.
"""

from __future__ import annotations

import msgspec
import numpy as np

from interactspeech.dialogue import Dialogue, Event
from interactspeech.dynamics import DEFAULT, Candidates, RuleSet, Timeline, annotate
from interactspeech.dynamics.feedback import feedback_decision, feedback_rules
from interactspeech.dynamics.timeline import BoolArray


def truth(dialogue: Dialogue, rules: RuleSet = DEFAULT) -> tuple[tuple[Event, ...], RuleSet]:
    """The events of a dialogue as they are, and the rule set that they name.

    Where the record says which utterances are backchannels, that decides; otherwise the decision
    fitted on people's labels does, from words and timing.
    """
    if any(u.kind != "turn" for u in dialogue.utterances):
        named = msgspec.structs.replace(rules, id=f"{rules.id}+record", backchannel="record")
        return annotate(dialogue, named, backchannel=kinds_decision(dialogue)), named
    named = feedback_rules(rules)
    return annotate(dialogue, named, backchannel=feedback_decision), named


class _Kinds:
    """The decision that a record's utterance kinds make: see `kinds_decision`."""

    def __init__(self, timeline: Timeline) -> None:
        self._said = {
            i: np.array(
                [
                    (u.start, u.end, u.kind == "backchannel")
                    for u in timeline.utterances.get(name, ())
                ],
                np.int64,
            ).reshape(-1, 3)
            for i, name in enumerate(timeline.speakers)
        }

    def __call__(self, candidates: Candidates) -> BoolArray:
        c = candidates
        decided = np.zeros(len(c), np.bool_)
        for i, (s, start, end) in enumerate(zip(c.speaker, c.start, c.end, strict=True)):
            said = self._said[int(s)]
            inside = said[(said[:, 0] < end) & (said[:, 1] > start)]
            decided[i] = len(inside) > 0 and bool(inside[:, 2].all())
        return decided


def kinds_decision(dialogue: Dialogue) -> _Kinds:
    """A stretch of talk is a backchannel if all utterances in it are."""
    return _Kinds(Timeline.of(dialogue))
