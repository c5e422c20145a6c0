"""Task C: prediction of turn shifts in silences, and of backchannels.

```
   X   ########          ?   a gap (Y takes the floor: shift) or a pause (X goes on: hold)?
   Y                     ?   asked `AFTER` into the silence, of the sound until then
               |--AFTER--|

   X   ###################   is Y about to say "mm-hm"? asked `BEFORE` it comes, and at the end of
   Y                   ?     stretches in which Y says nothing
```

The measure is the area under the ROC curve: how often a yes gets a higher score than a no, 0.5 at
chance. They are the shift/hold
and backchannel predictions of Ekstedt & Skantze, "Voice Activity Projection", Interspeech 2022.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float32Array, Float64Array
from interactspeech.evaluation.events.benchmark import Benchmark
from interactspeech.evaluation.events.floor_bids import single_speaker_stretches
from interactspeech.evaluation.events.metrics import Estimate, balanced_accuracy, bootstrap
from interactspeech.listener import Listener
from interactspeech.listener.model import FUTURE
from interactspeech.records import Dialogue
from interactspeech.signal.log_mel import RATE, STEP, LogMel
from interactspeech.turntaking import Timeline

Prediction = Literal["shift", "backchannel"]

#: Seconds into a silence, and before a backchannel, at which the question is asked.
AFTER: Final = 0.25
BEFORE: Final = 0.2


class ShiftQuestion(NamedTuple):
    """A question: `time` in samples at 16 kHz; who has (or had last) the floor, as an index."""

    time: int
    speaker: int
    answer: bool


#: Samples (2, n) and questions to scores, higher for yes; of the sound before each question only.
TurnPredictor = Callable[[Float32Array, Sequence[ShiftQuestion]], Sequence[float]]


class PredictionScores(msgspec.Struct, frozen=True):
    """Results of one predictor.

    Attributes:
        scorer, benchmark: names.
        what: "shift" or "backchannel".
        area: under the ROC curve.
        accuracy: balanced, at a score of a half.
        yes, no: numbers of questions.
    """

    scorer: str
    benchmark: str
    what: Prediction
    area: Estimate
    accuracy: Estimate
    yes: int
    no: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return dict(msgspec.to_builtins(self))


def listener_predictor(listener: Listener, what: Prediction) -> TurnPredictor:
    """The listener's `FrameState.shift_probability`, or the other's speech expected in 0.6 s."""

    def scores(samples: Float32Array, moments: Sequence[ShiftQuestion]) -> Sequence[float]:
        mel = LogMel(2)(np.pad(samples, ((0, 0), (0, -samples.shape[1] % STEP))))
        found, _ = listener.predict(mel, listener.initial_state())
        soon = found[:, :, FUTURE].astype(np.float64)
        out = []
        for moment in moments:
            known = max(moment.time // STEP - 1, 0)
            mine, theirs = soon[moment.speaker, known], soon[1 - moment.speaker, known]
            if what == "shift":
                out.append(float(theirs.sum() / max(mine.sum() + theirs.sum(), 1e-9)))
            else:
                out.append(float(theirs[:2].mean()))
        return out

    return scores


def evaluate_predictor(
    benchmark: Benchmark, scorer: TurnPredictor, name: str, what: Prediction
) -> PredictionScores:
    """Put all questions of a kind to a predictor.

    Raises:
        InputError: the benchmark has one channel.
    """
    benchmark.require_two()
    groups: list[str] = []
    answers: list[bool] = []
    scores: list[float] = []
    ask = shift_questions if what == "shift" else backchannel_questions
    for case in benchmark.cases.values():
        moments = list(ask(case.dialogue))
        if moments:
            scores += scorer(case.audio(), moments)
            answers += [m.answer for m in moments]
            groups += [case.dialogue.id] * len(moments)
    yes, given = np.array(answers, np.bool_), np.array(scores, np.float64)
    return PredictionScores(
        scorer=name,
        benchmark=benchmark.manifest.name,
        what=what,
        area=bootstrap(groups, lambda pick: roc_auc(given[pick], yes[pick])),
        accuracy=bootstrap(groups, lambda pick: balanced_accuracy(yes[pick], given[pick] > 0.5)),
        yes=int(yes.sum()),
        no=int((~yes).sum()),
    )


def roc_auc(scores: Float64Array, answers: BoolArray) -> float:
    """Area under the ROC curve, ties counted half; NaN without a yes or a no."""
    high, low = scores[answers], np.sort(scores[~answers])
    if not len(high) or not len(low):
        return float("nan")
    below = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(below.mean() / (2 * len(low)))


def shift_questions(dialogue: Dialogue) -> Iterator[ShiftQuestion]:
    """Gaps and pauses that are silent for `AFTER`, after the talk of one speaker alone."""
    after = round(AFTER * dialogue.rate)
    spans = [Timeline.of(dialogue).activity[s.id] for s in dialogue.speakers]
    for event in dialogue.events:
        silent = event.type == "gap" or event.is_silent_pause
        if not silent or event.end - event.start <= after:
            continue
        ends = [int(rows[rows[:, 1] <= event.start, 1].max(initial=-1)) for rows in spans]
        last = int(np.argmax(ends))
        talk = any(np.any((r[:, 1] > event.start) & (r[:, 0] < event.start + after)) for r in spans)
        if ends[last] - ends[1 - last] > after and not talk:
            time = (event.start + after) * RATE // dialogue.rate
            yield ShiftQuestion(time, last, event.type == "gap")


def backchannel_questions(dialogue: Dialogue) -> Iterator[ShiftQuestion]:
    """Questions just before each backchannel, and at the end of each stretch without one."""
    side = {s.id: i for i, s in enumerate(dialogue.speakers)}
    before = round(BEFORE * dialogue.rate)
    for event in dialogue.events:
        if event.type == "backchannel" and event.start > before:
            time = (event.start - before) * RATE // dialogue.rate
            yield ShiftQuestion(time, 1 - side[event.speaker], True)
    for silent, _, end in single_speaker_stretches(dialogue):
        time = (end - round(0.6 * dialogue.rate) - before) * RATE // dialogue.rate
        yield ShiftQuestion(time, 1 - silent, False)


__all__ = [
    "PredictionScores",
    "ShiftQuestion",
    "TurnPredictor",
    "backchannel_questions",
    "evaluate_predictor",
    "listener_predictor",
    "roc_auc",
    "shift_questions",
]
