"""Kokoro's graph edited: its silent end is left out, and its transform is a convolution."""

import numpy as np
import pytest

from interactspeech.models import kokoro_graph
from interactspeech.models.onnx_graph import edited
from interactspeech.models.onnx_session import inference_session

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

FRAMES, FEATURES = 60, 4


def built(nodes, constants, inputs, outputs, opset=20):
    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        nodes,
        "part",
        [helper.make_tensor_value_info(name, kinds.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, kinds.FLOAT, None) for name in outputs],
        [onnx.numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    imports = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=9)
    return model.SerializeToString()


def run(model, given):
    session = inference_session(model, "A test", "tts")
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, given), strict=True))


def curves():
    """The part of the graph between the decoder and the generator, under its names."""
    node = onnx.helper.make_node
    k = kokoro_graph
    return built(
        [
            node("Reshape", ["energy", "row"], [k._ENERGY]),
            node("Identity", [k._ENERGY], ["n"]),
            node("Identity", ["pitch"], ["f0"]),
            node("Identity", ["f0"], [k._HARMONICS]),
            node("Identity", ["features"], [k._FEATURES]),
            node("Identity", [k._HARMONICS], ["harmonics"]),
            node("Identity", [k._FEATURES], ["decoded"]),
        ],
        {"row": np.asarray([1, -1])},
        [("features", (1, FEATURES, FRAMES)), ("pitch", (1, 1, FRAMES)), ("energy", (FRAMES,))],
        ["harmonics", "decoded", "f0", "n"],
    )


@pytest.mark.parametrize(("last", "end"), [(30, 48), (31, 48), (32, 50), (58, 60)])
def test_no_waveform_is_made_of_the_silent_end(last, end):
    rng = np.random.default_rng(0)
    energy = np.full(FRAMES, -9.0, np.float32)
    energy[20 : last + 1] = 6.0
    energy[25] = -9.0  # a silence within is not the end
    given = {
        "features": rng.standard_normal((1, FEATURES, FRAMES)).astype(np.float32),
        "pitch": np.arange(FRAMES, dtype=np.float32)[None, None],
        "energy": energy,
    }
    whole = run(curves(), given)
    part = run(edited(curves(), kokoro_graph._without_silent_end), given)
    for name in ("harmonics", "decoded"):
        assert part[name].tolist() == whole[name][:, :, :end].tolist()
    for name in ("f0", "n"):  # what comes before has the silence
        assert part[name].tolist() == whole[name].tolist()
    assert end - 1 - last >= kokoro_graph._AFTER or end == FRAMES


def transform():
    """The transform of the harmonics to amplitudes and phases, as Kokoro's graph has it."""
    node = onnx.helper.make_node
    window = np.hanning(21)[:-1].astype(np.float32)
    return built(
        [
            node("STFT", ["signal", "hop", "window", "length"], ["spectrum"], onesided=1),
            node("Transpose", ["spectrum"], ["turned"], perm=[0, 2, 1, 3]),
            node("Gather", ["turned", "one"], ["imaginary"], axis=3),
            node("Gather", ["turned", "zero"], ["real"], axis=3),
            node("Greater", ["imaginary", "nothing"], ["above"]),
            node("Cast", ["above"], ["positive"], to=1),
        ],
        {
            "hop": np.asarray(5),
            "window": window,
            "length": np.asarray(20),
            "zero": np.asarray(0),
            "one": np.asarray(1),
            "nothing": np.asarray(0.0, np.float32),
        },
        [("signal", (1, None))],
        ["real", "imaginary", "positive"],
    )


def test_the_transform_is_the_same_and_its_edges_are_real():
    rng = np.random.default_rng(0)
    given = {"signal": rng.standard_normal((1, 400)).astype(np.float32)}
    slow = run(transform(), given)
    fast = run(edited(transform(), kokoro_graph._transform_as_convolution), given)
    for name in ("real", "imaginary"):
        assert slow[name].shape == fast[name].shape == (1, 11, 77)
        assert np.allclose(slow[name], fast[name], atol=1e-4)
    assert not fast["imaginary"][:, [0, -1]].any()
    assert fast["positive"][:, [0, -1]].all()  # 0 counts as above: the phase of -1 is pi
    assert np.array_equal(fast["positive"][:, 1:-1], slow["positive"][:, 1:-1])
