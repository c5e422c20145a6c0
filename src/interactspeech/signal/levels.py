"""Levels of speech in frames of 10 ms, and of the silence under it."""

from __future__ import annotations

import numpy as np

from interactspeech._typing import BoolArray, Float32Array
from interactspeech.signal.pages import RATE, AudioPage

#: Samples of a frame at `RATE`: 10 ms.
HOP = 160
#: Samples of the window around a frame's middle: 25 ms.
_WINDOW = 400
_BINS = 512
#: Hertz: what carries the energy of speech, without hum and rumble, and inside a telephone's band.
_BAND = (120.0, 3800.0)
#: Frames that are transformed at once: more do not fit into the caches.
_AT_ONCE = 128
_FLOOR_POWER = 1e-10

_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


def levels(page: AudioPage) -> Float32Array:
    """Level of each 10 ms frame of a page in dB of full scale, shape ``(channels, frames)``.

    Of the band 120 to 3800 Hz, Hann windows of 25 ms around the frames' middles; at least -100.
    """
    frames = -(-page.length // HOP)
    low, high = (round(f * _BINS / RATE) for f in _BAND)
    out = np.empty((len(page.sound), frames), np.float32)
    for channel, sound in enumerate(page.sound):
        first = page.before + HOP // 2 - _WINDOW // 2
        missing = max(first + (frames - 1) * HOP + _WINDOW - len(sound), 0)
        padded = np.pad(sound, (max(-first, 0), missing))
        windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[max(first, 0) :: HOP]
        for begin in range(0, frames, _AT_ONCE):
            some = windows[begin : begin + _AT_ONCE][: frames - begin]
            spectrum = np.fft.rfft(some * _HANN, _BINS)[:, low:high]
            power = (np.square(spectrum.real) + np.square(spectrum.imag)).sum(axis=1)
            out[channel, begin : begin + len(power)] = power
    # A sine of amplitude 1 inside the band is at -3 dB, as its mean square is.
    power = out / (np.square(_HANN).sum() * _BINS / 2)
    return np.asarray(10 * np.log10(np.maximum(power, _FLOOR_POWER)), np.float32)


def noise_floor(level: Float32Array, speech: BoolArray, seconds: float = 8.0) -> Float32Array:
    """The level under the speech around each frame, in dB, shape ``(frames,)``.

    The median of the frames without speech within `seconds` to either side; where there are less
    than half a second of them, the 5th percentile of all frames there.
    """
    block = 100  # one value a second is enough: noise changes slowly
    count = -(-len(level) // block)
    reach = round(seconds)
    values = np.empty(count, np.float32)
    for i in range(count):
        here = slice(max(i - reach, 0) * block, (i + 1 + reach) * block)
        quiet = level[here][~speech[here]]
        values[i] = np.median(quiet) if len(quiet) >= block // 2 else np.percentile(level[here], 5)
    return np.repeat(values, block)[: len(level)]
