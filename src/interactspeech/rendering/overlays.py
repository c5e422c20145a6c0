"""Backchannels and failed attempts: where the other's short talk lies inside a turn.

Human backchannels (framework.md section 6): 55 % begin after the partner stopped, a delay of
.05-.75 s into a pause that the partner then makes; 45 % begin in overlap, at a drawn lead before
the partner's next silence, so that the short ones lie wholly inside the partner's talk.

```
        mark of the script           mark moved to a silence, lead drawn
A  ####### ####[B: mm-hm]## ####     ########### ####______######
B                                                   ■■■ lead ├┤
```

A backchannel may move a few words to reach a silence of the source. The planner makes that silence
as long as the listener needs and closes silences that would lie inside an overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.spoken_lines import LineMark
from interactspeech.rendering.turn_timing import TurnTiming
from interactspeech.turntaking.timing import Dyad

Place = Literal["overlap", "silence"]

#: The partner goes on about when the listener has finished, sometimes before: mean and standard
#: deviation (s) of the time from the backchannel's end to the partner's onset. With the human
#: delays this makes pauses that hold a backchannel 0.84 s long on average: what people's pauses
#: with (0.623 s, 16.04 a minute) and without (0.584 s, 13.58 a minute) backchannels differ by.
_RESUME = (0.02, 0.18)
_SHORT = 0.08
_PAUSE = 0.2
#: Talk of the turn's speaker that has to follow a backchannel or an attempt.
_GOES_ON = 0.35
#: Nobody listens aloud before a turn has begun.
_SETTLED = 0.3


@dataclass(frozen=True, slots=True)
class Placed:
    """Another's line inside a turn, from `onset` samples after the turn's first sound."""

    line: str
    onset: int
    duration: int
    place: Place


@dataclass
class TalkWindow:
    """Where in a turn the other may talk: samples from the turn's first sound.

    Attributes:
        layout: of the turn.
        free: since when the other has been silent.
        until: when the other's next turn begins, measured from the turn's end.
        head: until when the turn talks over the one before: no pause is made there.
    """

    layout: TurnTiming
    free: int
    until: int
    head: int
    rate: int

    @property
    def limit(self) -> int:
        """When the other has to be silent again."""
        return self.layout.duration + self.until

    @property
    def tail(self) -> int:
        """From when on no pause is made, because the next turn begins over this one."""
        return self.layout.duration + min(self.until, 0) - round(_GOES_ON * self.rate)


def place_backchannel(
    mark: LineMark,
    duration: int,
    room: TalkWindow,
    dyad: Dyad,
    rng: np.random.Generator,
    settings: PlanSettings,
) -> Placed | None:
    """Find a place for a backchannel of `duration` samples; None if there is no room at all.

    The drawn place is tried first, then the other; both again with less own silence around it.
    Changes the layout's gaps, and what `room` knows of the other's talk.
    """
    rate = room.rate
    in_silence = dyad.model.backchannel_places.get("silence", 0.0)
    first: Place = "silence" if rng.random() < in_silence else "overlap"
    if mark.token in room.layout.fixed:
        first = "silence"
    draws = _OverlayDraws(
        delay=round(float(dyad.backchannel_delay(rng, 1)[0]) * rate),
        lead=round(float(dyad.backchannel_lead(rng, 1)[0]) * rate),
        resume=round(float(rng.normal(*_RESUME)) * rate),
        pause=round(float(dyad.pause(rng, 1)[0]) * rate),
    )
    second: Place = "overlap" if first == "silence" else "silence"
    for isolation in (settings.isolation, 0.3 * settings.isolation):
        for place in (first, second):
            found = _try(place, mark, duration, draws, room, round(isolation * rate), settings)
            if found:
                room.free = found.onset + duration
                return found
    return None


def place_attempt(
    mark: LineMark, duration: int, room: TalkWindow, settings: PlanSettings
) -> Placed | None:
    """Find a place for a failed attempt: in overlap throughout, the speaker goes on after it."""
    layout, rate = room.layout, room.rate
    on = round(_GOES_ON * rate)
    for isolation in (settings.isolation, 0.3 * settings.isolation):
        own = round(isolation * rate)
        low, high = room.free + own, min(room.limit - own, layout.duration - on) - duration
        low = max(low, round(0.3 * rate))
        if low > high:
            continue
        before, after = round(0.15 * rate), duration + on
        marked = layout.start(min(mark.token, layout.said - 1))
        onsets = {min(max(layout.start(t), low), high) for t in range(layout.said)}
        free = [o for o in sorted(onsets) if not layout.fixed_within(o - before, o + after)]
        if not free:
            continue
        onset = min(free, key=lambda o: abs(o - marked))
        _close(layout, onset - before, onset + after, rate)
        # Closing silences moves what follows them, and brings the turn's end nearer.
        high = min(room.limit - own, layout.duration - on) - duration
        if high < low:
            continue
        onset = min(onset, high)
        room.free = onset + duration
        return Placed(mark.line, onset, duration, "overlap")
    return None


@dataclass(frozen=True, slots=True)
class _OverlayDraws:
    delay: int  #: from the partner's stop to the onset
    lead: int  #: from the onset to the partner's stop
    resume: int  #: from the end to the partner's going on
    pause: int  #: of the partner, where the listener has finished before it


def _try(
    place: Place,
    mark: LineMark,
    duration: int,
    draws: _OverlayDraws,
    room: TalkWindow,
    own: int,
    settings: PlanSettings,
) -> Placed | None:
    layout, rate = room.layout, room.rate
    low = max(room.free + own, round(_SETTLED * rate))
    unit = 0.3 * rate  # a token lasts about so long; distances are scored in tokens
    silences = set(layout.tokens_with_silence())
    marked = layout.before(mark.token) if mark.token > 0 else 0
    best: tuple[float, int, int] | None = None
    for token in range(1, layout.said + (place == "overlap")):
        stop, last = layout.before(token), token == layout.said
        if stop < room.free or (not last and not room.head <= stop < room.tail):
            continue
        if place == "silence":
            lead, shortfall = -draws.delay, 0.0
        else:
            lead = min(draws.lead, stop - low)
            shortfall = (draws.lead - lead) / unit
            if lead < min(draws.lead, 0.05 * rate) or layout.fixed_within(stop - lead, stop):
                continue
        onset = stop - lead
        grown = 0 if last else _wanted(onset + duration - stop, draws, rate) - layout.silence(token)
        if onset < low or onset + duration > room.limit + grown - own:
            continue
        away = abs(onset - marked) / unit if place == "overlap" else abs(token - mark.token)
        score = away + shortfall + (0 if last or token in silences else settings.move)
        if away <= settings.move and (best is None or score < best[0]):
            best = (score, token, onset)
    if best is None:
        return None
    _, token, onset = best
    if place == "overlap":
        lead = layout.before(token) - onset
        _close(layout, onset, layout.before(token), rate)
        onset = layout.before(token) - lead
    if token < layout.said:
        wanted = _wanted(onset + duration - layout.before(token), draws, rate)
        if token not in layout.fixed or wanted > layout.silence(token):
            layout.set_gap(token, wanted)
        layout.fixed.add(token)
    # Closed silences may have moved the backchannel towards the other's own talk.
    if onset < low - own // 2 or onset + duration > room.limit - own // 2:
        return None
    return Placed(mark.line, onset, duration, place)


def _wanted(over: int, draws: _OverlayDraws, rate: int) -> int:
    """The partner's silence; the backchannel ends `over` samples after it began (or before it)."""
    return max(over + draws.resume, round(_PAUSE * rate)) if over > 0 else draws.pause


def _close(layout: TurnTiming, low: int, high: int, rate: int) -> None:
    layout.close(max(low, 0), high, round(_SHORT * rate))
