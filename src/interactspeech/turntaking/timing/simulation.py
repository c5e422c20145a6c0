"""Conversation timing alone: who speaks when, for as long as wanted, from a timing model."""

from __future__ import annotations

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import InputError
from interactspeech.seeds import generator
from interactspeech.signal.intervals import union
from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.timing.floor_process import (
    CHANGES,
    EFFECTS,
    FEATURES,
    OVERLAPS,
    SIDES,
    SOLO_BINS,
    START,
    TRANSITION_BINS,
    TRANSITIONS,
    WITHIN,
    Chain,
    FloorProcess,
    features,
    split_symbols,
)
from interactspeech.turntaking.timing.model import TimingModel, cached_by_identity

_BATCH = 512


def simulate(
    model: TimingModel,
    seconds: float,
    seed: int,
    name: str = "",
    *,
    rate: int = 16_000,
    speakers: tuple[str, str] = ("A", "B"),
) -> Timeline:
    """The timing of one conversation of two people (one dyad, drawn anew), without words.

    Args:
        model: a fitted model, or the human one.
        seconds: how long the conversation is.
        seed: same seed and `name`, same timeline.
        name: of the conversation; another name gives another dyad.
        rate: samples a second of the timeline's clock.
        speakers: their ids; the first takes the role of the corpus' first speakers.

    Raises:
        InputError: the model has no floor process (the `original` preset, or a model fitted on
            conversations with less than two speakers), or `seconds` is not above 0.
    """
    process = model.floor
    if process is None:
        raise InputError(
            f"the timing model {model.id!r} has no floor process to simulate from",
            remedy="use human, or fit a model on conversations of two or more speakers",
            reason="no-floor-process",
        )
    if not seconds > 0:
        raise InputError(f"cannot simulate {seconds} seconds", reason="bad-length")
    return simulate_process(process, seconds, generator(seed, name, "simulate"), rate, speakers)


def simulate_process(
    process: FloorProcess,
    seconds: float,
    rng: np.random.Generator,
    rate: int,
    speakers: tuple[str, str] = ("A", "B"),
) -> Timeline:
    """The timing of one conversation of a floor process."""
    length = round(seconds * rate)
    activity = {}
    for who, spans in zip(speakers, _talk(process, length, rng, rate), strict=True):
        rows = np.minimum(np.array(spans, np.int64).reshape(-1, 2), length)
        activity[who] = union(rows[rows[:, 1] > rows[:, 0]])
    return Timeline(rate, length, activity)


_Spans = list[tuple[int, int]]


def _talk(
    process: FloorProcess, end: int, rng: np.random.Generator, rate: int
) -> tuple[_Spans, _Spans]:
    """Each speaker's stretches of talk up to (and a little past) the sample `end`.

    Durations, not times, are rounded to samples: a corpus of whole tenths of a second has many of
    exactly 1 s, and they must stay on their side of a threshold.
    """
    talk: tuple[_Spans, _Spans] = ([], [])
    episode_length = max(1, round(process.episode * rate))
    chain = _chain(process)
    tendencies = _correlated(rng, process.between) + np.asarray(process.mean)
    solo_bins, kinds, length_bins = (part.tolist() for part in split_symbols(np.arange(len(_PHI))))
    durations = _Durations(process, rate)
    now, episode, who = 0, -1, int(rng.random() >= process.first)
    context = (START,) * chain.order
    before, overlapped = 0, 0  # the last transition, and for how long it overlapped
    tilt = np.ones((2, len(_PHI)))
    uniform, used = rng.random((_BATCH, 3)), 0
    while now < end:
        if now // episode_length != episode:
            episode = now // episode_length
            own = tendencies + _correlated(rng, process.within)
            tilt = np.exp(own.reshape(2, FEATURES) @ _PHI.T)
        if used == _BATCH:
            uniform, used = rng.random((_BATCH, 3)), 0
        pick, inside, inside_length = uniform[used].tolist()
        used += 1
        cumulative = np.cumsum(chain.probabilities(context) * tilt[who])
        y = int(np.searchsorted(cumulative, pick * cumulative[-1], side="right"))
        kind = kinds[y]
        beside = int(OVERLAPS[kind])
        between = durations.transition(kind, length_bins[y], inside_length)
        both = overlapped + between * beside
        solo = durations.solo((before, kind), both, solo_bins[y], inside)
        talk[who].append((now, now + solo))
        now += solo
        if beside:
            talk[0].append((now, now + between))
            talk[1].append((now, now + between))
        now += between
        before, overlapped = kind, between * beside
        who = 1 - who if CHANGES[kind] else who
        context = (*context, y)[1:] if chain.order else ()
    return talk


_PHI = features()


class _Durations:
    """Draws the durations of steps, in samples, from their bins."""

    def __init__(self, process: FloorProcess, rate: int) -> None:
        self._rate = rate
        self._alone = [_Table(process.solo[sides], SOLO_BINS) for sides in SIDES]
        self._whole = [
            _Table(process.whole[sides], SOLO_BINS) if sides in process.whole else None
            for sides in SIDES
        ]
        self._lengths = [_Table(process.transitions[name], TRANSITION_BINS) for name in TRANSITIONS]

    def transition(self, kind: int, index: int, inside: float) -> int:
        """The length of a transition."""
        return round(self._lengths[kind].within(index, inside) * self._rate)

    def solo(self, beside: tuple[int, int], both: int, index: int, inside: float) -> int:
        """A time alone.

        What a speaker makes has the length of the whole unit; the other's onset or end falls where
        it does. So where the unit is this time alone and overlaps between (`both` samples of it),
        its length is drawn, from those that leave a time alone of this bin. Time alone drawn for
        itself would lose what the two sum up to: the shortest units, or those of exactly 1 s.

        Args:
            beside: kinds of the transitions before and after.
            both: samples of them in which both speak.
            index: of the bin.
            inside: share of the bin below what is drawn.
        """
        before, after = beside
        sides = 2 * int(OVERLAPS[before]) + int(OVERLAPS[after])
        alone, whole = self._alone[sides], self._whole[sides]
        if whole is not None and WITHIN not in beside:
            low, high = (bound + both / self._rate for bound in alone.bounds[index : index + 2])
            length = whole.between(low, high, inside)
            if length is not None:
                return max(1, round(length * self._rate) - both)
        return max(1, round(alone.within(index, inside) * self._rate))


class _Table:
    """A quantile function cut into bins, to draw from one of them.

    A value on the bound of two bins is in the lower one (as in `symbols_of`), with its whole
    probability.
    """

    def __init__(self, distribution: Distribution, bins: Float64Array) -> None:
        self._levels, self._values = np.array(distribution.levels), np.array(distribution.values)
        last = np.append(np.diff(self._values) > 0, True)
        self._knots, self._cdf = self._values[last], self._levels[last]
        self.bounds: list[float] = distribution.quantile(bins).tolist()
        self._bins = [0.0, *distribution.cdf(self.bounds[1:-1]).tolist(), 1.0]

    def within(self, index: int, inside: float) -> float:
        """The value that has the share `inside` of a bin below it."""
        low, high = self._bins[index : index + 2]
        return float(np.interp(low + inside * (high - low), self._levels, self._values))

    def between(self, low: float, high: float, inside: float) -> float | None:
        """The same of the values above `low` and up to `high`; None if there are none."""
        first, last = np.interp((low, high), self._knots, self._cdf, left=0.0).tolist()
        if last - first < _NOTHING:
            return None
        return float(np.interp(first + inside * (last - first), self._levels, self._values))


#: Less than the probability of any one sample.
_NOTHING = 1e-6


def _correlated(
    rng: np.random.Generator, covariance: tuple[tuple[float, ...], ...]
) -> Float64Array:
    values, vectors = np.linalg.eigh(np.asarray(covariance))
    return np.asarray(vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(EFFECTS)))


@cached_by_identity
def _chain(process: FloorProcess) -> Chain:
    return Chain(np.array(process.ngrams, dtype=np.int64), process.discount)
