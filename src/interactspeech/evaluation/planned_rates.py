"""Rates of the dialogues that would be built of a text corpus, without speaking them.

The offline writer makes scripts, lines get estimated lengths (`rendering.estimated_speech`), the
planner draws the timing, and the rule annotator finds the events in timing and words alone, as it
would in a recording: what a corpus will have is known in seconds, before hours of synthesis.
Intervals are percentiles of the bootstrap over dialogues (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.evaluation.likeness import HUMAN_INSIDE, PauseCensus, people_lengths
from interactspeech.records import Dialogue, PlainDialogue
from interactspeech.rendering import (
    HUMAN,
    PlanSettings,
    dialogue_from_plan,
    draw_dyad,
    estimate_outlines,
    plan_dialogue,
    plan_speech,
)
from interactspeech.scripts.writers.offline import DEFAULT as AS_PEOPLE
from interactspeech.scripts.writers.offline import OfflineWriterSettings, write_offline
from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.rules import DEFAULT
from interactspeech.turntaking.statistics import Statistics, collect
from interactspeech.turntaking.statistics.reference import human
from interactspeech.turntaking.timing import TimingModel
from interactspeech.turntaking.timing.pause_places import PausePlace

_ROUNDS = 300
#: Rates of the table and what people do (a minute); see `turntaking.statistics.RATES`.
_RATES = ("floor_changes", "backchannels", "silences_within", "interruptions", "failed")


@dataclass(frozen=True)
class Figure:
    """One figure with its 95 % interval, and people's.

    Attributes:
        name: what it is.
        value, low, high: of the corpus.
        people: of 1,155 Switchboard calls; NaN where it was not counted.
    """

    name: str
    value: float
    low: float
    high: float
    people: float


@dataclass(frozen=True)
class PlannedRates:
    """What `planned_rates` found for one source.

    Attributes:
        source: its name.
        dialogues, minutes, turns: how much was planned.
        figures: in the order of the table.
    """

    source: str
    dialogues: int
    minutes: float
    turns: int
    figures: tuple[Figure, ...]

    def __getitem__(self, name: str) -> Figure:
        """The figure of that name."""
        return next(figure for figure in self.figures if figure.name == name)


def plan_corpus(
    texts: Iterable[PlainDialogue],
    *,
    seed: int = 0,
    timing: TimingModel | None = None,
    writer: OfflineWriterSettings = AS_PEOPLE,
    settings: PlanSettings = HUMAN,
) -> Iterator[Dialogue]:
    """The dialogues that a build would make of texts, with estimated lengths of words.

    Args:
        texts: dialogues of two.
        seed: of the corpus.
        timing: the timing model; people's where None.
        writer: how scripts are written.
        settings: how they are planned.
    """
    for text in texts:
        dyad = draw_dyad(text.id, seed, timing, speakers=len(text.speakers))
        script = write_offline(text, seed, dyad, writer)
        speech = plan_speech(script, dyad, seed=seed, settings=settings)
        outlines = estimate_outlines(speech, seed=seed, settings=settings)
        yield dialogue_from_plan(
            plan_dialogue(speech, outlines, dyad, seed=seed, settings=settings)
        )


def planned_rates(source: str, dialogues: Sequence[Dialogue], *, seed: int = 0) -> PlannedRates:
    """Rates by the rule annotator, from timing and words.

    Args:
        source: name of the corpus.
        dialogues: see `plan_corpus`; built ones do as well.
        seed: of the bootstrap.
    """
    found = collect(dialogues, DEFAULT)
    rng = np.random.default_rng(seed)
    picks = [rng.integers(len(dialogues), size=len(dialogues)) for _ in range(_ROUNDS)]
    people = human()
    figures = [
        _figure(name, _per_minute(found, name), picks, people.per_minute[name]) for name in _RATES
    ]
    figures.append(_share_figure("both talk", found, "overlap", picks, people.shares["overlap"]))
    figures.append(_turn_figure(found, picks))
    figures += _handover_figures(dialogues, picks)
    figures += _pause_figures(dialogues, picks)
    return PlannedRates(
        source, len(dialogues), found.minutes, len(found.samples("turn")), tuple(figures)
    )


def rates_table(sources: Sequence[PlannedRates]) -> str:
    """A Markdown table: a row for each figure, a column for each source."""
    heads = [f"{s.source} ({s.dialogues:,} dialogues, {s.minutes:.0f} min)" for s in sources]
    lines = [f"| | {' | '.join(heads)} | people |", "|---|" + "---|" * (len(heads) + 1)]
    for row in sources[0].figures:
        cells = [
            f"{f.value:.{_digits(f.name)}f} ({f.low:.{_digits(f.name)}f} to "
            f"{f.high:.{_digits(f.name)}f})"
            for f in (source[row.name] for source in sources)
        ]
        people = f"{row.people:.2f}" if np.isfinite(row.people) else ""
        lines.append(f"| {_LABELS[row.name]} | {' | '.join(cells)} | {people} |")
    return "\n".join(lines) + "\n"


_LABELS: Mapping[str, str] = {
    "floor_changes": "changes of floor, a minute",
    "backchannels": "backchannels, a minute",
    "silences_within": "pauses after which the same speaker goes on, a minute",
    "interruptions": "interruptions that take the floor, a minute",
    "failed": "interruptions that fail, a minute",
    "both talk": "share of the time in which both talk",
    "turn": "length of turns, KS from people's",
    "to an answer": "turns that follow a question of the other, share",
    "to a question": "turns that end in a question and follow none, share",
    "inside": "share of the pauses inside a sentence",
    "lengths inside": "length of pauses inside a sentence, KS from people's",
    "lengths between": "length of pauses between sentences, KS from people's",
}


def _digits(name: str) -> int:
    return 2 if name in _RATES else 3


_Pick = Callable[[np.ndarray], float]


def _distance(each: Sequence[Float64Array], people: Distribution) -> _Pick:
    """Kolmogorov and Smirnov's distance of pooled samples from people's distribution.

    Levels under people's distribution are computed once; they are uniform where samples are
    people's.
    """
    levels = [people.cdf(samples) for samples in each]

    def ks(pick: np.ndarray) -> float:
        pooled = np.sort(np.concatenate([levels[i] for i in pick.tolist()]))
        if not pooled.size:
            return float("nan")
        steps = np.arange(pooled.size + 1) / pooled.size
        return float(max(np.max(steps[1:] - pooled), np.max(pooled - steps[:-1])))

    return ks


def _figure(name: str, value: _Pick, picks: Sequence[np.ndarray], people: float) -> Figure:
    """`value` of all dialogues, and its percentiles over resampled ones."""
    found = np.array([value(pick) for pick in picks])
    if np.all(np.isnan(found)):
        return Figure(name, float("nan"), float("nan"), float("nan"), people)
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return Figure(name, value(np.arange(len(picks[0]))), float(low), float(high), people)


def _per_minute(found: Statistics, name: str) -> _Pick:
    counts = np.array([c.counts[name] for c in found.conversations], float)
    minutes = np.array([c.minutes for c in found.conversations])
    return lambda pick: float(counts[pick].sum() / minutes[pick].sum())


def _share_figure(
    name: str, found: Statistics, share: str, picks: Sequence[np.ndarray], people: float
) -> Figure:
    parts = np.array([c.shares[share] for c in found.conversations], float)
    return _figure(name, lambda p: float(parts[p, 0].sum() / parts[p, 1].sum()), picks, people)


def _turn_figure(found: Statistics, picks: Sequence[np.ndarray]) -> Figure:
    turns = [c.samples["turn"] for c in found.conversations]
    return _figure("turn", _distance(turns, human().measures["turn"]), picks, 0.0)


def _handover_figures(dialogues: Sequence[Dialogue], picks: Sequence[np.ndarray]) -> list[Figure]:
    """What a turn of the other is followed by: what cannot be folded without loss of content."""
    counts = np.array([_handovers(dialogue) for dialogue in dialogues], float)

    def share(column: int) -> _Pick:
        return lambda pick: float(counts[pick, column].sum() / max(counts[pick, 0].sum(), 1.0))

    nobody = float("nan")
    return [
        _figure("to an answer", share(1), picks, nobody),
        _figure("to a question", share(2), picks, nobody),
    ]


def _handovers(dialogue: Dialogue) -> tuple[int, int, int]:
    """Turns that follow one of the other; of these, after a question; of the rest, questions."""
    turns = [
        (utterance.speaker, utterance.words[-1].text.endswith("?"))
        for utterance in dialogue.utterances
        if utterance.words and utterance.kind not in {"backchannel", "attempt"}
    ]
    found = [(asked, asks) for (one, asked), (two, asks) in pairwise(turns) if one != two]
    answers = sum(asked for asked, _ in found)
    return len(found), answers, sum(asks and not asked for asked, asks in found)


def _pause_figures(dialogues: Sequence[Dialogue], picks: Sequence[np.ndarray]) -> list[Figure]:
    """Places and lengths of pauses, as `evaluate likeness` counts them."""
    each = [PauseCensus() for _ in dialogues]
    for census, dialogue in zip(each, dialogues, strict=True):
        census.add(dialogue)
    counts = np.array([(len(c.lengths["inside an act"]), c.pauses) for c in each], float)

    def inside(pick: np.ndarray) -> float:
        return float(counts[pick, 0].sum() / max(counts[pick, 1].sum(), 1.0))

    def lengths(place: PausePlace) -> _Pick:
        return _distance([np.array(c.lengths[place]) for c in each], people_lengths(place))

    return [
        _figure("inside", inside, picks, HUMAN_INSIDE),
        _figure("lengths inside", lengths("inside an act"), picks, 0.0),
        _figure("lengths between", lengths("between acts"), picks, 0.0),
    ]
