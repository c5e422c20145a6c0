"""What two channels are to each other."""

import numpy as np
import pytest

from interactspeech.signal.channel_relation import channel_relation
from interactspeech.signal.pages import InMemoryAudio

RATE = 16_000


def turns(seconds=40, seed=0, quiet=0.0):
    """Two channels of noise shaped like talk, a speaker each, in turn."""
    rng = np.random.default_rng(seed)
    time = np.arange(seconds * RATE) / RATE
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * time) + 0.4, 0, None)
    filtered = np.convolve(rng.standard_normal(len(time)), np.ones(8) / 8, "same")
    voice = 0.2 * syllables * filtered
    first = (time // 4) % 2 == 0
    noise = quiet * rng.standard_normal((2, len(time)))
    return (np.stack([voice * first, voice * ~first]) + noise).astype(np.float32)


def kind(sound, rate=RATE):
    return channel_relation(InMemoryAudio(np.asarray(sound, np.float32), rate)).kind


def test_a_speaker_each():
    assert kind(turns()) == "separate"
    assert kind(turns(quiet=1e-3)) == "separate"


@pytest.mark.parametrize("crosstalk", [-30, -20, -12])
def test_crosstalk_leaves_a_speaker_each(crosstalk):
    sound = turns()
    assert kind(sound + 10 ** (crosstalk / 20) * sound[::-1]) == "separate"


@pytest.mark.parametrize("gain", [1.0, 0.6, -1.0])
@pytest.mark.parametrize("late", [0.0, 0.1, 0.25])
def test_the_same_twice_also_late_and_softer(gain, late):
    mix = turns().sum(axis=0)
    second = gain * np.concatenate((np.zeros(round(late * RATE)), mix))[: len(mix)]
    found = channel_relation(InMemoryAudio(np.stack([mix, second]).astype(np.float32), RATE))
    assert found.kind == "same"
    assert found.delay == pytest.approx(late, abs=0.01)


def test_two_microphones_in_a_room():
    sound = turns()
    rng = np.random.default_rng(3)
    room = np.exp(-np.arange(4000) / 1200)[None] * rng.standard_normal((4, 4000)) / 12
    room[:, 0] = 1.0
    heard = [
        g * np.convolve(sound[s], room[2 * m + s])[: sound.shape[1]]
        for m, gains in enumerate(((1.0, 0.7), (0.75, 1.0)))
        for s, g in enumerate(gains)
    ]
    mics = np.stack([heard[0] + heard[1], heard[2] + heard[3]])
    assert kind(mics) == "shared"


@pytest.mark.parametrize("level", [0.0, 1e-5, 0.1])
def test_silence_and_noise_of_their_own_are_separate(level):
    noise = level * np.random.default_rng(1).standard_normal((2, 20 * RATE))
    assert kind(noise) == "separate"


def test_a_channel_that_starts_late_or_never():
    sound = turns(60)
    sound[1, : 35 * RATE] = 0
    assert kind(sound) == "separate"
    sound[1] = 0
    assert kind(sound) == "separate"


@pytest.mark.parametrize("samples", [0, 1, 100, 5_000])
def test_next_to_nothing_is_separate(samples):
    rng = np.random.default_rng(0)
    assert kind(0.1 * rng.standard_normal((2, samples))) == "separate"


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_any_rate(rate):
    assert kind(turns()[:, : 20 * rate], rate) == "separate"


def test_real_calls_and_a_stereo_microphone(shared_data):
    import soundfile

    if not (shared_data / "real_labelled").is_dir():
        pytest.skip("the labelled real recordings are not here")
    for path in sorted((shared_data / "real_labelled").glob("*/audio.flac")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        assert kind(samples.T, rate) == "separate", path.parent.name
    path = shared_data / "audio" / "google_speech_samples" / "multi.wav"
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert kind(samples.T, rate) == "shared"
