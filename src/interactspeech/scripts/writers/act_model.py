"""What a listener does at a place in a turn, by what was said: a small fitted model.

Multinomial logistic regression over `act_features.FEATURES`, fitted on meetings with dialogue acts
(`interactspeech.training.acts`); inference is numpy alone. The shipped model holds coefficients and
nothing of the meetings' words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec
import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import InputError
from interactspeech.scripts.writers.act_features import (
    FEATURES,
    place_features,
)
from interactspeech.scripts.writers.draws import Draws
from interactspeech.turntaking.distribution import encode_by_field

ActClass = Literal["nothing", "continuer", "acknowledgement", "reaction", "attempt", "interruption"]
#: The classes in the order of the model's columns.
CLASSES: Final[tuple[ActClass, ...]] = get_args(ActClass)
#: Share of the feedback that is spread evenly over all places: no word explains it. Without it, the
#: few places that the words speak against cost more likelihood than all others bring.
EVEN: Final = 0.2
FEEDBACK: Final = ("continuer", "acknowledgement", "reaction")


class ActModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities of acts at places in turns.

    Attributes:
        id: of the model.
        source: what it was fitted on.
        features: names, in the order of the rows of `weights`.
        classes: names, in the order of its columns.
        weights: a row for each feature, and the intercepts last.
    """

    id: str
    source: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        shape = (len(self.features) + 1, len(self.classes))
        rows = {len(row) for row in self.weights}
        if len(self.weights) != shape[0] or rows != {shape[1]}:
            raise ValueError(f"weights of {len(self.weights)} rows, {shape[0]} are needed")

    @classmethod
    def people(cls) -> ActModel:
        """The shipped model, fitted on meetings of AMI and ICSI."""
        return _people()

    @classmethod
    def named(cls, name: str) -> ActModel | None:
        """The model called "people", or of a file; None for "rule": the writer's own rule.

        Raises:
            InputError: see `load`.
        """
        if name == "rule":
            return None
        return cls.people() if name == "people" else cls.load(name)

    @classmethod
    def load(cls, path: str | Path) -> ActModel:
        """A model that `interactspeech train acts` wrote.

        Raises:
            InputError: the file cannot be read, or is no such model (reason ``bad-model``).
        """
        try:
            found = msgspec.json.decode(Path(path).read_bytes(), type=cls)
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror or error}", path, reason="unreadable"
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"not a model of acts: {error}", path,
                remedy="write one with `interactspeech train acts`", reason="bad-model",
            ) from None  # fmt: skip
        if found.features != FEATURES or found.classes != CLASSES:
            raise InputError(
                "a model of other features or classes", path,
                remedy="train it again with this version", reason="bad-model",
            )  # fmt: skip
        return found

    def encode(self) -> bytes:
        """The model as JSON in UTF-8, one field a line."""
        return encode_by_field(self)

    def probabilities(self, rows: Sequence[Sequence[float]]) -> Float64Array:
        """Probability of each class at each place, shape ``(places, classes)``."""
        if not len(rows):
            return np.zeros((0, len(self.classes)))
        weights = _matrix(self)
        scores = np.asarray(rows, np.float64) @ weights[:-1] + weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def weigh(self, tokens: list[str], places: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """Places of feedback, weighted by its probability; see `role_feedback.FeedbackPlaces`."""
        rows = place_features(tokens, [index for index, _ in places])
        shares = self.probabilities(rows)[:, 1:4].sum(axis=1)
        shares = (1 - EVEN) * shares + EVEN * (shares.mean() if len(shares) else 0.0)
        return [(index, share) for (index, _), share in zip(places, shares.tolist(), strict=True)]

    def kind(self, tokens: list[str], index: int, draws: Draws) -> str:
        """The table of words at a place: where a reaction is likely, by the sentence's words."""
        shares = self.probabilities(place_features(tokens, [index]))[0, 1:4]
        reacts = float(shares[2] / max(shares.sum(), 1e-9))
        return "" if draws.chance(min(1.0, 4 * reacts)) else "continuer"


@cache
def _people() -> ActModel:
    data = resources.files("interactspeech.scripts.writers").joinpath("data", "acts-2.json")
    return msgspec.json.decode(data.read_bytes(), type=ActModel)


@cache
def _matrix_of(identity: int, weights: tuple[tuple[float, ...], ...]) -> Float64Array:
    del identity
    return np.array(weights, np.float64)


def _matrix(model: ActModel) -> Float64Array:
    return _matrix_of(id(model.weights), model.weights)
