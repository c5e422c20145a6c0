"""Tones, music, clipping, silence, leaks: found in made sound, and nothing in real speech."""

import numpy as np
import pytest
import soundfile

from interactspeech.mining.artifacts import find_artifacts, same_sound
from interactspeech.signal.pages import InMemoryAudio

RATE = 16_000


@pytest.fixture(scope="module")
def speech(request):
    shared = request.getfixturevalue("shared_data") / "audio"
    samples, rate = soundfile.read(
        shared / "azure_katiesteve" / "katiesteve_sampledata.wav", dtype="float32"
    )
    assert rate == RATE
    return samples


def tune(seconds, seed=0, level=0.1):
    """Chords, a melody and a beat: plucked notes with harmonics, four bars over and over."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int((seconds + 4) * RATE))
    for bar in range(int(seconds / 2) + 1):
        root = (57, 53, 48, 55)[bar % 4]
        notes = [(root + step, 0.0, 2.0) for step in (0, 4, 7)]
        notes += [(root + int(rng.choice((12, 16, 19))), beat / 2, 0.5) for beat in range(4)]
        for pitch, at, length in notes:
            time = np.arange(int(length * RATE)) / RATE
            hertz = 440 * 2 ** ((pitch - 69) / 12)
            wave = sum(
                np.sin(2 * np.pi * hertz * h * time) * np.exp(-0.8 * h * time) / h
                for h in range(1, 7)
            )
            first = int((2 * bar + at) * RATE)
            out[first : first + len(wave)] += wave * np.minimum((length - time) / 0.05, 1)
        for beat in range(4):
            first, size = int((2 * bar + beat / 2) * RATE), RATE // 12
            out[first : first + size] += rng.standard_normal(size) * np.exp(-np.arange(size) / 320)
    out = out[: int(seconds * RATE)]
    return (level * out / np.sqrt(np.mean(out**2))).astype(np.float32)


def tone(seconds, *hertz, level=0.1):
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(level * np.sin(2 * np.pi * f * time) for f in hertz).astype(np.float32)


def found(samples, talking=(), rate=RATE):
    return [
        (one.reason, round(one.start / rate, 1), round(one.end / rate, 1))
        for one in find_artifacts(InMemoryAudio(np.atleast_2d(samples), rate), talking)
    ]


@pytest.mark.parametrize("hertz", [(440.0, 480.0), (770.0, 1336.0), (1000.0,)])
def test_a_tone_is_found_where_it_is(speech, hertz):
    samples = speech.copy()
    samples[10 * RATE : 11 * RATE] = tone(1.0, *hertz)
    ((reason, start, end),) = [one for one in found(samples) if one[0] == "tone"]
    assert reason == "tone"
    assert start == pytest.approx(10, abs=0.15)
    assert end == pytest.approx(11, abs=0.15)


@pytest.mark.parametrize("seed", range(3))
def test_music_is_found_where_it_is(speech, seed):
    samples = np.concatenate((speech[: 12 * RATE], tune(15, seed), speech[12 * RATE : 24 * RATE]))
    stretches = [one for one in found(samples) if one[0] == "music"]
    assert min(start for _, start, _ in stretches) == pytest.approx(12, abs=2.6)
    assert max(end for *_, end in stretches) == pytest.approx(27, abs=2.6)


def test_music_under_speech_is_found(speech):
    level = np.sqrt(np.mean(speech**2))
    samples = speech + tune(len(speech) / RATE, 4, level / 2)[: len(speech)]
    assert any(reason == "music" for reason, *_ in found(samples))


def test_clipping_is_found_in_its_seconds(speech):
    samples = 0.3 * speech / np.abs(speech).max()
    loud = samples[8 * RATE : 11 * RATE] * 12
    samples[8 * RATE : 11 * RATE] = np.clip(loud, -0.4, 0.4)
    seconds = [one[1:] for one in found(samples) if one[0] == "clipping"]
    assert seconds
    assert all(8 <= start < end <= 11 for start, end in seconds)


def test_silence_is_found_once_and_short_silence_is_not(speech):
    gap = np.zeros(12 * RATE, np.float32)
    samples = np.concatenate((speech[: 6 * RATE], gap, speech[: 6 * RATE], gap[: 8 * RATE]))
    assert [one for one in found(samples) if one[0] == "silence"] == [("silence", 6.0, 18.0)]


def test_leaked_audio_is_found_and_crosstalk_and_double_talk_are_not(speech):
    agent, caller = speech[: 10 * RATE], speech[15 * RATE : 25 * RATE]
    spans = [np.array([[0, 10 * RATE]])] * 2
    late = np.concatenate((np.zeros(1600, np.float32), agent[:-1600])) * 0.8
    leaked = found(np.stack([agent, late]), spans)
    assert {reason for reason, *_ in leaked} >= {"leaked"}
    assert "leaked" not in {one[0] for one in found(np.stack([agent, caller]), spans)}
    assert "leaked" not in {one[0] for one in found(np.stack([agent, 0.1 * agent]), spans)}
    assert not same_sound(np.zeros(RATE, np.float32), np.zeros(RATE, np.float32), RATE)


def test_real_speech_is_no_junk(shared_data):
    for path in sorted((shared_data / "audio").glob("*/*.wav")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        expected = [("silence", 0.0, 14.0)] if path.name == "trn04.wav" else []  # before they meet
        assert found(samples.T, rate=rate) == expected, path.name


def test_real_calls_hold_no_music_and_no_tones(shared_data):
    """The edge of a telephone's band stands still as a note does, and a vowel can be two lines."""
    folder = shared_data / "real_labelled"
    if not folder.is_dir():
        pytest.skip("the labelled real recordings are not here")
    for path in sorted(folder.glob("*/audio.flac")):
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        named = [one for one in found(samples.T, rate=rate) if one[0] in {"music", "tone"}]
        assert named == [], path.parent.name


@pytest.mark.parametrize("seed", range(3))
def test_music_on_a_telephone_is_found(speech, seed):
    import soxr

    samples = np.concatenate((speech[: 12 * RATE], tune(15, seed), speech[12 * RATE : 24 * RATE]))
    narrow = soxr.resample(samples, RATE, 8_000)
    stretches = [one for one in found(narrow, rate=8_000) if one[0] == "music"]
    assert min(start for _, start, _ in stretches) == pytest.approx(12, abs=2.6)
    assert max(end for *_, end in stretches) == pytest.approx(27, abs=2.6)


def test_talk_in_a_telephones_band_is_no_music(speech):
    """The band's edge at 3.4 or 3.8 kHz, sharp, under talk and its noise."""
    import soxr

    for kept in (3_400, 3_800):
        spectrum = np.fft.rfft(speech)
        spectrum[round(kept * len(speech) / RATE) :] = 0
        sound = np.fft.irfft(spectrum, len(speech))
        sound += 1e-3 * np.random.default_rng(1).standard_normal(len(sound))
        narrow = soxr.resample(sound, RATE, 8_000).astype(np.float32)
        assert not [one for one in found(narrow, rate=8_000) if one[0] in {"music", "tone"}]


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_times_are_the_recordings(rate):
    time = np.arange(20 * rate) / rate
    samples = (0.1 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    samples[: 5 * rate] = 0.01 * np.random.default_rng(0).standard_normal(5 * rate)
    reasons = {reason: (start, end) for reason, start, end in found(samples, rate=rate)}
    assert reasons["tone"] == pytest.approx((5, 20), abs=0.15)


@pytest.mark.parametrize("samples", [0, 1, 700])
def test_next_to_nothing(samples):
    assert found(np.zeros((2, samples), np.float32)) == []
