"""How many talk when, whoever they are; and the stretches in which one talks alone.

Of all that segmentation says, that one or two talk is the surest: it is kept apart from whose talk
it is, which voices tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.diarization.segmentation import LOCAL, Windows
from interactspeech.models import pyannet
from interactspeech.signal.pages import RATE

FRAME_SECONDS = pyannet.STEP / RATE
#: Probability from which somebody, or a second one, talks.
_TALKS = 0.5


@dataclass(frozen=True, eq=False)
class SpeakerCounts:
    """How many talk in each frame of a recording.

    Attributes:
        one: probability that somebody talks, ``(frames,)``.
        two: probability that two talk.
    """

    one: Float32Array
    two: Float32Array


def bell(length: int) -> Float32Array:
    """Weights of a window's frames: at its edges the network has heard only one side."""
    edge = np.minimum(np.arange(length) + 1, np.arange(length, 0, -1)) / (0.1 * max(length, 1))
    return np.asarray(np.clip(edge, 0.05, 1.0), np.float32)


def talk(windows: Windows) -> SpeakerCounts:
    """The mean over the windows of each frame."""
    found = np.zeros((2, windows.frames), np.float32)
    weight = np.zeros(windows.frames, np.float32)
    length = windows.scores.shape[1]
    weights = bell(length)
    for number, start in enumerate(windows.starts.tolist()):
        size = min(length, windows.frames - start)
        highest = np.sort(windows.scores[number, :size].astype(np.float32), axis=1)
        found[0, start : start + size] += highest[:, -1] * weights[:size]
        found[1, start : start + size] += highest[:, -2] * weights[:size]
        weight[start : start + size] += weights[:size]
    found /= np.maximum(weight, 1e-6)
    return SpeakerCounts(found[0], found[1])


def alone(windows: Windows, heard: SpeakerCounts, longest: float) -> Int64Array:
    """Pieces of talk in which one speaker talks, ``(n, 2)`` frames in order of time.

    A piece ends where talk or overlap does, where the window in whose middle it lies hears another
    speaker, and after `longest` seconds.
    """
    if not len(windows.starts):
        return np.zeros((0, 2), np.int64)
    length = windows.scores.shape[1]
    middles = windows.starts + length / 2
    frames = np.arange(windows.frames)
    window = np.searchsorted((middles[1:] + middles[:-1]) / 2, frames)
    place = np.clip(frames - windows.starts[window], 0, length - 1)
    speaker = windows.scores[window, place].argmax(axis=1) + LOCAL * window
    speaker[(heard.one < _TALKS) | (heard.two >= _TALKS)] = -1
    edges = np.flatnonzero(np.diff(np.concatenate(([-2], speaker, [-2]))))
    found: list[Int64Array] = []
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if speaker[start] >= 0:
            parts = max(1, int(np.ceil((end - start) * FRAME_SECONDS / longest)))
            cuts = np.linspace(start, end, parts + 1).round().astype(np.int64)
            found.append(np.stack((cuts[:-1], cuts[1:]), axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), np.int64)
