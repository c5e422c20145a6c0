"""The fast engine: hibari-tts, a small model distilled from Kokoro's af_heart, on one thread.

One voice comes with the package. The others are variants of it: pitch, formants, vocal-tract
length, pitch range and speaking rate are changed between the network and the waveform (see
`variants`), which keeps word times exact.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

import numpy as np

from interactspeech._typing import Float32Array
from interactspeech.errors import MissingExtraError, install_command
from interactspeech.models import hibari_graph
from interactspeech.models.onnx_graph import Edit, edited
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.phonemes import (
    READING,
    Phonemes,
    identifiers,
    phonemes,
    reader_version,
    sentences,
)
from interactspeech.models.preparation import prepared
from interactspeech.models.weights import WeightStore
from interactspeech.records import Samples, Speech, Voice, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts.interface import Engine, Style, words_from_bounds
from interactspeech.tts.prosody import frequency_factor
from interactspeech.tts.spectral_synthesis import HOP, hop_for, overlap_add, spectrum
from interactspeech.tts.variants import Variant, formant_gains, vary_pitch
from interactspeech.tts.word_times import (
    TimedPhrase,
    join_phrases,
    phrase_word_times,
)

_FRAMES = 2  # a unit of duration
#: Samples by which the model's word boundaries are late: 60 ms, measured against forced alignment
#: (docs/bench/voices.md).
_LAG = 1440
_LIMIT = 400  # symbols; the package's own limit
_TIMES = 5  # version of the word times' rules and of the voices
_PEAK = 0.95  # largest sample
#: How much of the durations is heard: of all sounds but the last, of the last, of the marks and the
#: pad after it, and a constant. Fitted on 30 short texts at five speeds: nine of ten within 9 %.
_AUDIBLE = (0.89, 0.49, 0.77, -1.1)


#: Name -> sex that the voice sounds like, and how it differs from the model's (see `Variant` for
#: the order of the numbers). Chosen among 160 drawn at random, so that CAM++ confuses the fewest
#: (docs/bench/voices.md has their equal error rate); by pitch, from low to high.
_VOICES: dict[str, tuple[Literal["female", "male"], Variant]] = {
    "heart": ("female", Variant()),
    "f_agnes": ("female", Variant(0.98, 1.03, 1.09, 0.85, 0.81, 0.92)),
    "f_beth": ("female", Variant(0.84, 0.79, 0.94, 0.75, 1.09, 0.97)),
    "f_clara": ("female", Variant(1.09, 1.02, 0.96, 1.00, 0.88, 1.04)),
    "f_daisy": ("female", Variant(0.87, 1.00, 0.99, 0.82, 0.97, 0.99)),
    "f_ella": ("female", Variant(1.07, 1.01, 1.10, 1.21, 0.99, 0.94)),
    "f_fay": ("female", Variant(0.87, 0.88, 1.09, 1.08, 1.25, 1.02)),
    "f_gwen": ("female", Variant(1.05, 1.17, 0.91, 1.31, 0.93, 0.95)),
    "f_hazel": ("female", Variant(1.07, 1.07, 0.92, 1.35, 0.96, 1.06)),
    "m_arlo": ("male", Variant(1.17, 1.00, 0.91, 0.54, 0.93, 0.97)),
    "m_boris": ("male", Variant(1.06, 0.98, 0.98, 0.49, 0.74, 1.08)),
    "m_caleb": ("male", Variant(1.07, 0.87, 1.11, 0.53, 0.75, 1.01)),
    "m_dylan": ("male", Variant(1.24, 0.94, 0.91, 0.70, 1.34, 1.02)),
    "m_ellis": ("male", Variant(1.24, 1.12, 1.03, 0.87, 1.14, 0.99)),
    "m_frank": ("male", Variant(1.03, 0.77, 1.03, 0.75, 0.97, 0.98)),
    "m_gavin": ("male", Variant(1.03, 0.92, 1.08, 0.75, 1.13, 1.10)),
    "m_hugo": ("male", Variant(1.19, 0.99, 0.91, 0.87, 1.11, 0.94)),
}


class HibariEngine(Engine):
    """See the module's docstring."""

    name: ClassVar[str] = "hibari"
    licence: ClassVar[str] = "Apache-2.0"
    languages: ClassVar[tuple[str, ...]] = ("en-US",)
    shifts_pitch: ClassVar[bool] = True

    @property
    def version(self) -> str:
        return f"{reader_version() or 'none'}+{READING}.{_TIMES}"

    @property
    def missing(self) -> str:
        return "" if reader_version() else install_command("tts")

    def voices(self) -> tuple[Voice, ...]:
        return _voices(self.version, _weights_hash() if reader_version() else "")

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        variant = _VOICES[voice.name][1]
        spoken = phonemes(text, engine=self.name)
        speed = style.speed * variant.speed
        # Slower and lower by the size, faster and higher by the pitch.
        scale = variant.size / frequency_factor(style.pitch)
        parts = [
            (self._say(part, variant, speed, scale), pause * scale)
            for part, pause in sentences(spoken, _LIMIT)
        ]
        whole = join_phrases(parts, self.rate)
        words = words_from_bounds(spoken_tokens(text), whole.bounds)
        return Speech(quantize_int16(whole.samples), self.rate, words, "engine", voice)

    def _expected_seconds(self, text: str, voice: Voice, style: Style) -> float:
        variant = _VOICES[voice.name][1]
        speed = style.speed * variant.speed
        spoken = phonemes(text, engine=self.name)
        total = 0.0
        for part, pause in sentences(spoken, _LIMIT):
            units = np.maximum(np.rint(self._units(part.symbols) / speed), 1.0)
            count = _sound_count(part)
            sounds, last, tail = units[1:count].sum(), units[count], units[count + 1 :].sum()
            heard = float(np.dot(_AUDIBLE, (sounds, last, tail, 1.0)))
            total += max(heard, 1.0) * _FRAMES * HOP / self.rate + pause
        return total * variant.size

    def _units(self, symbols: str) -> Float32Array:
        """The durations of `symbols` and of the pads around them at speed 1, kept for a while."""
        if symbols not in self._known_units:
            if len(self._known_units) >= 4096:
                self._known_units.clear()
            ids = np.asarray([identifiers(symbols)], np.int64)
            speed = np.ones(1, np.float32)
            (found,) = self._durations.run(None, {"ids": ids, "speed": speed})
            self._known_units[symbols] = found
        return self._known_units[symbols]

    def _say(self, piece: Phonemes, variant: Variant, speed: float, scale: float) -> TimedPhrase:
        course, head, durations = self._session.run(
            ["course", hibari_graph.HEAD, "duration"],
            {
                "ids": np.asarray([identifiers(piece.symbols)], np.int64),
                "speed": np.asarray([speed], np.float32),
                "tail": np.asarray([len(piece) - _sound_count(piece) + 1], np.float32),
            },
        )
        # The noise of breath and fricatives is keyed by what is said.
        samples, hop = _waveform(
            head[0], course[0], variant, scale, zlib.crc32(piece.symbols.encode())
        )
        durations[0] = min(durations[0], hibari_graph.LEAD_UNITS)
        unit, lag = _FRAMES * hop, round(_LAG * hop / HOP)
        return phrase_word_times(samples, self.rate, piece, durations, unit, lag)

    @cached_property
    def _known_units(self) -> dict[str, Float32Array]:
        return {}

    @cached_property
    def _session(self) -> Any:
        return _session("hibari", hibari_graph.edits())

    @cached_property
    def _durations(self) -> Any:
        return _session("hibari-durations", hibari_graph.duration_edits())


@lru_cache(maxsize=2)
def _voices(engine_version: str, weights: str) -> tuple[Voice, ...]:
    return tuple(
        Voice(
            engine=HibariEngine.name,
            name=name,
            engine_version=engine_version,
            weights=weights,
            language="en",
            accent="US",
            sex=sex,
            licence=HibariEngine.licence,
        )
        for name, (sex, _) in _VOICES.items()
    )


def _session(recipe: str, edits: tuple[Edit, ...]) -> Any:
    def model() -> bytes:
        return prepared(
            WeightStore().root, _weights_hash(), recipe, lambda: edited(_model(), *edits)
        )

    return inference_session(model, "The engine 'hibari'", "tts")


def _sound_count(piece: Phonemes) -> int:
    """How many symbols there are up to the last sound."""
    return max(place for place, owner in enumerate(piece.owners) if owner >= 0) + 1


def _waveform(
    head: Float32Array, f0: Float32Array, variant: Variant, scale: float, seed: int
) -> tuple[Samples, int]:
    """What the network said of each frame as samples, in the voice of `variant`.

    Returns:
        The samples, and how many there are in a frame, about `scale` times `HOP`.
    """
    filters, repitches = variant.filters, variant.repitches
    found = spectrum(head, f0, seed)
    hop = hop_for(scale)
    # A frame is not exactly `scale` times as long; pitch and formants are made up for it.
    off = hop / (scale * HOP)
    variant = variant._replace(pitch=variant.pitch * off, formants=variant.formants * off)
    gains = formant_gains(found, f0, variant) if filters else None
    samples = overlap_add(found, gains, hop)
    gain = 1.0
    if repitches:
        power = float(np.dot(samples, samples))
        samples = vary_pitch(samples, f0, variant, hop)
        gain = float(np.sqrt(power / np.dot(samples, samples)))
    # All voices speak as loud as the model's, and none clips.
    gain = min(gain, _PEAK / max(float(samples.max()), -float(samples.min())))
    return (samples if gain == 1.0 else samples * np.float32(gain)), hop


@lru_cache(maxsize=1)
def _model() -> bytes:
    try:
        return (files("hibari") / "assets" / "hibari.onnx").read_bytes()
    except ModuleNotFoundError:
        raise MissingExtraError("hibari-tts", "tts", "The engine 'hibari'") from None


@lru_cache(maxsize=1)
def _weights_hash() -> str:
    return hashlib.sha256(_model()).hexdigest()
