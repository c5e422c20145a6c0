import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.listener.live_activity import LiveActivity
from interactspeech.listener.model import HALF, RATE
from interactspeech.listener.output import MAX_RISE, finite, hysteresis, smooth_segments

chances = st.lists(st.floats(0, 1, width=32), max_size=120)


def naive(chance, on, off):
    spans, start, sure = [], None, None
    for i, p in enumerate([*chance, 0.0]):
        if p > off:
            start = i if start is None else start
            sure = i if sure is None and p >= on else sure
        else:
            if sure is not None:
                spans.append((max(start, sure - MAX_RISE), i))
            start, sure = None, None
    return spans


@given(chances, st.floats(0.3125, 0.9375, width=32), st.floats(0.0, 0.3125, width=32))
def test_hysteresis_is_what_a_loop_finds(chance, on, off):
    found = hysteresis(np.array(chance, np.float32), on, off)
    assert [tuple(row) for row in found.tolist()] == naive(np.array(chance, np.float32), on, off)


@settings(max_examples=200)
@given(
    chances,
    st.sampled_from([40, 80, 200]),
    st.sampled_from([60, 100, 180]),
    st.sampled_from([0, 40, 70]),
)
def test_live_talk_is_that_of_the_whole_recording(chance, shortest, bridge, tail):
    raw = hysteresis(np.array(chance, np.float32), 0.6, 0.3) * HALF
    whole = np.minimum(smooth_segments(raw, shortest, bridge, tail), len(chance) * HALF)
    live = LiveActivity(0.6, 0.3, shortest, bridge, tail)
    news = [n for i, p in enumerate(np.array(chance, np.float32)) for n in live.step(i * HALF, p)]
    news += live.finish(len(chance) * HALF)
    starts = [time for kind, time in news if kind == "start"]
    ends = [time for kind, time in news if kind == "end"]
    assert list(zip(starts, ends, strict=True)) == [tuple(row) for row in whole.tolist()]
    assert [kind for kind, _ in news] == ["start", "end"] * len(whole)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), max_size=20))
def test_smoothed_segments_are_sorted_apart_and_long_enough(rows):
    edges = np.cumsum(np.array(rows, np.int64).reshape(-1)).reshape(-1, 2) * HALF
    found = smooth_segments(edges, 100, 150)
    assert np.all(found[:, 1] - found[:, 0] >= 100 * RATE // 1000)
    assert np.all(found[1:, 0] - found[:-1, 1] >= 150 * RATE // 1000)


def test_what_is_not_finite_is_silence():
    sound = finite(np.array([[np.nan, np.inf, -np.inf, 0.5, 100.0]]))
    np.testing.assert_array_equal(sound, [[0, 0, 0, 0.5, 8.0]])
