"""What the listener hears: log-mel energies every 10 ms, four of them to a step of 40 ms.

```
  samples  |----640----|----640----|      16 kHz
  frames   |--|--|--|--|                  25 ms windows that END on multiples of 10 ms
  steps    |     t     |    t + 1  |      160 numbers: 4 frames x 40 bands
```

Windows end where their step ends, so a step needs no sample of the future.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from interactspeech._typing import Float32Array, Float64Array

RATE: Final = 16_000  #: samples a second that the listener hears
HOP: Final = 160  #: samples between frames
WINDOW: Final = 400  #: samples of a frame
FFT: Final = 512
BANDS: Final = 40
STACK: Final = 4  #: frames a step
STEP: Final = HOP * STACK  #: samples a step: 40 ms
#: Steps whose windows and spectra lie in memory at once (1.6 s): more do not fit into the caches.
_PIECE: Final = 40
LOWEST, HIGHEST = 60.0, 7_600.0  #: edges of the mel bands, Hz
#: Power that counts as nothing: about -100 dB below a full-scale sine in one band.
FLOOR: Final = 1e-10


def mel(hertz: Float64Array | float) -> Float64Array:
    """Frequency in mel, 2595 log10(1 + f / 700) (O'Shaughnessy 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def hertz(mels: Float64Array) -> Float64Array:
    """The inverse of `mel`."""
    return np.asarray(700.0 * (10.0 ** (mels / 2595.0) - 1.0))


@lru_cache(maxsize=1)
def centres() -> Float64Array:
    """Centre frequency of each band in Hz, shape ``(40,)``."""
    return hertz(np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2))[1:-1]


@lru_cache(maxsize=1)
def filterbank() -> Float32Array:
    """Triangular mel filters of equal area over power spectra, shape ``(257, 40)``."""
    edges = hertz(np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2))
    bins = np.arange(FFT // 2 + 1) * (RATE / FFT)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    filters = np.maximum(0.0, np.minimum(rise, fall))
    # The narrow low filters may fall between two bins: each keeps at least its nearest one.
    empty = filters.sum(axis=1) == 0
    filters[empty, np.rint(edges[1:-1][empty] / (RATE / FFT)).astype(int)] = 1.0
    return np.asarray((filters / filters.sum(axis=1, keepdims=True)).T, np.float32)


@lru_cache(maxsize=1)
def _window() -> Float32Array:
    window = np.hanning(WINDOW + 1)[:-1]
    # A full-scale sine has power of about 1 in its bin.
    return np.asarray(window * (2.0 / window.sum()), np.float32)


def log_mel(samples: Float32Array) -> Float32Array:
    """log10 of the mel powers of frames that end on each multiple of 10 ms.

    Args:
        samples: 16 kHz, shape ``(..., WINDOW - HOP + n * HOP)``: n frames, the first of which
            begins with the first sample.

    Returns:
        Shape ``(..., n, 40)``, between -10 and about 0.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW, axis=-1)[..., ::HOP, :]
    spectrum = np.fft.rfft(frames * _window(), FFT, axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.log10(power.astype(np.float32) @ filterbank() + np.float32(FLOOR)))


class LogMel:
    """`log_mel` on a stream: any number of samples in, whole steps out.

    Args:
        channels: of the audio.
    """

    def __init__(self, channels: int) -> None:
        self._waiting = np.zeros((channels, WINDOW - HOP), np.float32)

    def __call__(self, samples: Float32Array) -> Float32Array:
        """The steps that these samples complete.

        Args:
            samples: 16 kHz, shape ``(channels, n)``; n may be 0.

        Returns:
            Shape ``(channels, steps, 160)``.
        """
        waiting = np.concatenate((self._waiting, samples), axis=1)
        steps = (waiting.shape[1] - (WINDOW - HOP)) // STEP
        channels = len(waiting)
        if steps <= 0:
            self._waiting = waiting
            return np.zeros((channels, 0, STACK * BANDS), np.float32)
        frames = np.empty((channels, steps, STACK * BANDS), np.float32)
        for first in range(0, steps, _PIECE):
            last = min(first + _PIECE, steps)
            piece = log_mel(waiting[:, first * STEP : last * STEP + WINDOW - HOP])
            frames[:, first:last] = piece.reshape(channels, last - first, STACK * BANDS)
        self._waiting = waiting[:, steps * STEP :].copy()
        return frames
