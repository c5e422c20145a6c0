"""What a `Stream` gives: the state of the conversation at each step, and the events now decided."""

from __future__ import annotations

from dataclasses import dataclass

from interactspeech.records import Event
from interactspeech.signal.log_mel import RATE


@dataclass(frozen=True)
class FrameState:
    """The state of the conversation at one step of 40 ms. Each tuple holds a value for A, then B.

    Attributes:
        time: end of the audio so far, in samples at the stream's rate.
        rate: samples a second of `time`.
        active: probability of speech, `ModeSettings.lookahead` steps ago.
        talking: whether each talks, after smoothing.
        feedback: probability that the speech (present, or just ended) is a backchannel.
        floor_bid: how much each claims the floor that the other holds: speech over the other's, or
            within 0.4 s of it, that lasts, or does not sound like feedback; 0 where there is none.
            Words that were pushed count (`word_decision.bid_with_words`).
        end_of_turn: how likely the turn of each is over, by the silence so far and by who is
            expected to talk; 0 while they talk, and where the listener has no such score.
        wants_floor: whether the bid reaches the stream's threshold (`Stream.bid_threshold`).
        future: probability of speech in 0 to 0.2, 0.2 to 0.6, 0.6 to 1.2 and 1.2 to 2.0 s from now.
    """

    time: int
    active: tuple[float, float]
    talking: tuple[bool, bool]
    feedback: tuple[float, float]
    floor_bid: tuple[float, float]
    future: tuple[tuple[float, ...], tuple[float, ...]]
    rate: int = RATE
    wants_floor: tuple[bool, bool] = (False, False)
    end_of_turn: tuple[float, float] = (0.0, 0.0)

    @property
    def seconds(self) -> float:
        """`time` in seconds."""
        return self.time / self.rate

    def shift_probability(self, speaker: int) -> float:
        """How likely the other takes the turn from `speaker` (VAP's shift; Ekstedt & Skantze 2022):
        the other's share of the speech expected in the next 2 s.
        """
        own, other = (sum(self.future[s]) for s in (speaker, 1 - speaker))
        return other / (own + other) if own + other > 0 else 0.5


@dataclass(frozen=True)
class StreamUpdate:
    """The results of a chunk.

    Attributes:
        frames: one for each step that it completed.
        events: those that are now decided, at the stream's rate, of origin "model".
        rate: samples a second of all times.
    """

    frames: tuple[FrameState, ...]
    events: tuple[Event, ...]
    rate: int = RATE

    def seconds(self, event: Event) -> tuple[float, float]:
        """Start and end of an event in seconds."""
        return event.start / self.rate, event.end / self.rate


__all__ = ["FrameState", "StreamUpdate"]
