"""Calibration of a trained listener: activity thresholds and the backchannel classifier.

Everything here is fitted on held-out dialogues under the conditions of training, for each mode: the
thresholds between which speech begins and ends, so that onsets are right; the logistic score that
turns the network's log-odds and the timing into the probability of a backchannel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Float64Array, Int8Array, Int64Array
from interactspeech.evaluation.events.metrics import match_onsets
from interactspeech.listener.backchannel_classifier import (
    FEATURES,
    BackchannelClassifier,
    features,
    score,
)
from interactspeech.listener.model import (
    HALF,
    MODES,
    Listener,
    ListenerCard,
    ListenerMode,
)
from interactspeech.listener.output import ListenerOutput, speech_activity
from interactspeech.records.event_types import EventType
from interactspeech.seeds import generator
from interactspeech.signal.intervals import runs
from interactspeech.signal.log_mel import BANDS, RATE, STACK, STEP
from interactspeech.training.listener.augmentation import CLEAN, Augmenter, Conditions
from interactspeech.training.listener.preparation import PreparedCorpus
from interactspeech.training.listener.targets import BACKCHANNEL, NO_SPEECH
from interactspeech.turntaking import (
    DEFAULT,
    Candidates,
    Decision,
    RuleSet,
    Timeline,
    annotate_table,
    layer1,
)
from interactspeech.turntaking.backchannel_candidates import candidates as candidates_of

_EVENTS: Final[tuple[EventType, ...]] = ("backchannel", "interruption", "gap", "pause")
_TOLERANCE = RATE // 5
_TRAINING = Conditions()


@dataclass(frozen=True, eq=False)
class Trial:
    """A held-out dialogue: the listener's output, the true activity and the true classes."""

    output: ListenerOutput
    timeline: Timeline
    kind: Int8Array


def calibrate(
    listener: Listener,
    held_out: Sequence[Path | str],
    *,
    conditions: Conditions = _TRAINING,
    seed: int = 0,
    limit: int | None = None,
) -> ListenerCard:
    """The listener's card with all thresholds and classifiers fitted.

    Args:
        listener: with any card.
        held_out: prepared folders that were not trained on.
        conditions: of the augmentation of every other dialogue; the rest stay clean.
        seed: of the conditions.
        limit: at most so many dialogues.
    """
    card = listener.card
    for mode in MODES:  # two channels first: `shortest`, `bridge` and `tail` are fitted there
        found = list(trials(listener, held_out, conditions, seed, limit, mode=mode))
        card = _thresholds(card, found, mode)
        card = _classifier(card, found, mode)
    return card


def trials(
    listener: Listener, held_out: Sequence[Path | str], conditions: Conditions, seed: int,
    limit: int | None, *, mode: ListenerMode,
) -> Iterator[Trial]:  # fmt: skip
    """Run the listener on held-out dialogues: every other one clean, the rest augmented."""
    data = [PreparedCorpus(folder) for folder in held_out]
    places = [(p, i) for p in data for i in range(len(p))]
    for n, (prepared, i) in enumerate(places[:limit]):
        rng = generator(seed, "calibrate", n)
        drawn = conditions if n % 2 else CLEAN
        drawn = msgspec.structs.replace(
            drawn,
            mixed=float(mode != "two_channel"),
            diarized=float(mode == "diarized"),
            speed=(1.0, 1.0),
            silent=0.0,
        )
        example = prepared[i]
        other = prepared[(i + 1) % len(prepared)].features.reshape(-1, BANDS).astype(np.float32)
        steps = example.features.shape[1]
        mel, goal, _ = Augmenter(drawn, rng)(example, steps, other[::STACK])
        output = output_of_features(listener, mel, mode)
        spans = {name: runs(goal.active[side] > 0) * HALF for side, name in enumerate("AB")}
        kind = goal.kind
        if mode == "mixed" and _crossed(output, goal.active):
            spans, kind = {"A": spans["B"], "B": spans["A"]}, kind[::-1]
        yield Trial(output, Timeline(RATE, steps * STEP, spans), kind)


def output_of_features(listener: Listener, mel: Float32Array, mode: ListenerMode) -> ListenerOutput:
    """As `interactspeech.listener.run_listener`, from log-mel steps ``(2, steps, 160)``."""
    late = listener.card.settings(mode).lookahead
    quiet = np.full((2, late, mel.shape[2]), mel.min(), np.float32)
    found, _ = listener.predict(
        np.concatenate((mel, quiet), axis=1), listener.initial_state(), mode
    )
    return ListenerOutput.of(found, mel.shape[1] * STEP, listener, mode)


def _crossed(output: ListenerOutput, active: Int8Array) -> bool:
    """Whether the sides fit the speakers better in the other order."""
    straight = np.abs(output.active - active).sum()
    return bool(np.abs(output.active - active[::-1]).sum() < straight)


def _thresholds(card: ListenerCard, trials: Sequence[Trial], mode: ListenerMode) -> ListenerCard:
    """Fit the thresholds with the best F1 of onsets of speech and silence, one after the other."""
    truth = [_marks(t.timeline) for t in trials]

    def quality(card: ListenerCard) -> float:
        found = [_marks(speech_activity(t.output, card)) for t in trials]
        return _onset_f1(truth, found)

    cards = [
        card.replaced(mode, on=a, off=b)
        for a, b in product((0.3, 0.4, 0.5, 0.6, 0.7, 0.8), (0.1, 0.2, 0.3, 0.4, 0.5))
        if b <= a
    ]
    card = max(cards, key=quality)
    if mode == "two_channel":
        card = _best(card, [{"shortest": ms} for ms in (40, 60, 80, 120, 160, 200)], quality)
        card = _best(card, [{"bridge": ms} for ms in (60, 100, 140, 180)], quality)
        card = msgspec.structs.replace(card, tail=_early_ends(trials, card))
    return card


def _early_ends(trials: Sequence[Trial], card: ListenerCard) -> int:
    """By how many milliseconds speech ends too early, the median over IPUs that are found whole."""
    errors: list[int] = []
    for trial in trials:
        pairs = (layer1(t).ipus for t in (trial.timeline, speech_activity(trial.output, card)))
        for true, ours in zip(*pairs, strict=True):
            places = np.searchsorted(ours[:, 1], true[:, 1] - RATE // 5)
            for (_, end), i in zip(true.tolist(), places.tolist(), strict=True):
                if i < len(ours) and abs(ours[i, 1] - end) < RATE // 5:
                    errors.append(end - int(ours[i, 1]))
    return max(0, round(float(np.median(errors)) * 1000 / RATE)) if errors else 0


def _best(
    card: ListenerCard, grid: Sequence[dict[str, Any]], quality: Callable[[ListenerCard], float]
) -> ListenerCard:
    cards = [msgspec.structs.replace(card, **values) for values in grid]
    return max(cards, key=quality)


def _marks(timeline: Timeline) -> dict[str, Int64Array]:
    """Onsets of IPUs of each speaker, and of joint silences."""
    layer = layer1(timeline)
    marks = {name: ipu[:, 0] for name, ipu in zip(layer.speakers, layer.ipus, strict=True)}
    runs = layer.runs
    silent = (runs.active == 0) & (runs.end - runs.start >= RATE // 5)
    marks["silence"] = runs.start[silent]
    return marks


def _onset_f1(
    truth: Sequence[dict[str, Int64Array]], found: Sequence[dict[str, Int64Array]]
) -> float:
    hits = total = 0
    for true, ours in zip(truth, found, strict=True):
        for name, onsets in true.items():
            hits += match_onsets(onsets, ours[name], _TOLERANCE).hits
            total += len(onsets) + len(ours[name])
    return 2 * hits / max(1, total)


def _classifier(card: ListenerCard, trials: Sequence[Trial], mode: ListenerMode) -> ListenerCard:
    """Fit the classifier on candidates in the found activity, with their true labels."""
    rows, labels = [], []
    for trial in trials:
        found = speech_activity(trial.output, card)
        c = candidates_of(found, layer1(found), DEFAULT)
        classifier = BackchannelClassifier(trial.output, card)
        values = features(c, classifier.odds(c))
        for i in range(len(c)):
            label = _label(trial.kind, c, i)
            if label is not None and c.length[i] <= RATE:
                rows.append(values[i])
                labels.append(label)
    weights = logistic(np.array(rows).reshape(-1, len(FEATURES)), np.array(labels, np.bool_))
    chance = score(np.array(rows).reshape(-1, len(FEATURES)), weights)
    threshold = best_threshold(chance, np.array(labels, np.bool_))
    return card.replaced(mode, weights=weights, threshold=threshold)


def _label(kind: Int8Array, c: Candidates, i: int) -> bool | None:
    """Whether a candidate is a backchannel; None where there is no speech, or both classes."""
    first, last = int(c.start[i]) // STEP, -(-int(c.end[i]) // STEP)
    values = kind[int(c.speaker[i]), first:last]
    values = values[values != NO_SPEECH]
    if len(values) == 0:
        return None
    share = float(np.mean(values == BACKCHANNEL))
    return None if 0.3 < share < 0.7 else share >= 0.7


def logistic(
    rows: Float64Array, labels: BoolArray, *, ridge: float = 1.0, steps: int = 50
) -> dict[str, float]:
    """Weights of a logistic score, by Newton's method with a ridge on all but the intercept.

    Args:
        rows: shape ``(n, 6)``, `FEATURES`.
        labels: shape ``(n,)``. Without both kinds of label the network's own odds are taken as they
            are.
        ridge: strength of the penalty on squared weights.
        steps: of Newton's method, at most.
    """
    if len(labels) == 0 or labels.all() or not labels.any():
        return {"intercept": 0.0, "heard": 1.0}
    x = np.column_stack((np.ones(len(rows)), rows))
    penalty = np.diag([1e-6, *(ridge for _ in FEATURES)])
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - labels) + penalty @ w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty
        change = np.linalg.solve(hessian, gradient)
        w -= change
        if np.abs(change).max() < 1e-8:
            break
    names = ("intercept", *FEATURES)
    return {name: round(float(value), 5) for name, value in zip(names, w, strict=True)}


def best_threshold(chance: Float64Array, labels: BoolArray) -> float:
    """The threshold with the best F1; of several, the middle one."""
    grid = np.linspace(0.1, 0.9, 33)

    def quality(threshold: float) -> float:
        said = chance >= threshold
        hits = int((said & labels).sum())
        return 2 * hits / max(1, int(said.sum()) + int(labels.sum()))

    found = np.array([quality(threshold) for threshold in grid])
    best = grid[found == found.max()]
    return round(float(best[len(best) // 2]), 3)


def event_f1(
    trials: Sequence[Trial], card: ListenerCard, rules: RuleSet = DEFAULT
) -> dict[str, float]:
    """F1 of onsets of the four events over held-out trials, for reports while training."""
    counts = {name: [0, 0] for name in _EVENTS}
    for trial in trials:
        named = msgspec.structs.replace(rules, backchannel="listener")
        classifier = BackchannelClassifier(trial.output, card)
        ours = annotate_table(speech_activity(trial.output, card), named, backchannel=classifier)
        theirs = annotate_table(trial.timeline, named, backchannel=_true_labels(trial.kind))
        for name in _EVENTS:
            for speaker in range(2):
                a = np.sort(theirs[name].start[theirs[name].speaker == speaker])
                b = np.sort(ours[name].start[ours[name].speaker == speaker])
                counts[name][0] += match_onsets(a, b, _TOLERANCE).hits
                counts[name][1] += len(a) + len(b)
    return {name: round(2 * hits / max(1, total), 4) for name, (hits, total) in counts.items()}


def _true_labels(kind: Int8Array) -> Decision:
    def decide(c: Candidates) -> BoolArray:
        return np.array([bool(_label(kind, c, i)) for i in range(len(c))], np.bool_)

    return decide
