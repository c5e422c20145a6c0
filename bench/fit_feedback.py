"""Fit the backchannel decision on AMI's dialogue acts, and measure it on meetings it has not seen.

    python bench/fit_feedback.py AMI_FOLDER [--held-out ES2004,IS1009,...] [--write]

AMI_FOLDER holds the NXT files of the manual annotations (words/, dialogueActs/), any number of
meetings. Series of meetings (ES2004a-d share their speakers) are held out as a whole. With the
corpus' own test series present they are held out; the development series choose the threshold, and
what is shipped is fitted on all but the test series. With a few meetings only, each series is held
out in turn. --write stores the model as package data and the measured page as
docs/bench/feedback.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.formats import Report, read
from interactspeech.formats.nxt import Act, read_acts
from interactspeech.lexicon.feedback import bare_word
from interactspeech.turntaking import DEFAULT, Candidates, Timeline, layer1
from interactspeech.turntaking.backchannel_candidates import candidates, default_decision
from interactspeech.turntaking.backchannel_decision import FEATURES, FeedbackModel, features

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/interactspeech/dynamics/data/feedback-1.json"
PAGE = ROOT / "docs/bench/feedback.md"
#: AMI's "full corpus ASR" partition (AMI corpus, datasets page).
TEST = frozenset({"ES2004", "ES2014", "IS1009", "TS3003", "TS3007", "EN2002"})
DEVELOPMENT = frozenset({"ES2003", "ES2011", "IS1008", "TS3004", "TS3006"})
#: The thirteen feedback words of framework.md §5's "word list alone" baseline, as AMI spells them.
WORDS = frozenset(
    (
        *("yeah", "yes", "yep", "okay", "'kay", "right", "alright", "oh", "sure"),
        *("mm-hmm", "uh-huh", "mm", "hmm"),
    )
)


#: Title of the tables that leave assessments out: AMI's annotators call a lone "yeah" `bck` or `ass`
#: as they see it, and neither takes the floor.
AGAINST_FLOOR = "Feedback against bids for the floor (no assessments)"


@dataclass
class Meeting:
    """One meeting's labelled candidates."""

    name: str
    found: Candidates
    rows: np.ndarray  # candidates whose words the annotators labelled
    truth: np.ndarray
    assessment: np.ndarray  # neither feedback nor a bid for the floor, to the annotators
    x: np.ndarray

    @property
    def series(self) -> str:
        return self.name[:6]


def load(folder: Path) -> tuple[list[Meeting], Report]:
    acts_of: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.dialog-act.xml")):
        acts_of.setdefault(path.name.split(".")[0], []).append(path)
    layers = sorted(folder.rglob("*.words.xml"))
    meetings, report = [], Report()
    for name, paths in acts_of.items():
        words = [path for path in layers if path.name.startswith(f"{name}.")]
        try:
            (dialogue,) = read(words)
            acts = read_acts([*words, *paths])
        except InputError as error:
            report.fail(error)
            continue
        timeline = Timeline.of(dialogue)
        found = candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)
        rows, truth = label(found, acts, "bck")
        assessment = label(found, acts, "ass")[1]
        meetings.append(Meeting(name, found, rows, truth, assessment, features(found)[rows]))
    return meetings, report


def label(found: Candidates, acts: list[Act], wanted: str) -> tuple[np.ndarray, np.ndarray]:
    """Candidates of whose talk at least half is labelled; true where half of that is `wanted`."""
    speakers = found.timeline.speakers
    labelled, share = np.zeros(len(found)), np.zeros(len(found))
    for place, name in enumerate(speakers):
        track = found.timeline.words.get(name)
        if track is None:
            continue
        spoken = np.zeros((len(track), 2))
        middle = track.times.mean(axis=1)
        for act in acts:
            if act.speaker == name:
                inside = (middle >= act.start) & (middle < act.end)
                spoken[inside, 0] = 1
                spoken[inside, 1] = act.name == wanted
        weights = spoken * (track.times[:, 1] - track.times[:, 0])[:, None]
        total = np.concatenate((np.zeros((1, 2)), np.cumsum(weights, axis=0)))
        length = np.concatenate(([0], np.cumsum(track.times[:, 1] - track.times[:, 0])))
        for i in np.flatnonzero(found.speaker == place):
            a, b = found.first_word[i], found.last_word[i]
            if b > a:
                known, of_these = total[b] - total[a]
                labelled[i] = known / (length[b] - length[a])
                share[i] = of_these / known if known else 0.0
    rows = np.flatnonzero(labelled >= 0.5)
    return rows, share[rows] >= 0.5


def logistic(x: np.ndarray, y: np.ndarray, penalty: float = 3.0) -> np.ndarray:
    """Weights of a logistic regression, the last one the intercept: Newton's method, ridge penalty
    on weights of standardised features (none on the intercept).
    """
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack(((x - mean) / scale, np.ones(len(x))))
    ridge = np.diag([penalty] * x.shape[1] + [0.0])
    w = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ w))
        step = np.linalg.solve(
            (z * (p * (1 - p))[:, None]).T @ z + ridge, z.T @ (y - p) - ridge @ w
        )
        w += step
        if np.abs(step).max() < 1e-9:
            break
    weights = w[:-1] / scale
    return np.append(weights, w[-1] - weights @ mean)


def chance(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(x @ w[:-1] + w[-1])))


def scores(said: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    hits = float((said & truth).sum())
    precision, recall = hits / max(1, said.sum()), hits / max(1, truth.sum())
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def best_threshold(p: np.ndarray, y: np.ndarray) -> float:
    return float(max(np.linspace(0.2, 0.8, 121), key=lambda t: scores(p >= t, y)[2]))


def join(meetings: list[Meeting]) -> tuple[np.ndarray, np.ndarray]:
    return np.vstack([m.x for m in meetings]), np.concatenate([m.truth for m in meetings])


def word_list(c: Candidates) -> np.ndarray:
    """All words on the list, as IPUs; no timing."""
    return np.array(
        [
            bool(w := [n for x in c.words(i) if (n := bare_word(x))]) and all(n in WORDS for n in w)
            for i in range(len(c))
        ]
    )


def timed_list(c: Candidates) -> np.ndarray:
    """On the list, at most 1 s, 0.5 s of own silence on either side (framework.md §5)."""
    return word_list(c) & c.isolated


def vap_rule(c: Candidates) -> np.ndarray:
    """At most 1 s, 1 s of own silence on either side (Ekstedt & Skantze 2022)."""
    second = c.timeline.rate
    return (c.length <= second) & (c.before >= second) & (c.after >= second)


def overlap_rule(c: Candidates) -> np.ndarray:
    """Overlap after which the speaker has not changed (the original paper's rule)."""
    return c.partner_talking & c.partner_talking_at_end


RULES: dict[str, Callable[[Candidates], np.ndarray]] = {
    "overlap without speaker change (the original's rule)": overlap_rule,
    "VAP's rule (<= 1 s, 1 s own silence either side)": vap_rule,
    "word list alone (13 words)": word_list,
    "word list, <= 1 s, 0.5 s isolation": timed_list,
    "feedback lexicon of the rule set alone": lambda c: c.feedback > 0,
    "default rule of the rule set": default_decision,
}


def table(
    title: str, meetings: list[Meeting], decided: list[np.ndarray], *, assessments: bool = True
) -> str:
    """Every rule on the same candidates; without the annotators' assessments if so wished."""
    kept = np.concatenate([assessments | m.truth | ~m.assessment for m in meetings])
    truth = np.concatenate([m.truth for m in meetings])[kept]
    lines = [
        f"## {title}", "",
        f"{len(meetings)} meetings, {len(truth):,} candidates, {int(truth.sum()):,} backchannels.",
        "", "| rule for backchannel | precision | recall | F1 |", "|---|---|---|---|",
    ]  # fmt: skip
    rows = {
        name: np.concatenate([rule(m.found)[m.rows] for m in meetings])
        for name, rule in RULES.items()
    }
    rows["**fitted decision**"] = np.concatenate(decided)
    for name, said in rows.items():
        values = " | ".join(f"{v:.3f}" for v in scores(said[kept], truth))
        lines.append(f"| {name} | {values} |")
    return "\n".join(lines)


def calibration(p: np.ndarray, y: np.ndarray) -> str:
    edges = np.linspace(0, 1, 11)
    place = np.clip(np.digitize(p, edges) - 1, 0, 9)
    rows = [(p[place == k].mean(), y[place == k].mean(), (place == k).sum())
            for k in range(10) if (place == k).any()]  # fmt: skip
    error = sum(abs(a - b) * n for a, b, n in rows) / len(p)
    lines = ["| predicted | found | candidates |", "|---|---|---|"]
    lines += [f"| {a:.2f} | {b:.2f} | {n:,} |" for a, b, n in rows]
    return f"Expected calibration error {error:.3f}.\n\n" + "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("--here", type=Path, help="a smaller folder to report on as well")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    meetings, report = load(arguments.ami)
    for error in report.errors:
        print(f"left out: {error}")
    parts = [f"{len(meetings)} meetings of AMI have dialogue acts that can be read."]
    test = [m for m in meetings if m.series in TEST]
    rest = [m for m in meetings if m.series not in TEST]
    parts.append(in_turn(meetings if len(meetings) < 30 else held_at(meetings, arguments.here)))
    if len({m.series for m in rest}) >= 10:
        dev = [m for m in rest if m.series in DEVELOPMENT or m.name.startswith("IB")]
        train = [m for m in rest if m not in dev]
        threshold = best_threshold(chance(logistic(*join(train)), join(dev)[0]), join(dev)[1])
        w = logistic(*join(rest))
        decided = [chance(w, m.x) >= threshold for m in test]
        parts.append(table("AMI's own test series, never fitted on", test, decided))
        parts.append(calibration(chance(w, join(test)[0]), join(test)[1]))
        parts.append(table(f"{AGAINST_FLOOR}: the test series", test, decided, assessments=False))
        if arguments.here:
            near = [m for m in held_at(meetings, arguments.here) if m in test]
            decided = [chance(w, m.x) >= threshold for m in near]
            names = ", ".join(m.name for m in near)
            parts.append(table(f"Of these: {names}", near, decided))
            parts.append(table(f"{AGAINST_FLOOR}: these", near, decided, assessments=False))
            parts.append(ceiling(rest, near, w))
        parts.append(points(w))
        if arguments.write:
            store(w, threshold, f"{len(rest)} meetings of AMI 1.6.2 (all but its test series)")
    text = "\n\n".join(parts)
    print(text)
    if arguments.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        head = "# The backchannel decision, measured\n\nWritten by `bench/fit_feedback.py`.\n\n"
        PAGE.write_text(f"{head}{text}\n", encoding="utf-8")


def ceiling(rest: list[Meeting], near: list[Meeting], w: np.ndarray) -> str:
    """How much the form of the model and one threshold for all cost: two bounds, not decisions."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    truth = np.concatenate([m.truth for m in near])
    hindsight = []
    for m in near:
        p = chance(w, m.x)
        hindsight.append(p >= best_threshold(p, m.truth))
    best = scores(np.concatenate(hindsight), truth)[2]
    forest = HistGradientBoostingClassifier(
        max_iter=300, learning_rate=0.05, max_leaf_nodes=16, l2_regularization=5, random_state=0
    ).fit(*join(rest))
    p = forest.predict_proba(join(near)[0])[:, 1]
    boosted = scores(p >= best_threshold(p, truth), truth)[2]
    return (
        "## What limits it\n\nOn the meetings of the last table, two bounds that no decision may "
        f"use: with a threshold chosen for each meeting with hindsight F1 is {best:.3f}; 300 "
        "boosted trees on the same features, threshold chosen with hindsight, reach "
        f"{boosted:.3f}. What is left is the annotators: the same lone 'yeah' is `bck` here and "
        "`ass` (assessment) there."
    )


def held_at(meetings: list[Meeting], folder: Path | None) -> list[Meeting]:
    names = {p.name.split(".")[0] for p in folder.rglob("*.dialog-act.xml")} if folder else set()
    return [m for m in meetings if m.name in names]


def in_turn(meetings: list[Meeting]) -> str:
    """Each series held out in turn, fitted on the other series of these meetings only."""
    decided: dict[str, np.ndarray] = {}
    for series in sorted({m.series for m in meetings}):
        x, y = join([m for m in meetings if m.series != series])
        w = logistic(x, y)
        threshold = best_threshold(chance(w, x), y)
        for m in meetings:
            if m.series == series:
                decided[m.name] = chance(w, m.x) >= threshold
    return table(
        "Few meetings: each series held out in turn, fitted on the others",
        meetings, [decided[m.name] for m in meetings],
    )  # fmt: skip


def points(w: np.ndarray) -> str:
    lines = ["## Points", "", "| feature | points for each unit |", "|---|---|"]
    lines += [f"| {name} | {value:+.2f} |" for name, value in zip(FEATURES, w, strict=False)]
    return "\n".join([*lines, f"| (intercept) | {w[-1]:+.2f} |"])


def store(w: np.ndarray, threshold: float, about: str) -> None:
    model = FeedbackModel(
        id="feedback-1", about=about, intercept=round(float(w[-1]), 4),
        weights={n: round(float(v), 4) for n, v in zip(FEATURES, w, strict=False)},
        threshold=round(threshold, 3),
    )  # fmt: skip
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    data = msgspec.json.format(msgspec.json.encode(model), indent=1)
    MODEL.write_bytes(data + b"\n")


if __name__ == "__main__":
    main()
