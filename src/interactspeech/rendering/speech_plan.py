"""What has to be spoken for a script, and how: lines, their deliveries, their target durations.

The lines are those of `spoken_lines`; a voice speaks on across pauses inside them (see `holds`).

Delivery depends on the turn-taking event, and is known before anything is synthesised:

```
competitive interrupter   louder, higher, faster at the onset; normal once alone
cooperative interrupter   softer at the onset
backchannel               varied in level and pitch (softness: `PlanSettings.backchannel_level`)
failed interruption       a little louder, or softer if cooperative
any turn                  the speaker's own rate; slow drifts of rate, pitch and level
```

Rate, pitch and rise are for the engine (`tts.Style` has the same names); level and onset are gains
of the plan. Draws are keyed by (seed, script id, purpose).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech.lexicon.questions import is_yes_no_question
from interactspeech.records import Delivery, Script, Speech
from interactspeech.rendering.holds import Hold, draw_holds, words_before_holds
from interactspeech.rendering.script_lines import LineMark, SpokenLine, spoken_lines
from interactspeech.rendering.settings import HUMAN, DeliveryParams, PlanSettings
from interactspeech.seeds import generator
from interactspeech.signal.time_stretch import lengthened
from interactspeech.turntaking.timing import Dyad

#: Pitch is requested in steps of so many semitones where lines repeat (backchannels), so that the
#: speech cache is hit often.
_PITCH_STEP = 0.5
#: Speeds at which engines still sound like the voice; beyond them, measured engines even take
#: longer again for one word. `stretched` does the rest.
MIN_SPEED, MAX_SPEED = 0.7, 1.3
#: Speeds are requested in these steps, so that the speech cache is hit often.
SPEED_STEP = 0.05
#: Filled pauses as scripts spell them -> the duration of `DeliveryParams` that applies.
_FILLERS = {"um": "um", "uhm": "um", "erm": "um", "uh": "uh", "er": "uh"}
#: A word is lengthened to at most this multiple of its duration.
_MAX_LENGTHENING = 2.2


@dataclass(frozen=True)
class SpeechPlan:
    """Everything that synthesis has to know about a script, computed once.

    Attributes:
        script: the source.
        lines: what has to be spoken, see `spoken_lines`.
        deliveries: line id -> how it is spoken, see `draw_deliveries`.
        durations: line id -> target duration in seconds, of backchannels and failed interruptions,
            see `draw_target_durations`.
        holds: line id of a turn -> the pauses inside it, see `interactspeech.rendering.holds`.
    """

    script: Script
    lines: tuple[SpokenLine, ...]
    deliveries: Mapping[str, Delivery]
    durations: Mapping[str, float]
    holds: Mapping[str, tuple[Hold, ...]]


def plan_speech(
    script: Script, dyad: Dyad, *, seed: int, settings: PlanSettings = HUMAN
) -> SpeechPlan:
    """Lines, deliveries and target durations of a script.

    Args:
        script: the source.
        dyad: timing of the pair; gives the durations.
        seed: of the corpus.
        settings: of the plan; without `PlanSettings.delivery`, every line is spoken neutrally.

    Raises:
        InputError: see `spoken_lines`.
    """
    lines = spoken_lines(script)
    return SpeechPlan(
        script,
        lines,
        draw_deliveries(script, lines, seed=seed, settings=settings),
        draw_target_durations(script, lines, dyad, seed=seed),
        draw_holds(script, lines, dyad, seed=seed, settings=settings),
    )


#: Semitones by which the pitch of a line moves at most: what `tts.Style` accepts.
_MOST_SLOPE = 6.0


def draw_deliveries(
    script: Script, lines: Sequence[SpokenLine], *, seed: int, settings: PlanSettings = HUMAN
) -> dict[str, Delivery]:
    """Line id -> delivery, of every line.

    Args:
        script: its id keys the draws, with "delivery".
        lines: all of the script, in its order.
        seed: of the corpus.
        settings: without `PlanSettings.delivery`, every delivery is neutral.
    """
    params = settings.delivery
    if params is None:
        return {line.id: Delivery() for line in lines}
    rng = generator(seed, script.id, "delivery")
    speakers = script.speakers
    rates = {speaker: 1 + _clipped_normal(rng, 0.0, params.speaker_speed) for speaker in speakers}
    drifts = {speaker: _ProsodyDrift(params, rng) for speaker in speakers}
    habits = {speaker: _clipped_normal(rng, 0.0, params.listener_level) for speaker in speakers}
    marks = {mark.line: mark for line in lines for mark in line.marks if mark.line}
    contours = generator(seed, script.id, "contours")
    deliveries: dict[str, Delivery] = {}
    before: SpokenLine | None = None
    for line in lines:
        if line.role == "turn":
            level, pitch, speed = drifts[line.speaker].next_turn(rng)
            speed += rates[line.speaker]
            onset = _onset_delivery(before, line, params, rng)
            end = _clipped_normal(contours, *params.question_end)
            asks = line.cut is None and is_yes_no_question(line.text)
            deliveries[line.id] = Delivery(
                speed=round(speed * onset.speed, 2),
                pitch=round(pitch, 1),
                rise=onset.rise,
                end=float(np.clip(round(end), 0, _MOST_SLOPE)) if asks else 0.0,
                level=round(level, 1),
                onset=onset.onset,
            )
            before = line
        elif line.role == "backchannel":
            pitch = _clipped_normal(rng, 0.0, params.backchannel_pitch)
            slope = _clipped_normal(contours, *params.backchannel_slope)
            first = line.tokens[0].strip(".,!?").lower()
            deliveries[line.id] = Delivery(
                pitch=round(pitch / _PITCH_STEP) * _PITCH_STEP,
                slope=float(
                    np.clip(
                        round(-slope if first in params.falling_words else slope),
                        -_MOST_SLOPE,
                        _MOST_SLOPE,
                    )
                ),
                level=round(
                    habits[line.speaker]
                    + params.backchannel_words.get(first, 0.0)
                    + _clipped_normal(rng, 0.0, params.backchannel_level),
                    1,
                ),
            )
        elif line.role == "aside":
            deliveries[line.id] = _aside_delivery(marks[line.id].label, contours)
        else:
            cooperative = marks[line.id].style == "cooperative"
            mean, spread = params.cooperative_onset if cooperative else params.attempt_level
            rise = params.cooperative_rise if cooperative else params.competitive_rise
            deliveries[line.id] = Delivery(
                rise=round(_clipped_normal(rng, *rise), 1),
                level=round(_clipped_normal(rng, mean, spread), 1),
            )
    return deliveries


#: dB of an aside against the speaker's own level, mean and standard deviation: one turns away from
#: the microphone, mutters, reads aloud; what comes out of the room is farther away. Ours.
_ASIDE_LEVELS = {
    "side-talk": (-6.0, 3.0),
    "self-talk": (-9.0, 3.0),
    "reading": (-4.0, 2.0),
    "television": (-16.0, 3.0),
    "bystander": (-14.0, 3.0),
    "thinking": (-8.0, 3.0),
}


def _aside_delivery(kind: str, rng: np.random.Generator) -> Delivery:
    mean, spread = _ASIDE_LEVELS[kind]
    return Delivery(level=round(_clipped_normal(rng, mean, spread), 1))


def interrupting_mark(before: SpokenLine | None, line: SpokenLine) -> LineMark | None:
    """The mark at which `line` cuts off the turn before it, if it does."""
    if before is None or before.speaker == line.speaker:
        return None
    return before.cut


def _onset_delivery(
    before: SpokenLine | None, line: SpokenLine, params: DeliveryParams, rng: np.random.Generator
) -> Delivery:
    """Speed, rise and onset level of an interrupting turn; neutral for any other."""
    mark = interrupting_mark(before, line)
    if mark is None:
        return Delivery()
    if mark.style == "cooperative":
        onset, rise, speed = params.cooperative_onset, params.cooperative_rise, (1.0, 0.0)
    else:
        onset, rise = params.competitive_onset, params.competitive_rise
        speed = params.competitive_speed
    return Delivery(
        speed=_clipped_normal(rng, *speed),
        rise=round(_clipped_normal(rng, *rise), 1),
        onset=round(_clipped_normal(rng, *onset), 1),
    )


class _ProsodyDrift:
    """A speaker's slow drift of level (dB), pitch (semitones) and rate (share): AR(1) by turn."""

    def __init__(self, params: DeliveryParams, rng: np.random.Generator) -> None:
        self._correlation = params.drift_memory
        self._spread = (params.drift_level, params.drift_pitch, params.drift_speed)
        self._state = _clipped_normals(rng, 3)

    def next_turn(self, rng: np.random.Generator) -> tuple[float, float, float]:
        """Level, pitch and rate of the next turn; the variance stays the same."""
        innovations = _clipped_normals(rng, 3)
        kept = self._correlation
        self._state = [
            kept * old + (1 - kept * kept) ** 0.5 * new
            for old, new in zip(self._state, innovations, strict=True)
        ]
        level, pitch, speed = (
            state * spread for state, spread in zip(self._state, self._spread, strict=True)
        )
        return level, pitch, speed


def _clipped_normals(rng: np.random.Generator, count: int) -> Sequence[float]:
    """Standard normal draws, clipped at two standard deviations."""
    drawn: list[float] = np.clip(rng.standard_normal(count), -2.0, 2.0).tolist()
    return drawn


def _clipped_normal(rng: np.random.Generator, mean: float, spread: float) -> float:
    """A normal draw, clipped at two standard deviations: no line is an outlier."""
    return mean + spread * _clipped_normals(rng, 1)[0]


# Durations


def draw_target_durations(
    script: Script, lines: Sequence[SpokenLine], dyad: Dyad, *, seed: int
) -> dict[str, float]:
    """Line id -> target duration in seconds, of backchannels and failed interruptions.

    Durations are drawn from the dyad and assigned by rank, so that "oh that's great" takes longer
    than "mm-hm" and the distribution of durations stays the dyad's. A script has few backchannels,
    so ranks are perturbed by noise of a third of a text's length.

    Draws are keyed by (seed, script id, "durations").
    """
    rng = generator(seed, script.id, "durations")
    backchannels = [line for line in lines if line.role == "backchannel"]
    attempts = [line for line in lines if line.role == "attempt"]
    return {
        **_assign_by_length(backchannels, dyad.backchannel_duration(rng, len(backchannels)), rng),
        **_assign_by_length(attempts, dyad.attempt_overlap(rng, len(attempts)), rng),
    }


def backchannel_speed(natural_seconds: float, target_seconds: float) -> float:
    """The speed (a multiple of `SPEED_STEP`) at which a line lasts about the target.

    >>> backchannel_speed(0.6, 0.5)
    1.2
    >>> backchannel_speed(0.6, 0.1)
    1.3
    """
    speed = natural_seconds / max(target_seconds, 1e-3)
    steps = round(min(max(speed, MIN_SPEED), MAX_SPEED) / SPEED_STEP)
    return round(steps * SPEED_STEP, 2)


def _assign_by_length(
    lines: list[SpokenLine],
    seconds: np.ndarray[tuple[int], np.dtype[np.float64]],
    rng: np.random.Generator,
) -> dict[str, float]:
    """Longer durations to longer texts; the order of the texts is perturbed."""
    if not lines:
        return {}
    letters = np.array([sum(c.isalnum() for c in line.text) for line in lines], np.float64)
    order = np.argsort(letters * (1 + rng.standard_normal(len(lines)) / 3), kind="stable")
    return {
        lines[int(i)].id: round(float(value), 4)
        for i, value in zip(order, np.sort(seconds), strict=True)
    }


def lengthen_hesitations(
    line: SpokenLine,
    speech: Speech,
    holds: Sequence[Hold] = (),
    *,
    script_id: str,
    seed: int,
    settings: PlanSettings = HUMAN,
) -> Speech:
    """`speech` of a turn with filled pauses, and words before pauses, as long as people's.

    People lengthen "um", "uh" and the word before a pause, engines do not. Durations are drawn
    (`DeliveryParams.um`, `uh`, `before_filler`, `Hold.stretch`); no word is shortened. Draws are
    keyed by
    (seed, script id, "hesitation", line id).
    """
    if settings.delivery is None or line.role != "turn" or not (holds or _fillers(line)):
        return speech
    lengths = [_word_seconds(speech, index) for index in range(len(speech.words))]
    return lengthened(
        speech,
        hesitation_lengths(line, lengths, holds, script_id=script_id, seed=seed, settings=settings),
    )


def hesitation_lengths(
    line: SpokenLine,
    lengths: Sequence[float],
    holds: Sequence[Hold] = (),
    *,
    script_id: str,
    seed: int,
    settings: PlanSettings = HUMAN,
) -> dict[int, float]:
    """Index of a word of a turn -> seconds that it should last at least; see
    `lengthen_hesitations`.

    Args:
        line: the turn.
        lengths: seconds of each word as it was spoken, shape ``(tokens,)``.
        holds: its pauses.
        script_id: keys the draws, with the seed.
        seed: of the corpus.
        settings: of the plan.
    """
    params = settings.delivery
    fillers = _fillers(line)
    if params is None or line.role != "turn" or not (fillers or holds):
        return {}
    rng = generator(seed, script_id, "hesitation", line.id)
    targets: dict[int, float] = {}
    for filler, kind in fillers.items():
        median, sigma = params.um if kind == "um" else params.uh
        mean, spread = params.before_filler
        drawn, factor = rng.standard_normal(2).clip(-2.0, 2.0).tolist()
        longest = _MAX_LENGTHENING * lengths[filler]
        targets[filler] = min(median * math.exp(sigma * drawn), longest)
        if filler and filler - 1 not in targets:
            targets[filler - 1] = (mean + spread * factor) * lengths[filler - 1]
    targets.update(words_before_holds(line.tokens, holds, lengths))
    return targets


def _fillers(line: SpokenLine) -> dict[int, str]:
    """Index of each filled pause of a line -> the duration of `DeliveryParams` that applies."""
    tokens = [token.strip(".,;:?!-—…'\"").lower() for token in line.tokens]
    return {k: _FILLERS[token] for k, token in enumerate(tokens) if token in _FILLERS}


def _word_seconds(speech: Speech, index: int) -> float:
    word = speech.words[index]
    return (word.end - word.start) / speech.rate
