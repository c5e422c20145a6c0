"""The interface of diarizers: one channel in, the speech of each speaker out, with overlaps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.signal.intervals import intervals, union
from interactspeech.signal.pages import AudioSource


@dataclass(frozen=True, eq=False)
class Diarization:
    """Who talks when.

    Attributes:
        rate: samples a second of the recording.
        length: of the recording, in samples.
        spans: for each speaker ``(n, 2)`` samples at `rate`, sorted and disjoint; the speakers in
            the order in which they begin to talk. Spans of two speakers may overlap.
        confidence: for each speaker ``(n,)`` in [0, 1], as far as the engine gives it; else 1.
        engine: name and version of the diarizer: "offline 2".
    """

    rate: int
    length: int
    spans: tuple[Int64Array, ...]
    confidence: tuple[Float32Array, ...]
    engine: str = ""

    @property
    def speakers(self) -> int:
        """How many there are."""
        return len(self.spans)


class Diarizer(ABC):
    """Assigns the speech on one channel to speakers. An instance keeps its models loaded."""

    #: Name and version, stored with its results.
    name: str

    @abstractmethod
    def diarize(self, source: AudioSource, speakers: int | None = None) -> Diarization:
        """Who talks when in a recording of one channel.

        Args:
            source: any rate and length; it is not read as a whole where the engine allows.
            speakers: how many there are, if known; the result has fewer where fewer are found.

        Raises:
            ValueError: the recording has more than one channel.
            MissingExtraError: the engine's package is not installed.
            InputError: the recording cannot be read, or the engine cannot be had.
        """


def one_channel(source: AudioSource) -> None:
    """Refuse a recording of several channels."""
    if source.channels != 1:
        raise ValueError(f"a diarizer listens to one channel, not to {source.channels}")


def from_seconds(
    turns: Iterable[tuple[float, float, str]], source: AudioSource, engine: str
) -> Diarization:
    """A diarization from turns ``(start, end, speaker)`` in seconds, in any order.

    Turns of one speaker that touch or overlap are joined; what lies outside is cut off.
    """
    rows: dict[str, list[tuple[int, int]]] = {}
    for start, end, speaker in sorted(turns):
        first = min(max(round(start * source.rate), 0), source.samples)
        last = min(max(round(end * source.rate), 0), source.samples)
        if last <= first:
            continue
        rows.setdefault(speaker, []).append((first, last))
    spans = tuple(union(intervals(mine)) for mine in rows.values())
    sure = tuple(np.ones(len(mine), np.float32) for mine in spans)
    return Diarization(source.rate, source.samples, spans, sure, engine)
