"""One channel with two speakers split into a channel for each, by a diarizer.

The listener's network for mixed channels is small, and was trained on few voices. A diarizer with
pretrained weights separates voices better: each speaker's channel holds the recording where the
diarizer hears that speaker, and zeros elsewhere. Where both talk, both channels hold the mixture.
Segments keep a margin of the silence around them, for their softest sounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.diarization import Diarizer
from interactspeech.listener.output import finite
from interactspeech.signal.pages import AudioSource

_SPEAKERS = 2
#: Seconds of silence that a segment keeps on either side.
_MARGIN = 0.05


@dataclass(frozen=True, eq=False)
class DownmixedSource:
    """A recording whose channels are averaged to one, as an `AudioSource`."""

    source: AudioSource

    @property
    def rate(self) -> int:
        """Samples a second."""
        return self.source.rate

    @property
    def samples(self) -> int:
        """Length in samples."""
        return self.source.samples

    @property
    def channels(self) -> int:
        """One."""
        return 1

    def read(self, start: int, stop: int) -> Float32Array:
        """Samples ``[start, stop)``, shape ``(1, n)``; what is not finite is silence."""
        sound = finite(self.source.read(start, stop))
        return np.asarray(sound.mean(axis=0, keepdims=True), np.float32)


def split_by_diarization(
    source: AudioSource, diarizer: Diarizer, *, block: int
) -> Iterator[Float32Array]:
    """A recording of two speakers as blocks of two channels.

    Args:
        source: at 16 kHz; channels are averaged.
        diarizer: asked for two speakers.
        block: samples of a block.

    Yields:
        Shape ``(2, n)``: the audio where a speaker talks and just around, zeros elsewhere.
    """
    mixed = DownmixedSource(source)
    spans = diarizer.diarize(mixed, _SPEAKERS).spans[:_SPEAKERS] if mixed.samples else ()
    margin = round(_MARGIN * mixed.rate)
    if len(spans) == _SPEAKERS:
        spans = (_widened(spans[0], spans[1], margin), _widened(spans[1], spans[0], margin))
    for start in range(0, mixed.samples, block):
        sound = mixed.read(start, min(start + block, mixed.samples))
        sides = np.zeros((_SPEAKERS, sound.shape[1]), np.float32)
        for side, rows in zip(sides, spans, strict=False):
            for begin, end in rows[(rows[:, 1] > start) & (rows[:, 0] < start + block)].tolist():
                here = slice(max(begin - start, 0), max(end - start, 0))
                side[here] = sound[0, here]
        yield sides


def _widened(own: Int64Array, other: Int64Array, margin: int) -> Int64Array:
    """Spans of one speaker with a margin on either side, as far as the other is silent there."""
    if not len(own) or not len(other):
        return np.asarray(np.maximum(own + np.array([-margin, margin]), 0), np.int64)
    before = np.searchsorted(other[:, 0], own[:, 0]) - 1
    after = np.searchsorted(other[:, 1], own[:, 1], side="right")
    ended = np.where(before < 0, 0, other[before, 1])
    begins = np.where(
        after == len(other), own[:, 1] + margin, other[np.minimum(after, len(other) - 1), 0]
    )
    first = np.minimum(np.maximum(own[:, 0] - margin, ended), own[:, 0])
    last = np.maximum(np.minimum(own[:, 1] + margin, begins), own[:, 1])
    return np.stack((np.maximum(first, 0), last), axis=1)


__all__ = ["DownmixedSource", "split_by_diarization"]
