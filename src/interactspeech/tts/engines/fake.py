"""A test engine: each word is a harmonic tone, as long as people would take to say it.

It needs no weights and no library. Tones are shaped into syllables, so that energy, pauses and word
times behave as in speech. For tests and for trying out timing; the words cannot be understood.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from interactspeech.records import Samples, Speech, Voice, spoken_tokens
from interactspeech.seeds import generator
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts.interface import Engine, Style, words_from_bounds

#: Seconds a word takes without its letters, and for each letter. With pauses at punctuation this
#: gives about 3.9 words a second on conversational text, the speaking rate of Kokoro and of
#: Switchboard.
_BASE, _LETTER = 0.065, 0.036
#: Seconds of silence after a mark.
_PAUSES = {",": 0.14, ";": 0.2, ":": 0.2, "-": 0.14, "—": 0.2, ".": 0.34, "?": 0.34, "!": 0.34}

_FUNDAMENTALS = {"alto": 196.0, "bass": 98.0, "soprano": 262.0, "tenor": 131.0}


class FakeEngine(Engine):
    """See the module's docstring."""

    name: ClassVar[str] = "fake"
    licence: ClassVar[str] = "Apache-2.0"

    @property
    def version(self) -> str:
        return "1"

    def voices(self) -> tuple[Voice, ...]:
        return tuple(
            Voice(
                engine=self.name,
                name=name,
                engine_version=self.version,
                sex="female" if fundamental > 165 else "male",
                licence=self.licence,
            )
            for name, fundamental in _FUNDAMENTALS.items()
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        rng = generator(0, "fake", self.version, voice.name, text, str(style.speed))
        fundamental = _FUNDAMENTALS[voice.name]
        pieces: list[Samples] = []
        bounds: list[tuple[int, int]] = []
        position = 0
        tokens = spoken_tokens(text)
        for index, token in enumerate(tokens):
            letters = sum(c.isalnum() for c in token)
            seconds = (_BASE + _LETTER * letters) * rng.uniform(0.85, 1.15) / style.speed
            word = self._hum(max(int(seconds * self.rate), 480), letters, fundamental, rng)
            pieces.append(word)
            bounds.append((position, position + len(word)))
            position += len(word)
            pause = _PAUSES.get(token[-1], 0.0)
            if pause and index + 1 < len(tokens):
                silence = np.zeros(int(pause / style.speed * self.rate), np.float32)
                pieces.append(silence)
                position += len(silence)
        samples = quantize_int16(np.concatenate(pieces))
        return Speech(samples, self.rate, words_from_bounds(tokens, bounds), "engine", voice)

    def _hum(
        self, length: int, letters: int, fundamental: float, rng: np.random.Generator
    ) -> Samples:
        """`length` samples of a gliding tone under an envelope with one bump a syllable."""
        time = np.linspace(0.0, 1.0, length, dtype=np.float32)
        syllables = max(1, round(letters / 3))
        glide = fundamental * (1.0 + rng.uniform(-0.08, 0.08) * time)
        phase = np.cumsum(glide, dtype=np.float32) * np.float32(2 * np.pi / self.rate)
        tone = np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.25 * np.sin(3 * phase)
        noise = rng.standard_normal(length, dtype=np.float32)
        envelope = 0.35 + 0.65 * np.abs(np.sin(np.pi * syllables * time))
        # 5 ms ramps: a word begins and ends without a step.
        ramp = np.clip(np.minimum(time, 1.0 - time) * length / (0.005 * self.rate), 0.0, 1.0)
        hum = (0.12 * tone + 0.01 * noise) * envelope * ramp
        return np.asarray(hum, dtype=np.float32)
