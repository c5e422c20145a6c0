"""Whether speech is a backchannel, live: decided by sound and timing, with a memory of both.

The same decision as for a recording (`backchannel_classifier`), asked while the talk goes on:

```
 log-odds of the last 40 s   the network's running outputs      until the sound after a candidate
 levelled sound              the network hears it again         once 0.4 s after it are there
 earlier decisions           by speaker and onset               when the log-odds are gone
```
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Float64Array
from interactspeech.listener.backchannel_classifier import (
    features,
    joint_probability,
    log_odds,
    may_be_feedback,
    odds_window,
    score,
    stretches_until,
)
from interactspeech.listener.levelled_feedback import LiveMel, feedback_evidence, needed_until
from interactspeech.listener.model import FeedbackDecision, Listener, ModeSettings
from interactspeech.listener.word_decision import SoundProbability
from interactspeech.signal.log_mel import RATE, STEP
from interactspeech.turntaking import Candidates

#: Log-odds of feedback are kept for so many steps (40 s): longer than any candidate waits for its
#: classification.
MEMORY: Final = 1000


class LiveFeedback:
    """The decision about backchannels of a stream (see `turntaking.Decision`).

    Args:
        listener: the model.
        settings: of the stream's mode.
        mel: the last steps of the sound, for levelled sound; None to decide by the running outputs
            and timing (`ModeSettings.weights`).
        speakers: names of the two sides.
    """

    def __init__(
        self,
        listener: Listener,
        settings: ModeSettings,
        mel: LiveMel | None,
        speakers: tuple[str, str],
    ) -> None:
        self._listener, self._mel, self._speakers = listener, mel, speakers
        self._late = settings.lookahead
        self._weights, self._threshold = settings.weights, settings.threshold
        self._joint = settings.feedback if mel is not None else None
        #: Whether all sound is there, so that nothing is worth waiting for.
        self.ended = False
        self._steps = 0
        self._odds: deque[tuple[float, float]] = deque(maxlen=MEMORY)
        #: What the network hears of a candidate, by side, onset and end.
        self._heard: dict[tuple[int, int, int], float] = {}
        #: Probability of being a backchannel by sound and timing alone, by speaker and onset.
        self._heard_first: dict[tuple[str, int], float] = {}
        #: The same as it was last decided by.
        self._decided: dict[tuple[str, int], float] = {}

    def add(self, chance: Float32Array) -> None:
        """Add the network's running probability of feedback at a step, shape ``(2,)``."""
        odds = log_odds(chance)
        self._odds.append((float(odds[0]), float(odds[1])))
        self._steps += 1

    def decided(self, speaker: str, start: int) -> float | None:
        """The probability of a backchannel by which talk was last decided about.

        Args:
            speaker: their name.
            start: of the talk, samples at 16 kHz.
        """
        return self._decided.get((speaker, start))

    def __call__(self, candidates: Candidates) -> BoolArray:
        """The decision by sound and timing."""
        least = self._threshold if self._joint is None else 0.5
        return np.asarray(self.deciding_by(self.probability)(candidates, least), np.bool_)

    def deciding_by(self, probability: SoundProbability) -> Callable[..., BoolArray]:
        """A decision that keeps its probabilities for the events they are about (`decided`)."""

        def decide(candidates: Candidates, least: float = 0.5) -> BoolArray:
            chance = probability(candidates)
            names, starts = candidates.speaker.tolist(), candidates.start.tolist()
            for side, start, p in zip(names, starts, chance.tolist(), strict=True):
                self._decided[self._speakers[side], start] = p
            if len(self._decided) > 10 * MEMORY:
                for key in sorted(self._decided, key=lambda key: key[1])[: 9 * MEMORY]:
                    del self._decided[key]
            return np.asarray(chance >= least, np.bool_)

        return decide

    def probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel by sound and timing, from the log-odds of the last
        `MEMORY` steps.
        """
        c = candidates
        first_kept = self._steps - len(self._odds)
        kept = np.array(self._odds).reshape(-1, 2)
        odds = np.zeros(len(c))
        first, last = odds_window(c.end * (RATE / c.timeline.rate))
        first = first + self._late - first_kept
        last = np.maximum(last + self._late - first_kept, first + 1)
        for i, side in enumerate(c.speaker.tolist()):
            window = kept[max(first[i], 0) : max(last[i], 1), side]
            odds[i] = window.mean() if len(window) else (kept[-1, side] if len(kept) else 0)
        if self._joint is not None:
            decision = self._joint
            evidence = decision.heard * np.clip(odds, decision.lowest, decision.highest)
            self._hear_again(c, evidence, decision)
            chance = joint_probability(c, evidence, decision)
        else:
            chance = score(features(c, odds), self._weights)
        for i in range(len(c)):
            key = (self._speakers[int(c.speaker[i])], int(c.start[i]))
            if first_kept * STEP <= int(c.start[i]):
                self._heard_first[key] = float(chance[i])
            else:  # the log-odds are gone: the earlier decision stays
                chance[i] = self._heard_first.get(key, float(chance[i]))
        if len(self._heard_first) > 10 * MEMORY:
            for key in sorted(self._heard_first, key=lambda key: key[1])[: 9 * MEMORY]:
                del self._heard_first[key]
        return np.asarray(chance)

    def _hear_again(
        self, candidates: Candidates, evidence: Float64Array, decision: FeedbackDecision
    ) -> None:
        """Put what levelled sound says in the place of the network's running log-odds, as soon as
        the sound that this takes is there.
        """
        c = candidates
        assert self._mel is not None
        for i in np.flatnonzero(may_be_feedback(c)).tolist():
            side, start, end = int(c.speaker[i]), int(c.start[i]), int(c.end[i])
            key = (side, start, end)
            if key not in self._heard:
                if self._mel.steps < needed_until(end, self._late) and not self.ended:
                    continue
                spans = stretches_until(c, i)
                self._heard[key] = feedback_evidence(
                    self._listener, self._mel, side, spans, decision,
                    overlaps=bool(c.partner_talking[i]),
                )  # fmt: skip
            evidence[i] = self._heard[key]
        if len(self._heard) > MEMORY:
            for key in sorted(self._heard, key=lambda key: key[1])[: MEMORY // 2]:
                del self._heard[key]


__all__ = ["MEMORY", "LiveFeedback"]
