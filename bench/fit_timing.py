"""Fit the points for timing (`turntaking.timing_decision`) on labelled meetings, words left out.

    python bench/fit_timing.py AMI_FOLDER MRDA_FOLDER [--write]

The folders are those of `bench/fit_feedback.py`. Measured with a corpus left out: fitted on the one,
threshold chosen there, F1 on the other. What is shipped is fitted on both with equal weight.
--write stores the scorecard as package data and the page as docs/bench/feedback_timing.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec
import numpy as np
from fit_feedback import (
    Meeting,
    best_threshold,
    chance,
    is_ami,
    load,
    logistic,
    read_mrda,
    scores,
    short,
    vap_rule,
)

from interactspeech.turntaking.timing_decision import (
    TIMING_FEATURES,
    TimingScorecard,
    timing_features,
)

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/interactspeech/turntaking/data/timing-1.json"
PAGE = ROOT / "docs/bench/feedback_timing.md"


def rows(meetings: list[Meeting]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels and weights of the candidates of at most a second; corpora weigh alike."""
    x = [timing_features(m.found)[m.rows][short(m)] for m in meetings]
    y = [m.truth[short(m)] for m in meetings]
    sizes = {
        kind: sum(len(v) for v, m in zip(y, meetings, strict=True) if is_ami(m) == kind)
        for kind in (True, False)
    }
    w = [np.full(len(v), 1 / sizes[is_ami(m)]) for v, m in zip(y, meetings, strict=True)]
    weight = np.concatenate(w)
    return np.vstack(x), np.concatenate(y), weight * len(weight) / weight.sum()


def rule(m: Meeting) -> np.ndarray:
    """The framework's default rule where no words are known."""
    c = m.found
    return np.asarray((c.isolated & (c.partner >= 0) & c.goes_on)[m.rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    ami, report = load(arguments.ami)
    for error in report.errors:
        print(f"left out: {error}")
    mrda = read_mrda(arguments.mrda)
    found: dict[str, list[str]] = {}
    for train, test in ((mrda, ami), (ami, mrda)):
        x, y, weight = rows(train)
        w = logistic(x, y, weight=weight)
        limit = best_threshold(chance(w, x), y)
        truth = np.concatenate([m.truth for m in test])
        said = {
            "VAP's rule": np.concatenate([vap_rule(m.found)[m.rows] for m in test]),
            "default rule, without words": np.concatenate([rule(m) for m in test]),
            "**points for timing**": np.concatenate(
                [(chance(w, timing_features(m.found)[m.rows]) >= limit) & short(m) for m in test]
            ),
        }
        for name, decided in said.items():
            values = scores(decided, truth)
            found.setdefault(name, []).append(" | ".join(f"{v:.3f}" for v in values))
    x, y, weight = rows([*ami, *mrda])
    w = logistic(x, y, weight=weight)
    about = f"{len(ami)} meetings of AMI 1.6.2 and {len(mrda)} of ICSI (MRDA), words left out"
    model = TimingScorecard(
        "timing-1", about, round(float(w[-1]), 4),
        {n: round(float(v), 4) for n, v in zip(TIMING_FEATURES, w[:-1], strict=True)},
        round(float(np.log(best_threshold(chance(w, x), y) / (1 - best_threshold(chance(w, x), y)))), 3),
    )  # fmt: skip
    lines = [
        "# Backchannels by timing alone, measured", "", "Written by `bench/fit_timing.py`.", "",
        (f"{len(ami)} meetings of AMI, {len(mrda)} of ICSI (MRDA); {len(y):,} candidates of at most a "
        f"second, {int(y.sum()):,} of them backchannels to the annotators. Words are left out. Fitted on the one corpus, "
        "threshold chosen there, measured on the other (all candidates, the longer ones too)."), "",
        "| decision | AMI: precision | recall | F1 | MRDA: precision | recall | F1 |", "|---|---:|---:|---:|---:|---:|---:|",
        *(f"| {name} | {' | '.join(values)} |" for name, values in found.items()), "",
        "## Points", "", "Fitted on both.", "", "| feature | points for each unit |", "|---|---:|",
        *(f"| {name} | {value:+.2f} |" for name, value in model.weights.items()),
        f"| (intercept) | {model.intercept:+.2f} |",
    ]  # fmt: skip
    print("\n".join(lines))
    if arguments.write:
        MODEL.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
