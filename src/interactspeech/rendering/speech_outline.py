"""What planning needs to know about synthesized speech: its words, silences and cut points.

Measured once from the samples, by a pure function; for planning without audio, made from word times
alone.

```
samples   ▁▆▇▅▁▇▆▁______▁▅▇▆▂▇▁      energy in 5 ms frames
words     [So ][well]   [we][go]      engine's times, clamped to the energy they belong to
breaks              [____]            silence between two words, found by energy
cuts         ^                ^       quietest place near each other boundary of words
```
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array
from interactspeech.records import Samples, Speech, TimesOrigin
from interactspeech.signal.intervals import runs

#: Frames of the energy, a second.
FRAMES_PER_SECOND = 200
#: Silence is this far (in power) below the speech's own level: -34 dB. Weak fricatives of the
#: engines lie near -30 dB, what Kokoro breathes between phrases from -33 to -38 dB.
_SILENCE_POWER = 10 ** (-34 / 10)
#: Frames more than 20 dB below the loudest stretch say nothing about the level (the idea of the
#: gate of ITU-R BS.1770-4).
_GATE_POWER = 10 ** (-20 / 10)
#: Shorter silences are closures of stops, not breaks.
_SHORTEST_BREAK = 0.09
#: An engine's boundary may be this far (seconds) from the silence it belongs to; boundaries of
#: measured engines are 40 ms off in one of ten words.
_REACH = 0.08
#: Coefficient of the two-tap filter x[n] + b (x[n] - x[n-1]) that stands for the head's high
#: shelf of BS.1770 at speech rates: with it, voices come within 1 dB of that loudness (tested).
_SHELF = 0.6


class SourceSilence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A silence of the source before its token number `token`: samples ``[start, end)``."""

    token: int
    start: int
    end: int


class Outline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The outline of one spoken line; samples at `rate`.

    Attributes:
        rate: samples a second.
        length: of the speech.
        starts, ends: of each token; never inside a break, in order, each at least one sample long.
        cuts: where to cut before each token, with the least harm; ``cuts[0] = 0`` and one more
            entry for the end.
        breaks: silences between tokens, in order, at most one for each boundary.
        power: mean square while speaking, weighted for loudness; 0 where unknown.
        peak: largest magnitude; 0 where unknown.
        times: where the word times come from.
    """

    rate: int
    length: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    cuts: tuple[int, ...]
    breaks: tuple[SourceSilence, ...]
    power: float = 0.0
    peak: float = 0.0
    times: TimesOrigin = "none"


def measure_outline(speech: Speech) -> Outline:
    """Measure one spoken line. Cost: two passes over the samples.

    The energy is taken in frames of 5 ms. With r0 and r1 a frame's autocorrelation at lags 0 and 1,
    the power after the filter x[n] + b (x[n] - x[n-1]) is (1 + 2b + 2b²) r0 - 2b (1 + b) r1.
    """
    samples, rate = speech.samples, speech.rate
    hop = rate // FRAMES_PER_SECOND
    energy, weighted = _energy(samples, hop)
    if energy.size == 0:
        return outline_from_words([(w.start, w.end) for w in speech.words], rate, speech.times)
    loudest = float(np.partition(energy, -max(1, energy.size // 20))[-max(1, energy.size // 20)])
    active = energy > loudest * _GATE_POWER
    level = float(energy[active].mean()) if active.any() else 0.0
    power = float(weighted[active].mean()) if active.any() else 0.0
    silent = energy < level * _SILENCE_POWER
    starts = [word.start for word in speech.words]
    ends = [word.end for word in speech.words]
    breaks = _breaks(silent, hop, rate, starts, ends)
    cuts = [0]
    middles = {pause.token: (pause.start + pause.end) // 2 for pause in breaks}
    for k in range(1, len(starts)):
        low, high = max(starts[k - 1], cuts[-1]) + 1, max(ends[k] - 1, cuts[-1] + 1)
        cut = middles.get(k)
        if cut is None:
            cut = _quietest_cut(energy, hop, rate, ends[k - 1], starts[k])
        cuts.append(min(max(cut, low), high))
    cuts.append(len(samples))
    return Outline(
        rate=rate,
        length=len(samples),
        starts=tuple(starts),
        ends=tuple(ends),
        cuts=tuple(cuts),
        breaks=tuple(breaks),
        power=power,
        peak=float(max(samples.max(), -samples.min())),
        times=speech.times,
    )


def outline_from_words(
    words: Sequence[tuple[int, int]], rate: int, times: TimesOrigin = "estimated"
) -> Outline:
    """The outline of a spoken line of which only the word times are known.

    A space between words of `_SHORTEST_BREAK` or more is a break; a shorter one is shared.

    Args:
        words: ``(start, end)`` samples, sorted, at least one.
        rate: samples a second.
        times: where the times come from.
    """
    first = words[0][0]
    starts = [start - first for start, _ in words]
    ends = [end - first for _, end in words]
    shortest = round(_SHORTEST_BREAK * rate)
    breaks = tuple(
        SourceSilence(k, ends[k - 1], starts[k])
        for k in range(1, len(words))
        if starts[k] - ends[k - 1] >= shortest
    )
    middles = [(ends[k - 1] + starts[k]) // 2 for k in range(1, len(words))]
    return Outline(
        rate=rate,
        length=ends[-1],
        starts=tuple(starts),
        ends=tuple(ends),
        cuts=(0, *middles, ends[-1]),
        breaks=breaks,
        times=times,
    )


def _energy(samples: Samples, hop: int) -> tuple[Float32Array, Float32Array]:
    """Mean square of each whole frame, and the same after the loudness filter."""
    count = (len(samples) - 1) // hop
    if count <= 0:
        none = np.zeros(0, np.float32)
        return none, none
    now = samples[1 : 1 + count * hop].reshape(count, hop)
    before = samples[: count * hop].reshape(count, hop)
    r0 = np.einsum("ij,ij->i", now, now) / np.float32(hop)
    r1 = np.einsum("ij,ij->i", now, before) / np.float32(hop)
    b = np.float32(_SHELF)
    return r0, (1 + 2 * b + 2 * b * b) * r0 - 2 * b * (1 + b) * r1


def _breaks(
    silent: BoolArray, hop: int, rate: int, starts: list[int], ends: list[int]
) -> list[SourceSilence]:
    """The silences that lie at a boundary of words; word times are clamped to them in place."""
    edges = runs(silent)
    spans = edges[(edges[:, 1] - edges[:, 0]) >= _SHORTEST_BREAK * FRAMES_PER_SECOND] * hop
    best: dict[int, tuple[int, int]] = {}
    for start, end in spans.tolist():
        token = _nearest_boundary(start, end, round(_REACH * rate), starts, ends)
        if token and (token not in best or end - start > best[token][1] - best[token][0]):
            best[token] = (start, end)
    found: list[SourceSilence] = []
    for token in sorted(best):
        start, end = best[token]
        # Both neighbours must keep something of themselves outside of the silence.
        if start <= starts[token - 1] or end >= ends[token]:
            continue
        ends[token - 1] = min(ends[token - 1], start)
        starts[token] = max(starts[token], end)
        found.append(SourceSilence(token, start, end))
    return found


def _nearest_boundary(start: int, end: int, reach: int, starts: list[int], ends: list[int]) -> int:
    """The token before which the silence ``[start, end)`` lies; 0 if there is no boundary near."""
    best, score = 0, (reach, 0)
    for token in range(max(1, bisect_left(ends, start - reach)), len(starts)):
        left, right = ends[token - 1], starts[token]
        if left > end + reach:
            break
        away = max(start - right, left - end, 0)
        off_centre = abs(left + right - start - end)
        if (away, off_centre) < score:
            best, score = token, (away, off_centre)
    return best


def _quietest_cut(energy: Float32Array, hop: int, rate: int, left: int, right: int) -> int:
    """Where to cut between two words without a silence between them: the quietest frame's middle.

    Looked for from 20 ms before the boundary (a word should keep its end) to 35 ms after it.
    """
    middle = (left + right) // 2
    low = max((min(left, middle) - rate // 50) // hop, 0)
    high = min((middle + rate * 35 // 1000) // hop, len(energy))
    if high <= low:
        return middle
    return int(energy[low:high].argmin() + low) * hop + hop // 2
