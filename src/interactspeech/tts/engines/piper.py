"""Piper voices (VITS), run on onnxruntime with the phonemes and word times of this package.

The package piper-tts is under the GPL and not needed: a Piper voice is an ONNX file beside a JSON
file that says which number stands for which sound. Its symbols are
espeak-ng's, to which our phonemes are mapped here. The model draws random numbers as it speaks;
they become an input of the graph, so that the same text always sounds the same.

One voice (joe, CC0) is downloaded when needed. Others are read from a folder: ``<name>.onnx``
beside ``<name>.onnx.json``, as Piper publishes them.
"""
# ruff: noqa: RUF001 -- phonemes look like letters

from __future__ import annotations

import hashlib
import json
import os
import zlib
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from interactspeech.errors import InputError, install_command
from interactspeech.models.catalogue import PIPER_JOE
from interactspeech.models.onnx_graph import edited, expose, noise_as_input
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.phonemes import READING, Phonemes, phonemes, pieces, reader_version
from interactspeech.models.preparation import prepared
from interactspeech.models.weights import Progress, Weight, WeightStore
from interactspeech.records import Speech, Voice, spoken_tokens
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts.interface import Engine, Style, words_from_bounds
from interactspeech.tts.word_times import (
    TimedPhrase,
    join_phrases,
    phrase_word_times,
    resample_phrase,
)

#: Names a folder with more voices.
FOLDER_VARIABLE = "INTERACTSPEECH_PIPER_VOICES"

_UNIT = 256  # samples in a unit of duration
#: Samples by which the model's word boundaries are late: 27 ms, measured against forced alignment
#: (docs/bench/voices.md).
_LAG = 600
_LIMIT = 300  # symbols in one piece
_TIMES = 1  # version of the word times' rules
#: The tensor of durations, in Piper's own export.
_DURATIONS = "/Ceil_output_0"
#: Frames of noise provided for each sound: no sound lasts longer (0.5 s).
_FRAMES, _CHANNELS = 48, 192

#: Sounds that espeak-ng writes otherwise.
_ESPEAK = {
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ", "T": "ɾ", "ᵊ": "ə",
    "ʤ": "dʒ", "ʧ": "tʃ", "ɑ": "ɑː", "ɔ": "ɔː", "u": "uː", "a": "æ",
    "—": ",", "…": ".", "“": "", "”": "", '"': "", "(": "", ")": "",
}  # fmt: skip


class PiperEngine(Engine):
    """See the module's docstring.

    Args:
        store: where the weights are; the user's cache by default.
        folder: with more voices; that of the variable INTERACTSPEECH_PIPER_VOICES by default.
        threads: onnxruntime threads.
    """

    name: ClassVar[str] = "piper"
    rate: ClassVar[int] = 22_050
    licence: ClassVar[str] = "CC0-1.0"
    languages: ClassVar[tuple[str, ...]] = ("en-US",)
    feedback_pace: ClassVar[float] = 0.65

    def __init__(
        self, store: WeightStore | None = None, folder: Path | None = None, threads: int = 1
    ) -> None:
        self._store = store or WeightStore()
        named = os.environ.get(FOLDER_VARIABLE)
        self._folder = folder or (Path(named) if named else None)
        self._threads = threads
        self._loaded: dict[str, tuple[Any, dict[str, Any]]] = {}

    @property
    def version(self) -> str:
        return f"hibari-{reader_version() or 'none'}+{READING}.{_TIMES}"

    @property
    def missing(self) -> str:
        return "" if reader_version() else install_command("tts")

    @property
    def weights(self) -> tuple[Weight, ...]:
        return PIPER_JOE

    @property
    def installed(self) -> bool:
        return not self.missing and all(map(self._store.has, self.weights))

    def prepare(self, progress: Progress | None = None) -> None:
        self._store.fetch(self.weights, progress)

    def voices(self) -> tuple[Voice, ...]:
        joe = self._voice("joe", PIPER_JOE[0].sha256, "US", "male", self.licence)
        found = [joe]
        for file in sorted(self._folder.glob("*.onnx")) if self._folder else ():
            if file.with_name(f"{file.name}.json").is_file():
                with suppress(OSError):  # it may go while we look
                    weights = _digest(file, file.stat().st_mtime_ns)
                    found.append(self._voice(file.stem, weights, "", "", ""))
        return tuple(found)

    def _voice(self, name: str, weights: str, accent: str, sex: Any, licence: str) -> Voice:
        return Voice(
            engine=self.name,
            name=name,
            engine_version=self.version,
            weights=weights,
            language="en",
            accent=accent,
            sex=sex,
            licence=licence,
        )

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        spoken = phonemes(text, engine=self.name)
        parts = [
            (self._say(part, voice.name, style.speed), pause)
            for part, pause in pieces(spoken, _LIMIT)
        ]
        whole = join_phrases(parts, self.rate)
        words = words_from_bounds(spoken_tokens(text), whole.bounds)
        return Speech(quantize_int16(whole.samples), self.rate, words, "engine", voice)

    def _say(self, piece: Phonemes, voice: str, speed: float) -> TimedPhrase:
        session, settings = self._load(voice)
        ids, owners = _identifiers(piece, settings["phoneme_id_map"])
        drawn = settings["inference"]
        scales = [drawn["noise_scale"], drawn["length_scale"] / speed, drawn["noise_w"]]
        rng = np.random.default_rng(zlib.crc32(piece.symbols.encode()))
        given = {
            "input": np.asarray([ids], np.int64),
            "input_lengths": np.asarray([len(ids)], np.int64),
            "scales": np.asarray(scales, np.float32),
            "noise0": rng.standard_normal(2 * len(ids), dtype=np.float32),
            "noise1": rng.standard_normal(_FRAMES * _CHANNELS * len(ids), dtype=np.float32),
        }
        samples, durations = session.run(None, given)
        samples = samples.reshape(-1)
        lengths = np.asarray(
            np.bincount(owners, durations.reshape(-1), minlength=len(piece) + 2), np.float32
        )
        rate = int(settings["audio"]["sample_rate"])
        spoken = phrase_word_times(samples, rate, piece, lengths, _UNIT, _LAG)
        return spoken if rate == self.rate else resample_phrase(spoken, rate, self.rate)

    def _load(self, voice: str) -> tuple[Any, dict[str, Any]]:
        """Session and settings of a voice, kept."""
        if voice not in self._loaded:
            model, settings = self._read(voice)
            edits = expose(_DURATIONS, "duration"), noise_as_input("noise")
            ready = partial(
                prepared,
                self._store.root,
                hashlib.sha256(model).hexdigest(),
                "piper",
                lambda: edited(model, *edits),
            )
            made = inference_session(ready, "The engine 'piper'", "tts", threads=self._threads)
            self._loaded[voice] = made, settings
        return self._loaded[voice]

    def _read(self, voice: str) -> tuple[bytes, dict[str, Any]]:
        if voice == "joe":
            model, settings = (self._store.read(weight) for weight in PIPER_JOE)
            return model, json.loads(settings)
        assert self._folder is not None
        file = self._folder / f"{voice}.onnx"
        try:
            settings = json.loads(file.with_name(f"{file.name}.json").read_text("utf-8"))
            if settings["num_speakers"] > 1 or settings["phoneme_type"] != "espeak":
                raise InputError(
                    "a Piper voice of several speakers, or without espeak's sounds",
                    path=file,
                    remedy="take a voice of one speaker",
                    reason="voice-unusable",
                )
            return file.read_bytes(), settings
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"no usable Piper voice ({type(error).__name__}: {error})",
                path=file,
                remedy="the files <name>.onnx and <name>.onnx.json belong together",
                reason="voice-unusable",
            ) from None


def _identifiers(piece: Phonemes, known: dict[str, list[int]]) -> tuple[list[int], list[int]]:
    """Numbers of the sounds with a pad after each, and the symbol of `piece` (from 1) of each."""
    pad = known["_"][0]
    ids, owners = [known["^"][0], pad], [0, 0]
    for place, symbol in enumerate(piece.symbols):
        for sound in _espeak(piece, place, symbol):
            if sound in known:
                ids += [known[sound][0], pad]
                owners += [place + 1, place + 1]
    return [*ids, known["$"][0]], [*owners, len(piece) + 1]


def _espeak(piece: Phonemes, place: int, symbol: str) -> str:
    """The symbol at `place` as espeak-ng would write it, given its neighbours in the word."""

    def neighbour(at: int) -> str:
        inside = 0 <= at < len(piece) and piece.owners[at] == piece.owners[place]
        return piece.symbols[at] if inside else ""

    if symbol in "əɜ" and neighbour(place + 1) == "ɹ":
        return "ɚ" if symbol == "ə" else "ɜː"
    if symbol == "ɹ" and neighbour(place - 1) in ("ə", "ɜ"):
        return ""  # said with the vowel before
    if symbol == "i":
        return "iː" if neighbour(place - 1) in ("ˈ", "ˌ") else "i"
    return _ESPEAK.get(symbol, symbol)


@lru_cache(maxsize=64)
def _digest(file: Path, changed: int) -> str:  # noqa: ARG001 -- `changed` makes an old answer void
    from interactspeech.models.downloads import digest

    return digest(file)
