"""Pitch and onset of any engine's speech by resampling: cheap, with exact word times.

Resampling by a factor raises the pitch by that factor, formants included, as if the speaker were a
little smaller; the rate stays if the engine speaks slower by the same factor. One semitone is 6 %,
so the few semitones by which people vary between utterances stay within one speaker's sound. A
vocoder would keep the formants, at a hundred times the cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.records import Samples, Speech, Word

#: A rise holds for so many seconds and has faded after so many: competing speakers keep their pitch
#: up until the overlap is resolved (Kurtić, Brown and Wells 2009), in the median after 0.5 s.
_HOLD_SECONDS, _FADED = 0.5, 1.2
#: The part with a rise is read from samples this many times as dense, between which a line is
#: drawn: the error at 8 kHz is 41 dB down, where speech is weak by itself.
_OVERSAMPLING = 8
#: Seconds of the end that rise, and points at which a curve of pitch is averaged.
_END_SECONDS = 0.45
_CURVE_POINTS = 64


def frequency_factor(semitones: float) -> float:
    """The factor on frequency.

    >>> round(ratio(12.0), 6)
    2.0
    """
    return float(2.0 ** (semitones / 12))


def shift_pitch(speech: Speech, semitones: float) -> Speech:
    """`speech` higher by `semitones`, and shorter by the same factor.

    Sample t becomes ``floor(t * m / n)``, with n samples before and m after: words that touched
    still touch.
    """
    import soxr

    factor = frequency_factor(semitones)
    length = max(len(speech.words), round(len(speech.samples) / factor))
    samples = np.zeros(length, np.float32)
    heard = soxr.resample(speech.samples, speech.rate * factor, speech.rate, quality="HQ")
    samples[: len(heard)] = heard[:length]
    before = len(speech.samples)
    return _map_words(speech, samples, lambda t: t * length // before)


def raise_onset(speech: Speech, semitones: float) -> Speech:
    """`speech` with an onset `semitones` higher, and as much faster, normal after 1.2 s.

    Later samples are copied.
    """
    import soxr

    rate = speech.rate
    source = min(round(_FADED * rate), len(speech.samples))
    held = _HOLD_SECONDS / _FADED
    # The speed is 1 + d while it holds and falls to 1 along a raised cosine: on average 1 + d mean.
    mean = (1 + held) / 2
    count = round(source / (1 + (frequency_factor(semitones) - 1) * mean))
    if count == source or count < 2:
        return speech
    step = (source / count - 1) / mean  # so that the part ends at a whole sample
    time = np.arange(count) / count
    fading = np.maximum(time - held, 0.0) / (1 - held)
    speed_sum = np.minimum(time, held) + (1 - held) / 2 * (fading + np.sin(np.pi * fading) / np.pi)
    at = (time + step * speed_sum) * count
    dense = soxr.resample(
        speech.samples[: source + rate // 100], rate, rate * _OVERSAMPLING, quality="HQ"
    )
    begin = _read_between(dense, at * _OVERSAMPLING)
    samples = np.concatenate([begin, speech.samples[source:]])

    def mapped(t: int) -> int:
        if t >= source:
            return t - source + count
        return int(np.searchsorted(at, t, side="left"))

    return _map_words(speech, samples, mapped)


def bend_pitch(speech: Speech, semitones: float) -> Speech:
    """`speech` whose pitch moves by `semitones` more from its start to its end, evenly.

    It begins half of that lower and ends half of it higher, and is about as long as before. For a
    word or two: a longer line would change its pace.
    """
    return _bent(speech, 0, lambda time: semitones * (time - 0.5))


def raise_end(speech: Speech, semitones: float) -> Speech:
    """`speech` whose last 0.45 s rise by `semitones`; earlier samples are copied.

    The rise begins slowly and is over a fifth before the end, where speech dies away.
    """
    first = max(0, len(speech.samples) - round(_END_SECONDS * speech.rate))

    def curve(time: Float64Array) -> Float64Array:
        return semitones * (0.5 - 0.5 * np.cos(np.pi * np.minimum(time / 0.8, 1.0)))

    return _bent(speech, first, curve)


def _bent(speech: Speech, first: int, curve: Callable[[Float64Array], Float64Array]) -> Speech:
    """`speech` with its pitch moved from sample `first` on.

    Args:
        speech: to be bent.
        first: sample.
        curve: semitones at a time in [0, 1) from there to the end.
    """
    import soxr

    rate, source = speech.rate, len(speech.samples) - first
    if source < rate // 50:
        return speech
    fine = np.arange(_CURVE_POINTS) / _CURVE_POINTS
    count = max(len(speech.words), round(source / np.mean(np.exp2(curve(fine) / 12))))
    speed = np.exp2(curve(np.arange(count) / count) / 12)
    at = np.concatenate([[0.0], np.cumsum(speed[:-1])]) * (source / speed.sum())
    margin = min(first, rate // 100)  # so that the filter has settled where the part begins
    dense = soxr.resample(
        speech.samples[first - margin :], rate, rate * _OVERSAMPLING, quality="HQ"
    )
    end = _read_between(dense, (at + margin) * _OVERSAMPLING)

    def mapped(t: int) -> int:
        return t if t <= first else first + int(np.searchsorted(at, t - first, side="left"))

    return _map_words(speech, np.concatenate([speech.samples[:first], end]), mapped)


def _read_between(samples: Samples, places: Float64Array) -> Samples:
    """`samples` at `places` that are no whole numbers, by straight lines; the last one beyond."""
    below = np.minimum(places.astype(np.int64), len(samples) - 2)
    share = np.minimum(places - below, 1.0).astype(np.float32)
    found = samples[below]
    found += share * (samples[below + 1] - found)
    return found


def _map_words(speech: Speech, samples: Samples, mapped: Callable[[int], int]) -> Speech:
    """`speech` with other samples and its word times through `mapped`; no word is empty."""
    words: list[Word] = []
    last = 0
    for left, word in enumerate(speech.words):
        room = len(samples) - (len(speech.words) - left - 1)
        start = min(max(mapped(word.start), last), room - 1)
        end = min(max(mapped(word.end), start + 1), room)
        words.append(Word(word.text, start, end, word.fragment))
        last = end
    if speech.words and speech.words[-1].end == len(speech.samples):
        words[-1] = Word(words[-1].text, words[-1].start, len(samples), words[-1].fragment)
    return replace(speech, samples=samples, words=tuple(words))
