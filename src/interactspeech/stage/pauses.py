"""Which silences of a turn become pauses, and how long every silence is."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from interactspeech.dynamics.timing import Dyad
from interactspeech.stage.layout import Layout
from interactspeech.stage.lines import Line
from interactspeech.stage.outline import Outline
from interactspeech.stage.settings import Settings

Floats: TypeAlias = npt.NDArray[np.float64]

#: A silence that is no pause is shorter than the 0.2 s that make one (framework.md section 2).
SHORT = (0.03, 0.17)
#: Silence of the source kept at each side of a cut.
_MARGIN = 0.025
#: Part of the next word that is heard when a cut falls inside it, and the shortest word for that.
_FRAGMENT = (0.3, 0.6)
_FRAGMENT_WORD = 0.22


def layout(
    line: Line, source: Outline, dyad: Dyad, rng: np.random.Generator, settings: Settings
) -> Layout:
    """A turn's layout with drawn pauses.

    Pauses that the script asks for are always made. Of the source's other silences, as many become
    pauses as the dyad's rate asks for (`Dyad.pauses_per_word`), long ones (ends of sentences)
    sooner than short ones (commas); the rest become shorter than a pause.
    """
    end, extra = _source_end(line, source, rng, settings)
    margin = round(_MARGIN * source.rate)
    made = Layout(source, line.said, end, margin=margin, fragment=extra)
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
    line: Line, source: Outline, rng: np.random.Generator, settings: Settings
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
