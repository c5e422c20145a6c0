"""DNSMOS: the score that people would give to the sound of speech, predicted by two small models.

Reddy, Gopal and Cutler, "DNSMOS P.835: a non-intrusive perceptual objective speech quality metric
to evaluate noise suppressors" (ICASSP 2022), and the P.808 model of the same authors (ICASSP 2021).
The models are Microsoft's (MIT), run here without the package that carries them, which asks for
librosa. For one window the scores are that package's to three decimals (held by a test). For more
they differ a little, because the package leaves out windows whose end falls a sample short by
rounding, and repeats short sound over several windows where one is taken here.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.models.catalogue import DNSMOS_P808, DNSMOS_P835
from interactspeech.models.onnx_session import inference_session
from interactspeech.models.weights import Weight, WeightStore
from interactspeech.records import Samples

_RATE = 16_000
#: Samples that the models take: 9.01 seconds.
_WINDOW = 144_160

#: From the P.835 model's raw scores to those of people: polynomials in the order signal,
#: background, overall, highest power first (the authors' calibration).
_CALIBRATION = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)

# The mel spectrogram of the P.808 model: frames of 321 samples every 160, 120 bands.
_FRAME, _HOP, _BANDS = 321, 160, 120


class Dnsmos(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Predicted opinion scores, from 1 (bad) to 5 (excellent).

    Attributes:
        overall: of the whole (P.835 OVRL).
        signal: of the speech in it (P.835 SIG).
        background: of what is not speech; 5 for none (P.835 BAK).
        p808: of the whole, by the other model.
    """

    overall: float
    signal: float
    background: float
    p808: float


class DnsmosModel:
    """The two models; keep one, for they take 30 ms to load.

    Args:
        store: where the weights are (1.4 MB); the user's cache by default.
        threads: onnxruntime threads.
    """

    def __init__(self, store: WeightStore | None = None, threads: int = 1) -> None:
        self._store = store or WeightStore()
        self._threads = threads

    def score(self, samples: Samples, rate: int, hop: float = 1.0) -> Dnsmos:
        """The mean scores of windows of 9.01 s; shorter sound is repeated until it fills one.

        Args:
            samples: mono, shape ``(n,)``, not empty, in [-1, 1]. Scores depend on the level.
            rate: samples a second.
            hop: whole seconds from window to window; 1 is the authors', a longer one is as much
                cheaper.

        Raises:
            MissingExtraError: onnxruntime is not installed.
            WeightError: the models cannot be had.
        """
        first, second = self._sessions
        raw: list[Float32Array] = []
        p808: list[float] = []
        # One window at a time: batches cost half as much again (measured on AVX2).
        for window in _windows(samples, rate, hop):
            raw.append(first.run(None, {"input_1": window[None]})[0][0])
            p808.append(_p808(second, window))
        scores = np.asarray(raw, np.float64)
        signal, background, overall = (
            float(np.polyval(powers, scores[:, column]).mean())
            for column, powers in enumerate(_CALIBRATION)
        )
        return Dnsmos(overall, signal, background, float(np.mean(p808)))

    def p808(self, samples: Samples, rate: int, hop: float = 1.0) -> float:
        """The P.808 score alone, an eighth of the work; arguments and errors as in `score`."""
        session = self._sessions[1]
        return float(np.mean([_p808(session, window) for window in _windows(samples, rate, hop)]))

    @cached_property
    def _sessions(self) -> tuple[Any, Any]:
        def made(weight: Weight) -> Any:
            return inference_session(
                lambda: self._store.read(weight), "DNSMOS", "tts", threads=self._threads
            )

        return made(DNSMOS_P835), made(DNSMOS_P808)


def _p808(session: Any, window: Samples) -> float:
    return float(session.run(None, {"input_1": _log_mels(window[:-_HOP])[None]})[0][0, 0])


def _windows(samples: Samples, rate: int, hop: float) -> Samples:
    """Windows of the models' length; shape ``(count, _WINDOW)``."""
    import soxr

    sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
    sound = np.clip(np.asarray(sound, np.float32), -1.0, 1.0)
    if len(sound) < _WINDOW:
        sound = np.tile(sound, -(-_WINDOW // len(sound)))[:_WINDOW]
    step = round(hop * _RATE)
    starts = range(0, max(len(sound) // _RATE * _RATE - _WINDOW, 0) + 1, step)
    return np.stack([sound[start : start + _WINDOW] for start in starts])


def _log_mels(sound: Samples) -> Float32Array:
    """Mel spectrogram in decibels below its maximum, scaled to [-1, 1]; ``(frames, bands)``."""
    half = _FRAME // 2
    padded = np.pad(sound, half)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME)
    power = np.square(np.abs(np.fft.rfft(frames * hann, axis=1)))
    mels = power @ _filters().T
    decibels = 10 * np.log10(np.maximum(mels, 1e-10))
    decibels -= max(decibels.max(), -100.0)
    return np.asarray((np.maximum(decibels, -80.0) + 40) / 40, np.float32)


@lru_cache(maxsize=1)
def _filters() -> Float64Array:
    """Triangles of equal area on Slaney's mel scale (linear below 1 kHz, then logarithmic)."""
    top = _mel(_RATE / 2)
    edges = _hertz(np.linspace(0.0, top, _BANDS + 2))
    bins = np.fft.rfftfreq(_FRAME, 1 / _RATE)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None])


def _mel(hertz: float) -> float:
    return float(15 + 27 * np.log(hertz / 1000) / np.log(6.4)) if hertz >= 1000 else 3 * hertz / 200


def _hertz(mels: Float64Array) -> Float64Array:
    above = 1000 * np.exp((mels - 15) * np.log(6.4) / 27)
    return np.where(mels < 15, mels * 200 / 3, above)
