"""The trained network as an ONNX graph that keeps its state outside, so that it can stream.

The graph is written operator by operator: any number of steps go in with the state of the last
call, so one file serves whole recordings and single steps of 40 ms, and no tracer decides what it
looks like.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from interactspeech.errors import MissingExtraError
from interactspeech.learn.events.network import OUTPUTS, Network
from interactspeech.listen.features import BANDS, STACK

_OPSET = 17
_IR = 8  # what onnxruntime 1.17 reads


def export(network: Network, path: Path | str) -> None:
    """Write the graph.

    Inputs: ``mel (2, steps, 160)``, ``mono (1,)``, ``state (2, 2, width)``. Outputs:
    ``probability (2, steps, 7)``, ``next_state``. All float32; the meanings are `Network`'s.

    Args:
        network: on the CPU.
        path: of the file.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise MissingExtraError("onnx", "train", "writing the listener's graph") from None
    w = {name: t.detach().cpu().numpy() for name, t in network.state_dict().items()}
    width = network.shape.width
    constants: dict[str, npt.NDArray[Any]] = {
        "six": np.array(6.0, np.float32),
        "half": np.array(0.5, np.float32),
        "sides": np.stack((w["side"], -w["side"]))[:, None, :],
        "flip": np.array([1, 0], np.int64),
        "one": np.array([1], np.int64),
    }
    for name in ("stem1", "stem2", "exchange", "head1", "head2"):
        constants[f"{name}.w"] = np.ascontiguousarray(w[f"{name}.weight"].T)
        constants[f"{name}.b"] = w[f"{name}.bias"]
    for name in ("own", "joint"):
        constants[f"{name}.w"] = _gates(w[f"{name}.weight_ih_l0"])[None]
        constants[f"{name}.r"] = _gates(w[f"{name}.weight_hh_l0"])[None]
        bias = (_gates(w[f"{name}.bias_ih_l0"]), _gates(w[f"{name}.bias_hh_l0"]))
        constants[f"{name}.b"] = np.concatenate(bias)[None]
    nodes: list[Any] = []

    def add(kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, list(outputs), **attributes))
        return outputs[0]

    def linear(x: str, name: str, *, relu: bool = True) -> str:
        out = add("MatMul", [x, f"{name}.w"], f"{name}.m")
        out = add("Add", [out, f"{name}.b"], f"{name}.o")
        return add("Relu", [out], f"{name}.a") if relu else out

    def recurrent(x: str, name: str, state: str) -> str:
        sequence = add("Transpose", [x], f"{name}.seq", perm=[1, 0, 2])
        inputs = [sequence, f"{name}.w", f"{name}.r", f"{name}.b", "", state]
        add("GRU", inputs, f"{name}.y", f"{name}.h", hidden_size=width, linear_before_reset=1)
        flat = add("Squeeze", [f"{name}.y", "one"], f"{name}.flat")
        return add("Transpose", [flat], f"{name}.out", perm=[1, 0, 2])

    x = add("Mul", [add("Add", ["mel", "six"], "mel.c"), "half"], "mel.n")
    x = linear(linear(x, "stem1"), "stem2")
    x = add("Add", [x, add("Mul", ["sides", "mono"], "sides.m")], "stem")
    add("Split", ["state"], "state.own", "state.joint", axis=0)
    own = recurrent(x, "own", "state.own")
    other = add("Gather", [own, "flip"], "other", axis=0)
    both = linear(add("Concat", [own, other], "both", axis=2), "exchange")
    joint = recurrent(both, "joint", "state.joint")
    x = linear(add("Concat", [own, joint], "all", axis=2), "head1")
    add("Sigmoid", [linear(x, "head2", relu=False)], "probability")
    add("Concat", ["own.h", "joint.h"], "next_state", axis=0)

    def tensor(name: str, shape: list[int | str]) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "listener",
        [
            tensor("mel", [2, "steps", STACK * BANDS]),
            tensor("mono", [1]),
            tensor("state", [2, 2, width]),
        ],
        [tensor("probability", [2, "steps", OUTPUTS]), tensor("next_state", [2, 2, width])],
        [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    onnx.checker.check_model(model)
    Path(path).write_bytes(model.SerializeToString())


def _gates(weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """PyTorch's gates (reset, update, new) in ONNX's order (update, reset, new)."""
    reset, update, new = np.split(weights, 3)
    return np.concatenate((update, reset, new))
