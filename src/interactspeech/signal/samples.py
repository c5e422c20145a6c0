"""Small operations on samples in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.errors import InputError
from interactspeech.records import Samples

#: What bytes hold: unsigned 8-bit samples, or G.711's codes.
ByteEncoding = Literal["u8", "mulaw", "alaw"]
_SIGNED = {np.dtype(np.int8): 2.0**7, np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}
#: Sound in floats is between -1 and 1. Louder than this root mean square is another scale.
LOUDEST = 8.0
#: Bytes, a little less than the most that glibc's threshold follows.
_FREED = 31 << 20


def as_array(sound: object) -> AnyArray | None:
    """Sound in memory as an array: NumPy's, or of a library whose arrays become NumPy's (torch).

    Returns:
        None for what is no sound in memory, such as a path.

    Raises:
        InputError: bytes, which do not say what they hold, or a tensor that is elsewhere than in
            the processor's memory (reason "bad-samples").
    """
    if isinstance(sound, np.ndarray):
        return sound
    if isinstance(sound, bytes | bytearray | memoryview):
        raise _not_samples(
            "bytes", "say what they hold: numpy.frombuffer(data, numpy.int16).reshape(-1, 2).T"
        )
    if not hasattr(sound, "__array__"):
        return None
    try:
        return np.asarray(sound)
    except (TypeError, ValueError, RuntimeError) as error:
        raise _not_samples(f"a {type(sound).__name__} that is no array: {error}") from None


def as_floats(samples: AnyArray, encoding: ByteEncoding | None = None) -> Samples:
    """Samples of any usual type as float32 in [-1, 1], of the same shape.

    Args:
        samples: floats (kept, NaN and infinity included), or signed integers of 8, 16 or 32 bits,
            scaled by their type.
        encoding: what bytes (uint8) hold, as nothing in them says it; floats and integers have
            none.

    Raises:
        InputError: bytes without an encoding, another type, or floats that are no sound between -1
            and 1 but integers in disguise (reason "bad-samples").
    """
    kind = samples.dtype
    if encoding is not None:
        if kind != np.uint8:
            raise _not_samples(f"samples of type {kind} with encoding {encoding!r}: bytes have one")
        return _decoded(samples, encoding)
    if kind in _SIGNED:
        return np.asarray(samples, np.float32) / np.float32(_SIGNED[kind])
    if kind == np.uint8:
        raise _not_samples(
            "samples of type uint8: they may be 8-bit sound or G.711's codes",
            "give encoding='u8', 'mulaw' or 'alaw'",
        )
    if not np.issubdtype(kind, np.floating):
        raise _not_samples(f"samples of type {kind}")
    with np.errstate(over="ignore"):
        found = np.asarray(samples, np.float32)
    if (found > LOUDEST).any() or (found < -LOUDEST).any():
        finite = found[np.isfinite(found)].astype(np.float64)
        if finite.size and float(np.sqrt(np.mean(finite**2))) > LOUDEST:
            raise _not_samples(
                f"samples as large as {np.abs(finite).max():,.0f}",
                "divide integers by their full scale (32768 for 16 bits)",
            )
    return found


def _not_samples(problem: str, remedy: str = "") -> InputError:
    return InputError(
        f"{problem}, expected floats in [-1, 1], or int16", remedy=remedy, reason="bad-samples"
    )


def _decoded(codes: AnyArray, encoding: ByteEncoding) -> Samples:
    """Bytes as samples; G.711 by its definition (ITU-T G.711, tables 1a and 2a)."""
    if encoding == "u8":
        return (np.asarray(codes, np.float32) - np.float32(128)) / np.float32(128)
    code = np.arange(256)
    if encoding == "mulaw":
        code = code ^ 0xFF
        size = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
        table = np.where(code & 0x80, -size, size)
    else:
        code = code ^ 0x55
        exponent, mantissa = code >> 4 & 7, (code & 15) << 4
        size = np.where(exponent == 0, mantissa + 8, mantissa + 264 << np.maximum(exponent - 1, 0))
        table = np.where(code & 0x80, size, -size)
    return np.asarray((table / 32768).astype(np.float32)[codes])


def quantize_int16(samples: Samples) -> Samples:
    """`samples` rounded to multiples of 1/32768 in [-1, 1): what a 16-bit file can hold."""
    steps = np.asarray(samples * np.float32(32768), np.float32)
    np.rint(steps, out=steps)
    np.clip(steps, -32768, 32767, out=steps)
    steps += np.float32(0)  # so that there is no minus zero, which a file would not give back
    steps *= np.float32(1 / 32768)
    return steps


def fade_edges(samples: Samples, rate: int, seconds: float = 0.004) -> Samples:
    """`samples` with short ramps at both ends, so that they begin and end without a step."""
    length = min(int(seconds * rate), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    out = samples.copy()
    out[:length] *= ramp
    out[len(out) - length :] *= ramp[::-1]
    return out


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Let this process keep what it frees, for the next block of sound.

    glibc hands large blocks back to the system as they are freed, and fresh pages cost more than
    many steps that fill them: a tenth of the time of `mine`. What is large follows the largest
    block that was ever freed, up to 32 MB: one is freed here, to which nothing was written.
    """
    np.empty(_FREED, np.uint8)
