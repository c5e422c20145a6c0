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

from interactspeech.errors import MissingExtraError, install_command
from interactspeech.models.onnx_graph import edited, expose
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
from interactspeech.tts.variants import Variant, shift_formants, vary_pitch
from interactspeech.tts.word_times import (
    TimedPhrase,
    join_phrases,
    phrase_word_times,
    resample_phrase,
)

_UNIT = 600  # samples a unit of duration, at 24 kHz
#: Samples by which the model's word boundaries are late: 60 ms, measured against forced alignment
#: (docs/bench/voices.md).
_LAG = 1440
_LIMIT = 400  # symbols; the package's own limit
_TIMES = 3  # version of the word times' rules and of the voices
_PEAK = 0.95  # largest sample


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

    @property
    def version(self) -> str:
        return f"{reader_version() or 'none'}+{READING}.{_TIMES}"

    @property
    def missing(self) -> str:
        return "" if reader_version() else install_command("tts")

    def voices(self) -> tuple[Voice, ...]:
        weights = _weights_hash() if reader_version() else ""
        return tuple(
            Voice(
                engine=self.name,
                name=name,
                engine_version=self.version,
                weights=weights,
                language="en",
                accent="US",
                sex=sex,
                licence=self.licence,
            )
            for name, (sex, _) in _VOICES.items()
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        variant = _VOICES[voice.name][1]
        spoken = phonemes(text, engine=self.name)
        speed = style.speed * variant.speed
        parts = [
            (self._say(part, variant, speed), pause) for part, pause in sentences(spoken, _LIMIT)
        ]
        whole = join_phrases(parts, self.rate)
        if variant.size != 1.0:  # slower and lower by that factor
            whole = resample_phrase(whole, self.rate, self.rate * variant.size)
        words = words_from_bounds(spoken_tokens(text), whole.bounds)
        return Speech(quantize_int16(whole.samples), self.rate, words, "engine", voice)

    def _say(self, piece: Phonemes, variant: Variant, speed: float) -> TimedPhrase:
        from hibari import dsp

        ids = np.asarray([identifiers(piece.symbols)], np.int64)
        *parts, durations = self._session.run(
            None, {"ids": ids, "speed": np.asarray([speed], np.float32)}
        )
        parts = [part[0] for part in parts]
        # The noise of breath and fricatives: keyed by what is said, so that it is always the same.
        rng = np.random.default_rng(zlib.crc32(piece.symbols.encode()))
        f0 = parts[-1]
        gain = 1.0
        if variant.filters:
            spectrum = _spectrum(parts, rng)
            power = np.vdot(spectrum, spectrum).real
            spectrum = shift_formants(spectrum, f0, variant)
            gain = np.sqrt(power / np.vdot(spectrum, spectrum).real)
            samples: Samples = dsp.ola(np.ascontiguousarray(spectrum.T))
        else:
            samples = dsp.synth(*parts, rng)
        if variant.repitches:
            power = np.vdot(samples, samples)
            samples = vary_pitch(samples, f0, variant)
            gain *= np.sqrt(power / np.vdot(samples, samples))
        if gain != 1.0:  # all voices speak as loud as the model's, and none clips
            samples = samples * np.float32(min(gain, _PEAK / float(np.abs(samples).max())))
        return phrase_word_times(samples, self.rate, piece, durations, _UNIT, _LAG)

    @cached_property
    def _session(self) -> Any:
        def model() -> bytes:
            edit = expose("/Clip_output_0", "duration")
            root = WeightStore().root
            return prepared(root, _weights_hash(), "hibari", lambda: edited(_model(), edit))

        return inference_session(model, "The engine 'hibari'", "tts")


def _spectrum(parts: list[Any], rng: np.random.Generator) -> Any:
    """What `hibari.dsp.synth` makes of the network's outputs before it makes a waveform of it.

    Pulses at f0 through a filter, noise, and a part with phases of its own; ``(frames, 601)``.
    """
    from hibari import dsp

    harmonic, phase, noise, free, free_phase, f0 = parts
    frames = harmonic.shape[1]
    turned = np.tanh(phase)
    turned *= np.float32(np.pi)
    spectrum = dsp.stft(dsp.pulses(f0), frames)
    spectrum *= _units(turned) * dsp.ex(harmonic)
    spectrum += _units(free_phase) * dsp.ex(free)
    random = rng.standard_normal((frames, 2 * len(harmonic)), dtype=np.float32).view(np.complex64)
    random *= dsp.ex(noise).T
    random += spectrum.T
    return random


def _units(phase: Any) -> Any:
    """``exp(i phase)``: the parts by themselves, many times faster than a complex exponential."""
    made = np.empty(phase.shape, np.complex64)
    np.cos(phase, out=made.real)
    np.sin(phase, out=made.imag)
    return made


@lru_cache(maxsize=1)
def _model() -> bytes:
    try:
        return (files("hibari") / "assets" / "hibari.onnx").read_bytes()
    except ModuleNotFoundError:
        raise MissingExtraError("hibari-tts", "tts", "The engine 'hibari'") from None


@lru_cache(maxsize=1)
def _weights_hash() -> str:
    return hashlib.sha256(_model()).hexdigest()
