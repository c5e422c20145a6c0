"""Task C: detection of bids for the floor against feedback, and its delay.

Each scorer gives, for every 40 ms and each speaker, a score that only looks back. A bid is called
where the score first reaches a threshold:

```
   X   ####################   true interruption at s:  called in (s, s + 1.5 s] is a hit,
   Y           ########       and the delay is how long after s
               s
   X   ####################   a backchannel, or 3 s of X alone: called inside is a false alarm,
   Y        ##                one at most each
```

The threshold is the lowest with at most a tenth of false alarms (TurnBench 2026). Where channels do
not say who is who (`conditions.UNNAMED`), a dialogue's sides are named so that scores are higher
while the side they are about talks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Int64Array
from interactspeech.evaluation.events.benchmark import RATE, Benchmark
from interactspeech.evaluation.events.conditions import UNNAMED
from interactspeech.evaluation.events.metrics import Estimate, bootstrap
from interactspeech.listener import Listener, Stream
from interactspeech.listener.live_bids import floor_bids
from interactspeech.models.vad import Detector as Vad
from interactspeech.models.vad import speech_spans
from interactspeech.records import Dialogue
from interactspeech.signal.log_mel import STEP, LogMel
from interactspeech.turntaking import Timeline, layer1

#: Samples (2, n) to scores (2, steps), the k-th known at the end of the k-th step of 40 ms.
BidScorer = Callable[[Float32Array], Float32Array]

#: Seconds within which an interruption must be called, and of a stretch of one speaker alone.
WITHIN: Final = 1.5
ALONE: Final = 3.0
FALSE_ALARMS: Final = 0.10


def listener_scorer(listener: Listener) -> BidScorer:
    """A scorer by the listener's `FrameState.floor_bid`."""
    if listener.card.settings("two_channel").floor_bid is not None:

        def streamed(samples: Float32Array) -> Float32Array:
            padded = np.pad(samples, ((0, 0), (0, -samples.shape[1] % STEP)))
            frames = Stream(listener=listener)(padded).frames
            return np.array([f.floor_bid for f in frames], np.float32).reshape(-1, 2).T

        return streamed

    def scores(samples: Float32Array) -> Float32Array:
        mel = LogMel(2)(np.pad(samples, ((0, 0), (0, -samples.shape[1] % STEP))))
        found, _ = listener.predict(mel, listener.initial_state())
        return floor_bids(found)

    return scores


def duration_scorer(vad: Vad) -> BidScorer:
    """How long the speaker has talked over the other, in seconds, by a voice activity detector: the
    rule of thumb by which agents yield after so many milliseconds of user speech.
    """

    def scores(samples: Float32Array) -> Float32Array:
        steps = -(-samples.shape[1] // STEP)
        talk = np.zeros((2, steps), np.bool_)
        for side, channel in enumerate(samples):
            for start, end in speech_spans(channel, RATE, vad):
                talk[side, start // STEP : -(-end // STEP)] = True
        found = np.zeros((2, steps), np.float32)
        for side in range(2):
            run, over = 0.0, False
            for k in range(steps):
                if talk[side, k]:
                    over = over or bool(talk[1 - side, max(0, k - 10) : k + 1].any())
                    run += STEP / RATE
                else:
                    run, over = 0.0, False
                found[side, k] = run if over else 0.0
        return found

    return scores


@dataclass(frozen=True)
class FloorBidMoments:
    """What was scored: for each true interruption the running maximum of the score after it, for
    each stretch without one the maximum in it.
    """

    hits: list[tuple[str, Float32Array]]
    backchannels: list[tuple[str, float]]
    alone: list[tuple[str, float]]


class FloorBidScores(msgspec.Struct, frozen=True):
    """Results of one scorer.

    Attributes:
        scorer, benchmark: names.
        threshold: that was chosen.
        recall: of interruptions, at it.
        delay: median of the hits, seconds.
        false_alarms: share of backchannels and of stretches alone together; then each.
    """

    scorer: str
    benchmark: str
    threshold: float
    recall: Estimate
    delay: float
    false_alarms: Estimate
    at_backchannels: float
    alone: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return dict(msgspec.to_builtins(self))


def evaluate_floor_bids(benchmark: Benchmark, scorer: BidScorer, name: str) -> FloorBidScores:
    """Recall and delay at a tenth of false alarms; the benchmark must have a channel a speaker."""
    scored = score_dialogues(benchmark, scorer)
    return choose_threshold(scored, name, benchmark.manifest.name)


def score_dialogues(benchmark: Benchmark, scorer: BidScorer) -> FloorBidMoments:
    """Score all dialogues.

    Raises:
        InputError: the benchmark has one channel.
    """
    benchmark.require_two()
    found = FloorBidMoments([], [], [])
    for name, case in benchmark.cases.items():
        score = scorer(case.audio())
        if benchmark.manifest.condition in UNNAMED:
            score = _named(score, case.dialogue)
        side = {s.id: i for i, s in enumerate(case.dialogue.speakers)}
        for event in case.dialogue.events:
            row = score[side[event.speaker]]
            first = event.start // STEP
            if event.type == "interruption":
                window = row[first : first + round(WITHIN * RATE / STEP)]
                if len(window):
                    found.hits.append((name, np.maximum.accumulate(window)))
            elif event.type == "backchannel" and event.attributes.get("placement") == "overlap":
                window = row[first : event.end // STEP + round(0.4 * RATE / STEP)]
                found.backchannels.append((name, float(window.max(initial=0.0))))
        for who, start, end in single_speaker_stretches(case.dialogue):
            window = score[who, start // STEP : end // STEP]
            found.alone.append((name, float(window.max(initial=0.0))))
    return found


def _named(score: Float32Array, dialogue: Dialogue) -> Float32Array:
    """The scores with the sides in the order of the record's speakers."""
    talk = np.zeros(score.shape, np.float32)
    rows = Timeline.of(dialogue).activity
    for side, speaker in enumerate(dialogue.speakers):
        for start, end in rows[speaker.id].tolist():
            talk[side, start // STEP : -(-end // STEP)] = 1.0
    alone = talk * (1.0 - talk[::-1])
    return (
        score[::-1] if float((score * alone).sum()) < float((score[::-1] * alone).sum()) else score
    )


def choose_threshold(scored: FloorBidMoments, name: str, benchmark: str) -> FloorBidScores:
    """Choose the threshold, and evaluate at it."""
    negatives = scored.backchannels + scored.alone
    values = np.array([value for _, value in negatives] or [0.0])
    # The lowest threshold that at most a tenth of them reach.
    ordered = np.sort(values)[::-1]
    allowed = int(FALSE_ALARMS * len(values))
    threshold = float(np.nextafter(ordered[min(allowed, len(ordered) - 1)], np.inf))
    called = np.array([bool((row >= threshold).any()) for _, row in scored.hits], np.bool_)
    delays = [
        (int(np.argmax(row >= threshold)) + 1) * STEP / RATE
        for _, row in scored.hits
        if (row >= threshold).any()
    ]

    def share(of: BoolArray) -> Callable[[Int64Array], float]:
        return lambda pick: float(of[pick].mean()) if len(pick) else float("nan")

    return FloorBidScores(
        scorer=name,
        benchmark=benchmark,
        threshold=threshold,
        recall=bootstrap([n for n, _ in scored.hits], share(called)),
        delay=float(np.median(delays)) if delays else float("nan"),
        false_alarms=bootstrap([n for n, _ in negatives], share(values >= threshold)),
        at_backchannels=_share(scored.backchannels, threshold),
        alone=_share(scored.alone, threshold),
    )


def _share(values: Iterable[tuple[str, float]], threshold: float) -> float:
    found = [value >= threshold for _, value in values]
    return float(np.mean(found)) if found else float("nan")


def single_speaker_stretches(dialogue: Dialogue) -> Iterator[tuple[int, int, int]]:
    """Stretches of `ALONE` seconds in which one speaker talks, or pauses shortly, and the other is
    silent: index of the silent one, start, end.
    """
    layer = layer1(Timeline.of(dialogue))
    length = round(ALONE * dialogue.rate)
    for silent in range(2):
        talk = layer.ipus[1 - silent]
        others = layer.ipus[silent]
        for start, end in talk.tolist():
            for at in range(start, end - length + 1, length):
                busy = (others[:, 0] < at + length) & (others[:, 1] > at - dialogue.rate // 2)
                if not busy.any():
                    yield silent, at, at + length
