"""Convolutions on 8-bit integers turned into ones on floats: as fast, and more exact.

A model quantised dynamically computes ``conv(round(x / s) , w)`` on integers with a scale s taken
from x each time: it is small on disk, but rounding x and the bias costs a little quality, and no
GPU has a kernel for it. With onnxruntime on two processors the float kernel was between 5 % slower
and 16 % faster (docs/bench/voices.md). The weights are decoded once when the model is loaded, and

```
 x ─ DynamicQuantizeLinear ─ ConvInteger ─ (Add bias) ─ Cast ─ Mul scales ─ y
```

becomes ``x ─ Conv ─ y``. Other integer operators (matrix products, LSTMs) stay.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from interactspeech.voices.onnx_graph import again, fields, message, tensor

_NODE, _INITIALISER, _OUTPUT = 1, 5, 12  # fields of GraphProto
_GRAPH = 7  # of ModelProto
_TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8"}


@dataclass
class _Node:
    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: bytes
    raw: bytes


def float_convolutions(model: bytes) -> bytes:
    """`model` with its quantised convolutions (per-tensor weights) as float ones.

    A convolution of another form is left as it is.
    """
    out = bytearray()
    for tag, value in fields(model):
        is_graph = tag >> 3 == _GRAPH and isinstance(value, bytes)
        out += again(tag, _Rewriter(value).graph() if is_graph else value)  # type: ignore[arg-type]
    return bytes(out)


class _Rewriter:
    def __init__(self, graph: bytes) -> None:
        self._rest: list[tuple[int, bytes | int]] = []
        self._nodes: list[_Node] = []
        self._raw: dict[str, bytes] = {}
        self._kept: set[str] = set()  # outputs of the graph
        for tag, value in fields(graph):
            if tag >> 3 == _NODE and isinstance(value, bytes):
                self._nodes.append(_node(value))
            elif tag >> 3 == _INITIALISER and isinstance(value, bytes):
                self._raw[_text(value, 8)] = value
            else:
                self._rest.append((tag, value))
                if tag >> 3 == _OUTPUT and isinstance(value, bytes):
                    self._kept.add(_text(value, 1))
        self._maker = {name: node for node in self._nodes for name in node.outputs}
        self._users: dict[str, list[_Node]] = defaultdict(list)
        for node in self._nodes:
            for name in node.inputs:
                self._users[name].append(node)

    def graph(self) -> bytes:
        """The serialised graph, rewritten."""
        made: dict[str, _Node] = {}
        constants: list[bytes] = []
        for node in self._nodes:
            if node.kind == "ConvInteger" and (found := self._matched(node)):
                end, source, weights, bias = found
                name = f"{end}_float_weights"
                constants.append(tensor(name, weights))
                inputs = [source, name, *([bias] if bias else [])]
                raw = message("Conv", inputs, end, node.attributes)
                made[end] = _Node("Conv", inputs, [end], b"", raw)
        nodes = [made.get(node.outputs[0], node) for node in self._nodes]
        nodes = self._alive(nodes)
        used = {name for node in nodes for name in node.inputs}
        out = bytearray()
        for node in nodes:
            out += again(_NODE << 3 | 2, node.raw)
        for tag, value in self._rest:
            out += again(tag, value)
        for name, raw in self._raw.items():
            if name in used:
                out += again(_INITIALISER << 3 | 2, raw)
        for raw in constants:
            out += again(_INITIALISER << 3 | 2, raw)
        return bytes(out)

    def _matched(self, node: _Node) -> tuple[str, str, npt.NDArray[np.float32], str] | None:
        """Output, float input, float weights and bias (or "") of a quantised convolution."""
        quantiser = self._maker.get(node.inputs[0])
        weights, zero = self._constant(node.inputs[1]), self._constant((*node.inputs, "", "")[3])
        if quantiser is None or quantiser.kind != "DynamicQuantizeLinear" or weights is None:
            return None
        bias = ""
        after = self._only_user(node)
        if after is not None and after.kind == "Add":
            bias = self._bias(next(name for name in after.inputs if name != node.outputs[0]))
            if not bias:
                return None
            after = self._only_user(after)
        if after is None or after.kind != "Cast":
            return None
        end = self._only_user(after)
        if end is None or end.kind != "Mul":
            return None
        scales = self._maker.get(next(name for name in end.inputs if name != after.outputs[0]))
        if scales is None or scales.kind != "Mul" or quantiser.outputs[1] not in scales.inputs:
            return None
        scale = self._constant(next(n for n in scales.inputs if n != quantiser.outputs[1]))
        if scale is None or scale.size != 1 or (zero is not None and zero.size != 1):
            return None
        shift = 0.0 if zero is None else float(zero.reshape(-1)[0])
        decoded = (weights.astype(np.float32) - np.float32(shift)) * np.float32(
            scale.reshape(-1)[0]
        )
        return end.outputs[0], quantiser.inputs[0], decoded, bias

    def _bias(self, name: str) -> str:
        """The float bias that a quantised one was made of: reshaped and cast after a division."""
        for _ in range(4):
            node = self._maker.get(name)
            if node is None:
                return ""
            name = node.inputs[0]
            if node.kind == "Div":
                return name if name in self._raw else ""
        return ""

    def _only_user(self, node: _Node) -> _Node | None:
        users = self._users[node.outputs[0]]
        return users[0] if len(users) == 1 and node.outputs[0] not in self._kept else None

    def _constant(self, name: str) -> npt.NDArray[np.generic] | None:
        raw = self._raw.get(name)
        return None if raw is None else _values(raw)

    def _alive(self, nodes: list[_Node]) -> list[_Node]:
        """`nodes` without those that nothing uses any more."""
        needed = set(self._kept)
        alive: list[_Node] = []
        for node in reversed(nodes):  # a graph lists its nodes in order of computation
            # What a subgraph (If, Loop) uses is not listed; such nodes and their makers stay.
            if needed.intersection(node.outputs) or node.kind in ("If", "Loop", "Scan"):
                needed.update(node.inputs)
                alive.append(node)
        return alive[::-1]


def _node(raw: bytes) -> _Node:
    node = _Node("", [], [], b"", raw)
    for tag, value in fields(raw):
        if not isinstance(value, bytes):
            continue
        if tag >> 3 == 1:
            node.inputs.append(value.decode())
        elif tag >> 3 == 2:
            node.outputs.append(value.decode())
        elif tag >> 3 == 4:
            node.kind = value.decode()
        elif tag >> 3 == 5:
            node.attributes += again(tag, value)
    return node


def _text(raw: bytes, field: int) -> str:
    found = (v for tag, v in fields(raw) if tag >> 3 == field and isinstance(v, bytes))
    return next(found, b"").decode()


def _values(raw: bytes) -> npt.NDArray[np.generic] | None:
    """The numbers of a TensorProto; None for a type that is of no interest here."""
    shape: list[int] = []
    kind, data = 0, b""
    numbers: list[int] = []
    for tag, value in fields(raw):
        if tag >> 3 == 1:
            shape += [value] if isinstance(value, int) else _varints(value)
        elif tag >> 3 == 2 and isinstance(value, int):
            kind = value
        elif tag >> 3 == 9 and isinstance(value, bytes):
            data = value
        elif tag >> 3 == 4 and isinstance(value, bytes):  # float_data
            data += value
        elif tag >> 3 == 5:  # int32_data
            numbers += [value] if isinstance(value, int) else _varints(value)
    if kind not in _TYPES:
        return None
    if numbers:
        return np.asarray(numbers).astype(_TYPES[kind]).reshape(shape)
    return np.frombuffer(data, _TYPES[kind]).reshape(shape)


def _varints(data: bytes) -> list[int]:
    found = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(number)
            number = shift = 0
    return found
