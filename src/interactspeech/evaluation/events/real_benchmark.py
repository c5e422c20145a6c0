"""Systems side by side on labelled real recordings: onsets, speech, questions, live bids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.evaluation.events.benchmark import ASKED, Question, draw_questions
from interactspeech.evaluation.events.floor_bids import (
    WITHIN,
    BidScorer,
    FloorBidMoments,
    choose_threshold,
    single_speaker_stretches,
)
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    LabelledRecording,
    doubtful_events,
    marked_dialogue,
)
from interactspeech.evaluation.events.metrics import Estimate, balanced_accuracy, bootstrap
from interactspeech.evaluation.events.real_scoring import (
    OnsetCounts,
    SpeechFrames,
    match_labelled,
    speech_frames,
)
from interactspeech.evaluation.events.real_systems import ClipDetector, RealSystem
from interactspeech.signal.log_mel import RATE, STEP


class RealScores(msgspec.Struct, frozen=True):
    """Results of one system on labelled recordings.

    Attributes:
        system: its name.
        onset: type -> F1 of onsets at 200 ms; "mean" over the types that were marked.
        precision, recall: type -> of onsets.
        counts: type -> hits, misses, wrong ones.
        missed_speech, false_speech: share of marked speech that was not found, and of marked
            silence in which speech was found, in frames of 10 ms.
        accuracy: type -> balanced accuracy of the questions of Task A; "mean"; empty if not asked.
    """

    system: str
    onset: dict[str, Estimate]
    precision: dict[str, Estimate]
    recall: dict[str, Estimate]
    counts: dict[str, tuple[int, int, int]]
    missed_speech: float
    false_speech: float
    accuracy: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return dict(msgspec.to_builtins(self))


def evaluate_real(
    recordings: Sequence[LabelledRecording],
    system: RealSystem,
    *,
    questions: int = 200,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> RealScores:
    """Measure a system.

    Args:
        recordings: with labels.
        system: what finds events.
        questions: of Task A, at most; 0 for none.
        seed: of the questions.
        progress: called with clips done and clips in all.
    """
    asked = real_questions(recordings, questions, seed) if questions else []
    done, total = 0, len(recordings) + len(asked)
    matched: dict[str, list[Any]] = {kind: [] for kind in ASKED}
    frames = SpeechFrames(0, 0, 0, 0)
    said: dict[str, bool] = {}
    for recording in recordings:
        clip = system.prepare(recording)
        whole = clip(0, recording.samples)
        for kind in ASKED:
            matched[kind].append(match_labelled(recording, whole.events, kind))
        frames += speech_frames(recording, whole.activity)
        done += 1
        for question in (q for q in asked if q.dialogue == recording.name):
            said[question.id] = _answer(clip, question)
            done += 1
            if progress:
                progress(done, total)
    counts = OnsetCounts(matched)
    return RealScores(
        system=system.name,
        onset={k: counts.f1(k) for k in ASKED} | {"mean": counts.mean_f1()},
        precision={k: counts.precision(k) for k in ASKED},
        recall={k: counts.recall(k) for k in ASKED},
        counts={k: counts.total(k) for k in ASKED},
        missed_speech=frames.missed / max(frames.talk, 1),
        false_speech=frames.false / max(frames.silent, 1),
        accuracy=_accuracy(asked, said),
    )


def real_questions(
    recordings: Sequence[LabelledRecording], count: int, seed: int
) -> list[Question]:
    """Questions of Task A whose answers are sure."""
    return draw_questions(
        [marked_dialogue(r) for r in recordings],
        count,
        seed,
        {r.name: doubtful_events(r) for r in recordings},
    )


def _answer(clip: ClipDetector, question: Question) -> bool:
    found = clip(question.start, question.end).events
    return any(e.type == question.event and not e.is_filled_pause for e in found)


def _accuracy(asked: Sequence[Question], said: dict[str, bool]) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    groups = np.array([q.dialogue for q in asked])
    kinds = np.array([q.event for q in asked])
    truth = np.array([q.answer for q in asked], np.bool_)
    given = np.array([said[q.id] for q in asked], np.bool_)

    def measure(kind: str) -> Callable[[Int64Array], float]:
        def value(pick: Int64Array) -> float:
            rows = pick[kinds[pick] == kind]
            return balanced_accuracy(truth[rows], given[rows]) if len(rows) else float("nan")

        return value

    present = [kind for kind in ASKED if (kinds == kind).any()]

    def mean(pick: Int64Array) -> float:
        values = [measure(kind)(pick) for kind in present]
        return float(np.nanmean(values)) if not np.isnan([*values, np.nan]).all() else np.nan

    for kind in present:
        figure = bootstrap(groups.tolist(), measure(kind))
        found[kind] = _with_cases(figure, int((kinds == kind).sum()))
    if present:
        found["mean"] = _with_cases(bootstrap(groups.tolist(), mean), len(asked))
    return found


def _with_cases(figure: Estimate, n: int) -> Estimate:
    """The figure with another number of cases."""
    return Estimate(figure.value, figure.low, figure.high, n)


class LiveScores(msgspec.Struct, frozen=True):
    """How bids for the floor are told from feedback as the sound comes in.

    Attributes:
        scorer: its name.
        threshold: of the score.
        chosen: how the threshold was chosen.
        recall: of interruptions.
        delay: median of those found, in seconds from their onset.
        at_backchannels: share of backchannels in overlap that count as bids.
        alone: share of stretches of one speaker alone in which there is a bid.
    """

    scorer: str
    threshold: float
    chosen: str
    recall: Estimate
    delay: float
    at_backchannels: Estimate
    alone: Estimate

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return dict(msgspec.to_builtins(self))


def evaluate_live(
    recordings: Sequence[LabelledRecording],
    scorer: BidScorer,
    name: str,
    threshold: float | None = None,
) -> LiveScores:
    """Measure bids for the floor, live.

    Args:
        recordings: with labels.
        scorer: gives a score of each side every 40 ms.
        name: of the scorer.
        threshold: of the score; if None, the lowest with at most a tenth of false alarms here.
    """
    found = labelled_moments(recordings, scorer)
    chosen = "fixed"
    if threshold is None:
        threshold = choose_threshold(found, name, "real").threshold
        chosen = "false alarms <= .10 here"
    limit = threshold
    delays = [
        (int(np.argmax(row >= limit)) + 1) * STEP / RATE
        for _, row in found.hits
        if bool((row >= limit).any())
    ]

    def share(rows: Sequence[tuple[str, Any]]) -> Estimate:
        over = np.array([bool(np.any(np.asarray(row) >= limit)) for _, row in rows], np.bool_)
        return bootstrap(
            [name for name, _ in rows],
            lambda pick: float(over[pick].mean()) if len(pick) else float("nan"),
        )

    return LiveScores(
        scorer=name,
        threshold=float(limit),
        chosen=chosen,
        recall=share(found.hits),
        delay=float(np.median(delays)) if delays else float("nan"),
        at_backchannels=share(found.backchannels),
        alone=share(found.alone),
    )


def labelled_moments(recordings: Sequence[LabelledRecording], scorer: BidScorer) -> FloorBidMoments:
    """The scores after sure interruptions, in sure backchannels that overlap, and where one
    speaker talks alone.
    """
    found = FloorBidMoments([], [], [])
    for recording in recordings:
        score = scorer(recording.audio)
        dialogue = marked_dialogue(recording)
        for event in dialogue.events:
            row = score[SPEAKERS.index(event.speaker)]
            first = event.start // STEP
            if event.type == "interruption":
                window = row[first : first + round(WITHIN * RATE / STEP)]
                if len(window):
                    found.hits.append((recording.name, np.maximum.accumulate(window)))
            elif event.type == "backchannel" and event.attributes.get("placement") == "overlap":
                window = row[first : event.end // STEP + round(0.4 * RATE / STEP)]
                found.backchannels.append((recording.name, float(window.max(initial=0.0))))
        unscored = recording.unscored()
        for who, start, end in single_speaker_stretches(dialogue):
            if not np.any((unscored[:, 0] < end) & (unscored[:, 1] > start)):
                window = score[who, start // STEP : end // STEP]
                found.alone.append((recording.name, float(window.max(initial=0.0))))
    return found


__all__ = [
    "LiveScores",
    "RealScores",
    "evaluate_live",
    "evaluate_real",
    "labelled_moments",
    "real_questions",
]
