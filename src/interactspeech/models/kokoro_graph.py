"""Kokoro's graph as its engine wants it: no waveform of the silence at the end, and no STFT.

```
tokens ─ encoder ─ durations, pitch, energy ─ decoder ─ [cut: silent end] ─ generator ─ audio
```

- **Silence at the end.** About half a second after the last sound is trimmed from the waveform
  anyway. The model's own curve of energy tells where sound ends; of frames after that and a margin
  no waveform is generated, which is most of the work. (Cut before the first sound too, or nearer
  to the last one, soft sounds at the edges come out softer, and short words shorter: "oh" by a
  quarter. docs/bench/kokoro.md.)
- **Spectrum of the harmonics.** The operator STFT transforms frames of 20 samples one by one; it is
  a convolution with sines. At 0 Hz and at half of the rate the imaginary part is 0 by definition,
  where the operator leaves rounding noise, whose sign the network takes for a phase of pi or -pi.
  Now the phase there is that of the transform which the network was trained with: 0 or pi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interactspeech.models.onnx_graph import Edit, GraphEditor, new_node

if TYPE_CHECKING:
    from onnx import NodeProto

#: Natural logarithms of energy below the loudest frame, from which on there is sound: about the
#: 40 dB at which the silent edges of the waveform are trimmed.
_QUIET = 10.0
#: Frames (12.5 ms, half a unit of duration) that are kept after the last one with sound.
_AFTER = 16

#: Energy of each frame; what the decoder makes of it all; pitch, a number for each sample.
_ENERGY = "/encoder/Reshape_1_output_0"
_FEATURES = "/decoder/decoder/decode.3/Div_4_output_0"
_HARMONICS = "/decoder/decoder/generator/f0_upsamp/Resize_output_0"
_UNKNOWN = "the graph of Kokoro is not the one that is known"


def edits() -> tuple[Edit, ...]:
    """What is done to the published graph, whose inputs and output stay: audio may end sooner."""
    return _without_silent_end, _transform_as_convolution


def _without_silent_end(graph: GraphEditor) -> None:
    def constant(name: str, *values: int) -> str:
        return graph.add_constant(f"end_{name}", np.asarray(values, np.int64))

    quiet = graph.add_constant("end_quiet", np.asarray([_QUIET], np.float32))
    zero, one, two, flat = (constant(f"is_{number}", number) for number in (0, 1, 2, -1))
    most, after = constant("most", 2**31 - 1), constant("after", _AFTER + 2)  # and rounds up
    harmonics, features = graph.maker[_HARMONICS], graph.maker[_FEATURES]
    pitch, *rest = harmonics.input
    graph.replace(
        harmonics,
        [
            new_node("Reshape", [_ENERGY, flat], "end_energy"),
            new_node("ReduceMax", ["end_energy"], "end_loudest", keepdims=1),
            new_node("Sub", ["end_loudest", quiet], "end_threshold"),
            new_node("Greater", ["end_energy", "end_threshold"], "end_sound"),
            new_node("NonZero", ["end_sound"], "end_sounding"),
            new_node("Slice", ["end_sounding", flat, most, one], "end_last"),
            new_node("Reshape", ["end_last", flat], "end_frame"),
            new_node("Add", ["end_frame", after], "end_late"),
            new_node("Div", ["end_late", two], "end_unit"),
            new_node("Mul", ["end_unit", two], "end_to"),
            new_node("Slice", [pitch, zero, "end_to", two], "end_pitch"),
            new_node(harmonics.op_type, ["end_pitch", *rest], _HARMONICS, like=harmonics),
        ],
    )
    whole = f"{_FEATURES}_whole"
    graph.replace(
        features,
        [
            new_node(features.op_type, list(features.input), whole, like=features),
            new_node("Slice", [whole, zero, "end_to", two], _FEATURES),
        ],
    )


def _transform_as_convolution(graph: GraphEditor) -> None:
    """The short-time Fourier transform of the harmonics as a convolution with sines."""
    (node,) = (node for node in graph.nodes if node.op_type == "STFT")
    signal, hop, window, _ = node.input
    step, weights = graph.constant(hop), graph.constant(window)
    (turned,) = graph.users[node.output[0]]
    real, imaginary = _parts(graph, turned)
    above = next(user for user in graph.users[imaginary] if user.op_type == "Greater")
    if step is None or weights is None or turned.op_type != "Transpose":
        raise ValueError(_UNKNOWN)
    taps, name = len(weights), node.output[0]
    bins = taps // 2 + 1
    angle = 2 * np.pi / taps * np.outer(np.arange(bins), np.arange(taps))
    sines = -np.sin(angle) * weights
    sines[[0, -1]] = 0.0
    kernels = np.concatenate([np.cos(angle) * weights, sines])[:, None].astype(np.float32)
    axis = graph.add_constant("spectrum_axis", np.asarray([1], np.int64))
    edges = [
        graph.add_constant(f"spectrum_{k}", np.asarray([k * bins], np.int64)) for k in (0, 1, 2)
    ]
    graph.replace(
        node,
        [
            new_node("Unsqueeze", [signal, axis], f"{name}_signal"),
            new_node(
                "Conv",
                [f"{name}_signal", graph.add_constant("spectrum_kernels", kernels)],
                f"{name}_both",
                kernel_shape=[taps],
                strides=[int(step)],
            ),
        ],
    )
    for place, part in enumerate((real, imaginary)):
        graph.replace(
            graph.maker[part],
            [new_node("Slice", [f"{name}_both", edges[place], edges[place + 1], axis], part)],
        )
    # A negative number with an imaginary part of 0 has the phase pi.
    graph.replace(above, [new_node("GreaterOrEqual", list(above.input), above.output[0])])


def _parts(graph: GraphEditor, spectrum: NodeProto) -> tuple[str, str]:
    """The tensors of the real and of the imaginary part."""
    by_place = {}
    for user in graph.users[spectrum.output[0]]:
        place = graph.constant(user.input[1])
        if user.op_type == "Gather" and place is not None:
            by_place[int(place)] = user.output[0]
    return by_place[0], by_place[1]


_UNKNOWN = "the graph of Kokoro is not the one that is known"
