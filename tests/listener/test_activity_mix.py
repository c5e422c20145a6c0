"""Silero's share in the activity of two channels."""

import copy

import numpy as np
import pytest

from interactspeech.listener import Listener, Stream, detect
from interactspeech.listener.activity_mix import ActivityMixer, SileroShare
from interactspeech.listener.model import ModeSettings
from interactspeech.listener.output import run_listener
from interactspeech.models.silero import speech_probability
from interactspeech.tts import engine

RATE, STEP = 16_000, 640


@pytest.fixture(scope="module")
def sound():
    """Two channels of speech in turn, in soft noise, 12 s."""
    import soxr

    hibari = engine("hibari")
    voice = hibari.voices()[0]
    line = hibari.speak("We went down to the harbour and looked at the boats.", voice).samples
    line = np.asarray(soxr.resample(line, 24_000, RATE), np.float32)[: 3 * RATE]
    out = 1e-3 * np.random.default_rng(0).standard_normal((2, 12 * RATE)).astype(np.float32)
    for turn in range(4):
        out[turn % 2, 3 * turn * RATE :][: len(line)] += line
    return out


def mixed(share, sound, active, size):
    mixer = ActivityMixer(SileroShare(*share))
    mixer.hear(np.pad(sound, ((0, 0), (0, 2 * STEP))))
    parts = [mixer.mix(active[:, i : i + size]) for i in range(0, active.shape[1], size)]
    return np.concatenate(parts, axis=1)


def test_no_share_changes_nothing_and_a_whole_one_is_silero(sound):
    active = np.random.default_rng(1).uniform(0.01, 0.99, (2, 600)).astype(np.float32)
    assert mixed((0, 0), sound, active, 600) == pytest.approx(active, abs=1e-5)
    silero = speech_probability(np.pad(sound, ((0, 0), (0, 2 * STEP))))
    place = (np.arange(600) * 320 + 160 + 512) // 512
    expected = np.clip(silero[:, place], 1e-3, 1 - 1e-3)
    assert mixed((1, 1), sound, active, 600) == pytest.approx(expected, abs=1e-4)


def test_beside_the_others_talk_it_has_its_own_weight(sound):
    active = np.full((2, 600), 0.5, np.float32)
    silero = speech_probability(np.pad(sound, ((0, 0), (0, 2 * STEP))))
    place = (np.arange(600) * 320 + 160 + 512) // 512
    found = mixed((1, 0), sound, active, 600)
    other_talks = silero[::-1][:, place] > 0.98
    assert other_talks.any()
    assert found[other_talks] == pytest.approx(0.5, abs=0.05)
    assert np.abs(found[~other_talks] - 0.5).max() > 0.3


def test_sileros_no_counts_less_the_surer_the_network_is(sound):
    sure = np.full((2, 600), 0.95, np.float32)  # log-odds 2.94
    silent = mixed((1, 1), sound, sure, 600) < 0.002
    assert silent.sum() > 50
    found = mixed((0.7, 0.7, None, -1.0), sound, sure, 600)
    no = 0.05 * np.log(0.001 / 0.999) + 0.95 * -1.0
    expected = 1 / (1 + np.exp(-(0.3 * np.log(0.95 / 0.05) + 0.7 * no)))
    assert found[silent] == pytest.approx(expected, abs=0.02)
    assert mixed((0.7, 0.7), sound, sure, 600)[silent].max() < 0.04
    quiet = np.full((2, 600), 0.01, np.float32)
    assert mixed((0.7, 0.7, None, -1.0), sound, quiet, 600)[silent].max() < 0.01


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_pieces_of_any_size_give_the_same(sound, size):
    active = np.random.default_rng(2).uniform(0, 1, (2, 600)).astype(np.float32)
    whole = mixed((0.5, 0.15), sound, active, 600)
    assert np.abs(mixed((0.5, 0.15), sound, active, size) - whole).max() < 1e-6


def test_live_it_is_what_it_is_on_a_recording(sound):
    listener = Listener.load()
    assert listener.card.settings("two_channel").silero is not None
    offline = run_listener(listener, [sound]).active
    stream = Stream(RATE, listener=listener)
    chunks = [sound[:, i : i + 997] for i in range(0, sound.shape[1], 997)]
    states = [frame for chunk in chunks for frame in stream(chunk).frames]
    states += stream.finish().frames
    late = listener.card.settings("two_channel").lookahead
    live = np.array([state.active for state in states]).T[:, late:]
    steps = min(live.shape[1], offline.shape[1] // 2)
    expected = offline[:, : 2 * steps].reshape(2, steps, 2).max(axis=2)
    assert np.abs(live[:, :steps] - expected).max() < 1e-4


def test_the_network_alone_is_there_to_compare(sound):
    listener = Listener.load()
    alone = listener.without_silero()
    assert alone.card.settings("two_channel").silero is None
    assert listener.card.settings("two_channel").silero is not None
    differ = run_listener(alone, [sound]).active - run_listener(listener, [sound]).active
    assert np.abs(differ).max() > 0.05


def test_shares_that_are_none():
    with pytest.raises(ValueError, match="not in"):
        SileroShare(1.2, 0.0)
    with pytest.raises(ValueError, match="lookahead"):
        ModeSettings(lookahead=1, silero=SileroShare(0.5, 0.1))


def test_silence_stays_silent():
    assert detect(np.zeros((2, 5 * RATE), np.float32), RATE).events == ()


def test_soft_talk_beside_other_talk_is_heard_and_crosstalk_is_not(sound):
    """The share of `outstanding` finds talk 12 dB below the other's, and leaves a copy alone."""
    listener = Listener.load()
    share = listener.card.settings("two_channel").silero
    without = listener.card.replaced("two_channel", silero=SileroShare(share.alone, share.beside))
    a, b = sound
    soft = np.roll(b, 5 * RATE // 2)  # it falls on the other's talk now
    speech = run_listener(listener, [np.stack((soft, np.zeros_like(soft)))]).active[0] > 0.5
    other = run_listener(listener, [np.stack((a, np.zeros_like(a)))]).active[0] > 0.5
    both = speech & other
    assert both.sum() > 25
    mixed = np.stack((a, soft * 10 ** (-12 / 20))).astype(np.float32)
    mixed += np.random.default_rng(0).normal(0, 1e-4, mixed.shape).astype(np.float32)
    with_it = run_listener(listener, [mixed]).active[1]
    old = copy.copy(listener)
    old.card = without
    before = run_listener(old, [mixed]).active[1]
    assert (with_it[both] > 0.5).mean() >= (before[both] > 0.5).mean()
    leak = np.stack((a, np.roll(a, 80) * 10 ** (-20 / 20))).astype(np.float32)
    assert (run_listener(listener, [leak]).active[1][50:] > 0.5).mean() < 0.1
