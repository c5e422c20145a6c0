"""What FFmpeg decodes, through PyAV: M4A, the sound of videos, and formats that are rare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from interactspeech.errors import InputError
from interactspeech.signal.decoder import Frames, LengthOrigin, lost, truncated

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
#: Containers whose header states a stream's duration, or the file's; others are estimated.
_STREAM_DURATIONS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2"})
_FILE_DURATIONS = frozenset({"matroska,webm", "asf"})
#: A promise of this many seconds more than what is there is one that is not kept.
_MISSING = 1.0


class MediaDecoder:
    """A file that FFmpeg reads; its first stream of sound counts. See `Decoder`.

    The first sample of the stream is sample 0; holes between its packets are silence.

    Raises:
        InputError: FFmpeg cannot read the file, or it holds no sound.
    """

    def __init__(self, path: Path, notes: Sequence[str] = ()) -> None:
        self.path = path
        self.notes = tuple(notes)
        self.length: LengthOrigin = "counted"
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
        self._coarse = self._tick * self.rate > 1
        self._frames: Iterator[tuple[int, Frames]] = iter(())
        self._pending: tuple[int, Frames] | None = None
        #: Where decoding goes on: what lies before needs a restart.
        self._cursor = 0
        try:
            self.samples = self._length()
        except av.FFmpegError as error:
            self.close()
            problem = f"is truncated or damaged: {_said(error)}"
            raise lost(path, problem) from None
        if self.samples < 1:
            self.close()
            raise InputError("holds no samples", path, reason="empty-audio")
        self._check_promise()
        late = float(self._origin * self._tick) - (self._container.start_time or 0) / av.time_base
        if self._container.streams.video and late > _SLACK:
            self.notes += (
                f"its sound begins {late:,.2f} s after its picture; times count from the sound",
            )
        streams = len(self._container.streams.audio)
        if streams > 1:
            self.notes += (f"it holds {streams} streams of sound; the first is read",)
        self._restart(0)

    def _check_promise(self) -> None:
        """Hold the duration that the container's header states to what was found."""
        container, stream = self._container, self._stream
        promised = 0.0
        if self.kind in _STREAM_DURATIONS and stream.duration:
            promised = float(stream.duration * self._tick)
        elif self.kind in _FILE_DURATIONS and container.duration and not container.streams.video:
            # Matroska's counts from 0, also where the first packet is later.
            promised = container.duration / av.time_base - float(self._origin * self._tick)
        found = self.samples / self.rate
        if promised > found + max(_MISSING, 0.001 * promised):
            self.close()
            raise truncated(
                self.path,
                f"is truncated: its header promises {promised:,.2f} s and {found:,.2f} s are there",
            )

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
        """Decode from a place before `start` on.

        Where time stamps are coarser than samples (milliseconds in WebM), a place that was sought
        is known to a millisecond only: there, and at the beginning, all is decoded from the first
        packet on by a fresh decoder.
        """
        begin = max(0.0, start / self.rate - _RUN_UP)
        if begin and not self._coarse:
            offset = self._origin + int(begin / self._tick)
            self._container.seek(offset, stream=self._stream, backward=True)
        else:
            self._container.close()
            self._container = av.open(str(self.path), options=_OPTIONS)
            self._stream = self._container.streams.audio[0]
        self._frames = self._decode()
        self._pending = None
        self._cursor = round(begin * self.rate) if not self._coarse else 0

    def _decode(self) -> Iterator[tuple[int, Frames]]:
        """Position and samples, one decoded frame after the other."""
        # Interleaved: PyAV ends the process when it is asked for an array of eight planes or more.
        convert = av.AudioResampler(format="flt", layout=self._stream.layout, rate=self.rate)
        reached: int | None = None
        rounding = 2 * self._tick * self.rate
        for frame in self._container.decode(self._stream):
            at = reached if frame.pts is None else self._position(frame.pts)
            if self._coarse and reached is not None and abs((at or 0) - reached) <= rounding:
                at = reached
            for interleaved in convert.resample(frame):
                samples: Any = interleaved.to_ndarray().reshape(-1, self.channels)
                yield (at or 0), samples
                at = reached = (at or 0) + len(samples)

    def read(self, start: int, stop: int) -> Frames:
        """Samples [start, stop); see `Decoder`."""
        found = np.zeros((stop - start, self.channels), np.float32)
        far = start > self._cursor + _WALK * self.rate and not self._coarse
        if start < self._cursor or far:
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
                self._cursor = max(self._cursor, at + len(samples))
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
