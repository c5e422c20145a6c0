"""The renderer: a plan and its speech in, one track a speaker out. A pure function, one pass."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError
from interactspeech.records import Samples, Speech
from interactspeech.rendering.plan import Plan, PlannedClip


def render(plan: Plan, speeches: Mapping[str, Speech]) -> Samples:
    """The tracks of a plan: float32, shape ``(speakers, plan.length)``, silent outside the clips.

    Every clip is copied once and its edges are faded, so the cost is that of the copy.

    Raises:
        InputError: a clip's line has no speech (reason ``no-speech``), its speech has another rate
            than the plan (``mixed-rates``), or is shorter than the plan says (``no-speech``).
    """
    tracks = np.zeros((len(plan.speakers), plan.length), np.float32)
    for clip in plan.clips:
        speech = _planned_speech(plan, clip, speeches)
        clip_samples = tracks[clip.channel, clip.at : clip.end]
        np.multiply(
            speech.samples[clip.source.start : clip.source.end],
            np.float32(clip.gain),
            out=clip_samples,
        )
        if clip.gain_envelope:
            _apply_gain_envelope(clip_samples, clip.gain_envelope)
        if clip.fade_in:
            clip_samples[: clip.fade_in] *= _fade_ramp(clip.fade_in)
        if clip.depth:
            clip_samples[len(clip_samples) - clip.decay :] *= _decay_ramp(clip.decay, clip.depth)
        if clip.fade_out:
            clip_samples[len(clip_samples) - clip.fade_out :] *= _fade_ramp(clip.fade_out)[::-1]
    return tracks


def _planned_speech(plan: Plan, clip: PlannedClip, speeches: Mapping[str, Speech]) -> Speech:
    speech = speeches.get(clip.line)
    if speech is None:
        raise InputError(f"plan {plan.id}: line {clip.line} has no speech", reason="no-speech")
    if speech.rate != plan.rate:
        raise InputError(
            f"plan {plan.id} has rate {plan.rate}, line {clip.line} {speech.rate}",
            remedy="resample it before planning (interactspeech.rendering.resample)",
            reason="mixed-rates",
        )
    if clip.source.end > len(speech.samples):
        raise InputError(
            f"plan {plan.id}: line {clip.line} is {len(speech.samples)} samples long, the plan "
            f"uses {clip.source.end}",
            remedy="render with the same speech that the plan was made with",
            reason="no-speech",
        )
    return speech


def _apply_gain_envelope(clip_samples: Samples, points: tuple[tuple[int, float], ...]) -> None:
    """Multiply by a gain through the breakpoints `points` (dB), in place."""
    left, low = 0, 10 ** (points[0][1] / 20)
    for at, decibels in (*points, (len(clip_samples), points[-1][1])):
        high = 10 ** (decibels / 20)
        if at > left:
            if low == high:
                if high != 1.0:
                    clip_samples[left:at] *= np.float32(high)
            else:
                # By multiplication alone, so that every machine gives the same bytes.
                steps = np.arange(at - left) * ((high - low) / (at - left)) + low
                clip_samples[left:at] *= steps.astype(np.float32)
        left, low = at, high


@lru_cache(maxsize=512)
def _fade_ramp(length: int) -> Float32Array:
    """A raised cosine from near 0 to near 1; it and its mirror image add up to 1."""
    phase = (np.arange(length) + 0.5) * (np.pi / length)
    ramp: Float32Array = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    ramp.flags.writeable = False
    return ramp


@lru_cache(maxsize=512)
def _decay_ramp(length: int, depth: float) -> Float32Array:
    """Gain of a decay: the level in dB falls with the square of time to -`depth`."""
    time = (np.arange(length) + 0.5) / length
    ramp: Float32Array = np.power(10.0, -depth / 20 * time * time).astype(np.float32)
    ramp.flags.writeable = False
    return ramp
