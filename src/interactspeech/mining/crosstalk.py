"""Crosstalk: speech on one channel that belongs to the speaker of another.

Crosstalk is a filtered, quieter and perhaps delayed copy of another channel, so a filter predicts
it; the speech of a second person at the same time, no filter predicts. The filter is fitted by
least squares on half a minute of sound, for each frequency of a short-time spectrum, over a few
frames (a convolutive transfer function, as in echo cancellation), after the delay between the
channels has been found. The share of a frame's power that the filter explains, and the levels of
both channels, each against the level of the channel's own talk, decide:

```
other    ######################........#######
channel  ++++++++++#####+++++++....#####......     + copy, # own talk
share    .9 .9 .9  .1 .1 .9 .9      .0             explained by the other channel
foreign  ##########.....#######...............
```

In one room, headsets pick up each other's speaker through the air, with movement and long
reverberation, and are predicted less well; there the levels decide (Boakye & Stolcke, "Improved
speech activity detection using cross-channel features", Interspeech 2006, compare normalised
energies in the same spirit).
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

from interactspeech._typing import AnyArray, BoolArray, Complex64Array, Float32Array
from interactspeech.signal.intervals import fill_gaps
from interactspeech.signal.levels import HOP
from interactspeech.signal.pages import RATE, AudioPage

#: Windows of 64 ms every 20 ms.
_WINDOW, _STEP = 1024, 320
#: Every other bin from 160 to 2500 Hz, where most of the power of speech is; a Hann window makes
#: neighbours so alike that the rest would tell little more.
_BINS = slice(10, 160, 2)
#: Frames of the other channel that predict one of this: one ahead, the same, and three back.
_AHEAD, _BACK = 1, 3
#: Steps that a filter is fitted on: 32 s.
_BLOCK = 1600
#: Seconds by which a copy may come late: an echo through a telephone network, a codec, a room.
LONGEST_DELAY = 0.6

#: From this share on, a frame is explained by the other channel.
EXPLAINED = 0.6
#: A copy is weaker than its source by at least so many dB (relative to each channel's own talk).
WEAKER_DB = 3.0
#: Weaker by so much, it is a copy even where it is not predicted.
FAR_WEAKER_DB = 26.0

#: Frames of copied speech (half a second) without which there is no crosstalk between two channels.
_EVIDENCE = 50
#: Frames of a gap in copied speech, at most.
_GAP = 8

_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


class Crosstalk:
    """How much of each channel the others explain, gathered page by page.

    Args:
        channels: how many there are; with one there is no crosstalk.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._share: dict[tuple[int, int], list[Float32Array]] = {
            pair: [] for pair in permutations(range(channels), 2)
        }
        self._delay: dict[tuple[int, int], int] = {}

    def add(self, page: AudioPage) -> None:
        """Take in the next page; it has at least a second of context on both sides."""
        if self._channels < 2:
            return
        for one, other in combinations(range(self._channels), 2):
            self._find_delays(page, one, other)
        spectra = [_spectra(sound, page.before, page.length) for sound in page.sound]
        frames = -(-page.length // HOP)
        for channel, other in self._share:
            delay = self._delay.get((channel, other), 0)
            source = (
                _spectra(page.sound[other], page.before - delay, page.length)
                if delay > _STEP
                else spectra[other]
            )
            share = np.concatenate(
                [
                    _explained(spectra[channel][i : i + _BLOCK], source[i : i + _BLOCK])
                    for i in range(0, len(source), _BLOCK)
                ]
            )
            self._share[channel, other].append(np.repeat(share, _STEP // HOP)[:frames])

    def share(self, channel: int, other: int) -> Float32Array:
        """Share of `channel`'s power that `other` explains, for each frame of 10 ms, in [0, 1]."""
        return np.concatenate(self._share[channel, other])

    def delay(self, channel: int, other: int) -> float:
        """Seconds by which what `other` says comes late on `channel`; 0 where there is no
        crosstalk.
        """
        return self._delay.get((channel, other), 0) / RATE

    def _find_delays(self, page: AudioPage, one: int, other: int) -> None:
        """By how much either repeats the other, where that is clear.

        Peaks of the generalised cross-correlation with phase transform (Knapp & Carter 1976).
        """
        size = 1 << 16
        half, reach = size // 2, round(LONGEST_DELAY * RATE)
        total = np.zeros(half + 1, np.complex64)
        a, b = page.core[one], page.core[other]
        for start in range(0, len(a), half):
            cross = np.fft.rfft(a[start : start + half], size) * np.conj(
                np.fft.rfft(b[start : start + half], size)
            )
            total += (cross / (np.abs(cross) + 1e-9)).astype(np.complex64)
        correlation = np.abs(np.fft.irfft(total, size))
        clear = 12 * np.median(correlation)
        late = correlation[:reach]
        early = np.concatenate((correlation[:1], correlation[: -reach - 1 : -1]))
        for pair, side in (((one, other), late), ((other, one), early)):
            peak = int(np.argmax(side))
            if side[peak] > clear > 0:
                self._delay[pair] = peak


def _spectra(sound: Float32Array, first: int, length: int) -> Complex64Array:
    """Spectra around each step, shape ``(steps, bins)``; silence beyond the sound."""
    steps = -(-length // _STEP)
    first += _STEP // 2 - _WINDOW // 2
    wanted = (steps - 1) * _STEP + _WINDOW
    low, high = max(first, 0), min(first + wanted, len(sound))
    padded = np.zeros(wanted, np.float32)
    padded[low - first : high - first] = sound[low:high]
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP]
    return np.concatenate(
        [
            np.fft.rfft(windows[i : i + 1024] * _HANN)[:, _BINS].astype(np.complex64)
            for i in range(0, len(windows), 1024)
        ]
    )


def _explained(channel: Complex64Array, other: Complex64Array) -> Float32Array:
    """Share of each step's power that a filter of the other channel explains, in [0, 1].

    Each value weighs by the inverse of its power, and once more by the inverse of what the first
    filter leaves: so the channel's own talk, which is loud and no filter explains, has little say.
    """
    steps = len(channel)
    padded = np.pad(other, ((_BACK, _AHEAD), (0, 0)))
    taps = np.stack([padded[k : k + steps] for k in range(_BACK + _AHEAD + 1)], axis=2)
    given = np.ascontiguousarray(taps.transpose(1, 0, 2))  # (bins, steps, taps)
    wanted = np.ascontiguousarray(channel.T)[:, :, None]
    power = np.square(np.abs(channel))
    rest = power.T
    least = 1e-3 * power.mean(axis=0)[:, None] + 1e-9
    eye = np.eye(taps.shape[2], dtype=np.complex64)
    for _ in range(2):
        weighted = given.conj() / (rest + least)[:, :, None]
        gram = weighted.transpose(0, 2, 1) @ given
        # Loaded at the level of what is there, so that a silent source gives no filter.
        load = 1e-3 * np.trace(gram, axis1=1, axis2=2).real / taps.shape[2] + 1e-6
        gram += load[:, None, None] * eye
        weights = np.linalg.solve(gram, weighted.transpose(0, 2, 1) @ wanted)
        rest = np.square(np.abs(wanted - given @ weights)[:, :, 0])
    bell = np.array([0.25, 0.5, 0.25])
    left = np.convolve(rest.sum(axis=0), bell, "same")
    share = 1 - left / (np.convolve(power.sum(axis=1), bell, "same") + 1e-9)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def crosstalk_frames(
    talking: list[BoolArray], level: Float32Array, crossed: Crosstalk
) -> list[tuple[BoolArray, float]]:
    """For each channel, the frames of crosstalk only, and the level of its own speech in dB (0
    where there is none).

    Args:
        talking: for each channel, frames of 10 ms in which a detector finds speech.
        level: of each channel, dB, shape ``(channels, frames)``.
        crossed: shares of the same frames.
    """
    count = len(talking)
    shares = {(i, j): crossed.share(i, j) for i, j in permutations(range(count), 2)}
    own = [
        _own_level(talking[i], level[i], [shares[i, j] for j in range(count) if j != i])
        for i in range(count)
    ]
    out = []
    for channel in range(count):
        mask = np.zeros(level.shape[1], np.bool_)
        for other in range(count):
            if other != channel:
                late = round(crossed.delay(channel, other) * RATE / HOP)
                theirs, talks = _later(level[other], late), _later(talking[other], late)
                weaker = _smooth((theirs - own[other]) - (level[channel] - own[channel]))
                share = shares[channel, other]
                copied = talks & (share >= EXPLAINED) & (weaker >= WEAKER_DB)
                if (copied & talking[channel]).sum() >= _EVIDENCE:
                    mask |= copied | (talks & (weaker >= FAR_WEAKER_DB))
        # Shares fall where sounds change: short gaps are filled.
        out.append((fill_gaps(mask, _GAP), own[channel]))
    return out


def _later(values: AnyArray, by: int) -> AnyArray:
    return np.concatenate((np.repeat(values[:1], by), values[: len(values) - by]))


def _own_level(talking: BoolArray, level: Float32Array, shares: list[Float32Array]) -> float:
    """The level of a channel's own talk: of its speech that no other channel explains."""
    own = talking & np.logical_and.reduce([share < EXPLAINED / 2 for share in shares])
    if own.sum() < max(50, 0.05 * talking.sum()):
        return 0.0  # no speech of its own: levels are compared as they are
    return float(np.percentile(level[own], 75))


def _smooth(values: Float32Array, reach: int = 3) -> Float32Array:
    padded = np.pad(values, reach, mode="edge")
    total = np.concatenate(([0.0], np.cumsum(padded, dtype=np.float64)))
    return np.asarray((total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1))
