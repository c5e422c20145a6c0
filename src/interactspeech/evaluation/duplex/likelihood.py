"""How expected a conversation's next two seconds are, to the shipped listener.

```
 user     ####|  ?                at each end of a stretch of talk, the listener gives, for both
 system       |  ?                speakers, the chance of talk in the next .2, .4, .6 and .8 s
               .2 .4  .6   .8
```

The measure is the negative log-likelihood of what follows, in nats a boundary: the mean over ends
of talk of either side of the sum over eight bins. It is after TurnNat (arXiv 2607.01345), which
asks a model like VAP; here it is this package's listener, so that its numbers are not TurnNat's. A
system that people could have been is about as likely as people are: lower is not better without
end.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, Float64Array, Int64Array
from interactspeech.listener import Listener
from interactspeech.listener.model import BINS, FUTURE
from interactspeech.records import Samples
from interactspeech.signal.intervals import union
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.turntaking.reactions import talk_within

#: Own silences shorter than this end no stretch (Nguyen et al. 2022), seconds.
BRIDGE: Final = 0.2
#: Probabilities are kept this far from 0 and 1.
_EDGE: Final = 1e-4


class FutureLikelihood(msgspec.Struct, frozen=True):
    """The likelihood of a recording.

    Attributes:
        nats: mean over boundaries; NaN without any.
        boundaries: number of ends of talk with two seconds after them.
        chance: the same for a listener that always gives this recording's own shares of talk.
    """

    nats: float
    boundaries: int
    chance: float


def future_likelihood(
    sound: Samples, user: Int64Array, system: Int64Array, listener: Listener | None = None
) -> FutureLikelihood:
    """The negative log-likelihood of what follows ends of talk.

    Args:
        sound: both sides, float32, shape ``(2, n)``, at 16 kHz.
        user: when the user talks, samples, shape ``(n, 2)``.
        system: when the system does.
        listener: the shipped one by default.
    """
    model = listener or Listener.load()
    mel = LogMel(2)(np.pad(sound, ((0, 0), (0, -sound.shape[1] % STEP))))
    found, _ = model.predict(mel, model.initial_state())
    return likelihood_of(found[:, :, FUTURE], (user, system), sound.shape[1])


def likelihood_of(
    chances: Float32Array, talk: tuple[Int64Array, Int64Array], length: int
) -> FutureLikelihood:
    """The same from chances that are known.

    Args:
        chances: of talk in each bin, shape ``(2, steps, 4)``, known at the end of each 40 ms.
        talk: of both, samples at 16 kHz.
        length: of the recording.
    """
    bridged = [union(rows, round(BRIDGE * RATE)) for rows in talk]
    ends = np.unique(np.concatenate([rows[:, 1] for rows in bridged]))
    last = round(BINS[-1][1] * RATE)
    steps = ends // STEP - 1
    ends = ends[(steps >= 0) & (steps < chances.shape[1]) & (ends + last <= length)]
    if not len(ends):
        return FutureLikelihood(float("nan"), 0, float("nan"))
    truth = np.stack([_bins(rows, ends) for rows in bridged])
    given = chances[:, ends // STEP - 1].astype(np.float64)
    share = np.broadcast_to(truth.mean(axis=1, keepdims=True), truth.shape)
    return FutureLikelihood(
        float(_nats(truth, given).mean()), len(ends), float(_nats(truth, share).mean())
    )


def _bins(rows: Int64Array, times: Int64Array) -> Float64Array:
    """Whether the speaker talks in at least half of each bin; shape ``(times, 4)``."""
    columns = []
    for start, end in BINS:
        a, b = times + round(start * RATE), times + round(end * RATE)
        columns.append(2 * talk_within(rows, a, b) >= b - a)
    return np.stack(columns, axis=1).astype(np.float64)


def _nats(truth: Float64Array, chance: Float64Array) -> Float64Array:
    p = np.clip(chance, _EDGE, 1 - _EDGE)
    bits = truth * np.log(p) + (1 - truth) * np.log(1 - p)
    return np.asarray(-bits.sum(axis=(0, 2)))


__all__ = ["FutureLikelihood", "future_likelihood", "likelihood_of"]
