"""Convolutions on 8-bit integers turned into ones on floats: more exact, and fit for a GPU.

A model quantised dynamically computes ``conv(round(x / s), w)`` on integers with a scale s taken
from x each time: it is small on disk, but rounding x and the bias costs a little quality, and no
GPU has a kernel for it. The weights are decoded once when the model is loaded, and

```
 x ─ DynamicQuantizeLinear ─ ConvInteger ─ (Add bias) ─ Cast ─ Mul scales ─ y
```

becomes ``x ─ Conv ─ y``. Other integer operators (matrix products, LSTMs) stay.
"""

from __future__ import annotations

from interactspeech.voices.onnx_edit import Editor, edited, new_node
from interactspeech.voices.onnx_quantised import convolutions


def float_convolutions(model: bytes) -> bytes:
    """`model` with its quantised convolutions (per-tensor weights) as float ones.

    A convolution of another form is left as it is.
    """
    return edited(model, compute_on_floats)


def compute_on_floats(graph: Editor) -> None:
    """The same for a graph that is being edited."""
    for found in convolutions(graph):
        made = found.end.outputs[0]
        weights = graph.add_constant(f"{made}_float_weights", found.decoded())
        inputs = [found.source, weights, *([found.bias] if found.bias else [])]
        graph.replace(found.end, [new_node("Conv", inputs, made, found.node.settings)])
