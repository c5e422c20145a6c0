"""Long recordings in pages: 16 kHz sound with some context on either side, never the whole file.

All detectors work on pages, so memory is bounded by the page, not by the recording. Pages begin on
whole seconds, which fall on a sample at every rate: results do not depend on page boundaries (up to
the context that a detector needs to settle).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from interactspeech.records import Samples

#: Samples a second of everything that hears.
RATE = 16_000


class AudioSource(Protocol):
    """The source of audio: a recording, opened lazily (`signal.recording.Recording` is one)."""

    @property
    def rate(self) -> int:
        """Samples a second."""
        ...

    @property
    def samples(self) -> int:
        """Length in samples of a channel."""
        ...

    @property
    def channels(self) -> int:
        """Number of channels."""
        ...

    def read(self, start: int, stop: int) -> Samples:
        """Samples ``[start, stop)`` of all channels, float32, shape ``(channels, n)``."""
        ...


@dataclass(frozen=True, eq=False)
class InMemoryAudio:
    """Samples in memory as a `AudioSource`; ``data``: float32, ``(channels, n)`` or ``(n,)``."""

    data: Samples
    rate: int

    @property
    def samples(self) -> int:
        """Length in samples of a channel."""
        return int(self.data.shape[-1])

    @property
    def channels(self) -> int:
        """Number of channels."""
        return 1 if self.data.ndim == 1 else len(self.data)

    def read(self, start: int, stop: int) -> Samples:
        """Samples ``[start, stop)`` of all channels."""
        return np.atleast_2d(self.data)[:, start:stop]


@dataclass(frozen=True, eq=False)
class AudioPage:
    """A stretch of a recording at `RATE`.

    Attributes:
        start: first sample of the page proper, at `RATE`.
        length: samples of the page proper.
        before: samples of context in front of it in `sound`; silence where the recording begins.
        sound: float32, shape ``(channels, before + length + after)``, finite.
    """

    start: int
    length: int
    before: int
    sound: Samples

    @property
    def core(self) -> Samples:
        """The page without its context, shape ``(channels, length)``."""
        return self.sound[:, self.before : self.before + self.length]


def length_at_rate(source: AudioSource) -> int:
    """Length of a recording in samples at `RATE`."""
    return -(-source.samples * RATE // source.rate)


def pages(
    source: AudioSource, seconds: int, before: int = 0, after: int = 0
) -> Iterator[AudioPage]:
    """A recording in pages of `seconds`, each with whole seconds of context on both sides.

    Samples that are not finite are taken as silence; `mining.artifacts` reports them.
    """
    total = length_at_rate(source)
    for first in range(0, -(-source.samples // source.rate), seconds):
        # One second more than asked for, to keep the resampler's edges out of what is used.
        low, high = first - before - 1, first + seconds + after + 1
        got = at_rate(
            source.read(max(low, 0) * source.rate, min(high * source.rate, source.samples)),
            source.rate,
        )
        sound = np.zeros((source.channels, (high - low) * RATE), np.float32)
        offset = max(-low, 0) * RATE
        got = got[:, : sound.shape[1] - offset]
        sound[:, offset : offset + got.shape[1]] = got
        start = first * RATE
        yield AudioPage(
            start, min(seconds * RATE, total - start), before * RATE, sound[:, RATE:-RATE]
        )


def at_rate(samples: Samples, rate: int, wanted: int = RATE) -> Samples:
    """`samples`, shape ``(channels, n)``, at `wanted` samples a second; NaN and infinity as 0."""
    clean = np.asarray(samples, np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        total = clean.sum()  # quick, and no number if a sample is none
    if not np.isfinite(total):
        clean = np.nan_to_num(clean, nan=0.0, posinf=0.0, neginf=0.0)
    if rate == wanted or not clean.shape[1]:
        return clean
    import soxr

    return np.ascontiguousarray(soxr.resample(clean.T, rate, wanted).reshape(-1, len(clean)).T)


def scaled(times: np.ndarray, rate: int, length: int) -> np.ndarray:
    """Times in samples at `RATE` as samples at `rate`, at most `length`; same shape, int64."""
    return np.minimum((times.astype(np.int64) * rate + RATE // 2) // RATE, length)
