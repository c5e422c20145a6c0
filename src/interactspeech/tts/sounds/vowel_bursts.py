"""Voiced bursts cut from a voice's own vowel at another pitch: pitch-synchronous overlap-add.

Periods of the vowel are cut out under windows two periods long, each around a peak of the wave, and
laid down again at the distances of the pitch that is asked for (TD-PSOLA: Moulines and Charpentier
1990, Speech Communication 9). Formants, and with them the speaker, stay as they are.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.records import Samples
from interactspeech.tts.sounds.voice_portrait import Vowel


def vowel_burst(
    vowel: Vowel, rate: int, pitch: Float64Array, rng: np.random.Generator, jitter: float = 0.012
) -> Samples:
    """The vowel with the pitch `pitch` (hertz), one value a sample; as many samples come out.

    Args:
        vowel: of the voice.
        rate: samples a second.
        pitch: shape ``(n,)``, positive.
        rng: draws which period comes next, and how far each is off its place.
        jitter: standard deviation of a period, as a share of it.
    """
    period = rate / vowel.pitch
    marks = _marks(vowel.samples, period)
    half = round(period)
    usable = [m for m in marks if half <= m < len(vowel.samples) - half]
    count = len(pitch)
    out = np.zeros(count + 2 * half, np.float32)
    if not usable:
        return out[:count]
    window = np.hanning(2 * half + 1)[:-1].astype(np.float32)
    grains = [vowel.samples[m - half : m + half] * window for m in usable]
    at, index, step = 0.0, len(grains) // 2, 1
    while at < count:
        place = round(at)
        out[place : place + 2 * half] += grains[index]
        # To and fro through the vowel, so that no period is heard twice in a row.
        if len(grains) > 1:
            if not 0 <= index + step < len(grains):
                step = -step
            index += step
        at += rate / float(pitch[min(place, count - 1)]) * (1 + jitter * rng.standard_normal())
    return out[half : half + count]


def _marks(samples: Samples, period: float) -> list[int]:
    """Peaks one period apart, from the highest one outwards."""
    size = len(samples)
    start = int(np.abs(samples[size // 4 : size - size // 4]).argmax()) + size // 4
    signed = samples * np.sign(samples[start])
    marks = [start]
    for direction in (-1, 1):
        at = start
        while True:
            expected = at + direction * period
            low, high = round(expected - 0.2 * period), round(expected + 0.2 * period) + 1
            if low < 0 or high > size:
                break
            at = low + int(signed[low:high].argmax())
            marks.append(at)
    return sorted(marks)
