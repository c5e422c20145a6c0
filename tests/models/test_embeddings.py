"""Filter banks, graphs and checkpoints without torch; and embeddings that tell voices apart."""

import io
import pickle
import zipfile

import kaldi_native_fbank
import numpy as np
import onnxruntime
import pytest

from interactspeech.errors import InputError
from interactspeech.models import campplus, torchfile
from interactspeech.models.embeddings import (
    SpeakerEncoder,
    equal_error_rate,
    similarities,
    similarity,
)
from interactspeech.models.onnx_graph import Graph
from interactspeech.signal import kaldi_fbank
from interactspeech.tts import engine


def kaldi(samples):
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = kaldi_fbank.RATE
    options.mel_opts.num_bins = kaldi_fbank.BINS
    bank = kaldi_native_fbank.OnlineFbank(options)
    bank.accept_waveform(kaldi_fbank.RATE, samples.tolist())
    bank.input_finished()
    return np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])


@pytest.mark.parametrize("length", [400, 559, 560, 20_000, 700_000])
def test_fbank_is_kaldis(length):
    rng = np.random.default_rng(length)
    time = np.arange(length) / kaldi_fbank.RATE
    samples = 0.1 * np.sin(2 * np.pi * 180 * time) + 0.02 * rng.standard_normal(length)
    found, expected = (
        kaldi_fbank.fbank(samples.astype(np.float32)),
        kaldi(samples.astype(np.float32)),
    )
    assert found.shape == expected.shape == (kaldi_fbank.frames(length), 80)
    assert np.abs(found - expected).max() < 2e-3


def test_nothing_shorter_than_a_frame_has_frames():
    assert kaldi_fbank.fbank(np.zeros(399, np.float32)).shape == (0, 80)


def test_a_graph_computes_what_it_says():
    graph = Graph()
    x = graph.input("x", ("clips", 2, None))
    weight = np.asarray([[[1.0], [-2.0]]], np.float32)
    y = graph.add("Conv", x, graph.constant(weight), graph.constant(np.asarray([0.5], np.float32)))
    y = graph.add("LeakyRelu", y, alpha=0.25)
    mean = graph.add("ReduceMean", y, axes=[-1], keepdims=1)
    session = onnxruntime.InferenceSession(
        graph.model(graph.add("Sub", y, mean), ("clips", 1, None)),
        providers=["CPUExecutionProvider"],
    )
    values = np.random.default_rng(0).standard_normal((3, 2, 7)).astype(np.float32)
    expected = values[:, :1] - 2 * values[:, 1:] + 0.5
    expected = np.where(expected > 0, expected, 0.25 * expected)
    expected -= expected.mean(axis=-1, keepdims=True)
    assert np.allclose(session.run(None, {"x": values})[0], expected, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 2, 199, 200, 201, 500])
def test_pooling_matrices_are_the_means(frames):
    count = campplus.halved(frames)
    x = np.random.default_rng(frames).standard_normal((4, count)).astype(np.float32)
    pool, spread = campplus.pooling_matrices(frames)
    expected = np.empty_like(x)
    for start in range(0, count, 100):
        part = x[:, start : start + 100]
        expected[:, start : start + 100] = part.mean(1, keepdims=True) + x.mean(1, keepdims=True)
    assert np.allclose(x @ pool @ spread, expected, atol=1e-5)


def test_weights_that_lack_a_tensor_are_refused():
    with pytest.raises(ValueError, match=r"head\.conv1\.weight"):
        campplus.model({})


class Danger:
    def __reduce__(self):
        return (pytest.fail, ("the checkpoint was unpickled",))


def test_a_checkpoint_is_read_and_never_run():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        # What torch.save writes, as far as names and storages go; and something to run.
        parts = [
            b"\x80\x02}(",
            b"X\x08\x00\x00\x00a.weight",
            b"ctorch\nFloatStorage\n",
            b"X\x01\x00\x00\x007",
            b"0",
            pickle.dumps(Danger(), 2)[2:-1],
            b"u.",
        ]
        archive.writestr("archive/data.pkl", b"".join(parts))
        archive.writestr("archive/data/7", np.arange(6, dtype="<f4").tobytes())
    found = torchfile.tensors(file.getvalue())
    assert list(found) == ["a.weight"]
    assert np.array_equal(found["a.weight"], np.arange(6))


@pytest.mark.parametrize("data", [b"", b"PK", b"<html>not found</html>"])
def test_what_is_no_checkpoint_is_said(data):
    with pytest.raises(ValueError, match="checkpoint"):
        torchfile.tensors(data)


def test_equal_error_rate():
    assert equal_error_rate([0.9, 0.8], [0.1, 0.2]) == 0
    assert equal_error_rate([0.1, 0.2], [0.8, 0.9]) == 1
    rng = np.random.default_rng(0)
    # Unit normals two apart err in Phi(-1) = 15.87 % of cases where they cross.
    rate = equal_error_rate(rng.normal(2, 1, 40_000), rng.normal(0, 1, 40_000))
    assert rate == pytest.approx(0.1587, abs=0.004)


@pytest.mark.slow
def test_one_voice_is_near_itself_and_far_from_others():
    encoder = SpeakerEncoder()
    texts = (
        "The printer on the third floor is broken again, and nobody knows why.",
        "We could take the early train on Saturday, if you can get up in time.",
    )
    voices = [("hibari", "heart"), ("hibari", "m_hugo")]
    found = np.stack(
        [
            encoder.embed_many(
                [engine(name).speak(text, voice).samples for text in texts], engine(name).rate
            )
            for name, voice in voices
        ]
    )
    assert np.allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-5)
    for one, two in found:
        assert similarity(one, two) > 0.7
    assert similarities(found[0], found[1]).max() < 0.6


@pytest.mark.slow
def test_long_short_and_silent_sounds():
    encoder = SpeakerEncoder()
    speech = engine("hibari").speak("The printer on the third floor is broken again.")
    once = encoder.embed(speech.samples, speech.rate)
    often = encoder.embed(np.tile(speech.samples, 30), speech.rate)  # more than a minute
    assert similarity(once, often) > 0.9
    assert encoder.embed(speech.samples[: speech.rate // 5], speech.rate).shape == (192,)
    for samples, reason in ((speech.samples[:1000], "too-short"), (np.zeros(24000), "silence")):
        with pytest.raises(InputError) as caught:
            encoder.embed(samples, speech.rate)
        assert caught.value.reason == reason
