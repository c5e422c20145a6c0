"""Running detectors on a benchmark: Task A (questions) and Task B (timelines)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from interactspeech.dialogue import Event
from interactspeech.evaluate.events.benchmark import ASKED, RATE, Benchmark
from interactspeech.evaluate.events.detectors import EventDetector
from interactspeech.evaluate.events.metrics import (
    Figure,
    Matches,
    balanced_accuracy,
    bootstrap,
    f1,
    match_onsets,
)

#: Onsets within so many samples of each other are the same: 200 ms (TurnBench 2026).
TOLERANCE = RATE // 5


@dataclass(frozen=True)
class Result:
    """How one detector did on one benchmark.

    Attributes:
        detector, benchmark: their names.
        accuracy: event -> balanced accuracy of its questions; "mean" over the four.
        onset: event -> F1 of its onsets at +-200 ms; "mean" over those that occur.
    """

    detector: str
    benchmark: str
    accuracy: dict[str, Figure]
    onset: dict[str, Figure]

    def to_json(self) -> dict[str, object]:
        """As plain JSON."""
        return dict(msgspec.to_builtins(self))


def evaluate(
    benchmark: Benchmark,
    detector: EventDetector,
    *,
    questions: bool = True,
    timelines: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Ask a detector all questions, and for all timelines.

    Each question is answered from its clip alone. On one channel onsets are matched whoever does
    it, on two for each speaker.
    """
    done, total = 0, questions * len(benchmark.questions) + timelines * len(benchmark.cases)

    def tick() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    accuracy = _questions(benchmark, detector, tick) if questions else {}
    onset = _timelines(benchmark, detector, tick) if timelines else {}
    return Result(detector.name, benchmark.manifest.name, accuracy, onset)


def _questions(
    benchmark: Benchmark, detector: EventDetector, tick: Callable[[], None]
) -> dict[str, Figure]:
    said = []
    for question in benchmark.questions:
        clip = benchmark.cases[question.dialogue].audio(question.start, question.end)
        said.append(any(e.type == question.event for e in detector(clip)))
        tick()
    asked = benchmark.questions
    event = np.array([q.event for q in asked])
    answers, answered = np.array([q.answer for q in asked], np.bool_), np.array(said, np.bool_)

    def measure(kind: str) -> Callable[[npt.NDArray[np.int64]], float]:
        def value(pick: npt.NDArray[np.int64]) -> float:
            of = pick[event[pick] == kind]
            return balanced_accuracy(answers[of], answered[of]) if len(of) else float("nan")

        return value

    def mean(pick: npt.NDArray[np.int64]) -> float:
        values = [measure(kind)(pick) for kind in ASKED]
        return float(np.mean(values)) if not np.isnan(values).any() else float("nan")

    groups = [q.dialogue for q in asked]
    found: dict[str, Figure] = {}
    for kind in ASKED:
        rows = np.flatnonzero(event == kind)
        figure = (
            bootstrap(groups, measure(kind)) if len(rows) else Figure(np.nan, np.nan, np.nan, 0)
        )
        found[kind] = Figure(figure.value, figure.low, figure.high, len(rows))
    found["mean"] = bootstrap(groups, mean)
    return found


def _timelines(
    benchmark: Benchmark, detector: EventDetector, tick: Callable[[], None]
) -> dict[str, Figure]:
    matched: dict[str, list[Matches]] = {kind: [] for kind in ASKED}
    names = list(benchmark.cases)
    for name in names:
        case = benchmark.cases[name]
        events = detector(case.audio())
        mono = benchmark.manifest.channels == 1
        speakers = [s.id for s in case.dialogue.speakers]
        for kind in ASKED:
            matched[kind].append(_match(case.dialogue.events, events, kind, speakers, mono=mono))
        tick()

    def measure(kind: str) -> Callable[[npt.NDArray[np.int64]], float]:
        return lambda pick: f1([matched[kind][i] for i in pick])

    found: dict[str, Figure] = {}
    for kind in ASKED:
        figure = bootstrap(names, measure(kind))
        found[kind] = Figure(
            figure.value, figure.low, figure.high, sum(m.true for m in matched[kind])
        )

    def mean(pick: npt.NDArray[np.int64]) -> float:
        values = [measure(kind)(pick) for kind in ASKED]
        return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")

    found["mean"] = bootstrap(names, mean)
    return found


def _match(
    true: Sequence[Event], found: Sequence[Event], kind: str, speakers: Sequence[str], *, mono: bool
) -> Matches:
    """Onsets of one kind; the first speaker of the record is the detector's A."""
    pairs = [("", "")] if mono else list(zip(speakers, "AB", strict=False))
    total = Matches(0, 0, 0)
    for theirs, ours in pairs:
        a = sorted(e.start for e in true if e.type == kind and theirs in ("", e.speaker))
        b = sorted(e.start for e in found if e.type == kind and ours in ("", e.speaker))
        total += match_onsets(np.array(a, np.int64), np.array(b, np.int64), TOLERANCE)
    return total
