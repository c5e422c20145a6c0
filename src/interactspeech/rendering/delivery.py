"""How each line of a script is said, by what happens there: pure, and known before anybody speaks.

```
competitive interrupter   louder, higher, faster at the onset; normal once alone
cooperative interrupter   softer at the onset
backchannel               varied in level and pitch (softness: `PlanSettings.backchannel_level`)
failed attempt            a little louder, or softer if cooperative
any turn                  the speaker's own pace; slow drifts of pace, pitch and level
```

Pace, pitch and rise are for who speaks the lines (`voices.Style` has the same names); level and
onset are gains of the plan. Draws are keyed by (seed, script id, "delivery").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interactspeech.records import Delivery, Script
from interactspeech.rendering.settings import HUMAN, DeliveryParams, PlanSettings
from interactspeech.rendering.spoken_lines import LineMark, SpokenLine, lines
from interactspeech.seeds import generator

#: A speaker's pitch is asked for in steps of so many semitones where lines repeat (backchannels),
#: so that a cache of speech is hit often.
_PITCH_STEP = 0.5


def deliveries(script: Script, *, seed: int, settings: PlanSettings = HUMAN) -> dict[str, Delivery]:
    """Line id -> how it is said; of every line of the script.

    Args:
        script: what is said.
        seed: of the corpus.
        settings: without manners, everything is said plainly.
    """
    everything = lines(script)
    manners = settings.manners
    if manners is None:
        return {line.id: Delivery() for line in everything}
    rng = generator(seed, script.id, "delivery")
    pace = {speaker: 1 + _normal(rng, 0.0, manners.speaker_speed) for speaker in script.speakers}
    drifts = {speaker: _Drift(manners, rng) for speaker in script.speakers}
    marks = {mark.line: mark for line in everything for mark in line.marks if mark.line}
    found: dict[str, Delivery] = {}
    before: SpokenLine | None = None
    for line in everything:
        if line.role == "turn":
            level, pitch, speed = drifts[line.speaker].step(rng)
            speed += pace[line.speaker]
            breaking_in = _breaking_in(before, line, manners, rng)
            found[line.id] = Delivery(
                speed=round(speed * breaking_in.speed, 2),
                pitch=round(pitch, 1),
                rise=breaking_in.rise,
                level=round(level, 1),
                onset=breaking_in.onset,
            )
            before = line
        elif line.role == "backchannel":
            pitch = _normal(rng, 0.0, manners.backchannel_pitch)
            found[line.id] = Delivery(
                pitch=round(pitch / _PITCH_STEP) * _PITCH_STEP,
                level=round(_normal(rng, 0.0, manners.backchannel_level), 1),
            )
        else:
            cooperative = marks[line.id].style == "cooperative"
            mean, spread = manners.cooperative_onset if cooperative else manners.attempt_level
            rise = manners.cooperative_rise if cooperative else manners.competitive_rise
            found[line.id] = Delivery(
                rise=round(_normal(rng, *rise), 1), level=round(_normal(rng, mean, spread), 1)
            )
    return found


def breaks_in(before: SpokenLine | None, line: SpokenLine) -> LineMark | None:
    """The mark at which `line` cuts the turn before it off, if it does."""
    if before is None or before.speaker == line.speaker:
        return None
    return before.cut


def _breaking_in(
    before: SpokenLine | None, line: SpokenLine, manners: DeliveryParams, rng: np.random.Generator
) -> Delivery:
    mark = breaks_in(before, line)
    if mark is None:
        return Delivery()
    if mark.style == "cooperative":
        onset, rise, speed = manners.cooperative_onset, manners.cooperative_rise, (1.0, 0.0)
    else:
        onset, rise = manners.competitive_onset, manners.competitive_rise
        speed = manners.competitive_speed
    return Delivery(
        speed=_normal(rng, *speed),
        rise=round(_normal(rng, *rise), 1),
        onset=round(_normal(rng, *onset), 1),
    )


class _Drift:
    """A speaker's slow change of level (dB), pitch (semitones) and pace (share)."""

    def __init__(self, manners: DeliveryParams, rng: np.random.Generator) -> None:
        self._memory = manners.drift_memory
        self._spread = (manners.drift_level, manners.drift_pitch, manners.drift_speed)
        self._state = _unit(rng, 3)

    def step(self, rng: np.random.Generator) -> tuple[float, float, float]:
        """The next turn's; a first-order autoregression that keeps its spread."""
        fresh = _unit(rng, 3)
        kept = self._memory
        self._state = [
            kept * old + (1 - kept * kept) ** 0.5 * new
            for old, new in zip(self._state, fresh, strict=True)
        ]
        level, pitch, speed = (
            state * spread for state, spread in zip(self._state, self._spread, strict=True)
        )
        return level, pitch, speed


def _unit(rng: np.random.Generator, count: int) -> Sequence[float]:
    drawn: list[float] = np.clip(rng.standard_normal(count), -2.0, 2.0).tolist()
    return drawn


def _normal(rng: np.random.Generator, mean: float, spread: float) -> float:
    """A normal draw, cut at two standard deviations: nobody should jump out of the corpus."""
    return mean + spread * _unit(rng, 1)[0]
