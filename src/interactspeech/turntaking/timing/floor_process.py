"""The floor process: conversation timing as a chain of steps, for fitting and simulation.

A **step** is one speaker alone for a while, and the transition to whoever is alone next (the four
of Heldner and Edlund 2010)::

    A ########.....A ####    a pause: A goes on
    A ########.....B ####    a gap: B goes on
    A ########=====A ####    an overlap within: A goes on
    A ########=====B ####    an overlap between: B goes on

Steps follow each other as a semi-Markov chain: which step comes next depends on the steps before,
on the speaker, on the dyad, and on the episode of the conversation.

Both durations of a step are known by the quantile bin they fall in, so a step is one of 112 symbols
and the chain an n-gram model, smoothed by Witten and Bell's interpolation (1991, *IEEE Trans. Inf.
Theory* 37; weights as in Chen and Goodman 1999). A duration is drawn from the corpus' own quantile
function inside its bin. The conditional probabilities of speaker s are tilted::

    p(y | context, s)  ~  p(y | context) * exp(features(y) . (effects[s] + episode[s]))

with `effects` drawn once a dyad (both speakers jointly, so that roles are kept) and
`episode` once every two minutes: conversations change their character as they go on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final, Literal, get_args

import msgspec
import numpy as np

from interactspeech._typing import Float64Array, Int64Array, IntpArray
from interactspeech.turntaking.distribution import Distribution

Transition = Literal["pause", "gap", "overlap_between", "overlap_within"]
TRANSITIONS: Final[tuple[Transition, ...]] = get_args(Transition)
#: What is before and after a time alone. A conversation begins out of silence.
Sides = Literal["silence-silence", "silence-overlap", "overlap-silence", "overlap-overlap"]
SIDES: Final[tuple[Sides, ...]] = get_args(Sides)
#: Which transitions are overlaps (1 where they are): the index of `SIDES` is 2 before + after.
OVERLAPS: Final = np.array([0, 0, 1, 1])
BETWEEN: Final = TRANSITIONS.index("overlap_between")
WITHIN: Final = TRANSITIONS.index("overlap_within")
#: Which transitions change the floor.
CHANGES: Final = np.array([False, True, True, False])

#: Bounds of the bins, as levels of the quantile functions; the tails have bins of their own.
SOLO_BINS: Final = np.array([0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0])
TRANSITION_BINS: Final = np.array([0.0, 0.33, 0.67, 0.9, 1.0])
_SOLOS, _LENGTHS = len(SOLO_BINS) - 1, len(TRANSITION_BINS) - 1
SYMBOLS: Final = _SOLOS * len(TRANSITIONS) * _LENGTHS

#: What stands in a context before the first step.
START: Final = -1


def symbol_index(solo: IntpArray, kind: IntpArray, length: IntpArray) -> IntpArray:
    """The symbols of steps from their bins (any shape)."""
    return (solo * len(TRANSITIONS) + kind) * _LENGTHS + length


def split_symbols(
    symbols: IntpArray,
) -> tuple[IntpArray, IntpArray, IntpArray]:
    """Solo bin, kind of transition and bin of its length of `symbols` (any shape)."""
    rest, length = np.divmod(symbols, _LENGTHS)
    solo, kind = np.divmod(rest, len(TRANSITIONS))
    return solo, kind, length


def features() -> Float64Array:
    """The features that the tendencies of speakers weight, for every symbol: shape ``(SYMBOLS,
    FEATURES)``.

    Three kinds of transition against the pause, the length of the solo and how far it is from the
    middling ones, and the length of pauses, gaps and overlaps between.
    """
    solo, kind, length = split_symbols(np.arange(SYMBOLS))
    longer = (length - (_LENGTHS - 1) / 2) * 0.7
    middle = (solo - (_SOLOS - 1) / 2) * 2 / _SOLOS
    columns = [
        kind == 1,
        kind == 2,
        kind == 3,
        middle,
        middle**2,
        *(longer * (kind == of) for of in (0, 1, 2)),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


FEATURES: Final = features().shape[1]
#: Both speakers' tendencies, one after the other.
EFFECTS: Final = 2 * FEATURES


class FloorProcess(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fitted floor process of two speakers.

    Attributes:
        solo: length of the time alone, seconds, by what is on either side of it (`Sides`): between
            two silences it is a whole unit, beside an overlap the rest of one.
        whole: length of the whole unit that a time alone beside an overlap between is the rest of,
            seconds; where a unit has more than one time alone, or `whole` says nothing about those
            sides, `solo` counts.
        transitions: length of each kind of transition, seconds (a change without silence or
            overlap is a gap of 0).
        ngrams: ``(context..., symbol, count)`` rows; contexts are `order` symbols, `START` before
            the first step.
        discount: weight of the lower order, in distinct successors (1: Witten and Bell's).
        first: share of the conversations that the first speaker begins.
        mean: of the tendencies, length `EFFECTS`; not 0 where the two speakers have roles.
        between: their covariance between dyads, shape ``(EFFECTS, EFFECTS)``.
        within: covariance of the episodes of one dyad.
        episode: length of an episode, seconds.
    """

    solo: dict[Sides, Distribution]
    transitions: dict[Transition, Distribution]
    ngrams: tuple[tuple[int, ...], ...]
    discount: float
    first: float
    mean: tuple[float, ...]
    between: tuple[tuple[float, ...], ...]
    within: tuple[tuple[float, ...], ...]
    episode: float
    whole: dict[Sides, Distribution] = {}

    def __post_init__(self) -> None:
        if set(self.transitions) != set(TRANSITIONS) or set(self.solo) != set(SIDES):
            raise ValueError(
                f"a floor process has the transitions {', '.join(TRANSITIONS)} and time alone "
                f"between {', '.join(SIDES)}"
            )
        if len({len(row) for row in self.ngrams}) != 1 or len(self.ngrams[0]) < 2:
            raise ValueError("the n-grams of a floor process are rows of one length, at least 2")
        low, high = min(min(row[:-1]) for row in self.ngrams), max(max(r[:-1]) for r in self.ngrams)
        if low < START or high >= SYMBOLS or min(row[-2] for row in self.ngrams) < 0:
            raise ValueError(f"the symbols of a floor process are 0 to {SYMBOLS - 1}")
        if min(row[-1] for row in self.ngrams) < 1:
            raise ValueError("the counts of n-grams are at least 1")
        if len(self.mean) != EFFECTS or not (
            np.shape(self.between) == np.shape(self.within) == (EFFECTS, EFFECTS)
        ):
            raise ValueError(f"a floor process has {EFFECTS} tendencies")
        if self.discount <= 0 or self.episode <= 0 or not 0 <= self.first <= 1:
            raise ValueError("discount and episode are above 0, first is in [0, 1]")


class Chain:
    """The smoothed n-gram probabilities of steps, computed when asked for and kept."""

    def __init__(self, ngrams: Int64Array, discount: float) -> None:
        """`ngrams` as in `FloorProcess`, shape ``(n, order + 2)``."""
        self.order = ngrams.shape[1] - 2
        self._discount = discount
        self._counts: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for row in ngrams.tolist():
            *context, y, count = row
            for skip in range(self.order + 1):
                self._counts[tuple(context[skip:])][y] += count
        self._known: dict[tuple[int, ...], Float64Array] = {}

    def probabilities(self, context: tuple[int, ...]) -> Float64Array:
        """Probability of each symbol after up to `order` others, shape ``(SYMBOLS,)``."""
        found = self._known.get(context)
        if found is None:
            found = self._known[context] = self._smoothed(context)
        return found

    def _smoothed(self, context: tuple[int, ...]) -> Float64Array:
        lower = self.probabilities(context[1:]) if context else np.full(SYMBOLS, 1.0 / SYMBOLS)
        counts = self._counts.get(context)
        if not counts:
            return lower
        seen = np.zeros(SYMBOLS)
        seen[list(counts)] = list(counts.values())
        # The uniform distribution under the shortest context only keeps logarithms finite.
        weight = self._discount * len(counts) if context else 1e-6 * seen.sum()
        return np.asarray((seen + weight * lower) / (seen.sum() + weight))
