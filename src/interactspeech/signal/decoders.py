"""What every decoder of an audio file offers, and how it says that the file fails it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from interactspeech.errors import InputError, install_command

#: Samples as decoders give them: float32, shape ``(n, channels)``.
Frames = npt.NDArray[np.float32]


class Decoder(Protocol):
    """A file of `samples` samples in `channels` channels, read in any order.

    Attributes:
        path: of the file.
        kind: what its content is ("WAV", "MP3", "mov,mp4,m4a").
    """

    path: Path
    kind: str
    channels: int
    rate: int
    samples: int

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop), shape ``(stop - start, channels)``.

        Raises:
            InputError: the file is shorter than it claims, damaged, or gone.
        """
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


def lost(path: Path, problem: str) -> InputError:
    """The error for a file that stopped giving samples: gone, or damaged."""
    if not path.exists():
        return InputError(
            "vanished while it was read", path, remedy="is its disk still mounted?",
            reason="vanished-file",
        )  # fmt: skip
    remedy = "fetch or record it again"
    return InputError(problem, path, remedy=remedy, reason="truncated-audio")


# Audio files as sequences of samples that are decoded when they are asked for.
#
# libsndfile reads WAV, FLAC, MP3, OGG, AIFF, SPHERE and others; what it cannot, and the sound of
# videos, FFmpeg reads through PyAV (extra ``media``). What a file is, its content says, not its
# name.


#: Formats in which a decoder needs a run-up after a seek (libvorbis lands in the wrong place when
#: it is asked for a place inside its current page, MP3 has a bit reservoir).
_NEEDS_RUN_UP = frozenset({"OGG", "MP3"})
#: What libsndfile's log says of a chunk that is shorter than its header claims.
_CUT_SHORT = re.compile(r"^\s*(\S+)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE)
#: Sizes that writers to a pipe leave in headers, for they cannot go back: they claim nothing.
_UNKNOWN_SIZES = frozenset({0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF, 0xFFFFFFFE})
_LEAST_RATE, _MOST_RATE, _MOST_CHANNELS = 1_000, 768_000, 64
#: How the files of common containers begin, at which offset; to tell damage from something else.
_MAGIC = (
    (b"RIFF", 0), (b"RF64", 0), (b"fLaC", 0), (b"OggS", 0), (b"ID3", 0), (b"FORM", 0),
    (b"NIST_1A", 0), (b"ftyp", 4), (b"\x1a\x45\xdf\xa3", 0), (b"caff", 0), (b"\xff\xfb", 0),
)  # fmt: skip


def open_audio(path: Path | str) -> Decoder:
    """Open an audio file, or the sound of a video.

    Raises:
        InputError: the file is missing, empty, truncated or damaged, is no audio, or needs a
            decoder that is not installed. The `reason` says which.
    """
    import soundfile

    path = Path(path)
    head = _head(path)
    try:
        return _sane(SoundFileDecoder(path))
    except soundfile.LibsndfileError:
        pass
    try:
        import av  # noqa: F401 -- the extra `media`
    except ImportError:
        problem = "libsndfile cannot read it"
        remedy = f"if it is audio or video, install its decoder: {install_command('media')}"
        raise InputError(problem, path, remedy=remedy, reason="no-decoder") from None
    try:
        return _sane(MediaDecoder(path))
    except InputError as error:
        known = any(head[at : at + len(magic)] == magic for magic, at in _MAGIC)
        if error.reason != "not-audio" or not known:
            raise
        raise InputError(
            "begins like audio and cannot be decoded: it is truncated or damaged", path,
            remedy="fetch or record it again", reason="truncated-audio",
        ) from None  # fmt: skip


def _sane(decoder: Decoder) -> Decoder:
    """The decoder, if its header can be true: a damaged one may ask for any amount of memory."""
    if not (_LEAST_RATE <= decoder.rate <= _MOST_RATE and 1 <= decoder.channels <= _MOST_CHANNELS):
        decoder.close()
        raise InputError(
            f"claims {decoder.channels} channels at {decoder.rate} Hz", decoder.path,
            remedy=f"1 to {_MOST_CHANNELS} channels at {_LEAST_RATE} to {_MOST_RATE} Hz are read",
            reason="not-audio",
        )  # fmt: skip
    return decoder


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise InputError("does not exist", path, reason="missing-file") from None
    except IsADirectoryError:
        raise InputError("is a folder, not a file", path, reason="unreadable") from None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError(problem, path, reason="unreadable") from None
    if not head:
        raise InputError("is empty", path, reason="empty-audio")
    return head


class SoundFileDecoder:
    """A file that libsndfile reads.

    Raises:
        soundfile.LibsndfileError: it cannot.
        InputError: it can, and the file is empty or truncated.
    """

    def __init__(self, path: Path) -> None:
        import soundfile

        self.path = path
        self._error = soundfile.LibsndfileError
        self._file = soundfile.SoundFile(path)
        self.kind: str = self._file.format
        self.channels: int = self._file.channels
        self.rate: int = self._file.samplerate
        self.samples: int = self._file.frames
        self._at = 0
        self._run_up = self.rate if self.kind in _NEEDS_RUN_UP else 0
        try:
            self._check()
        except InputError:
            self.close()
            raise

    def _check(self) -> None:
        for name, claimed, there in _CUT_SHORT.findall(self._file.extra_info):
            if name != "RIFF" and int(claimed) > int(there) and int(claimed) not in _UNKNOWN_SIZES:
                raise InputError(
                    f"is truncated: its {name} chunk claims {int(claimed):,} bytes and "
                    f"{int(there):,} are there", self.path,
                    remedy="fetch or record it again", reason="truncated-audio",
                )  # fmt: skip
        if self.samples < 1:
            raise InputError("holds no samples", self.path, reason="empty-audio")
        if self.kind == "OGG" and not _ogg_ends(self.path):
            raise InputError(
                "is truncated: its last page does not end the stream", self.path,
                remedy="fetch or record it again", reason="truncated-audio",
            )  # fmt: skip

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop); see `Decoder`."""
        try:
            if start != self._at:
                begin = max(0, start - self._run_up)
                self._file.seek(begin)
                self._at = begin
                if begin < start:
                    self._at += len(self._file.read(start - begin, dtype="float32"))
            found: Frames = self._file.read(stop - start, dtype="float32", always_2d=True)
        except self._error as error:
            raise lost(self.path, f"is truncated or damaged: {error}") from None
        self._at += len(found)
        if len(found) != stop - start:
            raise lost(
                self.path,
                f"is truncated: it ends after {self._at / self.rate:,.2f} of "
                f"{self.samples / self.rate:,.2f} s",
            )
        return found

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def _ogg_ends(path: Path) -> bool:
    """Whether the last page of an Ogg file is marked as the last (RFC 3533, section 6)."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 2 * 65_307))  # a page has at most 65,307 bytes
        tail: Any = file.read()
    last = tail.rfind(b"OggS")
    return last >= 0 and len(tail) > last + 5 and bool(tail[last + 5] & 4)


# What FFmpeg decodes, through PyAV: M4A, the sound of videos, and formats that are rare.


#: Containers that hold sound themselves. Playlists (HLS, concat, DASH) are not among them: they
#: would make FFmpeg open whatever files and addresses they name.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,gsm,matroska,webm,mov,mp4,m4a,3gp,mp3,"
    "mpeg,mpegts,mpegvideo,nistsphere,ogg,rm,tta,voc,w64,wav,wv"
)
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
#: Decoded before a place that was sought, in seconds: lapped transforms need the frame before.
_RUN_UP = 1.0
#: A jump forward shorter than this is decoded through, in seconds.
_WALK = 20.0
#: Encoders' delay and padding: containers and decoders may differ by so many seconds about an end.
_SLACK = 0.25


class MediaDecoder:
    """A file that FFmpeg reads; its first stream of sound counts. See `Decoder`.

    The first sample of the stream is sample 0; holes between its packets are silence.

    Raises:
        InputError: FFmpeg cannot read the file, or it holds no sound.
    """

    def __init__(self, path: Path) -> None:
        import av

        self.path = path
        try:
            self._container = av.open(str(path), options=_OPTIONS)
        except (av.FFmpegError, ValueError, OSError) as error:
            problem = f"is no audio that FFmpeg reads: {_said(error)}"
            raise InputError(problem, path, reason="not-audio") from None
        if not self._container.streams.audio:
            self._container.close()
            raise InputError("holds no sound", path, reason="not-audio")
        stream = self._stream = self._container.streams.audio[0]
        if not getattr(stream, "channels", 0) or not stream.rate:  # FFmpeg has no decoder for it
            self._container.close()
            raise InputError("holds sound of an unknown kind", path, reason="not-audio")
        self.kind: str = self._container.format.name
        self.channels: int = stream.channels
        self.rate: int = stream.rate
        self._origin: int = stream.start_time or 0
        self._tick = stream.time_base or Fraction(1, self.rate)
        self._frames: Iterator[tuple[int, Frames]] = iter(())
        self._pending: tuple[int, Frames] | None = None
        try:
            self.samples = self._length()
        except av.FFmpegError as error:
            self.close()
            problem = f"is truncated or damaged: {_said(error)}"
            raise lost(path, problem) from None
        if self.samples < 1:
            self.close()
            raise InputError("holds no samples", path, reason="empty-audio")
        self._restart(0)

    def _length(self) -> int:
        """Samples up to the end of the last packet: packets are read, not decoded."""
        end = 0
        for packet in self._container.demux(self._stream):
            if packet.pts is not None:
                end = max(end, packet.pts + (packet.duration or 0))
        return self._position(end)

    def _position(self, pts: int) -> int:
        return round((pts - self._origin) * self._tick * self.rate)

    def _restart(self, start: int) -> None:
        """Decode from a place before `start` on."""
        begin = max(0.0, start / self.rate - _RUN_UP)
        offset = self._origin + int(begin / self._tick)
        self._container.seek(offset if begin else self._origin, stream=self._stream, backward=True)
        self._frames = self._decode()
        self._pending = None

    def _decode(self) -> Iterator[tuple[int, Frames]]:
        """Position and samples, one decoded frame after the other."""
        import av

        convert = av.AudioResampler(format="fltp", layout=self._stream.layout, rate=self.rate)
        for frame in self._container.decode(self._stream):
            at = None if frame.pts is None else self._position(frame.pts)
            for planar in convert.resample(frame):
                samples: Any = planar.to_ndarray().T
                yield (at if at is not None else 0), samples
                at = (at or 0) + len(samples)

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop); see `Decoder`."""
        import av

        found = np.zeros((stop - start, self.channels), np.float32)
        reached = self._pending[0] if self._pending else 0
        fresh = self._pending is None
        if (fresh and start) or start < reached or start > reached + _WALK * self.rate:
            self._restart(start)
        reached = start
        try:
            while reached < stop:
                if self._pending is None:
                    self._pending = next(self._frames, None)
                if self._pending is None:
                    break
                at, samples = self._pending
                first, last = max(at, start), min(at + len(samples), stop)
                if first < last:
                    found[first - start : last - start] = samples[first - at : last - at]
                reached = max(reached, min(at + len(samples), stop))
                if at + len(samples) > stop:
                    break  # what is left of it is for the next reading
                self._pending = None
        except (av.FFmpegError, ValueError, OSError) as error:
            raise lost(self.path, f"is truncated or damaged: {_said(error)}") from None
        if reached < stop - _SLACK * self.rate:
            problem = (
                f"is truncated: its sound ends after {reached / self.rate:,.2f} of "
                f"{self.samples / self.rate:,.2f} s"
            )
            raise lost(self.path, problem)
        return found

    def close(self) -> None:
        """Give the file back."""
        self._frames = iter(())
        self._container.close()


def _said(error: Any) -> str:
    return getattr(error, "strerror", None) or str(error)
