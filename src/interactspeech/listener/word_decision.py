"""Backchannel or bid, by words and sound in one decision.

```
 words, timing   points of people's talk (turntaking.backchannel_decision)  -+
 sound           what levelled sound adds to timing                         -+- log-odds with words
                                                                             | certainty
 sound, timing   as without words (listener.backchannel_classifier)         -+
```

Where words are known, the scorecard that was fitted on people's words and timing says how far a
candidate is from its threshold, in log-odds; what the listener hears moves that. A recogniser may
guess: in noise, in another language, in a soft "mm". So the decision with words counts as much as
the recogniser is certain of them, and that of sound and timing for the rest, which also decides
alone where no words were found. The weights were fitted on made talk and what whisper-base made of
it (docs/bench/word_sound.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array, FloatingArray, Int64Array
from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats import read as read_timed
from interactspeech.lexicon.feedback import COMMON_FEEDBACK, FILLERS, bare_word
from interactspeech.listener.backchannel_classifier import log_odds
from interactspeech.models.recognition import WordEngine
from interactspeech.models.spoken_words import recognise
from interactspeech.records import Dialogue, Word
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import AudioSource
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet
from interactspeech.turntaking.backchannel_candidates import default_decision
from interactspeech.turntaking.backchannel_decision import FeedbackModel, load_model
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.timing_decision import timing_scorecard
from interactspeech.turntaking.user_lexicon import FEEDBACK_LISTS

#: Words of the speakers "A" and "B", in samples at 16 kHz.
SpokenWords = Mapping[str, Sequence[Word]]
#: Where words come from: a recogniser, words that are known, or a timed transcript.
WordSource = WordEngine | SpokenWords | Path
#: What the sound adds counts between minus this and this.
SOUND_COUNTS: Final = 6.0
#: A recogniser that gives a speaker's words less than this on the average hears another language
#: than it was asked for, or next to nothing: those words count nothing.
UNHEARD: Final = 0.5
#: What is heard is of the right kind, feedback or something else, more often than its words are
#: right: on made talk in .8 + .2 p of short talk whose words have the mean probability p
#: (docs/bench/short_talk_words.md). People's breath is heard as words too, so the certainty is
#: half-way between that and p.
KIND_RIGHT: Final = (0.4, 0.6)
#: Beside words that are known, not recognised, the sound's log-odds count a quarter, and between -3
#: and 3. Set by hand: such words are right, and there are too few real cases to fit it on.
GIVEN_SOUND: Final = 0.25
_MOST: Final = 3.0
#: Log-odds where a lexicon of the user's, for which no scorecard is fitted, says yes or no.
_LISTED, _UNLISTED = 1.5, -2.5
#: What partial words do to a bid for the floor: words that are no feedback, or feedback alone.
CLAIMING_BID: Final = 0.95
_FEEDBACK_BID: Final = 0.3

#: The probability that each candidate is a backchannel, by what is heard of it.
SoundProbability = Callable[[Candidates], Float64Array]


class WordWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is added to the points for words, which count as they are.

    Attributes:
        sound: how much the log-odds count that sound adds to timing.
        intercept: log-odds before that.
    """

    sound: float
    intercept: float


class WordSoundWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How words and sound add up.

    Attributes:
        id: names them.
        about: what they were fitted on.
        listed: for candidates all of whose words are phrases of the feedback lexicon.
        unlisted: for others.
    """

    id: str
    about: str
    listed: WordWeights
    unlisted: WordWeights


@lru_cache(maxsize=1)
def word_sound_weights() -> WordSoundWeights:
    """The weights that ship."""
    data = files("interactspeech.listener").joinpath("data", "word-sound-1.json").read_bytes()
    return msgspec.json.decode(data, type=WordSoundWeights)


class WordDecision:
    """A decision about backchannels by words and sound (see `turntaking.Decision`).

    Args:
        sound: probabilities by sound and timing.
        rules: whose lists of feedback decide where they are not those that ship.
        model: the scorecard of words; the one that ships by default.
        weights: of both; those that ship by default.
    """

    def __init__(
        self,
        sound: SoundProbability,
        rules: RuleSet = DEFAULT,
        model: FeedbackModel | None = None,
        weights: WordSoundWeights | None = None,
    ) -> None:
        self._sound = sound
        self._model = model or load_model()
        self._weights = weights or word_sound_weights()
        self._own_lists = any(getattr(rules, n) != getattr(DEFAULT, n) for n in FEEDBACK_LISTS)
        self._no_lists = not any(getattr(rules, name) for name in FEEDBACK_LISTS)

    def probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel, shape ``(n,)``; from .5 on it is one."""
        chance = np.asarray(self._sound(candidates), np.float64)
        points, known = self._by_words(candidates)
        if not known.any():
            return chance
        heard, certain = log_odds(chance), certainty(candidates)
        timing = timing_scorecard().log_odds(candidates)
        listed = candidates.feedback > 0
        recognised = ~np.isnan(certain)
        certain = np.where(recognised, certain, 1.0)
        joint = np.where(
            recognised,
            joint_log_odds(points, heard, timing, listed, certain, self._weights),
            points + GIVEN_SOUND * np.clip(heard, -_MOST, _MOST),
        )
        return np.where(known, 1.0 / (1.0 + np.exp(-np.clip(joint, -50.0, 50.0))), chance)

    def __call__(self, candidates: Candidates) -> BoolArray:
        return np.asarray(self.probability(candidates) >= 0.5, np.bool_)

    def _by_words(self, candidates: Candidates) -> tuple[Float64Array, BoolArray]:
        """Log-odds above the threshold by words and timing, and where words are known."""
        if self._no_lists:
            return np.zeros(len(candidates)), np.zeros(len(candidates), np.bool_)
        if self._own_lists:
            listed = default_decision(candidates)
            return np.where(listed, _LISTED, _UNLISTED), candidates.feedback >= 0
        return word_log_odds(candidates, self._model)


def word_log_odds(candidates: Candidates, model: FeedbackModel) -> tuple[Float64Array, BoolArray]:
    """Log-odds above the threshold by words and timing, 0 where no words are known, and where some
    are.
    """
    chance = model.probability(candidates)
    known = ~np.isnan(chance)
    limit = model.thresholds(candidates)
    return np.where(known, log_odds(np.where(known, chance, 0.5)) - log_odds(limit), 0.0), known


def certainty(candidates: Candidates) -> Float64Array:
    """How certain the kind of each candidate's words is, by the recogniser's mean probability
    (`KIND_RIGHT`), shape ``(n,)``; NaN where there are none, or no recogniser's; 0 for all words of
    a speaker whom it hardly understands (`UNHEARD`).
    """
    found = np.full(len(candidates), np.nan)
    for place, name in enumerate(candidates.timeline.speakers):
        track = candidates.timeline.words.get(name)
        if track is None or track.probability is None:
            continue
        first, last = candidates.first_word, candidates.last_word
        understood = len(track) > 0 and track.probability.mean() >= UNHEARD
        for i in np.flatnonzero((candidates.speaker == place) & (last > first)).tolist():
            said = track.probability[int(first[i]) : int(last[i])]
            found[i] = kind_certainty(said.mean()) if understood else 0.0
    return found


def kind_certainty(probability: FloatingArray | float) -> Float64Array:
    """How certain the kind of words is, feedback or not, that have a mean probability."""
    return np.asarray(KIND_RIGHT[0] + KIND_RIGHT[1] * np.asarray(probability, np.float64))


def joint_log_odds(
    words: Float64Array,
    heard: Float64Array,
    timing: Float64Array,
    listed: BoolArray,
    certain: Float64Array,
    weights: WordSoundWeights,
) -> Float64Array:
    """Log-odds of a backchannel by words and sound, shape ``(n,)``.

    Args:
        words: log-odds above the threshold by words and timing.
        heard: log-odds by sound and timing.
        timing: log-odds by timing alone.
        listed: whether all words are phrases of the feedback lexicon.
        certain: of the words, 0 to 1.
        weights: of both.
    """
    added = np.clip(heard - timing, -SOUND_COUNTS, SOUND_COUNTS)
    sound = np.where(listed, weights.listed.sound, weights.unlisted.sound)
    intercept = np.where(listed, weights.listed.intercept, weights.unlisted.intercept)
    share = np.clip(certain, 0.0, 1.0)
    return np.asarray(share * (words + intercept + sound * added) + (1.0 - share) * heard)


def words_and_sound_rules(rules: RuleSet) -> RuleSet:
    """Rules of the listener (`listener_rules`) with the scorecard of words named as well."""
    also = load_model().id
    return msgspec.structs.replace(
        rules, id=f"{rules.id}+{also}", backchannel=f"{rules.backchannel}+{also}"
    )


def spoken_words(
    words: WordSource, timeline: Timeline, source: AudioSource, channels: Sequence[int]
) -> dict[str, list[Word]]:
    """The words of the speakers of a recording.

    Args:
        words: where they come from. A transcript's two speakers are assigned to the channels as
            their words fit the speech on them.
        timeline: who talks when, at 16 kHz.
        source: the sound at 16 kHz, for a recogniser.
        channels: of the speakers, in the order of the timeline.

    Raises:
        InputError: a transcript that cannot be read, or without two speakers' words.
        MissingExtraError: the recogniser's package is not installed.
    """
    names = timeline.speakers
    if isinstance(words, Mapping):
        unknown = sorted(set(words) - set(names))
        if unknown:
            raise InputError(
                f"words of {unknown[0]!r}, who is no speaker (known: {', '.join(names)})",
                reason="unknown-speaker",
            )
        return {name: sorted(said, key=_place) for name, said in words.items()}
    if isinstance(words, Path):
        return _transcribed(words, timeline)
    spans = [_pairs(timeline.activity[name]) for name in names]
    alone = len(set(channels)) == len(channels)
    found: dict[str, list[Word]] = {}
    for place, name in enumerate(names):
        others = [] if alone else [rows for i, rows in enumerate(spans) if i != place]
        said = recognise(source, channels[place], spans[place], words, others)
        found[name] = list(said)
    return found


def bid_with_words(bid: float, words: Iterable[str]) -> float:
    """A bid for the floor when some words of it are known, final or not.

    A word that is neither feedback nor a filler claims the floor, whatever it sounds like; feedback
    alone lets the sound's bid count three tenths.

    >>> bid_with_words(0.4, ["wait"]), bid_with_words(0.9, ["mm-hm"]), bid_with_words(0.7, [])
    (0.95, 0.27, 0.7)
    """
    said = [bare for word in words if (bare := bare_word(word))]
    if not said or bid <= 0.0:
        return bid
    if any(word not in COMMON_FEEDBACK and word not in FILLERS for word in said):
        return max(bid, CLAIMING_BID)
    if all(word in FILLERS and word not in COMMON_FEEDBACK for word in said):
        return bid
    return round(bid * _FEEDBACK_BID, 6)


def _transcribed(path: Path, timeline: Timeline) -> dict[str, list[Word]]:
    report = Report()
    found = read_timed([path], report=report)
    for error in report.errors:
        raise error
    dialogues = [d for d in found if any(u.words for u in d.utterances)]
    if len(dialogues) != 1:
        raise InputError(
            f"holds {len(dialogues)} conversations with words, expected one", path,
            reason="no-words",
        )  # fmt: skip
    said = _words_of(dialogues[0])
    if not 1 <= len(said) <= 2:
        raise InputError(
            f"has words of {len(said)} speakers, expected one or two", path, reason="no-words"
        )
    names, theirs = timeline.speakers, list(said.values())
    theirs += [[]] * (2 - len(theirs))
    straight = _fit(theirs, timeline, names)
    crossed = _fit(theirs[::-1], timeline, names)
    if crossed > straight:
        theirs = theirs[::-1]
    return dict(zip(names, theirs, strict=True))


def _words_of(dialogue: Dialogue) -> dict[str, list[Word]]:
    scale = RATE / dialogue.rate
    said: dict[str, list[Word]] = {}
    for utterance in dialogue.utterances:
        rows = said.setdefault(utterance.speaker, [])
        for word in utterance.words:
            start = round(word.start * scale)
            rows.append(
                msgspec.structs.replace(
                    word, start=start, end=max(round(word.end * scale), start + 1)
                )
            )
    return {name: sorted(rows, key=_place) for name, rows in said.items() if rows}


def _fit(said: Sequence[Sequence[Word]], timeline: Timeline, names: Sequence[str]) -> int:
    """How many words lie in the speech of the speakers they would be given to."""
    hits = 0
    for name, words in zip(names, said, strict=True):
        rows = timeline.activity[name]
        middle = np.array([(w.start + w.end) // 2 for w in words], np.int64)
        place = np.searchsorted(rows[:, 0], middle, side="right") - 1
        inside = (place >= 0) & (len(rows) > 0)
        if len(rows):
            inside &= rows[np.maximum(place, 0), 1] > middle
        hits += int(inside.sum())
    return hits


def _place(word: Word) -> tuple[int, int]:
    return word.start, word.end


def _pairs(rows: Int64Array) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in rows.tolist()]


__all__ = [
    "CLAIMING_BID",
    "SpokenWords",
    "WordDecision",
    "WordSoundWeights",
    "WordSource",
    "WordWeights",
    "bid_with_words",
    "certainty",
    "joint_log_odds",
    "kind_certainty",
    "spoken_words",
    "word_log_odds",
    "word_sound_weights",
    "words_and_sound_rules",
]
