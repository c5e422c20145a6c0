"""Backchannel or bid for the floor: what was heard in the talk, and what happened around it.

The network hears how something is said; the rules know who held the floor, and (in recordings)
whether that speaker went on. A logistic score of both, fitted on held-out dialogues, decides: its
probabilities are calibrated, and every label can be explained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from interactspeech.listener.model import ListenerCard
from interactspeech.listener.output import ListenerOutput
from interactspeech.signal.log_mel import RATE, STEP
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet
from interactspeech.turntaking.timeline import BoolArray

FloatArray = npt.NDArray[np.float64]

#: Of the score, in order: log-odds that the network gave to feedback; whether somebody else holds
#: the floor; whether they talk at the onset; whether they go on; log of the length in seconds;
#: own silence of half a second on either side and no longer than a second.
FEATURES: Final = ("heard", "partner", "partner_talking", "goes_on", "length", "isolated")
#: The network is asked for what it thinks between these seconds after the end of the talk.
_FROM, _UNTIL = 0.08, 0.4


class BackchannelClassifier:
    """A decision about backchannels (see `interactspeech.turntaking.Decision`) that listens.

    Args:
        heard: what the listener said.
        card: the listener's weights of the features.
    """

    def __init__(self, heard: ListenerOutput, card: ListenerCard) -> None:
        chance = np.clip(heard.feedback.astype(np.float64), 1e-5, 1 - 1e-5)
        self._odds = np.log(chance / (1 - chance))
        self._fitted = card.fitted(heard.ear)

    def probability(self, candidates: Candidates) -> FloatArray:
        """Of being a backchannel, for each candidate."""
        return score(features(candidates, self.odds(candidates)), self._fitted.judge)

    def __call__(self, candidates: Candidates) -> BoolArray:
        return np.asarray(self.probability(candidates) >= self._fitted.threshold, np.bool_)

    def odds(self, candidates: Candidates) -> FloatArray:
        """The network's log-odds of feedback for each candidate, after it has heard it."""
        steps = self._odds.shape[1]
        ends = candidates.end * (RATE / candidates.timeline.rate)
        first = np.clip(np.rint((ends + _FROM * RATE) / STEP).astype(np.int64), 0, steps - 1)
        last = np.clip(np.rint((ends + _UNTIL * RATE) / STEP).astype(np.int64), first + 1, steps)
        total = np.concatenate((np.zeros((2, 1)), self._odds.cumsum(axis=1)), axis=1)
        side = candidates.speaker
        return np.asarray((total[side, last] - total[side, first]) / np.maximum(last - first, 1))


def features(candidates: Candidates, odds: FloatArray) -> FloatArray:
    """Shape ``(n, 6)``: `FEATURES` of each candidate."""
    c = candidates
    seconds = np.maximum(c.length, 1) / c.timeline.rate
    held = c.partner >= 0
    columns = (odds, held, c.partner_talking, c.goes_on & held, np.log(seconds), c.isolated)
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


def score(rows: FloatArray, weights: Mapping[str, float]) -> FloatArray:
    """Probabilities from features and weights; a feature without a weight counts nothing."""
    points = rows @ np.array([weights.get(name, 0.0) for name in FEATURES])
    points = points + weights.get("intercept", 0.0)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(points, -50.0, 50.0))))


def rules_of(card: ListenerCard, rules: RuleSet = DEFAULT) -> RuleSet:
    """`rules` with the listener named as the one who decides about backchannels."""
    import msgspec

    return msgspec.structs.replace(rules, id=f"{rules.id}+{card.id}", backchannel=card.id)


__all__ = ["FEATURES", "BackchannelClassifier", "features", "rules_of", "score"]
