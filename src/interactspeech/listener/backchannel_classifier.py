"""Whether speech is a backchannel or a bid for the floor: a logistic score of acoustics and timing.

The network hears how something is said; the timing says who held the floor, and (in recordings)
whether that speaker went on. A logistic score of both, fitted on held-out dialogues, decides: its
probabilities are calibrated, and every label can be explained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array, FloatingArray, Int64Array
from interactspeech.listener.model import ListenerCard
from interactspeech.listener.output import ListenerOutput
from interactspeech.signal.log_mel import RATE, STEP
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet

#: Of the score, in order: log-odds that the network gave to feedback; whether the partner holds
#: the floor; whether the partner talks at the onset; whether the partner goes on; log of the length
#: in seconds; own silence of half a second on either side and no longer than a second.
FEATURES: Final = ("heard", "partner", "partner_talking", "goes_on", "length", "isolated")
#: The log-odds of feedback are averaged between these seconds after the end of the speech.
ODDS_WINDOW: Final = (0.08, 0.4)


class BackchannelClassifier:
    """A decision about backchannels (see `interactspeech.turntaking.Decision`) by the listener.

    Args:
        output: the network's probabilities for the recording.
        card: the listener's weights of the features.
    """

    def __init__(self, output: ListenerOutput, card: ListenerCard) -> None:
        self._odds = log_odds(output.feedback)
        self._settings = card.settings(output.mode)

    def probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel, for each candidate."""
        return score(features(candidates, self.odds(candidates)), self._settings.weights)

    def __call__(self, candidates: Candidates) -> BoolArray:
        return np.asarray(self.probability(candidates) >= self._settings.threshold, np.bool_)

    def odds(self, candidates: Candidates) -> Float64Array:
        """The network's mean log-odds of feedback in `ODDS_WINDOW` after each candidate."""
        steps = self._odds.shape[1]
        first, last = odds_window(candidates.end * (RATE / candidates.timeline.rate))
        first = np.clip(first, 0, steps - 1)
        last = np.clip(last, first + 1, steps)
        total = np.concatenate((np.zeros((2, 1)), self._odds.cumsum(axis=1)), axis=1)
        side = candidates.speaker
        return np.asarray((total[side, last] - total[side, first]) / np.maximum(last - first, 1))


def log_odds(probability: FloatingArray) -> Float64Array:
    """Log-odds of probabilities, which count as no nearer to 0 and 1 than 1e-5."""
    chance = np.clip(probability.astype(np.float64), 1e-5, 1 - 1e-5)
    return np.asarray(np.log(chance / (1 - chance)))


def odds_window(ends: FloatingArray) -> tuple[Int64Array, Int64Array]:
    """First and one past the last step of `ODDS_WINDOW`, from ends of speech in 16 kHz samples."""
    first, last = (
        np.rint((ends + seconds * RATE) / STEP).astype(np.int64) for seconds in ODDS_WINDOW
    )
    return first, last


def features(candidates: Candidates, odds: Float64Array) -> Float64Array:
    """Shape ``(n, 6)``: `FEATURES` of each candidate."""
    c = candidates
    seconds = np.maximum(c.length, 1) / c.timeline.rate
    held = c.partner >= 0
    columns = (odds, held, c.partner_talking, c.goes_on & held, np.log(seconds), c.isolated)
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def score(rows: Float64Array, weights: Mapping[str, float]) -> Float64Array:
    """Probabilities from features and weights; a feature without a weight counts nothing."""
    points = rows @ np.array([weights.get(name, 0.0) for name in FEATURES])
    points = points + weights.get("intercept", 0.0)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(points, -50.0, 50.0))))


def listener_rules(card: ListenerCard, rules: RuleSet = DEFAULT) -> RuleSet:
    """`rules` with the listener named as what decides about backchannels."""
    return msgspec.structs.replace(rules, id=f"{rules.id}+{card.id}", backchannel=card.id)


__all__ = [
    "FEATURES",
    "ODDS_WINDOW",
    "BackchannelClassifier",
    "features",
    "listener_rules",
    "log_odds",
    "odds_window",
    "score",
]
