"""Timing by role: an agent answers at its latency, stops when cut off, pauses less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from interactspeech.records import Script
from interactspeech.rendering.settings import HUMAN, PlanSettings
from interactspeech.rendering.turn_timing import TimedTurn, Transition
from interactspeech.turntaking.timing.roles import RoleTiming


def timings_of(script: Script, settings: PlanSettings) -> dict[str, RoleTiming]:
    """Speaker -> timing of their role, of those whose role has one in the settings."""
    return {
        speaker: settings.roles[role]
        for speaker, role in script.roles.items()
        if role in settings.roles
    }


def scenario_settings(
    timings: Mapping[str, RoleTiming], settings: PlanSettings = HUMAN, *, unmarked: float = 0.0
) -> PlanSettings:
    """Settings of the plan for a scenario: timing of its roles, by name, and as many interruptions
    that no mark asks for (times the dyad's rate) as the scenario has; the roles say the others.
    """
    return msgspec.structs.replace(settings, roles=dict(timings), interruptions=unmarked)


def in_roles(
    turns: Sequence[TimedTurn],
    transitions: Sequence[Transition],
    timings: Mapping[str, RoleTiming],
    rng: np.random.Generator,
) -> list[Transition]:
    """The transitions, with latencies and yielding times of the roles.

    A latency applies to turns that cut nobody off and that no mark lets overlap; a yielding time to
    the overlap in which the one who is cut off goes on.
    """
    found = list(transitions)
    for index in range(1, len(turns)):
        transition = transitions[index]
        rate = turns[index].timing.outline.rate
        mine = timings.get(turns[index].line.speaker)
        before = timings.get(turns[index - 1].line.speaker)
        if transition.kind == "smooth" and mine is not None and mine.latency is not None:
            mean, spread = mine.latency
            seconds = mean + spread * float(np.clip(rng.standard_normal(), -2.0, 2.0))
            offset = round(max(seconds, mine.shortest_latency) * rate)
            found[index] = Transition(transition.kind, offset)
        elif transition.kind == "cut" and before is not None and before.yields_within is not None:
            longest = round(before.yields_within * rate)
            found[index] = Transition(transition.kind, max(transition.offset, -longest))
    return found
