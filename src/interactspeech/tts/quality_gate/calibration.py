"""Calibration of the quality gate: measure an engine's speech and set its limits.

Each voice speaks texts in styles as dialogues have them. The speech is assumed to be good: listen
to the report's extremes before you use the limits.

A limit lies a quarter beyond the percentile 0.5 or 99.5 of the measured values (of its distance
from the median), so that few good utterances are retried and hardly any is lost; for recognition,
whose errors are often the recogniser's, it is the 99th percentile. A voice whose usual speech would
be outside the limits of the others (one that whispers, say) has its own limits where it differs: it
is neither rejected nor does it widen the gate for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.records import Speech, spoken_tokens
from interactspeech.seeds import generator
from interactspeech.tts import Engine, Style
from interactspeech.tts.quality_gate.duration_model import DurationModel, fit_duration_model
from interactspeech.tts.quality_gate.gate import (
    LEAST_SCORED,
    MIN_LETTERS,
    MIN_WORDS,
    Gate,
    SpokenUtterance,
)
from interactspeech.tts.quality_gate.limits import UNMEASURED, EngineLimits, UtteranceLimits
from interactspeech.tts.quality_gate.measures import measure_quality

#: How far beyond the outer percentile a limit lies, and which percentile that is.
_MARGIN, _OUTER = 0.25, 0.5
#: A limit of clipping is not below this, one of pauses not below that (seconds).
_LEAST_CLIPPING, _LEAST_PAUSE = 1e-4, 0.6
#: Limits of the level are this far from the median at least (decibels), those of the length this
#: far (natural logarithm of the ratio: 0.75 to 1.34).
_LEAST_LEVEL, _LEAST_LENGTH = 4.0, 0.29
#: Measures in which a voice may be unlike the others of its engine (a voice's length has its own
#: rate already, and words should be recognised from all), and voices from which that can be told.
_OWN, _LEAST_VOICES = ("pause", "level", "p808", "overall"), 4


#: Utterances of one speaker that are compared with one another.
_GROUP = 6
#: Fewest texts of each voice, and in all.
_LEAST_TEXTS, _LEAST_IN_ALL = 3, 40


@dataclass(frozen=True, eq=False)
class Measurement:
    """A measured value of one utterance; reports name the extremes."""

    text: str
    voice: str
    value: float


MeasurementTable = Mapping[str, Sequence[Measurement]]


def limits_from(found: MeasurementTable) -> tuple[UtteranceLimits, dict[str, UtteranceLimits]]:
    """The limits of an engine, and of voices that differ from its others.

    Args:
        found: measure -> utterances; lengths as natural logarithms of actual over expected.
    """
    voices = sorted({m.voice for rows in found.values() for m in rows})
    differ: dict[str, list[str]] = {}
    for voice in voices if len(voices) >= _LEAST_VOICES else ():
        others = _limits(
            {name: [m for m in rows if m.voice != voice] for name, rows in found.items()}
        )
        own = _voice_rows(found, voice)
        if unlike := [name for name in _OWN if own.get(name) and not _is_usual(name, own, others)]:
            differ[voice] = unlike
    usual = _limits(
        {name: [m for m in rows if m.voice not in differ] for name, rows in found.items()}
    )
    apart = {}
    for voice, unlike in differ.items():
        mine = _limits(dict(found) | {name: _voice_rows(found, voice)[name] for name in unlike})
        apart[voice] = msgspec.structs.replace(
            usual, **{name: getattr(mine, name) for name in unlike}
        )
    return usual, apart


def _voice_rows(found: MeasurementTable, voice: str) -> dict[str, list[Measurement]]:
    return {name: [m for m in rows if m.voice == voice] for name, rows in found.items()}


def _is_usual(name: str, own: MeasurementTable, others: UtteranceLimits) -> bool:
    """Whether the median of a voice is within the limits of the others."""
    middle = float(np.median([m.value for m in own[name]]))
    if name == "level":
        return others.level[0] <= middle <= others.level[1]
    return middle <= others.pause if name == "pause" else middle >= getattr(others, name)


def _limits(found: MeasurementTable) -> UtteranceLimits:
    values = {name: np.array([m.value for m in rows]) for name, rows in found.items()}
    low, high = np.exp(_two_sided(values["length"], _LEAST_LENGTH))
    return UtteranceLimits(
        clipping=max(_upper(values["clipping"]), _LEAST_CLIPPING),
        pause=max(_upper(values["pause"]), _LEAST_PAUSE),
        level=_two_sided(values["level"], _LEAST_LEVEL),
        length=(round(float(low), 4), round(float(high), 4)),
        word_errors=round(float(np.percentile(values["words"], 99)), 3),
        overall=_lower(values["overall"]),
        p808=_lower(values["p808"]),
        # A speaker with few utterances has no similarity.
        similarity=_lower(values["speaker"])
        if "speaker" in values
        else UNMEASURED.limits.similarity,
    )


def _upper(values: np.ndarray) -> float:
    middle = float(np.median(values))
    return round(middle + (1 + _MARGIN) * (float(np.percentile(values, 100 - _OUTER)) - middle), 4)


def _lower(values: np.ndarray) -> float:
    middle = float(np.median(values))
    return round(middle - (1 + _MARGIN) * (middle - float(np.percentile(values, _OUTER))), 4)


def _two_sided(values: np.ndarray, width: float) -> tuple[float, float]:
    """Limits on both sides, `width` or more away from the median."""
    middle = float(np.median(values))
    low, high = min(_lower(values), middle - width), max(_upper(values), middle + width)
    return round(low, 4), round(high, 4)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Result of `calibrate`: the limits, and the extreme utterances by each measure."""

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
            continue  # a word that the engine cannot pronounce says nothing about its sound
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
    paces = _fit_voices(spoken)
    found = _measure(spoken, paces, gate)
    usual, apart = limits_from(found)
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


def _fit_voices(spoken: Sequence[tuple[str, float, Speech]]) -> dict[str, DurationModel]:
    """A duration model of the engine, and each voice's factor on it.

    A factor is shrunk towards 1 where a voice has few utterances: its logarithm is the median over
    the voice's utterances times n / (n + 2).
    """
    seconds = np.array([speech.seconds * speed for _, speed, speech in spoken])
    common = fit_duration_model([text for text, _, _ in spoken], seconds)
    ratios: dict[str, list[float]] = defaultdict(list)
    for (text, _, speech), length in zip(spoken, seconds.tolist(), strict=True):
        ratios[speech.voice.name].append(float(np.log(length / common.expected(text))))
    return {
        voice: common.times(float(np.exp(np.median(logs) * len(logs) / (len(logs) + 2))))
        for voice, logs in sorted(ratios.items())
    }


def _measure(
    spoken: Sequence[tuple[str, float, Speech]], paces: dict[str, DurationModel], gate: Gate
) -> dict[str, list[Measurement]]:
    found: dict[str, list[Measurement]] = defaultdict(list)

    def note(measure: str, s: SpokenUtterance, value: float) -> None:
        found[measure].append(Measurement(s.text, s.speech.voice.name, value))

    groups: dict[str, list[SpokenUtterance]] = defaultdict(list)
    for index, (text, speed, speech) in enumerate(spoken):
        voice = speech.voice.name
        group = f"{voice}/{len(groups[voice]) // _GROUP}"
        s = SpokenUtterance(str(index), group, text, speech)
        groups[voice].append(s)
        plain = measure_quality(speech.samples, speech.rate, mos=None)
        note("clipping", s, plain.clipping)
        note("pause", s, plain.longest_silence * speed)
        if sum(map(str.isalnum, text)) >= MIN_LETTERS:
            note("level", s, plain.level)
            note("length", s, float(np.log(paces[voice].ratio(text, plain.seconds, speed))))
        if speech.seconds >= LEAST_SCORED:
            note("p808", s, gate.p808(s))
    everything = [s for own in groups.values() for s in own]
    long = [s for s in everything if len(spoken_tokens(s.text)) >= MIN_WORDS]
    for s, heard in zip(long, gate.hear(long), strict=True):
        note("words", s, heard.rate)
    for s, value in gate.likeness(everything):
        note("speaker", s, value)
    # P.835 is expensive: one utterance in three.
    for s in [s for s in everything if s.speech.seconds >= LEAST_SCORED][::3]:
        note("overall", s, gate.overall([s]))
    return dict(found)


def _extremes(rows: list[Measurement], count: int = 3) -> list[Measurement]:
    ordered = sorted(rows, key=lambda m: m.value)
    return [*ordered[:count], *ordered[-count:]] if len(ordered) > 2 * count else ordered


def encode(limits: EngineLimits) -> bytes:
    """The bytes of a file of limits."""
    return msgspec.json.format(msgspec.json.encode(limits), indent=1) + b"\n"
