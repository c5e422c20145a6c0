"""Word times from durations of phonemes, corrected by the energy of the speech.

A model's durations are accurate to about 50 ms inside a phrase, but a word before a punctuation
mark includes the silence after it, and the utterance has silent edges. The energy corrects both:
boundaries beside a silence move to the silence's edges, and silent edges are trimmed.

```
          |<-- lag -->|
durations   w1   |  w2 , |        w3         boundaries of the model
shifted   w1   |  w2 , |        w3
energy    ####### ####.........########      a silence inside the stretch between w2 and w3
words     w1   |  w2  |        |   w3  |
```
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.models.phonemes import Phonemes
from interactspeech.records import Samples
from interactspeech.signal.samples import fade_edges
from interactspeech.signal.speech_energy import (
    SILENCE_DB,
    Bounds,
    active_spans,
    drop_edge_noise,
    levels,
)

#: How far from its own boundary a word may be moved to the edge of a silence without a mark there.
_REACH_SECONDS = 0.09


@dataclass(frozen=True)
class TimedPhrase:
    """A synthesised phrase: samples without silent edges, and the bounds of its words."""

    samples: Samples
    bounds: Bounds


def phrase_word_times(
    samples: Samples,
    rate: int,
    piece: Phonemes,
    durations: Float32Array,
    unit: int,
    lag: int,
) -> TimedPhrase:
    """Word times of one synthesised piece.

    Args:
        samples: shape ``(n,)``, as the model produced them.
        rate: samples a second.
        piece: phonemes that were spoken.
        durations: in units, of each symbol and of the pads at both ends; ``(len(piece) + 2,)``.
        unit: samples a unit.
        lag: samples by which the model's boundaries are late (calibrated against an aligner).
    """
    edges = np.concatenate([[0], np.cumsum(durations)]) * unit - lag
    edges = np.clip(edges, 0, len(samples)).astype(np.int64)
    try:
        return correct_word_times(
            samples, rate, _duration_bounds(piece, edges), _punctuation_between(piece)
        )
    except ValueError:
        raise ValueError(f"silence was synthesised for {piece.symbols!r}") from None


def correct_word_times(
    samples: Samples, rate: int, bounds: Bounds, marked: list[bool]
) -> TimedPhrase:
    """Word times corrected by the energy, and samples with silent edges trimmed.

    Args:
        samples: shape ``(n,)``.
        rate: samples a second.
        bounds: of the words by the engine, in order; changed in place.
        marked: for each pair of neighbours, whether punctuation stands between them.

    Raises:
        ValueError: everything is silent.
    """
    decibels = levels(samples, rate)
    active = decibels > -SILENCE_DB
    drop_edge_noise(active, decibels)
    spans = active_spans(active, rate)
    if not spans:
        raise ValueError("there is nothing but silence")
    move_to_silences(bounds, spans, rate, marked)
    begin, end = spans[0][0], min(spans[-1][1], len(samples))
    return TimedPhrase(fade_edges(samples[begin:end], rate), _relative_bounds(bounds, begin, end))


def join_phrases(parts: list[tuple[TimedPhrase, float]], rate: int) -> TimedPhrase:
    """Phrases one after the other, each followed by its seconds of silence."""
    chunks: list[Samples] = []
    bounds: Bounds = []
    position = 0
    for part, pause in parts:
        # A token that was split (a very long number) goes on in the next phrase.
        shifted = [(start + position, end + position) for start, end in part.bounds]
        bounds += shifted
        chunks += [part.samples, np.zeros(int(pause * rate), np.float32)]
        position += len(part.samples) + int(pause * rate)
    return TimedPhrase(np.concatenate(chunks), bounds)


def resample_phrase(speech: TimedPhrase, before: float, after: float) -> TimedPhrase:
    """`speech` at another rate; word times scale with it."""
    import soxr

    samples = soxr.resample(speech.samples, before, after, quality="HQ")
    scale = len(samples) / len(speech.samples)
    bounds = [(round(a * scale), round(b * scale)) for a, b in speech.bounds]
    return TimedPhrase(np.asarray(samples, np.float32), bounds)


def _duration_bounds(piece: Phonemes, edges: Int64Array) -> Bounds:
    """Bounds from the durations alone; two words share the space between them half and half."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for place, owner in enumerate(piece.owners):
        if owner >= 0:
            first.setdefault(owner, place)
            last[owner] = place
    at = edges.tolist()
    bounds: Bounds = [(at[place + 1], at[last[owner] + 2]) for owner, place in first.items()]
    for index, marked in enumerate(_punctuation_between(piece)):
        if not marked:
            middle = (bounds[index][1] + bounds[index + 1][0]) // 2
            bounds[index] = (bounds[index][0], middle)
            bounds[index + 1] = (middle, bounds[index + 1][1])
    return bounds


def _punctuation_between(piece: Phonemes) -> list[bool]:
    """For each pair of neighbouring words, whether a mark (more than a space) stands between."""
    marked: list[bool] = []
    last = -1
    for index, owner in enumerate(piece.owners):
        if owner >= 0:
            if last >= 0 and owner != piece.owners[last]:
                marked.append(any(symbol != " " for symbol in piece.symbols[last + 1 : index]))
            last = index
    return marked


def move_to_silences(bounds: Bounds, spans: Bounds, rate: int, marked: list[bool]) -> None:
    """Move boundaries of words to the silences between them, in place."""
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


def _relative_bounds(bounds: Bounds, begin: int, end: int) -> Bounds:
    """`bounds` relative to `begin`, in order, not empty, from the first sample to the last."""
    length = end - begin
    out: Bounds = []
    last = 0
    for index, bound in enumerate(bounds):
        left = len(bounds) - index - 1  # each word after this one needs a sample
        start = min(max(bound[0] - begin, last), length - left - 1)
        stop = min(max(bound[1] - begin, start + 1), length - left)
        out.append((start, stop))
        last = stop
    out[0] = (0, out[0][1])
    out[-1] = (out[-1][0], length)
    return out
