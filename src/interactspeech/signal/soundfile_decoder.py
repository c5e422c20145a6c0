"""What libsndfile decodes: WAV, FLAC, MP3, Ogg, AIFF, SPHERE and others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech.errors import InputError
from interactspeech.signal.byte_source import Stretch, StretchFile
from interactspeech.signal.decoder import Decoder, Frames, LengthOrigin, check_claims, lost
from interactspeech.signal.sound_bytes import out_of_memory, signals_held

#: Formats in which a decoder needs a run-up after a seek (libvorbis lands in the wrong place when
#: it is asked for a place inside its current page, MP3 has a bit reservoir).
_NEEDS_RUN_UP = frozenset({"OGG", "MP3"})
#: The last block of a codec holds less than so many seconds.
_FILL = 0.5
#: Values (samples times channels) that are decoded in one call.
_BLOCK = 1 << 21


@dataclass(frozen=True)
class RawFormat:
    """How plain samples are stored: libsndfile's names of their type and byte order."""

    subtype: str
    endian: str
    channels: int
    rate: int


class SoundFileDecoder:
    """A file, or a stretch of one, that libsndfile reads. See `Decoder`.

    Args:
        path: of the file.
        stretch: the bytes to read; all if None.
        raw: `stretch` has no header and holds samples of this format.
        kind: the container's name, for `raw`.
        samples: how many are sound, if that leaves out less than `_FILL` of the decoder's.

    Raises:
        soundfile.LibsndfileError: it cannot be read.
        InputError: it can, and holds no samples.
    """

    def __init__(
        self, path: Path, stretch: Stretch | None = None, raw: RawFormat | None = None,
        *, kind: str = "", samples: int | None = None, length: LengthOrigin = "header",
        notes: Sequence[str] = (),
    ) -> None:  # fmt: skip
        import soundfile

        if raw is not None:
            check_claims(path, raw.channels, raw.rate)
        if raw is None and stretch is None and path.suffix.lower() == ".raw":
            # By that ending alone soundfile takes a file for samples without a header.
            stretch = Stretch(0, path.stat().st_size)
        self.path = path
        self._error = soundfile.LibsndfileError
        self._window = None if stretch is None else StretchFile(path, stretch)
        options: dict[str, Any] = {}
        if raw is not None:
            options = {
                "format": "RAW", "subtype": raw.subtype, "endian": raw.endian,
                "channels": raw.channels, "samplerate": raw.rate,
            }  # fmt: skip
        try:
            with self._calls(), out_of_memory():
                self._file = soundfile.SoundFile(self._window or path, **options)
        except soundfile.LibsndfileError:
            if self._window is not None:
                self._window.close()
            raise
        self.kind: str = kind or self._file.format
        self.channels: int = self._file.channels
        self.rate: int = self._file.samplerate
        self.samples: int = self._file.frames
        if samples is not None and 0 <= self.samples - samples <= _FILL * self.rate:
            self.samples = samples
        self.length: LengthOrigin = length
        self.notes = tuple(notes)
        if raw is None and self._file.format == "RAW":  # .vox, .gsm
            found = f"{self._file.subtype_info}, {self.rate:,} Hz, {self.channels} channel"
            self.notes += (f"it has no header: by its ending it is read as {found}",)
        self._at = 0
        self._block = max(1, _BLOCK // self.channels)
        self._run_up = self.rate if self.kind in _NEEDS_RUN_UP else 0
        if self.samples < 1:
            self.close()
            raise InputError("holds no samples", path, reason="empty-audio")

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop); see `Decoder`."""
        try:
            if start != self._at:
                begin = max(0, start - self._run_up)
                # Where a call is broken off, the next one seeks again.
                self._at = -1
                with self._calls():
                    self._file.seek(begin)
                self._at = begin
                if begin < start:
                    self._frames(start - begin)
            found = self._frames(stop - start)
        except self._error as error:
            raise lost(self.path, f"is truncated or damaged: {error}") from None
        if len(found) != stop - start:
            raise lost(
                self.path,
                f"is truncated: it ends after {self._at / self.rate:,.2f} of "
                f"{self.samples / self.rate:,.2f} s",
            )
        return found

    def _frames(self, count: int) -> Frames:
        """The next samples, in blocks between which a signal is obeyed."""
        found = np.empty((count, self.channels), np.float32)
        for first in range(0, count, self._block):
            part, at = found[first : first + self._block], self._at
            self._at = -1
            with self._calls(), out_of_memory():
                size = len(self._file.read(out=part))
            self._at = at + size
            if size < len(part):
                return found[: first + size]
        return found

    def _calls(self) -> AbstractContextManager[None]:
        """Held around calls of libsndfile that come back to Python for the bytes."""
        return nullcontext() if self._window is None else signals_held()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._window is not None:
            self._window.close()


class ChainedDecoder:
    """Several decoders of one file, one after the other. See `Decoder`.

    Args:
        parts: of the same rate and number of channels.
        notes: about the file.
    """

    def __init__(self, parts: Sequence[Decoder], notes: Sequence[str]) -> None:
        first = parts[0]
        self.path, self.kind = first.path, first.kind
        self.channels, self.rate = first.channels, first.rate
        self._parts = list(parts)
        self._edges = np.cumsum([0, *(part.samples for part in parts)]).tolist()
        self.samples: int = self._edges[-1]
        self.length: LengthOrigin = "counted"
        self.notes = tuple(notes)

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop); see `Decoder`."""
        pieces = [np.zeros((0, self.channels), np.float32)]
        for part, low, high in zip(self._parts, self._edges, self._edges[1:], strict=False):
            if low < stop and high > start:
                pieces.append(part.read(max(start, low) - low, min(stop, high) - low))
        return np.concatenate(pieces)

    def close(self) -> None:
        """Close the file."""
        for part in self._parts:
            part.close()
