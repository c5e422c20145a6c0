"""The listener on live audio: chunks in, results out at every step of 40 ms.

There are two kinds of results. A `FrameState` comes at once, and may turn out wrong: who talks now,
whether that sounds like feedback or like a bid for the floor, whether the speaker is about to stop.
`Event`s are the same that `detect` gives, each as soon as no later audio can change it (the delays
are those of `interactspeech.turntaking.OnlineAnnotator`).

```
 chunk ─► log-mel ─► network ─┬─► who talks            (live_activity)  ─► annotator ─► events
                              ├─► is it feedback?      (live_feedback)  ──────┘
                              └─► is it a bid?         (live_bids)      ─► frames
```
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any, Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import AnyArray, BoolArray, Float32Array
from interactspeech.errors import InputError
from interactspeech.listener.activity_mix import ActivityMixer
from interactspeech.listener.backchannel_classifier import listener_rules
from interactspeech.listener.levelled_feedback import LiveMel
from interactspeech.listener.live_activity import LiveActivity
from interactspeech.listener.live_bids import (
    FLOOR_HELD,
    PLAIN_THRESHOLD,
    bid_evidence,
    bid_probability,
    plain_bid,
)
from interactspeech.listener.live_feedback import MEMORY, LiveFeedback
from interactspeech.listener.model import (
    ACTIVE,
    FEEDBACK,
    FUTURE,
    HALF,
    FloorBidDecision,
    Listener,
)
from interactspeech.listener.output import MAX_RISE, finite
from interactspeech.listener.stream_updates import FrameState, StreamUpdate
from interactspeech.listener.word_decision import (
    WordDecision,
    bid_with_words,
    words_and_sound_rules,
)
from interactspeech.records import Event, Word
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.signal.samples import ByteEncoding, as_array, as_floats
from interactspeech.turntaking import DEFAULT, OnlineAnnotator, RuleSet

SPEAKERS: Final = ("A", "B")
#: Samples that are processed at once, for the memory is of the last `MEMORY` steps: 8 s.
_PIECE: Final = 200 * STEP


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
        levels = mode == "two_channel" and settings.feedback is not None
        self._mel = LiveMel(MEMORY) if levels else None
        self._feedback = LiveFeedback(self.listener, settings, self._mel, SPEAKERS)
        self._bid = settings.floor_bid if mode == "two_channel" else None
        self._turn_end = settings.turn_end if mode == "two_channel" else None
        self.bid_threshold = (
            PLAIN_THRESHOLD if self._bid is None else self._bid.threshold(false_alarms)
        )
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
            LiveActivity(settings.on, settings.off, card.shortest, card.bridge, card.tail)
            for _ in SPEAKERS
        )
        #: Boundaries of speech that the annotator has not been given yet, a heap.
        self._boundaries: list[tuple[int, int, str]] = []
        self._last = [-FLOOR_HELD - 1, -FLOOR_HELD - 1]
        named = listener_rules(card, rules)
        decide: Callable[..., BoolArray] = self._feedback
        if word_delay is not None:
            joint = WordDecision(self._feedback.probability, rules)
            named = words_and_sound_rules(named)
            decide = self._feedback.deciding_by(joint.probability)
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
        self._feedback.ended = True
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
        self._feedback.add(found[:, FEEDBACK])
        halves = found[:, ACTIVE]
        if now >= 0:
            if self._mixer is not None:
                halves = self._mixer.mix(halves)
            for side, activity in enumerate(self._activity):
                for half, p in enumerate(halves[side].tolist()):
                    for kind, time in activity.step((2 * now + half) * HALF, p):
                        heappush(self._boundaries, (time, side, kind))
        clock = max(now, 0) * STEP - self._lag
        events = self._flush_boundaries(clock)
        if clock > self._annotator.clock:
            events += self._annotator.advance(clock)
        self._steps += 1
        active = halves.max(axis=1)
        if self._bid is None:
            bid = plain_bid(found[:, ACTIVE].max(axis=1), chance, self._last, self._steps)
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
        decision, activity = self._turn_end, self._activity[side]
        if decision is None or activity.begun is not None or not activity.over:
            return 0.0
        seconds = (self._steps * STEP - activity.over[-1][1]) / RATE
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
            if begun is None or now <= begun or self._steps - self._last[1 - side] > FLOOR_HELD:
                continue
            spans = [s for s in self._activity[side].over if s[1] <= begun]
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

    def _labelled(self, events: list[Event]) -> tuple[Event, ...]:
        """Events with origin and probability, at the stream's rate."""

        def at(time: int) -> int:
            return time * self._rate // RATE

        labelled = []
        for event in events:
            feedback = self._feedback.decided(event.speaker, event.start)
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
