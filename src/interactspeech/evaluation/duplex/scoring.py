"""All measures of recordings: item by item, then together, each beside people's.

Every measure has a key that stays (`fdb.pause_handling.tor`), the benchmark and variant it is from,
what it is a mean of, and how many cases. Benchmarks that were made for detectors (TurnBench,
eot-bench, SID-Bench) are applied to what a talker does: its start is taken for its decision that
the user's turn has ended, its stop for its decision that the user interrupts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.errors import InputError, UsageError
from interactspeech.evaluation.duplex import (
    endpointing,
    eva,
    full_duplex_bench,
    sid_bench,
    tau_voice,
    turnbench,
)
from interactspeech.evaluation.duplex.behaviour import Behaviour, classify_behaviour
from interactspeech.evaluation.duplex.curve import YIELD_RULES, yield_curve, yield_point
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import ToolUse, tool_use_timing
from interactspeech.evaluation.duplex.lengths import length_distances
from interactspeech.evaluation.duplex.likelihood import future_likelihood
from interactspeech.evaluation.duplex.outcomes import (
    EventOutcome,
    ReactionSettings,
    event_outcomes,
)
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.scores import (
    Better,
    Contradiction,
    DuplexMeasure,
    DuplexScores,
    ItemScore,
    LostItem,
    with_human,
)
from interactspeech.evaluation.duplex.stimulus import (
    NOT_DIRECTED,
    TICS,
    TO_IGNORE,
    StimulusEvent,
    StimulusKind,
)
from interactspeech.evaluation.duplex.turnbench_gold import GoldAnchor, GoldEvents, GoldSpan
from interactspeech.evaluation.events.metrics import Estimate, bootstrap_mean
from interactspeech.records import Word
from interactspeech.signal.intervals import union
from interactspeech.turntaking import Timeline, annotate
from interactspeech.turntaking.dgslm import dgslm_statistics
from interactspeech.turntaking.reactions import talk_over
from interactspeech.turntaking.vap import vap_events

#: Reasons for which a recording is refused as one that nothing can be told from.
REFUSED = frozenset({"crosstalk", "swapped-channels"})


@dataclass(frozen=True)
class _Spec:
    title: str
    source: str
    better: Better


@dataclass
class _Cases:
    """Values of measures, each with its item."""

    specs: dict[str, _Spec] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(
        self, key: str, value: float | None, item: str, title: str, source: str, better: Better = ""
    ) -> None:
        self.specs.setdefault(key, _Spec(title, source, better))
        self.items.setdefault(key, [])
        self.values.setdefault(key, [])
        if value is not None and not math.isnan(value):
            self.items[key].append(item)
            self.values[key].append(float(value))

    def means(self) -> dict[str, float]:
        return {k: math.fsum(v) / len(v) for k, v in self.values.items() if v}

    def take(self, other: _Cases) -> None:
        for key, spec in other.specs.items():
            self.specs.setdefault(key, spec)
            self.items.setdefault(key, []).extend(other.items[key])
            self.values.setdefault(key, []).extend(other.values[key])


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
    cases = _Cases()
    items: list[ItemScore] = []
    lost: list[LostItem] = []
    counts = {"published": tau_voice.TauCounts(), "exact": tau_voice.TauCounts()}
    turn_counts = {"eot": turnbench.TaskCounts(), "interruption": turnbench.TaskCounts()}
    clips: list[sid_bench.SidClip] = []
    silences: list[endpointing.SilenceCase] = []
    lengths: list[tuple[str, dict[str, Float64Array]]] = []
    contradictions: list[Contradiction] = []
    for recording in recordings:
        if isinstance(recording, InputError):
            lost.append(_lost(recording))
            continue
        own = _Cases()
        outcomes = _reactions(recording, chosen, own)
        behaviour = _full_duplex_bench(recording, own)
        published, exact = _tau(recording)
        counts["published"] += published
        counts["exact"] += exact
        _eva(recording, own)
        eot, interruption = _turnbench(recording)
        turn_counts["eot"] += eot
        turn_counts["interruption"] += interruption
        clips += _clips(outcomes, chosen)
        silences += _silences(recording)
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
        *_tau_measures(counts),
        *_turnbench_measures(turn_counts),
        *_sid_measures(clips),
        *_endpointing_measures(silences),
        *_length_measures(lengths, seed),
    ]  # fmt: skip
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
        place, str(error.reason), error.problem, error.remedy,
        str(error.reason) in REFUSED,
    )  # fmt: skip


def _events(recording: DuplexRecording) -> tuple[StimulusEvent, ...]:
    return recording.truth.events if recording.truth else ()


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
    recording: DuplexRecording, settings: ReactionSettings, own: _Cases
) -> list[EventOutcome]:
    outcomes = event_outcomes(
        recording.name,
        _events(recording),
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
            own.add("yield.model_did_not", float(one.cause == "model did not yield"),
                    recording.name, "interruptions that the model did not yield to",
                    "this package, by the log", "lower")  # fmt: skip
            own.add("yield.player_went_on", float(one.cause == "player went on"), recording.name,
                    "interruptions at which the model stopped and the sound went on",
                    "this package, by the log", "lower")  # fmt: skip
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
                _single(f"{key}_{name}", f"{title}: {name}", "this package", value, len(values),
                        "lower")
            )  # fmt: skip
    return found


def _curve_measures(outcomes: Sequence[EventOutcome], seed: int) -> list[DuplexMeasure]:
    """The area under each rule, and the two shares of the rules that are not tau-voice's."""
    found = []
    for rule in YIELD_RULES:
        point = yield_point(outcomes, rule=rule, seed=seed)
        n = point.yielded.n + point.talked_through.n
        end, source = f".{rule.name}" * bool(rule.name), f"this package: {rule.title}"
        area = yield_curve("", [point]).area
        found.append(_single(f"curve.area{end}", "area of yielding against selectivity", source,
                             area, n, "higher"))  # fmt: skip
        if rule.name:
            found += [
                _of_estimate(f"curve.{name}{end}", _Spec(title, source, "higher"), share)
                for name, title, share in (
                    ("yielded", "interruptions yielded to", point.yielded),
                    ("ignored", "all else talked through", point.talked_through),
                )
            ]
    return found


def _full_duplex_bench(recording: DuplexRecording, own: _Cases) -> Behaviour | None:
    if recording.task == "":
        return None
    if recording.task == "overlap":
        return _overlap_task(recording, own)
    if recording.tool_use is not None:
        _tool_use_task(recording.tool_use, recording.name, own)
        return None
    if recording.task == "backchannel":
        _backchannel_task(recording, own)
        return None
    words = recording.system_words
    if words is None:
        return None
    reference = recording.reference
    heard = words
    if recording.task == "user_interruption" and reference is not None:
        heard = tuple(w for w in words if w.start >= reference)
    for variant in ("published", "corrected"):
        found = full_duplex_bench.turn_taken(heard, reference, variant)
        prefix, source = f"fdb.{recording.task}", f"Full-Duplex-Bench v1, {variant}"
        end = "" if variant == "published" else ".corrected"
        empty = not words and any("words are empty" in note for note in recording.notes)
        tor = None if variant == "corrected" and empty else float(found.tor)
        better: Better = "lower" if recording.task == "pause_handling" else "higher"
        own.add(f"{prefix}.tor{end}", tor, recording.name, "takes the turn (TOR)", source, better)
        if reference is not None:
            own.add(f"{prefix}.latency{end}", found.latency, recording.name,
                    "seconds from the reference to the first word", source, "lower")  # fmt: skip
    return None


def _backchannel_task(recording: DuplexRecording, own: _Cases) -> None:
    words = recording.system_words or ()
    heard = recording.stretches("system")
    slow = recording.detector_segments
    if slow is None:
        slow = tuple(full_duplex_bench.slowed(heard, recording.system_rate))
    for variant, segments in (("published", slow), ("corrected", tuple(heard))):
        found = full_duplex_bench.backchannels(
            segments,
            words,
            recording.seconds,
            recording.human,
            variant,  # type: ignore[arg-type]
        )
        source = f"Full-Duplex-Bench v1, {variant}"
        end = "" if variant == "published" else ".corrected"
        name = recording.name
        own.add(
            f"fdb.backchannel.tor{end}", found.tor, name, "takes the turn (TOR)", source, "lower"
        )
        own.add(f"fdb.backchannel.frequency{end}", found.frequency, name,
                "backchannels a second", source, "higher")  # fmt: skip
        own.add(f"fdb.backchannel.jsd{end}", found.jsd, name,
                "distance from people's timing of backchannels", source, "lower")  # fmt: skip


def _tool_use_task(run: ToolUse, name: str, own: _Cases) -> None:
    for variant in ("published", "corrected"):
        found = tool_use_timing(run, variant)
        end, source = "" if variant == "published" else ".corrected", f"FDB v3, {variant}"
        timing = "this package, by timing"
        measures: list[tuple[str, float | None, str, str, Better]] = [
            ("turn_take_rate", found.turn_taken, "takes the turn", source, "higher"),
            ("interruption_rate", found.interrupted, "begins before the user's end, of turns taken",
             source, "lower"),
            ("latency", found.latency, "seconds from the user's end to its first word", source,
             "lower"),
            ("tool_latency", found.tool_latency, "seconds from the user's end to a tool call",
             source, "lower"),
            ("early", found.early, "speaks before its tools have answered", timing, ""),
            ("answer_latency", found.answer_latency,
             "seconds from the user's end to its first word after its tools answered", timing,
             "lower"),
        ]  # fmt: skip
        for key, value, title, whose, better in measures:
            number = None if value is None else float(value)
            own.add(f"fdb.v3.{key}{end}", number, name, title, whose, better)


def _overlap_task(recording: DuplexRecording, own: _Cases) -> Behaviour | None:
    user, system = recording.stretches("user"), recording.stretches("system")
    event = _events(recording)[0]
    subset, name = recording.subset or event.kind, recording.name
    timings = {
        "published": full_duplex_bench.overlap_timing(user, system),
        "corrected": full_duplex_bench.stimulus_timing(user, system, (event.start, event.end)),
    }
    for variant, timing in timings.items():
        end = "" if variant == "published" else ".corrected"
        source = f"Full-Duplex-Bench v1.5, {variant}"
        for key, title, values in (
            ("stop_latency", "seconds of overlap", timing.stop_latencies),
            ("response_latency", "seconds until the next answer", timing.response_latencies),
        ):
            own.add(f"fdb.{subset}.{key}{end}", None, name, title, source)
            for value in values:
                own.add(f"fdb.{subset}.{key}{end}", value, name, title, source)
    if recording.system_words is None:
        return None
    said = [
        w.text for w in recording.user_words or () if event.start - 0.1 <= w.start < event.end + 0.1
    ] or event.text.split()
    found = classify_behaviour(
        recording.system_words, (event.start, event.end), said, recording.clean_system_words or ()
    )
    for kind in ("respond", "resume", "uncertain", "unknown"):
        own.add(f"fdb.{subset}.{kind}", float(found.behaviour == kind), name,
                f"behaviour: {kind}", "Full-Duplex-Bench v1.5's classes, by rules")  # fmt: skip
    return found


def _sounds(recording: DuplexRecording, unit: float) -> list[tau_voice.LabelledSound]:
    """What the user's sounds are, in units of `unit` seconds (ticks) or in samples (1 / rate)."""
    found: list[tau_voice.LabelledSound] = []
    for event in _events(recording):
        kind: tau_voice.UserSound
        if event.kind == "backchannel":
            kind = "backchannel"
        elif event.kind in TICS:
            kind = "vocal_tic"
        elif event.kind in NOT_DIRECTED:
            kind = "non_directed"
        else:
            continue
        start, end = round(event.start / unit), round(event.end / unit)
        found.append(tau_voice.LabelledSound(kind, start, max(end, start + 1)))
    return found


def _tau(recording: DuplexRecording) -> tuple[tau_voice.TauCounts, tau_voice.TauCounts]:
    user = tau_voice.ticks_of(recording.user, recording.length, recording.rate)
    agent = tau_voice.ticks_of(recording.system, recording.length, recording.rate)
    inside: list[tau_voice.LabelledSound] = []
    outside: list[tau_voice.LabelledSound] = []
    for sound in _sounds(recording, tau_voice.TICK):
        there = user[sound.start : sound.end]
        (inside if there.any() else outside).append(sound)
    effects = [s for s in outside if s.kind != "backchannel"]
    published = tau_voice.tick_counts(user, agent, inside, effects)
    exact = tau_voice.exact_counts(
        recording.user, recording.system, _sounds(recording, 1 / recording.rate), recording.rate
    )
    return published, exact


_PANEL: Sequence[tuple[str, str, str, Better]] = (
    ("response_latency", "L_R, seconds until it answers", "turns", "lower"),
    ("response_rate", "R_R, turns answered", "turns", "higher"),
    ("yield_latency", "L_Y, seconds until it is silent", "interruptions", "lower"),
    ("yield_rate", "R_Y, interruptions yielded to", "interruptions", "higher"),
    ("agent_interruption_rate", "I_A, its starts while the user talks, a turn", "turns", "lower"),
    ("selectivity_backchannel", "S_BC, backchannels talked through", "backchannel", "higher"),
    ("selectivity_vocal_tic", "S_VT, vocal tics ignored", "vocal_tic", "higher"),
    ("selectivity_non_directed", "S_ND, side talk ignored", "non_directed", "higher"),
)


def _tau_measures(counts: Mapping[str, tau_voice.TauCounts]) -> list[DuplexMeasure]:
    found = []
    for variant, total in counts.items():
        panel = tau_voice.tau_panel(total)
        end = "" if variant == "published" else ".exact"
        for name, title, events, better in _PANEL:
            n = panel.events[events]
            if name == "response_latency":
                n = len(total.answer_latencies)
            elif name == "yield_latency":
                n = len(total.yield_latencies)
            found.append(
                _single(f"tau.{name}{end}", title, f"tau-voice, {variant}", getattr(panel, name), n,
                        better)
            )  # fmt: skip
    return found


def _eva(recording: DuplexRecording, own: _Cases) -> None:
    turns = eva.turns_of_activity(recording.stretches("user"), recording.stretches("system"))
    for turn in turns:
        if turn.user and turn.agent:
            own.add("eva.turn_score", eva.turn_score(turn).score, recording.name,
                    "score of a turn", "EVA v0.2, turns by activity", "higher")  # fmt: skip


def gold_of_events(events: Sequence[StimulusEvent]) -> GoldEvents:
    """TurnBench's gold of what a user's track asks; the user is speaker 1."""
    return GoldEvents(
        eot_positive=tuple(GoldAnchor(1, e.end) for e in events if e.kind == "turn_end"),
        eot_negative=tuple(GoldSpan(1, e.start, e.end) for e in events if e.kind == "pause"),
        int_positive=tuple(GoldAnchor(1, e.start) for e in events if e.kind == "interruption"),
        int_negative=tuple(GoldSpan(1, e.start, e.end) for e in events if e.kind in TO_IGNORE),
    )


def _turnbench(
    recording: DuplexRecording,
) -> tuple[turnbench.TaskCounts, turnbench.TaskCounts]:
    gold = gold_of_events(_events(recording))
    starts = tuple(start for start, _ in recording.stretches("system"))
    talk = union(recording.system, round(0.5 * recording.rate))
    stops = tuple(end / recording.rate for _, end in talk.tolist())
    times = turnbench.SpeakerTimes(starts, stops)
    return turnbench.score_conversation(turnbench.TurnPrediction(recording.name, times), gold)


def _turnbench_measures(counts: Mapping[str, turnbench.TaskCounts]) -> list[DuplexMeasure]:
    found = []
    source = "TurnBench's rules, the talker's own starts and stops"
    for task, title in (("eot", "ends of turns"), ("interruption", "interruptions")):
        one = counts[task]
        positives, negatives = one.hits + one.misses, one.false_alarms + one.quiet
        found += [
            _single(f"turnbench.{task}.recall", f"{title} found", source, one.recall, positives,
                    "higher"),
            _single(f"turnbench.{task}.fp_rate", f"{title}: false alarms", source, one.fp_rate,
                    negatives, "lower"),
            *(
                _single(f"turnbench.{task}.latency_p{p}", f"{title}: latency, ms", source,
                        one.latency(p), one.hits, "lower")
                for p in (10, 50, 90)
            ),
        ]  # fmt: skip
    return found


def _clips(outcomes: Sequence[EventOutcome], settings: ReactionSettings) -> list[sid_bench.SidClip]:
    found = []
    for one in outcomes:
        if one.talking and (one.kind == "interruption" or one.kind in TO_IGNORE):
            length = max(one.end - one.start, settings.yield_within)
            latency = one.yield_latency
            stopped = latency if latency is not None and latency <= length else None
            is_break = one.kind == "interruption"
            found.append(sid_bench.SidClip(length, 0.0 if is_break else None, stopped))
    return found


def _sid_measures(clips: Sequence[sid_bench.SidClip]) -> list[DuplexMeasure]:
    score = sid_bench.sid_score(clips)
    source = "SID-Bench, each event over the system's talk a clip"
    return [
        _single("sid.fir", "FIR, false interruptions", source, score.fir,
                score.clips - score.with_break, "lower"),
        _single("sid.irl", "IRL, seconds", source, score.irl, score.hits, "lower"),
        _single("sid.apt", "APT, seconds of penalty", source, score.apt, score.clips, "lower"),
    ]  # fmt: skip


def _silences(recording: DuplexRecording) -> list[endpointing.SilenceCase]:
    starts = [start for start, _ in recording.stretches("system")]
    found = []
    for event in _events(recording):
        if event.kind == "pause":
            begins, length, label = event.start, event.end - event.start, "hold"
        elif event.kind == "turn_end":
            begins, length, label = event.end, endpointing.LONGEST_HOLD, "eot"
        else:
            continue
        fired = next((s - begins for s in starts if begins <= s), math.inf)
        times = (max(fired, 0.0),) if fired <= length else ()
        found.append(
            endpointing.SilenceCase(label, length, times, (1.0,) * len(times))  # type: ignore[arg-type]
        )
    return found


def _endpointing_measures(cases: Sequence[endpointing.SilenceCase]) -> list[DuplexMeasure]:
    try:
        points = endpointing.policy_sweep(cases)
    except UsageError:
        return []
    holds = sum(c.label == "hold" for c in cases)
    found = []
    source = "eot-bench's policies, the talker's own starts"
    for budget in endpointing.LATENCY_BUDGETS:
        best = endpointing.lowest_cutoffs(points, budget)
        found.append(
            _single(f"eot.cutoffs_at_{round(budget * 1000)}ms",
                    f"holds cut off at a mean latency of {budget} s", source,
                    best.cutoff_rate if best else math.nan, holds if best else 0, "lower")
        )  # fmt: skip
    for budget in endpointing.CUTOFF_BUDGETS:
        best = endpointing.lowest_latency(points, budget)
        found.append(
            _single(f"eot.latency_at_{round(budget * 100)}pct",
                    f"mean latency at {budget:.0%} of holds cut off, s", source,
                    best.mean_latency if best else math.nan, len(cases) - holds if best else 0,
                    "lower")
        )  # fmt: skip
    return found


def _length_measures(
    lengths: Sequence[tuple[str, Mapping[str, Float64Array]]], seed: int
) -> list[DuplexMeasure]:
    """Distances of dGSLM's distributions from people's."""
    return [
        _of_estimate(
            f"dgslm.{kind}.wasserstein",
            _Spec(f"lengths of {kind}s against people's, seconds", "dGSLM, Wasserstein-1", "lower"),
            distance,
        )
        for kind, distance in length_distances(lengths, seed=seed).items()
    ]


def _conversation(recording: DuplexRecording, own: _Cases) -> dict[str, Float64Array]:
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
        own.add(f"dgslm.{kind}.events", statistics.events_per_minute[kind], name,
                f"{kind}s a minute", "dGSLM")  # fmt: skip
        own.add(f"dgslm.{kind}.seconds", statistics.seconds_per_minute[kind], name,
                f"seconds of {kind}s a minute", "dGSLM")  # fmt: skip
    found = vap_events(timeline)
    for kind in ("shift", "hold", "backchannel"):
        own.add(f"vap.{kind}", len(getattr(found, kind)) / minutes, name,
                f"{kind}s a minute", "VAP's events")  # fmt: skip
    _talking_turns(recording, own)
    over = talk_over(recording.user, recording.system)
    own.add("talk_over", int((over[:, 1] - over[:, 0]).sum()) / recording.length, name,
            "share of time in which both talk", "this package")  # fmt: skip
    return {kind: rows / recording.rate for kind, rows in statistics.lengths.items()}


def _talking_turns(recording: DuplexRecording, own: _Cases) -> None:
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
        own.add(f"talking_turns.{label}", count / (timeline.seconds / 60), recording.name,
                f"the system's {label.replace('_', ' ')}s a minute",
                "Talking Turns' labels, by rules")  # fmt: skip


def _likelihood(recording: DuplexRecording, own: _Cases) -> None:
    found = future_likelihood(recording.sound(), recording.user, recording.system)
    own.add("future.nats", found.nats, recording.name,
            "surprise of what follows ends of talk, nats",
            "after TurnNat, by this package's listener")  # fmt: skip
    own.add("future.chance", found.chance, recording.name,
            "the same by shares of talk alone, nats",
            "after TurnNat, by this package's listener")  # fmt: skip


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
                    recording.name, one.start, one.kind,
                    f"tau-voice: {'yields' if silent_tick else 'talks on'}",
                    f"this package: {'yields' if says else 'talks on'}",
                    "a breath in the system's talk fills a tick"
                    if silent_tick
                    else "it stops between the last tick that is looked at and the limit",
                )
            )  # fmt: skip
    if behaviour is not None and behaviour.why == "talks on over the overlap":
        found.append(
            Contradiction(
                recording.name,
                _events(recording)[0].start,
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
                    recording.name, recording.system_words[0].start, "pause",
                    "FDB v1: takes the turn", "this package: waited",
                    "it spoke, and not in the pause that is marked",
                )
            )  # fmt: skip
    return found


def _own_measures(cases: _Cases, seed: int) -> list[DuplexMeasure]:
    found = []
    for key, spec in cases.specs.items():
        estimate = bootstrap_mean(cases.items[key], cases.values[key], seed=seed)
        found.append(_of_estimate(key, spec, estimate))
    return found


def _of_estimate(key: str, spec: _Spec, estimate: Estimate) -> DuplexMeasure:
    return DuplexMeasure(
        key, spec.title, spec.source, estimate.value, estimate.low, estimate.high, estimate.n,
        spec.better,
    )  # fmt: skip


def _single(
    key: str, title: str, source: str, value: float, n: int, better: Better = ""
) -> DuplexMeasure:
    return DuplexMeasure(key, title, source, value, math.nan, math.nan, n, better)


__all__ = ["REFUSED", "gold_of_events", "score_recordings"]
