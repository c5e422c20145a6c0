"""What a speech service sent: sound that can be used, or an error that says what it is instead.

| what came | reason |
|---|---|
| an error page, JSON, text | `speech-page` |
| another format than was asked for (MP3, which is lossy, for WAV) | `speech-format` |
| less than the header announces, or a stream that breaks off | `speech-truncated` |
| less than 16,000 samples a second | `speech-rate` |
| silence | `speech-silent` |
| far too short or long for the text (a header with a wrong rate, a loop) | `speech-length` |
"""

from __future__ import annotations

import io
import struct

import numpy as np

from interactspeech.dialogue import Samples
from interactspeech.errors import InputError

#: Below this rate a voice sounds like a telephone.
LEAST_RATE = 16_000
#: Letters a second that people and voices say: 8 to 25; beyond these, something is wrong.
_SLOWEST, _FASTEST = 3.0, 40.0
#: Of shorter texts, the length says little.
_LEAST_LETTERS = 12
#: Peaks below this fraction of full scale are no speech.
_SILENT = 2e-3
#: Sizes in a WAV header that mean "as long as the stream lasts".
_OPEN = (0, 0x7FFFFFFF, 0xFFFFFFFF)


def sound_of(body: bytes, text: str, wanted: str = "wav") -> tuple[Samples, int]:
    """Samples (mono float32) and rate of what a service sent for `text`.

    Args:
        body: of the answer.
        text: that was to be spoken.
        wanted: the format asked for: ``wav``, ``flac``, ``mp3``, ``opus``.

    Raises:
        InputError: it cannot be used; the reasons are in the module's table.
    """
    import soundfile

    found = format_of(body)
    if found == "page":
        raise InputError(
            f"a page of text instead of sound: {_start(body)!r}",
            remedy="check the service's address and its log",
            reason="speech-page",
        )
    if found != wanted and "mp3" in (found, wanted):
        raise InputError(
            f"{found or 'something else'} came where {wanted} was asked for",
            remedy="ask for what the service gives: INTERACTSPEECH_SPEECH_FORMAT",
            reason="speech-format",
        )
    missing = _missing(body) if found == "wav" else 0
    if missing:
        raise _truncated(f"{missing:,} bytes of the sound are missing")
    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            samples, rate = file.read(dtype="float32", always_2d=True), int(file.samplerate)
            announced = len(file) if found == "flac" else len(samples)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise _truncated(f"the sound cannot be decoded: {error}") from None
    if len(samples) < announced or not len(samples):
        raise _truncated(f"{len(samples):,} of {announced:,} samples came")
    mono = np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))
    _check(mono, rate, text)
    return mono, rate


def _check(samples: Samples, rate: int, text: str) -> None:
    if rate < LEAST_RATE:
        raise InputError(
            f"{rate:,} samples a second",
            remedy=f"{LEAST_RATE:,} or more are wanted; another model may give them",
            reason="speech-rate",
        )
    if float(np.abs(samples).max()) < _SILENT or not np.isfinite(samples).all():
        raise InputError("silence", remedy="check the voice's name", reason="speech-silent")
    letters = sum(c.isalnum() for c in text)
    pace = letters * rate / len(samples)
    if letters >= _LEAST_LETTERS and not _SLOWEST <= pace <= _FASTEST:
        raise InputError(
            f"{len(samples) / rate:.1f} s of sound for {letters} letters",
            remedy="the header's rate may be wrong, or the voice ran on",
            reason="speech-length",
        )


def format_of(body: bytes) -> str:
    """``wav``, ``flac``, ``mp3``, ``ogg``, ``page`` for text, or "" for what nobody knows."""
    head = body[:4]
    if head in (b"RIFF", b"RF64"):
        return "wav"
    if head == b"fLaC":
        return "flac"
    if head == b"OggS":
        return "opus"
    if head[:3] == b"ID3" or (len(body) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
        return "mp3"
    start = body[:400].lstrip()
    if not start or all(c in b"\t\n\r" or c >= 32 for c in start):
        return "page"
    return ""


def _missing(body: bytes) -> int:
    """Bytes of a WAV's data that its header announces and that did not come."""
    position = 12
    while position + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, position)
        position += 8
        if name == b"data":
            return 0 if size in _OPEN else max(0, size - (len(body) - position))
        position += size + size % 2
    return 1  # no data at all


def _truncated(problem: str) -> InputError:
    return InputError(
        problem, remedy="the connection or the service broke off", reason="speech-truncated"
    )


def _start(body: bytes) -> str:
    return " ".join(body[:120].decode("utf-8", "replace").split())
