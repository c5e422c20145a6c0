"""Fit the backchannel decision on the dialogue acts of AMI and ICSI (MRDA); measure it on others.

    python bench/fit_feedback.py AMI_FOLDER MRDA_FOLDER [--here FOLDER] [--write]

AMI_FOLDER holds the NXT files of the manual annotations (words/, dialogueActs/), MRDA_FOLDER the
database files of the Meeting Recorder Dialogue Acts (*.dadb or *.dadb.gz), any number of meetings
each. What is measured, always with the longest backchannel of the rule set (1 s) applied:

- a corpus left out: fitted on one, measured on the other;
- series of MRDA left out in turn, fitted on AMI and the other series; AMI's own test series are
  never fitted on (series share their speakers, so no series is split);
- the same with what a conversation tells about itself, and calibrated to each conversation without
  labels: both are worse, and are not used.

What is shipped is fitted on both corpora with equal weight. --write stores the model as package
data and the measured page as docs/bench/feedback.md.
"""

from __future__ import annotations

import argparse
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.formats import Report, read
from interactspeech.formats.nxt import Act, read_acts
from interactspeech.lexicon.feedback import bare_word
from interactspeech.records import Word
from interactspeech.signal.intervals import union
from interactspeech.turntaking import DEFAULT, Candidates, Timeline, layer1
from interactspeech.turntaking.backchannel_candidates import candidates, default_decision
from interactspeech.turntaking.backchannel_decision import (
    FEATURES,
    FeedbackModel,
    PairThresholds,
    common_feedback,
    features,
)

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "src/interactspeech/turntaking/data/feedback-2.json"
PAGE = ROOT / "docs/bench/feedback.md"
#: AMI's "full corpus ASR" partition (AMI corpus, datasets page).
TEST = frozenset({"ES2004", "ES2014", "IS1009", "TS3003", "TS3007", "EN2002"})
DEVELOPMENT = frozenset({"ES2003", "ES2011", "IS1008", "TS3004", "TS3006"})
#: The thirteen feedback words of framework.md §5's "word list alone" baseline, as AMI spells them.
WORDS = frozenset(
    (
        *("yeah", "yes", "yep", "okay", "ok", "'kay", "right", "alright", "oh", "sure"),
        *("mm-hmm", "uh-huh", "mm", "hmm"),
    )
)


#: Features of what others say and of silences, which differ between corpora for other reasons than
#: feedback. Without them the decision carries over a little better to a corpus left out, and is a
#: little worse where both corpora are known: measured, not shipped.
DROPPED = (
    *("others_before", "others_after", "choir", "rivals", "since", "before", "after", "left"),
)
#: Talk of two: listed words are feedback unless the model gives them less than the first, others
#: only from the second. Chosen by hand, looking at the corpus left out as if it were such talk:
#: there is no labelled talk of two to fit on.
PAIR = PairThresholds(listed=0.2, unlisted=0.6)
#: Samples a second of MRDA's times, and the silence in seconds that its words bridge.
RATE, BRIDGE = 16_000, 0.12
_SECONDS = re.compile(r"^[0-9]+(\.[0-9]+)?$")
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


def logistic(
    x: np.ndarray, y: np.ndarray, penalty: float = 3.0, weight: np.ndarray | None = None
) -> np.ndarray:
    """Weights of a logistic regression, the last one the intercept: Newton's method, ridge penalty
    on weights of standardised features (none on the intercept); `weight` of each row.
    """
    weight = np.ones(len(y)) if weight is None else weight
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack(((x - mean) / scale, np.ones(len(x))))
    ridge = np.diag([penalty] * x.shape[1] + [0.0])
    w = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ w))
        step = np.linalg.solve(
            (z * (weight * p * (1 - p))[:, None]).T @ z + ridge,
            z.T @ (weight * (y - p)) - ridge @ w,
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


def read_mrda(folder: Path) -> list[Meeting]:
    """Meetings of MRDA with labelled candidates: an act of the general tag ``b`` is a backchannel."""
    paths = sorted([*folder.glob("*.dadb"), *folder.glob("*.dadb.gz")])
    return [_mrda_meeting(path) for path in paths]


def _mrda_meeting(path: Path) -> Meeting:
    said: dict[str, list[tuple[Word, str]]] = {}
    data = path.read_bytes()
    table = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    for line in table.splitlines():
        fields = line.split(",")
        if len(fields) >= 8:
            tag = re.split(r"[\^.:|]", fields[5])[0]
            for word in fields[4].split("|"):
                start, _, rest = word.partition("+")
                end, _, text = rest.partition("+")
                if not (_SECONDS.match(start) and _SECONDS.match(end)):
                    continue  # a word without times
                a, b = round(float(start) * RATE), round(float(end) * RATE)
                if b > a and text:
                    said.setdefault(fields[7], []).append((Word(text, a, b), tag))
    activity = {
        name: union(np.array([(w.start, w.end) for w, _ in rows]), BRIDGE * RATE)
        for name, rows in said.items()
    }
    length = max(int(rows[-1, 1]) for rows in activity.values())
    words = {name: [w for w, _ in rows] for name, rows in said.items()}
    timeline, _ = Timeline.build(RATE, activity, length=length, words=words)
    found = candidates(timeline, layer1(timeline, DEFAULT), DEFAULT)
    labelled, share = np.zeros(len(found)), np.zeros(len(found))
    for place, name in enumerate(timeline.speakers):
        rows = sorted(said[name], key=lambda row: row[0].start + row[0].end)
        weight = np.array([w.end - w.start for w, _ in rows], np.float64)
        known = weight * np.array([tag not in {"", "x", "z"} for _, tag in rows])
        feedback = weight * np.array([tag == "b" for _, tag in rows])
        total = np.concatenate((np.zeros((1, 3)), np.cumsum([weight, known, feedback], axis=1).T))
        mine = found.speaker == place
        spoken, marked, bc = (total[found.last_word[mine]] - total[found.first_word[mine]]).T
        labelled[mine] = marked / np.maximum(spoken, 1)
        share[mine] = bc / np.maximum(marked, 1)
    rows_of = np.flatnonzero(labelled >= 0.5)
    name = path.name.split(".")[0]
    none = np.zeros(len(rows_of), np.bool_)
    return Meeting(name, found, rows_of, share[rows_of] >= 0.5, none, features(found)[rows_of])


def without_dropped(m: Meeting) -> Meeting:
    """With the features of `DROPPED` at zero, so that they have no weight."""
    x = m.x.copy()
    x[:, [FEATURES.index(name) for name in DROPPED]] = 0.0
    return replace(m, x=x)


def short(m: Meeting) -> np.ndarray:
    """Candidates of a length that a backchannel may have, among those labelled."""
    limit = DEFAULT.at(m.found.timeline.rate).backchannel_max
    return np.asarray(m.found.length[m.rows] <= limit)


def fit(meetings: list[Meeting]) -> tuple[np.ndarray, float]:
    """Weights and the threshold of the best F1, corpora with equal weight."""
    x, y = join(meetings)
    sizes: dict[bool, int] = {}
    for m in meetings:
        sizes[is_ami(m)] = sizes.get(is_ami(m), 0) + len(m.truth)
    weight = np.concatenate([np.full(len(m.truth), 1 / sizes[is_ami(m)]) for m in meetings])
    w = logistic(x, y, weight=weight * len(y) / weight.sum())
    p, may = chance(w, x), np.concatenate([short(m) for m in meetings])
    grid = np.linspace(0.2, 0.8, 121)
    threshold = max(grid, key=lambda t: weighted_f1((p >= t) & may, y, weight))
    return w, float(threshold)


def weighted_f1(said: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> float:
    hits = float(weight[said & truth].sum())
    return 2 * hits / max(float(weight[said].sum() + weight[truth].sum()), 1e-9)


def is_ami(m: Meeting) -> bool:
    return not m.name.startswith("B")


def series_of(m: Meeting) -> str:
    return m.series if is_ami(m) else m.name[:3]


def decided(meetings: list[Meeting], w: np.ndarray, threshold: float) -> list[np.ndarray]:
    return [(chance(w, m.x) >= threshold) & short(m) for m in meetings]


def as_unfamiliar(meetings: list[Meeting], w: np.ndarray, pair: PairThresholds) -> list[np.ndarray]:
    """As talk of two is decided: the list, unless the model is sure."""
    said = []
    for m in meetings:
        listed = common_feedback(m.found)[m.rows]
        said.append((chance(w, m.x) >= np.where(listed, pair.listed, pair.unlisted)) & short(m))
    return said


def conversation_features(m: Meeting) -> np.ndarray:
    """What a conversation tells about itself: rate and kinds of feedback, where it falls, and the
    same for the speaker; shape ``(n, 11)``.
    """
    c, x = m.found, m.x
    column = {name: x[:, place] for place, name in enumerate(FEATURES)}
    alone = column["all_feedback"] > 0
    kinds = [
        (column["first_mm_hm"] + column["first_mm"] > 0) & alone,
        (column["first_yeah"] > 0) & alone,
        (column["first_okay"] > 0) & alone,
    ]
    count = alone.sum() + 2
    minutes = c.timeline.length / c.timeline.rate / 60
    values = [np.log((alone.sum() + 1) / minutes), alone.mean()]
    values += [(kind.sum() + 0.6) / count for kind in kinds]
    for name in ("partner_talking", "goes_on", "talking_at_end"):
        values.append(column[name][alone].mean() if alone.any() else 0.3)
    values.append(np.log(len(c.timeline.speakers)))
    own = np.zeros((len(x), 2))
    speaker = c.speaker[m.rows]
    for one in np.unique(speaker):
        mine = speaker == one
        own[mine, 0] = (alone[mine].sum() + 3 * alone.mean()) / (mine.sum() + 3)
        own[mine, 1] = (kinds[0][mine].sum() + 0.6) / (alone[mine].sum() + 2)
    return np.column_stack([np.tile(values, (len(x), 1)), own])


def with_context(m: Meeting) -> Meeting:
    return replace(m, x=np.column_stack([m.x, conversation_features(m)]))


def calibrated(m: Meeting, w: np.ndarray, prior: float) -> np.ndarray:
    """Probabilities moved to the share of feedback that the conversation itself seems to have
    (expectation maximisation of the prior: Saerens, Latinne & Decaestecker 2002).
    """
    p = np.clip(chance(w, m.x), 1e-4, 1 - 1e-4)
    may = short(m)
    share = prior
    for _ in range(50):
        odds = p / (1 - p) * (share / (1 - share)) / (prior / (1 - prior))
        moved = odds / (1 + odds)
        new = float(np.clip(moved[may].mean(), 1e-3, 1 - 1e-3)) if may.any() else share
        if abs(new - share) < 1e-6:
            break
        share = new
    return moved


def left_out(ami: list[Meeting], test: list[Meeting], mrda: list[Meeting]) -> str:
    """A corpus left out, each way of using what the conversation tells about itself."""
    lines = [
        "## A corpus left out", "",
        "F1 with the limit of 1 s. Fitted on the one corpus only, threshold chosen there.", "",
        "| decision | fitted on MRDA, AMI's test series | fitted on AMI, MRDA |", "|---|---:|---:|",
    ]  # fmt: skip
    ways = ((mrda, test), (ami, mrda))
    figures: dict[str, list[float]] = {}

    def note(name: str, said: list[np.ndarray], on: list[Meeting]) -> None:
        truth = np.concatenate([m.truth for m in on])
        figures.setdefault(name, []).append(scores(np.concatenate(said), truth)[2])

    for train, on in ways:
        note("word list alone (13 words)", [word_list(m.found)[m.rows] for m in on], on)
        note(
            "word list alone, with the limit",
            [word_list(m.found)[m.rows] & short(m) for m in on], on,
        )  # fmt: skip
        w, threshold = fit(train)
        note("**the scorecard**", decided(on, w, threshold), on)
        note("as talk of two: the list unless the model is sure", as_unfamiliar(on, w, PAIR), on)
        few_w, few_t = fit([without_dropped(m) for m in train])
        note(
            "without what others say and the silences around",
            decided([without_dropped(m) for m in on], few_w, few_t), on,
        )  # fmt: skip
        wide_w, wide_t = fit([with_context(m) for m in train])
        note(
            "with what the conversation tells about itself",
            decided([with_context(m) for m in on], wide_w, wide_t), on,
        )  # fmt: skip
        prior = float(np.concatenate([m.truth[short(m)] for m in train]).mean())
        moved = [(calibrated(m, w, prior) >= threshold) & short(m) for m in on]
        note("calibrated to each conversation without labels", moved, on)
    lines += [f"| {name} | {a:.3f} | {b:.3f} |" for name, (a, b) in figures.items()]
    return "\n".join(lines)


def series_left_out(ami: list[Meeting], mrda: list[Meeting]) -> str:
    said: list[np.ndarray] = []
    for series in sorted({series_of(m) for m in mrda}):
        w, threshold = fit([*ami, *(m for m in mrda if series_of(m) != series)])
        said += decided([m for m in mrda if series_of(m) == series], w, threshold)
    ordered = sorted(mrda, key=series_of)
    return table("MRDA, each series left out in turn, fitted on AMI and the others", ordered, said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--here", type=Path, help="a smaller folder of AMI to report on as well")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    meetings, report = load(arguments.ami)
    for error in report.errors:
        print(f"left out: {error}")
    mrda = sorted(read_mrda(arguments.mrda), key=series_of)
    test = [m for m in meetings if m.series in TEST]
    ami = [m for m in meetings if m.series not in TEST]
    parts = [
        (
            f"{len(meetings)} meetings of AMI ({len(test)} of its test series), {len(mrda)} of "
            "MRDA. A backchannel is `bck` in AMI, and an act of the general tag `b` in MRDA; no "
            "decision below calls anything longer than 1 s a backchannel, but for the word list "
            "and the rules as they are published."
        )
    ]
    parts.append(left_out(ami, test, mrda))
    parts.append(series_left_out(ami, mrda))
    w, threshold = fit([*ami, *mrda])
    said = decided(test, w, threshold)
    parts.append(table("AMI's test series, fitted on the rest of AMI and MRDA", test, said))
    parts.append(calibration(chance(w, join(test)[0]), join(test)[1]))
    parts.append(table(f"{AGAINST_FLOOR}: the test series", test, said, assessments=False))
    if near := [m for m in held_at(meetings, arguments.here) if m in test]:
        names = ", ".join(m.name for m in near)
        parts.append(table(f"Of these: {names}", near, decided(near, w, threshold)))
    parts.append(ceiling(ami, test, w))
    parts.append(points(w))
    text = "\n\n".join(parts)
    print(text)
    if arguments.write:
        about = (
            f"{len(ami)} meetings of AMI 1.6.2 (all but its test series) and {len(mrda)} of MRDA"
        )
        store(w, threshold, about)
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        head = "# The backchannel decision, measured\n\nWritten by `bench/fit_feedback.py`.\n\n"
        PAGE.write_text(f"{head}{text}\n", encoding="utf-8")


def ceiling(rest: list[Meeting], near: list[Meeting], w: np.ndarray) -> str:
    """How much the form of the model and one threshold for all cost: two bounds, not decisions."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    truth = np.concatenate([m.truth for m in near])
    may = np.concatenate([short(m) for m in near])
    hindsight = []
    for m in near:
        p = chance(w, m.x)
        hindsight.append((p >= best_threshold(p, m.truth)) & short(m))
    best = scores(np.concatenate(hindsight), truth)[2]
    forest = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.08, max_leaf_nodes=16, l2_regularization=5, random_state=0
    ).fit(*join(rest))
    p = forest.predict_proba(join(near)[0])[:, 1]
    boosted = scores((p >= best_threshold(p, truth)) & may, truth)[2]
    return (
        "## What limits it\n\nOn AMI's test series, two bounds that no decision may "
        f"use: with a threshold chosen for each meeting with hindsight F1 is {best:.3f}; 120 "
        "boosted trees on the same features, fitted on AMI, threshold chosen with hindsight, reach "
        f"{boosted:.3f}. What is left is the annotators: the same lone 'yeah' is `bck` here and "
        "`ass` (assessment) there."
    )


def held_at(meetings: list[Meeting], folder: Path | None) -> list[Meeting]:
    names = {p.name.split(".")[0] for p in folder.rglob("*.dialog-act.xml")} if folder else set()
    return [m for m in meetings if m.name in names]


def points(w: np.ndarray) -> str:
    lines = ["## Points", "", "| feature | points for each unit |", "|---|---|"]
    lines += [f"| {name} | {value:+.2f} |" for name, value in zip(FEATURES, w, strict=False)]
    return "\n".join([*lines, f"| (intercept) | {w[-1]:+.2f} |"])


def store(w: np.ndarray, threshold: float, about: str) -> None:
    model = FeedbackModel(
        id="feedback-2", about=about, pair=PAIR, intercept=round(float(w[-1]), 4),
        weights={n: round(float(v), 4) for n, v in zip(FEATURES, w, strict=False)},
        threshold=round(threshold, 3),
    )  # fmt: skip
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    data = msgspec.json.format(msgspec.json.encode(model), indent=1)
    MODEL.write_bytes(data + b"\n")


if __name__ == "__main__":
    main()
