"""Channels that people talk through: G.711, GSM 06.10, AMR, Opus.

G.711 is a table, from its two formulas; the others are real codecs, those of libsndfile, and
FFmpeg's for AMR (`mobile`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.records import Samples
from interactspeech.records.scene import Codec
from interactspeech.rendering.acoustics.amr import RATE, through_amr
from interactspeech.signal.sound_bytes import decode_sound, encode_sound

#: Samples a second inside each codec.
RATES: dict[Codec, int] = {
    "ulaw": 8000,
    "alaw": 8000,
    "gsm": 8000,
    "amr": RATE,
    "opus": 16_000,
}
#: libsndfile's scale from 0 (256 kbit/s) to 1 (6 kbit/s or less): about 16 kbit/s.
_OPUS_LEVEL = 0.95


def coded(samples: Samples, rate: int, codec: Codec) -> Samples:
    """`samples` after a codec and back, at the same rate, length and time.

    Raises:
        MissingExtraError: AMR, and PyAV is not installed.
    """
    if codec == "pcm":
        return samples
    import soxr

    inner = RATES[codec]
    heard = soxr.resample(samples, rate, inner) if rate != inner else samples
    if codec in ("ulaw", "alaw"):
        heard = g711(np.asarray(heard, np.float32), "alaw" if codec == "alaw" else "ulaw")
    elif codec == "amr":
        heard = through_amr(np.asarray(heard, np.float32))
    else:
        heard = _through_file(heard, inner, codec)
    if rate != inner:
        heard = soxr.resample(heard, inner, rate)
    made = np.zeros(len(samples), np.float32)
    made[: len(heard)] = heard[: len(samples)]
    return made


def g711(samples: Samples, law: Literal["ulaw", "alaw"]) -> Samples:
    """`samples` coded in 8 bits and decoded (ITU-T G.711), full scale at 1.0."""
    steps = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype(np.int32)
    return np.asarray(_table(law)[steps + 32768], np.float32)


@lru_cache(maxsize=2)
def _table(law: Literal["ulaw", "alaw"]) -> Float32Array:
    """Each 16-bit sample -> what comes out, in [-1, 1]."""
    value = np.arange(-32768, 32768)
    decoded = _ulaw(value) if law == "ulaw" else _alaw(value)
    table: Float32Array = (decoded / 32768).astype(np.float32)
    table.flags.writeable = False
    return table


def _ulaw(value: Int64Array) -> Int64Array:
    """14 bits: 8 segments a sign, each of 16 steps twice as wide as the segment before."""
    size = np.minimum(np.abs(value), 32635) + 132
    segment = np.floor(np.log2(size)).astype(np.int64) - 7
    step = size >> (segment + 3)  # 16..31
    middle = ((2 * step + 1) << (segment + 2)) - 132
    return np.asarray(np.where(value < 0, -middle, middle), np.int64)


def _alaw(value: Int64Array) -> Int64Array:
    """13 bits: the first two segments alike, then each twice as wide as the one before."""
    size = np.where(value < 0, -value - 1, value)
    segment = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int64) - 7, 0)
    shift = np.maximum(segment, 1) + 3
    middle = ((size >> shift) << shift) + (1 << (shift - 1))
    return np.asarray(np.where(value < 0, -middle, middle), np.int64)


def _through_file(samples: Samples, rate: int, codec: Codec) -> Samples:
    if codec == "gsm":
        coded = encode_sound(samples, rate, "WAV", "GSM610")
    else:
        coded = encode_sound(samples, rate, "OGG", "OPUS", _OPUS_LEVEL)
    heard, _ = decode_sound(coded)
    return np.asarray(heard[:, 0], np.float32)
