"""Sounds made of the voice itself: breath as noise with its envelope, laughter from its vowels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from interactspeech.records import Samples
from interactspeech.records.script import SoundKind
from interactspeech.records.sounds import MadeSound
from interactspeech.tts.sounds.interface import draw_length, levelled
from interactspeech.tts.sounds.laughter import laughter
from interactspeech.tts.sounds.noise_bursts import click, cough, throat_clearing
from interactspeech.tts.sounds.voice_noise import swell, voice_noise
from interactspeech.tts.sounds.voice_portrait import VoicePortrait


class VoiceSounds:
    """A source that has every kind for every voice, from what the voice has said.

    Draws depend on the portrait and the generator alone.
    """

    def make(
        self, kind: SoundKind, portrait: VoicePortrait, rng: np.random.Generator, longest: float
    ) -> MadeSound | None:
        """See `SoundSource.make`; None where `longest` is less than people take at least."""
        seconds = draw_length(kind, rng, longest)
        if seconds is None:
            return None
        made = _MAKERS[kind](portrait, seconds, rng)
        return MadeSound(kind, levelled(made, kind, portrait, rng), portrait.rate, "voice")


def breath(portrait: VoicePortrait, seconds: float, rng: np.random.Generator) -> Samples:
    """Air drawn in: it swells slowly and stops soon; mono float32 of an arbitrary level."""
    count = round(seconds * portrait.rate)
    noise = voice_noise(count, portrait.rate, portrait.envelope, rng, formants=0.6)
    noise *= swell(count, rng.uniform(0.4, 0.65), rng.uniform(0.2, 0.3))
    return noise


def sigh(portrait: VoicePortrait, seconds: float, rng: np.random.Generator) -> Samples:
    """Air let out: it begins soon and dies away; mono float32 of an arbitrary level."""
    count = round(seconds * portrait.rate)
    noise = voice_noise(count, portrait.rate, portrait.envelope, rng, formants=0.9)
    noise *= swell(count, rng.uniform(0.12, 0.2), rng.uniform(0.6, 0.75), hold=0.5)
    return noise


_MAKERS: Final[dict[SoundKind, Callable[[VoicePortrait, float, np.random.Generator], Samples]]] = {
    "laugh": laughter,
    "breath": breath,
    "sigh": sigh,
    "cough": cough,
    "throat_clearing": throat_clearing,
    "click": click,
}
