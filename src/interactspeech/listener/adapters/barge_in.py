"""Whether a user who talks while an agent talks wants the floor: by sound and by words.

```
 user's sound  ──┐                      ┌─► interrupts: talk over the agent that claims the floor
 agent's sound ──┼─► Stream ─► BargeIn ─┼─► starts: talk while the agent is silent
 user's words  ──┘                      └─► end_of_turn: how likely the user's turn is over
```

The user's sound is the clock: as much of the agent's sound is paired with it as has come, and
silence where none has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from interactspeech._typing import AnyArray, Float32Array
from interactspeech.errors import InputError
from interactspeech.listener.model import Listener
from interactspeech.listener.stream_updates import FrameState
from interactspeech.listener.streaming import Stream
from interactspeech.records import Word
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.samples import as_floats

USER, AGENT = 0, 1
_USER_NAME: Final = "A"
#: Words without times are taken to have been said in so many seconds before they came.
_JUST_SAID: Final = 0.3
#: The agent's sound is not ahead of the clock by more than this: older sound was never paired.
_LONGEST: Final = 2.0


@dataclass(frozen=True)
class BargeInState:
    """What a piece of the user's sound says.

    Attributes:
        interrupts: the user's talk over the agent's became a bid for the floor in it.
        starts: the user began to talk while the agent was silent.
        bid: the highest bid in it, in [0, 1].
        end_of_turn: how likely the user's turn is over, at its end.
        seconds: end of the sound so far.
    """

    interrupts: bool
    starts: bool
    bid: float
    end_of_turn: float
    seconds: float


class BargeIn:
    """A conversation of a user and an agent.

    ```python
    barge_in = BargeIn(false_alarms=0.1)
    barge_in.hear_agent(playing, 24_000)
    if barge_in.hear_user(microphone, 16_000).interrupts:
        agent.stop_talking()
    ```

    Args:
        false_alarms: share of the user's feedback that may stop the agent (`Stream`).
        hold: steps of 40 ms for which a bid must last.
        alone: probability of talk from which the user's turn starts while the agent is silent.
        listener: the one that ships by default.

    Raises:
        InputError: fewer false alarms than any operating point has.
    """

    def __init__(
        self,
        *,
        false_alarms: float = 0.1,
        hold: int = 2,
        alone: float = 0.8,
        listener: Listener | None = None,
    ) -> None:
        self._stream = Stream(RATE, listener=listener, false_alarms=false_alarms, word_delay=1.0)
        self._hold, self._alone = hold, alone
        self._lasts = 0
        self._agent = np.zeros(0, np.float32)
        self._heard = 0
        self._last: FrameState | None = None

    @property
    def stream(self) -> Stream:
        """The stream of both, for who wants its frames' threshold or settings."""
        return self._stream

    def hear_agent(self, samples: AnyArray, rate: int) -> None:
        """Take in sound that the agent plays, of one channel; any rate, floats or int16."""
        held = np.append(self._agent, _at_16k(samples, rate))
        self._agent = held[-round(_LONGEST * RATE) :].astype(np.float32)

    def agent_stopped(self) -> None:
        """The agent's sound was cut: what was not played yet is dropped."""
        self._agent = self._agent[:0]

    def hear_user(self, samples: AnyArray, rate: int) -> BargeInState:
        """Take in the user's sound, of one channel; any rate, floats or int16."""
        user = _at_16k(samples, rate)
        taken, self._agent = self._agent[: len(user)], self._agent[len(user) :]
        agent = np.pad(taken, (0, len(user) - len(taken)))
        self._heard += len(user)
        interrupts = starts = False
        bid = 0.0
        for frame in self._stream(np.stack((user, agent))).frames:
            self._last = frame
            over = frame.talking[AGENT] or frame.active[AGENT] > 0.5
            bid = max(bid, frame.floor_bid[USER])
            claims = (
                frame.wants_floor[USER]
                if over or frame.floor_bid[USER] > 0
                else frame.active[USER] >= self._alone
            )
            self._lasts = self._lasts + 1 if claims else 0
            if self._lasts == self._hold:
                interrupts, starts = interrupts or over, starts or not over
        return BargeInState(interrupts, starts, bid, self.end_of_turn, self._heard / RATE)

    def hear_words(self, text: str, *, final: bool = False) -> None:
        """What a recogniser makes of the user's talk so far; a later text takes its place."""
        last = self._heard
        first = max(0, last - round(_JUST_SAID * RATE))
        said = text.split()
        edges = np.linspace(first, max(last, first + len(said)), len(said) + 1).astype(int)
        words = [
            Word(word, int(a), max(int(b), int(a) + 1))
            for word, a, b in zip(said, edges[:-1], edges[1:], strict=True)
        ]
        self._stream.push_words(_USER_NAME, words, final=final)

    @property
    def end_of_turn(self) -> float:
        """How likely the user's turn is over, as of the sound so far; 0 before any."""
        return 0.0 if self._last is None else self._last.end_of_turn[USER]


def _at_16k(samples: AnyArray, rate: int) -> Float32Array:
    if samples.ndim != 1:
        raise InputError(f"samples of shape {samples.shape}, expected (n,)", reason="bad-shape")
    sound = as_floats(samples)
    if rate == RATE:
        return sound
    import soxr

    return np.asarray(soxr.resample(sound, rate, RATE), np.float32)


__all__ = ["AGENT", "USER", "BargeIn", "BargeInState"]
