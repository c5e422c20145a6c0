"""Near-duplicates: the same sound again, louder, coded, cut elsewhere; by acoustic fingerprints.

Each 32 ms give 32 bits: whether the energy in one of 33 bands, less that in the next, rises or
falls (Haitsma & Kalker, "A highly robust audio fingerprinting system", ISMIR 2002). The same sound
in another coding agrees in most bits, other sounds in half. Equal frames propose where two sounds
may agree, and the share of different bits around there decides.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from interactspeech._typing import UInt32Array
from interactspeech.records import Samples
from interactspeech.signal import pages

Prints = UInt32Array

#: Windows of 256 ms every 32 ms, resampled to 8 kHz.
_RATE, _WINDOW, _HOP = 8_000, 2_048, 256
_LOWEST, _HIGHEST, _BANDS = 300.0, 2_000.0, 33
#: Windows that are transformed at once: more do not fit into the caches.
_AT_ONCE = 32
#: Share of different bits below which two stretches are the same sound.
SAME = 0.3
#: Seconds of a stretch that are compared, and from one to the next that is looked up.
_COMPARED, _STEP = 3.0, 1.0

_HANN = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_EDGES = np.round(np.geomspace(_LOWEST, _HIGHEST, _BANDS + 1) * _WINDOW / _RATE).astype(np.int64)
_POWERS = (1 << np.arange(32, dtype=np.uint64)).astype(np.uint32)


def fingerprint(samples: Samples, rate: int) -> Prints:
    """The fingerprint of mono `samples`: 32 bits for each 32 ms, uint32, shape ``(n,)``.

    Frames in digital silence are 0.
    """
    sound = pages.at_rate(np.atleast_2d(samples), rate, _RATE)[0]
    if len(sound) < _WINDOW + _HOP:
        return np.zeros(0, np.uint32)
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP]
    energy = np.empty((len(windows), _BANDS), np.float32)
    for i in range(0, len(windows), _AT_ONCE):
        spectrum = np.fft.rfft(windows[i : i + _AT_ONCE] * _HANN)[:, : _EDGES[-1]]
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        energy[i : i + _AT_ONCE] = np.add.reduceat(power, _EDGES[:-1], axis=1)
    steps = np.diff(np.diff(energy, axis=1), axis=0) > 0
    bits = (steps * _POWERS).sum(axis=1).astype(np.uint32)
    return np.where(energy[1:].sum(axis=1) > 1e-6, bits, 0).astype(np.uint32)


class Duplicates:
    """Finds sounds that were there before. Memory: 125 bytes a second of sound.

    >>> seen = Duplicates()
    >>> noise = np.random.default_rng(0).standard_normal(80_000).astype(np.float32)
    >>> seen.add("one", fingerprint(noise, 16_000))
    >>> seen.add("two", fingerprint(0.5 * noise, 16_000))
    'one'
    """

    def __init__(self) -> None:
        self._prints: dict[str, Prints] = {}
        self._places: dict[int, list[tuple[str, int]]] = defaultdict(list)

    def add(self, name: str, prints: Prints) -> str | None:
        """The sound that `prints` repeats, or None; then it is remembered under `name`."""
        found = self.find(prints)
        if found is None:
            self._prints[name] = prints
            for place, bits in enumerate(prints.tolist()):
                if bits:
                    self._places[bits].append((name, place))
        return found

    def find(self, prints: Prints) -> str | None:
        """The sound of which a stretch of three seconds is in `prints`, or None."""
        size = min(round(_COMPARED * _RATE / _HOP), len(prints))
        if size < 20:
            return None
        step = round(_STEP * _RATE / _HOP)
        for start in range(0, len(prints) - size + 1, step):
            part = prints[start : start + size]
            if (part != 0).mean() < 0.5:
                continue
            for place, bits in enumerate(part.tolist()):
                for name, there in self._places.get(bits, ())[:20] if bits else ():
                    other = self._prints[name]
                    low = there - place
                    if low >= 0 and low + size <= len(other):
                        differing = np.bitwise_count(part ^ other[low : low + size]).sum()
                        if differing < SAME * 32 * size:
                            return name
        return None
