"""Speech activity of the listener's network and of Silero in one probability, on two channels.

The network knows crosstalk, rooms and babble; it was trained on made speech, and misses soft talk
of people, most of all beside other talk. Silero was trained on people, and takes crosstalk for
talk. So Silero has its say where the other channel is silent, for what is heard there is no
crosstalk; and where the other talks, if the channel is louder than it usually is then:

```
 log-odds = (1 - w) network + w (Silero + p max(lowest - Silero, 0))
 p: the network's probability
 w = alone (1 - o) + (beside + (outstanding - beside) e) o
 o: Silero's probability on the other channel
 e: whether the level stands out of what the channel usually holds while the other talks
    (crosstalk, or its own silence): 1 / (1 + exp(-(d - MARGIN))), d in dB above the median
```

Everything is causal up to the network's own lookahead, so live sound gives what a recording gives.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Float64Array, FloatingArray, Int64Array
from interactspeech.models.silero import WINDOW, SpeechProbability
from interactspeech.signal.log_mel import STEP

_HALF: Final = STEP // 2
#: Silero's probability is one window late: that of a window says most about the one before.
_LATE: Final = WINDOW
#: Steps of lookahead without which Silero's window is not complete in time.
LEAST_LOOKAHEAD: Final = 2
#: How far above the usual level talk beside other talk is, at even odds (dB).
MARGIN: Final = 10.0
#: The level of the other is the loudest of so many half steps: crosstalk comes a little later.
_REACH: Final = 6
#: Bins of 1 dB of the level against the other's; until it is known (a second of the other's talk)
#: the usual one is taken to be that of loud crosstalk.
_LOWEST, _HIGHEST = -80, 40
_FIRST_GUESS: Final = -20
_GUESS_WEIGHT: Final = 50.0
#: What a half step counts less with each that follows: half after 28 s of the other's talk.
_KEEP: Final = 0.9995
#: The weight of the last level at which all are made smaller.
_LARGE: Final = 1e9
_TALKS: Final = 0.8


class SileroShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weight of Silero's log-odds beside the network's.

    Attributes:
        alone: where the other channel is silent.
        beside: where the other talks.
        outstanding: where the other talks, and this channel is clearly louder than it usually is
            then; as `beside` where it is None.
        lowest: Silero's log-odds count as no lower where the network is sure of talk: Silero does
            not know soft hums, and so does not outvote it there.
    """

    alone: float
    beside: float
    outstanding: float | None = None
    lowest: float = -7.0

    def __post_init__(self) -> None:
        given = (
            self.alone,
            self.beside,
            self.beside if self.outstanding is None else self.outstanding,
        )
        if not all(0.0 <= weight <= 1.0 for weight in given):
            raise ValueError(f"weights {', '.join(map(str, given))} are not in [0, 1]")


class ActivityMixer:
    """Mixes activity step by step, or in any larger pieces, with the same result.

    Args:
        share: of Silero.

    Raises:
        MissingExtraError: Silero's package is not installed.
    """

    def __init__(self, share: SileroShare) -> None:
        self._share = share
        self._detector = SpeechProbability(2)
        self._known = [np.zeros((2, 0), np.float32)]
        self._first = 0  # index of the first window in `_known`
        self._halves = 0  # that were mixed
        self._standing = None if share.outstanding is None else _StandingOut()

    def hear(self, sound: Float32Array) -> None:
        """Take in sound at 16 kHz, shape ``(2, n)``, finite."""
        loud = max(sound.max(initial=0.0), -sound.min(initial=0.0)) > 1.0
        clipped = np.clip(sound, -1.0, 1.0) if loud else sound
        self._known.append(self._detector(clipped))
        if self._standing is not None:
            self._standing.hear(clipped)

    def mix(self, active: Float32Array) -> Float32Array:
        """The next half steps: the network's probabilities, shape ``(2, halves)``, with Silero's.

        The sound has to be there up to `LEAST_LOOKAHEAD` steps after the last of them.
        """
        middle = (self._halves + np.arange(active.shape[1])) * _HALF + _HALF // 2 + _LATE
        place = middle // WINDOW - self._first
        known = np.concatenate(self._known, axis=1)
        silero = known[:, np.clip(place, 0, known.shape[1] - 1)]
        self._halves += active.shape[1]
        if len(place):  # the rest is not asked for again
            gone = min(int(place[-1]), known.shape[1] - 1)
            known, self._first = known[:, gone:], self._first + gone
        self._known = [known]
        share, other = self._share, silero[::-1]
        beside: FloatingArray | float = share.beside
        if self._standing is not None and share.outstanding is not None:
            stands = self._standing.next(other)
            beside = share.beside + (share.outstanding - share.beside) * stands
        weight = share.alone * (1.0 - other) + beside * other
        heard = _log_odds(silero)
        heard = heard + active * np.maximum(share.lowest - heard, 0.0)
        points = (1.0 - weight) * _log_odds(active) + weight * heard
        return np.asarray(1.0 / (1.0 + np.exp(-points)), np.float32)


class _StandingOut:
    """Whether a channel is louder than it usually is while the other talks, by half steps."""

    def __init__(self) -> None:
        self._rest = np.zeros((2, 0), np.float32)
        self._power = [np.zeros((2, 0))]  # of half steps that are waiting
        self._before = np.zeros((2, _REACH - 1))
        self._usual = [_UsualLevel() for _ in range(2)]

    def hear(self, sound: Float32Array) -> None:
        held = np.concatenate((self._rest, sound), axis=1)
        halves = held.shape[1] // _HALF
        whole = held[:, : halves * _HALF].reshape(2, halves, _HALF)
        self._power.append(np.einsum("chk,chk->ch", whole, whole) / float(_HALF))
        self._rest = held[:, halves * _HALF :].copy()

    def next(self, other: Float32Array) -> Float64Array:
        """The next half steps, in [0, 1], shape ``(2, halves)``; `other` is Silero's probability on
        the other channel.
        """
        count = other.shape[1]
        power = np.concatenate((self._before, *self._power), axis=1)
        self._power = [power[:, count + _REACH - 1 :]]
        power = np.pad(power, ((0, 0), (0, max(0, count + _REACH - power.shape[1]))))
        self._before = power[:, count : count + _REACH - 1]
        decibels = 10.0 * np.log10(power + 1e-10)
        loudest = decibels[::-1, :count]
        for back in range(1, _REACH):
            loudest = np.maximum(loudest, decibels[::-1, back : back + count])
        now = _REACH - 1
        own = sum(power[:, now + k : now + k + count] for k in (-1, 0, 1)) / 3.0
        difference = 10.0 * np.log10(own + 1e-12) - loudest
        place = np.clip(np.rint(difference), _LOWEST, _HIGHEST).astype(np.int64)
        found = np.stack(
            [
                difference[side] - self._usual[side](place[side], other[side] > _TALKS)
                for side in range(2)
            ]
        )
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(found - MARGIN, -50.0, 50.0))))


class _UsualLevel:
    """The median of levels in whole dB, each of which counts less with each that follows.

    What counts less is not made smaller: what follows weighs more, until the numbers are large.
    """

    def __init__(self) -> None:
        self._counts = [0.0] * (_HIGHEST - _LOWEST + 1)
        self._median = _FIRST_GUESS - _LOWEST
        self._counts[self._median] = _GUESS_WEIGHT
        self._below, self._total = 0.0, _GUESS_WEIGHT  # of bins below the median, of all
        self._weight = 1.0

    def __call__(self, levels: Int64Array, counts: BoolArray) -> Int64Array:
        """The median before each of `levels`; those count where `counts`. Both: shape ``(n,)``."""
        places = np.flatnonzero(counts)
        medians = [self._median]
        for level in (levels[places] - _LOWEST).tolist():
            self._add(level)
            medians.append(self._median)
        lasts = np.diff(np.concatenate(([-1], places, [len(levels) - 1])))
        return np.repeat(np.array(medians, np.int64) + _LOWEST, lasts)

    def _add(self, level: int) -> None:
        counts, median, below = self._counts, self._median, self._below
        self._weight /= _KEEP
        counts[level] += self._weight
        self._total += self._weight
        if level < median:
            below += self._weight
        half = self._total / 2
        while below >= half:
            median -= 1
            below -= counts[median]
        while below + counts[median] < half:
            below += counts[median]
            median += 1
        self._median, self._below = median, below
        if self._weight > _LARGE:
            self._counts = [count / self._weight for count in counts]
            self._below, self._total = sum(self._counts[:median]), sum(self._counts)
            self._weight = 1.0


def _log_odds(probability: FloatingArray) -> Float32Array:
    chance = np.clip(np.asarray(probability, np.float32), 1e-3, 1 - 1e-3)
    return np.asarray(np.log(chance / (1 - chance)), np.float32)


__all__ = ["LEAST_LOOKAHEAD", "MARGIN", "ActivityMixer", "SileroShare"]
