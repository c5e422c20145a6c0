"""The tau-voice panel (sierra-research/tau2-bench): eight measures over ticks of 200 ms.

| | |
|---|---|
| L_R, R_R | from the end of a user's turn to the agent's start, s; share of turns answered before the user goes on |
| L_Y, R_Y | from a user's interruption to the agent's silence, s; share silent within 2.0 s |
| I_A | agent's starts while the user talks, for each turn of the user |
| S_BC, S_VT, S_ND | share of backchannels, vocal tics (cough, laugh, "hmm") and speech meant for others that change nothing: the agent does not fall silent within 1.0 s, or, where it was silent, does not start within 2.0 s |

**published** is what ``voice_interaction_metrics.py`` computes (read at its version 1.0). **exact**
takes times from the activity itself, not from ticks; an own silence of the agent shorter than
`bridge` is no yield; tics and side talk are no turns that want an answer, and those between turns
count also when they were rightly ignored while the agent talked (the code drops these alone).
Rates of fewer than ten events are hidden by the leaderboard; here they are shown with their n.
"""  # noqa: E501

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Int64Array
from interactspeech.signal.intervals import pairs, runs, union
from interactspeech.turntaking.reactions import (
    NEVER,
    next_start,
    next_stop,
    talking_at,
)

TICK: Final = 0.2
YIELD_WITHIN: Final = 2.0
IGNORE_WITHIN: Final = 1.0
ANSWER_WITHIN: Final = 2.0
#: Rates of fewer events than this are hidden by the leaderboard.
FEW: Final = 10

#: What a stretch of the user's sound is.
UserSound = Literal["speech", "backchannel", "vocal_tic", "non_directed"]
#: Where several apply, the first counts.
_FIRST: Final[tuple[UserSound, ...]] = ("backchannel", "vocal_tic", "non_directed")


class TauCounts(msgspec.Struct, frozen=True):
    """Counts and latencies, which add up over recordings.

    Attributes:
        answered, unanswered: turns of the user.
        yielded, kept: interruptions by the user.
        agent_interrupts: starts of the agent while the user talks.
        right, wrong: class of sound -> how often it was rightly ignored, or not.
        answer_latencies, yield_latencies: seconds.
    """

    answered: int = 0
    unanswered: int = 0
    yielded: int = 0
    kept: int = 0
    agent_interrupts: int = 0
    right: dict[str, int] = msgspec.field(default_factory=dict)
    wrong: dict[str, int] = msgspec.field(default_factory=dict)
    answer_latencies: tuple[float, ...] = ()
    yield_latencies: tuple[float, ...] = ()

    def __add__(self, other: TauCounts) -> TauCounts:
        def both(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
            return {k: a.get(k, 0) + b.get(k, 0) for k in sorted({*a, *b})}

        return TauCounts(
            self.answered + other.answered,
            self.unanswered + other.unanswered,
            self.yielded + other.yielded,
            self.kept + other.kept,
            self.agent_interrupts + other.agent_interrupts,
            both(self.right, other.right),
            both(self.wrong, other.wrong),
            self.answer_latencies + other.answer_latencies,
            self.yield_latencies + other.yield_latencies,
        )


class TauPanel(msgspec.Struct, frozen=True):
    """The eight measures; NaN where there was no event. `events` holds each one's n."""

    response_latency: float
    response_rate: float
    yield_latency: float
    yield_rate: float
    agent_interruption_rate: float
    selectivity_backchannel: float
    selectivity_vocal_tic: float
    selectivity_non_directed: float
    events: dict[str, int]


def tau_panel(counts: TauCounts) -> TauPanel:
    """The measures of counts."""
    turns = counts.answered + counts.unanswered
    interruptions = counts.yielded + counts.kept

    def share(hits: int, total: int) -> float:
        return hits / total if total else math.nan

    def mean(values: Sequence[float]) -> float:
        return math.fsum(values) / len(values) if values else math.nan

    ignored = {
        kind: (counts.right.get(kind, 0), counts.right.get(kind, 0) + counts.wrong.get(kind, 0))
        for kind in _FIRST
    }
    return TauPanel(
        response_latency=mean(counts.answer_latencies),
        response_rate=share(counts.answered, turns),
        yield_latency=mean(counts.yield_latencies),
        yield_rate=share(counts.yielded, interruptions),
        agent_interruption_rate=share(counts.agent_interrupts, turns),
        selectivity_backchannel=share(*ignored["backchannel"]),
        selectivity_vocal_tic=share(*ignored["vocal_tic"]),
        selectivity_non_directed=share(*ignored["non_directed"]),
        events={
            "turns": turns,
            "interruptions": interruptions,
            **{kind: total for kind, (_, total) in ignored.items()},
        },
    )


class LabelledSound(msgspec.Struct, frozen=True):
    """A sound of the user that is no turn; samples (exact) or ticks (published)."""

    kind: UserSound
    start: int
    end: int


def tick_counts(
    user: BoolArray,
    agent: BoolArray,
    sounds: Sequence[LabelledSound] = (),
    effects: Sequence[LabelledSound] = (),
    tick: float = TICK,
) -> TauCounts:
    """The published counts of one conversation.

    Args:
        user: whether the user speaks in each tick, shape ``(n,)``.
        agent: whether the agent does.
        sounds: what stretches of the user's speech are, in ticks; a stretch is what any sound that
            shares ticks with it is, in the order backchannel, tic, side talk. (A backchannel is
            known by the stretch's first tick.)
        effects: tics and side talk outside of the user's speech.
        tick: seconds.
    """
    if len(user) >= 2 and user[-1] and not user[-2]:
        user, agent = user[:-1], agent[:-1]  # the end of a conversation by its simulator
    mine, theirs = pairs(runs(user)), pairs(runs(agent))
    kinds = [_kind(start, end, sounds) for start, end in mine]
    counts = _tick_turns(mine, kinds, theirs, agent, tick)
    right: dict[str, int] = {}
    wrong: dict[str, int] = {}

    def note(kind: str, error: bool) -> None:
        counter = wrong if error else right
        counter[kind] = counter.get(kind, 0) + 1

    yielded, kept, latencies = 0, 0, []
    for (start, end), kind in zip(mine, kinds, strict=True):
        if agent[start]:
            window = YIELD_WITHIN if kind == "speech" else IGNORE_WITHIN
            until = min(start + int(window / tick), len(agent))
            silent = next((i for i in range(start, until) if not agent[i]), None)
            if kind != "speech":
                note(kind, silent is not None)
            elif silent is None:
                kept += 1
            else:
                yielded += 1
                latencies.append((silent - start) * tick)
        elif kind in {"vocal_tic", "non_directed"}:
            last = end + int(ANSWER_WITHIN / tick)
            note(kind, any(start <= s <= last for s, _ in theirs))
    for effect in effects:
        talk = next((s for s in theirs if s[0] <= effect.start < s[1]), None)
        if talk is not None:
            if (talk[1] - effect.start) * tick <= IGNORE_WITHIN:
                note(effect.kind, error=True)
        else:
            last = effect.end + int(ANSWER_WITHIN / tick)
            note(effect.kind, any(effect.start <= s <= last for s, _ in theirs))
    return msgspec.structs.replace(
        counts,
        yielded=yielded,
        kept=kept,
        yield_latencies=tuple(latencies),
        agent_interrupts=sum(bool(user[start]) for start, _ in theirs),
        right=right,
        wrong=wrong,
    )


def _kind(start: int, end: int, sounds: Sequence[LabelledSound]) -> UserSound:
    there = {s.kind for s in sounds if s.start < end and start < s.end}
    return next((kind for kind in _FIRST if kind in there), "speech")


def _tick_turns(
    mine: Sequence[tuple[int, int]],
    kinds: Sequence[UserSound],
    theirs: Sequence[tuple[int, int]],
    agent: BoolArray,
    tick: float,
) -> TauCounts:
    turns = [
        (start, end)
        for (start, end), kind in zip(mine, kinds, strict=True)
        if kind != "backchannel" and not (end < len(agent) and agent[end])
    ]
    answered, unanswered, latencies = 0, 0, []
    for number, (_, end) in enumerate(turns):
        answer = next((s for s, _ in theirs if s >= end), None)
        again = next((s for s, _ in turns[number + 1 :] if s >= end), None)
        if answer is not None and (again is None or answer <= again):
            answered += 1
            latencies.append((answer - end) * tick)
        elif answer is not None or again is not None:
            unanswered += 1
    return TauCounts(answered, unanswered, answer_latencies=tuple(latencies))


def exact_counts(
    user: Int64Array,
    agent: Int64Array,
    sounds: Sequence[LabelledSound],
    rate: int,
    bridge: float = 0.5,
) -> TauCounts:
    """The same from the activity itself, without ticks.

    Args:
        user: when the user talks, samples, shape ``(n, 2)``.
        agent: when the agent does.
        sounds: which stretches of the user's are no turns, samples; what is not in one is speech.
            A sound need not be in `user` (a cough that no detector takes for speech).
        rate: samples a second.
        bridge: an own silence of the agent shorter than this (seconds) is no yield.
    """
    theirs = union(agent, round(bridge * rate))
    starts = agent[:, 0]
    turns = [
        (start, end)
        for start, end in pairs(union(user, round(TICK * rate)))
        if not any(_mostly(s, start, end) for s in sounds)
    ]
    answered, unanswered, answer_latencies = 0, 0, []
    yielded, kept, yield_latencies = 0, 0, []
    for number, (start, end) in enumerate(turns):
        if _talks(theirs, start):
            latency = int(next_stop(theirs, np.array([start]))[0]) - start
            if latency <= YIELD_WITHIN * rate:
                yielded += 1
                yield_latencies.append(latency / rate)
            else:
                kept += 1
        if _talks(theirs, end):
            continue
        answer = int(next_start(theirs, np.array([end]))[0])
        again = turns[number + 1][0] if number + 1 < len(turns) else NEVER
        if answer != NEVER and (again == NEVER or answer <= again):
            answered += 1
            answer_latencies.append((answer - end) / rate)
        elif answer != NEVER or again != NEVER:
            unanswered += 1
    right: dict[str, int] = {}
    wrong: dict[str, int] = {}
    for sound in sounds:
        if _talks(theirs, sound.start):
            stop = int(next_stop(theirs, np.array([sound.start]))[0])
            error = stop - sound.start <= IGNORE_WITHIN * rate
        else:
            if sound.kind == "backchannel":
                continue
            last = sound.end + ANSWER_WITHIN * rate
            error = bool(np.any((starts >= sound.start) & (starts <= last)))
        counter = wrong if error else right
        counter[sound.kind] = counter.get(sound.kind, 0) + 1
    inside = talking_at(_of_turns(turns), theirs[:, 0])
    return TauCounts(
        answered,
        unanswered,
        yielded,
        kept,
        int(inside.sum()),
        right,
        wrong,
        tuple(answer_latencies),
        tuple(yield_latencies),
    )


def _mostly(sound: LabelledSound, start: int, end: int) -> bool:
    """Whether a sound covers at least half of a stretch."""
    return 2 * (min(sound.end, end) - max(sound.start, start)) >= end - start


def _talks(activity: Int64Array, time: int) -> bool:
    return bool(talking_at(activity, np.array([time]))[0])


def _of_turns(turns: Sequence[tuple[int, int]]) -> Int64Array:
    return np.array(turns, np.int64).reshape(-1, 2)


def ticks_of(activity: Int64Array, length: int, rate: int, tick: float = TICK) -> BoolArray:
    """Whether there is talk in each tick: any sample of it counts.

    Args:
        activity: samples, shape ``(n, 2)``.
        length: of the recording, in samples.
        rate: samples a second.
        tick: seconds.
    """
    width = tick * rate
    found = np.zeros(math.ceil(length / width), np.bool_)
    for start, end in pairs(activity):
        found[int(start / width) : math.ceil(min(end, length) / width)] = True
    return found


__all__ = [
    "FEW",
    "TICK",
    "LabelledSound",
    "TauCounts",
    "TauPanel",
    "UserSound",
    "exact_counts",
    "tau_panel",
    "tick_counts",
    "ticks_of",
]
