"""Sound files in memory, coded without callbacks into Python.

libsndfile reads a Python file object through callbacks, and an exception inside a callback is lost:
a Ctrl-C that arrives there vanishes, or makes the data look damaged. Here the bytes are put into a
file that has no name (in memory, on Linux), which libsndfile reads by itself; and long sound goes
through it in blocks, between which Python looks after its signals. Where only a Python file object
will do, `signals_held` keeps signals until the call is over.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, BinaryIO

import numpy as np

from interactspeech._typing import AnyArray

#: Values (samples times channels) in a block: a tenth of a second to code, or less.
_BLOCK = 1 << 21
#: libsndfile's error for memory that it did not get (SFE_MALLOC_FAILED).
_NO_MEMORY = 17
_HELD = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def unnamed_file(data: bytes = b"") -> Iterator[BinaryIO]:
    """A new file that only this process has, holding `data`, open at its beginning."""
    with contextlib.ExitStack() as stack:
        if hasattr(os, "memfd_create"):
            file = stack.enter_context(os.fdopen(os.memfd_create("sound"), "w+b"))
        else:
            file = stack.enter_context(tempfile.TemporaryFile())
        file.write(data)
        file.seek(0)  # flushes too
        yield file


@contextlib.contextmanager
def opened_sound(data: bytes) -> Iterator[Any]:
    """The bytes of a sound file as a `soundfile.SoundFile`; read it by `read_frames`.

    Raises:
        soundfile.LibsndfileError: they are no sound file that libsndfile reads.
        MemoryError: no memory was left.
    """
    import soundfile

    with (
        unnamed_file(data) as file,
        out_of_memory(),
        soundfile.SoundFile(file.fileno(), closefd=False) as sound,
    ):
        yield sound


@contextlib.contextmanager
def out_of_memory() -> Iterator[None]:
    """Raise `MemoryError` for libsndfile's own error of that kind: it is no damaged file."""
    import soundfile

    try:
        yield
    except soundfile.LibsndfileError as error:
        if error.code == _NO_MEMORY:
            raise MemoryError(str(error)) from None
        raise


def read_frames(sound: Any, count: int, dtype: str = "float32") -> AnyArray:
    """The next `count` samples of a `soundfile.SoundFile`, shape ``(n, channels)``.

    Fewer where the file ends before. Memory grows with what is there, whatever its header claims.
    """
    step = max(1, _BLOCK // sound.channels)
    pieces = []
    left = count
    while True:
        piece = sound.read(min(step, left), dtype=dtype, always_2d=True)
        pieces.append(piece)
        left -= len(piece)
        if not left or not len(piece):
            return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def decode_sound(data: bytes, dtype: str = "float32") -> tuple[AnyArray, int]:
    """All samples of a sound file, shape ``(n, channels)``, and its rate.

    Raises:
        soundfile.LibsndfileError: it is no sound file that libsndfile reads.
    """
    with opened_sound(data) as sound:
        return read_frames(sound, sound.frames, dtype), int(sound.samplerate)


def encode_sound(
    samples: AnyArray,
    rate: int,
    format: str,  # noqa: A002  (as in soundfile)
    subtype: str,
    compression_level: float | None = None,
) -> bytes:
    """A sound file of samples of shape ``(n,)`` or ``(n, channels)``.

    Args:
        samples: what `soundfile.write` takes.
        rate: samples a second.
        format: libsndfile's name of the container.
        subtype: and of the coding.
        compression_level: from 0 (fast) to 1 (small), where the format has one.
    """
    import soundfile

    channels = 1 if samples.ndim == 1 else samples.shape[1]
    step = max(1, _BLOCK // channels)

    def write(target: int | BinaryIO) -> None:
        with (
            out_of_memory(),
            soundfile.SoundFile(
                target, "w", rate, channels, subtype, format=format, closefd=False,
                compression_level=compression_level,
            ) as sound,
        ):  # fmt: skip
            for start in range(0, len(samples), step):
                sound.write(samples[start : start + step])

    try:
        with unnamed_file() as file:
            write(file.fileno())
            file.seek(0)
            return file.read()
    except (OSError, soundfile.LibsndfileError):
        # The system limits the size of any file (`ulimit -f`), or has no space for temporary ones.
        memory = io.BytesIO()
        with signals_held():
            write(memory)
        return memory.getvalue()


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Keep SIGINT and SIGTERM until the block is over, then let their handlers run.

    Only the main thread is ever sent an exception by a handler, so others need nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = {}
    try:
        for number in _HELD:
            handler = signal.getsignal(number)
            if callable(handler):
                before[number] = handler
                signal.signal(number, lambda *what: came.append(what))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for came_number, frame in came:
            before[signal.Signals(came_number)](came_number, frame)
