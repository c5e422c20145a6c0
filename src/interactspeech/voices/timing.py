"""From the durations of phonemes to the times of words, corrected by where the energy is.

A model's durations are good to about 50 ms inside a phrase, but a word before a mark swallows the
silence after it, and the whole utterance carries silence at its edges. Energy mends both:
boundaries beside silence move to the silence's edges, and what is silent at the edges is cut off.

```
          |<-- lag -->|
durations   w1   |  w2 , |        w3         boundaries as the model says them
shifted   w1   |  w2 , |        w3
energy    ####### ####.........########      a silence inside the stretch between w2 and w3
words     w1   |  w2  |        |   w3  |
```
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from interactspeech.dialogue import Samples
from interactspeech.voices.phonemes import Phonemes

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
#: How far from its own boundary a word may be moved to the edge of a silence without a mark there.
_REACH_SECONDS = 0.09

Bounds = list[tuple[int, int]]


@dataclass(frozen=True)
class Said:
    """Speech of one piece: samples without silent edges, and where its words begin and end."""

    samples: Samples
    bounds: Bounds


def said(
    samples: Samples,
    rate: int,
    piece: Phonemes,
    durations: npt.NDArray[np.float32],
    unit: int,
    lag: int,
) -> Said:
    """Word times of one synthesised piece.

    Args:
        samples: shape ``(n,)``, as the model gave them.
        rate: samples a second.
        piece: what was spoken.
        durations: in units, of each symbol and of the pads at both ends; ``(len(piece) + 2,)``.
        unit: samples a unit.
        lag: samples by which the model's boundaries are late (calibrated against an aligner).
    """
    edges = np.concatenate([[0], np.cumsum(durations)]) * unit - lag
    edges = np.clip(edges, 0, len(samples)).astype(np.int64)
    try:
        return settled(samples, rate, _by_durations(piece, edges), _marked(piece))
    except ValueError:
        raise ValueError(f"silence was synthesised for {piece.symbols!r}") from None


def settled(samples: Samples, rate: int, bounds: Bounds, marked: list[bool]) -> Said:
    """Rough word times corrected by where the energy is, and silent edges cut off.

    Args:
        samples: shape ``(n,)``.
        rate: samples a second.
        bounds: of the words as the engine has them, in order; changed in place.
        marked: for each pair of neighbours, whether a mark stands between them.

    Raises:
        ValueError: there is nothing but silence.
    """
    active = activity(samples, rate)
    _without_noise(active, levels(samples, rate))
    spans = active_spans(active, rate)
    if not spans:
        raise ValueError("there is nothing but silence")
    to_silences(bounds, spans, rate, marked)
    begin, end = spans[0][0], min(spans[-1][1], len(samples))
    return Said(faded(samples[begin:end], rate), _inside(bounds, begin, end))


def joined(parts: list[tuple[Said, float]], rate: int) -> Said:
    """Pieces one after the other, each followed by its seconds of silence."""
    chunks: list[Samples] = []
    bounds: Bounds = []
    position = 0
    for part, pause in parts:
        # A token that a cut went through (a very long number) goes on in the next piece.
        shifted = [(start + position, end + position) for start, end in part.bounds]
        bounds += shifted
        chunks += [part.samples, np.zeros(int(pause * rate), np.float32)]
        position += len(part.samples) + int(pause * rate)
    return Said(np.concatenate(chunks), bounds)


def resampled(speech: Said, before: float, after: float) -> Said:
    """`speech` at another rate; word times scale with it."""
    import soxr

    samples = soxr.resample(speech.samples, before, after, quality="HQ")
    scale = len(samples) / len(speech.samples)
    bounds = [(round(a * scale), round(b * scale)) for a, b in speech.bounds]
    return Said(np.asarray(samples, np.float32), bounds)


def levels(samples: Samples, rate: int) -> npt.NDArray[np.float64]:
    """Level of each frame in decibels above the loud ones (95th percentile); ``(frames,)``."""
    hop = int(_HOP_SECONDS * rate)
    count = -(-len(samples) // hop)
    power = np.zeros(count * hop)
    power[: len(samples)] = np.square(samples, dtype=np.float64)
    half = power.reshape(count, hop).mean(axis=1)
    padded = np.concatenate([half[:1], half, half[-1:]])
    frames = (padded[:-2] + 2 * half + padded[2:]) / 4
    decibels = 10 * np.log10(frames + 1e-12)
    # Where nothing is louder than -60 dB of full scale there is no speech to compare with.
    return np.asarray(decibels - max(np.percentile(decibels, 95), -60.0))


def activity(samples: Samples, rate: int, below: float = SILENCE_DB) -> npt.NDArray[np.bool_]:
    """Whether each 5 ms frame is within `below` decibels of the loud frames."""
    return np.asarray(levels(samples, rate) > -below)


def active_spans(active: npt.NDArray[np.bool_], rate: int) -> Bounds:
    """Stretches of active frames in samples, silences shorter than a pause bridged."""
    hop = int(_HOP_SECONDS * rate)
    flips = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]])))
    spans: Bounds = []
    for start, end in zip(flips[::2].tolist(), flips[1::2].tolist(), strict=True):
        if spans and (start * hop - spans[-1][1]) < _PAUSE_SECONDS * rate:
            spans[-1] = (spans[-1][0], end * hop)
        elif end - start >= 3 or not spans:  # a click of 10 ms is no speech
            spans.append((start * hop, end * hop))
    return spans


def _without_noise(active: npt.NDArray[np.bool_], decibels: npt.NDArray[np.float64]) -> None:
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


def faded(samples: Samples, rate: int, seconds: float = 0.004) -> Samples:
    """`samples` with short ramps at both ends, so that they begin and end without a step."""
    length = min(int(seconds * rate), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    out = samples.copy()
    out[:length] *= ramp
    out[len(out) - length :] *= ramp[::-1]
    return out


def _by_durations(piece: Phonemes, edges: npt.NDArray[np.int64]) -> Bounds:
    """Bounds from the durations alone; two words share the space between them half and half."""
    owners = np.asarray(piece.owners)
    bounds: Bounds = []
    for token in dict.fromkeys(owner for owner in piece.owners if owner >= 0):
        where = np.flatnonzero(owners == token)
        bounds.append((int(edges[where[0] + 1]), int(edges[where[-1] + 2])))
    for index in range(len(bounds) - 1):
        if not _marked(piece)[index]:
            middle = (bounds[index][1] + bounds[index + 1][0]) // 2
            bounds[index] = (bounds[index][0], middle)
            bounds[index + 1] = (middle, bounds[index + 1][1])
    return bounds


def _marked(piece: Phonemes) -> list[bool]:
    """For each pair of neighbouring words, whether a mark (more than a space) stands between."""
    marked: list[bool] = []
    last = -1
    for index, owner in enumerate(piece.owners):
        if owner >= 0:
            if last >= 0 and owner != piece.owners[last]:
                marked.append(any(symbol != " " for symbol in piece.symbols[last + 1 : index]))
            last = index
    return marked


def to_silences(bounds: Bounds, spans: Bounds, rate: int, marked: list[bool]) -> None:
    """Move the boundary of two words to the silence between them, where there is one (in place)."""
    reach = int(_REACH_SECONDS * rate)
    silences = [(a[1], b[0]) for a, b in pairwise(spans)]
    for index, has_mark in enumerate(marked):
        end, start = bounds[index][1], bounds[index + 1][0]
        low, high = end - reach, start + reach
        if has_mark:  # the silence may lie anywhere between the middles of the two words
            low = min(low, (bounds[index][0] + end) // 2)
            high = max(high, start + reach)
        near = [s for s in silences if s[0] < high and s[1] > low]
        near = [s for s in near if bounds[index][0] < s[0] and s[1] < bounds[index + 1][1]]
        if near:
            end, start = max(near, key=lambda s: s[1] - s[0])
        elif has_mark:
            end = start = (end + start) // 2
        bounds[index] = (bounds[index][0], end)
        bounds[index + 1] = (start, bounds[index + 1][1])


def _inside(bounds: Bounds, begin: int, end: int) -> Bounds:
    """`bounds` relative to `begin`, in order, not empty, from the first sample to the last."""
    length = end - begin
    out: Bounds = []
    last = 0
    for index, bound in enumerate(bounds):
        left = len(bounds) - index - 1  # words after this one want a sample each
        start = min(max(bound[0] - begin, last), length - left - 1)
        stop = min(max(bound[1] - begin, start + 1), length - left)
        out.append((start, stop))
        last = stop
    out[0] = (0, out[0][1])
    out[-1] = (out[-1][0], length)
    return out
