"""The plan of events for a dialogue: number, kinds and outcomes of interruptions.

Numbers per minute are the dyad's (`turntaking.timing`), as in the offline writer; kinds follow a
target mix. All is drawn from the seed and the dialogue's id, never from the answers of a service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from interactspeech.records import PlainDialogue
from interactspeech.records.script import Style
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.llm import stages
from interactspeech.seeds import generator
from interactspeech.turntaking.timing import TimingModel

Outcome = Literal["taken", "failed"]

#: Kind -> weight. No corpus counts these kinds; the mix gives each a fair share, and more to those
#: that conversation analysts meet everywhere (clarify, disagree, agree, floor-taking).
MIX: dict[str, float] = {
    **dict.fromkeys(KINDS, 1.0),
    "clarify": 2.0,
    "disagree": 2.0,
    "agree": 2.0,
    "floor-taking": 1.5,
    "off-topic": 0.5,
    "distraction": 0.5,
}
#: Share of interruptions in the style that is usual for their kind.
_USUAL_STYLE = 0.85
_FAILED_MOST = 2


class RequestedInterruption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One interruption to write; `opening` says how it is to begin."""

    kind: str
    style: Style
    outcome: Outcome
    opening: str


class DialogueMix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events that the writer has to add to a dialogue."""

    interruptions: tuple[RequestedInterruption, ...]
    backchannels: int
    hesitations: int
    repairs: int


def plan(
    plain: PlainDialogue,
    seed: int,
    *,
    interruptions: float,
    backchannels: float,
    most: int,
    room: int,
    mix: Mapping[str, float] = MIX,
) -> DialogueMix:
    """Draw the events of a dialogue.

    Args:
        plain: the dialogue.
        seed: of the corpus.
        interruptions: times the rate of people.
        backchannels: times the rate of people.
        most: interruptions that may be taken.
        room: turns that can be interrupted; each at most once.
        mix: kind -> weight.
    """
    rng = generator(seed, plain.id, "llm-writer")
    dyad = TimingModel.human().draw_dyad(rng)
    draws = Draws(rng)
    words = sum(len(turn.text.split()) for turn in plain.turns)
    minutes = words / dyad.model.words_per_minute
    taken = min(draws.poisson(dyad.interruptions_per_minute * interruptions * minutes), most, room)
    failed = min(
        draws.poisson(dyad.failed_per_minute * interruptions * minutes), _FAILED_MOST, room - taken
    )
    names, weights = list(mix), list(mix.values())
    openings = stages.load().openings

    def wanted(outcome: Outcome) -> RequestedInterruption:
        kind = names[draws.weighted(weights)]
        style = KINDS[kind].style
        if not draws.chance(_USUAL_STYLE):
            style = "cooperative" if style == "competitive" else "competitive"
        return RequestedInterruption(kind, style, outcome, draws.choose(openings))

    return DialogueMix(
        tuple([wanted("taken") for _ in range(taken)] + [wanted("failed") for _ in range(failed)]),
        draws.poisson(dyad.backchannels_per_minute * backchannels * minutes),
        draws.poisson(0.008 * words),  # as often as in the offline writer
        draws.poisson(0.003 * words),
    )
