"""Building ONNX graphs from weights, and editing the graphs of published models.

It needs the package onnx, whose messages (protocol buffers) are used as they are. onnx-ir would be
the more convenient library, but it brings SymPy (80 MB, over a second to import) for shape
inference that is not needed here. Prepared graphs are kept (`interactspeech.models.preparation`),
so that onnx is imported once a model and machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.errors import MissingExtraError

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_IR_VERSION, _OPSET = 7, 13  # understood by every onnxruntime since 1.7

#: onnxruntime's own operators.
_CONTRIBUTED = "com.microsoft"

Attribute = float | str | Sequence[int]


def _onnx() -> Any:
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx", "tts", "Preparing models' weights") from None
    return onnx


class Graph:
    """A model in the making: constants and nodes in order. Its inputs and outputs are float32, but
    for inputs that are asked for as integers.

    Raises:
        MissingExtraError: onnx is not installed.

    >>> graph = Graph()
    >>> graph.input("x", ("time",))
    'x'
    >>> model = graph.model(graph.add("Relu", "x"), (None,))
    """

    def __init__(self) -> None:
        self._helper = _onnx().helper
        self._nodes: list[NodeProto] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str | None], *, integer: bool = False) -> str:
        """An input, float32 or int64; a dimension is a number, a name, or None if anything goes."""
        kind = _INT64 if integer else _FLOAT
        self._inputs.append(self._helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, values: AnyArray) -> str:
        """The name of a constant with these values."""
        name = self._name("c")
        self._constants.append(_onnx().numpy_helper.from_array(values, name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """One node; the name of its output."""
        return self.add_many(operator, 1, *inputs, **attributes)[0]

    def add_many(
        self, operator: str, count: int, *inputs: str, **attributes: Attribute
    ) -> tuple[str, ...]:
        """One node of `count` outputs; their names."""
        names = tuple(self._name("t") for _ in range(count))
        self._nodes.append(self._helper.make_node(operator, inputs, names, names[0], **attributes))
        return names

    def model(
        self,
        output: str,
        shape: Sequence[int | str | None],
        more: Mapping[str, Sequence[int | str | None]] | None = None,
    ) -> bytes:
        """The serialised model with the outputs `output` and those of `more`, each with a shape."""
        helper = self._helper
        outputs = {output: shape, **(more or {})}
        graph = helper.make_graph(
            self._nodes,
            "graph",
            self._inputs,
            [helper.make_tensor_value_info(name, _FLOAT, size) for name, size in outputs.items()],
            self._constants,
        )
        opset = helper.make_opsetid("", _OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
        return bytes(model.SerializeToString())

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


class GraphEditor:
    """A graph to be changed: ask for `nodes`, `maker`, `users`, `constant`; then `replace`.

    What is asked for is the graph as it was; changes take effect when the edit is over (`edited`).

    Attributes:
        nodes: in an order of computation.
        maker: tensor's name -> the node that makes it.
        users: tensor's name -> the nodes that use it.
    """

    def __init__(self, graph: GraphProto) -> None:
        self._graph = graph
        self.nodes: list[NodeProto] = list(graph.node)
        self.maker: dict[str, NodeProto] = {}
        self.users: dict[str, list[NodeProto]] = defaultdict(list)
        for node in self.nodes:
            self.maker.update(dict.fromkeys(node.output, node))
            for name in node.input:
                self.users[name].append(node)
        self._constants = {constant.name: constant for constant in graph.initializer}
        self._outputs = {output.name for output in graph.output}
        self._instead: dict[int, list[NodeProto]] = {}
        self._last: list[NodeProto] = []

    def constant(self, name: str) -> AnyArray | None:
        """The value of a constant; None if `name` is none."""
        found = self._constants.get(name)
        return None if found is None else np.asarray(_onnx().numpy_helper.to_array(found))

    def only_user(self, node: NodeProto) -> NodeProto | None:
        """The node that alone uses what `node` makes; None if there are others or none."""
        users = self.users[node.output[0]]
        return users[0] if len(users) == 1 and node.output[0] not in self._outputs else None

    def other(self, node: NodeProto, name: str) -> str:
        """The input of a node of two that is not `name`."""
        first, second = map(str, node.input)
        return second if first == name else first

    def add_constant(self, name: str, values: AnyArray) -> str:
        """A new constant; its name, which has to be a new one."""
        self._constants[name] = _onnx().numpy_helper.from_array(values, name)
        return name

    def add_input(self, name: str, shape: Sequence[int | str | None]) -> str:
        """A new float32 input; its name."""
        made = _onnx().helper.make_tensor_value_info(name, _FLOAT, shape)
        self._graph.input.append(made)
        return name

    def add_output(self, node: NodeProto) -> None:
        """A new last node, whose float32 output is one of the model's too."""
        made = _onnx().helper.make_tensor_value_info(node.output[0], _FLOAT, None)
        self._graph.output.append(made)
        self._outputs.add(node.output[0])
        self._last.append(node)

    def add_tensor_output(self, name: str) -> None:
        """Let a float32 tensor of the graph be one of the model's outputs too, by its own name."""
        self._graph.output.append(_onnx().helper.make_tensor_value_info(name, _FLOAT, None))
        self._outputs.add(name)

    def keep_outputs(self, names: Sequence[str]) -> None:
        """Let the model have no other outputs than these of its own."""
        kept = [output for output in self._graph.output if output.name in names]
        self._graph.ClearField("output")
        self._graph.output.extend(kept)
        self._outputs.intersection_update(names)

    def replace(self, node: NodeProto, instead: Sequence[NodeProto]) -> None:
        """Put `instead` in the place of `node`; what it made has to be made by them."""
        self._instead[id(node)] = list(instead)

    def finish(self) -> None:
        """Carry the changes out; nodes and constants that nothing uses any more go."""
        nodes = [new for node in self.nodes for new in self._instead.get(id(node), [node])]
        needed = set(self._outputs)
        alive: list[NodeProto] = []
        for node in reversed(_ordered([*nodes, *self._last])):
            if needed.intersection(node.output):
                needed.update(_reads(node))
                alive.append(node)
        constants = [one for name, one in self._constants.items() if name in needed]
        self._graph.ClearField("node")
        self._graph.node.extend(alive[::-1])
        self._graph.ClearField("initializer")
        self._graph.initializer.extend(constants)


Edit = Callable[[GraphEditor], None]


def edited(model: bytes, *edits: Edit) -> bytes:
    """`model` after each of `edits` was applied to its graph, one after the other.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    proto = _onnx().load_from_string(model)
    for edit in edits:
        editor = GraphEditor(proto.graph)
        edit(editor)
        editor.finish()
    domains = {node.domain for node in proto.graph.node} - {
        one.domain for one in proto.opset_import
    }
    if _CONTRIBUTED in domains:
        proto.opset_import.append(_onnx().helper.make_opsetid(_CONTRIBUTED, 1))
    return bytes(proto.SerializeToString())


def expose(tensor: str, name: str) -> Edit:
    """The edit that adds `tensor`, cast to float32, as a last output called `name`."""

    def edit(graph: GraphEditor) -> None:
        graph.add_output(new_node("Cast", [tensor], name, to=_FLOAT))

    return edit


def keep_outputs(*names: str) -> Edit:
    """The edit after which a model has these of its outputs, and computes no others."""
    return lambda graph: graph.keep_outputs(names)


def noise_as_input(name: str) -> Edit:
    """The edit that lets the caller give a model's random numbers, so that they can be repeated.

    Each ``RandomNormalLike`` node becomes a slice of a new one-dimensional float32 input, called
    `name` and its number (``noise0``, ``noise1``, ... in the order of the nodes), in the shape
    wanted. An input must have at least as many numbers as its node wants.
    """

    def edit(graph: GraphEditor) -> None:
        drawing = [node for node in graph.nodes if node.op_type == "RandomNormalLike"]
        zero = graph.add_constant(f"{name}_zero", np.asarray([0], np.int64))
        for number, node in enumerate(drawing):
            source = graph.add_input(f"{name}{number}", (None,))
            shape, size, part = (f"{source}_{step}" for step in ("shape", "size", "part"))
            slices = [
                new_node("Shape", [node.input[0]], shape),
                new_node("ReduceProd", [shape], size, keepdims=1),
                new_node("Slice", [source, zero, size], part),
                new_node("Reshape", [part, shape], node.output[0]),
            ]
            graph.replace(node, slices)

    return edit


def new_node(
    operator: str,
    inputs: Sequence[str],
    output: str,
    *,
    like: NodeProto | None = None,
    **attributes: Attribute,
) -> NodeProto:
    """A node of one output, its attributes by name and those of the node `like`."""
    made: NodeProto = _onnx().helper.make_node(operator, inputs, [output], output, **attributes)
    if like is not None:
        made.attribute.extend(like.attribute)
    return made


def attribute(node: NodeProto, name: str) -> Any:
    """A node's attribute: a number, bytes, a list of numbers; None if unset."""
    for found in node.attribute:
        if found.name == name:
            return _onnx().helper.get_attribute_value(found)
    return None


def constants_of_branch(model: bytes, branch: str) -> dict[str, AnyArray]:
    """The values of ``Constant`` nodes in the branches called `branch` of a model's outer ``If``s.

    Args:
        model: the serialised model.
        branch: "then_branch" or "else_branch".
    """
    onnx = _onnx()
    found: dict[str, AnyArray] = {}
    for node in onnx.load_from_string(model).graph.node:
        for inner in (a.g for a in node.attribute if a.name == branch):
            for part in inner.node:
                if part.op_type == "Constant" and attribute(part, "value") is not None:
                    value = onnx.numpy_helper.to_array(attribute(part, "value"))
                    found[part.output[0]] = np.asarray(value)
    return found


def _ordered(nodes: Sequence[NodeProto]) -> list[NodeProto]:
    """The nodes in an order of computation: as they are, but each after those that it needs."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    needs = [sorted({makers[n] for n in _reads(node) if n in makers}) for node in nodes]
    done = [False] * len(nodes)
    order: list[NodeProto] = []
    for place in range(len(nodes)):
        waiting = [place]
        while waiting:
            missing = [one for one in needs[waiting[-1]] if not done[one]]
            if done[waiting[-1]] or not missing:
                last = waiting.pop()
                if not done[last]:
                    done[last] = True
                    order.append(nodes[last])
            else:
                waiting += missing[::-1]
    return order


def _reads(node: NodeProto) -> Iterator[str]:
    """The tensors that a node uses, those that its subgraphs (If, Loop) use included."""
    yield from node.input
    for found in node.attribute:
        for inner in (found.g, *found.graphs):
            for part in inner.node:
                yield from _reads(part)
            yield from (output.name for output in inner.output)
