"""What every decoder of an audio file offers, and how it reports that the file fails it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from interactspeech._typing import Float32Array
from interactspeech.errors import InputError

#: Samples as decoders give them: float32, shape ``(n, channels)``.
Frames = Float32Array

#: Where a file's length comes from: its header (and the bytes that it promises are there), or
#: counting, because the header leaves the length open, estimates it, or contradicts the file.
LengthOrigin = Literal["header", "counted"]


class Decoder(Protocol):
    """A file of `samples` samples in `channels` channels, read in any order.

    Attributes:
        path: of the file.
        kind: what its content is ("WAV", "MP3", "mov,mp4,m4a").
        length: where `samples` comes from.
        notes: what is unusual about the file: sizes that its header leaves open, bytes that are not
            read.
    """

    path: Path
    kind: str
    channels: int
    rate: int
    samples: int
    length: LengthOrigin
    notes: tuple[str, ...]

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop), shape ``(stop - start, channels)``.

        Raises:
            InputError: the file is shorter than it claims, damaged, or gone.
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...


_LEAST_RATE, _MOST_RATE, _MOST_CHANNELS = 1_000, 768_000, 64


def check_claims(path: Path, channels: int, rate: int) -> None:
    """Refuse a header that cannot be true: a damaged one may ask for any amount of memory.

    Raises:
        InputError: more channels, or another rate in Hz, than sound has (reason ``"not-audio"``).
    """
    if not (_LEAST_RATE <= rate <= _MOST_RATE and 1 <= channels <= _MOST_CHANNELS):
        raise InputError(
            f"claims {channels} channels at {rate} Hz", path,
            remedy=f"1 to {_MOST_CHANNELS} channels at {_LEAST_RATE} to {_MOST_RATE} Hz are read",
            reason="not-audio",
        )  # fmt: skip


def truncated(path: Path, problem: str) -> InputError:
    """The error for a file that holds less than its header promises."""
    return InputError(
        problem, path, remedy="fetch or record it again", reason="truncated-audio"
    )  # fmt: skip


def lost(path: Path, problem: str) -> InputError:
    """The error for a file that stopped giving samples: gone, or damaged."""
    if not path.exists():
        return InputError(
            "vanished while it was read", path, remedy="is its disk still mounted?",
            reason="vanished-file",
        )  # fmt: skip
    return truncated(path, problem)
