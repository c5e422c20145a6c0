"""The paper's ablations on what real speech there is: with real speech only, with synthetic speech only,
and with both, each tested on an excerpt that was not trained on.

Five excerpts of 30 s: a network learns from four, or continues from the listener's network for mixed channels, and is measured on the fifth; five times, so that every excerpt is measured once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from interactspeech.evaluation.events.benchmark import ASKED, Benchmark
from interactspeech.evaluation.events.detectors import ListenerDetector
from interactspeech.evaluation.events.metrics import balanced_accuracy, bootstrap, f1
from interactspeech.evaluation.events.running import match_events
from interactspeech.listener import Listener
from interactspeech.training.listener.loop import ListenerTrainSettings, read_settings, train
from interactspeech.training.listener.mixed_recordings import MIXED, prepare_mixed
from interactspeech.training.listener.onnx_export import write_listener

#: Name -> batches, peak of the learning rate, whether it continues from the network for mixed channels.
VARIANTS: dict[str, tuple[int, float, bool]] = {
    "without synthetic speech: four excerpts, from nothing": (120, 2e-3, False),
    "with both: the listener, then four excerpts": (40, 3e-4, True),
}
EVENTS = ASKED[:3]
UNTOUCHED = "without real speech: the listener that ships"


def _folds(benchmark: Benchmark, folder: Path) -> Iterator[tuple[str, Path]]:
    """Each excerpt, and a prepared folder of the others."""
    for name in benchmark.cases:
        path = folder / f"without-{name}"
        if not (path / "index.json").exists():
            others = (case for other, case in benchmark.cases.items() if other != name)
            prepare_mixed(((c.dialogue, c.audio()) for c in others), path, source="AMI")
        yield name, path


def _learnt(data: Path, run: Path, way: tuple[int, float, bool], mixed_run: Path) -> Listener:
    batches, rate, goes_on = way
    graph = run / "real.onnx"
    if not graph.exists():
        settings = ListenerTrainSettings(
            batches=batches, learning_rate=rate, warmup=20, seed=7, start=str(mixed_run) if goes_on else "",
            shape=read_settings(mixed_run).shape, conditions=MIXED,
        )  # fmt: skip
        train([data], run, settings, threads=1)
        # Thresholds are fitted on the same four: there is no other real speech.
        write_listener(run, "real", [data])
    return Listener.load(graph)


def _figures(benchmark: Benchmark, heard: dict[str, Listener]) -> dict[str, Any]:
    """Balanced accuracy of questions, and F1 of onsets, each excerpt heard by its own listener."""
    names, asked = list(benchmark.cases), benchmark.questions
    found = []
    for name in names:
        case = benchmark.cases[name]
        found.append(match_events(benchmark, case, ListenerDetector(heard[name])(case.audio())))
    kinds = np.array([q.event for q in asked])
    answers = np.array([q.answer for q in asked])
    said = np.array(
        [
            any(
                e.type == q.event
                for e in ListenerDetector(heard[q.dialogue])(
                    benchmark.cases[q.dialogue].audio(q.start, q.end)
                )
            )
            for q in asked
        ]
    )

    def onsets(pick: np.ndarray) -> float:
        return _mean([f1([found[i][kind] for i in pick]) for kind in EVENTS])

    def questions(pick: np.ndarray) -> float:
        rows = [pick[kinds[pick] == kind] for kind in EVENTS]
        return _mean([balanced_accuracy(answers[r], said[r]) for r in rows if len(r)])

    row = {"questions": bootstrap([q.dialogue for q in asked], questions)}
    row["onsets"] = bootstrap(names, onsets)
    for kind in EVENTS:
        row[kind] = bootstrap(names, lambda pick, k=kind: f1([found[i][k] for i in pick]))
    return dict(msgspec.to_builtins(row))


def _mean(values: list[float]) -> float:
    return float(np.nanmean(values)) if not np.isnan(values).all() else float("nan")


def rows(options: argparse.Namespace) -> list[str]:
    """A table with intervals; pauses are left out, for AMI's words touch."""
    benchmark = Benchmark(options.work / "ami-mono")
    lines = [
        f"| learnt from | questions | onsets | {' | '.join(f'onsets of {e}s' for e in EVENTS)} |",
        "|---|" + "---:|" * 5,
    ]
    ways: dict[str, tuple[int, float, bool] | None] = {UNTOUCHED: None, **VARIANTS}
    for number, (label, way) in enumerate(ways.items()):
        folder = options.work / "real" / str(number)
        kept = folder / "measured.json"
        if not kept.exists():
            heard = {
                name: Listener.load(options.model)
                if way is None
                else _learnt(data, folder / name, way, options.mixed_run)
                for name, data in _folds(benchmark, options.work / "real" / "data")
            }
            figures = _figures(benchmark, heard)
            folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(figures))
        figures = json.loads(kept.read_text())
        cells = [
            f"{f['value']:.3f} [{f['low']:.2f}, {f['high']:.2f}]"
            for f in (figures[kind] for kind in ("questions", "onsets", *EVENTS))
        ]
        lines.append(f"| {label} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines
