"""A sound that is no word, as whatever makes it gives it, and the lengths that people's have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from interactspeech.records.script import SoundKind
from interactspeech.records.speech import Samples

#: Length of each kind, seconds: median, sigma of its logarithm, least, most. They are ours;
#: people's breaths had a median of .24 s in three two-channel calls (docs/bench/sounds.md).
SOUND_LENGTHS: Final[dict[SoundKind, tuple[float, float, float, float]]] = {
    "laugh": (0.9, 0.45, 0.35, 2.4),
    "breath": (0.3, 0.4, 0.15, 0.6),
    "sigh": (0.85, 0.25, 0.5, 1.3),
    "cough": (0.45, 0.25, 0.3, 0.9),
    "throat_clearing": (0.5, 0.25, 0.3, 0.8),
    "click": (0.03, 0.2, 0.02, 0.05),
}

#: Share of laughs that another joins within two seconds, over chance: 42.0 % of 760 in 16 meetings
#: of AMI, and 8.8 % by chance (bench/bench_laughter.py).
LAUGHS_JOINED: Final = 0.36


@dataclass(frozen=True, eq=False)
class MadeSound:
    """A sound that is no word.

    Attributes:
        kind: of sound.
        samples: mono, float32, shape ``(n,)``, at the level it is to have beside the voice's speech
            as the engine made it.
        rate: samples a second.
        origin: "voice", or the file of a bank.
        licence: of the file; "" for what is made of the voice, which has the voice's.
    """

    kind: SoundKind
    samples: Samples
    rate: int
    origin: str
    licence: str = ""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


class SoundMaker(Protocol):
    """Something that makes the sounds of one speaker (`interactspeech.tts.sounds` has two)."""

    def make(self, kind: SoundKind, rng: np.random.Generator, longest: float) -> MadeSound | None:
        """A sound of `kind`, at most `longest` seconds; None if there is none."""

    def say_laughing(self, words: Samples, rng: np.random.Generator) -> Samples | None:
        """Words of the speaker said laughing, as many samples; None if they cannot be."""
