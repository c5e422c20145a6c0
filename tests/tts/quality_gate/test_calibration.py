"""Limits from what was measured; voices that are unlike the others of their engine."""

import numpy as np
import pytest

from interactspeech.tts.quality_gate.calibration import Measurement, limits_from

USUAL = {
    "clipping": (0.0, 0.0),
    "pause": (0.1, 0.02),
    "level": (-20.0, 1.0),
    "length": (0.0, 0.08),
    "words": (0.02, 0.01),
    "p808": (4.0, 0.1),
    "overall": (3.3, 0.1),
}


def found(voices="abcdef", unlike=None, count=40):
    """`count` utterances of each voice; `unlike` is voice -> measure -> where it lies."""
    rng = np.random.default_rng(3)
    return {
        name: [
            Measurement("so", voice, (unlike or {}).get(voice, {}).get(name, middle) + noise)
            for voice in voices
            for noise in rng.normal(0.0, spread, count)
        ]
        for name, (middle, spread) in USUAL.items()
    }


def test_one_who_whispers_has_limits_of_her_own() -> None:
    alone, none = limits_from(found("abcde"))
    usual, apart = limits_from(found(unlike={"f": {"pause": 1.3, "overall": 1.9}}))
    assert none == {}
    assert list(apart) == ["f"]
    assert usual.pause == alone.pause == 0.6
    assert usual.overall == pytest.approx(alone.overall, abs=0.1)
    own = apart["f"]
    assert own.pause == pytest.approx(1.37, abs=0.03)
    assert own.overall < 1.7
    assert (own.level, own.p808, own.length) == (usual.level, usual.p808, usual.length)


@pytest.mark.parametrize("level", [-29.0, -11.0])
def test_a_voice_may_be_quieter_or_louder_than_all_others(level: float) -> None:
    usual, apart = limits_from(found(unlike={"b": {"level": level}}))
    low, high = apart["b"].level
    assert usual.level[1] - usual.level[0] < 9
    assert low < level < high
    assert high - low < 9


def test_of_three_nobody_knows_which_is_usual() -> None:
    usual, apart = limits_from(found("abc", unlike={"c": {"pause": 1.3}}))
    assert apart == {}
    assert usual.pause > 1.3


def test_voices_that_differ_a_little_share_their_limits() -> None:
    assert limits_from(found(unlike={"f": {"level": -22.0, "overall": 3.2}}))[1] == {}
