"""Measures of published benchmarks, applied to what a talker does in a recording.

Full-Duplex-Bench v1, v1.5 and v3, tau-voice and EVA are made for talkers. TurnBench, eot-bench and
SID-Bench are made for detectors: a talker's start is taken for its decision that the user's turn
has ended, its stop for its decision that the user interrupts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from interactspeech.errors import UsageError
from interactspeech.evaluation.duplex import (
    endpointing,
    eva,
    full_duplex_bench,
    sid_bench,
    tau_voice,
    turnbench,
)
from interactspeech.evaluation.duplex.behaviour import Behaviour, classify_behaviour
from interactspeech.evaluation.duplex.full_duplex_bench_v3 import ToolUse, tool_use_timing
from interactspeech.evaluation.duplex.measure_cases import (
    MeasureCases,
    events_of,
    single_measure,
)
from interactspeech.evaluation.duplex.outcomes import (
    EventOutcome,
    ReactionSettings,
)
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.scores import (
    Better,
    DuplexMeasure,
)
from interactspeech.evaluation.duplex.stimulus import (
    NOT_DIRECTED,
    TICS,
    TO_IGNORE,
    StimulusEvent,
)
from interactspeech.evaluation.duplex.turnbench_gold import GoldAnchor, GoldEvents, GoldSpan
from interactspeech.signal.intervals import union

#: Reasons for which a recording is refused as one that nothing can be told from.
REFUSED = frozenset({"crosstalk", "swapped-channels"})


def add_full_duplex_bench(recording: DuplexRecording, own: MeasureCases) -> Behaviour | None:
    """Full-Duplex-Bench's measures of its task; the behaviour at an overlap where words tell it."""
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
            own.add(
                f"{prefix}.latency{end}",
                found.latency,
                recording.name,
                "seconds from the reference to the first word",
                source,
                "lower",
            )
    return None


def _backchannel_task(recording: DuplexRecording, own: MeasureCases) -> None:
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
        own.add(
            f"fdb.backchannel.frequency{end}",
            found.frequency,
            name,
            "backchannels a second",
            source,
            "higher",
        )
        own.add(
            f"fdb.backchannel.jsd{end}",
            found.jsd,
            name,
            "distance from people's timing of backchannels",
            source,
            "lower",
        )


def _tool_use_task(run: ToolUse, name: str, own: MeasureCases) -> None:
    for variant in ("published", "corrected"):
        found = tool_use_timing(run, variant)
        end, source = "" if variant == "published" else ".corrected", f"FDB v3, {variant}"
        timing = "this package, by timing"
        measures: list[tuple[str, float | None, str, str, Better]] = [
            ("turn_take_rate", found.turn_taken, "takes the turn", source, "higher"),
            (
                "interruption_rate",
                found.interrupted,
                "begins before the user's end, of turns taken",
                source,
                "lower",
            ),
            (
                "latency",
                found.latency,
                "seconds from the user's end to its first word",
                source,
                "lower",
            ),
            (
                "tool_latency",
                found.tool_latency,
                "seconds from the user's end to a tool call",
                source,
                "lower",
            ),
            ("early", found.early, "speaks before its tools have answered", timing, ""),
            (
                "answer_latency",
                found.answer_latency,
                "seconds from the user's end to its first word after its tools answered",
                timing,
                "lower",
            ),
        ]
        for key, value, title, whose, better in measures:
            number = None if value is None else float(value)
            own.add(f"fdb.v3.{key}{end}", number, name, title, whose, better)


def _overlap_task(recording: DuplexRecording, own: MeasureCases) -> Behaviour | None:
    user, system = recording.stretches("user"), recording.stretches("system")
    event = events_of(recording)[0]
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
        own.add(
            f"fdb.{subset}.{kind}",
            float(found.behaviour == kind),
            name,
            f"behaviour: {kind}",
            "Full-Duplex-Bench v1.5's classes, by rules",
        )
    return found


def _sounds(recording: DuplexRecording, unit: float) -> list[tau_voice.LabelledSound]:
    """What the user's sounds are, in units of `unit` seconds (ticks) or in samples (1 / rate)."""
    found: list[tau_voice.LabelledSound] = []
    for event in events_of(recording):
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


def tau_counts(recording: DuplexRecording) -> tuple[tau_voice.TauCounts, tau_voice.TauCounts]:
    """tau-voice's counts: as published, by ticks of 200 ms, and exact, by samples."""
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


def tau_measures(counts: Mapping[str, tau_voice.TauCounts]) -> list[DuplexMeasure]:
    """The panel of tau-voice; `counts` by variant."""
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
                single_measure(
                    f"tau.{name}{end}",
                    title,
                    f"tau-voice, {variant}",
                    getattr(panel, name),
                    n,
                    better,
                )
            )
    return found


def add_eva(recording: DuplexRecording, own: MeasureCases) -> None:
    """EVA's score of each turn that both sides talk in."""
    turns = eva.turns_of_activity(recording.stretches("user"), recording.stretches("system"))
    for turn in turns:
        if turn.user and turn.agent:
            own.add(
                "eva.turn_score",
                eva.turn_score(turn).score,
                recording.name,
                "score of a turn",
                "EVA v0.2, turns by activity",
                "higher",
            )


def gold_of_events(events: Sequence[StimulusEvent]) -> GoldEvents:
    """TurnBench's gold of what a user's track asks; the user is speaker 1."""
    return GoldEvents(
        eot_positive=tuple(GoldAnchor(1, e.end) for e in events if e.kind == "turn_end"),
        eot_negative=tuple(GoldSpan(1, e.start, e.end) for e in events if e.kind == "pause"),
        int_positive=tuple(GoldAnchor(1, e.start) for e in events if e.kind == "interruption"),
        int_negative=tuple(GoldSpan(1, e.start, e.end) for e in events if e.kind in TO_IGNORE),
    )


def turnbench_counts(
    recording: DuplexRecording,
) -> tuple[turnbench.TaskCounts, turnbench.TaskCounts]:
    """TurnBench's counts of ends of turns and of interruptions."""
    gold = gold_of_events(events_of(recording))
    starts = tuple(start for start, _ in recording.stretches("system"))
    talk = union(recording.system, round(0.5 * recording.rate))
    stops = tuple(end / recording.rate for _, end in talk.tolist())
    times = turnbench.SpeakerTimes(starts, stops)
    return turnbench.score_conversation(turnbench.TurnPrediction(recording.name, times), gold)


def turnbench_measures(counts: Mapping[str, turnbench.TaskCounts]) -> list[DuplexMeasure]:
    """TurnBench's figures; `counts` by task."""
    found = []
    source = "TurnBench's rules, the talker's own starts and stops"
    for task, title in (("eot", "ends of turns"), ("interruption", "interruptions")):
        one = counts[task]
        positives, negatives = one.hits + one.misses, one.false_alarms + one.quiet
        found += [
            single_measure(
                f"turnbench.{task}.recall",
                f"{title} found",
                source,
                one.recall,
                positives,
                "higher",
            ),
            single_measure(
                f"turnbench.{task}.fp_rate",
                f"{title}: false alarms",
                source,
                one.fp_rate,
                negatives,
                "lower",
            ),
            *(
                single_measure(
                    f"turnbench.{task}.latency_p{p}",
                    f"{title}: latency, ms",
                    source,
                    one.latency(p),
                    one.hits,
                    "lower",
                )
                for p in (10, 50, 90)
            ),
        ]
    return found


def sid_clips(
    outcomes: Sequence[EventOutcome], settings: ReactionSettings
) -> list[sid_bench.SidClip]:
    """SID-Bench's clips: each event over the system's talk is one."""
    found = []
    for one in outcomes:
        if one.talking and (one.kind == "interruption" or one.kind in TO_IGNORE):
            length = max(one.end - one.start, settings.yield_within)
            latency = one.yield_latency
            stopped = latency if latency is not None and latency <= length else None
            is_break = one.kind == "interruption"
            found.append(sid_bench.SidClip(length, 0.0 if is_break else None, stopped))
    return found


def sid_measures(clips: Sequence[sid_bench.SidClip]) -> list[DuplexMeasure]:
    """SID-Bench's three figures."""
    score = sid_bench.sid_score(clips)
    source = "SID-Bench, each event over the system's talk a clip"
    return [
        single_measure(
            "sid.fir",
            "FIR, false interruptions",
            source,
            score.fir,
            score.clips - score.with_break,
            "lower",
        ),
        single_measure("sid.irl", "IRL, seconds", source, score.irl, score.hits, "lower"),
        single_measure(
            "sid.apt", "APT, seconds of penalty", source, score.apt, score.clips, "lower"
        ),
    ]


def silences(recording: DuplexRecording) -> list[endpointing.SilenceCase]:
    """eot-bench's silences: pauses are holds, ends of turns are ends; the first start fires."""
    starts = [start for start, _ in recording.stretches("system")]
    found = []
    for event in events_of(recording):
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


def endpointing_measures(cases: Sequence[endpointing.SilenceCase]) -> list[DuplexMeasure]:
    """eot-bench's figures at its budgets; none where holds or ends are missing."""
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
            single_measure(
                f"eot.cutoffs_at_{round(budget * 1000)}ms",
                f"holds cut off at a mean latency of {budget} s",
                source,
                best.cutoff_rate if best else math.nan,
                holds if best else 0,
                "lower",
            )
        )
    for budget in endpointing.CUTOFF_BUDGETS:
        best = endpointing.lowest_latency(points, budget)
        found.append(
            single_measure(
                f"eot.latency_at_{round(budget * 100)}pct",
                f"mean latency at {budget:.0%} of holds cut off, s",
                source,
                best.mean_latency if best else math.nan,
                len(cases) - holds if best else 0,
                "lower",
            )
        )
    return found
