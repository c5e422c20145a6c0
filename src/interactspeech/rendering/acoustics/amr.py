"""AMR, the codec of mobile telephones: 12.2 kbit/s (3GPP TS 26.071), by FFmpeg's libraries.

The encoder is that of OpenCORE (Apache-2.0), which PyAV's wheels bring along, the decoder FFmpeg's.
AMR's filters cut below 80 Hz and turn phases up to 600 Hz; above, it is in time to the sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from interactspeech.errors import MissingExtraError
from interactspeech.records import Samples

RATE = 8000
_BITS = 12_200  # a second: the best of its modes, which is also that of GSM EFR
_FRAME = 160  # samples
_AHEAD = 40  # samples: 5 ms by which the encoder looks ahead, so that all comes out late


def through_amr(samples: Samples) -> Samples:
    """Mono `samples` at `RATE` in [-1, 1] after AMR and back, in time; a little longer at the end.

    Raises:
        MissingExtraError: PyAV is not installed, or without AMR.
    """
    whole = np.pad(samples, (0, (-len(samples)) % _FRAME + 2 * _FRAME))
    steps = np.clip(np.rint(whole * np.float32(32768)), -32768, 32767).astype(np.int16)
    encoder, decoder = _codecs()
    frames = (
        np.concatenate([part.to_ndarray().ravel() for part in decoder.decode(packet)] or [_NONE])
        for packet in _packets(encoder, steps)
    )
    return np.concatenate(list(frames)).astype(np.float32)[_AHEAD:]


_NONE = np.zeros(0, np.float32)


def _packets(encoder: Any, steps: np.ndarray[Any, np.dtype[np.int16]]) -> Iterator[Any]:
    import av

    for start in range(0, len(steps), _FRAME):
        piece = steps[None, start : start + _FRAME]
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, start
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


def _codecs() -> tuple[Any, Any]:
    """An encoder and a decoder, new ones: both remember what they have heard."""
    try:
        import av
    except ImportError:
        raise MissingExtraError("av", "media", "The codec 'amr'") from None
    create: Any = av.CodecContext.create  # its types list every codec there is
    found = []
    for name, mode in (("libopencore_amrnb", "w"), ("amrnb", "r")):
        try:
            codec = create(name, mode)
        except (ValueError, av.FFmpegError):  # an FFmpeg that was built without it
            raise MissingExtraError("av with OpenCORE AMR", "media", "The codec 'amr'") from None
        codec.sample_rate, codec.layout = RATE, "mono"
        if mode == "w":
            codec.format, codec.bit_rate = "s16", _BITS
        found.append(codec)
    return found[0], found[1]
