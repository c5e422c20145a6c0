"""The listener on live audio: chunks in, results out at every step of 40 ms.

There are two kinds of results. A `FrameState` comes at once, and may turn out wrong: who talks now,
whether that sounds like feedback or like a bid for the floor, whether the speaker is about to stop.
`Event`s are the same that `detect` gives, each as soon as no later audio can change it (the delays
are those of `interactspeech.turntaking.OnlineAnnotator`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Any, Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import AnyArray, BoolArray, Float32Array, Float64Array
from interactspeech.errors import InputError
from interactspeech.listener.activity_mix import ActivityMixer
from interactspeech.listener.backchannel_classifier import (
    features,
    joint_probability,
    listener_rules,
    log_odds,
    may_be_feedback,
    odds_window,
    score,
    stretches_until,
)
from interactspeech.listener.levelled_feedback import (
    LiveMel,
    feedback_evidence,
    needed_until,
)
from interactspeech.listener.live_bids import bid_evidence, bid_probability
from interactspeech.listener.model import (
    ACTIVE,
    FEEDBACK,
    FUTURE,
    HALF,
    FeedbackDecision,
    FloorBidDecision,
    Listener,
)
from interactspeech.listener.output import MAX_RISE, finite
from interactspeech.listener.word_decision import (
    SoundProbability,
    WordDecision,
    bid_with_words,
    words_and_sound_rules,
)
from interactspeech.records import Event, Word
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.signal.samples import ByteEncoding, as_array, as_floats
from interactspeech.turntaking import DEFAULT, Candidates, OnlineAnnotator, RuleSet

SPEAKERS: Final = ("A", "B")
#: A speaker counts as holding the floor for so many steps (0.4 s) after their last speech.
_FLOOR: Final = 10
#: Log-odds of feedback are kept for so many steps (40 s): longer than any candidate waits for its
#: classification.
_MEMORY: Final = 1000
#: Of bids by the network's running outputs.
_PLAIN_THRESHOLD: Final = 0.9
#: Samples that are processed at once, for the memory is of the last `_MEMORY` steps: 8 s.
_PIECE: Final = 200 * STEP


@dataclass(frozen=True)
class FrameState:
    """The state of the conversation at one step of 40 ms. Each tuple holds a value for A, then B.

    Attributes:
        time: end of the audio so far, in samples at the stream's rate.
        rate: samples a second of `time`.
        active: probability of speech, `ModeSettings.lookahead` steps ago.
        talking: whether each talks, after smoothing.
        feedback: probability that the speech (present, or just ended) is a backchannel.
        floor_bid: how much each claims the floor that the other holds: speech over the other's, or
            within 0.4 s of it, that lasts, or does not sound like feedback; 0 where there is none.
            Words that were pushed count (`word_decision.bid_with_words`).
        end_of_turn: how likely the turn of each is over, by the silence so far and by who is
            expected to talk; 0 while they talk, and where the listener has no such score.
        wants_floor: whether the bid reaches the stream's threshold (`Stream.bid_threshold`).
        future: probability of speech in 0 to 0.2, 0.2 to 0.6, 0.6 to 1.2 and 1.2 to 2.0 s from now.
    """

    time: int
    active: tuple[float, float]
    talking: tuple[bool, bool]
    feedback: tuple[float, float]
    floor_bid: tuple[float, float]
    future: tuple[tuple[float, ...], tuple[float, ...]]
    rate: int = RATE
    wants_floor: tuple[bool, bool] = (False, False)
    end_of_turn: tuple[float, float] = (0.0, 0.0)

    @property
    def seconds(self) -> float:
        """`time` in seconds."""
        return self.time / self.rate

    def shift_probability(self, speaker: int) -> float:
        """How likely the other takes the turn from `speaker` (VAP's shift; Ekstedt & Skantze 2022):
        the other's share of the speech expected in the next 2 s.
        """
        own, other = (sum(self.future[s]) for s in (speaker, 1 - speaker))
        return other / (own + other) if own + other > 0 else 0.5


@dataclass(frozen=True)
class StreamUpdate:
    """The results of a chunk.

    Attributes:
        frames: one for each step that it completed.
        events: those that are now decided, at the stream's rate, of origin "model".
        rate: samples a second of all times.
    """

    frames: tuple[FrameState, ...]
    events: tuple[Event, ...]
    rate: int = RATE

    def seconds(self, event: Event) -> tuple[float, float]:
        """Start and end of an event in seconds."""
        return event.start / self.rate, event.end / self.rate


class Stream:
    """A conversation as it happens.

    ```python
    stream = Stream(rate=24_000)
    for chunk in microphone:            # float32, shape (2, n)
        for frame in stream(chunk).frames:
            if frame.wants_floor[1]:
                agent.stop_talking()
    ```

    Args:
        rate: of the chunks.
        mode: "two_channel" for a channel a speaker; "mixed" for both speakers on one channel, where
            chunks have shape ``(n,)`` or ``(1, n)``.
        listener: `Listener.load`'s by default.
        rules: thresholds of the events.
        encoding: of chunks that are bytes, as telephone services send them: "mulaw", "alaw", "u8".
        false_alarms: share of feedback on the other's talk that may count as a bid: it chooses
            `bid_threshold` among the operating points of the card (two channels only).
        word_delay: seconds after its end within which a word is pushed (`push_words`). Events wait
            for so long; None where no words will come.

    Attributes:
        bid_threshold: of `FrameState.floor_bid`, from which `wants_floor` is true.
        late_words: words that came too late to take part in events.

    Raises:
        InputError: a rate of less than 1,000 samples a second, another mode, or fewer false alarms
            than any operating point has.
    """

    def __init__(
        self,
        rate: int = RATE,
        *,
        mode: Literal["two_channel", "mixed"] = "two_channel",
        listener: Listener | None = None,
        rules: RuleSet = DEFAULT,
        encoding: ByteEncoding | None = None,
        false_alarms: float = 0.1,
        word_delay: float | None = None,
    ) -> None:
        if rate < 1000:
            raise InputError(f"a rate of {rate} samples a second", reason="bad-rate")
        if mode not in {"two_channel", "mixed"}:
            raise InputError(
                f"a stream cannot have the mode {mode!r}",
                remedy="use two_channel or mixed",
                reason="bad-mode",
            )
        self.listener = listener or Listener.load()
        card = self.listener.card
        settings = card.settings(mode)
        self._rate, self._mode, self._encoding = rate, mode, encoding
        self._late = settings.lookahead
        self._weights, self._threshold = settings.weights, settings.threshold
        self._joint = settings.feedback if mode == "two_channel" else None
        self._mel = LiveMel(_MEMORY) if self._joint is not None else None
        #: What the network hears of a candidate, by side, onset and end.
        self._heard: dict[tuple[int, int, int], float] = {}
        self._ended = False
        self._bid = settings.floor_bid if mode == "two_channel" else None
        self._turn_end = settings.turn_end if mode == "two_channel" else None
        self.bid_threshold = (
            _PLAIN_THRESHOLD if self._bid is None else self._bid.threshold(false_alarms)
        )
        #: Stretches of talk of each side that are over, samples at 16 kHz.
        self._over: tuple[deque[tuple[int, int]], ...] = (deque(maxlen=64), deque(maxlen=64))
        self._partial: dict[str, tuple[Word, ...]] = {}
        self._final: dict[str, deque[Word]] = {name: deque(maxlen=64) for name in SPEAKERS}
        self._with_words = word_delay is not None
        self.late_words = 0
        self._channels = 1 if mode == "mixed" else 2
        self._resample = self._resampler()
        self._log_mel = LogMel(self._channels)
        self._state = self.listener.initial_state()
        share = settings.silero if mode == "two_channel" else None
        self._mixer = ActivityMixer(share) if share is not None else None
        self._steps = 0
        self._samples = 0
        self._activity = tuple(
            _SideActivity(settings.on, settings.off, card.shortest, card.bridge, card.tail)
            for _ in SPEAKERS
        )
        #: Boundaries of speech that the annotator has not been given yet, a heap.
        self._boundaries: list[tuple[int, int, str]] = []
        self._last = [-_FLOOR - 1, -_FLOOR - 1]
        self._odds: deque[tuple[float, float]] = deque(maxlen=_MEMORY)
        #: Probability of being a backchannel, by speaker and onset.
        self._feedback: dict[tuple[str, int], float] = {}
        #: The same by sound and timing alone.
        self._heard_first: dict[tuple[str, int], float] = {}
        self._began = [0, 0]
        named, decide = listener_rules(card, rules), self._classify
        if word_delay is not None:
            joint = WordDecision(self._probability, rules)
            named = words_and_sound_rules(named)
            decide = self._noted(joint.probability)
        self._annotator = OnlineAnnotator(
            RATE, SPEAKERS, named, backchannel=decide, word_lag=round((word_delay or 0.0) * RATE)
        )

    def __repr__(self) -> str:
        seconds = self._samples / self._rate
        return f"Stream({self._rate} Hz, {self._mode}, {seconds:.2f} s of {self.listener.card.id})"

    def __call__(self, chunk: AnyArray) -> StreamUpdate:
        """Process a chunk.

        Args:
            chunk: shape ``(2, n)``, or ``(n,)`` or ``(1, n)`` in the mode "mixed"; any n. Floats in
                [-1, 1] (what is not finite counts as silence), signed integers, or bytes of
                `encoding`.

        Raises:
            InputError: another number of channels, or samples of another type or scale.
        """
        found = as_array(chunk)
        if found is None:
            raise InputError(
                f"a chunk of type {type(chunk).__name__}", remedy="give an array of samples",
                reason="bad-samples",
            )  # fmt: skip
        sound = found[None] if found.ndim == 1 else found
        if sound.ndim != 2 or len(sound) != self._channels:
            raise InputError(
                f"a chunk of shape {found.shape}, expected ({self._channels}, n)",
                remedy="a row for each channel: chunk.T" if sound.shape[-1:] == (2,) else "",
                reason="bad-shape",
            )
        sound = finite(as_floats(sound, self._encoding))
        self._samples += sound.shape[1]
        return self._process(self._resample(sound, last=False))

    def push_words(self, speaker: str, words: Sequence[Word], *, final: bool = False) -> None:
        """Say what a speaker is saying, as a recogniser gives it while the talk goes on.

        Partial words count for `FrameState.floor_bid` at once, until others of the speaker take
        their place; final ones decide about events, too, beside the sound.

        Args:
            speaker: "A" or "B".
            words: in samples at the stream's rate; partial ones replace those pushed before.
            final: whether the words will not change any more.

        Raises:
            InputError: no such speaker, or the stream was made without `word_delay`.
        """
        if speaker not in SPEAKERS:
            raise InputError(
                f"unknown speaker {speaker!r} (known: {', '.join(SPEAKERS)})",
                reason="unknown-speaker",
            )
        if not self._with_words:
            raise InputError(
                "words for a stream that was made without them",
                remedy="make it with word_delay=",
                reason="no-words",
            )
        scaled = tuple(
            msgspec.structs.replace(
                word,
                start=word.start * RATE // self._rate,
                end=max(word.end * RATE // self._rate, word.start * RATE // self._rate + 1),
            )
            for word in words
        )
        self._partial[speaker] = () if final else scaled
        if not final:
            return
        for word in scaled:
            self._final[speaker].append(word)
            try:
                self._annotator.word(speaker, word)
            except InputError as error:
                if error.reason != "late-word":
                    raise
                self.late_words += 1

    def finish(self) -> StreamUpdate:
        """End the conversation: what was still undecided."""
        rest = self._resample(np.zeros((self._channels, 0), np.float32), last=True)
        quiet = self._late * STEP + STEP
        self._ended = True
        update = self._process(np.pad(rest, ((0, 0), (0, quiet))))
        length = self._samples * RATE // self._rate
        for side, activity in enumerate(self._activity):
            for kind, time in activity.finish(max(length, self._annotator.clock)):
                heappush(self._boundaries, (time, side, kind))
        late = self._flush_boundaries(None)
        late += self._annotator.finish(max(length, self._annotator.clock))
        return StreamUpdate(update.frames, update.events + self._labelled(late), self._rate)

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

    def _process(self, sound: Float32Array) -> StreamUpdate:
        frames: list[FrameState] = []
        events: list[Event] = []
        for first in range(0, max(sound.shape[1], 1), _PIECE):
            more = self._process_piece(sound[:, first : first + _PIECE])
            frames += more.frames
            events += more.events
        return StreamUpdate(tuple(frames), tuple(events), self._rate)

    def _process_piece(self, sound: Float32Array) -> StreamUpdate:
        mel = self._log_mel(sound)
        if self._mel is not None:
            self._mel.add(mel)
        if self._mixer is not None:
            self._mixer.hear(sound)
        if self._mode == "mixed":
            mel = np.repeat(mel, 2, axis=0)
        found, self._state = self.listener.predict(mel, self._state, self._mode)
        frames: list[FrameState] = []
        events: list[Event] = []
        for step in range(found.shape[1]):
            frame, decided = self._step(found[:, step])
            frames.append(frame)
            events += decided
        return StreamUpdate(tuple(frames), self._labelled(events), self._rate)

    def _step(self, found: Float32Array) -> tuple[FrameState, list[Event]]:
        now = self._steps - self._late  # the step that activity and feedback are about
        chance = np.clip(found[:, FEEDBACK].astype(np.float64), 1e-5, 1 - 1e-5)
        odds = log_odds(found[:, FEEDBACK])
        self._odds.append((float(odds[0]), float(odds[1])))
        halves = found[:, ACTIVE]
        if now >= 0:
            if self._mixer is not None:
                halves = self._mixer.mix(halves)
            for side, activity in enumerate(self._activity):
                for half, p in enumerate(halves[side].tolist()):
                    for kind, time in activity.step((2 * now + half) * HALF, p):
                        heappush(self._boundaries, (time, side, kind))
                        if kind == "end":
                            self._over[side].append((self._began[side], time))
                        else:
                            self._began[side] = time
        clock = max(now, 0) * STEP - self._lag
        events = self._flush_boundaries(clock)
        if clock > self._annotator.clock:
            events += self._annotator.advance(clock)
        self._steps += 1
        active = halves.max(axis=1)
        if self._bid is None:
            bid = _floor_bid(found[:, ACTIVE].max(axis=1), chance, self._last, self._steps)
        else:
            bid = self._levelled_bid(active, self._bid)
        bid = self._bid_with_words(bid)
        frame = FrameState(
            time=self._steps * STEP * self._rate // RATE,
            active=(float(active[0]), float(active[1])),
            talking=(self._activity[0].talking, self._activity[1].talking),
            feedback=(float(chance[0]), float(chance[1])),
            floor_bid=(bid[0], bid[1]),
            future=(tuple(found[0, FUTURE].tolist()), tuple(found[1, FUTURE].tolist())),
            rate=self._rate,
            wants_floor=(bid[0] >= self.bid_threshold, bid[1] >= self.bid_threshold),
        )
        if self._turn_end is not None:
            over = (self._over_by_now(frame, 0), self._over_by_now(frame, 1))
            frame = replace(frame, end_of_turn=over)
        return frame, events

    def _over_by_now(self, frame: FrameState, side: int) -> float:
        """How likely the turn of a side is over."""
        decision = self._turn_end
        if decision is None or self._activity[side].begun is not None or not self._over[side]:
            return 0.0
        seconds = (self._steps * STEP - self._over[side][-1][1]) / RATE
        shift = min(max(frame.shift_probability(side), 0.01), 0.99)
        points = decision.intercept + decision.seconds * min(seconds, decision.longest)
        points += decision.shift * float(np.log(shift / (1.0 - shift)))
        return 1.0 / (1.0 + float(np.exp(-points)))

    def _levelled_bid(
        self, active: Float32Array, decision: FloorBidDecision
    ) -> tuple[float, float]:
        """The bid of each side by how long its talk lasts and how it sounds."""
        assert self._mel is not None
        for side in range(2):
            if active[side] > 0.5:
                self._last[side] = self._steps
        bids = [0.0, 0.0]
        now = self._steps * STEP
        for side in range(2):
            begun = self._activity[side].begun
            if begun is None or now <= begun or self._steps - self._last[1 - side] > _FLOOR:
                continue
            spans = [s for s in self._over[side] if s[1] <= begun]
            evidence = bid_evidence(
                self.listener, self._mel, side, np.array([*spans, (begun, now)], np.int64),
                self._steps, decision,
            )  # fmt: skip
            bids[side] = bid_probability(evidence, decision)
        return bids[0], bids[1]

    def _bid_with_words(self, bids: tuple[float, float]) -> tuple[float, float]:
        if not self._with_words:
            return bids
        found = []
        for side, bid in enumerate(bids):
            name, begun = SPEAKERS[side], self._activity[side].begun
            said = [*self._final[name], *self._partial.get(name, ())]
            here = [w.text for w in said if begun is not None and w.end > begun - STEP]
            found.append(bid_with_words(bid, here))
        return found[0], found[1]

    @property
    def _lag(self) -> int:
        """How long a boundary of speech may stay undecided, in samples."""
        card = self.listener.card
        certain = (card.shortest + card.bridge + card.tail) * RATE // 1000
        return certain + MAX_RISE * HALF + STEP

    def _flush_boundaries(self, until: int | None) -> list[Event]:
        """Give the annotator the boundaries up to a time (all, if None), in order of time.

        An end is certain sooner than an onset, so that they are not found in that order.
        """
        events: list[Event] = []
        annotator, waiting = self._annotator, self._boundaries
        while waiting and (until is None or waiting[0][0] <= until):
            time, side, kind = heappop(waiting)
            add = annotator.start if kind == "start" else annotator.end
            events += add(SPEAKERS[side], max(time, annotator.clock))
        return events

    def _classify(self, candidates: Candidates) -> BoolArray:
        """The decision about backchannels by sound and timing."""
        least = self._threshold if self._joint is None else 0.5
        return np.asarray(self._noted(self._probability)(candidates, least), np.bool_)

    def _noted(self, probability: SoundProbability) -> Callable[..., BoolArray]:
        """A decision that keeps the probabilities for the events they are about."""

        def decide(candidates: Candidates, least: float = 0.5) -> BoolArray:
            chance = probability(candidates)
            names, starts = candidates.speaker.tolist(), candidates.start.tolist()
            for side, start, p in zip(names, starts, chance.tolist(), strict=True):
                self._feedback[SPEAKERS[side], start] = p
            if len(self._feedback) > 10 * _MEMORY:
                for key in sorted(self._feedback, key=lambda key: key[1])[: 9 * _MEMORY]:
                    del self._feedback[key]
            return np.asarray(chance >= least, np.bool_)

        return decide

    def _probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel by sound and timing, from the log-odds of the last
        `_MEMORY` steps.
        """
        c = candidates
        first_kept = self._steps + 1 - len(self._odds)
        kept = np.array(self._odds).reshape(-1, 2)
        odds = np.zeros(len(c))
        first, last = odds_window(c.end * (RATE / c.timeline.rate))
        first = first + self._late - first_kept
        last = np.maximum(last + self._late - first_kept, first + 1)
        for i, side in enumerate(c.speaker.tolist()):
            window = kept[max(first[i], 0) : max(last[i], 1), side]
            odds[i] = window.mean() if len(window) else (kept[-1, side] if len(kept) else 0)
        if self._joint is not None:
            decision = self._joint
            evidence = decision.heard * np.clip(odds, decision.lowest, decision.highest)
            self._hear_again(c, evidence, decision)
            chance = joint_probability(c, evidence, decision)
        else:
            chance = score(features(c, odds), self._weights)
        for i in range(len(c)):
            key = (SPEAKERS[int(c.speaker[i])], int(c.start[i]))
            if first_kept * STEP <= int(c.start[i]):
                self._heard_first[key] = float(chance[i])
            else:  # the log-odds are gone: the earlier decision stays
                chance[i] = self._heard_first.get(key, float(chance[i]))
        if len(self._heard_first) > 10 * _MEMORY:
            for key in sorted(self._heard_first, key=lambda key: key[1])[: 9 * _MEMORY]:
                del self._heard_first[key]
        return np.asarray(chance)

    def _hear_again(
        self, candidates: Candidates, evidence: Float64Array, decision: FeedbackDecision
    ) -> None:
        """Put what levelled sound says in the place of the network's running log-odds, as soon as
        the sound that this takes is there.
        """
        c = candidates
        assert self._mel is not None
        for i in np.flatnonzero(may_be_feedback(c)).tolist():
            side, start, end = int(c.speaker[i]), int(c.start[i]), int(c.end[i])
            key = (side, start, end)
            if key not in self._heard:
                if self._mel.steps < needed_until(end, self._late) and not self._ended:
                    continue
                spans = stretches_until(c, i)
                self._heard[key] = feedback_evidence(
                    self.listener, self._mel, side, spans, decision,
                    overlaps=bool(c.partner_talking[i]),
                )  # fmt: skip
            evidence[i] = self._heard[key]
        if len(self._heard) > _MEMORY:
            for key in sorted(self._heard, key=lambda key: key[1])[: _MEMORY // 2]:
                del self._heard[key]

    def _labelled(self, events: list[Event]) -> tuple[Event, ...]:
        """Events with origin and probability, at the stream's rate."""

        def at(time: int) -> int:
            return time * self._rate // RATE

        labelled = []
        for event in events:
            feedback = self._feedback.get((event.speaker, event.start))
            if event.type == "backchannel" and feedback is not None:
                probability: float | None = feedback
            elif event.type in {"interruption", "terminal_overlap"} and feedback is not None:
                probability = 1.0 - feedback
            else:
                probability = None
            labelled.append(
                msgspec.structs.replace(
                    event,
                    start=at(event.start),
                    end=at(event.end),
                    origin="model",
                    probability=probability,
                )
            )
        return tuple(labelled)


def floor_bids(found: Float32Array) -> Float32Array:
    """`FrameState.floor_bid` of all steps of a recording.

    Args:
        found: probabilities, shape ``(2, steps, 7)``.

    Returns:
        Shape ``(2, steps)``.
    """
    last = [-_FLOOR - 1, -_FLOOR - 1]
    active = found[:, :, ACTIVE].max(axis=2)
    rows = [
        _floor_bid(active[:, k], found[:, k, FEEDBACK], last, k + 1) for k in range(found.shape[1])
    ]
    return np.array(rows, np.float32).reshape(-1, 2).T


def _floor_bid(
    active: AnyArray, feedback: AnyArray, last: list[int], now: int
) -> tuple[float, float]:
    """How much each claims the floor that the other holds; `last` (updated here) holds the step of
    each side's last speech.
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
    """Online speech activity of one side: hysteresis, then short silences and segments dropped.

    It gives ``("start", sample)`` and ``("end", sample)`` as soon as they are certain: the segments
    that `output.speech_activity` finds in a whole recording.
    """

    @property
    def begun(self) -> int | None:
        """Where the talk that is going on began; None where there is none."""
        return self._start

    def __init__(self, on: float, off: float, shortest: int, bridge: int, tail: int = 0) -> None:
        self._on, self._off, self._tail = on, off, tail * RATE // 1000
        self._shortest, self._bridge = shortest * RATE // 1000, bridge * RATE // 1000
        self._above: int | None = None  # where the probability last passed `off`
        self._reached = False
        self._start: int | None = None  # of the segment that is open
        self._end: int | None = None  # of a segment that may still be continued
        self._reported = False
        self.talking = False

    def step(self, time: int, chance: float) -> list[tuple[str, int]]:
        """Add a half step that begins at sample `time`."""
        boundaries: list[tuple[str, int]] = []
        if chance > self._off:
            if self._above is None:
                self._above, self._reached = time, False
            if chance >= self._on and not self._reached:
                self._above, self._reached = max(self._above, time - MAX_RISE * HALF), True
            if self._reached:
                boundaries += self._speech(time + HALF)
            else:  # speech that may follow begins here at the earliest
                boundaries += self._silence(max(self._above, time + HALF - MAX_RISE * HALF))
        else:
            if self._above is not None and self._reached:
                self._end = time + self._tail
            self._above, self._reached = None, False
            boundaries += self._silence(time + HALF)
        return boundaries

    def _speech(self, time: int) -> list[tuple[str, int]]:
        assert self._above is not None
        boundaries: list[tuple[str, int]] = []
        if (
            self._start is not None
            and self._end is not None
            and self._above - self._end >= self._bridge
        ):
            boundaries += self._close()
        if self._start is None:
            self._start, self._reported = self._above, False
        self._end = None
        self.talking = True
        if not self._reported and time - self._start >= self._shortest:
            self._reported = True
            boundaries.append(("start", self._start))
        return boundaries

    def _silence(self, time: int) -> list[tuple[str, int]]:
        if self._start is None or self._end is None or time - self._end < self._bridge:
            return []
        return self._close()

    def _close(self) -> list[tuple[str, int]]:
        assert self._start is not None
        assert self._end is not None
        boundaries: list[tuple[str, int]] = []
        if self._reported:
            boundaries.append(("end", self._end))
        elif self._end - self._start >= self._shortest:
            boundaries += [("start", self._start), ("end", self._end)]
        self._start, self._end, self._reported, self.talking = None, None, False, False
        return boundaries

    def finish(self, time: int) -> list[tuple[str, int]]:
        """End the audio at sample `time`."""
        if self._start is None:
            return []
        if self._end is None or self._reached:
            self._end = time + self._tail
        return [(kind, min(at, time)) for kind, at in self._close()]
