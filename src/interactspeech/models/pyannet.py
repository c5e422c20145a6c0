"""PyanNet, the network of pyannote's segmentation-3.0, as an ONNX graph made from its weights.

Architecture (Bredin & Laurent, "End-to-end speaker segmentation for overlap-aware resegmentation",
Interspeech 2021; powerset output: Plaquet & Bredin, Interspeech 2023): band-pass filters with
learned edges (SincNet: Ravanelli & Bengio, SLT 2018), two more convolutions, four bidirectional
LSTM layers, two dense ones, seven classes. Names of tensors are those of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.models.onnx_graph import Graph
from interactspeech.signal.pages import RATE

#: Samples from one output to the next (10 x 3 x 3 x 3), and those that an output depends on.
STEP, FIELD = 270, 991
_FILTERS, _KERNEL, _STRIDE = 40, 251, 10
_LOWEST_HZ, _NARROWEST_HZ = 50.0, 50.0
_HIDDEN, _LAYERS = 128, 4
CLASSES = 7


def outputs(samples: int) -> int:
    """Number of outputs for so many samples."""
    count = (samples - _KERNEL) // _STRIDE + 1
    for kernel in (3, 5, 3, 5, 3):
        count = count // 3 if kernel == 3 else count - kernel + 1
    return max(count, 0)


def model(weights: Mapping[str, Float32Array]) -> bytes:
    """The serialised graph: sound ``(n, 1, samples)`` at 16 kHz to log-probabilities
    ``(outputs, n, 7)``.

    Raises:
        ValueError: a tensor is missing or has another size.
    """
    graph = Graph()
    x = graph.input("sound", ("windows", 1, "samples"))

    def take(name: str, *shape: int) -> Float32Array:
        found = weights.get(name)
        if found is None or found.size != np.prod(shape):
            raise ValueError(f"the tensor {name!r} is missing or not of shape {shape}")
        return found.reshape(shape)

    def normalised(x: str, name: str, width: int) -> str:
        values = (take(f"{name}.weight", width), take(f"{name}.bias", width))
        return graph.add("InstanceNormalization", x, *map(graph.constant, values), epsilon=1e-5)

    def pooled(x: str, number: int, width: int) -> str:
        x = graph.add("MaxPool", x, kernel_shape=[3], strides=[3])
        return graph.add("LeakyRelu", normalised(x, f"sincnet.norm1d.{number}", width), alpha=0.01)

    x = normalised(x, "sincnet.wav_norm1d", 1)
    bank = "sincnet.conv1d.0.filterbank"
    filters = band_passes(
        take(f"{bank}.low_hz_", _FILTERS), take(f"{bank}.band_hz_", _FILTERS),
        take(f"{bank}.window_", _KERNEL // 2), take(f"{bank}.n_", _KERNEL // 2),
    )  # fmt: skip
    x = graph.add("Abs", graph.add("Conv", x, graph.constant(filters), strides=[_STRIDE]))
    x = pooled(x, 0, 80)
    for number, width in ((1, 80), (2, 60)):
        name = f"sincnet.conv1d.{number}"
        kernel = (take(f"{name}.weight", 60, width, 5), take(f"{name}.bias", 60))
        x = pooled(graph.add("Conv", x, *map(graph.constant, kernel)), number, 60)
    x = graph.add("Transpose", x, perm=[2, 0, 1])  # (outputs, windows, 60)
    for values in _lstm_layers(take("lstm.weight_ih_l0", _lstm_numbers())):
        y = graph.add(
            "LSTM", x, *map(graph.constant, values), hidden_size=_HIDDEN, direction="bidirectional"
        )  # (outputs, 2, windows, hidden)
        y = graph.add("Transpose", y, perm=[0, 2, 1, 3])
        x = graph.add("Reshape", y, graph.constant(np.asarray([0, 0, 2 * _HIDDEN], np.int64)))
    for number, width in ((0, 256), (1, 128)):
        name = f"linear.{number}"
        x = _dense(graph, x, take(f"{name}.weight", 128, width), take(f"{name}.bias", 128))
        x = graph.add("LeakyRelu", x, alpha=0.01)
    x = _dense(graph, x, take("classifier.weight", CLASSES, 128), take("classifier.bias", CLASSES))
    return graph.model(graph.add("LogSoftmax", x, axis=-1), ("outputs", "windows", CLASSES))


def band_passes(
    low: Float32Array, band: Float32Array, window: Float32Array, times: Float32Array
) -> Float32Array:
    """Impulse responses of the band-pass filters, shape ``(80, 1, 251)``: 40 even, then 40 odd.

    Args:
        low: lower edges in Hz, less the lowest allowed; shape ``(40,)``.
        band: widths in Hz, less the narrowest allowed.
        window: left half of the window, shape ``(125,)``.
        times: 2 pi times the seconds of the left half of the response, negative.
    """
    first = _LOWEST_HZ + np.abs(low.astype(np.float64))
    last = np.clip(first + _NARROWEST_HZ + np.abs(band), _LOWEST_HZ, RATE / 2)
    width = (last - first)[:, None]
    lower, upper = first[:, None] * times, last[:, None] * times
    even = (np.sin(upper) - np.sin(lower)) / (times / 2) * window
    odd = (np.cos(lower) - np.cos(upper)) / (times / 2) * window
    zero = np.zeros((len(first), 1))
    both = (
        np.concatenate((even, 2 * width, even[:, ::-1]), axis=1),
        np.concatenate((odd, zero, -odd[:, ::-1]), axis=1),
    )
    return np.concatenate([part / (2 * width) for part in both])[:, None].astype(np.float32)


def _dense(graph: Graph, x: str, weight: Float32Array, bias: Float32Array) -> str:
    x = graph.add("MatMul", x, graph.constant(np.ascontiguousarray(weight.T)))
    return graph.add("Add", x, graph.constant(bias))


def _lstm_numbers() -> int:
    gates = 4 * _HIDDEN
    widths = [60] + [2 * _HIDDEN] * (_LAYERS - 1)
    return sum(2 * gates * (width + _HIDDEN + 2) for width in widths)


def _lstm_layers(flat: Float32Array) -> list[tuple[Float32Array, Float32Array, Float32Array]]:
    """ONNX' W, R and B of each layer, from all of PyTorch's in one run of numbers.

    There lie the weights of all layers (of each direction: input, recurrent), then the biases.
    PyTorch's order of gates is i, f, g, o; that of ONNX i, o, f, g.
    """
    gates = 4 * _HIDDEN
    place = 0

    def next_ones(*shape: int) -> Float32Array:
        nonlocal place
        size = int(np.prod(shape))
        place += size
        i, f, g, o = np.split(flat[place - size : place].reshape(shape), 4)
        return np.concatenate((i, o, f, g))

    matrices = []
    for layer in range(_LAYERS):
        width = 2 * _HIDDEN if layer else 60
        both = [(next_ones(gates, width), next_ones(gates, _HIDDEN)) for _ in range(2)]
        matrices.append((np.stack([w for w, _ in both]), np.stack([r for _, r in both])))
    layers = []
    for w, r in matrices:
        b = [np.concatenate((next_ones(gates), next_ones(gates))) for _ in range(2)]
        layers.append((w, r, np.stack(b)))
    return layers
