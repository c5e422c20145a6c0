"""Where one clean utterance has speech, by its energy alone: levels of frames, stretches of speech.

For synthesised or otherwise clean sound; recordings go through `interactspeech.models.vad`.
"""

from __future__ import annotations

import numpy as np

from interactspeech._typing import BoolArray, Float64Array
from interactspeech.records import Samples
from interactspeech.signal.intervals import runs

#: A frame is silent when its level is this far below the loud frames of the utterance (decibels).
SILENCE_DB = 40.0
#: Speech begins and ends with frames that are this near to the loud ones, and with what leads up to
#: them or dies away after them: engines add breath and noise of up to half a second, 35 dB down.
_SPEECH_DB = 25.0
_LEAD_SECONDS, _DECAY_SECONDS = 0.04, 0.1
#: Frames of 10 ms every 5 ms.
_HOP_SECONDS = 0.005
#: A silence shorter than this is the closure of a stop ("at ten"), which belongs to a word.
_PAUSE_SECONDS = 0.06

#: Words or stretches of speech: ``(start, end)`` in samples, half-open.
Bounds = list[tuple[int, int]]


def levels(samples: Samples, rate: int) -> Float64Array:
    """Level of each frame in decibels above the loud ones (95th percentile); ``(frames,)``."""
    hop = int(_HOP_SECONDS * rate)
    count = -(-len(samples) // hop)
    whole = len(samples) // hop
    half = np.zeros(count)
    steps = samples[: whole * hop].reshape(whole, hop)
    half[:whole] = np.einsum("ij,ij->i", steps, steps, dtype=np.float32)
    if count > whole:
        rest = samples[whole * hop :]
        half[whole] = np.dot(rest, rest)
    half /= hop
    padded = np.concatenate([half[:1], half, half[-1:]])
    frames = (padded[:-2] + 2 * half + padded[2:]) / 4
    decibels = 10 * np.log10(frames + 1e-12)
    # Where nothing is louder than -60 dB of full scale there is no speech to compare with.
    return np.asarray(decibels - max(_high_level(decibels), -60.0))


def _high_level(decibels: Float64Array) -> float:
    """The 95th percentile; `np.percentile` takes longer than all the rest of `levels`."""
    place = 0.95 * (len(decibels) - 1)
    low = int(place)
    high = min(low + 1, len(decibels) - 1)
    parted = np.partition(decibels, (low, high))
    return float(parted[low] + (place - low) * (parted[high] - parted[low]))


def activity(samples: Samples, rate: int, below: float = SILENCE_DB) -> BoolArray:
    """Whether each 5 ms frame is within `below` decibels of the loud frames."""
    return np.asarray(levels(samples, rate) > -below)


def active_spans(active: BoolArray, rate: int) -> Bounds:
    """Stretches of active frames in samples, silences shorter than a pause bridged."""
    hop = int(_HOP_SECONDS * rate)
    spans: Bounds = []
    for start, end in runs(active).tolist():
        if spans and (start * hop - spans[-1][1]) < _PAUSE_SECONDS * rate:
            spans[-1] = (spans[-1][0], end * hop)
        elif end - start >= 3 or not spans:  # a click of 10 ms is no speech
            spans.append((start * hop, end * hop))
    return spans


def drop_edge_noise(active: BoolArray, decibels: Float64Array) -> None:
    """Take the noise at both edges out of `active` (in place)."""
    loud = np.flatnonzero(decibels > -_SPEECH_DB)
    if not loud.size:
        active[:] = False
        return
    quiet = np.flatnonzero(~active)
    lead, decay = (round(s / _HOP_SECONDS) for s in (_LEAD_SECONDS, _DECAY_SECONDS))
    before, after = quiet[quiet < loud[0]], quiet[quiet > loud[-1]]
    first = max(loud[0] - lead, before[-1] + 1 if before.size else 0)
    last = min(loud[-1] + decay, after[0] if after.size else len(active))
    active[:first] = False
    active[last:] = False
