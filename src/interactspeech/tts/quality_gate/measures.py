"""Quality of speech without its text: level, clipping, silence, DNSMOS.

```python
from interactspeech.tts.quality_gate.measures import quality

found = quality(speech.samples, speech.rate)            # Quality(seconds=..., clipping=0.0, ...)
found = quality(speech.samples, speech.rate, mos=None)  # the cheap part alone, no weights
```
"""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec
import numpy as np

from interactspeech._typing import BoolArray
from interactspeech.models.dnsmos import Dnsmos, DnsmosModel
from interactspeech.records import Samples
from interactspeech.signal.intervals import runs
from interactspeech.signal.speech_energy import SILENCE_DB, levels

#: One step of 16-bit sound: samples this near to the peak, three or more in a row, are cut off.
_STEP = 1.5 / 32768
#: Nothing that stays below this fraction of full scale was cut off by a converter.
_LOWEST_CLIP = 0.25
_SHORTEST_CLIP = 3
#: Frames of `levels`.
_HOP_SECONDS = 0.005


class Quality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Measured quality of one piece of speech.

    Attributes:
        seconds: length.
        level: root mean square of the active frames, decibels of full scale; -inf for silence.
        peak: largest magnitude; 1 is full scale.
        clipping: share of the samples in flat tops: three or more in a row at the peak, where that
            is above a quarter of full scale.
        silence: share of 5 ms frames more than 40 dB below the loud frames (1 for no sound).
        longest_silence: the longest such stretch, seconds.
        edge_silence: such stretches at the beginning and the end together, seconds.
        offset: mean of the samples (direct current).
        dnsmos: predicted opinion scores, where they were asked for.
    """

    seconds: float
    level: float
    peak: float
    clipping: float
    silence: float
    longest_silence: float
    edge_silence: float
    offset: float
    dnsmos: Dnsmos | None = None


@lru_cache(maxsize=1)
def _model() -> DnsmosModel:
    return DnsmosModel()


def measure_quality(samples: Samples, rate: int, mos: DnsmosModel | bool | None = True) -> Quality:
    """Measure `samples`.

    Args:
        samples: mono float32, shape ``(n,)``, full scale 1.
        rate: samples a second.
        mos: the model that predicts opinion scores; True for one that is kept in this process,
            None or False to leave the scores out (a thousand times cheaper).

    Raises:
        ValueError: no samples, more than one channel, or not finite.
        MissingExtraError, WeightError: see `DnsmosModel.score`.
    """
    if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
        raise ValueError(f"quality wants finite mono samples, got shape {samples.shape}")
    found = _signal_quality(samples, rate)
    if not mos or found.silence == 1.0:
        return found
    model = _model() if mos is True else mos
    return msgspec.structs.replace(found, dnsmos=model.score(samples, rate))


def _signal_quality(samples: Samples, rate: int) -> Quality:
    peak = float(np.abs(samples).max())
    active = levels(samples, rate) > -SILENCE_DB
    hop = int(_HOP_SECONDS * rate)
    # Frames at and below -100 dB of full scale are no sound, however quiet the rest is.
    heard = bool(active.any()) and peak > 1e-5
    power = _mean_square(samples, active, hop) if heard else 0.0
    silent = runs(~active)
    lengths = silent[:, 1] - silent[:, 0]
    edges = int(lengths[(silent[:, 0] == 0) | (silent[:, 1] == len(active))].sum())
    return Quality(
        seconds=len(samples) / rate,
        level=10 * math.log10(power) if power > 0 else -math.inf,
        peak=peak,
        clipping=clipping(samples, peak),
        silence=1.0 - float(active.mean()) if heard else 1.0,
        longest_silence=float(lengths.max(initial=0)) * _HOP_SECONDS,
        edge_silence=edges * _HOP_SECONDS,
        offset=float(np.mean(samples, dtype=np.float64)),
    )


def _mean_square(samples: Samples, active: BoolArray, hop: int) -> float:
    """The mean square of the samples in active frames; the last frame may be shorter."""
    whole = len(samples) // hop
    steps, rest = samples[: whole * hop].reshape(whole, hop), samples[whole * hop :]
    energy = np.einsum("ij,ij->i", steps, steps)[active[:whole]].sum(dtype=np.float64)
    count = int(active[:whole].sum()) * hop
    if len(rest) and active[-1]:
        energy += float(np.dot(rest, rest))
        count += len(rest)
    return float(energy) / count


def clipping(samples: Samples, peak: float | None = None) -> float:
    """Share of `samples` (mono, full scale 1) in flat tops; `peak` where it is known already."""
    if peak is None:
        peak = float(np.abs(samples).max())
    if peak < _LOWEST_CLIP:
        return 0.0
    flat = (samples >= peak - _STEP) | (samples <= -peak + _STEP)
    if np.count_nonzero(flat) < _SHORTEST_CLIP:
        return 0.0
    tops = runs(flat)
    lengths = tops[:, 1] - tops[:, 0]
    return float(lengths[lengths >= _SHORTEST_CLIP].sum()) / len(samples)
