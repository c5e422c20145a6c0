"""Level does not decide what is feedback, live as in recordings."""

import numpy as np
import pytest
import soxr
from spoken import spoken

from interactspeech.corpus import Corpus
from interactspeech.listener import Listener, Stream, detect, run_listener, speech_activity
from interactspeech.listener.backchannel_classifier import BackchannelClassifier
from interactspeech.listener.levelled_feedback import (
    LiveMel,
    RecordedMel,
    levelled_log_odds,
    needed_until,
)
from interactspeech.signal.log_mel import RATE, LogMel
from interactspeech.turntaking import DEFAULT, layer1
from interactspeech.turntaking.backchannel_candidates import candidates


@pytest.fixture(scope="module")
def sound():
    item = list(Corpus.open(spoken()))[1]
    audio = soxr.resample(item.audio().T, item.dialogue.rate, RATE).T
    return np.ascontiguousarray(audio[:, : 30 * RATE], np.float32)


@pytest.fixture(scope="module")
def short(sound):
    """Candidates of at most a second, as (side, stretches of the speaker until it)."""
    listener = Listener.load()
    timeline = speech_activity(run_listener(listener, [sound]), listener.card)
    found = candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)
    rows = []
    for i in range(len(found)):
        if found.length[i] <= RATE:
            ipus = found.layer1.ipus[int(found.speaker[i])]
            rows.append((int(found.speaker[i]), ipus[ipus[:, 0] <= found.start[i]]))
    assert len(rows) >= 3
    return rows


def heard(sound, side, spans):
    mel = RecordedMel(LogMel(2)(sound).astype(np.float16))
    return levelled_log_odds(Listener.load(), mel, side, spans)


def raw(sound, side, end):
    listener = Listener.load().without_silero()
    output = run_listener(listener, [sound])
    at = round((end + 0.2 * RATE) / 640)
    chance = np.clip(output.feedback[side, at], 1e-5, 1 - 1e-5)
    return float(np.log(chance / (1 - chance)))


def test_level_moves_little_of_what_is_heard(sound, short):
    moved, moved_raw = [], []
    for side, spans in short[:5]:
        start, end = spans[-1].tolist()
        louder = sound.copy()
        louder[side, max(start - 400, 0) : end + 400] *= 10 ** (8 / 20)
        moved.append(abs(heard(louder, side, spans) - heard(sound, side, spans)))
        moved_raw.append(abs(raw(louder, side, end) - raw(sound, side, end)))
    assert np.mean(moved) < 0.5 * np.mean(moved_raw)
    assert np.mean(moved) < 1.0


def test_a_stream_hears_what_a_recording_gives(sound, short):
    mel = LogMel(2)(sound)
    whole = RecordedMel(mel.astype(np.float16))
    side, spans = short[-1]
    until = needed_until(int(spans[-1, 1]), 2)
    live = LiveMel(500)
    for first in range(0, until, 7):
        live.add(mel[:, first : min(first + 7, until)])
    assert live.steps == until
    assert live.first == 0 or live.steps - live.first >= 500
    listener = Listener.load()
    theirs = levelled_log_odds(listener, whole, side, spans)
    assert levelled_log_odds(listener, live, side, spans) == pytest.approx(theirs, abs=1e-4)


def test_live_memory_is_bounded_and_in_order():
    live = LiveMel(10)
    steps = np.arange(57, dtype=np.float32).reshape(1, -1, 1) * np.ones((2, 1, 160), np.float32)
    for first in range(0, 57, 3):
        live.add(steps[:, first : first + 3])
    assert live.steps == 57
    assert live.first <= 47
    np.testing.assert_array_equal(live.take(47, 57)[0, :, 0], np.arange(47, 57))


def test_the_score_of_before_is_kept_for_comparison(sound):
    listener = Listener.load()
    before = listener.without_levelling()
    assert before.card.settings("two_channel").feedback is None
    output = run_listener(before, [sound])
    assert output.mel is None
    timeline = speech_activity(output, before.card)
    found = candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)
    classifier = BackchannelClassifier(output, before.card, before)
    assert classifier.probability(found).shape == (len(found),)


def test_long_chunks_give_what_short_ones_give(sound):
    long = np.concatenate((sound, sound), axis=1)
    stream = Stream()
    events = [*stream(long).events, *stream.finish().events]
    theirs = detect(long, RATE, layout="two").events
    assert sorted((e.type, e.start) for e in events) == sorted((e.type, e.start) for e in theirs)
