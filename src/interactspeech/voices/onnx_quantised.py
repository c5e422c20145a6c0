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

import numpy as np
import numpy.typing as npt

from interactspeech.voices.onnx_edit import Editor, Node


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

    node: Node
    end: Node
    source: str
    weights: npt.NDArray[np.generic]
    zero: int
    scale: np.float32
    scales: str
    bias: str

    def decoded(self) -> npt.NDArray[np.float32]:
        """The weights as numbers."""
        return (self.weights.astype(np.float32) - np.float32(self.zero)) * self.scale


def convolutions(graph: Editor) -> Iterator[QuantisedConvolution]:
    """All of `graph` with per-tensor weights; one of another form is left out."""
    for node in graph.nodes:
        if node.kind == "ConvInteger" and (found := _matched(graph, node)):
            yield found


def _matched(graph: Editor, node: Node) -> QuantisedConvolution | None:
    quantiser = graph.maker.get(node.inputs[0])
    weights, zero = graph.constant(node.inputs[1]), graph.constant((*node.inputs, "", "")[3])
    if quantiser is None or quantiser.kind != "DynamicQuantizeLinear" or weights is None:
        return None
    bias = ""
    after = graph.only_user(node)
    if after is not None and after.kind == "Add":
        bias = _bias(graph, graph.other(after, node.outputs[0]))
        if not bias:
            return None
        after = graph.only_user(after)
    if after is None or after.kind != "Cast":
        return None
    end = graph.only_user(after)
    if end is None or end.kind != "Mul":
        return None
    scales = graph.other(end, after.outputs[0])
    product = graph.maker.get(scales)
    if product is None or product.kind != "Mul" or quantiser.outputs[1] not in product.inputs:
        return None
    scale = graph.constant(graph.other(product, quantiser.outputs[1]))
    if scale is None or scale.size != 1 or (zero is not None and zero.size != 1):
        return None
    shift = 0 if zero is None else int(zero.reshape(-1)[0])
    step = np.float32(scale.reshape(-1)[0])
    source = quantiser.inputs[0]
    return QuantisedConvolution(node, end, source, weights, shift, step, scales, bias)


def _bias(graph: Editor, name: str) -> str:
    """The float bias that a quantised one was made of: reshaped and cast after a division."""
    for _ in range(4):
        node = graph.maker.get(name)
        if node is None:
            return ""
        name = node.inputs[0]
        if node.kind == "Div":
            return name if graph.constant(name) is not None else ""
    return ""
