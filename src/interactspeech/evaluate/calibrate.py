"""Measure what is normal for an engine, and set the limits of the quality gate by it.

Each voice says texts in styles as dialogues have them. A limit is the most extreme value that was
found, moved away from the median by a quarter of its distance to it, so that speech like that which
was measured passes; of recognition, whose errors are often the recogniser's own, it is the 99th
percentile. The speech that is measured is taken for good: listen to the report's extremes before
you trust the limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interactspeech.dialogue import Speech, spoken_tokens
from interactspeech.errors import InputError
from interactspeech.evaluate.gate import LEAST_SECONDS, LEAST_WORDS, Gate, Spoken
from interactspeech.evaluate.limits import UNMEASURED, EngineLimits, Limits, Pace, size
from interactspeech.evaluate.quality import quality
from interactspeech.seeds import generator
from interactspeech.voices import Engine, Style

#: How far beyond the most extreme value that was found a limit lies.
_MARGIN = 0.25
#: Utterances of one speaker that are compared with one another.
_GROUP = 6
#: A limit of clipping is not below this, one of pauses not below that (seconds).
_LEAST_CLIPPING, _LEAST_PAUSE = 1e-4, 0.6
#: A voice's utterances below which its pace is not fitted.
_LEAST_FIT = 8


@dataclass(frozen=True, eq=False)
class Measurement:
    """One utterance that was measured; `extremes` of a report name it."""

    text: str
    voice: str
    value: float


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
        texts: utterances of dialogues; a few hundred, and eight a voice at least.
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
    if len(spoken) < max(_LEAST_FIT * len(voices), 40):
        raise InputError(
            f"{len(spoken)} texts are too few to measure {len(voices)} voice(s)",
            remedy=f"give {max(_LEAST_FIT * len(voices), 40)} or more",
            reason="too-few-texts",
        )
    paces = _paces(spoken)
    found = _measured(spoken, paces, gate)
    values = {name: np.array([m.value for m in rows]) for name, rows in found.items()}
    limits = Limits(
        clipping=max(_upper(values["clipping"]), _LEAST_CLIPPING),
        pause=max(_upper(values["pause"]), _LEAST_PAUSE),
        level=(_lower(values["level"]), _upper(values["level"])),
        length=(_ratio(_lower(values["length"])), _ratio(_upper(values["length"]))),
        word_errors=round(float(np.percentile(values["words"], 99)), 3),
        overall=_lower(values["overall"]),
        p808=_lower(values["p808"]),
        # A voice that speaks alone cannot be compared with itself.
        similarity=_lower(values["speaker"])
        if "speaker" in values
        else UNMEASURED.limits.similarity,
    )
    measured = {
        name: tuple(round(float(v), 4) for v in np.percentile(row, (0, 1, 50, 99, 100)))
        for name, row in values.items()
    }
    seconds = round(sum(speech.seconds for _, _, speech in spoken), 1)
    return Calibration(
        EngineLimits(engine.name, engine.version, len(spoken), seconds, limits, paces, measured),
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
    """Least squares of relative errors, for each voice."""
    voices: dict[str, list[tuple[str, float, Speech]]] = defaultdict(list)
    for one in spoken:
        voices[one[2].voice.name].append(one)
    return {name: _pace(rows) for name, rows in sorted(voices.items()) if len(rows) >= _LEAST_FIT}


def _pace(rows: Sequence[tuple[str, float, Speech]]) -> Pace:
    sizes = np.array([(1.0, *size(text)) for text, _, _ in rows])
    seconds = np.array([speech.seconds * speed for _, speed, speech in rows])
    # Few utterances say little about the base and the marks: both are drawn to what is usual.
    usual = UNMEASURED.paces[""]
    prior = np.diag([2.0, 0.0, 2.0])
    target = np.array([2.0 * usual.base, 0.0, 2.0 * usual.mark])
    matrix = np.vstack([sizes / seconds[:, None], prior])
    found = np.linalg.lstsq(matrix, np.concatenate([np.ones(len(rows)), target]), rcond=None)[0]
    base, letter, mark = (round(max(float(value), 0.0), 4) for value in found)
    return Pace(base, letter, mark)


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
        note("level", s, plain.level)
        if voice in paces and sum(map(str.isalnum, text)) >= 12:
            note("length", s, float(np.log(plain.seconds / paces[voice].expected(text, speed))))
        if speech.seconds >= LEAST_SECONDS:
            note("p808", s, gate.p808(s))
    everything = [s for own in groups.values() for s in own]
    long = [s for s in everything if len(spoken_tokens(s.text)) >= LEAST_WORDS]
    for s, heard in zip(long, gate.hear(long), strict=True):
        note("words", s, heard.rate)
    for s, value in gate.likeness(everything):
        note("speaker", s, value)
    # P.835 is dear: one utterance in three.
    for s in [s for s in everything if s.speech.seconds >= LEAST_SECONDS][::3]:
        note("overall", s, gate.overall([s]))
    return dict(found)


def _upper(values: np.ndarray) -> float:
    middle = float(np.median(values))
    return round(middle + (1 + _MARGIN) * (float(values.max()) - middle), 4)


def _lower(values: np.ndarray) -> float:
    middle = float(np.median(values))
    return round(middle - (1 + _MARGIN) * (middle - float(values.min())), 4)


def _ratio(logarithm: float) -> float:
    return round(float(np.exp(logarithm)), 4)


def _extremes(rows: list[Measurement], count: int = 3) -> list[Measurement]:
    ordered = sorted(rows, key=lambda m: m.value)
    return [*ordered[:count], *ordered[-count:]] if len(ordered) > 2 * count else ordered


def encode(limits: EngineLimits) -> bytes:
    """The bytes of a file of limits."""
    return msgspec.json.format(msgspec.json.encode(limits), indent=1) + b"\n"
