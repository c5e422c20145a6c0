"""Whether speech is a backchannel or a bid for the floor: a logistic score of acoustics and timing.

The network hears how something is said; the timing says who held the floor, and (in recordings)
whether that speaker went on. On two channels the points for timing are those of people's talk
(`turntaking.timing_decision`), and the network hears the talk at one level
(`listener.levelled_feedback`). On one channel a logistic score of both, fitted on held-out made
dialogues, decides. Every label can be explained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array, FloatingArray, Int64Array
from interactspeech.listener.levelled_feedback import (
    ODDS_WINDOW,
    feedback_evidence,
)
from interactspeech.listener.model import FeedbackDecision, Listener, ListenerCard
from interactspeech.listener.output import ListenerOutput
from interactspeech.signal.log_mel import RATE, STEP
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet
from interactspeech.turntaking.timing_decision import timing_scorecard

#: Of the score, in order: log-odds that the network gave to feedback; whether the partner holds
#: the floor; whether the partner talks at the onset; whether the partner goes on; log of the length
#: in seconds; own silence of half a second on either side and no longer than a second.
FEATURES: Final = ("heard", "partner", "partner_talking", "goes_on", "length", "isolated")


class BackchannelClassifier:
    """A decision about backchannels (see `interactspeech.turntaking.Decision`) by the listener.

    Args:
        output: the network's probabilities for the recording.
        card: the listener's weights of the features.
        listener: hears candidates again at one level, where the card and the output have what that
            needs (`ModeSettings.feedback`, `ListenerOutput.mel`); without it the score of
            `ModeSettings.weights` decides.
    """

    def __init__(
        self, output: ListenerOutput, card: ListenerCard, listener: Listener | None = None
    ) -> None:
        self._odds = log_odds(output.feedback)
        self._settings = card.settings(output.mode)
        self._listener = listener
        self._mel = output.mel
        self._last: tuple[Candidates, Float64Array] | None = None

    def probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel, for each candidate."""
        decision = self._settings.feedback
        evidence = self.evidence(candidates)
        if decision is None or evidence is None:
            return score(features(candidates, self.odds(candidates)), self._settings.weights)
        return joint_probability(candidates, evidence, decision)

    def evidence(self, candidates: Candidates) -> Float64Array | None:
        """What levelled sound adds to the log-odds of feedback by timing, NaN where a candidate is
        too long to be any; None where nothing is heard levelled.
        """
        decision = self._settings.feedback
        if decision is None or self._listener is None or self._mel is None:
            return None
        if self._last is not None and self._last[0] is candidates:
            return self._last[1]  # asked for a decision, then for its probability
        found = np.full(len(candidates), np.nan)
        for i in np.flatnonzero(may_be_feedback(candidates)).tolist():
            side, spans = int(candidates.speaker[i]), stretches_until(candidates, i)
            found[i] = feedback_evidence(
                self._listener, self._mel, side, spans, decision,
                overlaps=bool(candidates.partner_talking[i]),
            )  # fmt: skip
        self._last = candidates, found
        return found

    def __call__(self, candidates: Candidates) -> BoolArray:
        least = 0.5 if self._joint else self._settings.threshold
        return np.asarray(self.probability(candidates) >= least, np.bool_)

    @property
    def _joint(self) -> bool:
        return (
            self._settings.feedback is not None
            and self._listener is not None
            and self._mel is not None
        )

    def odds(self, candidates: Candidates) -> Float64Array:
        """The network's mean log-odds of feedback in `ODDS_WINDOW` after each candidate."""
        steps = self._odds.shape[1]
        first, last = odds_window(candidates.end * (RATE / candidates.timeline.rate))
        first = np.clip(first, 0, steps - 1)
        last = np.clip(last, first + 1, steps)
        total = np.concatenate((np.zeros((2, 1)), self._odds.cumsum(axis=1)), axis=1)
        side = candidates.speaker
        return np.asarray((total[side, last] - total[side, first]) / np.maximum(last - first, 1))


def may_be_feedback(candidates: Candidates) -> BoolArray:
    """Candidates that are short enough; no decision calls longer ones backchannels."""
    longest = candidates.rules.at(candidates.timeline.rate).backchannel_max
    return np.asarray(candidates.length <= longest)


def stretches_until(candidates: Candidates, i: int) -> Int64Array:
    """The IPUs of a candidate's speaker up to the candidate, shape ``(n, 2)``."""
    ipus = candidates.layer1.ipus[int(candidates.speaker[i])]
    return np.asarray(ipus[: int(np.searchsorted(ipus[:, 0], candidates.start[i])) + 1])


def joint_probability(
    candidates: Candidates, evidence: Float64Array, decision: FeedbackDecision
) -> Float64Array:
    """The probability of being a backchannel by timing and levelled sound; 0 for what is too long.

    Args:
        candidates: of a conversation of two.
        evidence: what the sound adds to the log-odds, shape ``(n,)``; where it is NaN, timing alone
            decides.
        decision: weights.
    """
    points = timing_scorecard().log_odds(candidates) + decision.pair
    points = points + np.nan_to_num(evidence, nan=0.0)
    chance = 1.0 / (1.0 + np.exp(-np.clip(points, -50.0, 50.0)))
    return np.where(may_be_feedback(candidates), chance, 0.0)


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
    "joint_probability",
    "listener_rules",
    "log_odds",
    "may_be_feedback",
    "odds_window",
    "score",
    "stretches_until",
]
