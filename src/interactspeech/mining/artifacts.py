"""Artifacts in recordings: tones, music, clipping, silence, the same audio on two channels.

```
tone      two spectral lines hold nearly all the power and do not move: dialling, ringing, a bleep
music     lines of the spectrum stand still for seconds, as notes do and voices do not
clipping  wave tops cut flat
silence   nothing on any channel for long
leaked    two channels carry the same speech equally loud: an agent's audio in the caller's channel
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Float64Array, Int64Array
from interactspeech.records import Samples
from interactspeech.signal import pages
from interactspeech.signal.intervals import intersection, runs
from interactspeech.signal.pages import RATE, AudioPage, AudioSource
from interactspeech.signal.spectra import fast_length

_PAGE_SECONDS = 64
#: Windows of 64 ms every 32 ms.
_WINDOW, _HOP = 1024, 512
_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_HZ = RATE / _WINDOW
#: Windows that are transformed at once: more do not fit into the caches.
_AT_ONCE = 64

#: Share of the power in two lines, from which a frame is a tone; the shortest tone in seconds.
_TONE_SHARE, _TONE_SECONDS = 0.96, 0.25
#: Lowest tone: below, a hummed "mm" is one.
_LOWEST_TONE = 300.0
#: Frames of a block in which music is looked for (2.6 s), and how strong its lines must be (the sum
#: of the five strongest peaks of the activation), and blocks in a row.
_BLOCK, _LINES, _BLOCKS = 80, 3.3, 2
#: Highest frequency that is looked at for music. Nothing lies above it on a telephone, and the edge
#: of its band, which never moves, would be a line.
_HIGHEST_LINE = 3400.0
#: Frames (128 ms) over which the line of a tone must not move; the lines of a vowel do.
_STILL = 4
#: Share of samples on flat wave tops in a second, from which it is clipped.
_FLAT_SHARE = 0.002
#: Level (root mean square) below which a second is silent, and seconds of silence.
_SILENT, _SILENCE_SECONDS = 1e-3, 10.0
#: Frames weaker than this (dB of full scale) are not looked at.
_FAINT = -60.0
#: Correlation from which two channels carry the same, and decibels that they may differ.
_SAME, _AS_LOUD = 0.8, 6.0


@dataclass(frozen=True)
class Artifact:
    """A stretch that should be in no clip.

    Attributes:
        start, end: samples at the recording's rate.
        reason: "tone", "music", "clipping", "silence", "leaked".
        channel: where; -1 if everywhere.
    """

    start: int
    end: int
    reason: str
    channel: int = -1


def find_artifacts(source: AudioSource, talking: Sequence[Int64Array] = ()) -> list[Artifact]:
    """Find the artifacts of a recording, in order of time; it is read in pages of a minute.

    Args:
        source: the recording.
        talking: speech of each channel, ``(n, 2)`` samples; leaked audio is looked for where two
            talk at once. Nothing is looked for there if empty.
    """
    marks: dict[tuple[str, int], list[BoolArray]] = {}
    loud: list[Float32Array] = []
    for page in pages.pages(source, _PAGE_SECONDS, after=3):
        for channel, sound in enumerate(page.core):
            for reason, frames in _page(page, channel).items():
                marks.setdefault((reason, channel), []).append(frames)
            marks.setdefault(("clipping", channel), []).append(clipped(sound))
        loud.append(_seconds_rms(page.core))
    found: list[Artifact] = []
    for (reason, channel), parts in marks.items():
        step = RATE if reason == "clipping" else _HOP
        least = {"tone": _TONE_SECONDS, "music": 0.0, "clipping": 0.0}[reason]
        for start, end in runs(np.concatenate(parts)).tolist():
            if (end - start) * step >= least * RATE:
                found.append(_at_rate(start * step, end * step, reason, channel, source))
    if loud:
        for start, end in runs(np.concatenate(loud) < _SILENT).tolist():
            if end - start >= _SILENCE_SECONDS:
                found.append(_at_rate(start * RATE, end * RATE, "silence", -1, source))
    found += _leaks(source, talking)
    return sorted(found, key=lambda one: (one.start, one.end, one.reason, one.channel))


def _at_rate(start: int, end: int, reason: str, channel: int, source: AudioSource) -> Artifact:
    a, b = pages.scaled(np.array([start, end]), source.rate, source.samples).tolist()
    return Artifact(a, b, reason, channel)


def _page(page: AudioPage, channel: int) -> dict[str, BoolArray]:
    """Frames of tone and of music, of a page and its context; cut to the page."""
    frames = -(-page.length // _HOP)
    sound = page.sound[channel]
    wanted = frames + _BLOCK
    padded = np.pad(sound, (0, max(0, (wanted - 1) * _HOP + _WINDOW - len(sound))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:wanted]
    power = np.empty((len(windows), _WINDOW // 2 + 1), np.float32)
    for i in range(0, len(windows), _AT_ONCE):
        spectrum = np.fft.rfft(windows[i : i + _AT_ONCE] * _HANN)
        power[i : i + _AT_ONCE] = np.square(spectrum.real) + np.square(spectrum.imag)
    return {"tone": tones(power)[:frames], "music": music(power)[:frames]}


def tones(power: Float32Array) -> BoolArray:
    """Frames that are a tone or two, standing still. `power`: spectra, shape ``(frames, bins)``."""
    low = round(100 / _HZ)
    total = power[:, low:].sum(axis=1)
    rest = power.copy()
    rest[:, :low] = 0
    share = np.zeros(len(power))
    peaks = []
    for _ in range(2):
        peak = rest.argmax(axis=1)
        peaks.append(peak)
        for offset in range(-3, 4):
            place = np.clip(peak + offset, 0, power.shape[1] - 1)
            share += np.take_along_axis(rest, place[:, None], axis=1)[:, 0]
            np.put_along_axis(rest, place[:, None], 0, axis=1)
    still = np.zeros(len(power), np.bool_)
    if len(power) > _STILL:
        before, after = ([row[part] for row in peaks] for part in (np.s_[:-_STILL], np.s_[_STILL:]))
        # Of two equal tones now one is the stronger, now the other.
        pairs = ((0, 0), (0, 1), (1, 0))
        same = np.any([np.abs(before[a] - after[b]) <= 1 for a, b in pairs], axis=0)
        still[:-_STILL] = same
        still[_STILL:] |= same
    full = np.square(_HANN).sum() * _WINDOW / 2
    audible = 10 * np.log10(total / full + 1e-12) > _FAINT
    high = peaks[0] * _HZ >= _LOWEST_TONE
    return np.asarray(audible & still & high & (share >= _TONE_SHARE * (total + 1e-12)))


def music(power: Float32Array) -> BoolArray:
    """Frames of music, with or without speech over it.

    Continuous frequency activation (Seyerlehner, Pohle, Schedl & Widmer, "Automatic music detection
    in television productions", DAFx 2007): of each spectrum its local peaks; how much of a block
    each frequency is one; the five that are so most distinctly.
    """
    bins = round(4000 / _HZ)
    decibels = 10 * np.log10(power[:, :bins] + 1e-9)
    smooth = _mean_over_bins(decibels, 21)
    highest = round(_HIGHEST_LINE / _HZ)
    full = np.square(_HANN).sum() * _WINDOW / 2
    audible = 10 * np.log10(power.sum(axis=1) / full + 1e-12) > _FAINT
    peaks = ((decibels - smooth)[:, :highest] > 4.0) & audible[:, None]
    out = np.zeros(len(power), np.bool_)
    half = _BLOCK // 2
    strong = []
    starts = list(range(0, max(len(power) - _BLOCK, 0) + 1, half))
    activations = peaks.mean(axis=0)[None]
    if len(peaks) >= _BLOCK:
        whole = peaks[: len(peaks) // half * half].reshape(-1, half, highest)
        counts = whole.sum(axis=1, dtype=np.float64)
        activations = (counts[:-1] + counts[1:]) / _BLOCK
    for activation in activations:
        # Five peaks are no higher than the five highest values: of speech, seldom high enough.
        most = np.partition(activation, -5)[-5:].sum()
        strong.append(bool(most >= _LINES) and _lines(activation) >= _LINES)
    for i in range(len(starts) - _BLOCKS + 1):
        if all(strong[i : i + _BLOCKS]):
            out[starts[i] : starts[i + _BLOCKS - 1] + _BLOCK] = True
    return out


def _lines(activation: Float64Array) -> float:
    """Sum of the five highest peaks, each above the lower of the minima beside it."""
    inner = activation[1:-1]
    tops = np.flatnonzero((inner > activation[:-2]) & (inner >= activation[2:])) + 1
    heights = []
    for top in tops.tolist():
        left = right = top
        while left > 0 and activation[left - 1] <= activation[left]:
            left -= 1
        while right < len(activation) - 1 and activation[right + 1] <= activation[right]:
            right += 1
        heights.append(activation[top] - min(activation[left], activation[right]))
    return float(np.sort(heights)[-5:].sum()) if heights else 0.0


def _mean_over_bins(values: Float32Array, width: int) -> Float32Array:
    half = width // 2
    rows, bins = values.shape
    padded = np.empty((rows, bins + 2 * half), np.float32)
    padded[:, half:-half] = values
    padded[:, :half], padded[:, -half:] = values[:, :1], values[:, -1:]
    # Sums of 2, 4, 8 ... bins, of which those make one of `width` that its binary digits name.
    total = np.zeros_like(values)
    start, size, sums = 0, 1, padded
    while size <= width:
        if width & size:
            total += sums[:, start : start + bins]
            start += size
        if 2 * size <= width:
            sums = sums[:, :-size] + sums[:, size:]
        size *= 2
    total *= np.float32(1 / width)
    return total


def clipped(sound: Samples) -> BoolArray:
    """Seconds in which wave tops are cut flat; `sound`: one channel at 16 kHz, or at any rate."""
    seconds = -(-len(sound) // RATE)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak < 0.05:
        return np.zeros(seconds, np.bool_)
    near = np.abs(sound) >= 0.97 * peak
    same = np.concatenate(([False], np.abs(np.diff(sound)) <= 0.004 * peak))
    flat = near & same
    flat[1:] &= near[:-1]
    padded = np.zeros(seconds * RATE, np.bool_)
    padded[: len(sound)] = flat
    return np.asarray(padded.reshape(seconds, RATE).mean(axis=1) >= _FLAT_SHARE)


def _seconds_rms(core: Samples) -> Float32Array:
    """Root mean square of the loudest channel in each second."""
    seconds = -(-core.shape[1] // RATE)
    padded = np.zeros((len(core), seconds * RATE), np.float32)
    padded[:, : core.shape[1]] = core
    square = np.square(padded).reshape(len(core), seconds, RATE).mean(axis=2)
    return np.asarray(np.sqrt(square).max(axis=0))


def _leaks(source: AudioSource, talking: Sequence[Int64Array]) -> list[Artifact]:
    """Where two channels carry the same speech, equally loud."""
    found = []
    for i in range(len(talking)):
        for j in range(i):
            for start, end in intersection(talking[i], talking[j]).tolist():
                if end - start < source.rate // 2:
                    continue
                for a in range(start, end, 4 * source.rate):
                    b = min(a + 4 * source.rate, end)
                    sound = source.read(a, b)
                    if b - a >= source.rate // 2 and same_sound(sound[i], sound[j], source.rate):
                        found.append(Artifact(a, b, "leaked", i))
    return found


def same_sound(one: Samples, other: Samples, rate: int) -> bool:
    """Whether two sounds are the same, but for a delay below 0.3 s and `_AS_LOUD` decibels."""
    reach = min(round(0.3 * rate), len(one))
    size = fast_length(len(one) + reach)  # with that much silence no delay wraps into another
    energy = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    if energy <= 1e-9:
        return False
    spectrum = np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size))
    correlation = np.fft.irfft(spectrum, size)
    best = float(np.abs(np.concatenate((correlation[:reach], correlation[-reach:]))).max())
    ratio = 10 * np.log10((np.square(one).sum() + 1e-12) / (np.square(other).sum() + 1e-12))
    return best >= _SAME * energy and abs(float(ratio)) <= _AS_LOUD
