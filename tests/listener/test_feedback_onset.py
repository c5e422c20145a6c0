"""Talk that has just begun is told from feedback while it goes on, whatever its level."""

import numpy as np
import pytest
from short_talk import frames_of, short_talk

from interactspeech.listener import Listener, Stream
from interactspeech.listener.feedback_onset import (
    BEFORE,
    HEARD,
    LONGEST,
    onset_frames,
    onset_log_odds,
)
from interactspeech.listener.levelled_feedback import RecordedMel
from interactspeech.listener.live_bids import HEARD_FOR, BidEvidence, bid_evidence, bid_probability
from interactspeech.listener.model import FloorBidDecision, LiveOperatingPoint
from interactspeech.signal.log_mel import RATE, STEP, LogMel

#: An engine that the network was not fitted on.
VOICES = "flite:slt,rms"
FEEDBACK = ("Mm-hm.", "Yeah.", "Uh-huh.", "Okay.", "Right.", "Mm.")
OTHER = (
    "But I think so",
    "Can I just say",
    "Where is it now",
    "No, the other",
    "So when we go",
    "Tomorrow he",
)


@pytest.fixture(scope="module")
def said() -> list[tuple[bool, np.ndarray]]:
    return short_talk(VOICES, FEEDBACK, OTHER, from_onset=True)


def test_half_a_second_of_an_engine_that_was_not_learnt_is_told(said) -> None:
    found = [(kind, onset_log_odds(frames_of(x), 50, 100)) for kind, x in said]
    feedback, other = ([odds for kind, odds in found if kind == k] for k in (True, False))
    assert np.mean([one > another for one in feedback for another in other]) >= 0.8


def test_level_and_what_lies_before_the_onset_change_nothing(said) -> None:
    for _, sound in said[:6]:
        frames = frames_of(sound)
        odds = onset_log_odds(frames, 50, 90)
        assert onset_log_odds(frames_of(sound * 0.1), 50, 90) == pytest.approx(odds, abs=0.3)
        loud = frames.copy()
        loud[: 50 - BEFORE] = -2.0
        assert onset_log_odds(loud, 50, 90) == odds
        assert onset_log_odds(frames[:90], 50, 90) == odds, "what comes later is not known"


def test_frames_end_now_and_begin_with_nothing() -> None:
    frames = np.full((300, 40), -3.0, np.float32)
    held = onset_frames(frames, 100, 120)
    assert held.shape == (HEARD, 40)
    assert np.allclose(held[HEARD - 20 - BEFORE :], 0.0, atol=1e-4)
    assert np.allclose(held[: HEARD - 20 - BEFORE], -3.5)
    assert np.allclose(onset_frames(frames, 100, 250), 0.0, atol=1e-4), "the last .76 s"
    assert onset_log_odds(frames, 100, 107) == 0.0
    assert onset_log_odds(frames, 100, 108) != 0.0
    assert onset_log_odds(frames, 50, 50 + LONGEST) == onset_log_odds(frames, 50, 90 + LONGEST)


def test_each_kind_of_evidence_moves_a_bid_and_what_has_no_weight_is_not_asked(said) -> None:
    decision = FloorBidDecision(-1.0, 2.0, -0.4, onset=-0.3, sound=-0.2)
    even = bid_probability(BidEvidence(0.4, 0.0, 0.0, 0.0), decision)
    assert bid_probability(BidEvidence(0.8, 0.0, 0.0, 0.0), decision) > even
    for other in (BidEvidence(0.4, 3, 0, 0), BidEvidence(0.4, 0, 3, 0), BidEvidence(0.4, 0, 0, 3)):
        assert bid_probability(other, decision) < even
    listener, sound = Listener.load(), said[0][1]
    mel = RecordedMel(LogMel(2)(np.stack((sound, sound))[:, : len(sound) // STEP * STEP]))
    spans = np.array([(RATE // 2, RATE // 2 + 10 * STEP)])
    until = RATE // 2 // STEP + 10
    asked = bid_evidence(listener, mel, 1, spans, until, decision)
    assert 0.0 not in (asked.heard, asked.onset, asked.sound)
    assert asked.seconds == pytest.approx(0.4)
    plain = bid_evidence(listener, mel, 1, spans, until, FloorBidDecision(-1.0, 2.0, 0.0))
    assert (plain.heard, plain.onset, plain.sound) == (0.0, 0.0, 0.0)
    long = np.array([(0, round((HEARD_FOR + 0.1) * RATE))])
    assert bid_evidence(listener, mel, 1, long, until, decision).onset < 0


def test_a_stream_asks_the_sound_so_far(said) -> None:
    """With that weight alone, feedback's sound bids less than other talk of the same length."""
    listener, tops = Listener.load(), {True: [], False: []}
    listener = Listener.load().without_silero()
    listener.card = listener.card.replaced(
        "two_channel",
        floor_bid=FloorBidDecision(
            0.0, 0.0, 0.0, onset=-1.0, points=(LiveOperatingPoint(0.1, 0.5, 0, 0, 0, 0),)
        ),
    )
    other = next(x for kind, x in said if not kind)
    for kind, sound in said[:12]:
        talk = np.zeros((2, 3 * RATE), np.float32)
        talk[0] = np.resize(other[RATE // 2 : -RATE // 2], 3 * RATE)
        talk[1, RATE : RATE + len(sound)] = sound[: 2 * RATE]
        talk += np.random.default_rng(2).normal(0, 1e-4, talk.shape).astype(np.float32)
        frames = Stream(listener=listener)(talk).frames
        first = (RATE + RATE // 2) // STEP
        tops[kind].append(max(f.floor_bid[1] for f in frames[first : first + 13]))
    assert np.mean([a < b for a in tops[True] for b in tops[False]]) >= 0.7
