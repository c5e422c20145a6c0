"""Changing a finished ONNX model, without the onnx package.

`edited` parses a model's graph into nodes and constants, lets a function replace some of them, and
writes the model again. What is not touched keeps its bytes; nodes that nothing uses any more go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from interactspeech.models.onnx_graph import again, attributes, fields, message, tensor

_NODE, _INITIALISER, _OUTPUT = 1, 5, 12  # fields of GraphProto
_GRAPH = 7  # of ModelProto
_TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8"}

Attribute = int | float | str | list[int]


@dataclass(eq=False)
class Node:
    """One operator of a graph.

    Attributes:
        kind: the operator's name.
        raw: the node as it is serialised.
        settings: its attributes, serialised.
    """

    kind: str
    inputs: list[str]
    outputs: list[str]
    raw: bytes
    settings: bytes = b""

    def attribute(self, name: str) -> Attribute | None:
        """The attribute called `name`: a number, a text, whole numbers; None if unset."""
        for tag, value in fields(self.settings):
            if tag >> 3 == 5 and isinstance(value, bytes) and _text(value, 1) == name:
                return _attribute(value)
        return None


@dataclass
class GraphEditor:
    """A graph to be changed: ask for `nodes`, `maker`, `users`, `constant`; then `replace`.

    Attributes:
        nodes: in an order of computation.
        maker: tensor's name -> the node that makes it.
        users: tensor's name -> the nodes that use it.
    """

    nodes: list[Node] = field(default_factory=list)
    maker: dict[str, Node] = field(default_factory=dict)
    users: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._rest: list[tuple[int, bytes | int]] = []
        self._raw: dict[str, bytes] = {}
        self._kept: set[str] = set()  # outputs of the graph
        self._instead: dict[int, list[Node]] = {}

    def constant(self, name: str) -> npt.NDArray[np.generic] | None:
        """The value of a constant; None if `name` is none or of a type of no interest here."""
        raw = self._raw.get(name)
        return None if raw is None else _values(raw)

    def only_user(self, node: Node) -> Node | None:
        """The node that alone uses what `node` makes; None if there are others or none."""
        users = self.users[node.outputs[0]]
        return users[0] if len(users) == 1 and node.outputs[0] not in self._kept else None

    def other(self, node: Node, name: str) -> str:
        """The input of a node of two that is not `name`."""
        first, second = node.inputs
        return second if first == name else first

    def add_constant(
        self,
        name: str,
        values: npt.NDArray[np.float32] | npt.NDArray[np.int64] | npt.NDArray[np.int8],
    ) -> str:
        """A new constant; its name, which has to be a new one."""
        self._raw[name] = tensor(name, values)
        return name

    def replace(self, node: Node, instead: Sequence[Node]) -> None:
        """Put `instead` in the place of `node`; what it made has to be made by them."""
        self._instead[id(node)] = list(instead)

    def serialised(self) -> bytes:
        """The GraphProto."""
        nodes = [new for node in self.nodes for new in self._instead.get(id(node), [node])]
        nodes = self._alive(nodes)
        used = {name for node in nodes for name in node.inputs}
        out = bytearray()
        for node in nodes:
            out += again(_NODE << 3 | 2, node.raw)
        for tag, value in self._rest:
            out += again(tag, value)
        for name, raw in self._raw.items():
            if name in used or name in self._kept:
                out += again(_INITIALISER << 3 | 2, raw)
        return bytes(out)

    def _alive(self, nodes: list[Node]) -> list[Node]:
        needed = set(self._kept)
        alive: list[Node] = []
        for node in reversed(nodes):  # a graph lists its nodes in order of computation
            # What a subgraph (If, Loop) uses is not listed; such nodes and their makers stay.
            if needed.intersection(node.outputs) or node.kind in ("If", "Loop", "Scan"):
                needed.update(node.inputs)
                alive.append(node)
        return alive[::-1]

    def read(self, graph: bytes) -> None:
        """Take over a GraphProto."""
        for tag, value in fields(graph):
            if tag >> 3 == _NODE and isinstance(value, bytes):
                self.nodes.append(_parsed(value))
            elif tag >> 3 == _INITIALISER and isinstance(value, bytes):
                self._raw[_text(value, 8)] = value
            else:
                self._rest.append((tag, value))
                if tag >> 3 == _OUTPUT and isinstance(value, bytes):
                    self._kept.add(_text(value, 1))
        for node in self.nodes:
            self.maker.update(dict.fromkeys(node.outputs, node))
            for name in node.inputs:
                self.users[name].append(node)


def edited(model: bytes, *edits: Callable[[GraphEditor], None]) -> bytes:
    """`model` after each of `edits` was let at its graph, one after the other."""
    for edit in edits:
        out = bytearray()
        for tag, value in fields(model):
            if tag >> 3 == _GRAPH and isinstance(value, bytes):
                editor = GraphEditor()
                editor.read(value)
                edit(editor)
                out += again(tag, editor.serialised())
            else:
                out += again(tag, value)
        model = bytes(out)
    return model


def new_node(
    kind: str,
    inputs: Sequence[str],
    output: str,
    settings: bytes = b"",
    **named: float | str | Sequence[int],
) -> Node:
    """A node of one output, its attributes by name or as another node had them."""
    settings += attributes(named)
    return Node(kind, list(inputs), [output], message(kind, inputs, output, settings), settings)


def _parsed(raw: bytes) -> Node:
    node = Node("", [], [], raw)
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
            node.settings += again(tag, value)
    return node


def _attribute(raw: bytes) -> Attribute:
    numbers: list[int] = []
    for tag, value in fields(raw):
        if tag >> 3 == 2 and isinstance(value, bytes):
            return float(np.frombuffer(value, "<f4")[0])
        if tag >> 3 == 3 and isinstance(value, int):
            return value
        if tag >> 3 == 4 and isinstance(value, bytes):
            return value.decode()
        if tag >> 3 == 8:
            numbers += [value] if isinstance(value, int) else varints(value)
    return numbers


def _text(raw: bytes, number: int) -> str:
    found = (v for tag, v in fields(raw) if tag >> 3 == number and isinstance(v, bytes))
    return next(found, b"").decode()


def _values(raw: bytes) -> npt.NDArray[np.generic] | None:
    """The numbers of a TensorProto; None for a type that is of no interest here."""
    shape: list[int] = []
    kind, data = 0, b""
    numbers: list[int] = []
    for tag, value in fields(raw):
        if tag >> 3 == 1:
            shape += [value] if isinstance(value, int) else varints(value)
        elif tag >> 3 == 2 and isinstance(value, int):
            kind = value
        elif tag >> 3 == 9 and isinstance(value, bytes):
            data = value
        elif tag >> 3 == 4 and isinstance(value, bytes):  # float_data
            data += value
        elif tag >> 3 in (5, 7):  # int32_data, int64_data
            numbers += [value] if isinstance(value, int) else varints(value)
    if kind not in _TYPES:
        return None
    if numbers:
        return np.asarray(numbers).astype(_TYPES[kind]).reshape(shape)
    return np.frombuffer(data, _TYPES[kind]).reshape(shape)


def varints(data: bytes) -> list[int]:
    """Packed numbers."""
    found = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(number)
            number = shift = 0
    return found
