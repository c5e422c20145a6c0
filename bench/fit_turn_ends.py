"""Fit the live end of a turn on pauses and gaps that people marked.

    python bench/fit_turn_ends.py LABELLED [--keep DIR] [--write]

LABELLED is a folder for `evaluate events real`. At each 40 ms of a sure pause, and of 1.5 s from the start
of a sure gap, a logistic score of how long the speaker has been silent and of who is expected to talk
(`FrameState.shift_probability`). Measured on recordings left out in turn: a false alarm is a pause in which the score
reaches the threshold. Beside it: how well the expectation alone tells gaps from pauses that have lasted as long, which is
what limits the rest. --keep keeps the stream's outputs; --write stores the weights in the listener's
card and the page as docs/bench/turn_ends.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from interactspeech.evaluation.events.labelled_recordings import (
    LabelledRecording,
    labelled_recordings,
)
from interactspeech.evaluation.events.metrics import bootstrap
from interactspeech.listener import Stream
from interactspeech.listener.model import LiveOperatingPoint, TurnEndDecision
from interactspeech.signal.log_mel import RATE

ROOT = Path(__file__).parents[1]
CARD = ROOT / "src/interactspeech/listener/data/listener-1.json"
PAGE = ROOT / "docs/bench/turn_ends.md"
FALSE_ALARMS = (0.05, 0.1, 0.2, 0.3)
STEPS = 25  # a second
LONGEST = 1.2
#: Seconds of silence after which it is asked what the expectation tells.
SILENCES = (0.2, 0.32, 0.4, 0.48, 0.6, 0.72)


@dataclass
class Case:
    recording: str
    ends: bool
    rows: np.ndarray  # (steps, 2): seconds of silence, log-odds of a shift


def shifts(recording: LabelledRecording, keep: Path | None) -> np.ndarray:
    """The probability of a shift from either speaker at each step, shape ``(steps, 2)``."""
    path = keep / f"{recording.name}.npy" if keep else None
    if path is not None and path.exists():
        return np.asarray(np.load(path))
    stream, found = Stream(), []
    for first in range(0, recording.samples, 8 * RATE):
        frames = stream(recording.audio[:, first : first + 8 * RATE]).frames
        found += [(f.shift_probability(0), f.shift_probability(1)) for f in frames]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.array(found))
    return np.array(found)


def cases(recording: LabelledRecording, found: np.ndarray) -> list[Case]:
    made = []
    for event in recording.labels.events:
        if event.type not in {"gap", "pause"} or not event.sure:
            continue
        said = [
            u for u in recording.labels.units if u.end <= event.start + 0.12 and u.kind == "talk"
        ]
        if not said:
            continue
        side = "AB".index(max(said, key=lambda u: u.end).speaker)
        start = round(event.start * STEPS)
        last = start + 38 if event.type == "gap" else round(event.end * STEPS)
        steps = np.arange(start, min(last, len(found)))
        chance = np.clip(found[steps, side], 0.01, 0.99)
        rows = np.column_stack(((steps + 1 - start) / STEPS, np.log(chance / (1 - chance))))
        made.append(Case(recording.name, event.type == "gap", rows))
    return made


def x(rows: np.ndarray) -> np.ndarray:
    return np.column_stack((np.minimum(rows[:, 0], LONGEST), rows[:, 1]))


def fit(train: list[Case]) -> LogisticRegression:
    rows = [c.rows[(c.rows[:, 0] >= 0.08) & (c.rows[:, 0] <= 1.0)] for c in train]
    y = np.concatenate([np.full(len(r), c.ends) for r, c in zip(rows, train, strict=True)])
    w = np.concatenate([np.full(len(r), 1 / max(len(r), 1)) for r in rows])
    for kind in (True, False):
        w[y == kind] /= w[y == kind].sum()
    return LogisticRegression(C=1.0).fit(x(np.vstack(rows)), y, sample_weight=w * len(w) / 2)


def operating(
    all_cases: list[Case], score: Callable[[Case], np.ndarray], share: float, draws: int = 1000
) -> LiveOperatingPoint:
    scored = [(c, score(c)) for c in all_cases if len(c.rows)]
    pauses = np.sort([s.max() for c, s in scored if not c.ends])[::-1]
    threshold = float(np.nextafter(pauses[int(share * len(pauses))], np.inf))
    ends = [(c, s) for c, s in scored if c.ends]
    hits = np.array([bool((s >= threshold).any()) for _, s in ends])
    delays = [c.rows[int(np.argmax(s >= threshold)), 0] for c, s in ends if (s >= threshold).any()]
    # Gaps of one recording are not independent, but four recordings are too few to draw from.
    groups = [str(i) for i in range(len(ends))]
    figure = bootstrap(groups, lambda pick: float(hits[pick].mean()), draws=draws)
    return LiveOperatingPoint(
        share, round(threshold, 4), round(figure.value, 3), round(figure.low, 3),
        round(figure.high, 3), round(float(np.median(delays)), 2) if delays else float("nan"),
    )  # fmt: skip


def by_silence(made: list[Case]) -> list[str]:
    """Rows of a table: what the expectation tells, by how long the silence has lasted."""
    found = []
    for seconds in SILENCES:
        step = round(seconds * STEPS)
        lasting = [c for c in made if len(c.rows) >= step]
        truth = np.array([c.ends for c in lasting])
        now = np.array([c.rows[step - 1, 1] for c in lasting])
        mean = np.array([c.rows[max(step - 6, 0) : step, 1].mean() for c in lasting])

        def area(score: np.ndarray, truth: np.ndarray = truth) -> str:
            def value(pick: np.ndarray) -> float:
                inside = truth[pick]
                known = 0 < inside.sum() < len(inside)
                return float(roc_auc_score(inside, score[pick])) if known else float("nan")

            return str(bootstrap([str(i) for i in range(len(truth))], value, draws=300))

        found.append(
            f"| {seconds:.2f} s | {int(truth.sum())} | {int((~truth).sum())} | {area(now)} | {area(mean)} |"
        )
    return found


def best_of_all(made: list[Case]) -> tuple[float, float]:
    """The least median delay of any weights, looked for on all that it is measured on, at .10 and with .92 found; and its recall."""

    def score(case: Case, slope: float, steps: int) -> np.ndarray:
        total = np.cumsum(np.insert(case.rows[:, 1], 0, 0.0))
        last = np.arange(1, len(case.rows) + 1)
        first = np.maximum(last - steps, 0)
        mean = (total[last] - total[first]) / (last - first)
        return slope * np.minimum(case.rows[:, 0], LONGEST) + mean

    found = [
        operating(made, partial(score, slope=slope, steps=steps), 0.1, draws=2)
        for slope in (0.0, 0.5, 1.0, 1.7, 2.5, 3.5)
        for steps in (1, 3, 6, 10)
    ]
    best = min((p for p in found if p.recall >= 0.92), key=lambda p: p.delay)
    return best.delay, best.recall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("labelled", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    made = [c for r in labelled_recordings(given.labelled) for c in cases(r, shifts(r, given.keep))]
    names = sorted({c.recording for c in made})
    by = {name: fit([c for c in made if c.recording != name]) for name in names}
    ways: dict[str, Callable[[Case], np.ndarray]] = {
        "silence and expectation": lambda c: by[c.recording].predict_proba(x(c.rows))[:, 1],
        "seconds of silence alone": lambda c: c.rows[:, 0],
    }
    table, ours = [], []
    for name, score in ways.items():
        for share in FALSE_ALARMS:
            p = operating(made, score, share)
            table.append(
                f"| {name} | {share:.2f} | {p.threshold:.3f} | {p.recall:.3f} [{p.low:.2f}, {p.high:.2f}] | {p.delay:.2f} s |"
            )
            if name == "silence and expectation":
                ours.append(p)
    best = best_of_all(made)
    model = fit(made)
    a, b = model.coef_[0]
    ends = sum(c.ends for c in made)
    about = f"{ends} gaps and {len(made) - ends} pauses that are sure, of {len(names)} recordings"
    decision = TurnEndDecision(
        round(float(model.intercept_[0]), 3), round(float(a), 3), round(float(b), 3), LONGEST,
        tuple(ours), about,
    )  # fmt: skip
    text = "\n".join(
        [
            "# The end of a turn, live",
            "",
            "Written by `bench/fit_turn_ends.py`.",
            "",
            (
                f"Labelled real recordings: {about}. Fitted with each recording left out in turn; a false alarm is a pause in which the "
                "score reaches the threshold, found is a gap in which it does within 1.5 s. Silences are those that people marked; a stream notices them "
                ".26 s after they begin at the earliest. Intervals by bootstrap over gaps, 95 %."
            ),
            "",
            "| score | false alarms in pauses | threshold | ends found | median delay |",
            "|---|---:|---:|---:|---:|",
            *table,
            "",
            (
                f"Shipped, fitted on all: {decision.intercept:+.2f}, {decision.seconds:+.2f} a second of silence (at most {LONGEST}), "
                f"{decision.shift:+.2f} for each of the log-odds of a shift."
            ),
            "",
            "## What limits it",
            "",
            (
                "Area under the ROC curve of the expectation of a shift (the log-odds at that moment, and their mean over the last .24 s), gaps "
                "against those pauses that have lasted as long. To end half of the turns within .5 s at .10, four of five "
                "pauses that are still going on then must stay below what half of the gaps reach. "
                f"The best of 24 ways to weigh silence against the expectation and its mean, looked for on all of these, has a median of {best[0]:.2f} s with {best[1]:.2f} found."
            ),
            "",
            "| silence so far | gaps | pauses | now | mean |",
            "|---|---:|---:|---:|---:|",
            *by_silence(made),
        ]
    )
    print(text)
    if given.write:
        card = json.loads(CARD.read_text(encoding="utf-8"))
        card["modes"]["two_channel"]["turn_end"] = msgspec.to_builtins(decision)
        CARD.write_text(json.dumps(card, indent=1), encoding="utf-8")
        PAGE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
