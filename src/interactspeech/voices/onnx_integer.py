"""Convolutions on 8-bit integers turned into products of matrices, which processors do fast.

onnxruntime computes ConvInteger as a product of unsigned weights with unsigned samples, packed anew
each time; its fast kernels (VNNI and the like: four products an instruction, three to four times
the speed of floats) want the samples on the left and *signed* constant weights on the right, packed
once. So

```
 x ─ DynamicQuantizeLinear ─ ConvInteger ─ (Add bias) ─ Cast ─ Mul scales ─ y
```

becomes, time first,

```
 x ─ DynamicQuantizeLinear ─ Transpose ─ Pad ─ Gather windows ─ MatMulInteger
   ─ Cast ─ Mul scales ─ Add bias ─ Transpose ─ y
```

The integers multiplied are the same ones, so nothing is lost. The bias, which was rounded down to
a whole number of steps, is added as it is. Weights that use 7 bits of their 8 (``reduce_range`` of
onnxruntime's quantiser) are centred on 0: then no pair of products leaves 16 bits, where processors
without VNNI would cut them off. Others are left for `onnx_float`.
"""

from __future__ import annotations

import numpy as np

from interactspeech.voices.onnx_edit import Editor, Node, edited, new_node
from interactspeech.voices.onnx_quantised import QuantisedConvolution, convolutions

_CENTRE = 64  # of numbers of 7 bits
_MOST = 127
#: Products of fewer outputs do not fill the kernel.
_FEWEST_OUTPUTS = 32


def integer_products(model: bytes) -> bytes:
    """`model` with its quantised convolutions of 7-bit weights as products of matrices.

    A convolution of another form is left as it is.
    """
    return edited(model, compute_as_products)


def compute_as_products(graph: Editor) -> None:
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
    if weights.max() > _MOST or found.zero > _MOST or node.attribute("group") not in (None, 1):
        return None
    if node.attribute("auto_pad") not in (None, "NOTSET"):
        return None
    (step,) = _list(node, "strides", [1])
    (spacing,) = _list(node, "dilations", [1])
    left, right = _list(node, "pads", [0, 0])
    return step, spacing, left, right


def _list(node: Node, name: str, default: list[int]) -> list[int]:
    found = node.attribute(name)
    return found if isinstance(found, list) else default


def _replace(
    graph: Editor, found: QuantisedConvolution, step: int, spacing: int, left: int, right: int
) -> None:
    outputs, inputs, taps = found.weights.shape
    made = found.end.outputs[0]
    quantised, _, zero = found.node.inputs[:3]
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
    after.append(new_node("Transpose", [after[-1].outputs[0]], made, perm=[0, 2, 1]))
    graph.replace(found.end, after)


def _windows(
    graph: Editor, name: str, rows: str, shape: tuple[int, int, int], width: int
) -> list[Node]:
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
