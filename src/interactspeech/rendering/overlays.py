"""Where a listener may talk in a turn, and the places of asides and of simultaneous starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech.rendering.plan_assembly import Placement
from interactspeech.rendering.script_lines import SILENCE_BEFORE_START, LineMark
from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.turn_timing import TurnTiming

#: Talk of the turn's speaker that has to follow a backchannel or a failed interruption (s).
FOLLOWING_TALK = 0.35
#: Seconds from the turn's onset to the other's in a simultaneous start: people who start together
#: do so within .2 s of each other (the shortest gap that one can react to is about .2 s: Levinson
#: and Torreira 2015, Frontiers in Psychology 6).
_TOGETHER = (0.0, 0.2)
#: Silence of the speaker on either side of an aside in an own turn, and between the end of a turn
#: and an aside after it (s).
_AROUND_ASIDE, _AFTER_TURN = 0.2, 0.3


@dataclass(frozen=True, slots=True)
class OverlayPlacement:
    """Start of an overlay, in samples from the turn's first sound, and what it starts in."""

    onset: int
    placement: Placement


@dataclass
class TalkWindow:
    """Where in a turn the listener may talk, in samples from the turn's first sound.

    Attributes:
        timing: of the turn.
        silent_since: end of the listener's last talk.
        until: start of the listener's next turn, measured from the turn's end.
        head: end of the overlap with the turn before; no pause is made before it.
        next_turn: start of the next turn of anybody, measured from the turn's end; no pause is
            made where it overlaps the turn.
        tokens: of the turn, which say how long people's pauses are at each place; () where unknown.
    """

    timing: TurnTiming
    silent_since: int
    until: int
    head: int
    rate: int
    tokens: Sequence[str] = ()
    next_turn: int = 0

    @property
    def limit(self) -> int:
        """Latest end of an overlay."""
        return self.timing.duration + self.until

    @property
    def tail(self) -> int:
        """Start of the part without pauses, because the next turn overlaps it."""
        overlapped = min(self.until, self.next_turn, 0)
        return self.timing.duration + overlapped - round(FOLLOWING_TALK * self.rate)


def place_aside(
    mark: LineMark, duration: int, window: TalkWindow, settings: PlanSettings, *, own: bool
) -> OverlayPlacement | None:
    """Place an aside of `duration` samples; None where there is no room.

    In the speaker's own turn (`own`), a silence is made for it; another's lies over the talk, where
    the mark stands, or, where the mark stands after the last word, in the silence after the turn.
    """
    timing, rate = window.timing, window.rate
    around = round(_AROUND_ASIDE * rate)
    if own:
        token = mark.token
        if not 0 < token < timing.spoken_count or token in timing.fixed:
            return None
        stop = timing.speech_end_before(token)
        if stop < window.head or stop >= window.tail:
            return None
        timing.set_gap(token, duration + 2 * around)
        timing.fixed.add(token)
        return OverlayPlacement(timing.speech_end_before(token) + around, "silence")
    silent = window.silent_since + round(0.3 * settings.isolation * rate)
    if mark.token >= timing.spoken_count:
        onset = max(silent, timing.duration + round(_AFTER_TURN * rate))
        return OverlayPlacement(onset, "silence")
    low = max(silent, 0)
    high = window.limit - around - duration
    if low > high:
        return None
    return OverlayPlacement(min(max(timing.start(mark.token), low), high), "overlap")


def place_simultaneous_start(
    duration: int, window: TalkWindow, rng: np.random.Generator
) -> OverlayPlacement | None:
    """Place a failed interruption that begins with the turn; None where there is no room.

    Its speaker yields: the turn goes on for some time after it.
    """
    rate, timing = window.rate, window.timing
    onset = round(float(rng.uniform(*_TOGETHER)) * rate)
    if window.silent_since + round(SILENCE_BEFORE_START * rate) > onset:
        return None
    on = round(FOLLOWING_TALK * rate)
    if onset + duration + on > min(timing.duration, window.limit):
        return None
    if timing.has_fixed_silence(0, onset + duration + on):
        return None
    timing.close_silences(0, onset + duration + on, round(0.08 * rate))
    if onset + duration + on > min(timing.duration, window.limit):
        return None
    window.silent_since = onset + duration
    return OverlayPlacement(onset, "overlap")
