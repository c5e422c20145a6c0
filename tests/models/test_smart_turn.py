"""Whisper's features as smart-turn wants them, and what is asked of the graph."""

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.numpy_helper import from_array

from interactspeech.models import smart_turn
from interactspeech.models.catalogue import SMART_TURN
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.smart_turn import RATE, SECONDS, SmartTurn, whisper_features


def tone(hertz: float, seconds: float = SECONDS) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def mel_of(hertz: float) -> float:
    """Slaney's scale from its words: 3 mels to 200 Hz up to 1 kHz, then 27 to a factor of 6.4."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)


@pytest.mark.parametrize("hertz", [200.0, 500.0, 900.0, 1500.0, 3000.0, 6000.0])
def test_a_tone_is_loudest_in_the_band_around_it(hertz):
    """80 bands whose peaks lie at equal distances on the mel scale, from 0 to 8 kHz."""
    features = whisper_features(tone(hertz))
    assert features.shape == (80, 800)
    assert features.dtype == np.float32
    between = mel_of(RATE / 2) / 81  # mels from one peak to the next
    expected = mel_of(hertz) / between - 1
    loudest = features[:, 10:-10].argmax(axis=0)
    assert np.all(np.abs(loudest - expected) <= 1.0)


@pytest.mark.slow  # transformers takes its time to be imported
def test_features_are_those_of_transformers():
    """The reference with which the judge was trained."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    samples = np.random.default_rng(1).normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    samples *= np.hanning(len(samples)).astype(np.float32)
    reference = transformers.WhisperFeatureExtractor(chunk_length=SECONDS)
    expected = reference(
        samples, sampling_rate=RATE, return_tensors="np", do_normalize=True, padding="max_length",
        max_length=SECONDS * RATE,
    ).input_features[0]  # fmt: skip
    np.testing.assert_allclose(whisper_features(samples), expected, atol=1e-3)


def test_loudness_and_an_offset_make_no_difference():
    samples = np.random.default_rng(2).normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    np.testing.assert_allclose(
        whisper_features(samples), whisper_features(0.2 * samples + 0.05), atol=0.01
    )


def test_only_the_last_eight_seconds_count_and_short_sound_is_preceded_by_zeros():
    samples = tone(440, 9.0) * np.linspace(0, 1, 9 * RATE, dtype=np.float32)
    whole = whisper_features(samples)
    np.testing.assert_array_equal(whole, whisper_features(samples[RATE:]))
    short = samples[-2 * RATE :]
    padded = np.concatenate([np.zeros(6 * RATE, np.float32), short])
    np.testing.assert_array_equal(whisper_features(short), whisper_features(padded))
    quiet, loud = np.split(whisper_features(short), [600], axis=1)
    assert quiet[:, :-3].max() < loud.max() - 1.0


def test_the_range_is_eight_decades_and_silence_is_flat():
    features = whisper_features(tone(440) * (np.arange(SECONDS * RATE) > 4 * RATE))
    assert features.max() - features.min() == pytest.approx(2.0, abs=1e-6)
    silent = whisper_features(np.zeros(RATE, np.float32))
    assert np.all(silent == silent[0, 0])
    assert silent[0, 0] == pytest.approx((-10 + 4) / 4)


def mean_graph() -> bytes:
    """A graph that answers the mean of its input, with the names of smart-turn's."""
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input_features", "axes"], ["logits"], keepdims=1)],
        "mean",
        [helper.make_tensor_value_info("input_features", TensorProto.FLOAT, [1, 80, 800])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, 1])],
        [from_array(np.array([1, 2], np.int64), "axes")],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    ).SerializeToString()


class Store:
    """Gives the graph, and counts how often it is read."""

    def __init__(self) -> None:
        self.read_names: list[object] = []

    def read(self, weights: object) -> bytes:
        self.read_names.append(weights)
        return mean_graph()


def test_the_answer_is_the_graphs_for_the_features_and_it_is_read_once():
    store = Store()
    judge = SmartTurn(store)
    for samples in (tone(300), tone(2500, 1.0)):
        answer = judge.complete(samples)
        assert isinstance(answer, float)
        assert answer == pytest.approx(float(whisper_features(samples).mean()), abs=1e-4)
    assert store.read_names == [SMART_TURN]


def test_the_session_gets_the_threads(monkeypatch):
    seen = []

    def session(*arguments, threads):
        seen.append(threads)
        return inference_session(*arguments, threads=threads)

    monkeypatch.setattr(smart_turn, "inference_session", session)
    SmartTurn(Store(), threads=2).complete(tone(300))
    assert seen == [2]
