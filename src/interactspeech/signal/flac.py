"""Audio to FLAC and back: 16 bit, no dither, no clipping, the same bytes every time.

FLAC stores integers, so float samples are rounded once, to the nearest multiple of 1/32768; what is
read back is exactly that, and writing it again changes nothing.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from interactspeech._typing import AnyArray, Int16Array
from interactspeech.errors import InputError
from interactspeech.records import Samples
from interactspeech.signal.sound_bytes import encode_sound, opened_sound, read_frames

#: libFLAC's level 3 of 8: three quarters of the time of its default (5), and files 2 % larger.
#: Written down so that a change of the library cannot move it.
_LEVEL = 0.375
#: The format's own bounds (RFC 9639, section 9.1.2 and 9.1.3).
MAX_CHANNELS = 8
MAX_RATE = 655_350
_FULL_SCALE = 32768.0


def to_int16(samples: Samples) -> Int16Array:
    """Float samples in [-1, 1] as 16-bit integers, rounded to the nearest, of the same shape.

    Raises:
        InputError: a sample is outside [-1, 1] or not a number (reason ``"clipping"``).
    """
    out = np.empty(samples.shape, np.int16)
    _quantize(samples, out)
    return out


#: Samples that are rounded at once, so that they stay in the processor's nearest memory.
_CHUNK = 1 << 14


def _quantize(samples: Samples, out: Int16Array) -> None:
    """`to_int16` into an array of the same shape, of any layout."""
    for begin in range(0, samples.shape[-1], _CHUNK):
        scaled = samples[..., begin : begin + _CHUNK] * np.float32(_FULL_SCALE)
        if scaled.size:
            low, high = float(scaled.min()), float(scaled.max())
            if not (low >= -_FULL_SCALE and high <= _FULL_SCALE):  # also false for NaN
                low, high = float(samples.min()), float(samples.max())
                raise InputError(
                    f"samples between {low:.3f} and {high:.3f} do not fit [-1, 1]",
                    remedy="lower the level before writing",
                    reason="clipping",
                )
            if high > 32767:  # +1.0 has no 16-bit value: it becomes the largest one
                np.minimum(scaled, np.float32(32767), out=scaled)
        np.rint(scaled, out=scaled)
        # To integers before they are interleaved, a channel at a time: a third of the time.
        whole = scaled.astype(np.int16)
        if samples.ndim == 1:
            out[begin : begin + _CHUNK] = whole
            continue
        for channel, row in enumerate(whole):
            out[channel, begin : begin + _CHUNK] = row


def encode_flac(samples: Samples, rate: int) -> bytes:
    """Samples as a FLAC file.

    Args:
        samples: float32 in [-1, 1], shape ``(channels, n)``, 1 to 8 channels, n >= 1.
        rate: samples a second.

    Raises:
        InputError: clipping, too many channels, no samples, or a rate that FLAC cannot hold.
    """
    if samples.ndim != 2 or not 1 <= samples.shape[0] <= MAX_CHANNELS or samples.shape[1] == 0:
        raise InputError(
            f"audio of shape {samples.shape} is not (1 to {MAX_CHANNELS} channels, samples)",
            reason="bad-audio",
        )
    if not 0 < rate <= MAX_RATE or (rate > 65_535 and rate % 10):
        raise InputError(f"FLAC cannot hold a rate of {rate} Hz", reason="bad-audio")
    frames = np.empty(samples.shape[::-1], np.int16)  # as libsndfile wants them
    _quantize(samples, frames.T)
    return encode_sound(frames, rate, "FLAC", "PCM_16", _LEVEL)


def decode_flac(data: bytes, start: int = 0, end: int | None = None) -> tuple[Samples, int]:
    """Samples ``[start, end)`` of a FLAC file as float32 of shape ``(channels, n)``, and the rate.

    Raises:
        InputError: not a FLAC file, damaged, or shorter than `end` (reason ``"bad-audio"``).
        MemoryError: no memory was left, which says nothing about the data.
    """
    return _decoded(data, start, end, "float32")


def decode_flac_int16(data: bytes) -> tuple[Int16Array, int]:
    """All samples of a FLAC file as 16-bit integers of shape ``(channels, n)``, and the rate.

    A file of 16 bits gives what it stores; another is rounded as by `to_int16`.

    Raises:
        InputError: as `decode_flac`.
    """
    return _decoded(data, 0, None, "int16")


def _decoded(
    data: bytes, start: int, end: int | None, dtype: Literal["float32", "int16"]
) -> tuple[AnyArray, int]:
    import soundfile

    try:
        with opened_sound(data) as file:
            stop = file.frames if end is None else end
            if file.format != "FLAC" or not 0 <= start <= stop <= file.frames:
                raise InputError(
                    f"a {file.format} file of {file.frames} samples has no FLAC samples "
                    f"[{start}, {stop})",
                    reason="bad-audio",
                )
            if start:  # a seek costs a search for the frame, even to where the file stands
                file.seek(start)
            exact = dtype == "float32" or file.subtype == "PCM_16"
            samples: AnyArray = read_frames(file, stop - start, dtype if exact else "float32")
            rate = int(file.samplerate)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"cannot decode FLAC: {error}", reason="bad-audio") from None
    if len(samples) != stop - start:
        raise InputError(
            f"FLAC audio ends after {start + len(samples)} of {stop} samples", reason="bad-audio"
        )
    # A view: in memory the channels stay interleaved, as the decoder writes them. Turning them
    # around would cost a quarter of the decoding.
    return (samples if exact else to_int16(samples)).T, rate


def describe_flac(data: bytes) -> tuple[int, int, int]:
    """Channels, length in samples, and rate, from the file's header alone.

    Raises:
        InputError: not a FLAC file.
    """
    # STREAMINFO is always the first block (RFC 9639, section 8.2): reading it here costs a
    # microsecond, opening the file with a library a hundred.
    if len(data) < 42 or data[:4] != b"fLaC" or data[4] & 0x7F != 0:
        raise InputError("not a FLAC file", reason="bad-audio")
    packed = int.from_bytes(data[18:26], "big")
    return ((packed >> 41) & 7) + 1, packed & ((1 << 36) - 1), packed >> 44
