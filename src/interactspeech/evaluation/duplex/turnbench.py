"""TurnBench (Sesame, arXiv 2608.25218): scores of end-of-turn and interruption times.

```
 gold         |t                       a positive: the turn ends, or an interruption begins
 window   [t-.25 ........ t+3.0]       cut at the speaker's next positive
 predicted   x    x  x                 the earliest that is free claims it: one to one

 gold      [-- pause --]               a negative: one false alarm at most, in [start-.25, end],
 predicted  x                          unless the prediction is claimed or in a positive's window
```

The rules are those of ``turnbench/score.py`` and ``sweep.py`` (read at commit a87ffac); the gold is
`turnbench_gold`'s. Predictions inside excluded stretches count for nothing. Published form of a
submission: ``{"schema_version": 1, "predictions": [{"conversation_id", "speaker_1": {"eot": [...],
"interruption": [...]}, "speaker_2": ...}]}``. Times are seconds.
"""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import FloatingArray
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.timed_words import read_json, seconds
from interactspeech.evaluation.duplex.turnbench_gold import GoldAnchor, GoldEvents, GoldSpan

#: The window around a positive, and how early a false alarm of a negative may come; seconds.
BEFORE: Final = 0.25
DEADLINE: Final = 3.0
#: Share of negatives that may fire at the operating point.
FALSE_ALARMS: Final = 0.10
#: Seconds after a commit in which a rising edge commits nothing.
REFRACTORY: Final = 2.0
#: Quantiles of the scores that are tried as thresholds, beside a grid of hundredths.
CANDIDATES: Final = 512

TurnBenchTask = Literal["eot", "interruption"]
SPEAKERS: Final = (1, 2)


class TaskCounts(msgspec.Struct, frozen=True):
    """Counts of one task, which add up over conversations.

    Attributes:
        hits, misses: positives that were found in time, or not.
        false_alarms, quiet: negatives in which something fired, or nothing did.
        latencies: of the hits in milliseconds, in order of time.
    """

    hits: int = 0
    misses: int = 0
    false_alarms: int = 0
    quiet: int = 0
    latencies: tuple[float, ...] = ()

    def __add__(self, other: TaskCounts) -> TaskCounts:
        return TaskCounts(
            self.hits + other.hits,
            self.misses + other.misses,
            self.false_alarms + other.false_alarms,
            self.quiet + other.quiet,
            self.latencies + other.latencies,
        )

    @property
    def recall(self) -> float:
        """Share of positives that were found; NaN without any."""
        total = self.hits + self.misses
        return self.hits / total if total else math.nan

    @property
    def fp_rate(self) -> float:
        """Share of negatives that fired; NaN without any."""
        total = self.false_alarms + self.quiet
        return self.false_alarms / total if total else math.nan

    def latency(self, percentile: float) -> float:
        """A percentile of the latencies in milliseconds (linear interpolation); NaN without any."""
        return float(np.percentile(self.latencies, percentile)) if self.latencies else math.nan


def score_task(
    positives: Sequence[GoldAnchor],
    negatives: Sequence[GoldSpan],
    predicted: Mapping[int, Sequence[float]],
    excluded: Sequence[GoldSpan] = (),
) -> TaskCounts:
    """Score predicted times against a task's gold.

    Args:
        positives: what is to be found.
        negatives: where nothing should fire.
        predicted: speaker -> times, in any order.
        excluded: stretches in which predictions count for nothing.
    """
    times = {
        speaker: [
            t
            for t in sorted(predicted.get(speaker, ()))
            if not any(x.speaker == speaker and x.start <= t <= x.end for x in excluded)
        ]
        for speaker in {*SPEAKERS, *(p.speaker for p in positives), *(n.speaker for n in negatives)}
    }
    claimed: dict[int, set[int]] = {speaker: set() for speaker in times}
    windows: dict[int, list[tuple[float, float]]] = {speaker: [] for speaker in times}
    anchors = {s: sorted(p.time for p in positives if p.speaker == s) for s in times}
    hits, misses, latencies = 0, 0, []
    for positive in sorted(positives, key=lambda p: p.time):
        mine, taken = times[positive.speaker], claimed[positive.speaker]
        following = anchors[positive.speaker]
        index = bisect.bisect_right(following, positive.time)
        until = positive.time + DEADLINE
        if index < len(following):
            until = min(until, following[index])
        window = (positive.time - BEFORE, until)
        windows[positive.speaker].append(window)
        found = next((k for k in _inside(mine, *window) if k not in taken), None)
        if found is None:
            misses += 1
        else:
            taken.add(found)
            hits += 1
            latencies.append((mine[found] - positive.time) * 1000)
    alarms = 0
    for span in negatives:
        mine = times[span.speaker]
        alarms += any(
            k not in claimed[span.speaker]
            and not any(a <= mine[k] <= b for a, b in windows[span.speaker])
            for k in _inside(mine, span.start - BEFORE, span.end)
        )
    return TaskCounts(hits, misses, alarms, len(negatives) - alarms, tuple(latencies))


def _inside(times: Sequence[float], start: float, end: float) -> range:
    return range(bisect.bisect_left(times, start), bisect.bisect_right(times, end))


class SpeakerTimes(msgspec.Struct, frozen=True):
    """Predicted times of one speaker: ends of turns, and interruptions by this speaker."""

    eot: tuple[float, ...] = ()
    interruption: tuple[float, ...] = ()


class TurnPrediction(msgspec.Struct, frozen=True):
    """Predicted times of a conversation.

    Attributes:
        conversation_id: which.
        speaker_1, speaker_2: times of each channel's speaker.
    """

    conversation_id: str
    speaker_1: SpeakerTimes = SpeakerTimes()
    speaker_2: SpeakerTimes = SpeakerTimes()

    def times(self, task: TurnBenchTask) -> dict[int, tuple[float, ...]]:
        """Speaker -> times of a task."""
        return {1: getattr(self.speaker_1, task), 2: getattr(self.speaker_2, task)}


class TurnBenchScore(msgspec.Struct, frozen=True):
    """Both tasks, and on which of the wanted conversations there was a prediction."""

    eot: TaskCounts
    interruption: TaskCounts
    scored: int
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def score_predictions(
    predictions: Sequence[TurnPrediction], gold: Mapping[str, GoldEvents]
) -> TurnBenchScore:
    """Score predictions of conversations; what is missing or unknown is named, the rest scored."""
    by_id = {p.conversation_id: p for p in predictions}
    totals = {"eot": TaskCounts(), "interruption": TaskCounts()}
    for name, events in gold.items():
        if name in by_id:
            eot, interruption = score_conversation(by_id[name], events)
            totals["eot"] += eot
            totals["interruption"] += interruption
    return TurnBenchScore(
        eot=totals["eot"],
        interruption=totals["interruption"],
        scored=sum(name in by_id for name in gold),
        missing=tuple(sorted(set(gold) - set(by_id))),
        unknown=tuple(sorted(set(by_id) - set(gold))),
    )


def score_conversation(
    prediction: TurnPrediction, gold: GoldEvents
) -> tuple[TaskCounts, TaskCounts]:
    """Ends of turns and interruptions of one conversation."""
    return (
        score_task(gold.eot_positive, gold.eot_negative, prediction.times("eot"),
                   gold.eot_excluded),
        score_task(gold.int_positive, gold.int_negative, prediction.times("interruption"),
                   gold.int_excluded),
    )  # fmt: skip


def read_predictions(path: Path) -> tuple[TurnPrediction, ...]:
    """The predictions of a submission.

    Raises:
        InputError: the file is missing or malformed, has another schema version, a conversation
            twice, or a time that is none.
    """
    data = read_json(path)
    if not isinstance(data, dict) or data.get("schema_version") != 1:
        raise InputError(
            "is no TurnBench submission of schema_version 1",
            path,
            remedy='it begins {"schema_version": 1, "predictions": [...]}',
            reason="bad-annotation",
        )
    rows = data.get("predictions")
    if not isinstance(rows, list):
        raise InputError('has no list "predictions"', path, reason="bad-annotation")
    found: dict[str, TurnPrediction] = {}
    for number, row in enumerate(rows, 1):
        name = row.get("conversation_id") if isinstance(row, dict) else None
        if not isinstance(name, str):
            raise InputError(
                f"prediction {number} has no conversation_id", path, reason="bad-annotation"
            )
        if name in found:
            raise InputError(f"conversation {name!r} stands twice", path, reason="duplicate-id")
        one, other = (_times(row, f"speaker_{k}", name, path) for k in SPEAKERS)
        found[name] = TurnPrediction(name, one, other)
    return tuple(found.values())


def _times(row: dict[str, Any], key: str, name: str, path: Path) -> SpeakerTimes:
    part = row.get(key)
    if not isinstance(part, dict):
        raise InputError(f"conversation {name!r} has no {key}", path, reason="bad-annotation")
    lists = []
    for task in ("eot", "interruption"):
        values = part.get(task, [])
        if not isinstance(values, list):
            raise InputError(
                f"conversation {name!r}: {key}.{task} is no list", path, reason="bad-annotation"
            )
        lists.append(tuple(sorted(seconds(v, f"conversation {name!r}", path) for v in values)))
    return SpeakerTimes(*lists)


def write_predictions(predictions: Sequence[TurnPrediction]) -> bytes:
    """A submission, with times to the millisecond."""
    rows = [
        {
            "conversation_id": p.conversation_id,
            **{
                f"speaker_{k}": {
                    task: [round(t, 3) for t in sorted(times)]
                    for task, times in (("eot", one.eot), ("interruption", one.interruption))
                }
                for k, one in ((1, p.speaker_1), (2, p.speaker_2))
            },
        }
        for p in predictions
    ]
    return json.dumps({"schema_version": 1, "predictions": rows}, indent=1).encode() + b"\n"


def commits(
    scores: FloatingArray, frame_rate: float, threshold: float, refractory: float = REFRACTORY
) -> list[float]:
    """Times at which a score rises above a threshold: the end of the frame, in seconds.

    Args:
        scores: one a frame, shape ``(n,)``.
        frame_rate: frames a second.
        threshold: it must be exceeded.
        refractory: seconds after a commit in which no other is made.
    """
    above = np.asarray(scores, np.float64) > threshold
    rising = np.flatnonzero(above & ~np.concatenate(([False], above[:-1])))
    apart = max(1, round(refractory * frame_rate))
    found: list[float] = []
    last = -apart
    for frame in rising.tolist():
        if not found or frame - last >= apart:
            found.append((frame + 1) / frame_rate)
            last = frame
    return found


class OperatingPoint(msgspec.Struct, frozen=True):
    """A threshold and the counts at it."""

    threshold: float
    counts: TaskCounts


def candidate_thresholds(scores: Sequence[FloatingArray]) -> list[float]:
    """512 quantiles of all scores above 0, and the hundredths from .01 to .99."""
    grid = np.round(np.arange(1, 100) / 100, 2)
    pooled = np.concatenate([np.asarray(s, np.float64).ravel() for s in scores] or [np.zeros(0)])
    pooled = pooled[pooled > 0]
    if not len(pooled):
        return [float(t) for t in grid]
    levels = np.quantile(pooled, np.linspace(0, 1, CANDIDATES))
    return [float(t) for t in np.unique(np.concatenate((levels, grid)))]


def sweep(
    scores: Mapping[str, Mapping[int, FloatingArray]],
    gold: Mapping[str, GoldEvents],
    task: TurnBenchTask,
    frame_rate: float,
    thresholds: Sequence[float] | None = None,
) -> list[OperatingPoint]:
    """The counts at each threshold.

    Args:
        scores: conversation -> speaker -> a score a frame.
        gold: conversation -> gold.
        task: which of the two.
        frame_rate: frames a second.
        thresholds: to try; `candidate_thresholds` by default.
    """
    if thresholds is None:
        thresholds = candidate_thresholds([x for one in scores.values() for x in one.values()])
    points = []
    for threshold in thresholds:
        total = TaskCounts()
        for name, sides in scores.items():
            events = gold[name]
            fired = {s: commits(x, frame_rate, threshold) for s, x in sides.items()}
            if task == "eot":
                total += score_task(
                    events.eot_positive, events.eot_negative, fired, events.eot_excluded
                )
            else:
                total += score_task(
                    events.int_positive, events.int_negative, fired, events.int_excluded
                )
        points.append(OperatingPoint(threshold, total))
    return points


def operating_point(
    points: Sequence[OperatingPoint], budget: float = FALSE_ALARMS
) -> OperatingPoint | None:
    """The point of highest recall with at most `budget` of false alarms; the first of equals."""
    fit = [p for p in points if p.counts.fp_rate <= budget]
    return max(fit, key=lambda p: p.counts.recall) if fit else None


__all__ = [
    "BEFORE",
    "DEADLINE",
    "OperatingPoint",
    "SpeakerTimes",
    "TaskCounts",
    "TurnBenchScore",
    "TurnPrediction",
    "candidate_thresholds",
    "commits",
    "operating_point",
    "read_predictions",
    "score_conversation",
    "score_predictions",
    "score_task",
    "sweep",
    "write_predictions",
]
