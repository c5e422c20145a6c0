"""Recordings of any length, read piece by piece: memory is bounded by the piece, not the recording.

```
file ─ decoder ─► native samples ─ resampler ─► chunks of 10 s ─► read(start, stop), blocks(length)
file ─ decoder ─► ...                            (channels of all files side by side)
```
Chunks begin on whole seconds, which fall on a sample at every rate, and are resampled with context
on either side. So the samples do not depend on how they are read: pieces of any length, in any
order, agree to the bit. (Two decoders depend on what they decoded before: MP3 in the last bit, and
AAC where it fills bands with noise.)
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.errors import InputError
from interactspeech.records import Samples
from interactspeech.signal.decoder import Decoder, Frames
from interactspeech.signal.decoders import open_audio
from interactspeech.signal.samples import LOUDEST, as_floats, keep_freed_memory

#: Seconds of a chunk, and how many chunks are kept: pieces that overlap are not decoded twice.
_CHUNK_SECONDS, _KEPT = 10, 3
#: Context that a chunk is resampled with, in seconds: several times the resampler's own reach.
_CONTEXT_SECONDS = 0.05
#: One file per speaker: lengths may differ by so many seconds, the shorter are filled with silence.
DEFAULT_TOLERANCE = 1.0
_MAX_RATE = 768_000


@dataclass(frozen=True)
class RecordingTrack:
    """The part of a file that belongs to a recording: one channel (from 0), or all (None)."""

    path: Path
    channel: int | None = None


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels of the channels of a recording, over the samples that were examined.

    Attributes:
        samples: how many were looked at.
        products: shape ``(channels, channels)``: sums of the products of every two channels.
        peak: shape ``(channels,)``: largest absolute sample of each.
        envelope: shape ``(channels, n)``: root mean squares of frames of 20 ms.
    """

    samples: int
    products: Float64Array
    peak: Float32Array
    envelope: Float32Array

    @property
    def rms(self) -> Float64Array:
        """Root mean square of each channel."""
        return np.asarray(np.sqrt(np.diagonal(self.products) / max(self.samples, 1)))

    def correlation(self, a: int, b: int) -> float:
        """Normalised correlation of two channels at lag 0, in [-1, 1]; 0 where one is silent."""
        scale = np.sqrt(self.products[a, a] * self.products[b, b])
        return float(self.products[a, b] / scale) if scale > 0 else 0.0

    def likeness(self, a: int, b: int) -> float:
        """Correlation of two channels' envelopes, in [-1, 1]: near 1 where both hear the same,
        however far apart their microphones are; 0 where one is silent.
        """
        one, other = self.envelope[a], self.envelope[b]
        one, other = one - one.mean(), other - other.mean()
        scale = float(np.sqrt((one @ one) * (other @ other)))
        return float(one @ other) / scale if scale > 0 else 0.0


class Recording:
    """One recording, opened lazily; use it as a context manager.

    ```python
    with Recording.open("call.flac", rate=16_000) as call:
        for start, block in call.blocks(16_000):
            ...  # block: float32, shape (channels, up to 16000)
    ```

    Attributes:
        files: what it is made of.
        rate: samples a second of everything that is read.
        native: samples a second of the files (the highest of theirs).
        channels: of all files, side by side in their order.
        samples: length in samples at `rate`; of the longest file.
        padded: how many samples of silence were added to the shortest file.
        notes: what is unusual about the files, each with its path: sizes that a header leaves open,
            bytes that are not read.
    """

    def __init__(
        self, decoders: Sequence[Decoder], channels: Sequence[int | None], rate: int | None,
        *, mix: bool, measure: bool = False,
    ) -> None:  # fmt: skip
        self.native = max(decoder.rate for decoder in decoders)
        self.rate = rate or self.native
        self._parts = [
            _RecordingFile(decoder, channel, self.rate)
            for decoder, channel in zip(decoders, channels, strict=True)
        ]
        self.files = tuple(part.path for part in self._parts)
        self.notes = tuple(
            f"{decoder.path}: {note}" for decoder in decoders for note in decoder.notes
        )
        self._mix = mix
        self._sources = sum(part.channels for part in self._parts)
        self.channels = 1 if mix else self._sources
        lengths = [part.samples for part in self._parts]
        self.samples = max(lengths)
        self.padded = self.samples - min(lengths)
        self._chunks: OrderedDict[int, Samples] = OrderedDict()
        self._seen: dict[int, Levels] = {}
        self._measure = measure

    @classmethod
    def open(
        cls,
        files: str
        | os.PathLike[str]
        | RecordingTrack
        | Iterable[str | os.PathLike[str] | RecordingTrack],
        rate: int | None = None,
        *,
        mix: bool = False,
        tolerance: float = DEFAULT_TOLERANCE,
        measure: bool = False,
    ) -> Self:
        """Open a recording.

        Args:
            files: an audio file or the sound of a video; or several that were recorded at the same
                time, one for each speaker: their channels are put side by side.
            rate: samples a second to read at; the files' own (the highest of theirs) if None.
            mix: make one channel, the mean of all.
            tolerance: by how many seconds the lengths of several files may differ.
            measure: keep the `levels` of whatever is read, so that they need no decoding later.

        Raises:
            InputError: a file is missing, empty, truncated, damaged or no audio; a channel does not
                exist; lengths differ by more than `tolerance`. The `reason` says which.
        """
        if rate is not None and not 1 <= rate <= _MAX_RATE:
            raise ValueError(f"a rate of {rate} samples a second")
        keep_freed_memory()
        tracks = [
            one if isinstance(one, RecordingTrack) else RecordingTrack(Path(one))
            for one in ([files] if isinstance(files, str | os.PathLike | RecordingTrack) else files)
        ]
        if not tracks:
            raise ValueError("a recording of no files")
        decoders: list[Decoder] = []
        try:
            for track in tracks:
                decoder = open_audio(track.path)
                decoders.append(decoder)
                _has(decoder, track.channel)
            _alike(decoders, tolerance)
        except InputError:
            for decoder in decoders:
                decoder.close()
            raise
        picked = [track.channel for track in tracks]
        return cls(decoders, picked, rate, mix=mix, measure=measure)

    @property
    def path(self) -> Path:
        """The (first) file."""
        return self.files[0]

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.rate

    def read(self, start: int, stop: int) -> Samples:
        """Samples [start, stop) at `rate`, float32, shape ``(channels, stop - start)``.

        Raises:
            ValueError: ``not 0 <= start <= stop <= samples``.
            InputError: the file ends early, is damaged, has vanished, or holds samples that are no
                numbers.
        """
        if not 0 <= start <= stop <= self.samples:
            raise ValueError(f"samples [{start}, {stop}) of a recording of {self.samples}")
        out = np.empty((self.channels, stop - start), np.float32)
        size = _CHUNK_SECONDS * self.rate
        for number in range(start // size, -(-stop // size)):
            first = number * size
            a, b = max(start, first), min(stop, first + size)
            out[:, a - start : b - start] = self._chunk(number)[:, a - first : b - first]
        return out

    def blocks(self, length: int, hop: int | None = None) -> Iterator[tuple[int, Samples]]:
        """The recording in blocks of `length` samples, one each `hop` samples.

        Args:
            length: of a block; the last ones are shorter.
            hop: from the start of a block to the next one's; `length` if None.

        Yields:
            Start in samples, and the block, float32 of shape ``(channels, up to length)``.
        """
        if length < 1 or (hop is not None and hop < 1):
            raise ValueError(f"blocks of {length} samples, one each {hop}")
        for start in range(0, self.samples, hop or length):
            yield start, self.read(start, min(start + length, self.samples))

    def levels(self, sample: int | None = None) -> Levels:
        """Energy and likeness of the channels.

        Args:
            sample: look at so many chunks of 10 s, evenly spread; at all if None. Where the
                recording was opened to measure, what was read before is not decoded again.
        """
        count = -(-self.samples // (_CHUNK_SECONDS * self.rate))
        wanted = range(count)
        if sample is not None and sample < count:
            wanted = np.unique(np.linspace(0, count - 1, sample).astype(int)).tolist()
        for number in wanted:
            if number not in self._seen:
                self._seen[number] = _levels(self._decoded(number), self.rate)
        seen = [self._seen[number] for number in wanted]
        return Levels(
            sum(one.samples for one in seen),
            np.sum([one.products for one in seen], axis=0),
            np.max([one.peak for one in seen], axis=0),
            np.concatenate([one.envelope for one in seen], axis=1),
        )

    def close(self) -> None:
        """Close the files."""
        self._chunks.clear()
        for part in self._parts:
            part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _chunk(self, number: int) -> Samples:
        if number in self._chunks:
            self._chunks.move_to_end(number)
            return self._chunks[number]
        chunk = self._decoded(number)
        if self._measure and number not in self._seen:
            self._seen[number] = _levels(chunk, self.rate)
        if self._mix:
            chunk = chunk.mean(axis=0, dtype=np.float32, keepdims=True)
        while len(self._chunks) >= _KEPT:
            self._chunks.popitem(last=False)
        self._chunks[number] = chunk
        return chunk

    def _decoded(self, number: int) -> Samples:
        """A chunk of all channels of the files."""
        size = _CHUNK_SECONDS * self.rate
        length = min(size, self.samples - number * size)
        chunk = np.zeros((self._sources, length), np.float32)
        row = 0
        for part in self._parts:
            found = part.chunk(number)[:length]
            chunk[row : row + part.channels, : len(found)] = found.T
            row += part.channels
        return chunk


def _levels(chunk: Samples, rate: int) -> Levels:
    hop = max(1, rate // 50)
    frames = chunk[:, : chunk.shape[1] // hop * hop].reshape(len(chunk), -1, hop)
    envelope = np.sqrt(np.einsum("cfh,cfh->cf", frames, frames) / hop)
    peak = np.abs(chunk).max(axis=1, initial=0.0)
    return Levels(
        chunk.shape[1], (chunk @ chunk.T).astype(np.float64), peak, envelope.astype(np.float32)
    )


def _has(decoder: Decoder, channel: int | None) -> None:
    if channel is not None and not 0 <= channel < decoder.channels:
        raise InputError(
            f"has {decoder.channels} channels, so none of number {channel}", decoder.path,
            reason="no-such-channel",
        )  # fmt: skip


def _alike(decoders: Sequence[Decoder], tolerance: float) -> None:
    seconds = [decoder.samples / decoder.rate for decoder in decoders]
    longest, shortest = (decoders[seconds.index(f(seconds))] for f in (max, min))
    if max(seconds) - min(seconds) > tolerance:
        raise InputError(
            f"is {min(seconds):,.2f} s long and {longest.path.name} of the same recording "
            f"{max(seconds):,.2f} s", shortest.path,
            remedy=f"lengths may differ by {tolerance:g} s; allow more if the rest is silence",
            reason="unequal-lengths",
        )  # fmt: skip


class _RecordingFile:
    """One file of a recording, chunk by chunk at the recording's rate."""

    def __init__(self, decoder: Decoder, channel: int | None, rate: int) -> None:
        self._decoder, self._pick, self._rate = decoder, channel, rate
        self.path = decoder.path
        self.channels = decoder.channels if channel is None else 1
        self.samples = max(1, (decoder.samples * rate + decoder.rate // 2) // decoder.rate)
        self.close = decoder.close
        # Context that has a whole number of samples at both rates.
        unit = decoder.rate // int(np.gcd(decoder.rate, rate))
        self._context = -(-round(_CONTEXT_SECONDS * decoder.rate) // unit) * unit
        self._held: tuple[int, Frames] = (0, np.zeros((0, decoder.channels), np.float32))

    def chunk(self, number: int) -> Frames:
        """Samples of a chunk at the recording's rate, shape ``(n, channels)``; n is 0 after the
        file's end.
        """
        size = _CHUNK_SECONDS * self._decoder.rate
        first = number * size
        if first >= self._decoder.samples:
            return np.zeros((0, self.channels), np.float32)
        if self._decoder.rate == self._rate:
            return self._native(first, first + size)
        import soxr

        low = max(0, first - self._context)
        wide = self._native(low, first + size + self._context)
        out = soxr.resample(wide, self._decoder.rate, self._rate)
        skip = (first - low) * self._rate // self._decoder.rate
        last = min(_CHUNK_SECONDS * self._rate, self.samples - number * _CHUNK_SECONDS * self._rate)
        return np.asarray(out[skip : skip + last], np.float32)

    def _native(self, start: int, stop: int) -> Frames:
        """Samples of the file, as far as it goes; those that the last call ended with are kept."""
        stop = min(stop, self._decoder.samples)
        begin, held = self._held
        if begin <= start < begin + len(held) < stop:
            kept = held[start - begin :]
            found = np.concatenate((kept, self._decoder.read(start + len(kept), stop)))
        else:
            found = self._decoder.read(start, stop)
        with np.errstate(invalid="ignore", over="ignore"):
            total = found.sum()  # quick, and no number if a sample is none
        if not np.isfinite(total) and (bad := ~np.isfinite(found).all(axis=1)).any():
            at = (start + int(np.argmax(bad))) / self._decoder.rate
            raise InputError(
                f"holds samples that are no numbers (NaN or infinity), the first after {at:.3f} s",
                self.path, remedy="write it again from its source", reason="not-finite",
            )  # fmt: skip
        if len(found) and max(found.max(), -found.min()) > LOUDEST:
            try:
                as_floats(found)
            except InputError as error:
                raise InputError(
                    error.problem, self.path, remedy=error.remedy, reason=error.reason
                ) from None
        tail = min(len(found), 2 * self._context)
        self._held = (stop - tail, found[len(found) - tail :].copy())
        return found if self._pick is None else found[:, self._pick : self._pick + 1]
