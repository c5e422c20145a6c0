"""What a source of sounds is: a kind and a voice in; samples at the voice's own level out.

```
              ┌─ SoundBank    a folder of recordings, with licences
SoundSource ──┤
              └─ VoiceSounds  made of the voice itself
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from interactspeech.records import Samples, Speech
from interactspeech.records.script import SoundKind
from interactspeech.records.sounds import SOUND_LENGTHS, MadeSound
from interactspeech.tts.sounds.speech_laugh import speech_laugh
from interactspeech.tts.sounds.voice_portrait import VoicePortrait, portrait

#: Level of each kind against the voice's speech while it speaks: mean and standard deviation, dB.
#: Breath is people's: what is heard in the half second before 30 turns of three two-channel calls
#: (docs/bench/sounds.md). The others are ours.
LEVELS: dict[SoundKind, tuple[float, float]] = {
    "laugh": (-5.0, 2.5),
    "breath": (-36.0, 5.0),
    "sigh": (-30.0, 4.0),
    "cough": (-4.0, 2.5),
    "throat_clearing": (-9.0, 2.5),
    "click": (-24.0, 4.0),
}


class SoundSource(Protocol):
    """Something that has sounds."""

    def make(
        self, kind: SoundKind, portrait: VoicePortrait, rng: np.random.Generator, longest: float
    ) -> MadeSound | None:
        """A sound of `kind` for the voice, at most `longest` seconds; None if there is none."""


class SpeakerSounds:
    """The sounds of one speaker: a source, and a portrait that is measured when it is needed.

    Args:
        source: of the sounds.
        speeches: what the speaker has said, all at one rate.
    """

    def __init__(self, source: SoundSource, speeches: Sequence[Speech]) -> None:
        self._source, self._speeches = source, speeches
        self._portrait: VoicePortrait | None = None

    def make(self, kind: SoundKind, rng: np.random.Generator, longest: float) -> MadeSound | None:
        """See `interactspeech.records.sounds.SoundMaker`; None for one who was never heard."""
        voice = self._measured()
        return None if voice is None else self._source.make(kind, voice, rng, longest)

    def say_laughing(self, words: Samples, rng: np.random.Generator) -> Samples | None:
        """See `interactspeech.records.sounds.SoundMaker`; always made of the voice itself."""
        voice = self._measured()
        return None if voice is None else speech_laugh(words, voice, rng)

    def _measured(self) -> VoicePortrait | None:
        if self._portrait is None:
            self._portrait = portrait(self._speeches)
        return self._portrait


def draw_length(kind: SoundKind, rng: np.random.Generator, longest: float) -> float | None:
    """A drawn length in seconds, at most `longest`; None if that is less than the least."""
    median, sigma, least, most = SOUND_LENGTHS[kind]
    drawn = float(np.clip(median * np.exp(sigma * rng.standard_normal()), least, most))
    return None if longest < least else min(drawn, longest)


def levelled(
    samples: Samples, kind: SoundKind, portrait: VoicePortrait, rng: np.random.Generator
) -> Samples:
    """`samples` at a drawn level for the kind against the voice's speech."""
    mean, spread = LEVELS[kind]
    level = mean + spread * float(np.clip(rng.standard_normal(), -2.0, 2.0))
    # Of the half of the 10 ms frames that is louder: pauses inside a laugh are not its level.
    hop = max(1, portrait.rate // 100)
    frames = np.pad(samples, (0, -len(samples) % hop)).reshape(-1, hop)
    power = np.sort(np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / hop)
    own = float(power[len(power) // 2 :].mean())
    if own <= 0:
        return samples
    gain = (portrait.power / own) ** 0.5 * 10 ** (level / 20)
    return np.asarray(samples * np.float32(gain), np.float32)
