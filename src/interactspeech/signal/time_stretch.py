"""Speech made a little longer or shorter without changing its pitch.

An engine's speed gets a listener's "yeah" near the length that people would take; engines step in
frames of 25 ms and leave their range when they are hurried. The rest is done here, by waveform
similarity overlap-add (WSOLA: Verhelst and Roelands 1993, ICASSP): the output is made of windowed
frames of the input, each taken within a small search around its nominal place, where it best
continues the frame before.

```
input    |====|        |====|           frames are read `step` apart, +- search
output   |====|  |====|                 and overlap-added half a frame apart
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.records import Samples, Speech, Word

#: Factors on the length: at least, at most. People draw a "yeah" out for long, so stretching may go
#: farther than hurrying.
RANGE = (0.75, 1.5)
_FRAME, _SEARCH = 0.03, 0.008
#: Over so many seconds a stretched word goes over into what follows it.
_JOINT = 0.01


def stretched(speech: Speech, seconds: float, factors: tuple[float, float] = RANGE) -> Speech:
    """`speech` with a length as near to `seconds` as the `factors` (least, most) allow.

    Word times scale with it, in integers. A change of less than half a frame (15 ms) is not made.

    Raises:
        ValueError: the factors do not hold 1, or the least is not positive.
    """
    least, most = factors
    if not 0.0 < least <= 1.0 <= most:
        raise ValueError(f"factors from {least} to {most} do not hold 1")
    length = len(speech.samples)
    wanted = min(max(seconds * speech.rate, length * least), length * most)
    wanted = max(1, round(wanted))
    if abs(wanted - length) < _FRAME / 2 * speech.rate or length < 2 * _FRAME * speech.rate:
        return speech
    samples = _wsola(speech.samples, wanted, speech.rate)
    words: list[Word] = []
    last = 0
    for word in speech.words:
        start = max(word.start * wanted // length, last)
        end = min(max(word.end * wanted // length, start + 1), wanted)
        words.append(Word(word.text, start, end, word.fragment))
        last = end
    return Speech(samples, speech.rate, tuple(words), speech.times, speech.voice)


def lengthened(speech: Speech, seconds: Mapping[int, float]) -> Speech:
    """`speech` in which some words last as long as is said; the others keep every sample.

    A stretched word goes over into its own last 10 ms at the place, within 8 ms of the wanted one,
    where the two fit best; word times are exact all the same, for the place is known. Words shorter
    than two frames (60 ms) are left as they are, and nothing is lengthened by less than 15 ms.

    Args:
        speech: what was spoken.
        seconds: index of the word -> how long it should last.
    """
    rate = speech.rate
    parts: list[Samples] = []
    words = list(speech.words)
    moved, done = 0, 0
    for index, word in enumerate(speech.words):
        words[index] = Word(word.text, word.start + moved, word.end + moved, word.fragment)
        length = word.end - word.start
        wanted = round(seconds.get(index, 0.0) * rate)
        if wanted - length < _FRAME / 2 * rate or length < 2 * _FRAME * rate:
            continue
        parts += [speech.samples[done : word.start], _drawn_out(speech, word, wanted)]
        done = word.end
        grown = len(parts[-1]) - length
        words[index] = Word(word.text, words[index].start, words[index].end + grown, word.fragment)
        moved += grown
    if not parts:
        return speech
    parts.append(speech.samples[done:])
    return replace(speech, samples=np.concatenate(parts), words=tuple(words))


def _drawn_out(speech: Speech, word: Word, wanted: int) -> Samples:
    """The samples of a word, about `wanted` of them, ending so that what follows continues it."""
    rate = speech.rate
    said = speech.samples[word.start : word.end]
    search, fade = round(_SEARCH * rate), round(_JOINT * rate)
    leading = said[-fade:]
    long = _wsola(said, wanted + search, rate)
    around = long[wanted - search - fade :]
    energy = _moving_energy(around, fade)
    match = np.correlate(around, leading, "valid") / np.sqrt(energy + 1e-9)
    end = wanted - search + int(match.argmax())
    made = long[:end].copy()
    ramp = (np.arange(fade, dtype=np.float32) + np.float32(0.5)) / np.float32(fade)
    made[end - fade :] += ramp * (leading - made[end - fade :])
    return made


def _best_place(around: Samples, target: Samples, loudness: Float32Array) -> int:
    """Where in `around` it is most like `target`: on every other sample first, then exactly."""
    coarse = np.correlate(around[::2], target[::2], "valid")
    best = 2 * int((coarse / loudness[::2]).argmax())
    low, high = max(best - 1, 0), min(best + 1, len(loudness) - 1)
    match = np.correlate(around[low : high + len(target)], target, "valid")
    return low + int((match / loudness[low : high + 1]).argmax())


def _moving_energy(samples: Samples, length: int) -> Float64Array:
    """The energy of each `length` samples in a row."""
    total = np.cumsum(np.square(samples, dtype=np.float64))
    energy = total[length - 1 :].copy()
    energy[1:] -= total[:-length]
    return np.asarray(np.maximum(energy, 0.0), np.float64)


def _wsola(samples: Samples, wanted: int, rate: int) -> Samples:
    half = round(_FRAME / 2 * rate)
    search = round(_SEARCH * rate)
    frame = 2 * half
    # Raised cosine: frames half a length apart add up to one.
    window = (0.5 - 0.5 * np.cos((np.arange(frame) + 0.5) * np.pi / half)).astype(np.float32)
    margin = half + search
    padded = np.pad(samples, (margin, margin + frame + search))
    count = -(-wanted // half) + 1
    output = np.zeros((count + 1) * half, np.float32)
    loudness = np.sqrt(_moving_energy(padded, frame) + 1e-9).astype(np.float32)
    step = len(samples) / wanted
    at = margin - half
    for index in range(count):
        if index:
            nominal = round((index - 1) * half * step) + margin
            target = padded[at + half : at + half + frame]  # what would follow by itself
            low = max(0, min(nominal - search, len(padded) - frame - 2 * search))
            around = padded[low : low + frame + 2 * search]
            if len(target) == frame and target.any():
                at = low + _best_place(around, target, loudness[low : low + 2 * search + 1])
            else:
                at = min(nominal, len(padded) - frame)
        output[index * half : index * half + frame] += window * padded[at : at + frame]
    return output[half : half + wanted]
