"""hibari's graph as its engine wants it: one output a part, frames as rows, and no silent edges.

```
symbols ─ durations ─ prosody ─ f0 ─┬─ [cut: silent edges] ─ decoder ─ head (frames, 3008)
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

from interactspeech._typing import AnyArray
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
#: Units that are left after the last sound.
_DECAY_UNITS = 2
#: The output of the network's last layer. It keeps its name in the published graph, for a copy
#: under another name takes longer than a layer.
HEAD = "/head/Add_output_0"
_FEATURES, _F0, _DURATIONS = "/Concat_43_output_0", "f0", "/Cast_32_output_0"
#: Features of the text, repeated for each unit; the first layers of prosody and decoder.
_REPEATED = "/Gather_32_output_0"
_PROSODY_IN, _DECODER_IN = "/pro_in/Conv_output_0", "/dec_in/Conv_output_0"
_INT64 = 7
_HEADS = 2
_END = 2**31 - 1


def edits() -> tuple[Edit, ...]:
    """What is done to the published graph.

    Afterwards the model has

    - inputs ``ids`` and ``speed`` as before, and ``tail``, float32 ``[1]``: how many symbols at the
      end, the pad included, are no sounds;
    - outputs `HEAD`, float32 ``[1, frames, 3008]``, of which the last 3 columns mean nothing;
      ``course``, f0 in hertz, ``[1, frames]``; ``duration``, ``[symbols]``, in units, of which the
      first is not shortened.
    """
    return (
        _without_silent_edges,
        _fused_attention,
        _folded_scales,
        _products_of_symbols,
        _time_first,
        _padded_head,
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
        expose("/Sub_output_0", "units"),
        keep_outputs("units"),
        _fused_attention,
        _folded_scales,
        _time_first,
    )


def _without_silent_edges(graph: GraphEditor) -> None:
    def constant(name: str, *values: int) -> str:
        return graph.add_constant(f"edges_{name}", np.asarray(values, np.int64))

    tail = graph.add_input("tail", (1,))
    zero, one, two = constant("zero", 0), constant("one", 1), constant("two", 2)
    lead, minus, end = constant("lead", LEAD_UNITS), constant("minus", -1), constant("end", _END)
    time, decay = constant("time", 2), constant("decay", _DECAY_UNITS)
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
        new_node("Add", ["edges_sound", decay], "edges_last_unit"),
        new_node("Mul", ["edges_last_unit", two], "edges_to"),
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
            raise _unknown_graph()
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
        raise _unknown_graph()
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
            raise _unknown_graph()
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


def _time_first(graph: GraphEditor) -> None:
    """Times as rows throughout, ``[1, 1, times, channels]``, as everything but convolutions wants.

    Convolutions of a channel by itself become two-dimensional ones of height 1: onnxruntime has a
    blocked layout for those, in which they are several times as fast, and goes from rows to that
    layout and back in one step. Sums of a block and its input are sums of rows.
    """
    axis = graph.add_constant("page_axis", np.asarray([1], np.int64))
    rows: dict[str, str] = {}
    for node in graph.nodes:
        if node.op_type != "Conv" or attribute(node, "group") in (None, 1):
            continue
        source, name = node.input[0], node.output[0]
        weights, turned = graph.constant(node.input[1]), graph.only_user(node)
        sums = [user for user in graph.users[source] if user.op_type == "Add"]
        if weights is None or turned is None or turned.op_type != "Transpose" or len(sums) != 1:
            raise _unknown_graph()
        before: list[NodeProto] = []
        if source not in rows:
            rows[source] = f"{source}_page"
            before.append(new_node("Unsqueeze", [_rows_of(graph, source), axis], rows[source]))
        flat = graph.add_constant(f"{name}_weights", np.ascontiguousarray(weights[:, :, None]))
        left, right = attribute(node, "pads")
        made = new_node(
            "Conv",
            [f"{name}_high", flat, node.input[2]],
            f"{name}_made",
            group=attribute(node, "group"),
            kernel_shape=[1, *attribute(node, "kernel_shape")],
            pads=[0, left, 0, right],
            dilations=[1, *attribute(node, "dilations")],
        )
        high = new_node("Transpose", [rows[source]], f"{name}_high", perm=_TO_CHANNELS)
        graph.replace(node, [*before, high, made])
        back = new_node("Transpose", [f"{name}_made"], turned.output[0], perm=_TO_ROWS)
        graph.replace(turned, [back])
        (add,) = sums
        inner = _rows_of(graph, graph.other(add, source))
        total = add.output[0]
        rows[total] = f"{total}_page"
        users = graph.users[total]
        after = [new_node("Add", [rows[source], inner], rows[total])]
        if all(user.op_type == "Transpose" for user in users):  # the end of the blocks
            for user in users:
                graph.replace(user, [new_node("Squeeze", [rows[total], axis], user.output[0])])
        elif not any(user.op_type == "Add" for user in users):
            after.append(new_node("Squeeze", [rows[total], axis], f"{total}_rows"))
            after.append(new_node("Transpose", [f"{total}_rows"], total, perm=[0, 2, 1]))
        graph.replace(add, after)


#: Axes of rows as channels and back.
_TO_CHANNELS, _TO_ROWS = [0, 3, 1, 2], [0, 2, 3, 1]


def _rows_of(graph: GraphEditor, name: str) -> str:
    """What `name` is the transpose of."""
    turned = graph.maker[name]
    if turned.op_type != "Transpose":
        raise _unknown_graph()
    return str(turned.input[0])


def _products_of_symbols(graph: GraphEditor) -> None:
    """Products with what is the same in all frames of a symbol, once a symbol.

    The prosody's first layer is linear and comes after symbols were repeated: it comes before. The
    decoder's is a convolution of seven frames, which reach into four units (two frames each): its
    products with a symbol's features are four for the first frame of a unit and four for the
    second, of which each frame takes those of the symbols around it and adds them up.
    """
    ids = np.int64
    symbol_of = next(n.input[1] for n in graph.nodes if n.output[0] == _REPEATED)
    first = _node(graph, "Conv", _PROSODY_IN)
    weights, bias = graph.constant(first.input[1]), graph.constant(first.input[2])
    source = _rows_of(graph, graph.maker[first.input[0]].input[0])
    if weights is None or bias is None:
        raise _unknown_graph()
    matrix = np.ascontiguousarray(weights[:, :, 0].T)
    graph.replace(
        first,
        [
            new_node(
                "MatMul", [source, graph.add_constant("pro_in_matrix", matrix)], "pro_in_product"
            ),
            new_node(
                "Add", ["pro_in_product", graph.add_constant("pro_in_bias", bias)], "pro_in_sum"
            ),
            new_node("Gather", ["pro_in_sum", symbol_of], "pro_in_rows", axis=1),
            new_node("Transpose", ["pro_in_rows"], _PROSODY_IN, perm=[0, 2, 1]),
        ],
    )
    decoder = _node(graph, "Conv", _DECODER_IN)
    weights = graph.constant(decoder.input[1])
    cut = graph.maker[decoder.input[0]]
    _, f0, noise = graph.maker[cut.input[0]].input
    text = _rows_of(graph, graph.maker[_REPEATED].input[0])
    if weights is None or weights.shape[2] != 7:
        raise _unknown_graph()
    outputs, inputs = len(weights), weights.shape[1] - 2
    taps = weights[:, :inputs].transpose(2, 1, 0)  # (7, inputs, outputs)
    units, sums = zip(*_TAPS, strict=True)
    matrix = np.concatenate([taps[list(some)].sum(axis=0) for some in sums], axis=1)
    count = len(_TAPS)

    def constant(name: str, values: AnyArray) -> str:
        return graph.add_constant(f"decoder_{name}", values)

    reach = 2
    nodes = [
        new_node("MatMul", [text, constant("matrix", matrix)], "dec_in_products"),
        new_node(
            "Reshape",
            ["dec_in_products", constant("flat", np.asarray([-1, outputs], ids))],
            "dec_in_flat",
        ),
        new_node(
            "Concat",
            [constant("silence", np.zeros((count, outputs), np.float32)), "dec_in_flat"],
            "dec_in_table",
            axis=0,
        ),
        # Symbol of each unit that is decoded, silence beyond.
        new_node("Slice", [symbol_of, "edges_begin", "edges_last_unit"], "dec_in_symbols"),
        new_node("Add", ["dec_in_symbols", constant("one", np.asarray(1, ids))], "dec_in_numbers"),
        new_node(
            "Mul", ["dec_in_numbers", constant("count", np.asarray(count, ids))], "dec_in_first"
        ),
        new_node(
            "Pad",
            ["dec_in_first", constant("edges", np.asarray([reach, reach], ids))],
            "dec_in_around",
        ),
        new_node("Shape", ["dec_in_symbols"], "dec_in_shape"),
        new_node("Squeeze", ["dec_in_shape"], "dec_in_length"),
        new_node(
            "Range",
            [
                constant("zero", np.asarray(0, ids)),
                "dec_in_length",
                constant("step", np.asarray(1, ids)),
            ],
            "dec_in_units",
        ),
        new_node(
            "Unsqueeze", ["dec_in_units", constant("column", np.asarray([1], ids))], "dec_in_column"
        ),
        new_node(
            "Add",
            ["dec_in_column", constant("offsets", np.asarray([units], ids) + reach)],
            "dec_in_places",
        ),
        new_node("Gather", ["dec_in_around", "dec_in_places"], "dec_in_rows_of"),
        new_node(
            "Add",
            ["dec_in_rows_of", constant("parts", np.arange(count, dtype=ids))],
            "dec_in_which",
        ),
        new_node("Gather", ["dec_in_table", "dec_in_which"], "dec_in_terms"),
        new_node(
            "Reshape",
            ["dec_in_terms", constant("frames", np.asarray([1, -1, count // 2, outputs], ids))],
            "dec_in_frames",
        ),
        new_node(
            "ReduceSum",
            ["dec_in_frames", constant("axis", np.asarray([2], ids))],
            "dec_in_text",
            keepdims=0,
        ),
        # The two courses that change from frame to frame.
        new_node("Concat", [f0, noise], "dec_in_courses", axis=1),
        new_node("Slice", ["dec_in_courses", *cut.input[1:]], "dec_in_cut"),
        new_node(
            "Unsqueeze", ["dec_in_cut", constant("height", np.asarray([2], ids))], "dec_in_high"
        ),
        new_node(
            "Conv",
            [
                "dec_in_high",
                constant("weights", np.ascontiguousarray(weights[:, inputs:, None])),
                decoder.input[2],
            ],
            "dec_in_made",
            kernel_shape=[1, 7],
            pads=[0, 3, 0, 3],
        ),
        new_node("Transpose", ["dec_in_made"], "dec_in_page", perm=_TO_ROWS),
        new_node(
            "Squeeze", ["dec_in_page", constant("page", np.asarray([1], ids))], "dec_in_course"
        ),
        new_node("Add", ["dec_in_text", "dec_in_course"], "dec_in_sum"),
        new_node("Transpose", ["dec_in_sum"], _DECODER_IN, perm=[0, 2, 1]),
    ]
    graph.replace(decoder, nodes)


#: Units beside a frame's own that the decoder's first layer reaches, and its taps in each: for the
#: first frame of a unit, then for the second.
_TAPS = (
    (-2, (0,)), (-1, (1, 2)), (0, (3, 4)), (1, (5, 6)),
    (-1, (0, 1)), (0, (2, 3)), (1, (4, 5)), (2, (6,)),
)  # fmt: skip


def _padded_head(graph: GraphEditor) -> None:
    """Three columns of zeros more for the last layer: its product is faster in multiples of 16."""
    product = graph.maker[graph.maker[graph.maker[graph.maker[HEAD].input[1]].input[0]].input[0]]
    total = graph.maker[HEAD]
    weights, bias = graph.constant(product.input[1]), graph.constant(total.input[0])
    if product.op_type != "MatMulInteger" or weights is None or bias is None:
        raise _unknown_graph()
    more = -len(bias) % 16
    wide = graph.add_constant("head_weights", np.pad(weights, ((0, 0), (0, more))))
    offsets = graph.add_constant("head_bias", np.pad(bias, (0, more)))
    inputs = [product.input[0], wide, *product.input[2:]]
    graph.replace(product, [new_node("MatMulInteger", inputs, product.output[0])])
    graph.replace(total, [new_node("Add", [offsets, total.input[1]], HEAD)])


def _node(graph: GraphEditor, operator: str, output: str) -> NodeProto:
    node = graph.maker.get(output)
    if node is None or node.op_type != operator:
        raise _unknown_graph()
    return node


def _unknown_graph() -> ValueError:
    return ValueError("the graph of hibari is not the one that is known")
