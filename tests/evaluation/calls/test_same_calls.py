"""Two recordings of one call are one, and calls that share a greeting are not."""

import numpy as np
import pytest
from made_calls import RATE, noise

from interactspeech.evaluation.calls.same_calls import middle_print, same_calls
from interactspeech.signal.pages import InMemoryAudio


def of(sound):
    return middle_print(InMemoryAudio(np.asarray(sound, np.float32), RATE))


@pytest.fixture(scope="module")
def sounds():
    return {key: np.stack([noise(f"{key}{c}", 40.0) for c in "ab"]) for key in ("one", "other")}


def test_the_same_call_again_louder_and_cut(sounds):
    one = sounds["one"]
    again = 0.4 * one[:, 3 * RATE :]
    crossed = one[::-1]
    assert same_calls([of(one), of(again), of(crossed), of(sounds["other"])]) == [None, 0, 0, None]


def test_a_shared_greeting_makes_no_one_call(sounds):
    greeted = sounds["other"].copy()
    greeted[:, : 12 * RATE] = sounds["one"][:, : 12 * RATE]
    assert same_calls([of(sounds["one"]), of(greeted)]) == [None, None]


def test_silence_and_very_short_sounds_are_no_call():
    silent = np.zeros((2, 30 * RATE), np.float32)
    short = np.stack([noise("a", 1.0), noise("b", 1.0)])
    assert same_calls([of(silent), of(silent), of(short), of(short)]) == [None] * 4
