"""Fitting and judging the model of acts at places in turns.

Multinomial logistic regression with an L2 penalty, by Newton's method. Held-out figures are of
meetings whose series was not fitted on (series share their speakers).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Float64Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.scripts.writers.act_features import FEATURES
from interactspeech.scripts.writers.act_model import CLASSES, ActModel
from interactspeech.training.acts.meetings import MeetingPlaces

#: Penalty on weights of standardised features.
_PENALTY = 200.0
_STEPS = 12
#: Places without an act that are fitted on, about; they count for the others.
_SAMPLE = 43_000
#: A corpus counts at most so many times for being small.
_MOST_WEIGHT = 2.0
#: Meetings that two halves of the bootstrap differ by: rounds of it.
_ROUNDS = 500


def sampled(
    meetings: Sequence[MeetingPlaces], *, seed: int = 0
) -> tuple[Float64Array, Int64Array, Float64Array]:
    """Features, classes and weights: all places with an act, and a sample of those without.

    The corpora weigh the same.
    """
    rng = np.random.default_rng(seed)
    rows: list[Float32Array] = []
    labels: list[Int64Array] = []
    weights: list[Float64Array] = []
    sizes = Counter(meeting.corpus for meeting in meetings for _ in meeting.acts)
    sample = min(1.0, _SAMPLE / max(1, sum(int((m.acts == 0).sum()) for m in meetings)))
    for meeting in meetings:
        keep = (meeting.acts > 0) | (rng.random(len(meeting.acts)) < sample)
        acts = meeting.acts[keep]
        share = len(meetings) and sum(sizes.values()) / len(sizes) / sizes[meeting.corpus]
        rows.append(meeting.features[keep])
        labels.append(acts)
        weights.append(np.where(acts > 0, 1.0, 1 / sample) * min(share, _MOST_WEIGHT))
    return (
        np.concatenate(rows).astype(np.float64),
        np.concatenate(labels),
        np.concatenate(weights),
    )


def fit_acts(meetings: Sequence[MeetingPlaces], *, name: str, source: str) -> ActModel:
    """The model of these meetings.

    Args:
        meetings: to fit on.
        name: id of the model.
        source: what the meetings are.

    Raises:
        InputError: there are fewer places than it needs (reason ``nothing-to-learn``).
    """
    x, y, weight = sampled(meetings)
    if len(y) < 10 * len(FEATURES):
        raise InputError(
            f"{len(y):,} places, and {10 * len(FEATURES):,} are needed",
            remedy="name more meetings", reason="nothing-to-learn",
        )  # fmt: skip
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale < 1e-9] = 1.0
    z = np.column_stack(((x - mean) / scale, np.ones(len(x))))
    weights = _newton(z, y, weight)
    raw = weights[:-1] / scale[:, None]
    intercept = weights[-1] - mean @ raw
    table = np.vstack((raw, intercept))
    table -= table.mean(axis=1, keepdims=True)
    return ActModel(
        name, source, FEATURES, CLASSES,
        tuple(tuple(round(float(value), 4) for value in row) for row in table),
    )  # fmt: skip


def _newton(z: Float64Array, y: Int64Array, weight: Float64Array) -> Float64Array:
    """Weights, shape ``(features + 1, classes)``; the first class is the reference."""
    count, columns = len(CLASSES) - 1, z.shape[1]
    truth = np.eye(len(CLASSES))[y][:, 1:]
    weights = np.zeros((columns, count))
    ridge = np.full(columns, _PENALTY)
    ridge[-1] = 0.01
    for _ in range(_STEPS):
        odds = np.exp(np.clip(z @ weights, -30, 30))
        p = odds / (1 + odds.sum(axis=1, keepdims=True))
        gradient = z.T @ (weight[:, None] * (truth - p)) - ridge[:, None] * weights
        hessian = np.zeros((columns * count, columns * count))
        for one in range(count):
            for other in range(one, count):
                share = weight * p[:, one] * ((one == other) - p[:, other])
                block = (z * share[:, None]).T @ z
                a, b = (
                    slice(one * columns, (one + 1) * columns),
                    slice(other * columns, (other + 1) * columns),
                )
                hessian[a, b] = block
                hessian[b, a] = block.T
        hessian[np.diag_indices_from(hessian)] += np.tile(ridge, count)
        step = np.linalg.solve(hessian, gradient.T.reshape(-1)).reshape(count, columns).T
        weights += step
        if np.abs(step).max() < 1e-3:
            break
    return np.column_stack((np.zeros(columns), weights))


@dataclass(frozen=True)
class PlaceScores:
    """How well a decision knows where people act, on meetings that it was not fitted on.

    Attributes:
        name: of the decision.
        meetings, places, feedback: looked at.
        ratio: by how many times the places of people's feedback are as likely as under the
            meeting's rate alone (geometric mean).
        ratio_low, ratio_high: 95 % interval of `ratio`, bootstrap over meetings.
        gain: share by which the mean log-likelihood of all places, with feedback or without, is
            nearer to 0 than that of the rate alone.
        precision: share of true clauses among as many clauses as people gave feedback in, the most
            probable ones of each meeting.
        chance: share of clauses with feedback.
        divergence: mean KL of the classes' true shares from the predicted ones, in ten bins of the
            predicted probability of feedback, nats.
    """

    name: str
    meetings: int
    places: int
    feedback: int
    ratio: float
    ratio_low: float
    ratio_high: float
    gain: float
    precision: float
    chance: float
    divergence: float


def score_places(
    name: str,
    meetings: Sequence[MeetingPlaces],
    predicted: Sequence[Float64Array],
    *,
    even: float = 0.0,
    seed: int = 0,
) -> PlaceScores:
    """Scores of predicted class probabilities, shape ``(places, classes)`` a meeting.

    Each meeting's own rate is known to every decision (the offset of feedback is moved until the
    mean probability is the meeting's rate), so that what is scored is where, not how often.

    Args:
        name: of the decision.
        meetings: with what people did.
        predicted: of each meeting.
        even: share of the probability of feedback that is spread evenly.
        seed: of the bootstrap.
    """
    sums: list[tuple[float, float, float, float]] = []
    hits = chosen = clauses = places = 0
    probabilities: list[Float64Array] = []
    truths: list[Int64Array] = []
    for meeting, found in zip(meetings, predicted, strict=True):
        y = meeting.acts
        truth = (y >= 1) & (y <= 3)
        count = int(truth.sum())
        if not 0 < count < len(y):
            continue
        rate = count / len(y)
        p = (1 - even) * _at_rate(found[:, 1:4].sum(axis=1), rate) + even * rate
        base = count * np.log(rate) + (len(y) - count) * np.log(1 - rate)
        mine = np.log(p[truth]).sum() + np.log(1 - p[~truth]).sum()
        share = np.log(p[truth] / p.mean())
        sums.append((float(mine), float(base), float(share.sum()), float(count)))
        known, place = np.unique(meeting.clauses, return_inverse=True)
        level = np.bincount(place, p, len(known))
        true = np.bincount(place, truth, len(known)) > 0
        order = np.argsort(-level, kind="stable")[: int(true.sum())]
        hits += int(true[order].sum())
        chosen += int(true.sum())
        clauses += len(known)
        places += len(y)
        probabilities.append(found)
        truths.append(y)
    table = np.array(sums)
    rng = np.random.default_rng(seed)
    rounds = table[rng.integers(len(table), size=(_ROUNDS, len(table)))].sum(axis=1)
    low, high = np.percentile(np.exp(rounds[:, 2] / rounds[:, 3]), [2.5, 97.5])
    mine, base, share, count = table.sum(axis=0)
    return PlaceScores(
        name=name,
        meetings=len(table),
        places=places,
        feedback=int(count),
        ratio=float(np.exp(share / count)),
        ratio_low=float(low),
        ratio_high=float(high),
        gain=float(1 - mine / base),
        precision=hits / max(1, chosen),
        chance=chosen / max(1, clauses),
        divergence=_divergence(np.concatenate(probabilities), np.concatenate(truths)),
    )


def _at_rate(p: Float64Array, rate: float) -> Float64Array:
    """Probabilities whose log-odds are moved until their mean is `rate`."""
    logit = np.log(np.clip(p, 1e-9, 1 - 1e-9) / np.clip(1 - p, 1e-9, 1))
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1 / (1 + np.exp(-(logit + middle)))).mean() < rate:
            low = middle
        else:
            high = middle
    return np.asarray(np.clip(1 / (1 + np.exp(-(logit + low))), 1e-9, 1 - 1e-9))


def _divergence(p: Float64Array, y: Int64Array) -> float:
    """KL of true class shares from mean predicted ones, over bins of the predicted feedback."""
    level = p[:, 1:4].sum(axis=1)
    order = np.argsort(level, kind="stable")
    total = 0.0
    for part in np.array_split(order, 10):
        if not len(part):
            continue
        true = np.bincount(y[part], minlength=len(CLASSES)) / len(part)
        said = np.clip(p[part].mean(axis=0), 1e-9, None)
        some = true > 0
        total += (
            len(part) / len(order) * float((true[some] * np.log(true[some] / said[some])).sum())
        )
    return total
