"""Measure what is normal for an engine, and set the limits of the quality gate by it.

Each voice says texts in styles as dialogues have them; `bounds` sets the limits by what is found.
That speech is taken for good: listen to the report's extremes before you trust the limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interactspeech.dialogue import Speech, spoken_tokens
from interactspeech.errors import InputError
from interactspeech.evaluate.bounds import Measurement, limits_by
from interactspeech.evaluate.gate import (
    LEAST_LETTERS,
    LEAST_SCORED,
    LEAST_WORDS,
    Gate,
    Spoken,
)
from interactspeech.evaluate.limits import EngineLimits
from interactspeech.evaluate.pace import Pace, fitted
from interactspeech.evaluate.quality import quality
from interactspeech.seeds import generator
from interactspeech.voices import Engine, Style

#: Utterances of one speaker that are compared with one another.
_GROUP = 6
#: Texts wanted of each voice, and in all.
_LEAST_TEXTS, _LEAST_IN_ALL = 3, 40


@dataclass(frozen=True, eq=False)
class Calibration:
    """What `calibrate` found: the limits, and the worst utterances by each measure."""

    limits: EngineLimits
    extremes: dict[str, list[Measurement]]


def calibrate(
    engine: Engine,
    texts: Sequence[str],
    gate: Gate,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Measure `engine` on `texts`, its voices in turn.

    Args:
        engine: able to speak.
        texts: utterances of dialogues; a few hundred, and three a voice at least.
        gate: measures.
        seed: of the styles.
        progress: called with the texts done and in all.

    Raises:
        InputError: there are too few texts (reason ``too-few-texts``).
    """
    voices = [voice.name for voice in engine.voices()]
    spoken = []
    for index, text in enumerate(texts):
        style = _style(seed, text)
        try:
            speech = engine.speak(text, voices[index % len(voices)], style)
        except InputError:
            continue  # a word that this engine cannot say is no measure of its sound
        spoken.append((text, style.speed, speech))
        if progress:
            progress(index + 1, len(texts))
    least = max(_LEAST_TEXTS * len(voices), _LEAST_IN_ALL)
    if len(spoken) < least:
        raise InputError(
            f"{len(spoken)} texts are too few to measure {len(voices)} voice(s)",
            remedy=f"give {least} or more",
            reason="too-few-texts",
        )
    paces = _paces(spoken)
    found = _measured(spoken, paces, gate)
    usual, apart = limits_by(found)
    measured = {
        name: tuple(
            round(float(v), 4) for v in np.percentile([m.value for m in rows], (0, 1, 50, 99, 100))
        )
        for name, rows in found.items()
    }
    seconds = round(sum(speech.seconds for _, _, speech in spoken), 1)
    return Calibration(
        EngineLimits(
            engine.name, engine.version, len(spoken), seconds, usual, paces, apart, measured
        ),
        {name: _extremes(rows) for name, rows in found.items()},
    )


def _style(seed: int, text: str) -> Style:
    """A style as dialogues draw them: a third plain, others faster or slower, higher or lower."""
    rng = generator(seed, "calibrate", text)
    if rng.random() < 1 / 3:
        return Style()
    return Style(
        speed=round(float(rng.uniform(0.9, 1.15)), 3),
        pitch=round(float(rng.uniform(-1.0, 1.0)), 2),
        rise=round(float(max(rng.uniform(-1.0, 1.0), 0.0)), 2),
    )


def _paces(spoken: Sequence[tuple[str, float, Speech]]) -> dict[str, Pace]:
    """One pace fitted to the engine, and each voice's factor on it.

    A factor is drawn to 1 where a voice said little: its logarithm is the median over the voice's
    utterances times n / (n + 2).
    """
    seconds = np.array([speech.seconds * speed for _, speed, speech in spoken])
    common = fitted([text for text, _, _ in spoken], seconds)
    ratios: dict[str, list[float]] = defaultdict(list)
    for (text, _, speech), length in zip(spoken, seconds.tolist(), strict=True):
        ratios[speech.voice.name].append(float(np.log(length / common.expected(text))))
    return {
        voice: common.times(float(np.exp(np.median(logs) * len(logs) / (len(logs) + 2))))
        for voice, logs in sorted(ratios.items())
    }


def _measured(
    spoken: Sequence[tuple[str, float, Speech]], paces: dict[str, Pace], gate: Gate
) -> dict[str, list[Measurement]]:
    found: dict[str, list[Measurement]] = defaultdict(list)

    def note(measure: str, s: Spoken, value: float) -> None:
        found[measure].append(Measurement(s.text, s.speech.voice.name, value))

    groups: dict[str, list[Spoken]] = defaultdict(list)
    for index, (text, speed, speech) in enumerate(spoken):
        voice = speech.voice.name
        group = f"{voice}/{len(groups[voice]) // _GROUP}"
        s = Spoken(str(index), group, text, speech)
        groups[voice].append(s)
        plain = quality(speech.samples, speech.rate, mos=None)
        note("clipping", s, plain.clipping)
        note("pause", s, plain.longest_silence * speed)
        if sum(map(str.isalnum, text)) >= LEAST_LETTERS:
            note("level", s, plain.level)
            note("length", s, float(np.log(paces[voice].ratio(text, plain.seconds, speed))))
        if speech.seconds >= LEAST_SCORED:
            note("p808", s, gate.p808(s))
    everything = [s for own in groups.values() for s in own]
    long = [s for s in everything if len(spoken_tokens(s.text)) >= LEAST_WORDS]
    for s, heard in zip(long, gate.hear(long), strict=True):
        note("words", s, heard.rate)
    for s, value in gate.likeness(everything):
        note("speaker", s, value)
    # P.835 is dear: one utterance in three.
    for s in [s for s in everything if s.speech.seconds >= LEAST_SCORED][::3]:
        note("overall", s, gate.overall([s]))
    return dict(found)


def _extremes(rows: list[Measurement], count: int = 3) -> list[Measurement]:
    ordered = sorted(rows, key=lambda m: m.value)
    return [*ordered[:count], *ordered[-count:]] if len(ordered) > 2 * count else ordered


def encode(limits: EngineLimits) -> bytes:
    """The bytes of a file of limits."""
    return msgspec.json.format(msgspec.json.encode(limits), indent=1) + b"\n"
