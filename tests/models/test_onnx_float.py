"""Quantised convolutions as float ones: the same numbers, up to the rounding that is left out."""

import numpy as np
import onnxruntime
import pytest
from quantised_graph import Quantised

from interactspeech.models.onnx_passes import float_convolutions


def model(*, bias, scales=1):
    rng = np.random.default_rng(1)
    weights = rng.integers(0, 256, (4, 3, 5), dtype=np.uint8)
    zero, scale = np.asarray(131, np.uint8), np.full(scales, 0.01, np.float32)
    offsets = rng.standard_normal(4).astype(np.float32)
    graph = Quantised()
    x = graph.input("x", (1, 3, None))
    xq, xs, xz = graph.quantiser(x)
    y = graph.add(
        "ConvInteger",
        xq,
        graph.constant(weights),
        xz,
        graph.constant(zero),
        pads=[2, 2],
        dilations=[1],
    )
    product = graph.add("Mul", xs, graph.constant(scale))
    if bias:
        steps = graph.add("Floor", graph.add("Div", graph.constant(offsets), product))
        whole = graph.add("Cast", steps, to=6)
        shape = graph.constant(np.asarray([1, -1, 1], np.int64))
        y = graph.add("Add", y, graph.add("Reshape", whole, shape))
    y = graph.add("Mul", graph.add("Cast", y, to=1), product)
    decoded = (weights.astype(np.float32) - 131) * np.float32(0.01)
    return graph.model(graph.add("Relu", y), (1, 4, None)), decoded, offsets * bias


def run(data, x):
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize("bias", [False, True])
def test_a_convolution_computes_on_floats(bias):
    data, weights, offsets = model(bias=bias)
    x = np.random.default_rng(2).standard_normal((1, 3, 40)).astype(np.float32)
    changed = float_convolutions(data)
    assert b"ConvInteger" in data
    for gone in (b"ConvInteger", b"DynamicQuantizeLinear", b"Floor"):
        assert gone not in changed
    padded = np.pad(x[0], ((0, 0), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=1)
    expected = np.maximum(np.einsum("ctk,ock->ot", windows, weights) + offsets[:, None], 0)
    assert np.allclose(run(changed, x)[0], expected, atol=1e-4)
    # What the integers lose: half a step of x (at most 8 / 255 here) in each of 15 products.
    assert np.abs(run(data, x)[0] - expected).max() < 0.5


def test_what_is_not_understood_stays_as_it_is():
    data, _, _ = model(bias=False, scales=4)  # a scale a channel is another form
    assert b"ConvInteger" in float_convolutions(data)
