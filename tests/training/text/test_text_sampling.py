"""How a token is drawn: the likeliest that make up a share, choices held to, copies kept out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.training.text import generation
from interactspeech.training.text.generation import RUN, ModelRequest, _outside, _SamplingRow

WORDS = 600


@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0.1, 10), top_p=st.floats(0.05, 0.99))
def test_the_likeliest_tokens_are_those_of_a_full_sort(seed, spread, top_p):
    scores = np.random.default_rng(seed).normal(0, spread, WORDS).astype(np.float32)
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    weights = np.exp(scores[order].astype(np.float64) - scores.max())
    before = (np.cumsum(weights) - weights) / weights.sum()
    left = set(_outside(scores, top_p).tolist())
    assert order[0] not in left
    for token, share in zip(order.tolist(), before.tolist(), strict=True):
        if abs(share - top_p) > 1e-4:  # else rounding decides
            assert (token in left) == (share > top_p)


@pytest.mark.parametrize("spread", [0.01, 30.0])
def test_as_many_are_sorted_as_it_takes(spread):
    scores = (np.arange(WORDS, dtype=np.float32) % 599) * np.float32(spread / WORDS)
    inside = WORDS - len(_outside(scores, 0.9))
    assert (inside > generation._LIKELY) == (spread < 1)


def test_a_run_of_heard_tokens_cannot_be_copied_to_its_end():
    heard = list(range(10, 20))
    scores = np.zeros(30, np.float32)
    scores[heard[RUN - 1]] = 5.0
    free = _SamplingRow(ModelRequest([], temperature=0.0), [], [])
    held = _SamplingRow(ModelRequest([], temperature=0.0), [], [heard])
    copied = [1, 2, *heard[: RUN - 1]]
    assert free.draw(scores, copied).argmax() == heard[RUN - 1]
    assert held.draw(scores, copied)[heard[RUN - 1]] == -np.inf
    assert scores[heard[RUN - 1]] == 5.0
    assert held.draw(scores, copied[:-1]).argmax() == heard[RUN - 1]
    assert held.draw(scores, []).argmax() == heard[RUN - 1]
    short = _SamplingRow(ModelRequest([], temperature=0.0), [], [heard[: RUN - 1]])
    assert np.isfinite(short.draw(scores, copied)).all()
