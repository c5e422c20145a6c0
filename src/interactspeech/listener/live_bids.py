"""Bids for the floor, live: what is known of talk over the other's talk, and how it is scored.

```
 seconds   how long it has lasted
 heard     what the listener's network hears, levelled      (levelled_feedback)
 onset     what its sound so far is like                    (feedback_onset)
 sound     the same, by the network for whole stretches     (feedback_sound)
```

A logistic score of those that have a weight (`FloorBidDecision`), asked at each step; what each
brings is on docs/bench/floor_bids.md. A listener without that decision tells bids by the network's
running outputs alone (`plain_bid`, `floor_bids`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from interactspeech._typing import AnyArray, Float32Array, Int64Array
from interactspeech.listener.feedback_onset import onset_log_odds
from interactspeech.listener.feedback_sound import sound_log_odds
from interactspeech.listener.levelled_feedback import (
    SOUND_COUNTS,
    MelHistory,
    levelled_log_odds,
    stretch_frames,
)
from interactspeech.listener.model import ACTIVE, FEEDBACK, FloorBidDecision, Listener
from interactspeech.signal.log_mel import RATE

#: A speaker counts as holding the floor for so many steps (0.4 s) after their last speech.
FLOOR_HELD: Final = 10
#: Of bids by the network's running outputs alone.
PLAIN_THRESHOLD: Final = 0.9
#: From so many seconds on the length of talk says enough about a bid.
HEARD_FOR: Final = 1.6


@dataclass(frozen=True)
class BidEvidence:
    """What is known of talk that goes on.

    Attributes:
        seconds: how long it has lasted.
        heard, onset, sound: log-odds of feedback by three networks; 0 of those that were not asked.
    """

    seconds: float
    heard: float
    onset: float
    sound: float


def bid_evidence(
    listener: Listener, mel: MelHistory, side: int, spans: Int64Array, until: int,
    decision: FloorBidDecision,
) -> BidEvidence:  # fmt: skip
    """What is known, before step `until`, of the talk that is the last of `spans`.

    Args:
        listener: the model.
        mel: the sound.
        side: of the speaker.
        spans: the speaker's stretches of talk, shape ``(n, 2)``, samples at 16 kHz, sorted.
        until: one past the last step that counts.
        decision: networks of weight 0 are not asked.
    """
    begun, now = (int(time) for time in spans[-1])
    seconds = (now - begun) / RATE
    if seconds > HEARD_FOR:
        return BidEvidence(seconds, decision.lowest, -SOUND_COUNTS, -SOUND_COUNTS)
    heard = onset = sound = 0.0
    if decision.heard:
        heard = levelled_log_odds(listener, mel, side, spans, until=until)
    if decision.onset or decision.sound:
        frames, start, end = stretch_frames(mel, side, begun, now)
        frames = frames[:end]
        onset = onset_log_odds(frames, start, end) if decision.onset else 0.0
        sound = sound_log_odds(frames, start, end) if decision.sound else 0.0
    return BidEvidence(seconds, heard, onset, sound)


def bid_probability(evidence: BidEvidence, decision: FloorBidDecision) -> float:
    """The score of a bid, between 0 and 1."""
    points = decision.intercept + decision.seconds * min(evidence.seconds, decision.longest)
    points += decision.heard * min(max(evidence.heard, decision.lowest), decision.highest)
    for weight, odds in ((decision.onset, evidence.onset), (decision.sound, evidence.sound)):
        points += weight * min(max(odds, -SOUND_COUNTS), SOUND_COUNTS)
    return 1.0 / (1.0 + float(np.exp(-points)))


def floor_bids(found: Float32Array) -> Float32Array:
    """`FrameState.floor_bid` of all steps of a recording.

    Args:
        found: probabilities, shape ``(2, steps, 7)``.

    Returns:
        Shape ``(2, steps)``.
    """
    last = [-FLOOR_HELD - 1, -FLOOR_HELD - 1]
    active = found[:, :, ACTIVE].max(axis=2)
    rows = [
        plain_bid(active[:, k], found[:, k, FEEDBACK], last, k + 1) for k in range(found.shape[1])
    ]
    return np.array(rows, np.float32).reshape(-1, 2).T


def plain_bid(
    active: AnyArray, feedback: AnyArray, last: list[int], now: int
) -> tuple[float, float]:
    """How much each claims the floor that the other holds; `last` (updated here) holds the step of
    each side's last speech.
    """
    for side in range(2):
        if active[side] > 0.5:
            last[side] = now
    first, second = (
        float(active[side] * (1 - feedback[side])) if now - last[1 - side] <= FLOOR_HELD else 0.0
        for side in range(2)
    )
    return first, second


__all__ = [
    "FLOOR_HELD",
    "HEARD_FOR",
    "PLAIN_THRESHOLD",
    "BidEvidence",
    "bid_evidence",
    "bid_probability",
    "floor_bids",
    "plain_bid",
]
