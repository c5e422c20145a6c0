"""Swapped channels by voice, with voices that are drawn."""

import base64

import numpy as np

from interactspeech.evaluation.calls.voices import swapped_by_voice
from interactspeech.seeds import generator


def voice(key, draw):
    """A direction of its own, a little different in each call."""
    mean = generator(0, key).standard_normal(192)
    vector = mean + 0.4 * generator(0, f"{key} {draw}").standard_normal(192)
    return base64.b64encode((vector / np.linalg.norm(vector)).astype("<f2").tobytes()).decode()


def calls(count, swapped=(), agents=1):
    found = []
    for n in range(count):
        two = [voice(f"agent {n % agents}", n), voice(f"caller {n}", n)]
        found.append(list(zip(("agent", "caller"), two[:: -1 if n in swapped else 1], strict=True)))
    return found


def test_the_call_in_which_the_caller_has_the_agents_voice():
    [(number, finding)] = swapped_by_voice(calls(8, swapped=(3,))).items()
    assert number == 3
    assert finding.kind == "swapped"
    assert "caller has the voice that agent has" in finding.message


def test_nothing_is_said_without_one_voice_in_most_calls():
    assert not swapped_by_voice(calls(8))
    assert not swapped_by_voice(calls(8, swapped=(3,), agents=8))
    assert not swapped_by_voice(calls(3, swapped=(1,)))
    assert not swapped_by_voice([[("agent", ""), ("caller", "")]] * 6)
    assert not swapped_by_voice([[("agent", voice("a", 0))]] * 6)
