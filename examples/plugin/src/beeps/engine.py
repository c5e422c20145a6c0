"""A speech engine: every word is a beep, as long as the word is written."""

from __future__ import annotations

from importlib.resources import files
from typing import ClassVar

import numpy as np

from interactspeech.records import Speech, Voice, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts.interface import Engine, Style, words_from_bounds

#: Voice -> frequency in hertz.
PITCHES = {"high": 600.0, "low": 200.0}
#: Seconds of a word without its letters, for each letter, and of the silence between two words.
BASE, LETTER, BETWEEN = 0.08, 0.04, 0.06


class BeepEngine(Engine):
    """Says a text in beeps."""

    name: ClassVar[str] = "beep"
    rate: ClassVar[int] = 16_000
    licence: ClassVar[str] = "Apache-2.0"
    gate_limits = files(__package__) / "gate_limits.json"
    voice_similarities = files(__package__) / "voice_similarities.json"

    @property
    def version(self) -> str:
        """Raised when the sound changes: the speech cache keeps speech by it."""
        return "1"

    def voices(self) -> tuple[Voice, ...]:
        """One high, one low."""
        return tuple(
            Voice(self.name, name, self.version, sex=sex, licence=self.licence)
            for name, sex in (("high", "female"), ("low", "male"))
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        tokens = spoken_tokens(text)
        pieces, bounds, at = [], [], 0
        for place, token in enumerate(tokens):
            seconds = (BASE + LETTER * sum(map(str.isalnum, token))) / style.speed
            word = self._beep(max(round(seconds * self.rate), 1), PITCHES[voice.name])
            silence = np.zeros(
                0 if place == len(tokens) - 1 else round(BETWEEN * self.rate / style.speed),
                np.float32,
            )
            pieces += [word, silence]
            bounds.append((at, at + len(word)))
            at += len(word) + len(silence)
        samples = quantize_int16(np.concatenate(pieces))
        return Speech(samples, self.rate, words_from_bounds(tokens, bounds), "engine", voice)

    def _beep(self, length: int, pitch: float) -> np.ndarray:
        time = np.arange(length)
        ramp = np.clip(np.minimum(time, length - time) / (0.005 * self.rate), 0.0, 1.0)
        tone = 0.1 * np.sin(2 * np.pi * pitch * time / self.rate) * ramp
        return tone.astype(np.float32)
