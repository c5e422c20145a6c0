"""Gains of a plan: levels of speakers and lines, the peak limit, envelopes between their points."""

import msgspec
import numpy as np
import pytest

from interactspeech.records import Delivery, Span, Speech, Voice, Word
from interactspeech.rendering import HUMAN, Outline, PlannedClip, SpokenLine, plan_dialogue, render
from interactspeech.rendering.plan_assembly import PEAK, clip_envelope, line_gains
from interactspeech.scripts import parse_script

LEVEL = msgspec.structs.replace(HUMAN, speaker_spread=0.0)


def line(name, speaker="A", role="turn"):
    return SpokenLine(name, speaker, "Yes.", role, ("Yes.",), 1)


def outline(power, peak, length=1000):
    return Outline(1000, length, (0,), (length,), (0, length), (), power, peak)


def gains_of(lines, outlines, deliveries=None, settings=LEVEL):
    deliveries = {one.id: Delivery() for one in lines} | (deliveries or {})
    return line_gains(lines, outlines, deliveries, np.random.default_rng(0), settings)


def test_speakers_get_the_same_level_whatever_the_engine_gave() -> None:
    lines = [line("a"), line("b", "B")]
    gains = gains_of(lines, {"a": outline(1e-3, 0.1), "b": outline(1e-5, 0.01)})
    for name, power in (("a", 1e-3), ("b", 1e-5)):
        assert 10 * np.log10(gains[name] ** 2 * power) == pytest.approx(LEVEL.level)


def test_no_line_exceeds_the_peak_and_levels_in_a_voice_keep_their_differences() -> None:
    """One line with a high crest factor attenuates all of its speaker, and nobody else."""
    lines = [line("a"), line("quiet"), line("b", "B")]
    outlines = {
        "a": outline(1e-4, 1.0),
        "quiet": outline(0.5e-4, 0.03),
        "b": outline(1e-4, 0.03),
    }
    gains = gains_of(lines, outlines)
    boost = 10 ** (LEVEL.delivery.resist / 20)
    assert gains["a"] * boost == pytest.approx(PEAK)
    assert gains["quiet"] == pytest.approx(gains["a"])
    assert 10 * np.log10(gains["b"] ** 2 * 1e-4) == pytest.approx(LEVEL.level)
    louder_onset = gains_of(lines, outlines, {"a": Delivery(onset=6.0)})
    assert louder_onset["a"] * boost * 10 ** (6.0 / 20) == pytest.approx(PEAK)


def test_rendered_speech_with_one_extreme_sample_stays_below_the_peak() -> None:
    """Sparse pulses have little power: without the limit they would be raised above full scale."""
    samples = np.zeros(24_000, np.float32)
    samples[::400] = 0.9
    script = parse_script("A: Yes.\nB: No.", "s")
    words = (Word("Yes.", 0, 24_000),)
    speech = Speech(samples, 24_000, words, "engine", Voice("fake", "x"))
    speeches = {"t0": speech, "t1": speech}
    tracks = render(plan_dialogue(script, speeches, seed=1), speeches)
    assert 0.3 < np.abs(tracks).max() <= PEAK + 1e-6


def test_envelopes_are_linear_between_points_and_add_up_where_clips_split_them() -> None:
    slope = [(100, 0.0), (200, 6.0)]
    assert clip_envelope([slope], 150, 180) == ((0, 3.0), (30, 4.8))
    assert clip_envelope([slope], 0, 300) == ((0, 0.0), (100, 0.0), (200, 6.0))
    assert clip_envelope([slope], 0, 100) == ()
    assert clip_envelope([slope, [(150, 2.0), (160, 0.0)]], 150, 180) == (
        (0, 5.0),
        (10, 3.6),
        (30, 4.8),
    )


def test_rendering_follows_an_envelope_sample_by_sample() -> None:
    script = parse_script("A: Yes.\nB: No.", "s")
    speech = Speech(
        np.full(1000, 0.1, np.float32), 1000, (Word("Yes.", 0, 1000),), "engine", Voice("f", "x")
    )
    plan = plan_dialogue(script, {"t0": speech, "t1": speech}, seed=1)
    clip = PlannedClip("t0", 0, Span(0, 1000), 0, gain_envelope=((200, 0.0), (600, -20.0)))
    plan = msgspec.structs.replace(plan, clips=(clip,), length=1000)
    track = render(plan, {"t0": speech})[0]
    factors = np.interp(np.arange(1000), [200, 600], [1.0, 0.1])
    assert np.allclose(track, 0.1 * factors, atol=1e-6)
