"""Conversation timing alone: who speaks when, for as long as wanted, from a timing model."""

from __future__ import annotations

import numpy as np

from interactspeech.dynamics.distribution import Distribution
from interactspeech.dynamics.normal import Floats
from interactspeech.dynamics.timeline import Timeline, union
from interactspeech.dynamics.timing.memo import once_each
from interactspeech.dynamics.timing.model import TimingModel
from interactspeech.dynamics.timing.process import (
    CHANGES,
    EFFECTS,
    FEATURES,
    OVERLAPS,
    SIDES,
    SOLO_BINS,
    START,
    TRANSITION_BINS,
    TRANSITIONS,
    Chain,
    FloorProcess,
    features,
    parts,
)
from interactspeech.errors import InputError
from interactspeech.seeds import generator

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
    return converse(process, seconds, generator(seed, name, "simulate"), rate, speakers)


def converse(
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
    solo_bins, kinds, length_bins = (part.tolist() for part in parts(np.arange(len(_PHI))))
    alone = [_table(process.solo[sides]) for sides in SIDES]
    lengths = [_table(process.transitions[name]) for name in TRANSITIONS]
    now, episode, who = 0, -1, int(rng.random() >= process.first)
    context = (START,) * chain.order
    before = 0
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
        seconds = _within(alone[2 * before + beside], SOLO_BINS, solo_bins[y], inside)
        solo = max(1, round(seconds * rate))
        seconds = _within(lengths[kind], TRANSITION_BINS, length_bins[y], inside_length)
        between = round(seconds * rate)
        talk[who].append((now, now + solo))
        now += solo
        if beside:
            talk[0].append((now, now + between))
            talk[1].append((now, now + between))
        now += between
        before = beside
        who = 1 - who if CHANGES[kind] else who
        context = (*context, y)[1:] if chain.order else ()
    return talk


_PHI = features()


_Table = tuple[Floats, Floats]


def _table(distribution: Distribution) -> _Table:
    return np.array(distribution.levels), np.array(distribution.values)


def _within(table: _Table, bins: Floats, index: int, inside: float) -> float:
    level = bins[index] + inside * (bins[index + 1] - bins[index])
    return float(np.interp(level, *table))


def _correlated(rng: np.random.Generator, covariance: tuple[tuple[float, ...], ...]) -> Floats:
    values, vectors = np.linalg.eigh(np.asarray(covariance))
    return np.asarray(vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(EFFECTS)))


@once_each
def _chain(process: FloorProcess) -> Chain:
    return Chain(np.array(process.ngrams, dtype=np.int64), process.discount)
