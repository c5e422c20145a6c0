"""Finding dynamically quantised convolutions in a graph.

```
 x ─ DynamicQuantizeLinear ─ ConvInteger ─ (Add bias) ─ Cast ─ Mul scales ─ y
```

The scale of x is taken from x each time; the weights have one scale, and the bias was divided by
both and rounded down to be added on integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interactspeech._typing import AnyArray, Float32Array
from interactspeech.models.onnx_graph import GraphEditor, attribute, edited, new_node

if TYPE_CHECKING:
    from onnx import NodeProto


@dataclass(frozen=True)
class QuantisedConvolution:
    """One of them.

    Attributes:
        node: the ConvInteger.
        end: the last node, whose output is y.
        source: x, on floats.
        weights: 8-bit, shape (outputs, inputs a group, taps).
        zero: the number among `weights` that means 0.
        scale: what a step of `weights` is worth.
        scales: the tensor of that times the scale of x.
        bias: a constant of one float an output, or "".
    """

    node: NodeProto
    end: NodeProto
    source: str
    weights: AnyArray
    zero: int
    scale: np.float32
    scales: str
    bias: str

    def decoded(self) -> Float32Array:
        """The weights as numbers."""
        return (self.weights.astype(np.float32) - np.float32(self.zero)) * self.scale


def convolutions(graph: GraphEditor) -> Iterator[QuantisedConvolution]:
    """All of `graph` with per-tensor weights; one of another form is left out."""
    for node in graph.nodes:
        if node.op_type == "ConvInteger" and (found := _matched(graph, node)):
            yield found


def _matched(graph: GraphEditor, node: NodeProto) -> QuantisedConvolution | None:
    quantiser = graph.maker.get(node.input[0])
    weights, zero = graph.constant(node.input[1]), graph.constant((*node.input, "", "")[3])
    if quantiser is None or quantiser.op_type != "DynamicQuantizeLinear" or weights is None:
        return None
    bias = ""
    after = graph.only_user(node)
    if after is not None and after.op_type == "Add":
        bias = _bias(graph, graph.other(after, node.output[0]))
        if not bias:
            return None
        after = graph.only_user(after)
    if after is None or after.op_type != "Cast":
        return None
    end = graph.only_user(after)
    if end is None or end.op_type != "Mul":
        return None
    scales = graph.other(end, after.output[0])
    product = graph.maker.get(scales)
    if product is None or product.op_type != "Mul" or quantiser.output[1] not in product.input:
        return None
    scale = graph.constant(graph.other(product, quantiser.output[1]))
    if scale is None or scale.size != 1 or (zero is not None and zero.size != 1):
        return None
    shift = 0 if zero is None else int(zero.reshape(-1)[0])
    step = np.float32(scale.reshape(-1)[0])
    source = quantiser.input[0]
    return QuantisedConvolution(node, end, source, weights, shift, step, scales, bias)


def _bias(graph: GraphEditor, name: str) -> str:
    """The float bias that a quantised one was made of: reshaped and cast after a division."""
    for _ in range(4):
        node = graph.maker.get(name)
        if node is None:
            return ""
        name = node.input[0]
        if node.op_type == "Div":
            return name if graph.constant(name) is not None else ""
    return ""


# Convolutions on 8-bit integers turned into ones on floats: more exact, and fit for a GPU.
#
# A model quantised dynamically computes ``conv(round(x / s), w)`` on integers with a scale s taken
# from x each time: it is small on disk, but rounding x and the bias costs a little quality, and no
# GPU has a kernel for it. The weights are decoded once when the model is loaded, and
#
# ```
#  x ─ DynamicQuantizeLinear ─ ConvInteger ─ (Add bias) ─ Cast ─ Mul scales ─ y
# ```
#
# becomes ``x ─ Conv ─ y``. Other integer operators (matrix products, LSTMs) stay.


def float_convolutions(model: bytes) -> bytes:
    """`model` with its quantised convolutions (per-tensor weights) as float ones.

    A convolution of another form is left as it is.
    """
    return edited(model, compute_on_floats)


def compute_on_floats(graph: GraphEditor) -> None:
    """The same for a graph that is being edited."""
    for found in convolutions(graph):
        made = found.end.output[0]
        weights = graph.add_constant(f"{made}_float_weights", found.decoded())
        inputs = [found.source, weights, *([found.bias] if found.bias else [])]
        graph.replace(found.end, [new_node("Conv", inputs, made, like=found.node)])


# Convolutions on 8-bit integers turned into products of matrices, which processors do fast.
#
# onnxruntime computes ConvInteger as a product of unsigned weights with unsigned samples, packed
# anew
# each time; its fast kernels (VNNI and the like: four products an instruction, three to four times
# the speed of floats) want the samples on the left and *signed* constant weights on the right,
# packed once. So
#
# ```
#  x ─ DynamicQuantizeLinear ─ ConvInteger ─ (Add bias) ─ Cast ─ Mul scales ─ y
# ```
#
# becomes, time first,
#
# ```
#  x ─ DynamicQuantizeLinear ─ Transpose ─ Pad ─ Gather windows ─ MatMulInteger
#    ─ Cast ─ Mul scales ─ Add bias ─ Transpose ─ y
# ```
#
# The integers multiplied are the same ones, so nothing is lost. The bias, which was rounded down to
# a whole number of steps, is added as it is. Weights that use 7 bits of their 8 (``reduce_range``
# of onnxruntime's quantiser) are centred on 0: then no pair of products leaves 16 bits, where
# processors without VNNI would cut them off. Others are left for `onnx_float`.


_CENTRE = 64  # of numbers of 7 bits
_MOST = 127
#: Products of fewer outputs do not fill the kernel.
_FEWEST_OUTPUTS = 32


def integer_products(model: bytes) -> bytes:
    """`model` with its quantised convolutions of 7-bit weights as products of matrices.

    A convolution of another form is left as it is.
    """
    return edited(model, compute_as_products)


def compute_as_products(graph: GraphEditor) -> None:
    """The same for a graph that is being edited."""
    for found in convolutions(graph):
        taps = _taps(found)
        if taps is not None:
            _replace(graph, found, *taps)


def _taps(found: QuantisedConvolution) -> tuple[int, int, int, int] | None:
    """Step, spacing of taps, padding left and right; None for what is not computed so."""
    node, weights = found.node, found.weights
    if weights.ndim != 3 or weights.dtype != np.uint8 or len(weights) < _FEWEST_OUTPUTS:
        return None
    if weights.max() > _MOST or found.zero > _MOST or attribute(node, "group") not in (None, 1):
        return None
    if attribute(node, "auto_pad") not in (None, b"NOTSET"):
        return None
    (step,) = _list(node, "strides", [1])
    (spacing,) = _list(node, "dilations", [1])
    left, right = _list(node, "pads", [0, 0])
    return step, spacing, left, right


def _list(node: NodeProto, name: str, default: list[int]) -> list[int]:
    found = attribute(node, name)
    return found if isinstance(found, list) else default


def _replace(
    graph: GraphEditor, found: QuantisedConvolution, step: int, spacing: int, left: int, right: int
) -> None:
    outputs, inputs, taps = found.weights.shape
    made = found.end.output[0]
    quantised, _, zero = found.node.input[:3]
    name = f"{made}_products"

    # Time first; then, for each time, the samples under all taps in one row.
    before = [new_node("Transpose", [quantised], f"{name}_rows", perm=[0, 2, 1])]
    rows = f"{name}_rows"
    if left or right:
        edges = graph.add_constant(f"{name}_edges", np.asarray([0, left, 0, 0, right, 0], np.int64))
        before.append(new_node("Pad", [rows, edges, zero], f"{name}_padded"))
        rows = f"{name}_padded"
    if taps > 1 or step > 1:
        before += _windows(graph, name, rows, (taps, step, spacing), taps * inputs)
        rows = f"{name}_windows"
    graph.replace(found.node, before)

    weights = found.weights.astype(np.int16) - _CENTRE
    matrix = weights.transpose(2, 1, 0).reshape(taps * inputs, outputs).astype(np.int8)
    after = [
        new_node(
            "MatMulInteger",
            [
                rows,
                graph.add_constant(f"{name}_matrix", matrix),
                zero,
                graph.add_constant(f"{name}_zero", np.asarray(found.zero - _CENTRE, np.int8)),
            ],
            f"{name}_sums",
        ),
        new_node("Cast", [f"{name}_sums"], f"{name}_floats", to=1),
        new_node("Mul", [f"{name}_floats", found.scales], f"{name}_scaled"),
    ]
    if found.bias:
        after.append(new_node("Add", [f"{name}_scaled", found.bias], f"{name}_biased"))
    after.append(new_node("Transpose", [after[-1].output[0]], made, perm=[0, 2, 1]))
    graph.replace(found.end, after)


def _windows(
    graph: GraphEditor, name: str, rows: str, shape: tuple[int, int, int], width: int
) -> list[NodeProto]:
    """Nodes that lay the rows under the taps side by side: ``[1, times, width]``."""
    taps, step, spacing = shape
    reach = (taps - 1) * spacing
    constant = graph.add_constant
    nodes = [
        new_node("Shape", [rows], f"{name}_shape"),
        new_node(
            "Gather", [f"{name}_shape", constant(f"{name}_one", np.asarray(1))], f"{name}_length"
        ),
        new_node(
            "Sub", [f"{name}_length", constant(f"{name}_reach", np.asarray(reach))], f"{name}_end"
        ),
        new_node(
            "Range",
            [
                constant(f"{name}_begin", np.asarray(0)),
                f"{name}_end",
                constant(f"{name}_step", np.asarray(step)),
            ],
            f"{name}_times",
        ),
        new_node(
            "Unsqueeze",
            [f"{name}_times", constant(f"{name}_axis", np.asarray([1]))],
            f"{name}_column",
        ),
        new_node(
            "Add",
            [
                f"{name}_column",
                constant(f"{name}_taps", (np.arange(taps) * spacing)[None]),
            ],
            f"{name}_places",
        ),
        new_node("Gather", [rows, f"{name}_places"], f"{name}_gathered", axis=1),
    ]
    flat = constant(f"{name}_flat", np.asarray([1, -1, width]))
    return [*nodes, new_node("Reshape", [f"{name}_gathered", flat], f"{name}_windows")]


# Chains of small operators turned into few that do the same in fewer passes over memory.
#
# Two kinds, as exporters of StyleTTS 2 and Kokoro write them (y = f(x), axes: channel, time):
#
# - a normalisation over time with a gain and an offset a channel, written as ten operators, is an
#   ``InstanceNormalization``;
# - the snake activation ``y + sin²(a y) / a`` after one (Ziyin et al. 2020, "Neural Networks Fail
# to   Learn Periodic Functions and How to Fix It") is ``k (v - cos v) + k`` with ``v = 2 a y`` and
#   ``k = 1 / (2 a)``: the factor goes into the normalisation, the rest is a cosine, a difference
# and   one pass with a gain and an offset (a ``BatchNormalization`` of mean 0 and variance 1).


def fewer_passes(graph: GraphEditor) -> None:
    """Put fewer operators in the place of all such chains of `graph`; others stay."""
    for node in graph.nodes:
        if node.op_type == "Sqrt":
            for found in _normalisations(graph, node):
                _replace_chain(graph, found)


@dataclass(frozen=True)
class _Normalisation:
    """``offset + gain (x - mean) / sqrt(variance + epsilon)``; `end` makes it."""

    end: NodeProto
    x: str
    gain: str
    offset: str
    epsilon: float


def _normalisations(graph: GraphEditor, root: NodeProto) -> list[_Normalisation]:
    stabilised = graph.maker.get(root.input[0])
    if stabilised is None or stabilised.op_type != "Add":
        return []
    variance, small = stabilised.input
    if graph.constant(variance) is not None:
        variance, small = small, variance
    epsilon = graph.constant(small)
    squares = graph.maker.get(_mean_of(graph, variance))
    if epsilon is None or squares is None or squares.op_type != "Mul":
        return []
    centred = graph.maker.get(squares.input[0])
    if squares.input[0] != squares.input[1] or centred is None or centred.op_type != "Sub":
        return []
    x, mean = centred.input
    if _mean_of(graph, mean) != x:
        return []
    found = []
    for division in graph.users[root.output[0]]:
        if division.op_type != "Div" or division.input != [centred.output[0], root.output[0]]:
            continue
        for scaled in graph.users[division.output[0]]:
            end = graph.only_user(scaled)
            if scaled.op_type != "Mul" or end is None or end.op_type != "Add":
                continue
            gain = graph.other(scaled, division.output[0])
            offset = graph.other(end, scaled.output[0])
            step = float(epsilon.reshape(-1)[0])
            found.append(_Normalisation(end, x, gain, offset, step))
    return found


def _mean_of(graph: GraphEditor, name: str) -> str:
    """What `name` is the mean over time of; "" if it is none."""
    node = graph.maker.get(name)
    if node is None or node.op_type != "ReduceMean" or attribute(node, "keepdims") == 0:
        return ""
    axes = graph.constant((*node.input, "")[1])
    return node.input[0] if axes is not None and axes.tolist() in ([2], [-1]) else ""


def _replace_chain(graph: GraphEditor, found: _Normalisation) -> None:
    made = found.end.output[0]
    name = f"{made}_normalised"
    flat = graph.add_constant(f"{name}_flat", np.asarray([-1]))
    gain, offset = f"{name}_gain", f"{name}_offset"
    nodes = [
        new_node("Reshape", [found.gain, flat], gain),
        new_node("Reshape", [found.offset, flat], offset),
    ]
    snake = _snake(graph, found.end)
    if snake is None:
        normalised = new_node(
            "InstanceNormalization", [found.x, gain, offset], made, epsilon=found.epsilon
        )
        graph.replace(found.end, [*nodes, normalised])
        return
    end, frequency = snake
    half = (0.5 / frequency).astype(np.float32)
    twice = graph.add_constant(f"{name}_twice", (2 * frequency).astype(np.float32))
    k = graph.add_constant(f"{name}_k", half)
    zeros = graph.add_constant(f"{name}_zeros", np.zeros_like(half))
    ones = graph.add_constant(f"{name}_ones", np.ones_like(half))
    nodes += [
        new_node("Mul", [gain, twice], f"{gain}_twice"),
        new_node("Mul", [offset, twice], f"{offset}_twice"),
        new_node(
            "InstanceNormalization",
            [found.x, f"{gain}_twice", f"{offset}_twice"],
            f"{name}_v",
            epsilon=found.epsilon,
        ),
        new_node("Cos", [f"{name}_v"], f"{name}_cosine"),
        new_node("Sub", [f"{name}_v", f"{name}_cosine"], f"{name}_apart"),
        new_node(
            "BatchNormalization",
            [f"{name}_apart", k, k, zeros, ones],
            end.output[0],
            epsilon=0.0,
        ),
    ]
    graph.replace(end, nodes)


def _snake(graph: GraphEditor, y: NodeProto) -> tuple[NodeProto, Float32Array] | None:
    """The end of a snake activation of what `y` makes, and its frequency a channel."""
    users = graph.users[y.output[0]]
    node = next((user for user in users if user.op_type == "Mul"), None)
    if len(users) != 2 or node is None:
        return None
    chain = [node]
    for kind in ("Sin", "Pow", "Mul", "Add"):
        node = graph.only_user(chain[-1])
        if node is None or node.op_type != kind:
            return None
        chain.append(node)
    turned, sine, power, scaled, end = chain
    frequency = graph.constant(graph.other(turned, y.output[0]))
    exponent = graph.constant(graph.other(power, sine.output[0]))
    inverse = graph.constant(graph.other(scaled, power.output[0]))
    if frequency is None or exponent is None or inverse is None or y.output[0] not in end.input:
        return None
    flat = np.asarray(frequency, np.float32).reshape(-1)
    if exponent.tolist() not in (2, [2]):
        return None
    return (end, flat) if np.allclose(inverse.reshape(-1), 1 / flat, rtol=1e-4) else None
