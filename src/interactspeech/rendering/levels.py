"""How loud each line is played: speakers alike, listeners softer, nothing clipped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from interactspeech.records import Delivery
from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.speech_outline import Outline
from interactspeech.rendering.spoken_lines import SpokenLine

#: Full scale that no clip may exceed.
PEAK = 0.97
#: A line keeps its distance from the speaker's mean level up to this (dB): some are said softly,
#: but an engine's one faint line should not get lost.
_SPREAD = 3.0


def gains(
    lines: Sequence[SpokenLine],
    outlines: Mapping[str, Outline],
    delivered: Mapping[str, Delivery],
    rng: np.random.Generator,
    settings: PlanSettings,
) -> dict[str, float]:
    """Line id -> factor on its samples; 1.0 for a line of unknown power.

    A speaker's level is the mean power of their turns, weighted by length (a gated mean, as in
    ITU-R BS.1770-4, of the outlines' loudness-weighted power). Each line then has its delivery's
    level. If a line would pass `PEAK`, all
    lines of its speaker are played lower, so that levels inside a voice stay as they are.
    """
    speakers = sorted({line.speaker for line in lines})
    own = dict(
        zip(
            speakers,
            (settings.speaker_spread * rng.standard_normal(len(speakers))).tolist(),
            strict=True,
        )
    )
    found: dict[str, float] = {}
    for speaker in speakers:
        mine = [line for line in lines if line.speaker == speaker and outlines[line.id].power > 0]
        turns = [line for line in mine if line.role == "turn"] or mine
        if not turns:
            continue
        total = sum(outlines[line.id].length for line in turns)
        mean = sum(outlines[line.id].power * outlines[line.id].length for line in turns) / total
        wanted: dict[str, float] = {}
        for line in mine:
            shape = outlines[line.id]
            off = 10 * math.log10(shape.power / mean)
            target = settings.level + max(-2.5, min(2.5, own[speaker]))
            if line.role == "backchannel":
                # Heard alone, so its own level counts, not its distance from the mean.
                target += settings.backchannel_level
                off = max(-1.0, min(1.0, off))
            else:
                off = max(-_SPREAD, min(_SPREAD, off))
            target += delivered[line.id].level
            wanted[line.id] = 10 ** ((target + off - 10 * math.log10(shape.power)) / 20)
        over = max(wanted[line.id] * _peak(line.id, outlines, delivered, settings) for line in mine)
        over /= PEAK
        for name, gain in wanted.items():
            found[name] = gain / max(1.0, over)
    return {line.id: found.get(line.id, 1.0) for line in lines}


def _peak(
    line: str,
    outlines: Mapping[str, Outline],
    delivered: Mapping[str, Delivery],
    settings: PlanSettings,
) -> float:
    """The largest magnitude of a line under the largest swell it can have."""
    resist = settings.manners.resist if settings.manners else 0.0
    swell = max(0.0, delivered[line].onset) + resist
    return float(outlines[line].peak * 10 ** (swell / 20))
