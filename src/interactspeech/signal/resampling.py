"""Speech at another rate, with the times of its words mapped exactly."""

from __future__ import annotations

import numpy as np

from interactspeech.records import Samples, Speech, Word


def resample(speech: Speech, rate: int) -> Speech:
    """`speech` at `rate` samples a second; itself if it is there already.

    The samples go through soxr (very high quality); sample t becomes ``floor(t * rate / old)``, in
    integers, for starts and ends alike, so words that touched still touch. A word never becomes
    empty. The result has ``ceil(n * rate / old)`` samples.

    Raises:
        ValueError: `rate` is not positive.
    """
    if rate <= 0:
        raise ValueError(f"rate {rate} must be positive")
    if rate == speech.rate:
        return speech
    import soxr

    length = -(-len(speech.samples) * rate // speech.rate)
    samples = np.zeros(length, np.float32)
    resampled = soxr.resample(speech.samples, speech.rate, rate, quality="VHQ")
    samples[: len(resampled)] = resampled[:length]
    words: list[Word] = []
    last = 0
    for word in speech.words:
        start = max(map_sample(word.start, speech.rate, rate), last)
        end = min(max(map_sample(word.end, speech.rate, rate), start + 1), length)
        words.append(Word(word.text, start, end, word.fragment))
        last = end
    if words and speech.words[-1].end == len(speech.samples):
        words[-1] = Word(words[-1].text, words[-1].start, length, words[-1].fragment)
    return Speech(samples, rate, tuple(words), speech.times, speech.voice)


def map_sample(sample: int, old: int, new: int) -> int:
    """The sample of a clock of rate `new` at which `sample` of a clock of rate `old` falls."""
    return sample * new // old


def resample_samples(samples: Samples, old: int, new: int) -> Samples:
    """Samples ``(channels, n)`` or ``(n,)`` at another rate, by soxr at high quality, no delay."""
    if old == new:
        return samples
    import soxr

    return np.ascontiguousarray(soxr.resample(samples.T, old, new).T, np.float32)
