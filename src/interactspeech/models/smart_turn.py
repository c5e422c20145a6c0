"""Whether a speaker who falls silent has finished the turn, by smart-turn v3.2 of Daily (BSD-2).

An outside judge of held pauses and finished turns: a network of 8 million parameters over the last
8 s of one speaker's sound, trained on people's turns by others. The graph (8.7 MB) lies in the
wheel of ``pipecat-ai`` and is fetched and checked at first use; nothing of that package is
imported. Its input is Whisper's log-mel spectrogram (Radford et al. 2022, section 2.2), here
computed from the definition.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.models.catalogue import SMART_TURN
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.weights import WeightStore

RATE: Final = 16_000
SECONDS: Final = 8
_FFT, _HOP, _BANDS = 400, 160, 80


class SmartTurn:
    """The judge; keep one (loading takes a moment).

    Args:
        store: where the weights are; the user's cache by default.
        threads: onnxruntime threads.
    """

    def __init__(self, store: WeightStore | None = None, threads: int = 1) -> None:
        self._store = store or WeightStore()
        self._threads = threads

    def complete(self, samples: Float32Array) -> float:
        """Probability that the turn whose last sound these samples hold is finished.

        Args:
            samples: one speaker at 16 kHz, shape ``(n,)``, up to the moment of the question; the
                last 8 s count. Published use asks about 200 ms into a silence.

        Returns:
            In [0, 1]; above .5 the model says that the turn is complete.
        """
        features = whisper_features(samples)[None]
        found = self._session.run(None, {"input_features": features})[0]
        return float(np.ravel(found)[0])

    @cached_property
    def _session(self) -> Any:
        return inference_session(
            lambda: self._store.read(SMART_TURN), "smart-turn", "listen", threads=self._threads
        )


def whisper_features(samples: Float32Array) -> Float32Array:
    """Whisper's log-mel features of the last 8 s, the wave scaled to zero mean and unit variance.

    Args:
        samples: 16 kHz, shape ``(n,)``; shorter sound is preceded by zeros.

    Returns:
        Shape ``(80, 800)``.
    """
    size = SECONDS * RATE
    last = np.asarray(samples[-size:], np.float32)
    last = np.pad(last, (size - len(last), 0))
    last = (last - last.mean()) / np.sqrt(last.var() + np.float32(1e-7))
    padded = np.pad(last, _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][: SECONDS * 100]
    spectrum = np.fft.rfft(frames * np.hanning(_FFT + 1)[:-1].astype(np.float32), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    decades = np.log10(np.maximum(power @ _filters(), 1e-10))
    clipped = np.maximum(decades, decades.max() - 8.0)
    return np.ascontiguousarray(((clipped + 4.0) / 4.0).T.astype(np.float32))


@lru_cache(maxsize=1)
def _filters() -> Float64Array:
    """Triangles of unit area on the mel scale of Slaney's Auditory Toolbox (1998).

    That scale is linear below 1 kHz (200/3 Hz a mel) and logarithmic above (27 mels to a factor of
    6.4). Shape ``(201, 80)``.
    """
    top = 15.0 + 27.0 * np.log(RATE / 2 / 1000.0) / np.log(6.4)
    mels = np.linspace(0.0, top, _BANDS + 2)
    edges = np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * 6.4 ** ((mels - 15.0) / 27.0))
    bins = np.arange(_FFT // 2 + 1)[:, None] * (RATE / _FFT)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return np.asarray(np.maximum(0.0, triangles) * 2.0 / (high - low))
