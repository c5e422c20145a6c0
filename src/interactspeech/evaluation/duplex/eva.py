"""EVA v0.2's turn score (ServiceNow/eva, `metrics/experience/turn_taking.py`): a score a turn.

```
 latency        0 ─ -500 ms ... 500 ms ─ 1 ─ 2000 ms ... 3500 ms ─ 0        (3000, 5000 with a tool)
 agent cuts in  min(overlap .5 -> 0 over 2 s, pieces .5 -> 0 at three, latency of what follows)
 user cuts in   1 -> 0 over 2 s until the agent stops
```

A turn with both has the lower of the two. A turn without an answer that the agent let time out ends
the conversation with 0. The published metric takes turns and interruptions from a framework's log;
`turns_of_activity` takes them from two activities, by rules that are this package's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

#: Milliseconds.
EARLY: Final = -500.0
SWEET_LOW: Final = 500.0
SWEET_HIGH: Final = 2000.0
LATE: Final = 3500.0
SWEET_HIGH_TOOL: Final = 3000.0
LATE_TOOL: Final = 5000.0
OVERLAP_HARD: Final = 2000.0
YIELD_HARD: Final = 2000.0
#: The best score of a turn in which the agent cut in, and how many pieces bring it to 0.
CUT_IN_BEST: Final = 0.5
PIECES_HARD: Final = 3
#: Overlaps up to this many seconds are no piece.
_TOUCH: Final = 0.001

Stretch = tuple[float, float]
EvaReason = Literal["latency", "agent_interrupt", "user_interrupt", "dual_interrupt"]


class EvaTurn(msgspec.Struct, frozen=True):
    """A user's turn and the agent's talk that belongs to it; seconds.

    Attributes:
        user, agent: stretches of talk, in order.
        previous_agent_end: when the agent's turn before it ended.
        agent_interrupts, user_interrupts: who cut in.
        latency: of the answer; from the user's last end to the agent's first start if None.
        tool: whether the agent called a tool.
    """

    user: tuple[Stretch, ...]
    agent: tuple[Stretch, ...]
    previous_agent_end: float | None = None
    agent_interrupts: bool = False
    user_interrupts: bool = False
    latency: float | None = None
    tool: bool = False


class EvaTurnScore(msgspec.Struct, frozen=True):
    """The score of a turn in [0, 1], and what it is made from."""

    score: float
    reason: EvaReason
    parts: dict[str, float]


def latency_score(ms: float, *, tool: bool = False) -> float:
    """Score of a latency in milliseconds."""
    high, late = (SWEET_HIGH_TOOL, LATE_TOOL) if tool else (SWEET_HIGH, LATE)
    if ms <= EARLY or ms >= late:
        return 0.0
    if ms < SWEET_LOW:
        return (ms - EARLY) / (SWEET_LOW - EARLY)
    return 1.0 if ms <= high else (late - ms) / (late - high)


def overlap_score(ms: float) -> float:
    """Score of the time for which the agent talks over the user, at most `CUT_IN_BEST`."""
    return max(0.0, CUT_IN_BEST * (1 - ms / OVERLAP_HARD))


def pieces_score(pieces: int) -> float:
    """Score of how often the agent cuts in, from 1 on."""
    return max(0.0, CUT_IN_BEST * (1 - (pieces - 1) / (PIECES_HARD - 1)))


def yield_score(ms: float) -> float:
    """Score of how long the agent talks on after the user cuts in."""
    return max(0.0, 1 - ms / YIELD_HARD)


def turn_score(turn: EvaTurn) -> EvaTurnScore:
    """The score of a turn that has talk of both."""
    parts: dict[str, float] = {}
    agent = _agent_part(turn, parts) if turn.agent_interrupts else None
    user = None
    if turn.user_interrupts and turn.previous_agent_end is not None:
        parts["yield_ms"] = max(0.0, turn.previous_agent_end - turn.user[0][0]) * 1000
        user = yield_score(parts["yield_ms"])
    if agent is not None and user is not None:
        return EvaTurnScore(min(agent, user), "dual_interrupt", parts)
    if agent is not None:
        return EvaTurnScore(agent, "agent_interrupt", parts)
    if user is not None:
        return EvaTurnScore(user, "user_interrupt", parts)
    latency = turn.latency
    if latency is None:
        latency = turn.agent[0][0] - turn.user[-1][1]
    parts["latency_ms"] = latency * 1000
    return EvaTurnScore(latency_score(parts["latency_ms"], tool=turn.tool), "latency", parts)


def _agent_part(turn: EvaTurn, parts: dict[str, float]) -> float:
    both = [min(u[1], a[1]) - max(u[0], a[0]) for a in turn.agent for u in turn.user]
    parts["overlap_ms"] = math.fsum(max(0.0, x) for x in both) * 1000
    score = overlap_score(parts["overlap_ms"])
    pieces = sum(
        any(min(u[1], a[1]) - max(u[0], a[0]) > _TOUCH for u in turn.user) for a in turn.agent
    )
    if pieces:
        parts["pieces"] = float(pieces)
        score = min(score, pieces_score(pieces))
    done = turn.user[-1][1]
    if not any(start <= done < end for start, end in turn.agent):
        later = [start for start, _ in turn.agent if start > done]
        if later:
            parts["post_interrupt_latency_ms"] = (min(later) - done) * 1000
            score = min(score, latency_score(parts["post_interrupt_latency_ms"], tool=turn.tool))
    return score


class EvaScore(msgspec.Struct, frozen=True):
    """The mean over turns (published rounding: four decimals); NaN without turns."""

    score: float
    turns: tuple[EvaTurnScore, ...]


def eva_score(turns: Sequence[EvaTurn], *, missed_turn: bool = False) -> EvaScore:
    """The conversation's score: 0 if the agent never answered the last turn (`missed_turn`)."""
    scored = tuple(turn_score(turn) for turn in turns if turn.user and turn.agent)
    if not scored:
        return EvaScore(math.nan, ())
    mean = math.fsum(round(one.score, 4) for one in scored) / len(scored)
    return EvaScore(0.0 if missed_turn else round(mean, 4), scored)


def turns_of_activity(
    user: Sequence[Stretch], system: Sequence[Stretch], *, pause: float = 1.0
) -> tuple[EvaTurn, ...]:
    """Turns of a two-track recording, from who talks when.

    A user's turn is talk of the user with no talk of the system that starts in a silence between;
    own silences up to `pause` do not end it. The system's talk that starts after a turn starts, and
    before the next one does, belongs to it. The user interrupts where a turn starts while the
    system talks, the agent where its talk starts inside the user's.

    Args:
        user: the user's stretches of talk in seconds, in order.
        system: the system's.
        pause: seconds of the longest silence inside a turn.
    """
    groups: list[list[Stretch]] = []
    for stretch in user:
        if groups:
            last = groups[-1][-1][1]
            answered = any(last <= start < stretch[0] for start, _ in system)
            if stretch[0] - last <= pause and not answered:
                groups[-1].append(stretch)
                continue
        groups.append([stretch])
    turns = []
    for number, group in enumerate(groups):
        start = group[0][0]
        until = groups[number + 1][0][0] if number + 1 < len(groups) else math.inf
        mine = tuple(s for s in system if start < s[0] < until)
        before = [s for s in system if s[0] <= start]
        previous = max((end for _, end in before), default=None)
        turns.append(
            EvaTurn(
                user=tuple(group),
                agent=mine,
                previous_agent_end=previous,
                agent_interrupts=any(a < s[0] < b for s in mine for a, b in group),
                user_interrupts=previous is not None and start < previous,
            )
        )
    return tuple(turns)


__all__ = [
    "EvaScore",
    "EvaTurn",
    "EvaTurnScore",
    "eva_score",
    "latency_score",
    "overlap_score",
    "pieces_score",
    "turn_score",
    "turns_of_activity",
    "yield_score",
]
