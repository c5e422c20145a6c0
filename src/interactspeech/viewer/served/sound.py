"""Sound for a served page: its outline and its speech, both cached, and stretches to be played."""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interactspeech._typing import Float32Array, Int64Array
from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError
from interactspeech.signal.flac import to_int16
from interactspeech.signal.intervals import union
from interactspeech.signal.speech_energy import active_spans
from interactspeech.viewer.peaks import Peaks, peaks_of_blocks
from interactspeech.viewer.served.sources import DialogueSound

_BLOCK_SECONDS = 10
_HEADER = 44
#: Frames of 5 ms, as `signal.speech_energy` has them.
_FRAMES_A_SECOND = 200
#: Speech is at most so far below the loud frames of its channel, and so far above the quiet ones
#: (decibels). For snapping to edges: no decision about events rests on it.
_BELOW_LOUD, _ABOVE_QUIET = 32.0, 9.0
#: Own silences shorter than this (seconds) are inside one stretch: the IPU of docs/framework.md.
_IPU_GAP = 0.2
#: How far a boundary is moved to a zero crossing, at most, in seconds.
_NEAR = 0.005


@dataclass(frozen=True, eq=False)
class SoundOutline:
    """What a page draws and snaps to.

    Attributes:
        peaks: of each channel.
        speech: for each channel, stretches of speech by energy, shape (n, 2), in samples.
    """

    peaks: Peaks
    speech: tuple[Int64Array, ...]


def measure_outline(sound: DialogueSound) -> SoundOutline:
    """Read a sound once, in blocks of ten seconds: an hour needs no more memory than a minute."""
    hop = max(1, sound.rate // _FRAMES_A_SECOND)
    size = max(hop, sound.rate * _BLOCK_SECONDS // hop * hop)
    power: list[Float32Array] = []

    def blocks() -> Iterator[Float32Array]:
        for start in range(0, sound.samples, size):
            block = sound.read(start, min(start + size, sound.samples))
            frames = block[:, : block.shape[1] // hop * hop].reshape(len(block), -1, hop)
            power.append(np.einsum("cfh,cfh->cf", frames, frames) / np.float32(hop))
            yield np.ascontiguousarray(block, np.float32)

    peaks = peaks_of_blocks(blocks(), sound.channels, sound.samples)
    whole = np.concatenate(power, axis=1) if power else np.zeros((sound.channels, 0), np.float32)
    return SoundOutline(peaks, tuple(_speech(one, hop, sound.rate) for one in whole))


def _speech(power: Float32Array, hop: int, rate: int) -> Int64Array:
    if not power.any():
        return np.zeros((0, 2), np.int64)
    decibels = 10 * np.log10(power + 1e-12)
    loud = max(float(np.percentile(decibels, 95)), -60.0)
    quiet = float(np.percentile(decibels, 10))
    threshold = max(loud - _BELOW_LOUD, min(quiet + _ABOVE_QUIET, loud - 6))
    # A rate at which a frame of 5 ms, rounded down, has `hop` samples.
    spans = np.array(
        active_spans(decibels > threshold, _FRAMES_A_SECOND * hop + 1), np.int64
    ).reshape(-1, 2)
    return union(spans, _IPU_GAP * rate)


class OutlineCache:
    """Outlines in a folder, by the fingerprint of what they are of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def get(self, fingerprint: str, sound: DialogueSound) -> SoundOutline:
        """The outline, read or measured."""
        key = hashlib.sha256(f"{fingerprint} 1".encode()).hexdigest()[:32]
        path = self.folder / f"{key}.npz"
        with self._lock:
            found = _load(path)
            if found is None:
                found = measure_outline(sound)
                _save(path, found)
            return found


def _save(path: Path, outline: SoundOutline) -> None:
    file = io.BytesIO()
    arrays = {f"speech{i}": spans for i, spans in enumerate(outline.speech)}
    peaks = outline.peaks
    np.savez(file, bin=np.int64(peaks.bin), low=peaks.low, high=peaks.high, rms=peaks.rms, **arrays)  # type: ignore[arg-type,unused-ignore]
    write_file(path, file.getvalue())


def _load(path: Path) -> SoundOutline | None:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
            peaks = Peaks(int(data["bin"]), data["low"], data["high"], data["rms"])
            return SoundOutline(peaks, tuple(data[f"speech{i}"] for i in range(len(peaks.low))))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # not there, or half of one: it is made again


def zero_crossing(sound: DialogueSound, channel: int, sample: int) -> int:
    """The sample nearest to `sample`, within 5 ms, where the sound of a channel crosses zero."""
    reach = max(1, round(_NEAR * sound.rate))
    start, stop = max(0, sample - reach), min(sound.samples, sample + reach + 1)
    if stop - start < 2 or not 0 <= channel < sound.channels:
        return sample
    wave = sound.read(start, stop)[channel]
    crossings = np.flatnonzero(np.signbit(wave[1:]) != np.signbit(wave[:-1])) + 1
    if not len(crossings):
        return sample
    return start + int(crossings[np.argmin(np.abs(crossings + start - sample))])


def wav_size(sound: DialogueSound, outputs: int) -> int:
    """Bytes of the sound as a WAV file of 16 bits.

    Raises:
        InputError: it is too long for one.
    """
    size = _HEADER + sound.samples * outputs * 2
    if size >= 1 << 32:
        raise InputError(
            "too long to be played as one WAV file",
            remedy="cut the recording into parts of less than 4 GB",
            reason="bad-length",
        )
    return size


def wav_bytes(
    sound: DialogueSound, channels: Sequence[int], start: int, stop: int
) -> Iterator[bytes]:
    """Bytes [start, stop) of a WAV file with some channels: one alone is mono, two left and right,
    more are spread from left to right at equal power.
    """
    outputs = min(2, len(channels))
    head = _head(sound, outputs)
    if start < _HEADER:
        yield head[start : min(stop, _HEADER)]
    frame = outputs * 2
    first = max(0, start - _HEADER)
    last = stop - _HEADER
    step = sound.rate * _BLOCK_SECONDS // 4
    for at in range(first // frame, -(-last // frame) if last > 0 else 0, step):
        end = min(at + step, -(-last // frame), sound.samples)
        block = to_int16(_mixed(sound.read(at, end), channels))
        data = np.ascontiguousarray(block.T).astype("<i2").tobytes()
        lead = max(0, first - at * frame)
        yield data[lead : min(len(data), last - at * frame)]


def _mixed(block: Float32Array, channels: Sequence[int]) -> Float32Array:
    chosen = block[list(channels)]
    if len(chosen) <= 2:
        return np.clip(chosen, -1, 1)
    angle = np.linspace(0, np.pi / 2, len(chosen), dtype=np.float32)
    mixed = np.stack([np.cos(angle) @ chosen, np.sin(angle) @ chosen])
    return np.asarray(np.clip(mixed, -1, 1), np.float32)


def _head(sound: DialogueSound, outputs: int) -> bytes:
    data = sound.samples * outputs * 2
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + data, b"WAVE", b"fmt ", 16, 1, outputs, sound.rate,
        sound.rate * outputs * 2, outputs * 2, 16, b"data", data,
    )  # fmt: skip
