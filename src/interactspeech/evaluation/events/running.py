"""Running detectors on a benchmark: Task A (questions) and Task B (timelines)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.evaluation.events.benchmark import ASKED, RATE, Benchmark, Case
from interactspeech.evaluation.events.conditions import UNNAMED
from interactspeech.evaluation.events.detectors import EventDetector, OracleWordsDetector
from interactspeech.evaluation.events.metrics import (
    Estimate,
    Matches,
    balanced_accuracy,
    bootstrap,
    f1,
    match_onsets,
)
from interactspeech.records import Dialogue, Event

#: Onsets within so many samples of each other are the same: 200 ms (TurnBench 2026).
TOLERANCE = RATE // 5


@dataclass(frozen=True)
class Result:
    """Results of one detector on one benchmark.

    Attributes:
        detector, benchmark: their names.
        accuracy: event -> balanced accuracy of its questions; "mean" over the four.
        onset: event -> F1 of its onsets at +-200 ms; "mean" over those that occur.
    """

    detector: str
    benchmark: str
    accuracy: dict[str, Estimate]
    onset: dict[str, Estimate]

    def to_json(self) -> dict[str, object]:
        """As plain JSON."""
        return dict(msgspec.to_builtins(self))


def evaluate(
    benchmark: Benchmark,
    detector: EventDetector | OracleWordsDetector,
    *,
    questions: bool = True,
    timelines: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Ask a detector all questions, and for all timelines.

    Each question is answered from its clip alone. On one channel onsets are matched whoever does
    it, on two for each speaker; under a condition in which the channels do not say who is who
    (`conditions.UNNAMED`), under the naming of each dialogue's speakers that more onsets fit.
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
    benchmark: Benchmark, detector: EventDetector | OracleWordsDetector, tick: Callable[[], None]
) -> dict[str, Estimate]:
    said = []
    for question in benchmark.questions:
        case, start, end = benchmark.cases[question.dialogue], question.start, question.end
        events = _asked(detector, case.dialogue, start, end)(case.audio(start, end))
        said.append(any(e.type == question.event for e in events))
        tick()
    asked = benchmark.questions
    event = np.array([q.event for q in asked])
    answers, answered = np.array([q.answer for q in asked], np.bool_), np.array(said, np.bool_)

    def measure(kind: str) -> Callable[[Int64Array], float]:
        def value(pick: Int64Array) -> float:
            of = pick[event[pick] == kind]
            return balanced_accuracy(answers[of], answered[of]) if len(of) else float("nan")

        return value

    def mean(pick: Int64Array) -> float:
        values = [measure(kind)(pick) for kind in ASKED]
        return float(np.mean(values)) if not np.isnan(values).any() else float("nan")

    groups = [q.dialogue for q in asked]
    found: dict[str, Estimate] = {}
    for kind in ASKED:
        rows = np.flatnonzero(event == kind)
        figure = (
            bootstrap(groups, measure(kind)) if len(rows) else Estimate(np.nan, np.nan, np.nan, 0)
        )
        found[kind] = Estimate(figure.value, figure.low, figure.high, len(rows))
    found["mean"] = bootstrap(groups, mean)
    return found


def _timelines(
    benchmark: Benchmark, detector: EventDetector | OracleWordsDetector, tick: Callable[[], None]
) -> dict[str, Estimate]:
    matched: dict[str, list[Matches]] = {kind: [] for kind in ASKED}
    names = list(benchmark.cases)
    for name in names:
        case = benchmark.cases[name]
        events = _asked(detector, case.dialogue, 0, case.dialogue.length)(case.audio())
        for kind, matches in match_events(benchmark, case, events).items():
            matched[kind].append(matches)
        tick()

    def measure(kind: str) -> Callable[[Int64Array], float]:
        return lambda pick: f1([matched[kind][i] for i in pick])

    found: dict[str, Estimate] = {}
    for kind in ASKED:
        figure = bootstrap(names, measure(kind))
        found[kind] = Estimate(
            figure.value, figure.low, figure.high, sum(m.true for m in matched[kind])
        )

    def mean(pick: Int64Array) -> float:
        values = [measure(kind)(pick) for kind in ASKED if found[kind].n]
        return float(np.nanmean(values)) if not np.isnan([*values, np.nan]).all() else float("nan")

    found["mean"] = bootstrap(names, mean)
    return found


def _asked(
    detector: EventDetector | OracleWordsDetector, dialogue: Dialogue, start: int, end: int
) -> EventDetector:
    return (
        detector.about(dialogue, start, end)
        if isinstance(detector, OracleWordsDetector)
        else detector
    )


def match_events(benchmark: Benchmark, case: Case, found: Sequence[Event]) -> dict[str, Matches]:
    """Onsets of each kind that were found in a dialogue; see `evaluate` for the assignment of
    speakers.
    """
    speakers = [s.id for s in case.dialogue.speakers]
    namings = [("", "")] if benchmark.manifest.channels == 1 else [("A", "B")]
    if benchmark.manifest.channels == 2 and benchmark.manifest.condition in UNNAMED:
        namings.append(("B", "A"))
    ways: list[dict[str, Matches]] = [
        {kind: _match(case.dialogue.events, found, kind, speakers, naming) for kind in ASKED}
        for naming in namings
    ]
    return max(ways, key=lambda way: sum(m.hits for m in way.values()))


def _match(
    true: Sequence[Event],
    found: Sequence[Event],
    kind: str,
    speakers: Sequence[str],
    naming: Sequence[str],
) -> Matches:
    """Onsets of one kind; `naming` is what the detector calls the speakers, "" for any."""
    pairs = [("", "")] if "" in naming else list(zip(speakers, naming, strict=False))
    total = Matches(0, 0, 0)
    for theirs, ours in pairs:
        a = sorted(e.start for e in true if e.type == kind and theirs in ("", e.speaker))
        b = sorted(e.start for e in found if e.type == kind and ours in ("", e.speaker))
        total += match_onsets(np.array(a, np.int64), np.array(b, np.int64), TOLERANCE)
    return total
