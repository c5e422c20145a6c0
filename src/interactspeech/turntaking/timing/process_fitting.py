"""Learning a floor process from the timing of conversations of two.

1. The n-gram chain: counts.
2. The tendencies of speakers, dyads and episodes: the log likelihood of an episode under the
   tilted chain has as its gradient what was seen of the features less what the chain expects, and
   as its Hessian minus their expected covariance; to second order the tendencies then have a
   Gaussian likelihood, expanded around the dyad's own (Laplace's approximation). Their mean and
   their covariances between dyads and between the episodes of a dyad are found by expectation
   maximisation (the hierarchical model of Laird and Ware 1982, *Biometrics* 38), so that the noise
   of short recordings is not taken for differences between people.
3. The mean is corrected on simulated conversations, so that what is simulated has the moments of
   what was seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interactspeech._typing import Float64Array, Int64Array
from interactspeech.turntaking.activity import (
    MIXED,
    OVERLAP_BETWEEN,
    OVERLAP_WITHIN,
    PAUSE,
    Layer1,
    layer1,
)
from interactspeech.turntaking.distribution import Distribution, tabulate
from interactspeech.turntaking.timing.floor_process import (
    BETWEEN,
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
    Sides,
    Transition,
    features,
    symbol_index,
)
from interactspeech.turntaking.timing.simulation import simulate_process

DISCOUNT = 1.0
EPISODE = 120.0
#: Enough for the covariances to settle in the second digit.
_ITERATIONS = 30
#: How often the likelihood is expanded anew, around the dyads' tendencies found so far.
_LINEARISED = 3
#: On how many seconds of simulation the mean is corrected, each time. Dyads differ: on 30 hours the
#: last correction would bring in noise worth 0.01 to 0.02 of Kolmogorov and Smirnov's distance.
_CENTRED_ON = (20 * 3600, 40 * 3600, 120 * 3600)
#: Beyond the first of these, a corpus is simulated this many times at most: what it says is itself
#: noisier than that.
_ROUNDS = 20
_SHORTEST = 300.0
#: Fewer times alone than this say too little about their distribution.
_ENOUGH = 40
#: Added to the variances, so that they stay above 0 in corpora of few dyads.
_FLOOR = 1e-4


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of one conversation of two; arrays of shape ``(n,)``.

    Attributes:
        who: 0 or 1.
        solo: seconds alone.
        kind: index into `TRANSITIONS`.
        length: seconds of the transition.
        end: when the transition ends, seconds.
    """

    who: Int64Array
    solo: Float64Array
    kind: Int64Array
    length: Float64Array
    end: Float64Array

    @property
    def sides(self) -> Int64Array:
        """What is on either side of each time alone: index into `SIDES`."""
        after = OVERLAPS[self.kind]
        before = np.zeros_like(after)
        before[1:] = after[:-1]
        return np.asarray(2 * before + after)

    @property
    def whole(self) -> Float64Array:
        """Length of the unit that each time alone is in, seconds; NaN where the unit has others
        (an overlap within on either side), too.
        """
        joins = np.append(False, self.kind == WITHIN)
        over = np.append(0.0, np.where(self.kind == BETWEEN, self.length, 0.0))
        # Microseconds, so that sums that are equal in samples are equal.
        length = np.round(over[:-1] + self.solo + over[1:], 6)
        return np.where(joins[:-1] | joins[1:], np.nan, length)


def steps_of(layer: Layer1) -> Steps:
    """The steps of a conversation of two: all but the last time alone, which has no transition.

    A `mixed` transition counts as a pause or a gap, as Heldner and Edlund's classes have no place
    for it (it is one in 300).
    """
    t = layer.transitions
    kind = np.full(len(t.kind), 1)  # gap, latch
    kind[(t.kind == PAUSE) | ((t.kind == MIXED) & (t.before == t.after))] = 0
    kind[t.kind == OVERLAP_BETWEEN] = 2
    kind[t.kind == OVERLAP_WITHIN] = 3
    runs = layer.runs
    first = runs.start[runs.active == 1][:1]
    begins = np.concatenate([first, t.end[:-1]])[: len(t.kind)]
    return Steps(
        who=t.before,
        solo=(t.start - begins) / layer.rate,
        kind=kind,
        length=(t.end - t.start) / layer.rate,
        end=t.end / layer.rate,
    )


def fit_floor_process(
    conversations: Sequence[Steps],
    progress: Callable[[float], None] | None = None,
    *,
    order: int = 2,
) -> FloorProcess | None:
    """A floor process from conversations; None if they hold no steps at all.

    Args:
        conversations: one for each dyad.
        progress: called now and then with the share of the work that is done.
        order: how many steps before a step are its context.
    """
    used = [steps for steps in conversations if len(steps.who)]
    if not used:
        return None
    solo = _solos(np.concatenate([s.solo for s in used]), np.concatenate([s.sides for s in used]))
    whole = _wholes(
        np.concatenate([s.whole for s in used]), np.concatenate([s.sides for s in used])
    )
    lengths = np.concatenate([steps.length for steps in used])
    kinds = np.concatenate([steps.kind for steps in used])
    transitions = {
        # A kind that never occurs is never drawn; some distribution must still stand there.
        name: tabulate(lengths[kinds == i]) if (kinds == i).any() else tabulate(lengths)
        for i, name in enumerate(TRANSITIONS)
    }
    symbols = [symbols_of(steps, solo, transitions) for steps in used]
    contexts = [_contexts(y, order) for y in symbols]
    counts = Counter(
        (*context, y)
        for seen, known in zip(symbols, contexts, strict=True)
        for y, context in zip(seen, known, strict=True)
    )
    ngrams = tuple(sorted((*gram, count) for gram, count in counts.items()))
    chain = Chain(np.array(ngrams, dtype=np.int64), DISCOUNT)
    at = np.zeros((len(used), EFFECTS))
    for i in range(_LINEARISED):
        evidence = [
            _evidence(chain, steps, y, known, own)
            for steps, y, known, own in zip(used, symbols, contexts, at, strict=True)
        ]
        mean, between, within, at = _tendencies(evidence)
        if progress is not None:
            progress((i + 1) / _LINEARISED)
    process = FloorProcess(
        solo=solo,
        transitions=transitions,
        ngrams=ngrams,
        discount=DISCOUNT,
        first=float(np.mean([steps.who[0] == 0 for steps in used])),
        mean=tuple(np.round(mean, 5).tolist()),
        between=_rows(between),
        within=_rows(within),
        episode=EPISODE,
        whole=whole,
    )
    for seconds in _CENTRED_ON:
        process = _centred(process, used, symbols, evidence, seconds)
    return process


def _solos(solo: Float64Array, sides: Int64Array) -> dict[Sides, Distribution]:
    """Time alone by its sides; where they are too rare, of all."""
    return {
        name: tabulate(own if (own := solo[sides == i]).size >= _ENOUGH else solo)
        for i, name in enumerate(SIDES)
    }


def _wholes(whole: Float64Array, sides: Int64Array) -> dict[Sides, Distribution]:
    """Lengths of units by the sides of their time alone, where there are enough of them."""
    return {
        name: tabulate(own)
        for i, name in enumerate(SIDES)
        if i and (own := whole[(sides == i) & ~np.isnan(whole)]).size >= _ENOUGH
    }


def symbols_of(
    steps: Steps, solo: dict[Sides, Distribution], transitions: dict[Transition, Distribution]
) -> list[int]:
    """The symbols of steps under the distributions of a `FloorProcess`."""
    lengths = np.zeros(len(steps.kind), dtype=np.intp)
    for kind, name in enumerate(TRANSITIONS):
        of_kind = steps.kind == kind
        bounds = transitions[name].quantile(TRANSITION_BINS[1:-1])
        lengths[of_kind] = np.searchsorted(bounds, steps.length[of_kind])
    solos = np.zeros(len(steps.kind), dtype=np.intp)
    for i, sides in enumerate(SIDES):
        of_sides = steps.sides == i
        solos[of_sides] = np.searchsorted(
            solo[sides].quantile(SOLO_BINS[1:-1]), steps.solo[of_sides]
        )
    found: list[int] = symbol_index(solos, steps.kind, lengths).tolist()
    return found


def _contexts(symbols: list[int], order: int) -> list[tuple[int, ...]]:
    padded = [START] * order + symbols
    return [tuple(padded[i : i + order]) for i in range(len(symbols))]


#: Of one conversation: gradient ``(episodes, EFFECTS)`` and information ``(.., EFFECTS, EFFECTS)``.
_Evidence = tuple[Float64Array, Float64Array]


def _evidence(
    chain: Chain,
    steps: Steps,
    symbols: list[int],
    contexts: list[tuple[int, ...]],
    at: Float64Array,
) -> _Evidence:
    """The likelihood of a conversation's tendencies, expanded around `at`."""
    phi = features()
    tilt = np.exp(at.reshape(2, FEATURES) @ phi.T)
    episodes = ((steps.end - steps.end[0]) // EPISODE).astype(int)
    gradient = np.zeros((episodes[-1] + 1, EFFECTS))
    information = np.zeros((episodes[-1] + 1, EFFECTS, EFFECTS))
    moments: dict[tuple[int, tuple[int, ...]], tuple[Float64Array, Float64Array]] = {}
    for y, context, who, episode in zip(
        symbols, contexts, steps.who.tolist(), episodes.tolist(), strict=True
    ):
        if (who, context) not in moments:
            p = chain.probabilities(context) * tilt[who]
            p /= p.sum()
            mean = p @ phi
            moments[who, context] = mean, (phi * p[:, None]).T @ phi - np.outer(mean, mean)
        mean, covariance = moments[who, context]
        own = slice(who * FEATURES, (who + 1) * FEATURES)
        gradient[episode, own] += phi[y] - mean
        information[episode, own, own] += covariance
    return gradient + information @ at, information


def _tendencies(
    evidence: list[_Evidence],
) -> tuple[Float64Array, Float64Array, Float64Array, Float64Array]:
    """Mean, covariance between dyads, covariance between a dyad's episodes, and the dyads' own.

    The unknowns of a dyad are its tendencies b ~ N(mean, between) and, for each episode, their
    deviation u ~ N(0, within). Given b, the episodes are independent; eliminating each u leaves
    systems of size `EFFECTS` only, so the cost grows linearly with the length of a recording.
    """
    eye = np.eye(EFFECTS)
    mean, between, within = np.zeros(EFFECTS), 0.1 * eye, 0.1 * eye
    for _ in range(_ITERATIONS):
        prior, inner = np.linalg.inv(between), np.linalg.inv(within)
        dyads, spread, moved, episodes = [], 0.0 * eye, 0.0 * eye, 0
        for gradient, information in evidence:
            of_u = np.linalg.inv(information + inner)  # covariance of each u, given b
            left = information @ of_u
            precision = prior + np.sum(information - left @ information, axis=0)
            of_b = np.linalg.inv(precision)
            b = of_b @ (prior @ mean + np.sum(gradient - (left @ gradient[..., None])[..., 0], 0))
            dyads.append(b)
            spread += of_b
            # u given b is of_u (gradient - information b); then over what is not known of b.
            u = (of_u @ (gradient - information @ b)[..., None])[..., 0]
            response = of_u @ information
            moved += u.T @ u + np.sum(of_u + response @ of_b @ np.swapaxes(response, 1, 2), axis=0)
            episodes += len(gradient)
        mean = np.mean(dyads, axis=0)
        around = np.array(dyads) - mean
        between = _shrunk((around.T @ around + spread) / len(evidence), len(evidence))
        within = _shrunk(moved / episodes, episodes)
    return mean, between, within, np.array(dyads)


def _centred(
    process: FloorProcess,
    used: list[Steps],
    symbols: list[list[int]],
    evidence: list[_Evidence],
    on: float,
) -> FloorProcess:
    """The process with its mean moved until steps simulated for about `on` seconds are, on average,
    like those seen.

    Tendencies that vary do not leave the average of what they tilt where it was, and layer 1 joins
    and splits a few of the steps that the chain makes. One step of Newton's method on the moments,
    with the expected covariance of the features as the derivative.
    """
    # Many short recordings would cost much, and show no episodes.
    seconds = [max(_SHORTEST, float(steps.end[-1])) for steps in used]
    least, wanted = (int(np.ceil(s / sum(seconds))) for s in (_CENTRED_ON[0], on))
    rounds = min(wanted, max(least, _ROUNDS))
    rng = np.random.default_rng(0)  # the same numbers each time: a corpus has one model
    made = [
        steps_of(layer1(simulate_process(process, length, rng, rate=1000)))
        for length in seconds * rounds
    ]
    own = [symbols_of(steps, process.solo, process.transitions) for steps in made]
    off = np.nan_to_num(_means(used, symbols) - _means(made, own))
    total = np.sum([information.sum(axis=0) for _, information in evidence], axis=0)
    counts = np.zeros(2)
    for steps in used:
        counts += np.bincount(steps.who, minlength=2)
    slope = total / np.maximum(np.repeat(counts, FEATURES), 1.0)[:, None] + 0.01 * np.eye(EFFECTS)
    mean = np.asarray(process.mean) + 0.8 * np.linalg.solve(slope, off)
    return msgspec.structs.replace(process, mean=tuple(np.round(mean, 5).tolist()))


def _means(conversations: list[Steps], symbols: list[list[int]]) -> Float64Array:
    """Mean features of each speaker's steps, one speaker after the other, shape ``(EFFECTS,)``;
    NaN for a speaker who has none.
    """
    who = np.concatenate([np.zeros(0, int), *(steps.who for steps in conversations)])
    phi = features()[np.array([y for own in symbols for y in own], dtype=np.intp)]
    mean = np.full((2, FEATURES), np.nan)
    for speaker in np.unique(who):
        mean[speaker] = phi[who == speaker].mean(axis=0)
    return mean.ravel()


def _shrunk(covariance: Float64Array, n: int) -> Float64Array:
    """Covariances of n things drawn towards 0, variances kept: few dyads show false correlations.

    The estimate under an inverse Wishart prior that is worth `EFFECTS` further things without any
    correlation (Gelman et al. 2013, *Bayesian Data Analysis*, sec. 3.6).
    """
    keep = n / (n + EFFECTS)
    own = np.diag(np.diag(covariance))
    return np.asarray(keep * covariance + (1 - keep) * own + _FLOOR * np.eye(EFFECTS))


def _rows(matrix: Float64Array) -> tuple[tuple[float, ...], ...]:
    symmetric = (matrix + matrix.T) / 2
    return tuple(tuple(row) for row in np.round(symmetric, 5).tolist())
