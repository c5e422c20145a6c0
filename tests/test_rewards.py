"""Rewards by hand, at their ends, and against the labels of the ruler."""

import json
import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex.outcomes import event_outcomes
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusKind
from interactspeech.rewards import (
    REWARDS,
    Reward,
    RewardWeights,
    Rollout,
    backchannel_reward,
    combined_reward,
    pause_reward,
    reward_function,
    side_talk_reward,
    turn_reward,
    yield_reward,
)
from interactspeech.signal.intervals import intervals

RATE = 1000


def of(reward: Reward, kind: StimulusKind, *talk: tuple[int, int]) -> float:
    rollout = Rollout(intervals(talk), RATE, (StimulusEvent(kind, 10.0, 11.0),))
    return float(reward([rollout])[0])


@pytest.mark.parametrize(
    ("start", "value"), [(11_000, 1.0), (10_500, 0.5), (10_001, 0.001), (9000, 0.0), (30_000, 1.0)]
)
def test_pauses(start: int, value: float) -> None:
    assert of(pause_reward, "pause", (start, start + 5000)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("latency", "value"),
    [(-500, 0), (-250, 0.5), (0, 1), (1000, 1), (2250, 0.5), (3500, 0), (9000, 0)],
)
def test_turns(latency: int, value: float) -> None:
    start = 11_000 + latency
    assert of(turn_reward, "turn_end", (start, start + 5000)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("stop", "value"), [(10_001, 0.9995), (11_000, 0.5), (12_000, 0), (15_000, 0)]
)
def test_yields(stop: int, value: float) -> None:
    assert of(yield_reward, "interruption", (5000, stop)) == pytest.approx(value)
    assert math.isnan(of(yield_reward, "interruption"))


@pytest.mark.parametrize(("stop", "value"), [(10_250, 0.25), (11_000, 1), (15_000, 1)])
def test_what_is_talked_through(stop: int, value: float) -> None:
    assert of(backchannel_reward, "backchannel", (5000, stop)) == pytest.approx(value)
    assert of(side_talk_reward, "side_talk", (5000, stop)) == pytest.approx(value)


@pytest.mark.parametrize(("start", "value"), [(10_500, 0), (12_000, 0.5), (13_000, 1), (20_000, 1)])
def test_what_is_not_answered(start: int, value: float) -> None:
    assert of(side_talk_reward, "cough", (start, start + 1000)) == pytest.approx(value)
    assert math.isnan(of(backchannel_reward, "backchannel", (start, start + 1000)))


def test_a_breath_is_no_yield() -> None:
    assert of(yield_reward, "interruption", (5000, 10_100), (10_400, 20_000)) == 0.0


def test_what_is_not_asked_is_nan_and_counts_for_nothing() -> None:
    asked = Rollout(intervals([(5000, 10_000)]), RATE, (StimulusEvent("interruption", 9.0, 10.0),))
    nothing = Rollout(intervals([]), RATE, ())
    for name, reward in REWARDS.items():
        values = reward([asked, nothing])
        assert values.shape == (2,)
        assert math.isnan(values[1])
        assert math.isnan(values[0]) is (name != "yield")
    assert combined_reward([asked, nothing]).tolist() == [0.5, 0.0]


def test_weights() -> None:
    events = (StimulusEvent("interruption", 9.0, 10.0), StimulusEvent("backchannel", 6.0, 6.3))
    rollout = Rollout(intervals([(5000, 10_000)]), RATE, events)
    assert combined_reward([rollout], RewardWeights(yield_=1, backchannel=0))[0] == 0.5
    assert combined_reward([rollout], RewardWeights(yield_=1, backchannel=1))[0] == 0.75
    with pytest.raises(UsageError):
        RewardWeights(pause=-1)


def test_who_yields_to_anything_and_who_never_does_are_worth_the_same() -> None:
    events = (StimulusEvent("interruption", 10.0, 12.0), StimulusEvent("cough", 20.0, 20.5))
    eager = Rollout(intervals([(5000, 10_001), (15_000, 20_001)]), RATE, events)
    never = Rollout(intervals([(5000, 30_000)]), RATE, events)
    weights = RewardWeights(side_talk=1.0)
    one, other = combined_reward([eager, never], weights)
    assert one == pytest.approx(other, abs=2e-3)


def test_full_marks_are_right_by_the_ruler() -> None:
    rng = np.random.default_rng(1)
    kinds: tuple[StimulusKind, ...] = ("pause", "interruption", "backchannel", "cough")
    rewards = dict(
        zip(kinds, (pause_reward, yield_reward, backchannel_reward, side_talk_reward), strict=True)
    )
    for _ in range(200):
        edges = np.sort(rng.choice(30_000, 8, replace=False)).reshape(-1, 2)
        event = StimulusEvent(kinds[int(rng.integers(4))], *sorted(rng.uniform(0, 30, 2).tolist()))
        system = intervals([(int(a), int(b)) for a, b in edges])
        value = float(rewards[event.kind]([Rollout(system, RATE, (event,))])[0])
        (found,) = event_outcomes("x", [event], system, RATE)
        if value == 1.0 and found.yield_latency not in (1.0, 2.0):
            assert found.right is not False
        if found.right is None:
            assert math.isnan(value)


def test_frames_of_a_codec() -> None:
    talking = [False] * 10 + [True] * 10 + [False] * 5
    rollout = Rollout.of_frames(talking, 12.5, (StimulusEvent("turn_end", 0.0, 0.6),))
    assert rollout.system.tolist() == [[800_000, 1_600_000]]
    assert turn_reward([rollout])[0] == 1.0


def test_as_a_trainer_calls_it() -> None:
    def decode(completion: str) -> np.ndarray:
        track = np.zeros(16_000 * 4, np.float32)
        start = int(completion) * 160
        track[start : start + 16_000] = 0.1 * np.sin(np.arange(16_000) / 9)
        return track

    reward = reward_function(decode, 16_000)
    events = [[{"kind": "turn_end", "start": 0.0, "end": 1.0}]] * 2
    values = reward(prompts=["p", "p"], completions=["120", "290"], events=events, step=3)
    assert values[0] == 1.0
    assert 0.6 < values[1] < 0.8
    with pytest.raises(UsageError, match="2 completions and events of 1"):
        reward(completions=["1", "2"], events=events[:1])


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(__file__).parents[1] / "examples/duplex_rewards.py"
    runpy.run_path(str(path), run_name="__main__")
    rows = json.loads(capsys.readouterr().out)
    assert rows["mean reward, last step"] > rows["mean reward, first step"] + 0.1
