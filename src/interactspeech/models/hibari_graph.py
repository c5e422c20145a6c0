"""hibari's graph as its engine wants it: one output a part, frames as rows, and no silent edges.

```
symbols ─ durations ─ prosody ─ f0 ─┬─ [cut: silent edges] ─ decoder ─ head (frames, 3005)
                                    └─ ...                           ─ f0   (frames)
```
The model says 0.3 s of silence before the first sound and 0.2 s after the last, which are trimmed
from its waveform anyway. The frames of these edges are left out before the decoder, where four
fifths of the work are; the prosody is computed with them, as it was trained. The last layer's
output, one row a frame, is no longer transposed and cut into five.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interactspeech.models.onnx_graph import (
    Edit,
    GraphEditor,
    attribute,
    expose,
    keep_outputs,
    new_node,
)

if TYPE_CHECKING:
    from onnx import NodeProto

#: Units of duration (25 ms, two frames) that are left of the silence before the first sound.
LEAD_UNITS = 6
#: Frames that are left after the last sound.
_DECAY_FRAMES = 4
#: The output of the network's last layer. It keeps its name in the published graph, for a copy
#: under another name takes longer than a layer.
HEAD = "/head/Add_output_0"
_FEATURES, _F0, _DURATIONS = "/Concat_43_output_0", "f0", "/Cast_32_output_0"
_INT64 = 7
_HEADS = 2
_END = 2**31 - 1


def edits() -> tuple[Edit, ...]:
    """What is done to the published graph.

    Afterwards the model has

    - inputs ``ids`` and ``speed`` as before, and ``tail``, float32 ``[1]``: how many symbols at the
      end, the pad included, are no sounds;
    - outputs `HEAD`, float32 ``[1, frames, 3005]``; ``course``, f0 in hertz, ``[1, frames]``;
      ``duration``, ``[symbols]``, in units, of which the first is not shortened.
    """
    return (
        _without_silent_edges,
        _fused_attention,
        _folded_scales,
        _blocked_convolutions,
        lambda graph: graph.add_tensor_output(HEAD),
        expose("/Clip_output_0", "duration"),
        keep_outputs(HEAD, "course", "duration"),
    )


def duration_edits() -> tuple[Edit, ...]:
    """What is done to the published graph where only durations are wanted.

    Afterwards the model has inputs ``ids`` and ``speed`` as before and one output, ``units``:
    float32 ``[symbols]``, durations at speed 1 before they are rounded.
    """
    return (
        _fused_attention,
        _folded_scales,
        _blocked_convolutions,
        expose("/Sub_output_0", "units"),
        keep_outputs("units"),
    )


def _without_silent_edges(graph: GraphEditor) -> None:
    def constant(name: str, *values: int) -> str:
        return graph.add_constant(f"edges_{name}", np.asarray(values, np.int64))

    tail = graph.add_input("tail", (1,))
    zero, one, two = constant("zero", 0), constant("one", 1), constant("two", 2)
    lead, minus, end = constant("lead", LEAD_UNITS), constant("minus", -1), constant("end", _END)
    time, decay = constant("time", 2), constant("decay", _DECAY_FRAMES)
    cut = [
        new_node("Slice", [_DURATIONS, zero, one], "edges_first"),
        new_node("Sub", ["edges_first", lead], "edges_over"),
        new_node("Max", ["edges_over", zero], "edges_begin"),
        new_node("Mul", ["edges_begin", two], "edges_from"),
        new_node("Cast", [tail], "edges_tail", to=_INT64),
        new_node("Mul", ["edges_tail", minus], "edges_back"),
        new_node("Slice", [_DURATIONS, "edges_back", end], "edges_last"),
        new_node("ReduceSum", ["edges_last"], "edges_silent", keepdims=1),
        new_node("ReduceSum", [_DURATIONS], "edges_all", keepdims=1),
        new_node("Sub", ["edges_all", "edges_silent"], "edges_sound"),
        new_node("Mul", ["edges_sound", two], "edges_stop"),
        new_node("Add", ["edges_stop", decay], "edges_to"),
    ]
    (source,) = (node for node in graph.nodes if node.output[0] == _FEATURES)
    whole = new_node(source.op_type, list(source.input), "edges_features", like=source)
    graph.replace(
        source,
        [
            *cut,
            whole,
            new_node("Slice", ["edges_features", "edges_from", "edges_to", time], _FEATURES),
        ],
    )
    graph.add_output(new_node("Slice", [_F0, "edges_from", "edges_to", one], "course"))


def _fused_attention(graph: GraphEditor) -> None:
    """Each self-attention, 30 nodes of which most compute shapes, as one of onnxruntime's own."""
    for softmax in [node for node in graph.nodes if node.op_type == "Softmax"]:
        product = graph.maker[graph.maker[softmax.input[0]].input[0]]  # before the scale
        halves = [graph.maker[name] for name in product.input]  # transposed
        slices = [graph.maker[graph.maker[half.input[0]].input[0]] for half in halves]
        packed = slices[0].input[0]
        weighted = graph.only_user(softmax)
        joined = weighted and graph.only_user(weighted)
        last = joined and graph.only_user(joined)
        if last is None or last.op_type != "Reshape" or slices[1].input[0] != packed:
            raise ValueError("the graph of hibari is not the one that is known")
        parts = [f"{packed}_{part}" for part in ("query", "key", "value")]
        graph.replace(
            last,
            [
                *_cut_in_three(graph, packed, parts),
                new_node(
                    "MultiHeadAttention",
                    parts,
                    last.output[0],
                    domain="com.microsoft",
                    num_heads=_HEADS,
                ),
            ],
        )


def _cut_in_three(graph: GraphEditor, packed: str, parts: list[str]) -> list[NodeProto]:
    """Nodes that make `parts` of the thirds of the last axis of `packed`."""
    width = graph.constant(graph.other(graph.maker[packed], _not_constant(graph, packed)))
    if width is None:
        raise ValueError("the graph of hibari is not the one that is known")
    third = len(width) // 3
    name = f"attention_{third}_"
    axis = graph.add_constant("attention_axis", np.asarray([2], np.int64))
    edges = [graph.add_constant(f"{name}{k}", np.asarray([k * third], np.int64)) for k in range(4)]
    return [
        new_node("Slice", [packed, edges[k], edges[k + 1], axis], part)
        for k, part in enumerate(parts)
    ]


def _not_constant(graph: GraphEditor, name: str) -> str:
    """The input of the node that makes `name` which is no constant."""
    first, second = graph.maker[name].input
    return str(second if graph.constant(first) is not None else first)


def _folded_scales(graph: GraphEditor) -> None:
    """Factors of the outputs of quantised products as part of the weights' scales.

    ``gamma (scale q + bias)`` is ``(gamma scale) q + gamma bias``: one pass less over the output.
    """
    for node in graph.nodes:
        if node.op_type != "Mul" or not node.input[0].endswith(".gamma"):
            continue
        gamma = graph.constant(node.input[0])
        added = graph.maker[node.input[1]]
        bias = graph.constant(added.input[0])
        scaled = graph.maker[added.input[1]]
        scales = graph.maker[scaled.input[1]]
        scale = graph.constant(scales.input[1])
        if gamma is None or bias is None or scale is None or scaled.op_type != "Mul":
            raise ValueError("the graph of hibari is not the one that is known")
        name = f"{node.output[0]}_folded"
        weight = graph.add_constant(f"{name}_scale", np.asarray(scale * gamma, np.float32))
        moved = graph.add_constant(f"{name}_bias", np.asarray(bias * gamma, np.float32))
        graph.replace(
            node,
            [
                new_node("Mul", [scales.input[0], weight], f"{name}_scales"),
                new_node("Mul", [scaled.input[0], f"{name}_scales"], f"{name}_product"),
                new_node("Add", [moved, f"{name}_product"], node.output[0]),
            ],
        )


def _blocked_convolutions(graph: GraphEditor) -> None:
    """Convolutions of a channel by itself as two-dimensional ones of height 1.

    onnxruntime has a blocked layout for those, in which they are several times as fast.
    """
    axis = graph.add_constant("height_axis", np.asarray([2], np.int64))
    for node in graph.nodes:
        if node.op_type != "Conv" or attribute(node, "group") == 1:
            continue
        weights = graph.constant(node.input[1])
        if weights is None:
            raise ValueError("the graph of hibari is not the one that is known")
        name = node.output[0]
        flat = graph.add_constant(f"{name}_weights", np.ascontiguousarray(weights[:, :, None]))
        before, after = attribute(node, "pads")
        made = new_node(
            "Conv",
            [f"{name}_high", flat, node.input[2]],
            f"{name}_made",
            group=attribute(node, "group"),
            kernel_shape=[1, *attribute(node, "kernel_shape")],
            pads=[0, before, 0, after],
            dilations=[1, *attribute(node, "dilations")],
        )
        graph.replace(
            node,
            [
                new_node("Unsqueeze", [node.input[0], axis], f"{name}_high"),
                made,
                new_node("Squeeze", [f"{name}_made", axis], name),
            ],
        )
