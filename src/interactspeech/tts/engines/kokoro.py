"""The default engine: Kokoro-82M on onnxruntime, one thread per process, 28 English voices.

Text is converted to phonemes with the dictionary of hibari-tts (see `phonemes`); word times come
from the model's durations, which become an output of its graph. Weights are 8-bit integers, which
the published graph multiplies without the processor's integer instructions. When the model is
prepared, its convolutions become matrix products, chains of small operators are fused
(`onnx_passes`), and the silence at the end is not generated (`kokoro_graph`): more than twice as
fast with the same arithmetic (docs/bench/kokoro.md). GPUs have no kernels for the products: where
onnxruntime-gpu is installed, the graph computes in floats.
"""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar, Literal

import numpy as np

from interactspeech.errors import install_command
from interactspeech.models.catalogue import KOKORO, KOKORO_VOICES
from interactspeech.models.kokoro_graph import edits
from interactspeech.models.onnx_graph import Edit, edited, expose
from interactspeech.models.onnx_passes import compute_as_products, compute_on_floats, fewer_passes
from interactspeech.models.onnx_session import CPU, CUDA, inference_session
from interactspeech.models.phonemes import (
    READING,
    Phonemes,
    identifiers,
    phonemes,
    pieces,
    reader_version,
)
from interactspeech.models.preparation import prepared
from interactspeech.models.weights import Progress, Weight, WeightStore
from interactspeech.records import Speech, Voice, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts.interface import Engine, Style, words_from_bounds
from interactspeech.tts.mixing import mixture_shares
from interactspeech.tts.word_times import TimedPhrase, join_phrases, phrase_word_times

_UNIT = 600  # samples in a unit of duration, at 24 kHz
#: Samples by which the model's word boundaries are late: 60 ms, measured against forced alignment
#: (docs/bench/voices.md).
_LAG = 1440
#: Symbols in one piece. The model takes 510, but rushes and slurs long ones.
_LIMIT = 300
_TIMES = 2  # version of the word times' rules
#: Arithmetic -> its name in the engine's version, which changes where samples change. What cannot
#: be a product of integers is one of floats.
_KINDS = {"integer": "matrix.2", "float": "float.3", "published": "int8"}


def _edits(arithmetic: str) -> tuple[Edit, ...]:
    duration = expose("/encoder/Clip_output_0", "duration")
    if arithmetic == "published":
        return (duration,)
    products = (compute_as_products,) if arithmetic == "integer" else ()
    return (*edits(), *products, compute_on_floats, fewer_passes, duration)


class KokoroEngine(Engine):
    """See the module's docstring.

    Args:
        store: where the weights are; the user's cache by default.
        threads: onnxruntime threads. One a process and one process a core is fastest.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where onnxruntime-gpu is installed.
        arithmetic: of the convolutions: ``integer``, as products of matrices; ``float``, which is
            slower; ``published`` for the graph as it is; ``auto`` for integer, on a GPU float.
    """

    name: ClassVar[str] = "kokoro"
    licence: ClassVar[str] = "Apache-2.0"
    languages: ClassVar[tuple[str, ...]] = ("en-US", "en-GB")
    mixes: ClassVar[bool] = True
    feedback_pace: ClassVar[float] = 1.3

    def __init__(
        self,
        store: WeightStore | None = None,
        threads: int = 1,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        *,
        arithmetic: Literal["auto", "integer", "float", "published"] = "auto",
    ) -> None:
        self._store = store or WeightStore()
        self._threads = threads
        self._cuda = device == "cuda" or (device == "auto" and _gpu_version() != "")
        if arithmetic == "auto":
            arithmetic = "float" if self._cuda else "integer"
        self._arithmetic = arithmetic
        self._packs: dict[str, Any] = {}

    @property
    def version(self) -> str:
        kind = _KINDS[self._arithmetic]
        where = "-cuda" if self._cuda else ""  # other processors, other samples
        return f"82M-1.0-{kind}{where}+hibari-{reader_version() or 'none'}+{READING}.{_TIMES}"

    @property
    def missing(self) -> str:
        return "" if reader_version() else install_command("tts")

    @property
    def weights(self) -> tuple[Weight, ...]:
        return (KOKORO, *KOKORO_VOICES.values())

    @property
    def installed(self) -> bool:
        return not self.missing and all(map(self._store.has, self.weights))

    def prepare(self, progress: Progress | None = None) -> None:
        self._store.fetch(self.weights, progress)

    def voices(self) -> tuple[Voice, ...]:
        # af_heart leads: the voice the model's author names the best.
        names = sorted(KOKORO_VOICES, key=lambda name: (name != "af_heart", name))
        return tuple(
            Voice(
                engine=self.name,
                name=name,
                engine_version=self.version,
                weights=KOKORO.sha256,
                language="en",
                accent="GB" if name[0] == "b" else "US",
                sex="female" if name[1] == "f" else "male",
                licence=self.licence,
            )
            for name in names
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        spoken = phonemes(text, british=voice.accent == "GB", engine=self.name)
        parts = [
            (self._say(part, voice.name, style.speed), pause)
            for part, pause in pieces(spoken, _LIMIT)
        ]
        whole = join_phrases(parts, self.rate)
        words = words_from_bounds(spoken_tokens(text), whole.bounds)
        return Speech(quantize_int16(whole.samples), self.rate, words, "engine", voice)

    def _say(self, piece: Phonemes, voice: str, speed: float) -> TimedPhrase:
        samples, durations = self._session.run(
            None,
            {
                "tokens": np.asarray([identifiers(piece.symbols)], np.int64),
                "style": self._pack(voice)[len(piece) - 1],
                "speed": np.asarray([speed], np.float32),
            },
        )
        # What was not generated was silent: the edges of speech are found by the same rule.
        missing = int(durations.sum()) * _UNIT - len(samples)
        samples = np.pad(samples, (0, max(0, missing)))
        return phrase_word_times(samples, self.rate, piece, durations[0], _UNIT, _LAG)

    def _pack(self, voice: str) -> Any:
        """Style vectors by length in symbols, float32 ``[510, 1, 256]``; of a mixture, the mean."""
        if voice not in self._packs:
            self.prepare()  # all at once: one package holds them
            mean = np.zeros((510, 1, 256), np.float32)
            for part, share in mixture_shares(voice).items():
                data = self._store.read(KOKORO_VOICES[part])
                mean += np.float32(share) * np.frombuffer(data, "<f4").reshape(mean.shape)
            self._packs[voice] = mean
        return self._packs[voice]

    @cached_property
    def _session(self) -> Any:
        def model() -> bytes:
            self.prepare()
            recipe = f"kokoro-{_KINDS[self._arithmetic]}"
            return prepared(
                self._store.root,
                KOKORO.sha256,
                recipe,
                lambda: edited(self._store.read(KOKORO), *_edits(self._arithmetic)),
            )

        providers = (CUDA, CPU) if self._cuda else (CPU,)
        return inference_session(
            model, "The engine 'kokoro'", "tts", threads=self._threads, providers=providers
        )


def _gpu_version() -> str:
    try:
        return version("onnxruntime-gpu")
    except PackageNotFoundError:
        return ""
