"""Fitting a timing model to annotated conversations.

1. Each conversation is annotated, and its samples, counts and steps are taken
   (`interactspeech.turntaking.statistics`).
2. **Durations and offsets.** The pooled quantile function is the marginal distribution. The share
   of variance between dyads is estimated on its normal scores, by the analysis of variance of a
   random-effects model with unequal group sizes (Searle, Casella and McCulloch 1992, *Variance
   Components*, ch. 3). A dyad's own tendency is its mean score, shrunk by its reliability (the best
   linear unbiased predictor; Robinson 1991, *Statist. Sci.* 6).
3. **Rates.** The variance of the counts above Poisson's is the variance between dyads; the observed
   rates are drawn towards their mean so that they have just that variance (Efron and Morris 1975,
   *JASA* 70, as a constrained estimate), and their quantile function is kept.
4. **Correlation.** Of the dyads' tendencies, shrunk towards independence by n / (n + 10).
5. **The floor process**: see `process_fitting`.
6. **Places of pauses** inside turns, from words with times: see `pause_fitting`.

Fields for which the corpus has too few samples (fewer than `ENOUGH`) are taken from another model,
and named in `TimingModel.borrowed`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec
import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import InputError
from interactspeech.records.dialogue import Dialogue
from interactspeech.turntaking.activity import Layer1, layer1
from interactspeech.turntaking.annotator import annotate_table
from interactspeech.turntaking.backchannel_candidates import Decision
from interactspeech.turntaking.distribution import Distribution, normal_quantile, tabulate
from interactspeech.turntaking.event_table import EventTable
from interactspeech.turntaking.rules import DEFAULT, RuleSet
from interactspeech.turntaking.statistics.collection import Conversation, Statistics, conversation
from interactspeech.turntaking.timeline import Timeline
from interactspeech.turntaking.timing.model import EFFECTS, Place, TimingModel
from interactspeech.turntaking.timing.pause_fitting import PauseCounts
from interactspeech.turntaking.timing.process_fitting import Steps, fit_floor_process, steps_of

#: Fewer samples than this say too little about the shape of a distribution.
ENOUGH: Final = 50
#: Fewer conversations than this say nothing about correlations between tendencies.
_DYADS_FOR_CORRELATION: Final = 8

#: Field of the model -> measure of the statistics.
_DURATIONS: Final = {
    "fto": "fto",
    "pause": "silence_within",
    "interruption_overlap": "interruption_overlap",
    "attempt_overlap": "overlap_within",
    "backchannel_duration": "backchannel",
}
#: Field of the model -> rate of the statistics.
_RATES: Final = {
    "backchannels_per_minute": "backchannels",
    "pauses_per_minute": "silences_within",
    "interruptions_per_minute": "interruptions",
    "failed_per_minute": "failed",
}


def fit(
    sources: Iterable[Timeline | Dialogue | tuple[str, Timeline]],
    *,
    name: str = "fitted-1",
    source: str = "",
    rules: RuleSet = DEFAULT,
    backchannel: Decision | None = None,
    borrow: TimingModel | None = None,
    pause_places: Literal["auto", "required", "off"] = "auto",
    progress: Callable[[str, float], None] | None = None,
    note: Callable[[InputError], None] | None = None,
) -> TimingModel:
    """Learn a timing model from annotated conversations, each of one dyad.

    Conversations of more than two take part in all but the floor process, for which the two who
    talk most are taken; conversations of one person are left out.

    Args:
        sources: records, timelines, or timelines with names.
        name: id of the model; it goes into records made with it.
        source: what the corpus is; "" counts the conversations and hours.
        rules: the rule set that names the events.
        backchannel: see `annotate_table`.
        borrow: the model that what the corpus does not show is taken from; None: the human one.
        pause_places: whether places of pauses inside turns are learnt (`pause_fitting`): where the
            words allow it, or borrowed where they do not; always; or never.
        progress: called with ("annotate", number of conversations done) and ("learn", share).
        note: called with the reason why places of pauses were not learnt, under "auto".

    Raises:
        InputError: no conversation of two or more people with any change of floor; or places of
            pauses are required and cannot be learnt (reasons ``no-word-times``,
            ``not-english``, ``no-sentence-marks``, ``few-pauses``).
    """
    other = borrow or TimingModel.human()
    conversations: list[Conversation] = []
    steps: list[Steps] = []
    words: Counter[str] = Counter()
    places = PauseCounts()
    spoken: list[tuple[float, float, float]] = []
    for done, item in enumerate(sources):
        named = ("", item) if not isinstance(item, tuple) else item
        timeline = Timeline.of(named[1]) if isinstance(named[1], Dialogue) else named[1]
        if sum(len(rows) > 0 for rows in timeline.activity.values()) >= 2:
            conversations.append(conversation(timeline, named[0], rules, backchannel=backchannel))
            steps.append(steps_of(_pair(timeline, rules)))
            if timeline.words:
                table = annotate_table(timeline, rules, backchannel=backchannel)
                words.update(_feedback(timeline, table))
                places.add(timeline, table)
                spoken.append(_speech(timeline, layer1(timeline, rules)))
        if progress is not None:
            progress("annotate", done + 1.0)
    statistics = Statistics(tuple(conversations), rules.id)
    if statistics.samples("fto").size == 0:
        raise InputError(
            "no conversation of two or more people with a change of floor",
            remedy="give timing annotations of dialogues",
            reason="nothing-to-fit",
        )
    fields, tendencies, borrowed = _events(statistics, other)
    rates, rate_tendencies, poor = _rates(statistics, other)
    fields |= rates
    tendencies |= rate_tendencies
    borrowed += poor
    fields |= _placement(statistics, other, borrowed)
    fields |= _wording(words, spoken, other, borrowed)
    taken = sum(c.counts["interruptions"] for c in conversations)
    fields["interruption_share"] = min(0.9, taken / statistics.samples("fto").size)
    fields["correlation"] = _correlation(tendencies, len(conversations))
    fields["floor"] = fit_floor_process(
        steps, None if progress is None else lambda share: progress("learn", share)
    )
    try:
        if pause_places != "off":
            fields["pauses"] = places.model(name, source or "fitted")
    except InputError as error:
        if pause_places == "required":
            raise
        if note is not None:
            note(error)
    if "pauses" not in fields:
        borrowed.append("pauses")
    about = f"{len(conversations)} conversations, {statistics.minutes / 60:.2f} h, {rules.id}"
    return msgspec.structs.replace(
        other,
        id=name,
        source=f"{source}: {about}" if source else about,
        borrowed=tuple(sorted({*borrowed, *(["after"] if other.after else [])})),
        **fields,
    )


def variance_between(groups: list[Float64Array]) -> float:
    """Share of the variance that lies between groups, by analysis of variance, in [0, 0.95].

    Args:
        groups: normal scores of each dyad; dyads without any count for nothing.
    """
    used = [g for g in groups if g.size]
    sizes = np.array([g.size for g in used], dtype=np.float64)
    total = sizes.sum()
    if len(used) < 2 or total <= len(used):
        return 0.0
    means = np.array([g.mean() for g in used])
    grand = float(np.sum(sizes * means) / total)
    inside = sum(float(np.sum((g - m) ** 2)) for g, m in zip(used, means, strict=True))
    mean_square_inside = inside / (total - len(used))
    mean_square_between = float(np.sum(sizes * (means - grand) ** 2)) / (len(used) - 1)
    effective = (total - np.sum(sizes**2) / total) / (len(used) - 1)
    between = max(0.0, (mean_square_between - mean_square_inside) / effective)
    whole = between + mean_square_inside
    return float(min(0.95, between / whole)) if whole > 0 else 0.0


def _scores(distribution: Distribution, values: Float64Array) -> Float64Array:
    """Normal scores of values; ties and the extremes stay finite."""
    return normal_quantile(np.clip(distribution.cdf(values), 1e-3, 1 - 1e-3))


def _events(
    statistics: Statistics, other: TimingModel
) -> tuple[dict[str, Any], dict[str, Float64Array], list[str]]:
    """Distributions of durations and offsets, tendencies of the dyads, and what is borrowed."""
    fields: dict[str, Any] = {}
    tendencies: dict[str, Float64Array] = {}
    borrowed: list[str] = []
    for name, samples in _duration_samples(statistics).items():
        pooled = np.concatenate(samples)
        if pooled.size < ENOUGH:
            fields[name] = getattr(other, name)
            borrowed.append(name)
            continue
        marginal = tabulate(pooled)
        groups = [_scores(marginal, own) for own in samples]
        share = variance_between(groups)
        fields[name] = msgspec.structs.replace(marginal, between=round(share, 4))
        # Reliability of a mean of n scores: n b / (n b + 1 - b).
        n = np.array([g.size for g in groups])
        mean = np.array([g.mean() if g.size else 0.0 for g in groups])
        tendencies[name] = mean * (n * share / np.maximum(n * share + 1.0 - share, 1e-12))
    return fields, tendencies, borrowed


def _duration_samples(statistics: Statistics) -> dict[str, list[Float64Array]]:
    each = statistics.conversations
    found = {name: [c.samples[measure] for c in each] for name, measure in _DURATIONS.items()}
    offsets = [c.samples["backchannel_offset"] for c in each]
    # As in the human model: later than 3 s it is no reply to the partner's stop.
    found["backchannel_delay"] = [o[(o >= 0) & (o < 3.0)] for o in offsets]
    found["backchannel_lead"] = [-o[o < 0] for o in offsets]
    return found


def _rates(
    statistics: Statistics, other: TimingModel
) -> tuple[dict[str, Any], dict[str, Float64Array], list[str]]:
    fields: dict[str, Any] = {}
    tendencies: dict[str, Float64Array] = {}
    borrowed: list[str] = []
    minutes = np.array([c.minutes for c in statistics.conversations])
    for name, rate in _RATES.items():
        counts = np.array([c.counts[rate] for c in statistics.conversations], dtype=np.float64)
        # A rate of 0 is a fact; only for backchannels it means that they were not annotated.
        if rate == "backchannels" and counts.sum() < ENOUGH:
            fields[name] = getattr(other, name)
            borrowed.append(name)
            continue
        own = _true_rates(counts, minutes)
        fields[name] = tabulate(own)
        spread = own.std()
        tendencies[name] = (own - own.mean()) / spread if spread > 0 else np.zeros(len(own))
    return fields, tendencies, borrowed


def _true_rates(counts: Float64Array, minutes: Float64Array) -> Float64Array:
    """Rates of the dyads with the variance that is left when the Poisson noise is taken out."""
    mean = counts.sum() / minutes.sum()
    seen = counts / minutes
    if len(counts) < 2 or mean == 0:
        return np.full(len(counts), mean)
    spread = float(np.mean((seen - mean) ** 2))
    noise = float(np.mean(mean / minutes))
    keep = np.sqrt(max(0.0, spread - noise) / spread) if spread > 0 else 0.0
    return np.asarray(np.maximum(0.0, mean + keep * (seen - mean)))


def _placement(
    statistics: Statistics, other: TimingModel, borrowed: list[str]
) -> dict[str, dict[Place, float]]:
    if statistics.samples("backchannel_offset").size < ENOUGH:
        borrowed.append("backchannel_places")
        return {"backchannel_places": other.backchannel_places}
    overlapped = statistics.share("backchannels_in_overlap")
    inside = statistics.share("backchannels_inside")
    return {
        "backchannel_places": {
            "inside": round(inside, 6),
            "late": round(overlapped - inside, 6),
            "silence": round(1 - round(inside, 6) - round(overlapped - inside, 6), 6),
        }
    }


def _wording(
    words: Counter[str],
    spoken: list[tuple[float, float, float]],
    other: TimingModel,
    borrowed: list[str],
) -> dict[str, Any]:
    """Words of backchannels, and how fast people talk, where words are known."""
    fields: dict[str, Any] = {}
    if words.total() < ENOUGH:
        fields["backchannel_words"] = other.backchannel_words
        borrowed.append("backchannel_words")
    else:
        common = words.most_common(40)
        total = sum(n for _, n in common)
        fields["backchannel_words"] = {text: n / total for text, n in common}
    counted = np.array([n for n, _, _ in spoken])
    if counted.sum() < 10 * ENOUGH:
        fields |= {name: getattr(other, name) for name in ("words_per_second", "words_per_minute")}
        borrowed += ["words_per_second", "words_per_minute"]
        return fields
    seconds, minutes = np.array([s for _, s, _ in spoken]), np.array([m for _, _, m in spoken])
    talked = seconds > 0
    fields["words_per_second"] = tabulate(counted[talked] / seconds[talked])
    fields["words_per_minute"] = round(float(counted.sum() / minutes.sum()), 3)
    return fields


def _feedback(timeline: Timeline, table: EventTable) -> list[str]:
    """What each backchannel says, lower case, without punctuation; those without words left out."""
    feedback = table["backchannel"]
    found = []
    for i, speaker in enumerate(timeline.speakers):
        track = timeline.words.get(speaker)
        if track is None or not len(track):
            continue
        middle = track.times.sum(axis=1)
        mine = feedback.speaker == i
        low = np.searchsorted(middle, 2 * feedback.start[mine])
        high = np.searchsorted(middle, 2 * feedback.end[mine])
        for a, b in zip(low.tolist(), high.tolist(), strict=True):
            said = " ".join(track.texts[a:b]).lower()
            kept = "".join(c for c in said if c.isalnum() or c in " '-").split()
            if kept:
                found.append(" ".join(kept))
    return found


def _speech(timeline: Timeline, layer: Layer1) -> tuple[float, float, float]:
    """Number of words, seconds of the speech of those whose words are known, minutes in all."""
    seconds = sum(
        float(np.diff(units, axis=1).sum()) / layer.rate
        for speaker, units in zip(layer.speakers, layer.ipus, strict=True)
        if speaker in timeline.words
    )
    words = float(sum(len(track) for track in timeline.words.values()))
    return words, seconds, timeline.seconds / 60


def _pair(timeline: Timeline, rules: RuleSet) -> Layer1:
    """Layer 1 of the two who talk most, in the timeline's order."""
    talk = {name: int(np.diff(rows, axis=1).sum()) for name, rows in timeline.activity.items()}
    two = sorted(talk, key=lambda name: -talk[name])[:2]
    kept = {name: rows for name, rows in timeline.activity.items() if name in two}
    return layer1(Timeline(timeline.rate, timeline.length, kept), rules)


def _correlation(tendencies: dict[str, Float64Array], n: int) -> tuple[tuple[float, ...], ...]:
    if n < _DYADS_FOR_CORRELATION:
        return ()
    known = [name for name in EFFECTS if name in tendencies and tendencies[name].std() > 1e-9]
    if len(known) < 2:
        return ()
    seen = np.corrcoef(np.array([tendencies[name] for name in known])) * (n / (n + 10))
    whole = np.eye(len(EFFECTS))
    where = [EFFECTS.index(name) for name in known]
    whole[np.ix_(where, where)] = seen
    np.fill_diagonal(whole, 1.0)
    return tuple(tuple(row) for row in np.round(whole, 4).tolist())
