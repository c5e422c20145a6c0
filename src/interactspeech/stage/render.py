"""The renderer: a plan and its speech in, one track a speaker out. A pure function, one pass."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from interactspeech.dialogue import Samples, Speech
from interactspeech.errors import InputError
from interactspeech.stage.plans import Clip, Plan


def render(plan: Plan, speeches: Mapping[str, Speech]) -> Samples:
    """The tracks of a plan: float32, shape ``(speakers, plan.length)``, silent outside the clips.

    Every clip is copied once and its edges are ramped, so the cost is that of the copy.

    Raises:
        InputError: a clip's line has no speech (reason ``no-speech``), its speech has another rate
            than the plan (``mixed-rates``), or is shorter than the plan says (``no-speech``).
    """
    tracks = np.zeros((len(plan.speakers), plan.length), np.float32)
    for clip in plan.clips:
        speech = _speech(plan, clip, speeches)
        heard = tracks[clip.channel, clip.at : clip.end]
        np.multiply(
            speech.samples[clip.source.start : clip.source.end],
            np.float32(clip.gain),
            out=heard,
        )
        if clip.swell:
            _swell(heard, clip.swell)
        if clip.fade_in:
            heard[: clip.fade_in] *= _rise(clip.fade_in)
        if clip.depth:
            heard[len(heard) - clip.decay :] *= _trail(clip.decay, clip.depth)
        if clip.fade_out:
            heard[len(heard) - clip.fade_out :] *= _rise(clip.fade_out)[::-1]
    return tracks


def _speech(plan: Plan, clip: Clip, speeches: Mapping[str, Speech]) -> Speech:
    speech = speeches.get(clip.line)
    if speech is None:
        raise InputError(f"plan {plan.id}: line {clip.line} has no speech", reason="no-speech")
    if speech.rate != plan.rate:
        raise InputError(
            f"plan {plan.id} has rate {plan.rate}, line {clip.line} {speech.rate}",
            remedy="bring it there with stage.at_rate before planning",
            reason="mixed-rates",
        )
    if clip.source.end > len(speech.samples):
        raise InputError(
            f"plan {plan.id}: line {clip.line} is {len(speech.samples)} samples long, the plan "
            f"uses {clip.source.end}",
            remedy="render with the speech that was planned with",
            reason="no-speech",
        )
    return speech


def _swell(heard: Samples, points: tuple[tuple[int, float], ...]) -> None:
    """Multiply by a gain that goes through `points`, in place."""
    left, low = 0, 10 ** (points[0][1] / 20)
    for at, decibels in (*points, (len(heard), points[-1][1])):
        high = 10 ** (decibels / 20)
        if at > left:
            if low == high:
                if high != 1.0:
                    heard[left:at] *= np.float32(high)
            else:
                # By multiplication alone, so that every machine gives the same bits.
                steps = np.arange(at - left) * ((high - low) / (at - left)) + low
                heard[left:at] *= steps.astype(np.float32)
        left, low = at, high


@lru_cache(maxsize=512)
def _rise(length: int) -> npt.NDArray[np.float32]:
    """A raised cosine from near 0 to near 1; its mirror completes it to 1."""
    phase = (np.arange(length) + 0.5) * (np.pi / length)
    ramp: npt.NDArray[np.float32] = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    ramp.flags.writeable = False
    return ramp


@lru_cache(maxsize=512)
def _trail(length: int, depth: float) -> npt.NDArray[np.float32]:
    """Gain of a voice that trails off: level in dB falls with the square of time to -`depth`."""
    time = (np.arange(length) + 0.5) / length
    ramp: npt.NDArray[np.float32] = np.power(10.0, -depth / 20 * time * time).astype(np.float32)
    ramp.flags.writeable = False
    return ramp
