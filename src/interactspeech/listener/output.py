"""Everything a listener said about a recording, and the activity that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from interactspeech.listener.model import (
    ACTIVE,
    FEEDBACK,
    FUTURE,
    HALF,
    Ear,
    Listener,
    ListenerCard,
)
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.timeline import IntArray

FloatArray = npt.NDArray[np.float32]
#: Steps that are fed to the graph at once (10 s): what it computes on the way takes memory.
_CHUNK = 250
#: Talk begins at most so many halves (120 ms) before it is beyond doubt: live, its beginning must
#: not stay open for long.
RISE = 6


@dataclass(frozen=True, eq=False)
class ListenerOutput:
    """Probabilities on the clock of the sound: the lookahead is taken out.

    Attributes:
        samples: length of the recording at 16 kHz.
        mono: both speakers are on one channel.
        active: of talk, shape ``(2, halves)``, one each 20 ms.
        feedback: that the present talk, or the talk that has just ended, is a backchannel, shape
            ``(2, steps)``, one each 40 ms.
        future: of talk in four bins from now on, shape ``(2, steps, 4)``.
        parted: the two sides were one channel, which a diarizer parted.
    """

    samples: int
    mono: bool
    active: FloatArray
    feedback: FloatArray
    future: FloatArray
    parted: bool = False

    @property
    def ear(self) -> Ear:
        """Which ear heard it."""
        return "mono" if self.mono else "parted" if self.parted else "two"


def listen(
    listener: Listener, blocks: Iterable[FloatArray], *, mono: bool, parted: bool = False
) -> ListenerOutput:
    """Hear a whole recording, piece by piece.

    Args:
        listener: who.
        blocks: 16 kHz, one after the other, each of shape ``(2, n)``, or ``(1, n)`` with `mono`.
            What is not finite counts as silence.
        mono: both speakers are on one channel.
        parted: both were on one channel, and each side holds what a diarizer gave to a speaker.
    """
    hear = LogMel(1 if mono else 2)
    state = listener.silence()
    parts: list[FloatArray] = []
    waiting: list[FloatArray] = []
    samples = 0

    def flush() -> None:
        nonlocal state
        if waiting:
            mel = np.concatenate(waiting, axis=1)
            waiting.clear()
            for first in range(0, mel.shape[1], _CHUNK):
                piece = mel[:, first : first + _CHUNK]
                if mono:
                    piece = np.repeat(piece, 2, axis=0)
                found, state = listener.hear(piece, state, mono=mono, parted=parted)
                parts.append(found)

    for block in blocks:
        samples += block.shape[1]
        waiting.append(hear(finite(block)))
        if sum(w.shape[1] for w in waiting) >= _CHUNK:
            flush()
    late = listener.card.late(mono=mono)
    rest = -samples % STEP + late * STEP
    waiting.append(hear(np.zeros((1 if mono else 2, rest), np.float32)))
    flush()
    found = np.concatenate(parts, axis=1)
    steps = found.shape[1] - late
    return ListenerOutput(
        samples=samples,
        mono=mono,
        active=found[:, late:, ACTIVE].reshape(2, -1),
        feedback=np.ascontiguousarray(found[:, late:, FEEDBACK]),
        future=np.ascontiguousarray(found[:, :steps, FUTURE]),
        parted=parted,
    )


def finite(block: npt.NDArray[np.floating]) -> FloatArray:
    """Samples as float32 between -8 and 8 (beyond is no sound), with 0 for NaN and infinity."""
    sound = np.asarray(block, np.float32)
    if not np.isfinite(sound).all():
        sound = np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(sound, -8.0, 8.0)


def activity(heard: ListenerOutput, card: ListenerCard) -> Timeline:
    """Who talks when, at 16 kHz, for the speakers "A" and "B"."""
    fitted = card.fitted(heard.ear)
    spans = {
        name: np.minimum(
            tidy(
                hysteresis(heard.active[side], fitted.on, fitted.off) * HALF,
                card.shortest,
                card.bridge,
                card.tail,
            ),
            heard.samples,
        )
        for side, name in enumerate("AB")
    }
    spans = {name: rows[rows[:, 1] > rows[:, 0]] for name, rows in spans.items()}
    return Timeline(RATE, heard.samples, spans)


def hysteresis(chance: FloatArray, on: float, off: float) -> IntArray:
    """Half-open stretches that reach `on` and last while the probability is above `off`.

    Talk begins where the probability first passed `off` on the way to `on`, or `RISE` before `on`.

    Args:
        chance: shape ``(n,)``.
        on: to be reached.
        off: to stay above, at most `on`.

    Returns:
        Shape ``(m, 2)``, indexes.
    """
    above = np.concatenate(([False], chance > off, [False]))
    edges = np.flatnonzero(above[1:] != above[:-1]).reshape(-1, 2)
    if len(edges) == 0:
        return edges.astype(np.int64)
    sure = np.flatnonzero(chance >= on)
    place = np.searchsorted(sure, edges[:, 0])
    first = np.append(sure, len(chance))[place]  # where each stretch, if it does, reaches `on`
    reached = first < edges[:, 1]
    edges[:, 0] = np.maximum(edges[:, 0], first - RISE)
    return np.asarray(edges[reached], np.int64)


def tidy(spans: IntArray, shortest: int, bridge: int, tail: int = 0) -> IntArray:
    """Spans (16 kHz samples) made longer by `tail` ms, with silences below `bridge` ms filled, then
    those below `shortest` ms taken out.
    """
    if len(spans) == 0:
        return spans
    spans = spans + np.array([0, tail * RATE // 1000])
    first = np.concatenate(([True], spans[1:, 0] - spans[:-1, 1] >= bridge * RATE // 1000))
    last = np.concatenate((first[1:], [True]))
    joined = np.stack((spans[first, 0], spans[last, 1]), axis=1)
    return np.asarray(joined[joined[:, 1] - joined[:, 0] >= shortest * RATE // 1000], np.int64)
