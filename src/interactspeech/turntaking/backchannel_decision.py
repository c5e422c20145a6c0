"""Backchannel or turn, where words are known: a logistic scorecard fitted on dialogue acts.

Each candidate (an IPU) gets points: for the word it begins with, for its length and the silence
around it, for what the partner does meanwhile and next, and for what others say at the same time.
The points add up to log-odds (a logistic regression), so that every decision can be explained by
its parts (`FeedbackModel.explain`). What is fitted, on which meetings, and how well it does on
others is in docs/feedback.md; `bench/fit_feedback.py` fits it again.

```
   partner X   ################?     ->   resumes   ######
   candidate Y          said_before ..  #####  .. self_goes_on
   third   Z                             ###   (choir)
                                        s    e
              |<--- horizon --->|                |<--- horizon --->|
```

It is fitted on meetings (AMI and ICSI). In talk of two, which it does not know, a list of common
feedback decides unless the model is sure (`PairThresholds`).

Everything looked at lies within `RuleSet.horizon_ms` of the candidate. Candidates whose words are
not known are decided by the framework's default rule.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import COMMON_FEEDBACK, FIRST_WORD_CLASSES, bare_word
from interactspeech.lexicon.language import LANGUAGE
from interactspeech.turntaking.backchannel_candidates import Candidates, default_decision
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.timeline import WordTrack

_CLASS_OF = {word: code for code, words in enumerate(FIRST_WORD_CLASSES.values()) for word in words}
_OTHER = len(FIRST_WORD_CLASSES)

#: Names of the features, in the order of the columns that `features` gives.
FEATURES: tuple[str, ...] = (
    *(f"first_{name}" for name in FIRST_WORD_CLASSES),  # 1 where the first word is of that class
    "all_feedback",  # all words are phrases of the feedback lexicon
    "log_words",  # log of the number of words
    "other_words",  # words of no class above, at most 4
    "fragment",  # a word is cut off inside
    "log_length",  # log of the length in seconds, at least 0.03
    "before",  # own silence before, in seconds, capped at the horizon
    "after",  # own silence after
    "partner",  # another speaker holds the floor
    "partner_talking",  # and talks when the candidate starts
    "since",  # for how long, in seconds
    "left",  # and goes on after the start for so many seconds
    "talking_at_end",  # the partner talks when the candidate ends
    "resumes",  # seconds until the partner talks again
    "goes_on",  # the partner talks on before the candidate's speaker says anything else
    "after_question",  # the last word of another before the start carries a question mark
    "said_before",  # log(1 + own words other than feedback in the horizon before)
    "nodded_before",  # log(1 + own feedback words in the horizon before)
    "self_goes_on",  # log(1 + own words other than feedback in the horizon after)
    "nods_on",  # log(1 + own feedback words in the horizon after)
    "others_before",  # log(1 + words of others, feedback left out, in the horizon before)
    "others_after",  # log(1 + words of others, feedback left out, in the horizon after)
    "choir",  # others who say nothing but feedback around the start
    "rivals",  # others who say other words around the start
)

#: "Around the start": words that end at most so long before or after it.
_NEAR_BEFORE_MS, _NEAR_AFTER_MS = 400, 1200
_OVERRUN_MS = 300  # a question may end so long after the answer begins


class _WordColumns:
    """One speaker's words in columns: times, and counts that windows are read from."""

    def __init__(self, track: WordTrack) -> None:
        self.end = np.maximum.accumulate(track.times[:, 1])
        code = np.array([_class_of(text) for text in track.texts], np.int64)
        self.code = code
        self.question = np.array(["?" in text for text in track.texts], np.bool_)
        self._other = np.concatenate(([0], np.cumsum(code == _OTHER)))
        self._fragments = np.concatenate(([0], np.cumsum(track.fragment)))

    def fragments(self, first: Int64Array, last: Int64Array) -> Int64Array:
        """Words that are cut off, among those with index in ``[first, last)``."""
        return np.asarray(self._fragments[last] - self._fragments[first])

    def others(self, first: Int64Array, last: Int64Array) -> Int64Array:
        """Words of no class, among those with index in ``[first, last)``."""
        return np.asarray(self._other[last] - self._other[first])

    def window(self, low: Int64Array, high: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Indexes of the words that end in ``(low, high]``: at `high` all of them are known."""
        first = np.searchsorted(self.end, low, side="right")
        return first, np.maximum(first, np.searchsorted(self.end, high, side="right"))

    def counts(self, low: Int64Array, high: Int64Array) -> tuple[Float64Array, Float64Array]:
        """``log(1 + n)`` of the words that end in ``(low, high]``: others, and feedback."""
        first, last = self.window(low, high)
        others = self.others(first, last)
        return np.log1p(others), np.log1p(last - first - others)


@lru_cache(maxsize=65536)
def _class_of(text: str) -> int:
    return _CLASS_OF.get(bare_word(text), _OTHER)


def features(candidates: Candidates) -> Float64Array:
    """The features of every candidate, shape ``(n, len(FEATURES))``; see the comments there.

    Rows of candidates whose words are not known hold zeros for what words say.
    """
    c = candidates
    rate, horizon = c.timeline.rate, c.horizon
    table = np.zeros((len(c), len(FEATURES)))
    column = {name: table[:, place] for place, name in enumerate(FEATURES)}
    column["all_feedback"][:] = c.feedback > 0
    column["log_length"][:] = np.log(np.maximum(c.length / rate, 0.03))
    for name, values in (
        ("before", c.before), ("after", c.after), ("since", c.since), ("left", c.left),
        ("resumes", c.resumes),
    ):  # fmt: skip
        column[name][:] = values / rate
    column["partner"][:] = c.partner >= 0
    column["partner_talking"][:] = c.partner_talking
    column["talking_at_end"][:] = c.partner_talking_at_end
    column["goes_on"][:] = c.goes_on
    said = {
        place: _WordColumns(c.timeline.words[name])
        for place, name in enumerate(c.timeline.speakers)
        if name in c.timeline.words
    }
    for place in range(len(c.timeline.speakers)):
        rows = np.flatnonzero((c.speaker == place) & (c.last_word > c.first_word))
        if len(rows):
            _own_words(c, rows, said[place], column, horizon)
            _others_words(c, rows, [s for x, s in said.items() if x != place], column)
    return table


def _own_words(
    c: Candidates,
    rows: Int64Array,
    own: _WordColumns,
    column: dict[str, Float64Array],
    horizon: int,
) -> None:
    first, last = c.first_word[rows], c.last_word[rows]
    code = own.code[first]
    for place, name in enumerate(FIRST_WORD_CLASSES):
        column[f"first_{name}"][rows] = code == place
    column["log_words"][rows] = np.log(last - first)
    column["other_words"][rows] = np.minimum(own.others(first, last), 4)
    column["fragment"][rows] = own.fragments(first, last) > 0
    start, end = c.start[rows], c.end[rows]
    before, after = own.counts(start - horizon, start), own.counts(end, end + horizon)
    column["said_before"][rows], column["nodded_before"][rows] = before
    column["self_goes_on"][rows], column["nods_on"][rows] = after


def _others_words(
    c: Candidates, rows: Int64Array, others: list[_WordColumns], column: dict[str, Float64Array]
) -> None:
    def samples(ms: int) -> int:
        return ms * c.timeline.rate // 1000

    start, end = c.start[rows], c.end[rows]
    latest = start - c.horizon
    question = np.zeros(len(rows), np.bool_)
    before, after = np.zeros((2, len(rows)), np.int64)
    for other in others:
        first, last = other.window(
            start - samples(_NEAR_BEFORE_MS), start + samples(_NEAR_AFTER_MS)
        )
        claims = other.others(first, last) > 0
        column["rivals"][rows] += claims
        column["choir"][rows] += (last > first) & ~claims
        before += other.others(*other.window(start - c.horizon, start))
        after += other.others(*other.window(end, end + c.horizon))
        if len(other.end) == 0:
            continue
        place = np.searchsorted(other.end, start + samples(_OVERRUN_MS), side="right") - 1
        # In the first seconds the horizon begins before 0: what has not ended yet is no word there.
        ended = np.where(place >= 0, other.end[place], latest)
        later = ended > latest
        question = np.where(later, other.question[place], question)
        latest = np.maximum(latest, ended)
    column["after_question"][rows] = question
    column["others_before"][rows] = np.log1p(before)
    column["others_after"][rows] = np.log1p(after)


class PairThresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities from which a candidate is a backchannel in talk of two speakers.

    The model knows meetings of three and more. Between two, as on the telephone, a lone "yeah" or
    "right" is feedback more often; so the word list decides unless the model is sure.

    Attributes:
        listed: for a candidate all of whose words are in `COMMON_FEEDBACK`.
        unlisted: for any other.
    """

    listed: float
    unlisted: float


class FeedbackModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fitted scorecard.

    Attributes:
        id: what `RuleSet.backchannel` calls it.
        about: what it was fitted on.
        intercept: log-odds before any point.
        weights: feature -> points (log-odds) for each unit of the feature.
        threshold: probability from which a candidate is a backchannel.
        language: of the talk that it was fitted on.
        pair: thresholds in place of `threshold` where there are two speakers.
    """

    id: str
    about: str
    intercept: float
    weights: dict[str, float]
    threshold: float
    language: str = LANGUAGE
    pair: PairThresholds | None = None

    def __post_init__(self) -> None:
        if set(self.weights) != set(FEATURES):
            odd = sorted(set(self.weights) ^ set(FEATURES))
            raise ValueError(f"model {self.id!r}: weights and features differ in {odd}")

    def probability(self, candidates: Candidates) -> Float64Array:
        """Probability of being a backchannel, shape ``(n,)``; NaN where no words are known."""
        points = features(candidates) @ np.array([self.weights[name] for name in FEATURES])
        known = candidates.last_word > candidates.first_word
        chance = 1.0 / (1.0 + np.exp(-np.clip(points + self.intercept, -50.0, 50.0)))
        return np.where(known, chance, np.nan)

    def decide(self, candidates: Candidates) -> BoolArray:
        """Backchannel or not, shape ``(n,)``; the default rule decides where no words are known."""
        chance = self.probability(candidates)
        unknown = np.isnan(chance)
        decided = np.where(unknown, 0.0, chance) >= self.thresholds(candidates)
        if unknown.any():
            decided = np.where(unknown, default_decision(candidates), decided)
        return np.asarray(decided, np.bool_)

    def thresholds(self, candidates: Candidates) -> Float64Array:
        """The probability from which each candidate is a backchannel, shape ``(n,)``."""
        if self.pair is None or len(candidates.timeline.speakers) != 2:
            return np.full(len(candidates), self.threshold)
        listed = common_feedback(candidates)
        return np.where(listed, self.pair.listed, self.pair.unlisted)

    def explain(self, candidates: Candidates, i: int) -> dict[str, float]:
        """The points of one candidate by feature, largest first, those of 0 left out."""
        row = features(candidates)[i]
        points = {
            name: float(value * self.weights[name])
            for name, value in zip(FEATURES, row, strict=True)
            if value
        }
        points["intercept"] = self.intercept
        return dict(sorted(points.items(), key=lambda item: -abs(item[1])))


def common_feedback(candidates: Candidates) -> BoolArray:
    """Candidates all of whose words are in `COMMON_FEEDBACK`, shape ``(n,)``."""
    found = np.zeros(len(candidates), np.bool_)
    for i in range(len(candidates)):
        said = [bare for word in candidates.words(i) if (bare := bare_word(word))]
        found[i] = bool(said) and all(word in COMMON_FEEDBACK for word in said)
    return found


def load_model(path: Path | str | None = None) -> FeedbackModel:
    """The shipped model, or one that `bench/fit_feedback.py` wrote.

    Raises:
        InputError: the file is missing or no such model.
    """
    if path is None:
        return _shipped()
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=FeedbackModel)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    except msgspec.DecodeError as error:
        raise InputError(f"is no feedback model: {error}", path, reason="bad-model") from None


@lru_cache(maxsize=1)
def _shipped() -> FeedbackModel:
    data = files("interactspeech.turntaking").joinpath("data", "feedback-2.json").read_bytes()
    return msgspec.json.decode(data, type=FeedbackModel)


def feedback_decision(candidates: Candidates) -> BoolArray:
    """The shipped model as a decision: ``annotate(d, feedback_rules(), backchannel=...)``."""
    return _shipped().decide(candidates)


def feedback_rules(rules: RuleSet = DEFAULT) -> RuleSet:
    """`rules` with the shipped model named as its backchannel decision, under an id of its own."""
    model = _shipped()
    return msgspec.structs.replace(rules, id=f"{rules.id}+{model.id}", backchannel=model.id)
