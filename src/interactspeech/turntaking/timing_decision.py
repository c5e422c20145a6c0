"""Backchannel or turn where no words are known: points for timing, fitted on labelled meetings.

The framework's default rule asks whether talk is short, isolated, and the partner goes on. These
points weigh the same facts as people's talk does: annotators' labels of meetings (AMI, ICSI), with
the words left out. What it was fitted on and how well it does is written by `bench/fit_timing.py`
to docs/bench/feedback_timing.md.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array
from interactspeech.turntaking.backchannel_candidates import Candidates, default_decision
from interactspeech.turntaking.rules import DEFAULT, RuleSet

#: Of the points, in order: log of the length in seconds, at least .03; own silence before and
#: after, how soon the partner talks again, and for how long then, in seconds, each at most the
#: horizon; whether a partner holds the floor, talks at the onset, at the end, and goes on; own
#: silence of half a second on either side and no longer than a second.
TIMING_FEATURES: Final = (
    "log_length",
    "before",
    "after",
    "partner",
    "partner_talking",
    "talking_at_end",
    "resumes",
    "goes_on",
    "isolated",
    "next_length",
)


class TimingScorecard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points for timing.

    Attributes:
        id: names it in labels.
        about: what it was fitted on.
        intercept: log-odds before any point.
        weights: feature -> points (log-odds) for each unit of the feature.
        threshold: log-odds from which a candidate is a backchannel.
    """

    id: str
    about: str
    intercept: float
    weights: dict[str, float]
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if set(self.weights) != set(TIMING_FEATURES):
            odd = sorted(set(self.weights) ^ set(TIMING_FEATURES))
            raise ValueError(f"scorecard {self.id!r}: weights and features differ in {odd}")

    def log_odds(self, candidates: Candidates) -> Float64Array:
        """Log-odds of being a backchannel by timing alone, shape ``(n,)``."""
        weights = np.array([self.weights[name] for name in TIMING_FEATURES])
        return np.asarray(timing_features(candidates) @ weights + self.intercept)

    def decide(self, candidates: Candidates) -> BoolArray:
        """Backchannel or not, shape ``(n,)``; the default rule decides where words are known."""
        c = candidates
        said = c.last_word > c.first_word
        timed = self.log_odds(c) >= self.threshold
        return np.asarray(np.where(said, default_decision(c), timed), np.bool_)


def timing_features(candidates: Candidates) -> Float64Array:
    """`TIMING_FEATURES` of every candidate, shape ``(n, 10)``."""
    c, rate = candidates, candidates.timeline.rate
    columns = (
        np.log(np.maximum(c.length / rate, 0.03)),
        c.before / rate,
        c.after / rate,
        c.partner >= 0,
        c.partner_talking,
        c.partner_talking_at_end,
        c.resumes / rate,
        c.goes_on,
        c.isolated,
        c.next_length / rate,
    )
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)


@lru_cache(maxsize=1)
def timing_scorecard() -> TimingScorecard:
    """The scorecard that ships."""
    data = files("interactspeech.turntaking").joinpath("data", "timing-1.json").read_bytes()
    return msgspec.json.decode(data, type=TimingScorecard)


def timing_decision(candidates: Candidates) -> BoolArray:
    """The shipped scorecard as a decision: ``annotate(d, timing_rules(), backchannel=...)``."""
    return timing_scorecard().decide(candidates)


def timing_rules(rules: RuleSet = DEFAULT) -> RuleSet:
    """`rules` with the scorecard named as its backchannel decision, under an id of its own."""
    name = timing_scorecard().id
    return msgspec.structs.replace(rules, id=f"{rules.id}+{name}", backchannel=name)


__all__ = [
    "TIMING_FEATURES",
    "TimingScorecard",
    "timing_decision",
    "timing_features",
    "timing_rules",
    "timing_scorecard",
]
