"""Conversations minute by minute, as features; and how well they tell two corpora apart."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import MissingExtraError
from interactspeech.turntaking.activity import (
    GAP,
    LATCH,
    OVERLAP_BETWEEN,
    OVERLAP_WITHIN,
    PAUSE,
    Layer1,
    layer1,
)
from interactspeech.turntaking.annotator import annotate_table
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.timeline import Timeline

_KINDS: Final = {
    "pause": (PAUSE,),
    "gap": (GAP, LATCH),
    "overlap_between": (OVERLAP_BETWEEN,),
    "overlap_within": (OVERLAP_WITHIN,),
}
_SUMMARIES: Final = ("count", "mean", "median", "max", "sd")

#: Names of the features of a window, for a conversation of two.
FEATURES: Final[tuple[str, ...]] = (
    "silence",
    "alone_1",
    "alone_2",
    "both",
    *(f"{kind}_{summary}" for kind in _KINDS for summary in _SUMMARIES),
    "fto_mean",
    "fto_median",
    *(
        f"{what}_{speaker}_{summary}"
        for speaker in (1, 2)
        for what in ("ipu", "solo")
        for summary in _SUMMARIES
    ),
    *(f"short_ipus_{speaker}" for speaker in (1, 2)),
    *(f"{event}_{speaker}" for event in ("backchannel", "interruption") for speaker in (1, 2)),
)


def window_features(
    timeline: Timeline, seconds: float = 60.0, rules: RuleSet = DEFAULT
) -> Float64Array:
    """Features of each whole window of a conversation of two, shape ``(windows, len(FEATURES))``.

    Windows begin with the first talk; what is left at the end, shorter than a window, is not used.
    Durations belong to the window in which they begin, uncut. A summary of nothing is NaN, a count
    of nothing 0.
    """
    layer = layer1(timeline, rules)
    if len(layer.ipus) != 2 or not all(map(len, layer.ipus)):
        return np.zeros((0, len(FEATURES)))
    origin = int(min(units[0, 0] for units in layer.ipus))
    last = int(max(units[-1, 1] for units in layer.ipus))
    width = round(seconds * timeline.rate)
    n = (last - origin) // width
    edges = origin + width * np.arange(n + 1)
    columns = [*_shares(layer, edges)]

    def add(start: np.ndarray, value: np.ndarray, summaries: tuple[str, ...] = _SUMMARIES) -> None:
        columns.extend(_summaries(edges, start, value / timeline.rate, summaries))

    t = layer.transitions
    for kinds in _KINDS.values():
        pick = t.of(*kinds)
        add(t.start[pick], (t.end - t.start)[pick])
    add(layer.ftos.onset, layer.ftos.offset, ("mean", "median"))
    for i, units in enumerate(layer.ipus):
        add(units[:, 0], units[:, 1] - units[:, 0])
        solo = layer.runs.state == 1 << i
        add(layer.runs.start[solo], (layer.runs.end - layer.runs.start)[solo])
    for units in layer.ipus:
        short = units[units[:, 1] - units[:, 0] < timeline.rate]
        add(short[:, 0], short[:, 0], ("count",))
    table = annotate_table(timeline, rules)
    for event in ("backchannel", "interruption"):
        found = table["backchannel" if event == "backchannel" else "interruption"]
        for i in range(2):
            starts = found.start[found.speaker == i]
            add(starts, starts, ("count",))
    return np.stack(columns, axis=1) if n > 0 else np.zeros((0, len(FEATURES)))


def discriminability(
    one: list[Timeline],
    other: list[Timeline],
    *,
    seconds: float = 60.0,
    folds: int = 5,
    repeats: int = 3,
    seed: int = 0,
) -> tuple[float, dict[str, float]]:
    """How well a classifier tells the windows of two sets of conversations apart.

    A two-sample test by classification (Lopez-Paz and Oquab 2017, ICLR): histogram gradient
    boosting on `window_features`, cross-validated so that no conversation is in both training and
    test. 0.5: it cannot; 1.0: always.

    Args:
        one: conversations of two, for example human.
        other: conversations of two, for example generated.
        seconds: width of a window.
        folds: of the cross-validation; as many conversations of each set are needed.
        repeats: cross-validations with other folds, whose AUCs are averaged.
        seed: of the folds.

    Returns:
        The area under the ROC curve, and the AUC of each feature alone (0.5: alike in location; it
        may lie on either side).

    Raises:
        MissingExtraError: scikit-learn is not installed.
        ValueError: too few conversations for the folds.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedGroupKFold
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "learn", "telling two corpora apart") from error
    blocks = [window_features(timeline, seconds) for timeline in (*one, *other)]
    truth = np.concatenate([np.full(len(block), i < len(one)) for i, block in enumerate(blocks)])
    group = np.concatenate([np.full(len(block), i) for i, block in enumerate(blocks)])
    data = np.concatenate(blocks)
    if min(len(one), len(other)) < folds:
        raise ValueError(f"{folds} folds need {folds} conversations of each set")
    scores = []
    for repeat in range(repeats):
        predicted = np.zeros(len(truth))
        split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed + repeat)
        for train, test in split.split(data, truth, group):
            model = HistGradientBoostingClassifier(
                max_depth=3, learning_rate=0.05, max_iter=150, random_state=seed
            )
            model.fit(data[train], truth[train])
            predicted[test] = model.predict_proba(data[test])[:, 1]
        scores.append(float(roc_auc_score(truth, predicted)))
    alone = {}
    for name, values in zip(FEATURES, data.T, strict=True):
        known = np.isfinite(values)
        both = known.any() and len(np.unique(truth[known])) == 2
        alone[name] = float(roc_auc_score(truth[known], values[known])) if both else 0.5
    return float(np.mean(scores)), alone


def _shares(layer: Layer1, edges: np.ndarray) -> list[Float64Array]:
    """Time of each joint state in each window, as shares."""
    runs = layer.runs
    shares = []
    for state in (0, 1, 2, 3):
        pick = runs.state == state
        # Cumulative time in the state at any sample is linear inside runs.
        at = np.stack([runs.start[pick], runs.end[pick]], axis=1).ravel()
        lengths = runs.end[pick] - runs.start[pick]
        done = np.cumsum(lengths)
        total = np.stack([done - lengths, done], axis=1).ravel()
        cumulative = np.interp(edges, at, total) if at.size else np.zeros(len(edges))
        shares.append(np.diff(cumulative) / max(1, edges[1] - edges[0] if len(edges) > 1 else 1))
    return shares


def _summaries(
    edges: np.ndarray, start: np.ndarray, value: Float64Array, names: tuple[str, ...]
) -> list[Float64Array]:
    order = np.argsort(start, kind="stable")
    bounds = np.searchsorted(start[order], edges)
    rows = np.full((len(edges) - 1, len(names)), np.nan)
    for i, (low, high) in enumerate(pairwise(bounds.tolist())):
        own = value[order[low:high]]
        for j, name in enumerate(names):
            if name == "count":
                rows[i, j] = len(own)
            elif len(own):
                rows[i, j] = _SUMMARY[name](own)
    return list(rows.T)


_SUMMARY: Final[dict[str, Callable[[Float64Array], np.floating[Any]]]] = {
    "mean": np.mean,
    "median": np.median,
    "max": np.max,
    "sd": np.std,
}
