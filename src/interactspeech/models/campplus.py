"""CAM++ as an ONNX graph made from its published weights.

The network is that of Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification
Using Context-Aware Masking" (Interspeech 2023, arXiv 2303.00332): a small residual 2-D convolution
over mel bins and time, then three blocks of densely connected time-delay layers, each with a mask
computed from the mean over the whole utterance plus the mean over segments of 100 frames; mean and
standard deviation over time; one dense layer. Names of tensors are those of the checkpoint.

The means are two matrix products whose matrices are inputs of the graph (`pooling_matrices`): one
averages frames into segments, one spreads segments over frames again. So the mask is computed once
a segment and not once a frame, which gives the same numbers for less work.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.models.onnx_graph import Graph

SIZE = 192  #: numbers of an embedding
_BINS = 80
_SEGMENT = 100  # frames (after halving) of a segment
_GROWTH, _BOTTLENECK = 32, 128
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers, dilation


def halved(frames: int) -> int:
    """Frames inside the network for `frames` of features."""
    return (frames - 1) // 2 + 1


def pooling_matrices(frames: int) -> tuple[Float32Array, Float32Array]:
    """The inputs ``pool`` and ``spread`` for `frames` of features.

    Returns:
        shapes ``(halved, segments)`` and ``(segments, halved)``; a column of the first averages
        one segment and adds the average of everything.
    """
    count = halved(frames)
    segment = np.arange(count) // _SEGMENT
    spread = (segment[None, :] == np.arange(segment[-1] + 1)[:, None]).astype(np.float32)
    pool = (spread / spread.sum(axis=1, keepdims=True)).T + np.float32(1 / count)
    return np.ascontiguousarray(pool, np.float32), spread


def model(weights: Mapping[str, Float32Array]) -> bytes:
    """The serialised graph: features ``(n, 1, 80, frames)``, ``pool``, ``spread`` to ``(n, 192)``.

    Features are log mel energies, each bin less its mean over time.

    Raises:
        ValueError: a tensor is missing or has another size.
    """
    return _Builder(weights).build()


class _Builder:
    def __init__(self, weights: Mapping[str, Float32Array]) -> None:
        self._weights = weights
        self._graph = Graph()

    def build(self) -> bytes:
        graph = self._graph
        x = graph.input("features", ("clips", 1, _BINS, "frames"))
        graph.input("pool", ("halved", "segments"))
        graph.input("spread", ("segments", "halved"))
        x = self._head(x)
        shape = graph.constant(np.asarray([0, 320, -1], np.int64))  # 32 maps x 10 rows
        x = graph.add("Reshape", x, shape)
        x = self._conv("xvector.tdnn.linear", x, (128, 320, 5), strides=[2], pads=[2, 2])
        x = self._relu(self._norm("xvector.tdnn.nonlinear.batchnorm", x, 128))
        width = 128
        for number, (layers, dilation) in enumerate(_BLOCKS, start=1):
            for layer in range(1, layers + 1):
                name = f"xvector.block{number}.tdnnd{layer}"
                x = graph.add("Concat", x, self._dense(name, x, width, dilation), axis=1)
                width += _GROWTH
            name = f"xvector.transit{number}"
            x = self._relu(self._norm(f"{name}.nonlinear.batchnorm", x, width))
            x = self._conv(f"{name}.linear", x, (width // 2, width, 1))
            width //= 2
        x = self._relu(self._norm("xvector.out_nonlinear.batchnorm", x, width))
        x = self._conv("xvector.dense.linear", self._statistics(x), (SIZE, 2 * width, 1))
        x = self._norm("xvector.dense.nonlinear.batchnorm", x, SIZE, affine=False)
        flat = graph.constant(np.asarray([0, SIZE], np.int64))
        return graph.model(graph.add("Reshape", x, flat), ("clips", SIZE))

    def _head(self, x: str) -> str:
        x = self._relu(self._plane("head.conv1", "head.bn1", x, 1))
        for layer in ("head.layer1", "head.layer2"):
            x = self._residual(f"{layer}.0", x, 2)
            x = self._residual(f"{layer}.1", x, 1)
        return self._relu(self._plane("head.conv2", "head.bn2", x, 32, stride=2))

    def _residual(self, name: str, x: str, stride: int) -> str:
        y = self._relu(self._plane(f"{name}.conv1", f"{name}.bn1", x, 32, stride=stride))
        y = self._plane(f"{name}.conv2", f"{name}.bn2", y, 32)
        if stride > 1:
            x = self._plane(f"{name}.shortcut.0", f"{name}.shortcut.1", x, 32, stride, kernel=1)
        return self._relu(self._graph.add("Add", y, x))

    def _plane(
        self, conv: str, norm: str, x: str, channels: int, stride: int = 1, kernel: int = 3
    ) -> str:
        """A 2-D convolution and its normalisation; strides are over mel bins only."""
        shape = (32, channels, kernel, kernel)
        y = self._conv(conv, x, shape, strides=[stride, 1], pads=[kernel // 2] * 4)
        return self._norm(norm, y, 32)

    def _dense(self, name: str, x: str, width: int, dilation: int) -> str:
        """One densely connected layer with its context-aware mask."""
        graph = self._graph
        x = self._relu(self._norm(f"{name}.nonlinear1.batchnorm", x, width))
        x = self._conv(f"{name}.linear1", x, (_BOTTLENECK, width, 1))
        x = self._relu(self._norm(f"{name}.nonlinear2.batchnorm", x, _BOTTLENECK))
        cam = f"{name}.cam_layer"
        local = self._conv(
            f"{cam}.linear_local",
            x,
            (_GROWTH, _BOTTLENECK, 3),
            dilations=[dilation],
            pads=[dilation, dilation],
        )
        mask = graph.add("MatMul", x, "pool")
        half = _BOTTLENECK // 2
        mask = self._relu(self._conv(f"{cam}.linear1", mask, (half, _BOTTLENECK, 1), bias=True))
        mask = self._conv(f"{cam}.linear2", mask, (_GROWTH, half, 1), bias=True)
        mask = graph.add("MatMul", graph.add("Sigmoid", mask), "spread")
        return graph.add("Mul", local, mask)

    def _statistics(self, x: str) -> str:
        """Mean and standard deviation (over n - 1) over time, shape ``(clips, 2 width, 1)``."""
        graph = self._graph
        mean = graph.add("ReduceMean", x, axes=[2], keepdims=1)
        apart = graph.add("Sub", x, mean)
        axis = graph.constant(np.asarray([2], np.int64))
        total = graph.add("ReduceSum", graph.add("Mul", apart, apart), axis, keepdims=1)
        # Each column of "spread" has one 1: its sum is the number of frames inside the network.
        count = graph.add("ReduceSum", "spread", keepdims=0)
        less = graph.add("Sub", count, graph.constant(np.asarray(1.0, np.float32)))
        deviation = graph.add("Sqrt", graph.add("Div", total, less))
        return graph.add("Concat", mean, deviation, axis=1)

    def _conv(
        self,
        name: str,
        x: str,
        shape: tuple[int, ...],
        *,
        bias: bool = False,
        **settings: list[int],
    ) -> str:
        inputs = [x, self._graph.constant(self._take(f"{name}.weight", shape))]
        if bias:
            inputs.append(self._graph.constant(self._take(f"{name}.bias", shape[:1])))
        return self._graph.add("Conv", *inputs, **settings)

    def _norm(self, name: str, x: str, width: int, *, affine: bool = True) -> str:
        graph = self._graph
        ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
        values = (
            self._take(f"{name}.weight", (width,)) if affine else ones,
            self._take(f"{name}.bias", (width,)) if affine else zeros,
            self._take(f"{name}.running_mean", (width,)),
            self._take(f"{name}.running_var", (width,)),
        )
        return graph.add("BatchNormalization", x, *map(graph.constant, values), epsilon=1e-5)

    def _relu(self, x: str) -> str:
        return self._graph.add("Relu", x)

    def _take(self, name: str, shape: tuple[int, ...]) -> Float32Array:
        found = self._weights.get(name)
        if found is None or found.size != np.prod(shape):
            size = "missing" if found is None else f"of {found.size} numbers"
            raise ValueError(f"the tensor {name!r} is {size}; {shape} is expected")
        return found.reshape(shape)
