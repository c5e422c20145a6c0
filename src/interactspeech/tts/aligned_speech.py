"""Speech from samples without word times: edges trimmed, words located by an aligner.

For recordings, services and cloning models. Where alignment fails, words are distributed by their
letters over the audible time, and `Speech.times` is "estimated".

```
samples   ___▂▅▇▅▁▂▇▅_____▂▇▅▂▁___      trimmed to what is audible
aligner       [ w1 ][w2]     [ w3 ]      times "aligned"
or else       [w1 ][w2 ]     [ w3 ]      times "estimated": letters over the audible time
```
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from interactspeech.errors import InputError
from interactspeech.models.aligners import Aligner
from interactspeech.records import Samples, Speech, TimesOrigin, Voice, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.signal.speech_energy import Bounds, active_spans, activity
from interactspeech.tts.interface import words_from_bounds
from interactspeech.tts.word_times import correct_word_times


def align_speech(samples: Samples, rate: int, text: str, voice: Voice, aligner: Aligner) -> Speech:
    """A `Speech` that meets the contract of `Engine.speak`.

    Args:
        samples: mono float32, shape ``(n,)``; silent edges are trimmed.
        rate: samples a second.
        text: spoken in it.
        voice: of the speaker.
        aligner: locates the words.

    Raises:
        InputError: nothing is audible (reason ``silence``).
    """
    tokens = spoken_tokens(text)
    spans = active_spans(activity(samples, rate), rate) if np.any(samples) else []
    bounds = _aligner_bounds(samples, rate, tokens, aligner) if spans else None
    origin: TimesOrigin = "aligned"
    if bounds is None:
        bounds, origin = bounds_by_letters(tokens, spans or [(0, len(samples))]), "estimated"
    try:
        said = correct_word_times(
            samples, rate, bounds, [not token[-1].isalnum() for token in tokens[:-1]]
        )
    except ValueError:
        raise InputError(
            f"silence where {_excerpt(text)!r} should be",
            remedy="check the recording, or what the engine was asked for",
            reason="silence",
        ) from None
    words = words_from_bounds(tokens, said.bounds)
    return Speech(quantize_int16(said.samples), rate, words, origin, voice)


def _aligner_bounds(
    samples: Samples, rate: int, tokens: list[str], aligner: Aligner
) -> Bounds | None:
    """Bounds by the aligner; words that it cannot pronounce fill the time between their neighbours.

    None where alignment fails, or no word can be pronounced.
    """
    sayable = [_can_pronounce(token, aligner) for token in tokens]
    if not any(sayable):
        return None
    kept = [token for token, can in zip(tokens, sayable, strict=True) if can]
    found = aligner.align(samples, rate, " ".join(kept))
    if found is None or all(sayable):
        return found
    places = iter(found)
    bounds: list[tuple[int, int] | None] = [next(places) if can else None for can in sayable]
    return _fill_missing_bounds(bounds, tokens, len(samples))


def _can_pronounce(token: str, aligner: Aligner) -> bool:
    check = getattr(aligner, "sayable", None)
    return bool(check(token)) if check is not None else True


def _fill_missing_bounds(
    bounds: Sequence[tuple[int, int] | None], tokens: Sequence[str], length: int
) -> Bounds:
    """`bounds` with missing ones filled in by letters, if need be at their neighbours' expense."""
    filled: Bounds = []
    index = 0
    while index < len(bounds):
        here = bounds[index]
        if here is not None:
            filled.append(here)
            index += 1
            continue
        stop = index
        while stop < len(bounds) and bounds[stop] is None:
            stop += 1
        low = filled[-1][1] if filled else 0
        after = bounds[stop] if stop < len(bounds) else None
        high = after[0] if after is not None else length
        filled += bounds_by_letters(tokens[index:stop], [(low, max(high, low + stop - index))])
        index = stop
    return filled


def bounds_by_letters(tokens: Sequence[str], spans: Bounds) -> Bounds:
    """Bounds in proportion to letters, over the audible `spans`; silences between do not count."""
    weights = np.array([1.0 + sum(c.isalnum() for c in token) for token in tokens])
    heard = sum(end - start for start, end in spans)
    edges = np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum() * heard
    # From audible time to time: the silences before are added.
    starts = np.cumsum([0] + [end - start for start, end in spans])
    places = np.array([start for start, _ in spans])

    def at(position: float, side: Literal["left", "right"]) -> int:
        index = int(np.searchsorted(starts, position, side)) - 1
        index = min(max(index, 0), len(spans) - 1)
        return int(places[index] + position - starts[index])

    return [(at(float(a), "right"), at(float(b), "left")) for a, b in pairwise(edges)]


def _excerpt(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
