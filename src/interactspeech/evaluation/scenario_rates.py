"""What comes of a scenario: rates and kinds of each role beside what it asks, and its rules.

Scripts are written and planned as for a build, with lengths of words estimated from the spelling
(`interactspeech.rendering.estimated_speech`); counts are of the plan's own events, so that what
found no room is missed. Intervals are percentiles of the bootstrap over dialogues (Efron 1979).
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from interactspeech.records import Dialogue, Event, PlainDialogue, Script
from interactspeech.rendering import (
    dialogue_from_plan,
    draw_dyad,
    estimate_outlines,
    plan_dialogue,
    plan_speech,
)
from interactspeech.rendering.role_timing import scenario_settings
from interactspeech.scripts.checks import check
from interactspeech.scripts.kinds import STRUCTURAL_KINDS
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import RoleSettings, Scenario
from interactspeech.scripts.writers.role_feedback import FeedbackPlaces
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.turntaking.timing import TimingModel

_ROUNDS = 300
#: Rates of a role that are counted, in the order of the table.
RATES = ("backchannels", "interruptions", "attempts", "simultaneous starts", "asides")
#: A rate that a role asks less often than this, a minute, is counted and held to nothing.
_LEAST = 0.1


@dataclass(frozen=True)
class RoleFigure:
    """A rate of a role, a minute and a person.

    Attributes:
        role: its name.
        what: of `RATES`.
        asked, got: a minute.
        low, high: 95 % interval of `got`.
        events: counted.
    """

    role: str
    what: str
    asked: float
    got: float
    low: float
    high: float
    events: int


@dataclass(frozen=True)
class ScenarioReport:
    """What `scenario_report` found.

    Attributes:
        scenario: its name.
        dialogues, minutes: planned.
        dropped: check -> scripts that it dropped; "ignorance" is using unsaid words.
        figures: rates.
        kinds: role -> kind -> share asked and share got, of the interruptions that take the floor
            and the attempts.
        broken: rule of an agent -> how often it was broken in the plans.
        lost: reason -> marks of scripts that found no room.
        latency: role -> median and interquartile range of its latencies, seconds.
        corpora: for each seed, the rates of its corpus alone.
    """

    scenario: str
    dialogues: int
    minutes: float
    dropped: Mapping[str, int]
    figures: tuple[RoleFigure, ...]
    kinds: Mapping[str, Mapping[str, tuple[float, float]]]
    broken: Mapping[str, int]
    lost: Mapping[str, int]
    latency: Mapping[str, tuple[float, float, float]]
    corpora: tuple[tuple[RoleFigure, ...], ...] = ()

    def kind_distance(self, role: str) -> float:
        """Total variation between the kinds asked and got: the share that would have to change."""
        return sum(abs(got - asked) for asked, got in self.kinds.get(role, {}).values()) / 2


@dataclass
class _Sums:
    """Counts, an entry a dialogue."""

    minutes: list[dict[str, float]] = field(default_factory=list)
    events: list[Counter[tuple[str, str]]] = field(default_factory=list)
    kinds: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    broken: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    latency: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def plan_scenario(
    texts: Iterable[PlainDialogue],
    scenario: Scenario,
    *,
    seed: int = 0,
    timing: TimingModel | None = None,
    in_order: bool = False,
    places: FeedbackPlaces | None = None,
    dropped: Counter[str] | None = None,
    lost: Counter[str] | None = None,
) -> Iterator[tuple[Script, Dialogue]]:
    """Scripts and dialogues that a build with a scenario would make of texts.

    Args:
        texts: dialogues of two to six.
        scenario: with its roles.
        seed: of the corpus.
        timing: the timing model; people's where None.
        in_order: see `write_with_roles`.
        places: see `write_with_roles`.
        dropped: gets the first check that each dropped script fails.
        lost: gets the reasons of marks without room.
    """
    settings = scenario_settings(scenario.timings(), unmarked=scenario.unmarked)
    for text in texts:
        script = write_with_roles(text, seed, scenario, in_order=in_order, places=places)
        failures = check(script) + check_roles(script, scenario)
        if failures:
            if dropped is not None:
                dropped[failures[0].check] += 1
            continue
        dyad = draw_dyad(script.id, seed, timing, speakers=len(script.speakers))
        speech = plan_speech(script, dyad, seed=seed, settings=settings)
        outlines = estimate_outlines(speech, seed=seed, settings=settings)
        plan = plan_dialogue(speech, outlines, dyad, seed=seed, settings=settings)
        if lost is not None:
            lost.update(loss.reason for loss in plan.lost)
        yield script, dialogue_from_plan(plan, names=script.names, roles=script.roles)


def scenario_report(
    texts: Iterable[PlainDialogue],
    scenario: Scenario,
    *,
    seed: int = 0,
    seeds: int = 1,
    in_order: bool = False,
    places: FeedbackPlaces | None = None,
) -> ScenarioReport:
    """Rates, kinds and broken rules of a scenario on texts; see the module.

    Args:
        texts: dialogues.
        scenario: with its roles.
        seed: of the corpus.
        seeds: how many corpora, of `seed` and those that follow: a rate that asks for 70 events of
            a corpus is off by a tenth by chance alone.
        in_order: see `write_with_roles`.
        places: see `write_with_roles`.
    """
    sums = _Sums()
    dropped: Counter[str] = Counter()
    texts = list(texts)
    ends = [0]
    for number in range(seed, seed + seeds):
        for script, dialogue in plan_scenario(
            texts, scenario, seed=number, in_order=in_order, places=places, dropped=dropped,
            lost=sums.lost,
        ):  # fmt: skip
            _count(script, dialogue, scenario, sums)
        ends.append(len(sums.minutes))
    rng = np.random.default_rng(seed)
    count = len(sums.minutes)
    picks = [rng.integers(count, size=count) for _ in range(_ROUNDS)] if count else []
    figures = [_figure(role, what, sums, picks) for role in scenario.roles for what in RATES]
    latency = {
        role: (float(np.median(times)), *np.percentile(times, [25, 75]).tolist())
        for role, times in sums.latency.items()
    }
    return ScenarioReport(
        scenario=scenario.name,
        dialogues=count,
        minutes=sum(sum(m.values()) for m in sums.minutes)
        / max(1, sum(len(m) for m in sums.minutes) // max(1, count)),
        dropped=dict(dropped),
        figures=tuple(figures),
        kinds={role.name: _shares(role, sums.kinds[role.name]) for role in scenario.roles},
        broken=dict(sums.broken),
        lost=dict(sums.lost),
        latency=latency,
        corpora=tuple(
            tuple(
                _figure(role, what, sums, [], slice(first, last))
                for role in scenario.roles
                for what in RATES
            )
            for first, last in itertools.pairwise(ends)
        ),
    )


def _count(script: Script, dialogue: Dialogue, scenario: Scenario, sums: _Sums) -> None:
    roles = script.roles
    minutes: dict[str, float] = defaultdict(float)
    for role in roles.values():
        minutes[role] += dialogue.seconds / 60
    events: Counter[tuple[str, str]] = Counter()
    for event in dialogue.events:
        role = roles[event.speaker]
        what = _what(event)
        if what:
            events[role, what] += 1
        kind = str(event.attributes.get("kind", ""))
        if what in {"interruptions", "attempts"} and kind not in STRUCTURAL_KINDS:
            sums.kinds[role][kind] += 1
    sums.minutes.append(dict(minutes))
    sums.events.append(events)
    settings = {role.name: role for role in scenario.roles}
    _check_timing(script, dialogue, settings, sums)


def _what(event: Event) -> str:
    """The rate that an event counts for, or ""."""
    kind = event.attributes.get("kind", "")
    if event.type == "backchannel":
        return "backchannels"
    if event.type in {"aside", "vocal_tic"}:
        return "asides"
    if event.type != "interruption" or kind == "choral":
        return ""
    if kind == "simultaneous-start":
        return "simultaneous starts"
    if event.attributes.get("outcome") == "failed":
        return "attempts"
    return "interruptions" if kind else ""


def _check_timing(
    script: Script, dialogue: Dialogue, roles: Mapping[str, RoleSettings], sums: _Sums
) -> None:
    """The rules of roles with a timing of their own, in the plan."""
    rate = dialogue.rate
    for event in dialogue.events:
        role = roles[script.roles[event.speaker]]
        if event.type == "turn" and "fto" in event.attributes:
            offset = float(event.attributes["fto"]) / rate
            cut = _cuts(dialogue, event)
            if not cut:
                sums.latency[role.name].append(offset)
            limit = role.timing.shortest_latency
            if role.timing.latency is not None and not cut and offset < limit - 1 / rate:
                sums.broken[f"{role.name} starts before {limit} s"] += 1
        if event.type == "interruption" and event.attributes.get("outcome") == "taken":
            if not role.interruptions and event.attributes.get("kind") not in STRUCTURAL_KINDS:
                sums.broken[f"{role.name} interrupts"] += 1
            partner = roles.get(script.roles.get(event.partner, ""))
            within = partner.timing.yields_within if partner else None
            length = (event.end - event.start) / rate
            if (
                partner
                and within
                and not event.attributes.get("complete")
                and length > within + 1e-3
            ):
                sums.broken[f"{partner.name} yields later than {within} s"] += 1
        if event.type == "pause" and "backchannels" in event.attributes:
            sums.broken[f"{role.name} pauses for feedback"] += role.timing.through_feedback


def _cuts(dialogue: Dialogue, turn: Event) -> bool:
    """Whether a turn cuts another off, or overlaps it where the script asks for that."""
    return any(
        event.utterance == turn.utterance
        and event.type in {"interruption", "terminal_overlap"}
        and ("kind" in event.attributes or not event.attributes.get("complete", True))
        for event in dialogue.events
        if event.start == turn.start
    )


def _figure(
    role: RoleSettings,
    what: str,
    sums: _Sums,
    picks: Sequence[np.ndarray],
    part: slice = slice(None),
) -> RoleFigure:
    counts = np.array([events[role.name, what] for events in sums.events[part]], float)
    minutes = np.array([m.get(role.name, 0.0) for m in sums.minutes[part]])
    rates = [counts[pick].sum() / max(minutes[pick].sum(), 1e-9) for pick in picks] or [0.0]
    low, high = np.percentile(rates, [2.5, 97.5])
    got = float(counts.sum() / max(float(minutes.sum()), 1e-9))
    asked = {
        "backchannels": role.backchannels,
        "interruptions": role.interruptions,
        "attempts": role.attempts,
        "simultaneous starts": role.simultaneous_starts,
        "asides": sum(role.asides.values()),
    }[what]
    return RoleFigure(role.name, what, asked, got, float(low), float(high), int(counts.sum()))


def _shares(role: RoleSettings, found: Counter[str]) -> dict[str, tuple[float, float]]:
    asked, got = sum(role.kinds.values()), sum(found.values())
    return {
        kind: (role.kinds.get(kind, 0.0) / max(asked, 1e-9), found[kind] / max(got, 1))
        for kind in sorted({*role.kinds, *found})
    }


def scenario_table(reports: Sequence[ScenarioReport]) -> str:
    """A Markdown table: a row for each rate of each role."""
    lines = [
        "| scenario | role | what, a minute and a person | asked | got (95 %) | events | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for report in reports:
        for figure in report.figures:
            if not figure.asked and not figure.events:
                continue
            ratio = f"{figure.got / figure.asked:.2f}" if figure.asked >= _LEAST else "-"
            lines.append(
                f"| {report.scenario} | {figure.role} | {figure.what} | {figure.asked:.2f} | "
                f"{figure.got:.2f} ({figure.low:.2f} to {figure.high:.2f}) | {figure.events} | "
                f"{ratio} |"
            )
    return "\n".join(lines) + "\n"


def rules_table(reports: Sequence[ScenarioReport]) -> str:
    """A Markdown table: a row a scenario, with its checks, rules, kinds and latencies."""
    lines = [
        (
            "| scenario | dialogues, minutes | pass every check | dropped by | rules broken | "
            "kinds that would have to change | latency: median (quartiles), s |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for report in reports:
        lost = sum(report.dropped.values())
        share = report.dialogues / max(1, report.dialogues + lost)
        dropped = ", ".join(f"{name} {n}" for name, n in sorted(report.dropped.items())) or "none"
        broken = ", ".join(f"{k}: {n}" for k, n in sorted(report.broken.items()) if n) or "none"
        kinds = ", ".join(
            f"{role} {report.kind_distance(role):.0%}"
            for role, found in report.kinds.items()
            if found
        )
        latency = ", ".join(
            f"{role} {mid:.2f} ({low:.2f} to {high:.2f})"
            for role, (mid, low, high) in report.latency.items()
        )
        lines.append(
            f"| {report.scenario} | {report.dialogues}, {report.minutes:.0f} | {share:.1%} | "
            f"{dropped} | {broken} | {kinds} | {latency} |"
        )
    return "\n".join(lines) + "\n"
