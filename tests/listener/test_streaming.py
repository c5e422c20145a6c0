from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.listener import Listener, Stream, detect
from interactspeech.listener.live_activity import LiveActivity
from interactspeech.listener.live_bids import floor_bids
from interactspeech.listener.model import ACTIVE, FEEDBACK, HALF
from interactspeech.listener.output import MAX_RISE, hysteresis, smooth_segments
from interactspeech.signal.log_mel import RATE, STEP


@pytest.fixture(scope="module")
def sound():
    import soxr

    item = list(Corpus.open(spoken()))[1]
    return np.ascontiguousarray(soxr.resample(item.audio().T, item.dialogue.rate, RATE).T)


def facts(events):
    return sorted((e.type, e.speaker, e.start, e.end) for e in events)


def play(stream, sound, size):
    frames, events = [], []
    for i in range(0, sound.shape[1], size):
        update = stream(sound[:, i : i + size])
        frames += update.frames
        events += update.events
    return frames, [*events, *stream.finish().events]


@pytest.mark.parametrize("size", [320, 641, 5000])
def test_live_events_are_those_of_the_recording(sound, size):
    frames, events = play(Stream(), sound, size)
    assert len(frames) == sound.shape[1] // STEP
    assert facts(events) == facts(detect(sound, RATE).events)


def test_one_channel_may_wait_longer(sound):
    shipped = Path(__file__).parents[2] / "src" / "interactspeech" / "listener" / "data"
    card = Listener.load().card.replaced("mixed", lookahead=9)
    assert card.settings("mixed").lookahead == 9
    assert card.settings("two_channel") == Listener.load().card.settings("two_channel")
    listener = Listener((shipped / "listener-1.onnx").read_bytes(), card)
    mixed = sound.sum(axis=0, keepdims=True)
    _, events = play(Stream(mode="mixed", listener=listener), mixed, 4000)
    assert facts(events) == facts(detect(mixed, RATE, listener=listener, diarizer=None).events)
    times = {round(e.start / RATE, 1) for e in events}
    other = detect(mixed, RATE, listener=Listener.load(), diarizer=None).events
    assert times != {round(e.start / RATE, 1) for e in other}


@pytest.mark.parametrize("seconds", [11, 14, 17])
def test_one_channel_that_ends_soon_after_talk(sound, seconds):
    """What the end decides is decided by the same steps of the network as in a recording."""
    mixed = sound[:, : seconds * RATE].sum(axis=0, keepdims=True)
    _, events = play(Stream(mode="mixed"), mixed, 1111)
    assert facts(events) == facts(detect(mixed, RATE, diarizer=None).events)


@settings(max_examples=60, deadline=None)
@given(
    chance=st.lists(st.sampled_from([0.05, 0.3, 0.5, 0.9]), max_size=120),
    shortest=st.integers(0, 12),
    bridge=st.integers(0, 12),
    tail=st.integers(0, 5),
)
def test_boundaries_are_those_of_the_whole_and_never_late(chance, shortest, bridge, tail):
    shortest, bridge, tail = 20 * shortest, 20 * bridge, 20 * tail
    values = np.array(chance, np.float32)
    whole = smooth_segments(hysteresis(values, 0.8, 0.4) * HALF, shortest, bridge, tail)
    whole = np.minimum(whole, len(values) * HALF)
    talk = LiveActivity(0.8, 0.4, shortest, bridge, tail)
    found, lag = [], (shortest + bridge + tail) * RATE // 1000 + MAX_RISE * HALF + HALF
    for i, p in enumerate(chance):
        for kind, time in talk.step(i * HALF, p):
            found.append((time, kind))
            assert (i + 1) * HALF - time <= lag
    found += [(time, kind) for kind, time in talk.finish(len(values) * HALF)]
    assert sorted(found) == sorted(
        [(int(a), "start") for a, _ in whole] + [(int(b), "end") for _, b in whole]
    )


def test_events_come_within_their_delay(sound):
    stream = Stream()
    for i in range(0, sound.shape[1], STEP):
        now = min(i + STEP, sound.shape[1])
        for event in stream(sound[:, i : i + STEP]).events:
            assert now - event.end < 8 * RATE


def test_another_rate_gives_nearly_the_same(sound):
    import soxr

    high = np.ascontiguousarray(soxr.resample(sound.T, RATE, 48_000).T)
    _, events = play(Stream(48_000), high, 960)
    theirs = detect(sound, RATE).events
    near = [
        any(e.type == t.type and abs(e.start / 48_000 - t.start / RATE) < 0.1 for e in events)
        for t in theirs
    ]
    assert np.mean(near) > 0.85


def test_moments_say_what_the_network_says(sound):
    # Silero's share is what test_activity_mix.py is about, levelled bids test_live_bids.py.
    listener = Listener.load().without_silero().without_levelling()
    frames, _ = play(Stream(listener=listener), sound[:, : 8 * RATE], 1000)
    from interactspeech.signal.log_mel import LogMel

    found, _ = listener.predict(LogMel(2)(sound[:, : 8 * RATE]), listener.initial_state())
    for k in (0, 17, 150):
        np.testing.assert_allclose(frames[k].active, found[:, k, ACTIVE].max(axis=1), atol=1e-4)
        np.testing.assert_allclose(frames[k].feedback, found[:, k, FEEDBACK], atol=1e-3)
    score = floor_bids(found)
    np.testing.assert_allclose(score.T, [m.floor_bid for m in frames], atol=1e-3)
    assert frames[0].time == STEP


def test_a_bid_needs_somebody_who_holds_the_floor():
    found = np.zeros((2, 100, 7), np.float32)
    found[1, 40:, ACTIVE] = 0.9  # the other begins alone
    assert floor_bids(found).max() == 0.0
    found[0, 35:80, ACTIVE] = 0.9
    score = floor_bids(found)
    assert score[1, 40] == pytest.approx(0.9)
    found[1, :, FEEDBACK] = 1.0
    assert floor_bids(found)[1].max() == 0.0


def test_shift_is_the_others_share_of_what_is_to_come():
    frames, _ = play(Stream(), np.zeros((2, RATE), np.float32), 640)
    assert all(0.0 <= m.shift_probability(0) <= 1.0 for m in frames)
    assert frames[-1].shift_probability(0) == pytest.approx(1 - frames[-1].shift_probability(1))


def test_silence_for_long_costs_no_memory():
    stream = Stream()
    for _ in range(300):
        stream(np.zeros((2, 4 * STEP), np.float32))
    assert len(stream._feedback._odds) <= 1000
    assert not stream.finish().events


def test_mixed_channels_and_bad_chunks():
    stream = Stream(8000, mode="mixed")
    assert stream(np.zeros(8000)).frames
    with pytest.raises(InputError, match="shape"):
        stream(np.zeros((2, 100)))
    with pytest.raises(InputError, match="shape"):
        Stream()(np.zeros(100))
    with pytest.raises(InputError, match="rate"):
        Stream(10)
    with pytest.raises(InputError, match="mode"):
        Stream(mode="diarized")
    update = Stream()(np.full((2, 6400), np.nan))
    assert len(update.frames) == 10


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float64])
def test_chunks_of_any_type_are_one_sound(sound, kind):
    part = sound[:, : 20 * RATE]
    codes = np.clip(np.rint(part * 32768), -32768, 32767).astype(np.int16)
    floats = codes / np.float32(32768)
    chunks = {
        np.int16: codes, np.int32: codes.astype(np.int32) << 16, np.float64: codes / 32768.0
    }[kind]  # fmt: skip
    expected = facts(play(Stream(), floats, 1600)[1])
    assert expected
    assert facts(play(Stream(), chunks, 1600)[1]) == expected


def test_bytes_of_a_telephone_need_their_encoding(sound):
    codes = np.full((2, 8000), 0xFF, np.uint8)
    with pytest.raises(InputError, match="encoding"):
        Stream(8000)(codes)
    assert Stream(8000, encoding="mulaw")(codes).frames
    with pytest.raises(InputError, match="32768"):
        Stream()((sound[:, RATE : 3 * RATE] * 32768).astype(np.float32))


def test_the_shared_case_of_16_bit_chunks(shared_data):
    path = shared_data / "cases" / "29-stream-int16" / "int16.npy"
    if not path.is_file():
        pytest.skip("the cases are not here")
    codes = np.load(path)
    expected = facts(play(Stream(8000), codes / np.float32(32768), 800)[1])
    assert expected
    assert facts(play(Stream(8000), codes, 800)[1]) == expected


@pytest.mark.parametrize("chunk", [None, [[0.0], [0.0]], b"\0\0\0\0"])
def test_chunks_that_are_no_arrays_are_refused_in_our_words(chunk):
    with pytest.raises(InputError) as refused:
        Stream(rate=8000)(chunk)
    assert refused.value.reason == "bad-samples"
