"""Rewards of a duplex model in a trainer's loop, with a stand-in for the model.

The stand-in draws two delays, for answers and for yields, from distributions that it learns by the
advantages of its group, as GRPO does (Shao et al. 2024): no network, but the reward function is the
one that `trl.GRPOTrainer(reward_funcs=[...])` would be given, called the same way.

    python examples/duplex_rewards.py
"""

from __future__ import annotations

import json

import numpy as np

from interactspeech.evaluation.duplex.bots import BotSettings, ReferenceBot
from interactspeech.evaluation.duplex.live import play_to
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusTruth
from interactspeech.rewards import reward_function

RATE = 16_000
GROUP, STEPS = 8, 25


def prompt(rng: np.random.Generator) -> StimulusTruth:
    """A user's track: a turn, a backchannel, an interruption."""
    end = float(rng.uniform(1.5, 2.5))
    events = (
        StimulusEvent("turn_end", 0.5, end),
        StimulusEvent("backchannel", end + 4.0, end + 4.4),
        StimulusEvent("interruption", end + 7.0, end + 8.5),
    )
    return StimulusTruth("prompt", round(end + 11.0, 2), events)


def main() -> None:
    """Learn, and print the mean reward of the first and the last step."""
    rng = np.random.default_rng(0)
    mean = np.array([2.5, 1.8])  # seconds: answers and yields come late at first
    spread = np.array([0.4, 0.4])
    sound: dict[str, np.ndarray] = {}
    reward = reward_function(sound.__getitem__, RATE)
    history = []
    for step in range(STEPS):
        truth = prompt(rng)
        draws = np.clip(mean + spread * rng.standard_normal((GROUP, 2)), 0.05, 5.0)
        completions = []
        for number, (answer, give_way) in enumerate(draws.tolist()):
            bot = ReferenceBot(BotSettings(answer_delay=answer, yield_delay=give_way))
            user = np.zeros(round(truth.seconds * RATE), np.float32)
            name = f"{step}/{number}"
            sound[name] = play_to(bot, user, truth)
            completions.append(name)
        values = np.array(
            reward(
                prompts=["..."] * GROUP,
                completions=completions,
                events=[truth.events] * GROUP,
            )
        )
        sound.clear()
        history.append(float(values.mean()))
        advantage = (values - values.mean()) / (values.std() + 1e-6)
        mean = mean + 0.35 * (advantage[:, None] * (draws - mean)).mean(axis=0)
    row = {
        "mean reward, first step": round(history[0], 3),
        "mean reward, last step": round(float(np.mean(history[-3:])), 3),
        "seconds to answer and to yield": [round(float(x), 2) for x in mean],
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
