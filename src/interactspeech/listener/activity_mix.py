"""Speech activity of the listener's network and of Silero in one probability, on two channels.

The network knows crosstalk, rooms and babble; it was trained on made speech, and misses soft talk
of people. Silero was trained on people, and takes crosstalk for talk. So Silero has its say where
the other channel is silent, for what is heard there is no crosstalk, and little of it elsewhere:

```
 log-odds = (1 - w) network + w Silero        w = alone (1 - o) + beside o
 o: Silero's probability on the other channel
```

Everything is causal up to the network's own lookahead, so live sound gives what a recording gives.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, FloatingArray
from interactspeech.models.silero import WINDOW, SpeechProbability
from interactspeech.signal.log_mel import STEP

_HALF: Final = STEP // 2
#: Silero's probability is one window late: that of a window says most about the one before.
_LATE: Final = WINDOW
#: Steps of lookahead without which Silero's window is not complete in time.
LEAST_LOOKAHEAD: Final = 2


class SileroShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weight of Silero's log-odds beside the network's.

    Attributes:
        alone: where the other channel is silent.
        beside: where the other talks.
    """

    alone: float
    beside: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.alone <= 1.0 and 0.0 <= self.beside <= 1.0):
            raise ValueError(f"weights {self.alone} and {self.beside} are not in [0, 1]")


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
        self._known = np.zeros((2, 0), np.float32)
        self._first = 0  # index of the first window in `_known`
        self._halves = 0  # that were mixed

    def hear(self, sound: Float32Array) -> None:
        """Take in sound at 16 kHz, shape ``(2, n)``, finite."""
        found = self._detector(np.clip(sound, -1.0, 1.0))
        self._known = np.concatenate((self._known, found), axis=1)

    def mix(self, active: Float32Array) -> Float32Array:
        """The next half steps: the network's probabilities, shape ``(2, halves)``, with Silero's.

        The sound has to be there up to `LEAST_LOOKAHEAD` steps after the last of them.
        """
        middle = (self._halves + np.arange(active.shape[1])) * _HALF + _HALF // 2 + _LATE
        place = middle // WINDOW - self._first
        silero = self._known[:, np.clip(place, 0, self._known.shape[1] - 1)]
        self._halves += active.shape[1]
        if len(place):  # the rest is not asked for again
            gone = min(int(place[-1]), self._known.shape[1] - 1)
            self._known, self._first = self._known[:, gone:], self._first + gone
        other = silero[::-1]
        weight = self._share.alone * (1.0 - other) + self._share.beside * other
        points = (1.0 - weight) * _log_odds(active) + weight * _log_odds(silero)
        return np.asarray(1.0 / (1.0 + np.exp(-points)), np.float32)


def _log_odds(probability: FloatingArray) -> Float32Array:
    chance = np.clip(np.asarray(probability, np.float32), 1e-3, 1 - 1e-3)
    return np.asarray(np.log(chance / (1 - chance)), np.float32)


__all__ = ["LEAST_LOOKAHEAD", "ActivityMixer", "SileroShare"]
