"""Neural audio codecs as what a token corpus needs of them: sound in, integer codes out.

A codec is chosen by ``KIND:PLACE``, where the place is a folder of weights or a name on a hub:

| kind | model | package |
|---|---|---|
| ``mimi`` | Mimi (Kyutai): 24 kHz, 12.5 frames a second | transformers |
| ``encodec`` | EnCodec (Meta): 24 or 48 kHz, 75 frames a second | transformers |
| ``dac`` | Descript Audio Codec: 16, 24 or 44.1 kHz | transformers |

Other packages add kinds through the entry points ``interactspeech.codecs``: a function from the
place to an `AudioCodec`. No weights ship with this package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

from interactspeech._typing import Float32Array, Int16Array
from interactspeech.errors import InputError, MissingExtraError, UsageError
from interactspeech.plugins import Registry


class AudioCodec(Protocol):
    """What turns one channel of sound into codes.

    Attributes:
        name: of kind and weights, for the sheet of an export.
        rate: samples a second that it wants.
        hop: samples a frame.
        codebooks: codes a frame.
        cardinality: codes of a codebook; codes are ``0 ... cardinality - 1``.
    """

    name: str
    rate: int
    hop: int
    codebooks: int
    cardinality: int

    def encode(self, samples: Float32Array) -> Int16Array:
        """Codes of shape ``(codebooks, ceil(n / hop))``, int16, of samples of shape ``(n,)``."""
        ...


CodecFactory = Callable[[str], AudioCodec]

_HERE = "interactspeech.models.codecs"
#: Kinds of codecs by name.
CODECS: Registry[Any] = Registry(
    "interactspeech.codecs",
    "codec",
    object,
    {
        "mimi": f"{_HERE}:mimi",
        "encodec": f"{_HERE}:encodec",
        "dac": f"{_HERE}:dac",
    },
)


def load_codec(choice: str) -> AudioCodec:
    """The codec of ``KIND:PLACE``.

    Raises:
        UsageError: there is no such kind, or no place is named.
        MissingExtraError: the package of that kind is not installed.
        InputError: the weights cannot be loaded (reason ``"bad-weights"``).
    """
    kind, colon, place = choice.partition(":")
    if not colon or not place:
        raise UsageError(
            f"{choice!r} names no codec", remedy=f"use KIND:FOLDER, of {', '.join(CODECS)}"
        )
    return cast(CodecFactory, CODECS[kind])(place)


class TransformersCodec:
    """A codec of the library transformers.

    Args:
        name: for the sheet.
        model: a `MimiModel`, `EncodecModel` or `DacModel` of transformers.
        codebooks: at most so many of its codebooks (the coarsest); None: all of them.
    """

    def __init__(self, name: str, model: Any, codebooks: int | None = None) -> None:
        config = model.config
        self.name, self._model = name, model.eval()
        self.rate = int(config.sampling_rate)
        self.cardinality = int(config.codebook_size)
        # Mimi halves the frames of its encoder once more; the others round their frame rates up.
        halved = config.model_type == "mimi"
        self.hop = round(self.rate / config.frame_rate) if halved else int(config.hop_length)
        self._most = codebooks
        self.codebooks = len(self.encode(np.zeros(8 * self.hop, np.float32)))

    def encode(self, samples: Float32Array) -> Int16Array:
        """Codes of shape ``(codebooks, ceil(n / hop))``, int16."""
        import torch

        frames = -(-len(samples) // self.hop)
        padded = np.zeros(frames * self.hop, np.float32)
        padded[: len(samples)] = samples
        with torch.no_grad():
            codes = self._model.encode(torch.from_numpy(padded)[None, None]).audio_codes
        found = codes.reshape(-1, codes.shape[-1]).numpy()[: self._most, :frames]
        made: Int16Array = np.ascontiguousarray(found, np.int16)
        return made


def mimi(place: str) -> AudioCodec:
    """Mimi from a folder or a hub."""
    return _transformers("MimiModel", "mimi", place)


def encodec(place: str) -> AudioCodec:
    """EnCodec from a folder or a hub."""
    return _transformers("EncodecModel", "encodec", place)


def dac(place: str) -> AudioCodec:
    """The Descript Audio Codec from a folder or a hub."""
    return _transformers("DacModel", "dac", place)


def _transformers(kind: str, name: str, place: str) -> AudioCodec:
    try:
        import transformers
    except ImportError:
        raise MissingExtraError("transformers", "finetune", "Audio codecs") from None
    try:
        model = getattr(transformers, kind).from_pretrained(place, use_safetensors=True)
    except (OSError, ValueError, RuntimeError) as error:
        problem = str(error).partition("\n")[0][:200]
        raise InputError(
            f"no weights of {name} at {place!r}: {problem}",
            remedy="name a folder with config.json and model.safetensors", reason="bad-weights",
        ) from None  # fmt: skip
    return TransformersCodec(f"{name}:{place.rstrip('/').rpartition('/')[2]}", model)
