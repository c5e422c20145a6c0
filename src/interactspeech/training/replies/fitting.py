"""Fitting and judging the classifier of replies: multinomial logistic regression on counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import InputError
from interactspeech.training.replies.classifier import counts
from interactspeech.training.replies.examples import REPLY_CLASSES, ReplyExample
from interactspeech.training.replies.features import reply_features, vocabulary

#: Weight decay, passes over the examples, and examples of a step (Adam: Kingma and Ba 2015).
_DECAY, _PASSES, _BATCH, _RATE = 1e-4, 8, 256, 0.05
#: Examples of a class, at least.
_LEAST = 5
#: A class counts at most so many times for being rare.
_MOST_WEIGHT = 8.0


@dataclass(frozen=True)
class ReplyWeights:
    """A fitted classifier.

    Attributes:
        names: of the features, in the order of the rows of `weights`.
        weights: shape ``(features, classes)``.
    """

    names: list[str]
    weights: Float64Array

    def predict(self, examples: Sequence[ReplyExample]) -> list[int]:
        """Index of the class of each example."""
        columns = {name: column for column, name in enumerate(self.names)}
        rows = [reply_features(e.said, e.unsaid, e.reply) for e in examples]
        if not rows:
            return []
        return [int(best) for best in np.argmax(counts(rows, columns) @ self.weights, axis=1)]


def fit_replies(examples: Sequence[ReplyExample], *, seed: int = 0) -> ReplyWeights:
    """A classifier of replies.

    Args:
        examples: of every class some.
        seed: of the order of the steps.

    Raises:
        InputError: a class has fewer than five examples (reason ``nothing-to-learn``).
    """
    there = Counter(example.label for example in examples)
    few = [name for name in REPLY_CLASSES if there[name] < _LEAST]
    if few:
        raise InputError(
            f"{there[few[0]]} examples of {few[0]!r}, at least {_LEAST} are needed",
            remedy="name more scripts, written with --scenario", reason="nothing-to-learn",
        )  # fmt: skip
    rows = [reply_features(e.said, e.unsaid, e.reply) for e in examples]
    columns = vocabulary(rows)
    x = counts(rows, columns)
    y = np.array([REPLY_CLASSES.index(example.label) for example in examples])
    share = np.bincount(y, minlength=len(REPLY_CLASSES)) / len(y)
    importance = np.minimum(1 / (len(REPLY_CLASSES) * share), _MOST_WEIGHT)[y]
    rng = np.random.default_rng(seed)
    weights = np.zeros((len(columns), len(REPLY_CLASSES)))
    mean, square, step = np.zeros_like(weights), np.zeros_like(weights), 0
    truth = np.eye(len(REPLY_CLASSES))
    for epoch in range(_PASSES):
        rate = _RATE * (1 - epoch / _PASSES)
        order = rng.permutation(len(y))
        for begin in range(0, len(y), _BATCH):
            pick = order[begin : begin + _BATCH]
            scores = x[pick] @ weights
            scores -= scores.max(axis=1, keepdims=True)
            p = np.exp(scores)
            p /= p.sum(axis=1, keepdims=True)
            error = (p - truth[y[pick]]) * importance[pick][:, None]
            gradient = x[pick].T @ error / len(pick) + _DECAY * weights
            step += 1
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            scale = np.sqrt(square / (1 - 0.999**step)) + 1e-8
            weights -= rate * (mean / (1 - 0.9**step)) / scale
    return ReplyWeights(list(columns), weights)


@dataclass(frozen=True)
class ReplyScores:
    """How well a classifier does.

    Attributes:
        examples: looked at.
        accuracy: share right.
        low, high: 95 % interval of it (Wilson).
        by_class: class -> precision, recall, number of examples.
    """

    examples: int
    accuracy: float
    low: float
    high: float
    by_class: dict[str, tuple[float, float, int]]


def score_replies(examples: Sequence[ReplyExample], predicted: Sequence[int]) -> ReplyScores:
    """Scores of predicted classes."""
    truth = np.array([REPLY_CLASSES.index(example.label) for example in examples])
    said = np.array(predicted)
    n, right = len(truth), int((truth == said).sum())
    z = 1.96
    middle = (right + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * np.sqrt(right * (n - right) / n + z * z / 4)
    by_class: dict[str, tuple[float, float, int]] = {}
    for number, name in enumerate(REPLY_CLASSES):
        hits = int(((truth == number) & (said == number)).sum())
        by_class[name] = (
            hits / max(1, int((said == number).sum())),
            hits / max(1, int((truth == number).sum())),
            int((truth == number).sum()),
        )
    return ReplyScores(n, right / n, float(middle - half), float(middle + half), by_class)
