"""The record of a planned dialogue: made from the plan alone, so it is exact."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from interactspeech.errors import InputError
from interactspeech.records import (
    Dialogue,
    Provenance,
    Samples,
    Scene,
    Script,
    Speaker,
    Speech,
    Track,
    Voice,
)
from interactspeech.rendering.planned_clips import Plan, PlannedClip

#: Name of the audio inside a record's folder or archive member.
AUDIO = "audio.flac"


def record(
    plan: Plan,
    *,
    voices: Mapping[str, Voice] | None = None,
    names: Mapping[str, str] | None = None,
    provenance: Provenance | None = None,
    scene: Scene | None = None,
    audio: str = AUDIO,
) -> Dialogue:
    """The dialogue that a plan describes, with its planned events.

    Args:
        plan: what was planned.
        voices: speaker id -> voice.
        names: speaker id -> name in the source.
        provenance: where text, seed and licence come from; see `provenance_of`.
        scene: what makes the audio of the rendered tracks.
        audio: what the tracks' audio will be called; "" leaves the tracks out.
    """
    voices, names = voices or {}, names or {}
    return Dialogue(
        id=plan.id,
        rate=plan.rate,
        length=plan.length,
        speakers=tuple(
            Speaker(id=speaker, name=names.get(speaker, ""), voice=voices.get(speaker))
            for speaker in plan.speakers
        ),
        utterances=plan.utterances,
        events=plan.events,
        tracks=tuple(
            Track(speaker=speaker, audio=audio, channel=channel)
            for channel, speaker in enumerate(plan.speakers)
            if audio
        ),
        provenance=provenance or Provenance(seed=plan.seed, timing=plan.timing),
        scene=scene,
    )


def provenance_of(
    script: Script, plan: Plan, *, generator: str = "", notation: str = ""
) -> Provenance:
    """Provenance from what a script and its plan know.

    Args:
        script: the source.
        plan: made from it.
        generator: this package's name and version.
        notation: the script in its notation.
    """
    timing = plan.timing if plan.preset == "human" else plan.preset
    return Provenance(
        corpus=script.corpus,
        id=script.source_id or script.id,
        licence=script.licence,
        split=script.split,
        seed=plan.seed,
        generator=generator,
        writer=script.writer,
        timing=timing,
        script=notation,
    )


# The renderer: a plan and its speech in, one track a speaker out. A pure function, one pass.


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


def _speech(plan: Plan, clip: PlannedClip, speeches: Mapping[str, Speech]) -> Speech:
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
