"""Backchannel or bid, by words and sound in one decision.

Where words are known, the scorecard that was fitted on people's words and timing
(`turntaking.backchannel_decision`) says how far a candidate is from its threshold, in log-odds;
what the listener hears moves that a little, so that it decides where the words leave a doubt
("yeah" can be either). Where the recogniser found no words in a candidate, as it often does in a
soft "mm", sound and timing decide alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from interactspeech._typing import BoolArray, Float64Array, Int64Array
from interactspeech.errors import InputError
from interactspeech.formats import Report
from interactspeech.formats import read as read_timed
from interactspeech.lexicon.feedback import COMMON_FEEDBACK, FILLERS, bare_word
from interactspeech.models.recognition import WordEngine
from interactspeech.models.spoken_words import recognise
from interactspeech.records import Dialogue, Word
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.pages import AudioSource
from interactspeech.turntaking import DEFAULT, Candidates, RuleSet
from interactspeech.turntaking.backchannel_candidates import default_decision
from interactspeech.turntaking.backchannel_decision import FeedbackModel, load_model
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.user_lexicon import FEEDBACK_LISTS

#: Words of the speakers "A" and "B", in samples at 16 kHz.
SpokenWords = Mapping[str, Sequence[Word]]
#: Where words come from: a recogniser, words that are known, or a timed transcript.
WordSource = WordEngine | SpokenWords | Path
#: The sound's log-odds count a quarter, and between -3 and 3: at most .75. Set by hand: words are
#: right more often than sound, and there are too few real cases with both to fit it on.
SOUND_WEIGHT: Final = 0.25
_MOST: Final = 3.0
#: Log-odds where a lexicon of the user's, for which no scorecard is fitted, says yes or no.
_LISTED, _UNLISTED = 1.5, -2.5
#: What partial words do to a bid for the floor: words that are no feedback, or feedback alone.
CLAIMING_BID: Final = 0.95
_FEEDBACK_BID: Final = 0.3

#: The probability that each candidate is a backchannel, by what is heard of it.
SoundProbability = Callable[[Candidates], Float64Array]


class WordDecision:
    """A decision about backchannels by words and sound (see `turntaking.Decision`).

    Args:
        sound: probabilities by sound and timing.
        rules: whose lists of feedback decide where they are not those that ship.
        model: the scorecard of words; the one that ships by default.
    """

    def __init__(
        self,
        sound: SoundProbability,
        rules: RuleSet = DEFAULT,
        model: FeedbackModel | None = None,
    ) -> None:
        self._sound = sound
        self._model = model or load_model()
        self._own_lists = any(getattr(rules, n) != getattr(DEFAULT, n) for n in FEEDBACK_LISTS)
        self._no_lists = not any(getattr(rules, name) for name in FEEDBACK_LISTS)

    def probability(self, candidates: Candidates) -> Float64Array:
        """The probability of being a backchannel, shape ``(n,)``; from .5 on it is one."""
        sound = np.clip(self._sound(candidates), 1e-6, 1 - 1e-6)
        heard = np.log(sound / (1 - sound))
        points, known = self._by_words(candidates)
        points = points + SOUND_WEIGHT * np.clip(heard, -_MOST, _MOST)
        return np.where(known, 1.0 / (1.0 + np.exp(-np.clip(points, -50.0, 50.0))), sound)

    def __call__(self, candidates: Candidates) -> BoolArray:
        return np.asarray(self.probability(candidates) >= 0.5, np.bool_)

    def _by_words(self, candidates: Candidates) -> tuple[Float64Array, BoolArray]:
        """Log-odds above the threshold by words and timing, and where words are known."""
        if self._no_lists:
            return np.zeros(len(candidates)), np.zeros(len(candidates), np.bool_)
        if self._own_lists:
            listed = default_decision(candidates)
            return np.where(listed, _LISTED, _UNLISTED), candidates.feedback >= 0
        chance = self._model.probability(candidates)
        known = ~np.isnan(chance)
        chance = np.clip(np.where(known, chance, 0.5), 1e-6, 1 - 1e-6)
        limit = self._model.thresholds(candidates)
        return np.log(chance / (1 - chance)) - np.log(limit / (1 - limit)), known


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
    found = {}
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
    "SOUND_WEIGHT",
    "SpokenWords",
    "WordDecision",
    "WordSource",
    "bid_with_words",
    "spoken_words",
    "words_and_sound_rules",
]
