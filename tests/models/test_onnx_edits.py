"""Graphs rewritten for speed: the same numbers by other operators."""

import numpy as np
import onnx
import onnxruntime
import pytest
from quantised_graph import Quantised

from interactspeech.models.onnx_graph import Graph, edited, new_node
from interactspeech.models.onnx_passes import fewer_passes, integer_products

OUTPUTS, INPUTS, TAPS = 40, 6, 5


def convolution(*, most=127, bias=True, step=1, spacing=1, pads=(2, 2)):
    """A quantised convolution; its weights and bias as numbers."""
    rng = np.random.default_rng(1)
    weights = rng.integers(0, most + 1, (OUTPUTS, INPUTS, TAPS), dtype=np.uint8)
    weights.flat[:2] = 0, most
    offsets = rng.standard_normal(OUTPUTS).astype(np.float32)
    graph = Quantised()
    x = graph.input("x", (1, INPUTS, None))
    xq, xs, xz = graph.quantiser(x)
    y = graph.add(
        "ConvInteger",
        xq,
        graph.constant(weights),
        xz,
        graph.constant(np.asarray(61, np.uint8)),
        pads=list(pads),
        dilations=[spacing],
        strides=[step],
    )
    product = graph.add("Mul", xs, graph.constant(np.asarray([0.01], np.float32)))
    if bias:
        steps = graph.add("Floor", graph.add("Div", graph.constant(offsets), product))
        shape = graph.constant(np.asarray([1, -1, 1], np.int64))
        whole = graph.add("Reshape", graph.add("Cast", steps, to=6), shape)
        y = graph.add("Add", y, whole)
    y = graph.add("Mul", graph.add("Cast", y, to=1), product)
    return graph.model(graph.add("Relu", y), (1, OUTPUTS, None))


def run(model, x):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"spacing": 3, "pads": (6, 6)},
        {"step": 2, "pads": (1, 3)},
        {"pads": (0, 0)},
        {"step": 3, "spacing": 2, "pads": (0, 5)},
    ],
)
@pytest.mark.parametrize("length", [17, 64, 131])
def test_the_same_integers_are_multiplied(form, length):
    model = convolution(bias=False, **form)
    changed = integer_products(model)
    assert b"ConvInteger" not in changed
    assert b"MatMulInteger" in changed
    x = np.random.default_rng(length).standard_normal((1, INPUTS, length)).astype(np.float32)
    before, after = run(model, x), run(changed, x)
    assert before.shape == after.shape
    # Sums of integers, then one product of floats: nothing but that product may round otherwise.
    assert np.allclose(before, after, rtol=1e-6, atol=1e-6)


def test_extreme_weights_and_samples_are_not_cut_off():
    """Processors without VNNI add two products in 16 bits; 127 x 255 x 2 would not fit."""
    model = convolution(bias=False)
    x = np.ones((1, INPUTS, 50), np.float32)
    x[:, :, ::7] = -0.5
    assert np.allclose(run(model, x), run(integer_products(model), x), rtol=1e-6, atol=1e-6)


def test_the_bias_is_no_longer_rounded():
    model = convolution(bias=True)
    x = np.random.default_rng(3).standard_normal((1, INPUTS, 60)).astype(np.float32)
    step = 0.01 * (x.max() - x.min()) / 255  # of the sums, by which the bias was rounded down
    apart = run(integer_products(model), x) - run(model, x)
    assert apart.max() > 0
    assert -1e-4 <= apart.min() <= apart.max() <= step + 1e-4


def test_weights_of_8_bits_stay():
    assert b"ConvInteger" in integer_products(convolution(most=255))


def test_convolutions_of_few_outputs_stay(monkeypatch):
    monkeypatch.setattr("interactspeech.models.onnx_passes._FEWEST_OUTPUTS", OUTPUTS + 1)
    assert b"ConvInteger" in integer_products(convolution())


def normalised(graph, x, gain, offset, *, epsilon=1e-5):
    axes = graph.constant(np.asarray([2]))
    centred = graph.add("Sub", x, graph.add("ReduceMean", x, axes, keepdims=1))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), axes, keepdims=1)
    small = graph.constant(np.asarray(epsilon, np.float32))
    root = graph.add("Sqrt", graph.add("Add", variance, small))
    scaled = graph.add("Mul", gain, graph.add("Div", centred, root))
    return graph.add("Add", scaled, offset)


def snake(graph, y, frequency, *, inverse=None, power=2.0):
    inverse = 1 / frequency if inverse is None else inverse
    sine = graph.add("Sin", graph.add("Mul", graph.constant(frequency), y))
    squared = graph.add("Pow", sine, graph.constant(np.asarray(power, np.float32)))
    return graph.add("Add", y, graph.add("Mul", graph.constant(inverse), squared))


def chain(*, activation=True, more=False, **options):
    """x, normalised with gains and offsets a channel, and snake; `more` uses the middle again."""
    rng = np.random.default_rng(5)
    numbers = rng.uniform(0.3, 2.0, (3, 1, INPUTS, 1)).astype(np.float32)
    graph = Graph()
    x = graph.input("x", (1, INPUTS, None))
    y = normalised(graph, x, graph.constant(numbers[0]), graph.constant(numbers[1]))
    out = snake(graph, y, numbers[2], **options) if activation else y
    out = graph.add("Add", out, y) if more else graph.add("Relu", out)
    return modern(graph.model(out, (1, INPUTS, None)))


def modern(model):
    """With ReduceMean's axes as an input, which is of operator set 18."""
    made = onnx.load_from_string(model)
    made.ir_version, made.opset_import[0].version = 9, 18
    return made.SerializeToString()


X = (3 * np.random.default_rng(6).standard_normal((1, INPUTS, 200)) + 2).astype(np.float32)


def test_a_normalisation_is_one_operator():
    model = chain(activation=False)
    changed = edited(model, fewer_passes)
    assert b"InstanceNormalization" in changed
    assert b"ReduceMean" not in changed
    assert np.allclose(run(model, X), run(changed, X), atol=1e-5)


def test_a_snake_after_it_is_a_cosine():
    model = chain()
    changed = edited(model, fewer_passes)
    assert b"Cos" in changed
    for gone in (b"ReduceMean", b"Sin", b"Pow"):
        assert gone not in changed
    assert np.allclose(run(model, X), run(changed, X), atol=1e-5)


@pytest.mark.parametrize(
    "other", [{"more": True}, {"power": 3.0}, {"inverse": np.ones((1, INPUTS, 1), np.float32)}]
)
def test_other_chains_keep_their_meaning(other):
    model = chain(**other)
    changed = edited(model, fewer_passes)
    assert b"Pow" in changed
    assert np.allclose(run(model, X), run(changed, X), atol=1e-5)


def test_what_nothing_uses_goes_and_the_rest_stays():
    model = chain(activation=False)

    def relu_of_input(graph):
        (last,) = (node for node in graph.nodes if node.op_type == "Relu")
        graph.replace(last, [new_node("Relu", ["x"], last.output[0])])

    changed = edited(model, relu_of_input)
    assert b"Sqrt" not in changed
    assert len(changed) < len(model) / 3
    assert np.array_equal(run(changed, X), np.maximum(X, 0))
    assert onnx.load_from_string(edited(model, lambda _: None)) == onnx.load_from_string(model)
