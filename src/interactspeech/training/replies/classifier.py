"""The classifier of replies: an ONNX file of some hundred kilobytes, for a CPU.

The graph takes counts of features, shape ``(batch, features)``, float32, and gives probabilities,
shape ``(batch, classes)``; the names of both are in the file's metadata, as JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.models.onnx_session import inference_session
from interactspeech.training.replies.examples import REPLY_CLASSES, ReplyClass
from interactspeech.training.replies.features import reply_features

_FEATURES, _CLASSES = "interactspeech.features", "interactspeech.classes"


@dataclass(frozen=True)
class ReplyVerdict:
    """What somebody wants who says something.

    Attributes:
        label: the most probable class.
        probabilities: class -> probability.
    """

    label: ReplyClass
    probabilities: dict[str, float]


class ReplyClassifier:
    """Says what a reply wants, from words.

    Args:
        data: the ONNX file.
        path: named in errors.

    Raises:
        InputError: it is no such file (reason ``bad-model``).
    """

    def __init__(self, data: bytes, path: str | Path | None = None) -> None:
        try:
            self._session = inference_session(data, "the classifier of replies", "listen")
            stored = self._session.get_modelmeta().custom_metadata_map
            names, self.classes = json.loads(stored[_FEATURES]), json.loads(stored[_CLASSES])
        except MissingExtraError:
            raise
        except Exception as error:  # noqa: BLE001  (onnxruntime has no errors of its own)
            raise InputError(
                f"no classifier of replies: {error}", path,
                remedy="write one with `interactspeech train replies`", reason="bad-model",
            ) from None  # fmt: skip
        self._columns = {name: column for column, name in enumerate(names)}

    @classmethod
    def shipped(cls) -> ReplyClassifier:
        """The one in the package."""
        return _shipped()

    @classmethod
    def load(cls, path: str | Path) -> ReplyClassifier:
        """One that `interactspeech train replies` wrote.

        Raises:
            InputError: it cannot be read, or is none.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror or error}", path, reason="unreadable"
            ) from None
        return cls(data, path)

    def classify(self, reply: str, said: str = "", unsaid: str = "") -> ReplyVerdict:
        """What a reply wants.

        Args:
            reply: what somebody says.
            said: what the other had said of the turn until then.
            unsaid: what the other was still to say, where that is known (an agent knows its own).
        """
        row = counts([reply_features(said, unsaid, reply)], self._columns)
        (found,) = self._session.run(None, {"features": row})
        values = [float(value) for value in found[0]]
        best = int(np.argmax(values))
        return ReplyVerdict(self.classes[best], dict(zip(self.classes, values, strict=True)))


@cache
def _shipped() -> ReplyClassifier:
    data = resources.files("interactspeech.training.replies").joinpath("data", "replies-1.onnx")
    return ReplyClassifier(data.read_bytes())


def counts(rows: list[list[str]], columns: dict[str, int]) -> Float32Array:
    """Counts of features, shape ``(rows, columns)``."""
    found = np.zeros((len(rows), len(columns)), np.float32)
    for number, row in enumerate(rows):
        for name in row:
            if name in columns:
                found[number, columns[name]] += 1
    return found


def as_onnx(weights: Float64Array, names: list[str]) -> bytes:
    """The classifier as an ONNX file.

    Args:
        weights: shape ``(features, classes)``.
        names: of the features.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise MissingExtraError("onnx", "train", "writing ONNX files") from None
    table = numpy_helper.from_array(weights.astype(np.float32), "weights")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["features", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        ],
        "replies",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(names)])],
        [
            helper.make_tensor_value_info(
                "probabilities", TensorProto.FLOAT, ["batch", weights.shape[1]]
            )
        ],
        [table],
    )
    model: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    model.producer_name = "interactspeech"
    helper.set_model_props(
        model, {_FEATURES: json.dumps(names), _CLASSES: json.dumps(list(REPLY_CLASSES))}
    )
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString(deterministic=True)
    return data
