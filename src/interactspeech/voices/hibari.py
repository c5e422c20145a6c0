"""The fast engine: hibari-tts, a small model distilled from Kokoro's af_heart, on one thread.

One voice comes with the package. The other voices here are made of it by resampling: playing a
voice that spoke faster by a factor at that factor's slower rate lowers pitch and formants together,
as in a larger speaker, and keeps the pace. Word times scale with it exactly.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any, ClassVar, NamedTuple

import numpy as np

from interactspeech.dialogue import Samples, Speech, Voice, spoken_tokens
from interactspeech.errors import MissingExtraError
from interactspeech.voices.base import Engine, Style, quantised, words_of
from interactspeech.voices.onnx_graph import expose
from interactspeech.voices.phonemes import READING, Phonemes, identifiers, phonemes, sentences
from interactspeech.voices.timing import Bounds, Said, joined, said

_UNIT = 600  # samples a unit of duration, at 24 kHz
#: Samples by which the model's word boundaries are late: 60 ms, measured against forced alignment
#: (docs/bench/voices.md).
_LAG = 1440
_LIMIT = 400  # symbols; the package's own limit
_TIMES = 2  # version of the word times' rules


class _Variant(NamedTuple):
    """`size` is the factor by which the vocal tract and the pitch period grow."""

    name: str
    size: float
    sex: str


_VARIANTS = (
    _Variant("heart", 1.0, "female"),
    _Variant("low", 1.22, "male"),
    _Variant("high", 0.88, "female"),
)


class HibariEngine(Engine):
    """See the module's docstring."""

    name: ClassVar[str] = "hibari"
    licence: ClassVar[str] = "Apache-2.0"
    languages: ClassVar[tuple[str, ...]] = ("en-US",)

    @property
    def version(self) -> str:
        return f"{_installed() or 'none'}+{READING}.{_TIMES}"

    @property
    def missing(self) -> str:
        return "" if _installed() else "pip install 'interactspeech[tts]'"

    def voices(self) -> tuple[Voice, ...]:
        weights = _weights_hash() if _installed() else ""
        return tuple(
            Voice(
                engine=self.name,
                name=variant.name,
                engine_version=self.version,
                weights=weights,
                language="en",
                accent="US",
                sex="male" if variant.sex == "male" else "female",
                licence=self.licence,
            )
            for variant in _VARIANTS
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        variant = next(v for v in _VARIANTS if v.name == voice.name)
        spoken = phonemes(text, engine=self.name)
        speed = style.speed * variant.size
        parts = [(self._say(part, speed), pause) for part, pause in sentences(spoken, _LIMIT)]
        whole = _grown(joined(parts, self.rate), variant.size, self.rate)
        words = words_of(spoken_tokens(text), whole.bounds)
        return Speech(quantised(whole.samples), self.rate, words, "engine", voice)

    def _say(self, piece: Phonemes, speed: float) -> Said:
        from hibari import dsp

        ids = np.asarray([identifiers(piece.symbols)], np.int64)
        *spectrum, durations = self._session.run(
            None, {"ids": ids, "speed": np.asarray([speed], np.float32)}
        )
        # The noise of breath and fricatives: keyed by what is said, so that it is always the same.
        rng = np.random.default_rng(zlib.crc32(piece.symbols.encode()))
        samples: Samples = dsp.synth(*(part[0] for part in spectrum), rng)
        return said(samples, self.rate, piece, durations, _UNIT, _LAG)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = expose(_model(), "/Clip_output_0", "duration")
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _grown(speech: Said, size: float, rate: int) -> Said:
    """`speech` of a speaker `size` times as large: slower and lower by that factor."""
    if size == 1.0:
        return speech
    import soxr

    samples = soxr.resample(speech.samples, rate, rate * size, quality="HQ")
    scale = len(samples) / len(speech.samples)
    bounds: Bounds = [(round(a * scale), round(b * scale)) for a, b in speech.bounds]
    return Said(np.asarray(samples, np.float32), bounds)


def _installed() -> str:
    try:
        return version("hibari-tts")
    except PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def _model() -> bytes:
    try:
        return (files("hibari") / "assets" / "hibari.onnx").read_bytes()
    except ModuleNotFoundError:
        raise MissingExtraError("hibari-tts", "tts", "The engine 'hibari'") from None


@lru_cache(maxsize=1)
def _weights_hash() -> str:
    return hashlib.sha256(_model()).hexdigest()
