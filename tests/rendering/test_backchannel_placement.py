"""Where a backchannel is placed in a turn: distances are counted in tokens of 0.3 s."""

from types import SimpleNamespace

import numpy as np
import pytest

from interactspeech.rendering import HUMAN, outline_from_words
from interactspeech.rendering.planner import TalkWindow, place_backchannel
from interactspeech.rendering.script_lines import (
    LineMark,
)
from interactspeech.rendering.turn_timing import TurnTiming

RATE = 1000
TOKENS, MARK = 40, 20
LEAD = 0.1  # seconds of overlap


def dyad(place):
    """Draws the same values each time; backchannels lie in `place`."""
    return SimpleNamespace(
        model=SimpleNamespace(backchannel_places={place: 1.0}),
        backchannel_delay=lambda _, n: np.full(n, 0.2),
        backchannel_lead=lambda _, n: np.full(n, LEAD),
        pause=lambda _, n: np.full(n, 0.6),
    )


def turn_with_silence_before(token):
    """A turn of words of 0.3 s with one silence of 0.5 s, at the given token."""
    starts = [300 * i + (500 if i >= token else 0) for i in range(TOKENS)]
    outline = outline_from_words([(s, s + 300) for s in starts], RATE)
    timing = TurnTiming(outline, TOKENS, starts[-1] + 300)
    timing.gaps.update(timing.breaks())
    timing.refresh()
    assert set(timing.tokens_with_silence()) == {token}
    return timing


def stop_of_placed(token, place):
    """The token at which the partner stops for a backchannel that is marked at `MARK`."""
    timing = turn_with_silence_before(token)
    room = TalkWindow(timing, silent_since=0, until=2000, head=0, rate=RATE)
    rng = np.random.default_rng(0)
    found = place_backchannel(LineMark("listen", MARK, "t0.b0"), 300, room, dyad(place), rng, HUMAN)
    assert found is not None
    assert found.placement == place
    stop = found.onset + (round(LEAD * RATE) if place == "overlap" else -200)
    return min(
        range(TOKENS), key=lambda t: abs(timing.speech_end_before(t) - stop) if t else 1 << 30
    )


@pytest.mark.parametrize("place", ["overlap", "silence"])
def test_a_backchannel_moves_to_a_silence_a_few_tokens_away(place):
    assert HUMAN.max_shift == 6
    assert stop_of_placed(MARK + 4, place) == MARK + 4
    assert stop_of_placed(MARK - 4, place) == MARK - 4


@pytest.mark.parametrize("place", ["overlap", "silence"])
def test_it_does_not_move_further_than_that(place):
    for token in (MARK + 9, MARK - 9):
        assert abs(stop_of_placed(token, place) - MARK) <= 1
