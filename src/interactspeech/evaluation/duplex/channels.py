"""Whether two channels can be trusted: a side each, not the same sound, not each other's echo.

```
 user alone     user's channel  ######      system's channel  ......   fine
                                ######                        ++++++   a copy of the user: crosstalk
```

Where one channel carries the other's speech, who talks when cannot be told from it, and every
measure would count the echo as talk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from interactspeech._typing import Float32Array, Float64Array, Int64Array
from interactspeech.models.vad import speech_spans
from interactspeech.records import Samples
from interactspeech.signal.channel_relation import channel_relation
from interactspeech.signal.intervals import intersection, intervals, union
from interactspeech.signal.pages import InMemoryAudio, at_rate

#: How activity is found: by level where silence is digital and by Silero elsewhere, or one of them.
ActivityDetector = Literal["auto", "silero", "energy"]
ChannelFault = Literal["", "same", "shared", "crosstalk"]

#: A frame of 10 ms below this level is digital silence; so many of them make a made channel.
_DIGITAL_DB: Final = -80.0
_DIGITAL_SHARE: Final = 0.05
#: A copy: correlation of the waveforms, at most so many dB below the channel's own talk.
_COPY: Final = 0.4
_FAINT_DB: Final = 40.0
#: One side talks alone where it is louder by so many dB; so much of it (seconds) is looked at.
_ALONE_DB: Final = 3.0
_LEAST_SECONDS: Final = 1.0
_PIECE_SECONDS, _PIECES = 10, 12
_RATE: Final = 8000
_LATEST: Final = 0.6


def channel_activity_of(
    samples: Samples, rate: int, detector: ActivityDetector = "auto"
) -> Int64Array:
    """When somebody talks on a channel, samples, shape ``(n, 2)``.

    Args:
        samples: mono float32.
        rate: samples a second.
        detector: "auto" reads a channel whose silence is digital (what a system plays) by its
            level, to 5 ms, and any other by Silero.

    Raises:
        MissingExtraError: Silero is asked and its package is absent.
    """
    if len(samples) < rate // 50 or not float(np.abs(samples).max()):
        return np.zeros((0, 2), np.int64)
    if detector == "auto":
        detector = "energy" if is_digital(samples, rate) else "silero"
    found = intervals(speech_spans(samples, rate, detector))
    return union(np.minimum(found, len(samples)))


def is_digital(samples: Samples, rate: int) -> bool:
    """Whether a channel's silence is digital: at least 5 % of its frames are below -80 dBFS."""
    hop = max(rate // 100, 1)
    frames = np.asarray(samples[: len(samples) // hop * hop]).reshape(-1, hop)
    if not len(frames):
        return True
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / hop
    return bool((10 * np.log10(power + 1e-12) < _DIGITAL_DB).mean() >= _DIGITAL_SHARE)


def channel_fault(user: Samples, system: Samples, rate: int) -> ChannelFault:
    """Why two channels cannot be trusted, "" if they can.

    Args:
        user: mono float32.
        system: mono float32, at the same rate; the shorter one is taken to go on in silence.
        rate: samples a second.
    """
    length = max(len(user), len(system))
    if length < _LEAST_SECONDS * rate:
        return ""
    both = np.zeros((2, length), np.float32)
    both[0, : len(user)], both[1, : len(system)] = user, system
    relation = channel_relation(InMemoryAudio(both, rate))
    if relation.kind != "separate":
        return relation.kind
    size = _PIECE_SECONDS * rate
    count = min(-(-length // size), _PIECES)
    starts = np.linspace(0, max(length - size, 0), count).astype(int).tolist()
    pieces = [at_rate(both[:, a : a + size], rate, _RATE) for a in starts]
    return "crosstalk" if any(_is_copy(pieces, k) for k in (0, 1)) else ""


def _is_copy(pieces: Sequence[Float32Array], source: int) -> bool:
    """Whether the other channel repeats `source` where `source` talks alone."""
    own = np.concatenate([_levels(p[1 - source]) for p in pieces])
    loud = float(np.percentile(own, 95))
    found = []
    for piece in pieces:
        level, other = _levels(piece[source]), _levels(piece[1 - source])
        talk = level > max(float(np.percentile(level, 95)) - 25.0, -60.0)
        alone = talk & (level > other + _ALONE_DB)
        if alone.sum() * 0.01 < _LEAST_SECONDS:
            continue
        heard = float(np.median(other[alone]))
        if heard < max(loud - _FAINT_DB, _DIGITAL_DB):
            continue
        hop = _RATE // 100
        mask = np.repeat(alone, hop).astype(np.float32)
        found.append(
            _alike(piece[source, : len(mask)] * mask, piece[1 - source, : len(mask)] * mask)
        )
    return bool(found) and float(np.median(found)) > _COPY


def _levels(sound: Float32Array) -> Float64Array:
    hop = _RATE // 100
    frames = sound[: len(sound) // hop * hop].reshape(-1, hop)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / hop
    return np.asarray(10 * np.log10(power + 1e-12))


def _alike(one: Float32Array, other: Float32Array) -> float:
    """Largest correlation of two sounds over delays of up to 0.6 s, in [0, 1]."""
    energy = float(
        np.square(one, dtype=np.float64).sum() * np.square(other, dtype=np.float64).sum()
    )
    if energy <= 0:
        return 0.0
    size = 1 << int(np.ceil(np.log2(2 * len(one))))
    spectrum = np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size))
    correlation = np.abs(np.fft.irfft(spectrum, size)) / np.sqrt(energy)
    reach = min(round(_LATEST * _RATE), len(one) - 1)
    return float(max(correlation[: reach + 1].max(), correlation[size - reach :].max()))


def look_swapped(user: Int64Array, system: Int64Array, expected: Int64Array) -> bool:
    """Whether the channels look swapped: the user's known talk is on the system's channel.

    Args:
        user: talk found on the user's channel, samples.
        system: talk found on the system's.
        expected: when the user is known to talk.
    """

    def covered(activity: Int64Array) -> int:
        rows = intersection(expected, activity)
        return int((rows[:, 1] - rows[:, 0]).sum())

    total = int((expected[:, 1] - expected[:, 0]).sum())
    here, there = covered(user), covered(system)
    return total > 0 and there >= 0.6 * total and here <= 0.3 * total


__all__ = [
    "ActivityDetector",
    "ChannelFault",
    "channel_activity_of",
    "channel_fault",
    "is_digital",
    "look_swapped",
]
