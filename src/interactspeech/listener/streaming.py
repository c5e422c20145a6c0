"""The listener on live sound: chunks in, news out, at every step of 40 ms.

Two kinds of news. `FrameState`s are at once, and may be wrong: who talks now, whether that sounds
like
feedback or like a bid for the floor, whether the speaker is about to stop. `Event`s are the same
that `detect` gives, each as soon as nothing to come can change what it is (the delays are those of
`interactspeech.turntaking.OnlineAnnotator`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech.errors import InputError
from interactspeech.listener.backchannel_classifier import features, rules_of, score
from interactspeech.listener.model import ACTIVE, FEEDBACK, FUTURE, HALF, Listener
from interactspeech.listener.output import RISE, finite
from interactspeech.records import Event
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.turntaking import DEFAULT, Candidates, OnlineAnnotator, RuleSet
from interactspeech.turntaking.timeline import BoolArray

FloatArray = npt.NDArray[np.float32]

SPEAKERS: Final = ("A", "B")
#: The other counts as holding the floor if they talked within so many steps (0.4 s).
_FLOOR: Final = 10
#: Odds of feedback are remembered for so many steps: longer than any candidate waits for its
#: judgement (about 40 s).
_MEMORY: Final = 1000


@dataclass(frozen=True)
class FrameState:
    """What the listener makes of one step of 40 ms. Each tuple holds the value for A, then B.

    Attributes:
        time: up to which there was sound, in samples at the stream's rate.
        active: probability of talk, `Card.late` steps ago.
        talking: whether each talks, after smoothing.
        feedback: probability that the talk (present, or just ended) is a backchannel.
        bid: how much each claims the floor that the other holds: talk over the other, or within
            0.4 s of their talk, that does not sound like feedback; 0 where there is none.
        soon: probability of talk in 0 to 0.2, 0.2 to 0.6, 0.6 to 1.2 and 1.2 to 2.0 s from now.
    """

    time: int
    active: tuple[float, float]
    talking: tuple[bool, bool]
    feedback: tuple[float, float]
    bid: tuple[float, float]
    soon: tuple[tuple[float, ...], tuple[float, ...]]

    def shift(self, speaker: int) -> float:
        """How likely the other talks next, of the two (VAP's shift; Ekstedt & Skantze 2022): the
        other's share of the talk expected in the next 2 s, for the speaker who holds the floor.
        """
        mine, theirs = (sum(self.soon[s]) for s in (speaker, 1 - speaker))
        return theirs / (mine + theirs) if mine + theirs > 0 else 0.5


@dataclass(frozen=True)
class StreamUpdate:
    """What a chunk brought.

    Attributes:
        moments: one for each step that it completed.
        events: those that are now decided, at the stream's rate, of origin "model".
    """

    moments: tuple[FrameState, ...]
    events: tuple[Event, ...]


class Stream:
    """A conversation as it happens.

    ```python
    stream = Stream(rate=24_000)
    for chunk in microphone:            # float32, shape (2, n)
        for moment in stream(chunk).moments:
            if moment.bid[1] > 0.6:
                agent.stop_talking()
    ```

    Args:
        rate: of the chunks.
        mono: both speakers are on one channel; chunks have shape ``(n,)`` or ``(1, n)``.
        listener: `Listener.load`'s by default.
        rules: thresholds of the events.

    Raises:
        InputError: a rate of less than 1,000 samples a second.
    """

    def __init__(
        self,
        rate: int = RATE,
        *,
        mono: bool = False,
        listener: Listener | None = None,
        rules: RuleSet = DEFAULT,
    ) -> None:
        if rate < 1000:
            raise InputError(f"a rate of {rate} samples a second", reason="bad-rate")
        self.listener = listener or Listener.load()
        card = self.listener.card
        self._rate, self._mono = rate, mono
        self._late = card.late(mono=mono)
        self._channels = 1 if mono else 2
        self._resample = self._resampler()
        self._hear = LogMel(self._channels)
        self._state = self.listener.silence()
        self._steps = 0
        self._samples = 0
        fitted = card.fitted("mono" if mono else "two")
        self._talk = tuple(
            _SideActivity(fitted.on, fitted.off, card.shortest, card.bridge, card.tail)
            for _ in SPEAKERS
        )
        self._boundaries: list[tuple[int, int, str]] = []
        self._last = [-_FLOOR - 1, -_FLOOR - 1]
        self._odds: deque[tuple[float, float]] = deque(maxlen=_MEMORY)
        self._weights, self._threshold = fitted.judge, fitted.threshold
        self._sure: dict[tuple[str, int], float] = {}
        self._annotator = OnlineAnnotator(
            RATE, SPEAKERS, rules_of(card, rules), backchannel=self._judge
        )

    def __call__(self, chunk: npt.NDArray[np.floating]) -> StreamUpdate:
        """What a chunk brings.

        Args:
            chunk: shape ``(2, n)``, or ``(n,)`` or ``(1, n)`` for `mono`; any n. What is not finite
                counts as silence.

        Raises:
            InputError: another number of channels.
        """
        sound = finite(chunk[None] if chunk.ndim == 1 else chunk)
        if sound.ndim != 2 or len(sound) != self._channels:
            raise InputError(
                f"a chunk of shape {chunk.shape}, expected ({self._channels}, n)",
                reason="bad-shape",
            )
        self._samples += sound.shape[1]
        return self._take(self._resample(sound, last=False))

    def finish(self) -> StreamUpdate:
        """The conversation is over: what was still undecided."""
        rest = self._resample(np.zeros((self._channels, 0), np.float32), last=True)
        quiet = self._late * STEP + STEP
        news = self._take(np.pad(rest, ((0, 0), (0, quiet))))
        length = self._samples * RATE // self._rate
        for side, talk in enumerate(self._talk):
            for kind, time in talk.finish(max(length, self._annotator.clock)):
                heappush(self._boundaries, (time, side, kind))
        late = self._tell(None)
        late += self._annotator.finish(max(length, self._annotator.clock))
        return StreamUpdate(news.moments, news.events + self._labelled(late, length))

    def _resampler(self) -> Any:
        if self._rate == RATE:
            return lambda sound, last: (sound, last)[0]
        import soxr

        stream = soxr.ResampleStream(self._rate, RATE, self._channels, dtype="float32")
        return lambda sound, last: np.ascontiguousarray(
            stream.resample_chunk(np.ascontiguousarray(sound.T), last=last)
            .reshape(-1, self._channels)
            .T
        )

    def _take(self, sound: FloatArray) -> StreamUpdate:
        mel = self._hear(sound)
        if self._mono:
            mel = np.repeat(mel, 2, axis=0)
        found, self._state = self.listener.hear(mel, self._state, mono=self._mono)
        moments: list[FrameState] = []
        events: list[Event] = []
        for step in range(found.shape[1]):
            moment, decided = self._step(found[:, step])
            moments.append(moment)
            events += decided
        return StreamUpdate(tuple(moments), self._labelled(events, None))

    def _step(self, found: FloatArray) -> tuple[FrameState, list[Event]]:
        now = self._steps - self._late  # the step that activity and feedback are about
        chance = np.clip(found[:, FEEDBACK].astype(np.float64), 1e-5, 1 - 1e-5)
        odds = np.log(chance / (1 - chance))
        self._odds.append((float(odds[0]), float(odds[1])))
        if now >= 0:
            for side, talk in enumerate(self._talk):
                for half, p in enumerate(found[side, ACTIVE].tolist()):
                    for kind, time in talk.step((2 * now + half) * HALF, p):
                        heappush(self._boundaries, (time, side, kind))
        clock = max(now, 0) * STEP - self._lag
        events = self._tell(clock)
        if clock > self._annotator.clock:
            events += self._annotator.advance(clock)
        self._steps += 1
        active = found[:, ACTIVE].max(axis=1)
        bid = _bid(active, chance, self._last, self._steps)
        moment = FrameState(
            time=self._steps * STEP * self._rate // RATE,
            active=(float(active[0]), float(active[1])),
            talking=(self._talk[0].talking, self._talk[1].talking),
            feedback=(float(chance[0]), float(chance[1])),
            bid=(bid[0], bid[1]),
            soon=(tuple(found[0, FUTURE].tolist()), tuple(found[1, FUTURE].tolist())),
        )
        return moment, events

    @property
    def _lag(self) -> int:
        """How long a boundary of talk may stay undecided, in samples."""
        card = self.listener.card
        certain = (card.shortest + card.bridge + card.tail) * RATE // 1000
        return certain + RISE * HALF + STEP

    def _tell(self, until: int | None) -> list[Event]:
        """Tell the annotator of the boundaries up to a time (all, if None), in order of time.

        An end is certain sooner than a beginning, so that they are not found in that order.
        """
        events: list[Event] = []
        annotator, waiting = self._annotator, self._boundaries
        while waiting and (until is None or waiting[0][0] <= until):
            time, side, kind = heappop(waiting)
            tell = annotator.start if kind == "start" else annotator.end
            events += tell(SPEAKERS[side], max(time, annotator.clock))
        return events

    def _judge(self, candidates: Candidates) -> BoolArray:
        """The decision, from what is remembered of the network's odds."""
        c = candidates
        first_kept = self._steps + 1 - len(self._odds)
        late = self._late
        kept = np.array(self._odds).reshape(-1, 2)
        odds = np.zeros(len(c))
        for i in range(len(c)):
            end = int(c.end[i])
            first = round((end + 0.08 * RATE) / STEP) + late - first_kept
            last = max(round((end + 0.4 * RATE) / STEP) + late - first_kept, first + 1)
            window = kept[max(first, 0) : max(last, 1), int(c.speaker[i])]
            odds[i] = (
                window.mean() if len(window) else (kept[-1, int(c.speaker[i])] if len(kept) else 0)
            )
        chance = score(features(c, odds), self._weights)
        for i in range(len(c)):
            key = (SPEAKERS[int(c.speaker[i])], int(c.start[i]))
            if first_kept * STEP <= int(c.start[i]):
                self._sure[key] = float(chance[i])
            else:  # forgotten: what was decided stays
                chance[i] = self._sure.get(key, float(chance[i]))
        if len(self._sure) > 10 * _MEMORY:
            oldest = sorted(self._sure, key=lambda key: key[1])[: 9 * _MEMORY]
            for key in oldest:
                del self._sure[key]
        return np.asarray(chance >= self._threshold, np.bool_)

    def _labelled(self, events: list[Event], length: int | None) -> tuple[Event, ...]:
        """Events with origin and probability, at the stream's rate."""
        del length

        def at(time: int) -> int:
            return time * self._rate // RATE

        labelled = []
        for event in events:
            chance = self._sure.get((event.speaker, event.start))
            if event.type == "backchannel" and chance is not None:
                sure: float | None = chance
            elif event.type in {"interruption", "terminal_overlap"} and chance is not None:
                sure = 1.0 - chance
            else:
                sure = None
            labelled.append(
                msgspec.structs.replace(
                    event,
                    start=at(event.start),
                    end=at(event.end),
                    origin="model",
                    probability=sure,
                )
            )
        return tuple(labelled)


def bids(found: FloatArray) -> FloatArray:
    """`FrameState.bid` for many steps from their beginning on.

    Args:
        found: probabilities, shape ``(2, steps, 7)``.

    Returns:
        Shape ``(2, steps)``.
    """
    last = [-_FLOOR - 1, -_FLOOR - 1]
    active = found[:, :, ACTIVE].max(axis=2)
    rows = [_bid(active[:, k], found[:, k, FEEDBACK], last, k + 1) for k in range(found.shape[1])]
    return np.array(rows, np.float32).reshape(-1, 2).T


def _bid(
    active: npt.NDArray[Any], feedback: npt.NDArray[Any], last: list[int], now: int
) -> tuple[float, float]:
    """How much each claims the floor that the other holds; `last` (changed here) is the step at
    which each was last heard.
    """
    for side in range(2):
        if active[side] > 0.5:
            last[side] = now
    first, second = (
        float(active[side] * (1 - feedback[side])) if now - last[1 - side] <= _FLOOR else 0.0
        for side in range(2)
    )
    return first, second


class _SideActivity:
    """One side's activity: hysteresis, short silences bridged, short blips dropped, as they come.

    It gives ``("start", sample)`` and ``("end", sample)`` as soon as they are certain, which is
    what `heard.activity` finds in a whole recording.
    """

    def __init__(self, on: float, off: float, shortest: int, bridge: int, tail: int = 0) -> None:
        self._on, self._off, self._tail = on, off, tail * RATE // 1000
        self._shortest, self._bridge = shortest * RATE // 1000, bridge * RATE // 1000
        self._above: int | None = None  # where the probability last passed `off`
        self._reached = False
        self._start: int | None = None  # of talk that is not told yet
        self._end: int | None = None  # of talk that may still be bridged
        self._told = False
        self.talking = False

    def step(self, time: int, chance: float) -> list[tuple[str, int]]:
        """A half step that begins at sample `time`."""
        news: list[tuple[str, int]] = []
        if chance > self._off:
            if self._above is None:
                self._above, self._reached = time, False
            if chance >= self._on and not self._reached:
                self._above, self._reached = max(self._above, time - RISE * HALF), True
            if self._reached:
                news += self._talk(time + HALF)
            else:  # talk that may come of this begins here at the earliest
                news += self._silence(max(self._above, time + HALF - RISE * HALF))
        else:
            if self._above is not None and self._reached:
                self._end = time + self._tail
            self._above, self._reached = None, False
            news += self._silence(time + HALF)
        return news

    def _talk(self, time: int) -> list[tuple[str, int]]:
        assert self._above is not None
        news: list[tuple[str, int]] = []
        if (
            self._start is not None
            and self._end is not None
            and self._above - self._end >= self._bridge
        ):
            news += self._close()
        if self._start is None:
            self._start, self._told = self._above, False
        self._end = None
        self.talking = True
        if not self._told and time - self._start >= self._shortest:
            self._told = True
            news.append(("start", self._start))
        return news

    def _silence(self, time: int) -> list[tuple[str, int]]:
        if self._start is None or self._end is None or time - self._end < self._bridge:
            return []
        return self._close()

    def _close(self) -> list[tuple[str, int]]:
        assert self._start is not None
        assert self._end is not None
        news: list[tuple[str, int]] = []
        if self._told:
            news.append(("end", self._end))
        elif self._end - self._start >= self._shortest:
            news += [("start", self._start), ("end", self._end)]
        self._start, self._end, self._told, self.talking = None, None, False, False
        return news

    def finish(self, time: int) -> list[tuple[str, int]]:
        """The sound is over at sample `time`."""
        if self._start is None:
            return []
        if self._end is None or self._reached:
            self._end = time + self._tail
        return [(kind, min(at, time)) for kind, at in self._close()]
