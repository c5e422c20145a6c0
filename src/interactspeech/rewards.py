"""Rewards for reinforcement learning of duplex models: from two tracks and the user track's truth.

```
 rollout          user   question |pause| ...    mm-hm      wait, which one?
                  system                 ####################|
 rewards          pause 1.0   turn .9   backchannel 1.0   yield .8    side_talk -
```

Pure functions of who talks when: no recogniser, no model, the same numbers every time. Each gives
one value in [0, 1] a rollout, shape ``(batch,)``, and NaN where the rollout asks nothing of the
kind; `combined_reward` weighs what there is. They are dense (a pause that is broken late costs less
than one that is broken at once), since a policy learns little from zeros and ones.

| reward | of each event | published rule it is shaped after |
|---|---|---|
| `pause_reward` | share of the pause that is waited for | Full-Duplex-Bench: TOR in pauses |
| `turn_reward` | 1 from 0 to 1 s after the turn, 0 at -.5 s and at 3.5 s | EVA v0.2's latency curve |
| `yield_reward` | 1 - seconds of talk over an interruption / 2 | EVA v0.2's yield, tau-voice's 2 s |
| `backchannel_reward` | seconds talked on through a backchannel, 1 from 1 s on | tau-voice's 1 s |
| `side_talk_reward` | the same for talk to others, tics, coughs, noise; silent: no start for 2 s | tau-voice |
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from interactspeech._typing import Float64Array, Int64Array
from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.channels import channel_activity_of
from interactspeech.evaluation.duplex.stimulus import (
    TO_IGNORE,
    StimulusEvent,
    StimulusKind,
)
from interactspeech.records import Samples
from interactspeech.settings import NonNegative, Settings
from interactspeech.signal.intervals import runs, union
from interactspeech.turntaking.reactions import NEVER, next_start, next_stop, talking_at

#: Seconds: of the curve of answers; of talk over an interruption; of talk through what is ignored.
EARLIEST, BEST, LATEST = -0.5, 1.0, 3.5
YIELD_SECONDS: Final = 2.0
IGNORE_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 2.0
#: Own silences shorter than this (seconds) are breaths.
BRIDGE: Final = 0.5


@dataclass(frozen=True, eq=False)
class Rollout:
    """What a model did on a user's track.

    Attributes:
        system: when it talks, samples, shape ``(n, 2)``, sorted and disjoint.
        rate: samples a second.
        events: what the user's track asks, times in seconds.
    """

    system: Int64Array
    rate: int
    events: tuple[StimulusEvent, ...]

    @classmethod
    def of_sound(cls, system: Samples, rate: int, events: Sequence[StimulusEvent]) -> Rollout:
        """A rollout from the model's sound: mono float32, whose silence is silent."""
        return cls(channel_activity_of(system, rate, "energy"), rate, tuple(events))

    @classmethod
    def of_frames(
        cls,
        talking: Sequence[bool] | Int64Array,
        frame_rate: float,
        events: Sequence[StimulusEvent],
    ) -> Rollout:
        """A rollout from one flag a frame, such as "this frame's codec tokens are not silence"."""
        mask = np.asarray(talking, np.bool_)
        scale = 1_000_000 / frame_rate
        rows = np.rint(runs(mask) * scale).astype(np.int64)
        return cls(rows, 1_000_000, tuple(events))

    @property
    def talk(self) -> Int64Array:
        """The talk with breaths filled."""
        return union(self.system, round(BRIDGE * self.rate))


class Reward(Protocol):
    """A reward of a batch."""

    def __call__(self, rollouts: Sequence[Rollout]) -> Float64Array:
        """A value a rollout, shape ``(batch,)``; NaN where nothing is asked."""


def pause_reward(rollouts: Sequence[Rollout]) -> Float64Array:
    """Waits in the user's pauses: the share of each that passes before the system talks."""

    def one(rollout: Rollout, event: StimulusEvent) -> float:
        start = round(event.start * rollout.rate)
        if _talking(rollout, start):
            return 0.0
        begins = _next_start(rollout, start)
        length = event.end - event.start
        if begins is None or begins >= event.end or length <= 0:
            return 1.0
        return (begins - event.start) / length

    return _means(rollouts, {"pause"}, one)


def turn_reward(rollouts: Sequence[Rollout]) -> Float64Array:
    """Answers turns in time: 1 from 0 to 1 s after the end, falling to 0 at -.5 and 3.5 s."""

    def one(rollout: Rollout, event: StimulusEvent) -> float:
        end = round(event.end * rollout.rate)
        if _talking(rollout, end):
            row = int(np.searchsorted(rollout.talk[:, 0], end, side="right")) - 1
            latency = int(rollout.talk[row, 0]) / rollout.rate - event.end
        else:
            begins = _next_start(rollout, end)
            if begins is None:
                return 0.0
            latency = begins - event.end
        if latency < 0:
            return max(0.0, 1 - latency / EARLIEST)
        return float(np.clip((LATEST - latency) / (LATEST - BEST), 0.0, 1.0))

    return _means(rollouts, {"turn_end"}, one)


def yield_reward(rollouts: Sequence[Rollout]) -> Float64Array:
    """Yields to interruptions: 1 at once, 0 after 2 s; those that find it silent ask nothing."""

    def one(rollout: Rollout, event: StimulusEvent) -> float | None:
        over = _talks_on(rollout, event)
        return None if over is None else max(0.0, 1 - over / YIELD_SECONDS)

    return _means(rollouts, {"interruption"}, one)


def backchannel_reward(rollouts: Sequence[Rollout]) -> Float64Array:
    """Talks on through the user's backchannels; those that find it silent ask nothing."""

    def one(rollout: Rollout, event: StimulusEvent) -> float | None:
        over = _talks_on(rollout, event)
        return None if over is None else min(1.0, over / IGNORE_SECONDS)

    return _means(rollouts, {"backchannel"}, one)


def side_talk_reward(rollouts: Sequence[Rollout]) -> Float64Array:
    """Ignores talk that is not meant for it, tics, coughs, laughs and noise, talking or silent."""

    def one(rollout: Rollout, event: StimulusEvent) -> float:
        over = _talks_on(rollout, event)
        if over is not None:
            return min(1.0, over / IGNORE_SECONDS)
        begins = _next_start(rollout, round(event.start * rollout.rate))
        if begins is None:
            return 1.0
        return float(np.clip((begins - event.end) / SILENT_SECONDS, 0.0, 1.0))

    return _means(rollouts, TO_IGNORE - {"backchannel"}, one)


REWARDS: Final[Mapping[str, Reward]] = {
    "pause": pause_reward,
    "turn": turn_reward,
    "yield": yield_reward,
    "backchannel": backchannel_reward,
    "side_talk": side_talk_reward,
}


class RewardWeights(Settings, frozen=True):
    """How much each reward counts, against the others that a rollout asks for.

    Yielding and not yielding have one weight each by default: a policy that yields to anything, and
    one that yields to nothing, are then worth the same.
    """

    pause: NonNegative = 1.0
    turn: NonNegative = 1.0
    yield_: NonNegative = 1.0
    backchannel: NonNegative = 0.5
    side_talk: NonNegative = 0.5

    def of(self, name: str) -> float:
        """The weight of a reward by its name in `REWARDS`."""
        return float(getattr(self, "yield_" if name == "yield" else name))


def combined_reward(
    rollouts: Sequence[Rollout], weights: RewardWeights | None = None
) -> Float64Array:
    """The weighted mean of the rewards that a rollout asks for; 0 where it asks for none."""
    chosen = weights or RewardWeights()
    total, weight = np.zeros(len(rollouts)), np.zeros(len(rollouts))
    for name, reward in REWARDS.items():
        values = reward(rollouts)
        known = ~np.isnan(values)
        total[known] += chosen.of(name) * values[known]
        weight[known] += chosen.of(name)
    return np.divide(total, weight, out=np.zeros(len(rollouts)), where=weight > 0)


def reward_function(
    decode: Callable[[Any], Samples], rate: int, weights: RewardWeights | None = None
) -> Callable[..., list[float]]:
    """A reward function as trl's GRPO trainer calls it: ``f(completions=..., events=..., ...)``.

    Args:
        decode: from a completion to the model's sound, mono float32, as long as the user's track.
        rate: samples a second of that sound.
        weights: of the rewards.

    Returns:
        A function of keyword arguments ``completions`` and ``events`` (for each completion the
        events of its prompt, as `StimulusEvent` or as plain JSON), that gives a list of floats;
        other columns are taken and not used. verl's custom reward functions take one rollout:
        call it with lists of one.
    """

    def duplex_reward(
        *, completions: Sequence[Any], events: Sequence[Any], **_: Any
    ) -> list[float]:
        if len(completions) != len(events):
            raise UsageError(f"{len(completions)} completions and events of {len(events)}")
        rollouts = [
            Rollout.of_sound(decode(completion), rate, [_event(e) for e in asked])
            for completion, asked in zip(completions, events, strict=True)
        ]
        return [float(value) for value in combined_reward(rollouts, weights)]

    return duplex_reward


def _event(value: Any) -> StimulusEvent:
    return value if isinstance(value, StimulusEvent) else msgspec.convert(value, StimulusEvent)


def _means(
    rollouts: Sequence[Rollout],
    kinds: frozenset[StimulusKind] | set[StimulusKind],
    one: Callable[[Rollout, StimulusEvent], float | None],
) -> Float64Array:
    values = np.full(len(rollouts), np.nan)
    for k, rollout in enumerate(rollouts):
        found = [
            v for e in rollout.events if e.kind in kinds and (v := one(rollout, e)) is not None
        ]
        if found:
            values[k] = float(np.mean(found))
    return values


def _talking(rollout: Rollout, time: int) -> bool:
    return bool(talking_at(rollout.talk, np.array([time]))[0])


def _next_start(rollout: Rollout, time: int) -> float | None:
    found = int(next_start(rollout.talk, np.array([time]))[0])
    return None if found == NEVER else found / rollout.rate


def _talks_on(rollout: Rollout, event: StimulusEvent) -> float | None:
    """Seconds from an event's start to the end of the talk that goes on there; None if silent."""
    start = round(event.start * rollout.rate)
    stop = int(next_stop(rollout.talk, np.array([start]))[0])
    return None if stop == NEVER else (stop - start) / rollout.rate


__all__ = [
    "REWARDS",
    "Reward",
    "RewardWeights",
    "Rollout",
    "backchannel_reward",
    "combined_reward",
    "pause_reward",
    "reward_function",
    "side_talk_reward",
    "turn_reward",
    "yield_reward",
]
