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

from interactspeech._typing import Float64Array
from interactspeech.records import Samples, Speech, Word

#: Factors on the length: at least, at most. People draw a "yeah" out for long, so stretching may go
#: farther than hurrying.
RANGE = (0.75, 1.5)
_FRAME, _SEARCH = 0.03, 0.008
#: Energy that is added to a frame's, so that silence can be divided by.
_QUIET = 1e-9
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


def _moving_energy(samples: Samples, length: int) -> Float64Array:
    """The energy of each `length` samples in a row."""
    total = np.cumsum(np.square(samples, dtype=np.float64))
    energy = total[length - 1 :].copy()
    energy[1:] -= total[:-length]
    return np.asarray(np.maximum(energy, 0.0), np.float64)


def _wsola(samples: Samples, wanted: int, rate: int) -> Samples:
    """`samples` as `wanted` many; where a frame continues best is found on every other sample
    first, then exactly.
    """
    half = round(_FRAME / 2 * rate)
    search = round(_SEARCH * rate)
    frame = 2 * half
    # Raised cosine: frames half a length apart add up to one.
    window = (0.5 - 0.5 * np.cos((np.arange(frame) + 0.5) * np.pi / half)).astype(np.float32)
    margin = half + search
    padded = np.pad(samples, (margin, margin + frame + search))
    count = -(-wanted // half) + 1
    output = np.zeros((count + 1) * half, np.float32)
    loudness = np.sqrt(_moving_energy(padded, frame) + _QUIET).astype(np.float32)
    silent = float(np.sqrt(_QUIET)) * 1.0001
    # Every other sample, from an even place on and from an odd one.
    thinned = [np.ascontiguousarray(padded[parity::2]) for parity in (0, 1)]
    thinned_loudness = [np.ascontiguousarray(loudness[parity::2]) for parity in (0, 1)]
    step = len(samples) / wanted
    last = len(padded) - frame
    at = margin - half
    for index in range(count):
        if index:
            nominal = round((index - 1) * half * step) + margin
            follows = at + half  # what would follow by itself
            if follows <= last and loudness[follows] > silent:
                low = max(0, min(nominal - search, last - 2 * search))
                place, wanted_place = low >> 1, follows >> 1
                coarse = np.correlate(
                    thinned[low & 1][place : place + half + search],
                    thinned[follows & 1][wanted_place : wanted_place + half],
                    "valid",
                )
                coarse /= thinned_loudness[low & 1][place : place + search + 1]
                best = low + 2 * int(coarse.argmax())
                first = max(best - 1, low)
                end = min(best + 1, low + 2 * search) + 1
                fine = np.correlate(
                    padded[first : end - 1 + frame], padded[follows : follows + frame], "valid"
                )
                fine /= loudness[first:end]
                at = first + int(fine.argmax())
            else:
                at = min(nominal, last)
        output[index * half : index * half + frame] += window * padded[at : at + frame]
    return output[half : half + wanted]
