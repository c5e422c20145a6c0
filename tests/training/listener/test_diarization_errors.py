"""One channel as a diarizer gives it to two speakers."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.seeds import generator
from interactspeech.signal.log_mel import BANDS, FLOOR
from interactspeech.training.listener.augmentation import CLEAN, Augmenter
from interactspeech.training.listener.diarization_errors import (
    drop_inaudible,
    simulated_diarization,
)
from interactspeech.training.listener.preparation import ListenerExample


def talk(*spans: list[tuple[int, int]], halves: int = 500) -> np.ndarray:
    active = np.zeros((2, halves), np.int8)
    for side, rows in enumerate(spans):
        for start, end in rows:
            active[side, start:end] = 1
    return active


@given(st.integers(0, 10_000), st.data())
def test_talk_is_given_nearly_whole_and_little_else(seed, data):
    edges = data.draw(st.lists(st.integers(1, 499), min_size=2, max_size=8, unique=True))
    rows = list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
    active = talk(rows, [])
    given_ = simulated_diarization(active, generator(seed, "x"))
    assert given_.shape == (2, 1000)
    frames = np.repeat(active[0] > 0, 2)
    # Nobody talks over it, so nothing is missed but at its edges: four deviations of 100 ms each.
    lost = int((frames & ~given_[0]).sum())
    assert lost <= len(rows) * 2 * 45


def test_errors_are_as_often_as_they_are_configured():
    floor = [(10 + 50 * i, 35 + 50 * i) for i in range(9)]
    short = [(15 + 50 * i, 30 + 50 * i) for i in range(9)]  # 300 ms, over the other's talk
    missed = doubled = 0
    for seed in range(150):
        given_ = simulated_diarization(talk(floor, short), generator(seed, "x"))
        missed += sum(given_[1, 2 * a : 2 * b].mean() < 1 / 4 for a, b in short)
        given_ = simulated_diarization(talk(floor, []), generator(seed, "y"))
        doubled += bool(given_[1].any())
    assert 0.08 < missed / (150 * 9) < 0.16
    assert 0.2 < doubled / 150 < 0.42  # one in twenty-five of nine


def test_nobody_must_find_what_nobody_was_given():
    active = talk([(100, 200), (300, 340)], [(150, 160)])
    kind = np.full((2, 250), -1, np.int8)
    kind[0, 50:100], kind[1, 75:80] = 0, 1
    given_ = np.repeat(active > 0, 2, axis=1)
    given_[1, 300:320] = False
    kept, judged = drop_inaudible(active, kind, given_)
    np.testing.assert_array_equal(kept[0], active[0])
    assert not kept[1].any()
    assert (judged[1] == -1).all()
    np.testing.assert_array_equal(judged[0], kind[0])
    assert active[1].any()  # what came in stays


def test_each_side_hears_the_mixture_where_it_was_given_something():
    rng = np.random.default_rng(0)
    active = talk([(20, 90)], [(60, 140)], halves=200)
    kind = np.full((2, 100), -1, np.int8)
    features = rng.uniform(-6, -2, (2, 100, 4 * BANDS)).astype(np.float16)
    example = ListenerExample(features, active, kind)
    mixed = msgspec.structs.replace(CLEAN, mixed=1.0)
    both, _, is_mixed = Augmenter(mixed, generator(1, "x"))(example, 100)
    assert is_mixed
    diarized = msgspec.structs.replace(mixed, diarized=1.0)
    heard, _, is_mixed = Augmenter(diarized, generator(1, "x"))(example, 100)
    assert not is_mixed
    frames, whole = heard.reshape(2, -1, BANDS), both.reshape(2, -1, BANDS)
    silent = (frames == np.float32(np.log10(FLOOR))).all(axis=2)
    assert 0.1 < silent.mean() < 0.9
    np.testing.assert_array_equal(frames[~silent], whole[~silent])
