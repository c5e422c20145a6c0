"""Inside one turn: which pieces of the source are heard, with what silences between them.

```
source   [So we take the train]______[and then]____[walk to the har|bour
breaks                         token 5          token 7            └ source end (cut, or last word)
gaps     {5: 0.62 s, 7: 0.08 s}     drawn; a break that is not in `gaps` stays as it is
layout   [So we take the train]____________[and then]_[walk to the har|
         0                                                     duration
```

Positions in a layout are samples from the turn's first sound.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.speech_outline import Outline
from interactspeech.rendering.spoken_lines import SpokenLine
from interactspeech.turntaking.timing import Dyad


@dataclass(frozen=True, slots=True)
class TimedPiece:
    """A stretch of the source: span ``[start, end)``, heard from `at`; its silent margins."""

    start: int
    end: int
    at: int
    before: int  #: silent samples of the source that are played before `start`
    after: int  #: and after `end`
    cut_before: bool  #: no silence of the source before `start`: the ramp must eat into speech
    cut_after: bool


@dataclass
class TurnTiming:
    """A turn's pieces under the given gaps.

    Attributes:
        outline: of the source.
        said: number of tokens that are spoken to their end.
        source_end: where the source stops being used.
        gaps: token -> silence before it in samples, at least 1.
        fixed: tokens whose gap the script asks for, or was made for a listener.
    """

    outline: Outline
    said: int
    source_end: int
    gaps: dict[int, int] = field(default_factory=dict)
    fixed: set[int] = field(default_factory=set)
    #: The source ends inside the first token that is not said to its end.
    fragment: bool = False
    #: Silence of the source that is kept at each side of a cut, so that soft sounds survive.
    margin: int = 0
    #: Of each piece: the token it begins with, its bounds in the source, and how far it is moved.
    _first: list[int] = field(default_factory=list)
    _bounds: list[tuple[int, int]] = field(default_factory=list)
    _shifts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._breaks = {b.token: b for b in self.outline.breaks if b.token < self.said}
        self.refresh()

    @property
    def duration(self) -> int:
        """Samples from the first sound to the last."""
        return self.source_end + self._shifts[-1]

    def breaks(self) -> dict[int, int]:
        """Token -> silence of the source before it, where it has one."""
        return {token: b.end - b.start for token, b in self._breaks.items()}

    def refresh(self) -> None:
        """Recompute positions; needed after `gaps` was changed."""
        self._first, self._bounds, self._shifts = [0], [], [0]
        start = 0
        for token in sorted(self.gaps):
            left, right = self._sides(token)
            self._first.append(token)
            self._bounds.append((start, left))
            self._shifts.append(self._shifts[-1] + self.gaps[token] - (right - left))
            start = right
        self._bounds.append((start, self.source_end))

    def set_gap(self, token: int, samples: int) -> None:
        """Make the silence before `token` `samples` long."""
        self.gaps[token] = max(1, samples)
        self.refresh()

    def start(self, token: int) -> int:
        """Where a token begins."""
        piece = bisect_right(self._first, token) - 1
        return max(self.outline.starts[token], self._bounds[piece][0]) + self._shifts[piece]

    def end(self, token: int) -> int:
        """Where a token ends; a cut between words that the engine ran together may be earlier."""
        piece = bisect_right(self._first, token) - 1
        return min(self.outline.ends[token], self._bounds[piece][1]) + self._shifts[piece]

    def before(self, token: int) -> int:
        """Where speech stops before `token`, silence or not (the turn's end for the last)."""
        if token >= self.said:
            return self.duration
        piece = bisect_right(self._first, token - 1) - 1
        return self._sides(token)[0] + self._shifts[piece]

    def silence(self, token: int) -> int:
        """The silence before `token` as it is laid out."""
        if token in self.gaps:
            return self.gaps[token]
        found = self._breaks.get(token)
        return found.end - found.start if found else 0

    def tokens_with_silence(self) -> list[int]:
        """Tokens before which there is a silence, in order."""
        return sorted(self._breaks.keys() | self.gaps.keys())

    def pieces(self) -> list[TimedPiece]:
        """The pieces, in order; gaps are the only places where the source is cut."""
        found: list[TimedPiece] = []
        start, at, before, bare = 0, 0, 0, False
        for token in sorted(self.gaps):
            left, right = self._sides(token)
            gap = self.gaps[token]
            margin = min(self.margin, (right - left) // 2, gap // 2)
            found.append(TimedPiece(start, left, at, before, margin, bare, margin == 0))
            start, at, before, bare = right, at + left - start + gap, margin, margin == 0
        found.append(TimedPiece(start, self.source_end, at, before, 0, bare, cut_after=False))
        return found

    def spans(self) -> list[tuple[int, int]]:
        """Stretches of speech, split at every silence, kept or drawn."""
        bounds = [0]
        for token in self.tokens_with_silence():
            left, right = self._sides(token)
            stop = self.before(token)
            bounds += [stop, stop + self.gaps.get(token, right - left)]
        bounds.append(self.duration)
        return list(zip(bounds[::2], bounds[1::2], strict=True))

    def runs(self, bridge: int) -> list[tuple[int, int]]:
        """Inter-pausal units: `spans` merged across silences shorter than `bridge`."""
        merged: list[tuple[int, int]] = []
        for start, end in self.spans():
            if merged and start - merged[-1][1] < bridge:
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((start, end))
        return merged

    def close(self, low: int, high: int, short: int) -> None:
        """Shorten the silences that lie in or reach into ``[low, high)``: speech goes on there.

        Silences that are `fixed` stay.
        """
        changed = False
        for token in self.tokens_with_silence():
            silence = self.silence(token)
            if token in self.fixed or silence <= short:
                continue
            stop = self.before(token)
            if stop < high and stop + silence > low:
                self.gaps[token] = short
                changed = True
        if changed:
            self.refresh()

    def fixed_within(self, low: int, high: int) -> bool:
        """Whether a fixed silence lies in or reaches into ``[low, high)``."""
        return any(
            self.before(token) < high and self.before(token) + self.silence(token) > low
            for token in self.fixed
        )

    def _sides(self, token: int) -> tuple[int, int]:
        found = self._breaks.get(token)
        if found:
            return found.start, found.end
        cut = self.outline.cuts[token]
        return cut, cut


# Which silences of a turn become pauses, and how long every silence is.


Floats: TypeAlias = npt.NDArray[np.float64]

#: A silence that is no pause is shorter than the 0.2 s that make one (framework.md section 2).
SHORT = (0.03, 0.17)
#: Silence of the source kept at each side of a cut.
_MARGIN = 0.025
#: Part of the next word that is heard when a cut falls inside it, and the shortest word for that.
_FRAGMENT = (0.3, 0.6)
_FRAGMENT_WORD = 0.22


def layout(
    line: SpokenLine, source: Outline, dyad: Dyad, rng: np.random.Generator, settings: PlanSettings
) -> TurnTiming:
    """A turn's layout with drawn pauses.

    Pauses that the script asks for are always made. Of the source's other silences, as many become
    pauses as the dyad's rate asks for (`Dyad.pauses_per_word`), long ones (ends of sentences)
    sooner than short ones (commas); the rest become shorter than a pause.
    """
    end, extra = _source_end(line, source, rng, settings)
    margin = round(_MARGIN * source.rate)
    made = TurnTiming(source, line.said, end, margin=margin, fragment=extra)
    if not settings.retime:
        return made
    rate = source.rate
    silences = made.breaks()
    asked = {
        _nearby(mark.token, silences): mark.seconds
        for mark in line.marks
        if mark.kind in {"pause", "laugh", "breath"} and 0 < mark.token < line.said
    }
    free = [token for token in silences if token not in asked]
    lengths = dyad.pause(rng, len(asked) + len(free))
    uniform, short = rng.random(len(free)), rng.uniform(*SHORT, len(free))
    for (token, seconds), drawn in zip(asked.items(), lengths.tolist(), strict=False):
        made.gaps[token] = max(1, round((drawn if seconds is None else seconds) * rate))
    made.fixed.update(asked)
    wanted = line.said * dyad.pauses_per_word - len(asked)
    shares = _shares(np.array([silences[token] for token in free], np.float64), wanted)
    pausing = uniform < shares
    drawn_free = lengths[len(asked) :]
    for token, is_pause, pause, brief in zip(
        free, pausing.tolist(), drawn_free.tolist(), short.tolist(), strict=True
    ):
        made.gaps[token] = max(1, round((pause if is_pause else brief) * rate))
    made.refresh()
    return made


def _shares(silences: Floats, wanted: float) -> Floats:
    """Probability of each silence to be a pause: as its length, `wanted` in all, at most 0.95."""
    if silences.size == 0 or wanted <= 0:
        return np.zeros(silences.size)
    shares: Floats = wanted * silences / silences.sum()
    for _ in range(3):  # what the cap takes away goes to the others
        spare = np.maximum(shares - 0.95, 0.0).sum()
        shares = np.minimum(shares, 0.95)
        open_ = shares < 0.95
        if spare <= 0 or not open_.any():
            break
        shares[open_] += spare * silences[open_] / silences[open_].sum()
    return shares


def _nearby(token: int, silences: dict[int, int]) -> int:
    """The silence that the source makes for a mark: at the mark, or one token beside it."""
    return next((near for near in (token, token + 1, token - 1) if near in silences), token)


def _source_end(
    line: SpokenLine, source: Outline, rng: np.random.Generator, settings: PlanSettings
) -> tuple[int, bool]:
    """Where the source stops, and whether that is inside the first unsaid word."""
    if line.said >= len(line.tokens):
        return source.length, False
    inside, share = rng.random(), rng.uniform(*_FRAGMENT)
    start, end = source.starts[line.said], source.ends[line.said]
    at_break = any(pause.token == line.said for pause in source.breaks)
    long_enough = end - start >= _FRAGMENT_WORD * source.rate
    if inside < settings.fragment and long_enough and not at_break:
        return start + round(share * (end - start)), True
    if at_break:
        return next(p.start for p in source.breaks if p.token == line.said), False
    return source.cuts[line.said], False
