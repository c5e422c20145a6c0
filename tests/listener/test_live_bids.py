"""Bids for the floor, live: operating points, times in seconds, words."""

import numpy as np
import pytest
import soxr
from spoken import turns_end_to_end

from interactspeech.errors import InputError
from interactspeech.listener import Listener, Stream
from interactspeech.listener.model import FloorBidDecision, LiveOperatingPoint
from interactspeech.records import Word
from interactspeech.signal.log_mel import RATE


@pytest.fixture(scope="module")
def overlap():
    """A talks for 6 s; from 3 s on B talks over it for 1.5 s."""
    parts = turns_end_to_end()
    out = 1e-4 * np.random.default_rng(0).standard_normal((2, 7 * RATE))
    out[0, : 6 * RATE] += np.resize(parts[0], 6 * RATE)
    out[1, 3 * RATE : 9 * RATE // 2] += np.resize(parts[1], 3 * RATE // 2)
    return out.astype(np.float32)


def test_a_bid_grows_with_talk_over_talk_and_is_none_elsewhere(overlap):
    frames = Stream(8000)(soxr.resample(overlap.T, RATE, 8000).T.copy()).frames
    bids = np.array([f.floor_bid[1] for f in frames])
    assert bids[: 3 * 25 - 5].max() == 0.0
    assert bids[3 * 25 + 5 : 4 * 25].max() > 0.3
    assert bids.max() <= 1.0
    assert np.array([f.floor_bid[0] for f in frames])[: 3 * 25].max() == 0.0
    assert frames[24].rate == 8000
    assert frames[24].seconds == pytest.approx(1.0)
    wants = [f.wants_floor[1] for f in frames]
    assert wants == [b >= Stream().bid_threshold for b in bids]


def test_operating_points_order_thresholds_and_what_is_not_known_is_refused():
    decision = Listener.load().card.settings("two_channel").floor_bid
    assert decision.points
    assert decision.about
    strict = [Stream(false_alarms=p.false_alarms).bid_threshold for p in decision.points]
    assert strict == sorted(strict, reverse=True)
    assert Stream(false_alarms=1.0).bid_threshold == decision.points[-1].threshold
    with pytest.raises(InputError, match="false_alarms") as error:
        Stream(false_alarms=0.0001)
    assert error.value.reason == "no-operating-point"
    with pytest.raises(InputError):
        FloorBidDecision(0.0, 1.0, -1.0).threshold(0.5)
    point = LiveOperatingPoint(0.1, 0.7, 0.9, 0.8, 1.0, 0.5)
    assert FloorBidDecision(0.0, 1.0, -1.0, points=(point,)).threshold(0.25) == 0.7


def test_partial_words_count_at_once(overlap):
    def bids(words):
        stream = Stream(word_delay=0.5)
        frames = []
        for first in range(0, 4 * RATE, 640):
            if first == 3 * RATE + 6400 and words:
                stream.push_words("B", [Word(t, 3 * RATE, first) for t in words])
            frames += stream(overlap[:, first : first + 640]).frames
        return np.array([f.floor_bid[1] for f in frames])[3 * 25 + 10 :]

    assert bids(["wait", "no"]).max() >= 0.95
    assert bids(["mm-hm"]).max() < 0.5 * bids([]).max() + 1e-6


def test_updates_tell_times_in_seconds(overlap):
    stream = Stream()
    update = stream(overlap)
    events = [*update.events, *stream.finish().events]
    assert update.rate == RATE
    start, end = update.seconds(events[0])
    assert start == events[0].start / RATE
    assert end == events[0].end / RATE
