"""Who talks when on channels of their own: boundaries, short feedback, crosstalk, odd input."""

import numpy as np
import pytest

from interactspeech.mining.activity import ActivitySettings, channel_activity
from interactspeech.signal.pages import InMemoryAudio, at_rate
from interactspeech.tts import engine

RATE = 24_000


@pytest.fixture(scope="module")
def said():
    """Spoken lines by text, 24 kHz, without silence at the edges."""
    hibari = engine("hibari")
    voice = hibari.voices()[0]
    lines = (
        "We went down to the harbour and looked at the boats for an hour.",
        "Then it began to rain, so we had to run all the way back to the hotel.",
        "Mm-hm.",
        "Was it far to the station from there?",
    )
    return {line: hibari.speak(line, voice).samples for line in lines}


def placed(length, *clips):
    """A channel of `length` seconds with clips at seconds; and their spans in seconds."""
    channel = np.zeros(int(length * RATE), np.float32)
    spans = []
    for start, clip in clips:
        first = int(start * RATE)
        channel[first : first + len(clip)] += clip
        spans.append((start, start + len(clip) / RATE))
    return channel, spans


@pytest.fixture(scope="module")
def call(said):
    """Two channels that take turns, with feedback in overlap."""
    one, two, yes, ask = said.values()
    a = placed(20, (1.0, one), (11.0, two))
    b = placed(20, (3.0, yes), (6.5, ask), (12.5, yes))
    return np.stack([a[0], b[0]]), (a[1], b[1])


def seconds(spans, rate):
    return (spans / rate).tolist()


def assert_onsets(found, expected, within=0.06):
    starts = np.array([start for start, _ in found])
    assert len(starts) >= len(expected)
    for start, end in expected:
        assert np.abs(starts - start).min() < within, (start, starts)
        assert any(s < end and e > start for s, e in found)


def noise(samples, db, seed=0):
    rng = np.random.default_rng(seed)
    return samples + (10 ** (db / 20) * rng.standard_normal(samples.shape)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100])
def test_onsets_at_every_rate(call, rate):
    samples, expected = call
    sound = at_rate(samples, RATE, rate)
    found = channel_activity(InMemoryAudio(sound, rate))
    assert found.rate == rate
    assert found.length == sound.shape[1]
    for spans, truth in zip(found.spans, expected, strict=True):
        assert_onsets(seconds(spans, rate), truth)
        assert len(spans) <= len(truth) + 4  # pauses inside the lines, no more


def test_spans_are_sorted_disjoint_and_inside(call):
    found = channel_activity(InMemoryAudio(noise(call[0], -45), RATE))
    for spans, sure in zip(found.spans, found.confidence, strict=True):
        assert spans.dtype == np.int64
        assert (spans[:, 0] < spans[:, 1]).all()
        assert (spans[1:, 0] > spans[:-1, 1]).all()
        assert spans[0, 0] >= 0
        assert spans[-1, 1] <= found.length
        assert len(sure) == len(spans)
        assert ((sure > 0) & (sure <= 1)).all()


def test_noise_makes_no_speech_and_takes_none_away(call):
    samples, expected = call
    found = channel_activity(InMemoryAudio(noise(samples, -42), RATE))
    for spans, truth in zip(found.spans, expected, strict=True):
        assert_onsets(seconds(spans, RATE), truth, within=0.15)
        covered = np.zeros(20 * 100, bool)
        for start, end in truth:
            covered[int(start * 100) - 15 : int(end * 100) + 15] = True
        for start, end in seconds(spans, RATE):
            assert covered[int(start * 100) : int(end * 100)].mean() > 0.8


def test_feedback_of_150_ms_survives(said):
    hum = said["Mm-hm."][: int(0.15 * RATE)].copy()
    hum[-240:] *= np.linspace(1, 0, 240, dtype=np.float32)
    channel, expected = placed(12, (2.0, said["Mm-hm."]), (6.0, hum), (9.0, hum))
    found = channel_activity(InMemoryAudio(noise(channel, -60), RATE)).spans[0]
    assert_onsets(seconds(found, RATE), expected)


def copies(samples, db, delay):
    """Both channels with a filtered, delayed copy of the other."""
    taps = np.random.default_rng(1).standard_normal(400) * np.exp(-np.arange(400) / 80)
    taps /= np.sqrt((taps**2).sum())
    late = int(delay * RATE)
    out = samples.copy()
    for mine, other in ((0, 1), (1, 0)):
        copy = np.convolve(samples[other], taps)[: samples.shape[1] - late]
        out[mine, late:] += (10 ** (db / 20) * copy).astype(np.float32)
    return out


@pytest.mark.parametrize(("db", "delay"), [(-10, 0.0), (-20, 0.004), (-20, 0.17)])
def test_crosstalk_is_taken_out_and_own_talk_stays(call, db, delay):
    samples, expected = call
    sound = InMemoryAudio(noise(copies(samples, db, delay), -65), RATE)
    found = channel_activity(sound)
    for spans, truth in zip(found.spans, expected, strict=True):
        assert_onsets(seconds(spans, RATE), truth, within=0.12)
        foreign = [
            (s, e) for s, e in seconds(spans, RATE)
            if not any(s < end + 0.1 and e > start - 0.1 for start, end in truth)
        ]  # fmt: skip
        assert not foreign
    assert all(len(rows) for rows in found.crosstalk_spans)
    kept = channel_activity(sound, ActivitySettings(suppress_crosstalk=False))
    assert sum(map(len, kept.spans)) > sum(map(len, found.spans))


def test_what_is_said_at_once_by_both_stays(said):
    one, two, *_ = said.values()
    a, b = placed(8, (1.0, one))[0], placed(8, (1.5, two))[0]
    found = channel_activity(InMemoryAudio(noise(np.stack([a, b]), -60), RATE))
    assert all(len(spans) for spans in found.spans)
    assert not any(len(rows) for rows in found.crosstalk_spans)


def test_pages_change_little(call):
    """A recording of several pages is heard as its parts are."""
    samples = np.concatenate([call[0]] * 8, axis=1)  # 160 s: two pages
    whole = channel_activity(InMemoryAudio(noise(samples, -60), RATE))
    starts = whole.spans[0][:, 0] / RATE
    for turn in range(8):
        for start, _ in call[1][0]:
            assert np.abs(starts - start - 20 * turn).min() < 0.06


@pytest.mark.parametrize("samples", [0, 1, 100, 16_000])
def test_silence_and_next_to_nothing_hold_no_speech(samples):
    found = channel_activity(InMemoryAudio(np.zeros((2, samples), np.float32), 16_000))
    assert found.length == samples
    assert all(spans.shape == (0, 2) for spans in found.spans)


def test_a_dead_channel_and_no_numbers_do_no_harm(call):
    samples = call[0].copy()
    samples[1] = 0
    samples[0, 100] = np.nan
    found = channel_activity(InMemoryAudio(samples, RATE))
    assert len(found.spans[0])
    assert not len(found.spans[1])


def test_real_two_channel_recordings(shared_data):
    import soundfile

    for name in (
        "systran_stereo_diarization/stereo_diarization.wav",
        "google_speech_samples/two_channel_16k.wav",
    ):
        samples, rate = soundfile.read(shared_data / "audio" / name, dtype="float32")
        found = channel_activity(InMemoryAudio(samples.T.copy(), rate))
        talk = [(spans[:, 1] - spans[:, 0]).sum() / rate for spans in found.spans]
        assert all(1 < seconds < len(samples) / rate for seconds in talk), name
