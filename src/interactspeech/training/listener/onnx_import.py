"""Weights of a written listener, to train on from: the way back from `onnx_export`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import torch

from interactspeech._typing import AnyArray
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.training.listener.network import Network, NetworkShape

_LINEAR = ("stem1", "stem2", "exchange", "head1", "head2")
_RECURRENT = ("own", "joint")


def shipped_graph() -> Path:
    """Where the listener that ships lies; its card is beside it."""
    return Path(str(files("interactspeech.listener").joinpath("data", "listener-1.onnx")))


def read_graph(path: Path | str, *, lookahead: int = 2) -> Network:
    """The network of a graph that `onnx_export.export` wrote.

    Args:
        path: of the file (.onnx).
        lookahead: in steps of 40 ms, as its card says; the graph itself does not.

    Raises:
        InputError: the file cannot be read, or holds another kind of network.
        MissingExtraError: the package onnx is not installed.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise MissingExtraError("onnx", "train", "reading the listener's graph") from None
    try:
        graph = onnx.load(str(path)).graph
        found: dict[str, AnyArray] = {
            one.name: numpy_helper.to_array(one) for one in graph.initializer
        }
        weights = _weights(found)
        shape = NetworkShape(
            width=len(found["stem2.b"]),
            stem=len(found["stem1.b"]),
            heads=len(found["head1.b"]),
            lookahead=lookahead,
        )
        network = Network(shape)
        network.load_state_dict({name: torch.from_numpy(v.copy()) for name, v in weights.items()})
    except Exception as error:  # noqa: BLE001  (protobuf, numpy and torch have their own)
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"is no listener to train on from: {why}",
            path,
            remedy='name a .onnx file that `train events` wrote, or "shipped"',
            reason="bad-run",
        ) from None
    return network


def _weights(found: dict[str, AnyArray]) -> dict[str, AnyArray]:
    """PyTorch's names and order of gates, from those of the graph."""
    weights: dict[str, AnyArray] = {"side": found["sides"][0, 0]}
    for name in _LINEAR:
        weights[f"{name}.weight"] = found[f"{name}.w"].T
        weights[f"{name}.bias"] = found[f"{name}.b"]
    for name in _RECURRENT:
        inputs, hidden = np.split(found[f"{name}.b"][0], 2)
        weights[f"{name}.weight_ih_l0"] = _gates(found[f"{name}.w"][0])
        weights[f"{name}.weight_hh_l0"] = _gates(found[f"{name}.r"][0])
        weights[f"{name}.bias_ih_l0"] = _gates(inputs)
        weights[f"{name}.bias_hh_l0"] = _gates(hidden)
    return weights


def _gates(weights: AnyArray) -> AnyArray:
    """ONNX's gates (update, reset, new) in PyTorch's order (reset, update, new)."""
    update, reset, new = np.split(weights, 3)
    return np.concatenate((reset, update, new))


__all__ = ["read_graph", "shipped_graph"]
