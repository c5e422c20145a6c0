"""How much a corpus sounds and moves like people's talk, by measures and a judge from outside.

- **Holds and ends**: smart-turn v3.2, which others trained on people's turns, is asked 200 ms into
  every silence whether the turn is complete. A speaker who goes on should not sound finished, one
  who yields the floor should.
- **Places of pauses**: silences of 0.2 to 3 s between two words of one speaker during which the
  other says nothing but backchannels; inside a sentence or between two, by the class of the word
  before (definitions of the human figures: `interactspeech.turntaking.timing.pause_places`).
- **The last word** before a pause: its length over the median length of that word everywhere.
- **Rates and shares** by the rule set, and the distance of every distribution from people's.
- **Windows**: whether a classifier tells minutes of the corpus from minutes of real conversations.

Each figure has its number of cases and a 95 % interval, and stands beside people's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np

from interactspeech._typing import Float32Array, Float64Array
from interactspeech.lexicon.word_classes import WORD_CLASSES, WordClass, word_class
from interactspeech.records import Dialogue, Samples
from interactspeech.signal.resampling import resample_samples
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.annotator import annotate
from interactspeech.turntaking.distribution import Distribution, mixture
from interactspeech.turntaking.statistics import Comparison, collect, compare
from interactspeech.turntaking.statistics.comparison import distances
from interactspeech.turntaking.statistics.windows import discriminability
from interactspeech.turntaking.timing.pause_places import (
    PAUSE_PLACES,
    PausePlace,
    PausePlaces,
    place_of,
)
from interactspeech.turntaking.timing.word_stretch import WordStretch

#: Seconds into a silence at which the judge is asked, as its authors do.
ASKED_AFTER: Final = 0.2
#: Bounds of a pause, seconds.
SHORTEST, LONGEST = 0.2, 3.0
#: Fewer words before pauses than this say nothing about their class.
_REPORTED = 20
_RATE = 16_000

#: 122,257 pauses of 1,155 Switchboard calls (word times and dialogue acts): share inside an act.
HUMAN_INSIDE: Final = 0.606
#: The same: shares of the classes of the word before.
HUMAN_LAST: Mapping[PausePlace, Mapping[WordClass, float]] = {
    "inside an act": {
        "content word": 0.304,
        "other function word": 0.290,
        "filled pause": 0.206,
        "conjunction": 0.151,
        "discourse word": 0.036,
        "fragment": 0.013,
    },
    "between acts": {
        "content word": 0.632,
        "other function word": 0.169,
        "discourse word": 0.071,
        "conjunction": 0.067,
        "filled pause": 0.052,
        "fragment": 0.011,
    },
}
HUMAN_FILLED_PAUSES: Final = 2.94  #: in 100 words
#: smart-turn v3.2 on the silences of real two-channel calls (49 holds and 63 ends of three calls).
HUMAN_HOLDS_COMPLETE: Final = 0.14
HUMAN_JUDGE_AUC: Final = 0.82


class TurnJudge(Protocol):
    """Says how likely a turn is complete; `interactspeech.models.smart_turn.SmartTurn` is one."""

    def complete(self, samples: Float32Array) -> float:
        """In [0, 1], for one speaker's sound at 16 kHz up to the question."""


@dataclass(frozen=True)
class Silence:
    """A silence of one speaker, with what came of it.

    Attributes:
        speaker: who fell silent.
        start, end: samples of the dialogue; of an end, until the other speaks.
        held: the speaker goes on (a pause), or the other takes the floor (an end).
    """

    speaker: str
    start: int
    end: int
    held: bool


def silences(dialogue: Dialogue) -> Iterator[Silence]:
    """The silences of at least 0.2 s in which a turn is held or ends, by rule.

    Ends are those of turns that were not cut off.
    """
    cut = {u.end for u in dialogue.utterances if u.unsaid}
    holder = {u.end: u.speaker for u in dialogue.utterances}
    least = SHORTEST * dialogue.rate
    for event in annotate(Timeline.of(dialogue)):
        if event.end - event.start < least:
            continue
        if event.is_silent_pause:
            yield Silence(event.speaker, event.start, event.end, held=True)
        elif event.type == "gap" and event.start not in cut and event.start in holder:
            yield Silence(holder[event.start], event.start, event.end, held=False)


@dataclass
class Judged:
    """Answers of a judge: probability that the turn is complete, in holds and at ends."""

    holds: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)

    def add(self, dialogue: Dialogue, samples: Samples, judge: TurnJudge) -> None:
        """Ask about every silence of a dialogue, ``samples`` of shape ``(channels, n)``."""
        channels = {track.speaker: track.channel for track in dialogue.tracks}
        sound = resample_samples(samples, dialogue.rate, _RATE)
        for silence in silences(dialogue):
            at = round((silence.start / dialogue.rate + ASKED_AFTER) * _RATE)
            answer = judge.complete(sound[channels[silence.speaker], :at])
            (self.holds if silence.held else self.ends).append(answer)

    @property
    def auc(self) -> float:
        """Probability that an end is thought more complete than a hold; NaN without both."""
        return _auc(np.asarray(self.holds), np.asarray(self.ends))

    def auc_interval(self, rounds: int = 1000, seed: int = 0) -> tuple[float, float]:
        """95 % interval of `auc` by the bootstrap over silences (Efron 1979)."""
        if not self.holds or not self.ends:
            return float("nan"), float("nan")
        rng = np.random.default_rng(seed)
        holds, ends = np.asarray(self.holds), np.asarray(self.ends)
        found = [
            _auc(rng.choice(holds, len(holds)), rng.choice(ends, len(ends))) for _ in range(rounds)
        ]
        low, high = np.percentile(found, [2.5, 97.5])
        return float(low), float(high)


def _auc(low: Float64Array, high: Float64Array) -> float:
    if not low.size or not high.size:
        return float("nan")
    below = np.searchsorted(np.sort(low), high, side="left").sum()
    upto = np.searchsorted(np.sort(low), high, side="right").sum()
    return float((below + upto) / 2 / (low.size * high.size))


@dataclass
class PauseCensus:
    """Pauses counted over any number of dialogues with words."""

    lengths: dict[PausePlace, list[float]] = field(
        default_factory=lambda: {place: [] for place in PAUSE_PLACES}
    )
    last: dict[PausePlace, Counter[WordClass]] = field(
        default_factory=lambda: {place: Counter() for place in PAUSE_PLACES}
    )
    words: int = 0
    filled: int = 0
    _stretch: WordStretch = field(default_factory=WordStretch)

    def add(self, dialogue: Dialogue) -> None:
        """Count the pauses of a dialogue; utterances without words say nothing."""
        kinds = {
            event.utterance: event.type
            for event in annotate(Timeline.of(dialogue))
            if event.type == "backchannel"
        }
        rate = dialogue.rate
        for utterance in dialogue.utterances:
            others = [
                (u.start, u.end)
                for u in dialogue.utterances
                if u.speaker != utterance.speaker and u.id not in kinds and u.kind != "backchannel"
            ]
            for word in utterance.words:
                self.words += 1
                self.filled += word_class(word.text) == "filled pause"
                self._stretch.add(word.text, (word.end - word.start) / rate)
            for left, right in pairwise(utterance.words):
                seconds = (right.start - left.end) / rate
                if not SHORTEST <= seconds <= LONGEST:
                    continue
                if any(start < right.start and end > left.end for start, end in others):
                    continue
                place, kind = place_of(left.text), word_class(left.text)
                self.lengths[place].append(seconds)
                self.last[place][kind] += 1
                self._stretch.add_before_pause(left.text, (left.end - left.start) / rate)

    @property
    def pauses(self) -> int:
        """How many."""
        return sum(map(len, self.lengths.values()))

    @property
    def inside(self) -> float:
        """Share of the pauses that lie inside a sentence."""
        return len(self.lengths["inside an act"]) / max(self.pauses, 1)

    def shares(self, place: PausePlace) -> dict[WordClass, float]:
        """Class of the word before a pause -> its share."""
        total = max(self.last[place].total(), 1)
        return {kind: self.last[place][kind] / total for kind in WORD_CLASSES}

    def length_ks(self, place: PausePlace) -> float:
        """Kolmogorov-Smirnov distance of the lengths from people's at that place."""
        if not self.lengths[place]:
            return 1.0
        return distances(np.asarray(self.lengths[place]), people_lengths(place)).ks

    def stretch(self) -> dict[tuple[PausePlace, WordClass], Float64Array]:
        """Lengths of the words before pauses over the usual lengths of these words."""
        return {key: np.asarray(values) for key, values in self._stretch.factors().items()}


@cache
def people_lengths(place: PausePlace) -> Distribution:
    """Lengths of people's pauses at a place, whatever the word before."""
    model, shares = PausePlaces.human().length[place], HUMAN_LAST[place]
    return mixture([(share, model[kind]) for kind, share in shares.items() if kind in model])


@dataclass(frozen=True)
class Likeness:
    """What `likeness` found.

    Attributes:
        dialogues, minutes: of the corpus that was looked at.
        census: pauses.
        judged: answers of the judge; None without one.
        comparison: distributions, rates and shares beside people's.
        told_apart: AUC of a classifier of windows against real conversations; NaN without any.
    """

    dialogues: int
    minutes: float
    census: PauseCensus
    judged: Judged | None
    comparison: Comparison
    told_apart: float

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        census = self.census
        found: dict[str, Any] = {
            "dialogues": self.dialogues,
            "minutes": round(self.minutes, 2),
            "pauses": {
                "n": census.pauses,
                "inside": round(census.inside, 4),
                "inside_interval": [round(x, 4) for x in wilson(census.inside, census.pauses)],
                "last": {
                    place: {kind: round(share, 4) for kind, share in census.shares(place).items()}
                    for place in PAUSE_PLACES
                },
                "length_ks": {place: round(census.length_ks(place), 4) for place in PAUSE_PLACES},
                "stretch": {
                    f"{place}, {kind}": {"n": len(values), "median": round(_median(values), 3)}
                    for (place, kind), values in sorted(census.stretch().items())
                },
                "filled_pauses_in_100_words": round(100 * census.filled / max(census.words, 1), 3),
            },
        }
        if self.judged is not None:
            found["judge"] = {
                "holds": len(self.judged.holds),
                "holds_complete": round(_share(self.judged.holds), 4),
                "ends": len(self.judged.ends),
                "ends_complete": round(_share(self.judged.ends), 4),
                "auc": round(self.judged.auc, 4),
                "auc_interval": [round(x, 4) for x in self.judged.auc_interval()],
            }
        if np.isfinite(self.told_apart):
            found["told_apart_auc"] = round(self.told_apart, 4)
        return found

    def markdown(self) -> str:
        """The report as a page."""
        return "\n".join(_lines(self)) + "\n"


def likeness(
    corpus: Iterable[tuple[Dialogue, Samples | None]],
    *,
    judge: TurnJudge | None = None,
    against: Sequence[Timeline] = (),
) -> Likeness:
    """Measure how like people's talk a corpus is.

    Args:
        corpus: dialogues with their sound, ``(channels, n)``; None where only timing is asked for.
        judge: of holds and ends; needs sound.
        against: real conversations of two, to be told apart from the corpus by a classifier.
    """
    census, judged = PauseCensus(), Judged() if judge is not None else None
    dialogues: list[Dialogue] = []
    for dialogue, samples in corpus:
        census.add(dialogue)
        if judge is not None and judged is not None and samples is not None:
            judged.add(dialogue, samples, judge)
        dialogues.append(dialogue)
    told_apart = float("nan")
    if against:
        told_apart, _ = discriminability(list(against), [Timeline.of(d) for d in dialogues])
    return Likeness(
        dialogues=len(dialogues),
        minutes=sum(d.length / d.rate for d in dialogues) / 60,
        census=census,
        judged=judged,
        comparison=compare(collect(dialogues)),
        told_apart=told_apart,
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share of `n` cases (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z = 1.96
    middle = share + z * z / (2 * n)
    half = z * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    scale = 1 + z * z / n
    return (middle - half) / scale, (middle + half) / scale


def _share(answers: Sequence[float]) -> float:
    return float(np.mean(np.asarray(answers) > 0.5)) if answers else float("nan")


def _median(values: Float64Array) -> float:
    return float(np.median(values)) if values.size else float("nan")


def _lines(found: Likeness) -> Iterator[str]:
    census = found.census
    yield f"{found.dialogues} dialogues, {found.minutes:.1f} minutes."
    yield ""
    yield "| measure | here | n | 95 % interval | people |"
    yield "|---|---|---|---|---|"
    if found.judged is not None:
        holds, ends = found.judged.holds, found.judged.ends
        for name, answers, people in (
            ("holds that sound complete", holds, f"{HUMAN_HOLDS_COMPLETE:.2f}"),
            ("ends that sound complete", ends, ".68"),
        ):
            low, high = wilson(_share(answers), len(answers))
            yield (
                f"| {name} (smart-turn v3.2) | {_share(answers):.3f} | {len(answers)} | "
                f"{low:.3f} to {high:.3f} | {people} |"
            )
        low, high = found.judged.auc_interval()
        yield (
            f"| ends told from holds, AUC | {found.judged.auc:.3f} | {len(holds)} + {len(ends)} | "
            f"{low:.3f} to {high:.3f} | {HUMAN_JUDGE_AUC:.2f} |"
        )
    low, high = wilson(census.inside, census.pauses)
    yield (
        f"| pauses inside a sentence | {census.inside:.3f} | {census.pauses} | "
        f"{low:.3f} to {high:.3f} | {HUMAN_INSIDE:.3f} |"
    )
    for place in PAUSE_PLACES:
        total = census.last[place].total()
        for kind, share in census.shares(place).items():
            low, high = wilson(share, total)
            yield (
                f"| {place}, after a {kind} | {share:.3f} | {total} | {low:.3f} to {high:.3f} | "
                f"{HUMAN_LAST[place].get(kind, 0.0):.3f} |"
            )
    for place in PAUSE_PLACES:
        yield (
            f"| {place}, lengths, KS from people's | {census.length_ks(place):.3f} | "
            f"{len(census.lengths[place])} | | 0 |"
        )
    human = PausePlaces.human().stretch
    for (place, kind), values in sorted(census.stretch().items()):
        if len(values) >= _REPORTED:
            low, high = np.percentile(values, [25, 75])
            yield (
                f"| {place}, stretch of a {kind}, median (quartiles) | {_median(values):.2f} | "
                f"{len(values)} | {low:.2f} to {high:.2f} | {human[place][kind].median:.2f} |"
            )
    per_100 = 100 * census.filled / max(census.words, 1)
    low, high = wilson(census.filled / max(census.words, 1), census.words)
    yield (
        f"| filled pauses in 100 words | {per_100:.2f} | {census.words} | {100 * low:.2f} to "
        f"{100 * high:.2f} | {HUMAN_FILLED_PAUSES:.2f} |"
    )
    if np.isfinite(found.told_apart):
        yield f"| minutes told from real ones, AUC | {found.told_apart:.3f} | | | .50 to .60 |"
    yield ""
    yield found.comparison.markdown()
