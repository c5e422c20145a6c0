"""A portrait of a voice: what sounds that are no words need to know of it, from what it has said.

Measured on the speech of one dialogue, so that no engine has to speak more, and the result depends
on nothing but the dialogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.records import Samples, Speech
from interactspeech.signal.pitch import FRAMES_PER_SECOND, pitch_track, spectral_envelope
from interactspeech.signal.spectra import speech_power

#: Seconds of speech that are looked at.
_SECONDS = 5.0
#: Voiced frames whose spectra are averaged, and steady ones that are compared, at most.
_ENVELOPE_FRAMES, _COMPARED = 64, 96
#: Vowels that are kept; frames on each side of a vowel's middle.
_VOWELS, _AROUND = 4, 4
#: Bands whose difference in level tells open vowels (a) from close ones (i, u), hertz.
_OPEN, _CLOSE = (650.0, 1250.0), (150.0, 450.0)


@dataclass(frozen=True, eq=False)
class Vowel:
    """A steady stretch of a vowel of the voice: 80 ms of samples, and its pitch in hertz."""

    samples: Samples
    pitch: float


@dataclass(frozen=True, eq=False)
class VoicePortrait:
    """See the module's docstring.

    Attributes:
        rate: samples a second.
        pitch: median in hertz; 0.0 where no frame is voiced.
        power: mean square while speaking.
        envelope: smooth spectrum of the voiced frames in dB, shape ``(513,)``, up to rate / 2.
        vowels: steady and open ones, the best first.
        sex: of the voice, "" where unknown.
    """

    rate: int
    pitch: float
    power: float
    envelope: Float32Array
    vowels: tuple[Vowel, ...]
    sex: str = ""


def portrait(speeches: Sequence[Speech]) -> VoicePortrait | None:
    """The portrait of the voice of `speeches`, all at one rate; None if they hold no sound.

    The longest ones are looked at, five seconds of them.
    """
    chosen: list[Samples] = []
    total = 0
    for speech in sorted(speeches, key=lambda s: -len(s.samples)):
        if total >= _SECONDS * speech.rate:
            break
        chosen.append(speech.samples[: round(_SECONDS * speech.rate) - total])
        total += len(chosen[-1])
    if not chosen:
        return None
    rate = speeches[0].rate
    sound = np.concatenate(chosen)
    power = speech_power(sound, rate)
    if power <= 0:
        return None
    hertz, strength = pitch_track(sound, rate)
    voiced = np.flatnonzero(hertz > 0)
    pitch = float(np.median(hertz[voiced])) if voiced.size >= 5 else 0.0
    # Frames of 40 ms at the voiced places; of all places where the voice has none.
    width = min(round(0.04 * rate), 1024)
    places = voiced if voiced.size else np.arange(len(hertz))
    starts = (places[:: -(-len(places) // _ENVELOPE_FRAMES)] * rate) // FRAMES_PER_SECOND
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, width)), width)[starts]
    return VoicePortrait(
        rate=rate,
        pitch=pitch,
        power=power,
        envelope=spectral_envelope(frames, rate),
        vowels=_vowels(sound, rate, hertz, strength),
        sex=speeches[0].voice.sex,
    )


def _vowels(
    sound: Samples, rate: int, hertz: Float64Array, strength: Float64Array
) -> tuple[Vowel, ...]:
    """The steadiest, loudest and most open voiced stretches, none near another."""
    hop = rate / FRAMES_PER_SECOND
    around = 2 * _AROUND + 1
    if len(hertz) < around:
        return ()
    tracks = np.lib.stride_tricks.sliding_window_view(hertz, around)
    steady = (tracks.min(axis=1) > 0) & (
        tracks.max(axis=1) < 1.12 * np.maximum(tracks.min(axis=1), 1.0)
    )
    centres = np.flatnonzero(steady) + _AROUND
    if not centres.size:
        return ()
    centres = centres[:: -(-len(centres) // _COMPARED)]
    # In frames of 40 ms: level, how open the vowel is, and how periodic.
    width = min(round(0.04 * rate), 1024)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, width)), width)
    starts = (centres * rate) // FRAMES_PER_SECOND
    window = np.hanning(width).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames[starts] * window, 1024, axis=1))) + 1e-12
    at = np.fft.rfftfreq(1024, 1 / rate)
    opened, closed = (
        power[:, (at >= low) & (at < high)].sum(axis=1) for low, high in (_OPEN, _CLOSE)
    )
    scores = 10 * np.log10(power.sum(axis=1)) + 7 * np.log10(opened / closed)
    scores += 20 * strength[centres]
    found: list[Vowel] = []
    taken: list[int] = []
    for frame in centres[np.argsort(-scores, kind="stable")].tolist():
        if any(abs(frame - other) < 2 * around for other in taken):
            continue
        taken.append(frame)
        middle = (frame + 2) * hop
        low, high = round(middle - 0.04 * rate), round(middle + 0.04 * rate)
        if low >= 0 and high <= len(sound):
            pitch = float(np.median(hertz[frame - _AROUND : frame + _AROUND + 1]))
            found.append(Vowel(sound[low:high].copy(), pitch))
        if len(found) == _VOWELS:
            break
    return tuple(found)
