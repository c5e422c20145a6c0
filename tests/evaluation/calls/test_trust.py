"""What is wrong with sound, put there on purpose; and clean sound, of which nothing is said."""

import numpy as np
import pytest
from made_calls import RATE, noise

from interactspeech.evaluation.calls import trust
from interactspeech.evaluation.calls.trust import TrustFinding, withheld
from interactspeech.seeds import generator
from interactspeech.signal.channel_relation import ChannelRelation
from interactspeech.signal.intervals import intervals
from interactspeech.signal.pages import InMemoryAudio

#: Turns of two speakers, every few seconds.
TURNS = [(i * 4.0 + 0.3, i * 4.0 + 3.6) for i in range(24)]
SPANS = [intervals([(round(a * RATE), round(b * RATE)) for a, b in TURNS[k::2]]) for k in (0, 1)]
LENGTH = 100 * RATE


@pytest.fixture(scope="module")
def call():
    out = np.zeros((2, LENGTH), np.float32)
    for channel, spans in enumerate(SPANS):
        out[channel] = 1e-4 * generator(1, f"floor{channel}").standard_normal(LENGTH)
        for a, b in spans.tolist():
            out[channel, a:b] += noise(f"{channel} {a}", (b - a) / RATE)[: b - a]
    return out


def copies(sound, seconds=30):
    return trust.find_copies(InMemoryAudio(sound[:, : seconds * RATE], RATE))


def test_clean_channels_have_no_copies(call):
    assert copies(call) == []
    assert trust.find_lost_packets(InMemoryAudio(call, RATE), dict(enumerate(SPANS))) == []
    assert trust.find_shift(*SPANS, RATE, LENGTH) is None
    findings, masks = trust.find_noises(InMemoryAudio(call, RATE), dict(enumerate(SPANS)))
    assert not findings
    assert not any(len(rows) for rows in masks.values())


@pytest.mark.parametrize(("decibels", "grave"), [(-8, True), (-30, False)])
def test_crosstalk(call, decibels, grave):
    crossed = call.copy()
    crossed[1] += np.float32(10 ** (decibels / 20)) * call[0]
    [found] = copies(crossed)
    assert (found.kind, found.channel, bool(found.spoils)) == ("crosstalk", 2, grave)


def test_an_echo_is_late(call):
    echoed = call.copy()
    late = round(0.2 * RATE)
    echoed[0, late:] += 0.2 * call[1, :-late]
    [found] = copies(echoed, 60)
    assert (found.kind, found.channel) == ("echo", 1)
    assert "200 ms late" in found.message


def turns(seed: str, seconds: float) -> list[np.ndarray]:
    """Talk of two who take turns: one to five seconds each, the next after about .2 s."""
    rng, at, rows = generator(3, seed), 0.5, ([], [])
    side = 0
    while at < seconds - 6:
        end = at + rng.uniform(1.2, 5.0)
        rows[side].append((round(at * RATE), round(end * RATE)))
        at, side = end + rng.normal(0.2, 0.25), 1 - side
    return [intervals(one) for one in rows]


@pytest.mark.parametrize(("channel", "seconds"), [(2, 3.0), (1, 3.0), (2, 1.0), (1, 6.0)])
def test_a_late_channel(channel, seconds):
    spans = turns(f"late {channel} {seconds}", 240)
    spans[channel - 1] = spans[channel - 1] + round(seconds * RATE)
    found = trust.find_shift(*spans, RATE, 246 * RATE)
    assert found is not None
    assert found.kind == "shifted"
    assert found.channel == channel
    assert f"{seconds:.0f}." in found.message or f"{seconds - 0.1:.1f} s" in found.message
    assert {"floor", "overlap", "silence"} == set(found.spoils)


def test_channels_in_time_are_not_late():
    for number in range(20):
        spans = turns(f"in time {number}", 60)
        assert trust.find_shift(*spans, RATE, 66 * RATE) is None


def test_a_lag_that_a_short_call_does_not_show_is_not_told():
    late = SPANS[1] + round(3.0 * RATE)  # turns every four seconds: several lags fit as well
    found = trust.find_shift(SPANS[0], late, RATE, LENGTH)
    assert found is not None
    assert (found.channel, "too short to say" in found.message) == (0, True)


def test_swapped_and_moved_annotation():
    assert trust.find_swap(SPANS, SPANS, RATE, LENGTH) is None
    swapped = trust.find_swap(SPANS[::-1], SPANS, RATE, LENGTH)
    assert swapped is not None
    assert swapped.kind == "swapped"
    moved = trust.find_swap([rows + RATE for rows in SPANS], SPANS, RATE, LENGTH)
    assert moved is not None
    assert (moved.kind, "1.0 s late" in moved.message) == ("shifted", True)


def test_lost_packets(call):
    holed = call.copy()
    for a, b in SPANS[0].tolist():
        for at in range(a + 800, b - 800, 4000):
            holed[0, at : at + 160] = 0.0
    [found] = trust.find_lost_packets(InMemoryAudio(holed, RATE), dict(enumerate(SPANS)))
    assert (found.kind, found.channel) == ("lost-packets", 1)
    repeated = call.copy()
    for a, b in SPANS[1].tolist():
        for at in range(a + 800, b - 800, 4000):
            repeated[1, at : at + 160] = repeated[1, at - 160 : at]
    [found] = trust.find_lost_packets(InMemoryAudio(repeated, RATE), dict(enumerate(SPANS)))
    assert found.channel == 2


def test_music_and_tones(call):
    time = np.arange(12 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * time) for f in (262.0, 330.0, 392.0, 523.0, 659.0))
    played = call.copy()
    played[0, 40 * RATE : 52 * RATE] = 0.04 * chord
    played[1, 60 * RATE : 62 * RATE] = 0.2 * np.sin(2 * np.pi * 1000 * time[: 2 * RATE])
    findings, masks = trust.find_noises(InMemoryAudio(played, RATE), {})
    assert {(one.kind, one.channel) for one in findings} == {("music", 1), ("tone", 2)}
    assert len(masks[0])
    assert len(masks[1])


def test_one_channel_and_equal_channels():
    assert trust.look_at_channels(None, 1)[0].kind == "one-channel"
    assert trust.look_at_channels(ChannelRelation("same", 0.05), 2)[0].kind == "same-sound"
    assert trust.look_at_channels(ChannelRelation("shared"), 2)[0].kind == "shared-room"
    assert trust.look_at_channels(ChannelRelation("separate"), 2) == []


def test_figures_that_need_what_is_spoilt_are_withheld():
    spoilt = withheld([TrustFinding("crosstalk", "", ("overlap",)), TrustFinding("clipping", "")])
    assert spoilt["yield"] == ("crosstalk",)
    assert "response" not in spoilt
    assert "pause" not in spoilt
