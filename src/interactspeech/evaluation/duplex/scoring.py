"""All measures of recordings: item by item, then together, each beside people's.

Every measure has a key that stays (`fdb.pause_handling.tor`), the benchmark and variant it is from,
what it is a mean of, and how many cases. Benchmarks that were made for detectors (TurnBench,
eot-bench, SID-Bench) are applied to what a talker does: its start is taken for its decision that
the user's turn has ended, its stop for its decision that the user interrupts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex import (
    endpointing,
    full_duplex_bench,
    sid_bench,
    tau_voice,
    turnbench,
)
from interactspeech.evaluation.duplex.behaviour import Behaviour
from interactspeech.evaluation.duplex.curve import YIELD_RULES, yield_curve, yield_point
from interactspeech.evaluation.duplex.lengths import length_distances
from interactspeech.evaluation.duplex.likelihood import future_likelihood
from interactspeech.evaluation.duplex.measure_cases import (
    MeasureCases,
    MeasureSpec,
    events_of,
    measure_of,
    single_measure,
)
from interactspeech.evaluation.duplex.outcomes import (
    EventOutcome,
    ReactionSettings,
    event_outcomes,
)
from interactspeech.evaluation.duplex.published_measures import (
    add_eva,
    add_full_duplex_bench,
    endpointing_measures,
    sid_clips,
    sid_measures,
    silences,
    tau_counts,
    tau_measures,
    turnbench_counts,
    turnbench_measures,
)
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.scores import (
    Contradiction,
    DuplexMeasure,
    DuplexScores,
    ItemScore,
    LostItem,
    with_human,
)
from interactspeech.evaluation.duplex.stimulus import (
    StimulusKind,
)
from interactspeech.evaluation.events.metrics import bootstrap_mean
from interactspeech.records import Word
from interactspeech.turntaking import Timeline, annotate
from interactspeech.turntaking.dgslm import dgslm_statistics
from interactspeech.turntaking.reactions import talk_over
from interactspeech.turntaking.vap import vap_events

#: Reasons for which a recording is refused as one that nothing can be told from.
REFUSED = frozenset({"crosstalk", "swapped-channels"})


def score_recordings(
    recordings: Iterable[DuplexRecording | InputError],
    system: str = "system",
    settings: ReactionSettings | None = None,
    *,
    seed: int = 0,
    likelihood: bool = False,
) -> DuplexScores:
    """Every measure that the recordings' truth, words and marks allow.

    Args:
        recordings: to measure; errors are items that were lost.
        system: name of the system.
        settings: thresholds of the reactions.
        seed: of the intervals.
        likelihood: also ask the listener how expected what follows each end of talk is; wants the
            recordings' sound, and takes about as long as hearing them.
    """
    chosen = settings or ReactionSettings()
    cases = MeasureCases()
    items: list[ItemScore] = []
    lost: list[LostItem] = []
    counts = {"published": tau_voice.TauCounts(), "exact": tau_voice.TauCounts()}
    turn_counts = {"eot": turnbench.TaskCounts(), "interruption": turnbench.TaskCounts()}
    clips: list[sid_bench.SidClip] = []
    held: list[endpointing.SilenceCase] = []
    lengths: list[tuple[str, dict[str, Float64Array]]] = []
    contradictions: list[Contradiction] = []
    for recording in recordings:
        if isinstance(recording, InputError):
            lost.append(_lost(recording))
            continue
        own = MeasureCases()
        outcomes = _reactions(recording, chosen, own)
        behaviour = add_full_duplex_bench(recording, own)
        published, exact = tau_counts(recording)
        counts["published"] += published
        counts["exact"] += exact
        add_eva(recording, own)
        eot, interruption = turnbench_counts(recording)
        turn_counts["eot"] += eot
        turn_counts["interruption"] += interruption
        clips += sid_clips(outcomes, chosen)
        held += silences(recording)
        lengths.append((recording.name, _conversation(recording, own)))
        if likelihood and recording.files:
            _likelihood(recording, own)
        contradictions += _contradictions(recording, outcomes, behaviour, chosen)
        cases.take(own)
        items.append(
            ItemScore(
                recording.name,
                recording.subset,
                recording.seconds,
                recording.notes,
                own.means(),
                tuple(outcomes),
                behaviour,
            )
        )
    everything = [o for item in items for o in item.outcomes]
    point = yield_point(everything, seed=seed)
    measures = [
        *_own_measures(cases, seed),
        *_medians(everything),
        *_curve_measures(everything, seed),
        *tau_measures(counts),
        *turnbench_measures(turn_counts),
        *sid_measures(clips),
        *endpointing_measures(held),
        *_length_measures(lengths, seed),
    ]
    return DuplexScores(
        system=system,
        items=tuple(items),
        lost=tuple(lost),
        measures=tuple(with_human(m) for m in measures if m.n or not math.isnan(m.value)),
        point=point,
        area=yield_curve(system, [point]).area,
        contradictions=tuple(contradictions),
        settings=chosen,
    )


def _lost(error: InputError) -> LostItem:
    # Not where it lies on this machine: the same items give the same bytes.
    place = "/".join(Path(error.path).parts[-2:]) if error.path else ""
    return LostItem(
        place,
        str(error.reason),
        error.problem,
        error.remedy,
        str(error.reason) in REFUSED,
    )


#: Kind of event -> key, title and which way is better, of the share of right behaviour.
_RIGHT: Mapping[StimulusKind, tuple[str, str]] = {
    "interruption": ("yield.rate", "interruptions yielded to in time"),
    "backchannel": ("ignore.backchannel", "backchannels talked through"),
    "vocal_tic": ("ignore.vocal_tic", "vocal tics ignored"),
    "cough": ("ignore.cough", "coughs ignored"),
    "laugh": ("ignore.laugh", "laughs ignored"),
    "side_talk": ("ignore.side_talk", "talk to others ignored"),
    "background_speech": ("ignore.background_speech", "background talk ignored"),
    "noise": ("ignore.noise", "noise ignored"),
    "pause": ("pause.waited", "pauses inside a turn waited in"),
    "turn_end": ("answer.rate", "turns answered in time"),
}


def _reactions(
    recording: DuplexRecording, settings: ReactionSettings, own: MeasureCases
) -> list[EventOutcome]:
    outcomes = event_outcomes(
        recording.name,
        events_of(recording),
        recording.system,
        recording.rate,
        recording.log,
        settings,
    )
    for one in outcomes:
        key, title = _RIGHT[one.kind]
        right = None if one.right is None else float(one.right)
        own.add(key, right, recording.name, title, "this package", "higher")
        if one.kind == "interruption" and one.right is not None and recording.log is not None:
            own.add(
                "yield.model_did_not",
                float(one.cause == "model did not yield"),
                recording.name,
                "interruptions that the model did not yield to",
                "this package, by the log",
                "lower",
            )
            own.add(
                "yield.player_went_on",
                float(one.cause == "player went on"),
                recording.name,
                "interruptions at which the model stopped and the sound went on",
                "this package, by the log",
                "lower",
            )
    return outcomes


def _medians(outcomes: Sequence[EventOutcome]) -> list[DuplexMeasure]:
    found = []
    yields = [
        o.yield_latency
        for o in outcomes
        if o.kind == "interruption" and o.right and o.yield_latency is not None
    ]
    answers = [
        o.answer_latency
        for o in outcomes
        if o.kind == "turn_end" and o.right and o.answer_latency is not None
    ]
    for key, title, values in (
        ("yield.latency", "seconds until it is silent, of interruptions yielded to", yields),
        ("answer.latency", "seconds until it answers, of turns answered", answers),
    ):
        for name, percentile in (("p10", 10), ("median", 50), ("p90", 90)):
            value = float(np.percentile(values, percentile)) if values else math.nan
            found.append(
                single_measure(
                    f"{key}_{name}", f"{title}: {name}", "this package", value, len(values), "lower"
                )
            )
    return found


def _curve_measures(outcomes: Sequence[EventOutcome], seed: int) -> list[DuplexMeasure]:
    """The area under each rule, and the two shares of the rules that are not tau-voice's."""
    found = []
    for rule in YIELD_RULES:
        point = yield_point(outcomes, rule=rule, seed=seed)
        n = point.yielded.n + point.talked_through.n
        end, source = f".{rule.name}" * bool(rule.name), f"this package: {rule.title}"
        area = yield_curve("", [point]).area
        found.append(
            single_measure(
                f"curve.area{end}",
                "area of yielding against selectivity",
                source,
                area,
                n,
                "higher",
            )
        )
        if rule.name:
            found += [
                measure_of(f"curve.{name}{end}", MeasureSpec(title, source, "higher"), share)
                for name, title, share in (
                    ("yielded", "interruptions yielded to", point.yielded),
                    ("ignored", "all else talked through", point.talked_through),
                )
            ]
    return found


def _length_measures(
    lengths: Sequence[tuple[str, Mapping[str, Float64Array]]], seed: int
) -> list[DuplexMeasure]:
    """Distances of dGSLM's distributions from people's."""
    return [
        measure_of(
            f"dgslm.{kind}.wasserstein",
            MeasureSpec(
                f"lengths of {kind}s against people's, seconds", "dGSLM, Wasserstein-1", "lower"
            ),
            distance,
        )
        for kind, distance in length_distances(lengths, seed=seed).items()
    ]


def _conversation(recording: DuplexRecording, own: MeasureCases) -> dict[str, Float64Array]:
    """Statistics of the conversation: dGSLM's, VAP's events, talk over each other.

    Returns:
        Kind of dGSLM's event -> lengths, seconds.
    """
    if not recording.length:
        return {}
    timeline = Timeline(
        recording.rate, recording.length, {"user": recording.user, "system": recording.system}
    )
    name, minutes = recording.name, timeline.seconds / 60
    statistics = dgslm_statistics(timeline)
    for kind in ("ipu", "pause", "gap", "overlap"):
        own.add(
            f"dgslm.{kind}.events",
            statistics.events_per_minute[kind],
            name,
            f"{kind}s a minute",
            "dGSLM",
        )
        own.add(
            f"dgslm.{kind}.seconds",
            statistics.seconds_per_minute[kind],
            name,
            f"seconds of {kind}s a minute",
            "dGSLM",
        )
    found = vap_events(timeline)
    for kind in ("shift", "hold", "backchannel"):
        own.add(
            f"vap.{kind}",
            len(getattr(found, kind)) / minutes,
            name,
            f"{kind}s a minute",
            "VAP's events",
        )
    _talking_turns(recording, own)
    over = talk_over(recording.user, recording.system)
    own.add(
        "talk_over",
        int((over[:, 1] - over[:, 0]).sum()) / recording.length,
        name,
        "share of time in which both talk",
        "this package",
    )
    return {kind: rows / recording.rate for kind, rows in statistics.lengths.items()}


def _talking_turns(recording: DuplexRecording, own: MeasureCases) -> None:
    """The labels of Talking Turns (Arora et al. 2025), by this package's rules, for the system."""
    words = {
        side: [
            Word(w.text.strip(), start, end)
            for w in said
            if w.text.strip()
            and (start := round(w.start * recording.rate))
            < (end := min(round(w.known_end * recording.rate), recording.length))
        ]
        for side, said in (("user", recording.user_words), ("system", recording.system_words))
        if said
    }
    timeline, _ = Timeline.build(
        recording.rate,
        {"user": recording.user, "system": recording.system},
        length=recording.length,
        words=words,
    )
    labels = dict.fromkeys(("turn_change", "continuation", "backchannel", "interruption"), 0)
    for event in annotate(timeline):
        if event.speaker != "system":
            continue
        if event.type in {"gap", "terminal_overlap"}:
            labels["turn_change"] += 1
        elif event.is_silent_pause:
            labels["continuation"] += 1
        elif event.type in {"backchannel", "interruption"}:
            labels[event.type] += 1
    for label, count in labels.items():
        own.add(
            f"talking_turns.{label}",
            count / (timeline.seconds / 60),
            recording.name,
            f"the system's {label.replace('_', ' ')}s a minute",
            "Talking Turns' labels, by rules",
        )


def _likelihood(recording: DuplexRecording, own: MeasureCases) -> None:
    found = future_likelihood(recording.sound(), recording.user, recording.system)
    own.add(
        "future.nats",
        found.nats,
        recording.name,
        "surprise of what follows ends of talk, nats",
        "after TurnNat, by this package's listener",
    )
    own.add(
        "future.chance",
        found.chance,
        recording.name,
        "the same by shares of talk alone, nats",
        "after TurnNat, by this package's listener",
    )


def _contradictions(
    recording: DuplexRecording,
    outcomes: Sequence[EventOutcome],
    behaviour: Behaviour | None,
    settings: ReactionSettings,
) -> list[Contradiction]:
    """Where two measures say different things of the same audio."""
    found: list[Contradiction] = []
    agent = tau_voice.ticks_of(recording.system, recording.length, recording.rate)
    for one in outcomes:
        if not one.talking or one.right is None or one.kind in {"pause", "turn_end"}:
            continue
        first = int(one.start / tau_voice.TICK)
        within = settings.yield_within if one.kind == "interruption" else settings.ignore_within
        ticks = agent[first : first + int(within / tau_voice.TICK)]
        silent_tick = bool(len(ticks)) and not bool(ticks.all())
        says = one.yield_latency is not None and one.yield_latency <= within
        if silent_tick != says:
            found.append(
                Contradiction(
                    recording.name,
                    one.start,
                    one.kind,
                    f"tau-voice: {'yields' if silent_tick else 'talks on'}",
                    f"this package: {'yields' if says else 'talks on'}",
                    "a breath in the system's talk fills a tick"
                    if silent_tick
                    else "it stops between the last tick that is looked at and the limit",
                )
            )
    if behaviour is not None and behaviour.why == "talks on over the overlap":
        found.append(
            Contradiction(
                recording.name,
                events_of(recording)[0].start,
                recording.subset,
                "FDB's rubric: unknown (no new segment)",
                f"this package: {behaviour.behaviour}",
                "the system keeps talking (Full-Duplex-Bench PR #16)",
            )
        )
    if recording.task == "pause_handling" and recording.system_words:
        tor = full_duplex_bench.turn_taken(recording.system_words).tor
        waited = all(o.right for o in outcomes if o.kind == "pause")
        if tor and waited:
            found.append(
                Contradiction(
                    recording.name,
                    recording.system_words[0].start,
                    "pause",
                    "FDB v1: takes the turn",
                    "this package: waited",
                    "it spoke, and not in the pause that is marked",
                )
            )
    return found


def _own_measures(cases: MeasureCases, seed: int) -> list[DuplexMeasure]:
    found = []
    for key, spec in cases.specs.items():
        estimate = bootstrap_mean(cases.items[key], cases.values[key], seed=seed)
        found.append(measure_of(key, spec, estimate))
    return found


__all__ = ["REFUSED", "score_recordings"]
