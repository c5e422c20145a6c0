"""Figures of calls: of one, of all, of each speaker; beside people's, and beside a baseline.

A figure is a name such as ``yield_p95`` or ``interruption_taken_per_minute``: a kind of incident
and a statistic of it, or one of `SCALARS`. A figure of a speaker is written ``agent.yield_p95``.
Figures that a finding spoils in some calls are measured on the other calls, and say so.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.evaluation.calls.analysis import CallAnalysis
from interactspeech.evaluation.calls.incidents import INCIDENTS, CallIncident, IncidentKind
from interactspeech.evaluation.calls.trust import withheld
from interactspeech.turntaking.statistics import human

Statistic = Literal["count", "per_minute", "mean", "p50", "p90", "p95", "worst", "seconds"]

#: Statistics of every kind of incident, and those of kinds that have a value.
COUNTED: Final = ("count", "per_minute")
VALUED: Final = ("p50", "p90", "p95", "worst", "mean", "seconds")
_LEVELS: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "worst": 1.0}

#: Figures that are of no kind of incident -> label and unit, and what they need (see `incidents`).
SCALARS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "talk_seconds": ("Talk", "s", ("talk",)),
    "talk_share": ("Share of the talk", "%", ("talk",)),
    "both_share": ("Both talk", "% of time", ("talk", "overlap")),
    "silent_share": ("Nobody talks", "% of time", ("talk", "silence")),
    "words_per_minute": ("Words a minute of talk", "/min", ("words",)),
}

#: The pair of kinds that "interruption" stands for in a figure's name.
_BOTH: Final = ("interruption_taken", "interruption_failed")
#: An answer starts at most so long before the other's end (the rule set's terminal overlap).
_EARLIEST_ANSWER = -0.25


class CallFigure(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One figure.

    Attributes:
        name: such as ``yield_p95``.
        value: seconds, a count, a rate a minute or a share; None where there is nothing to measure.
        n: incidents behind it.
        people: the same of people on the telephone (`turntaking.statistics.human`), where known.
        baseline: the same of the report that was chosen.
        calls: that it is measured on, and `left_out` because of findings.
    """

    name: str
    value: float | None
    n: int = 0
    people: float | None = None
    baseline: float | None = None
    calls: int = 0
    left_out: int = 0


class SpeakerFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of a speaker over calls; name "" for all speakers together."""

    speaker: str
    figures: tuple[CallFigure, ...]

    def __getitem__(self, name: str) -> CallFigure:
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)


def figure_names() -> tuple[str, ...]:
    """Every figure's name, in the order of the tables."""
    names = [
        f"{kind}_{statistic}"
        for kind, info in INCIDENTS.items()
        for statistic in (*COUNTED, *(VALUED if info.value else ()))
    ]
    names += [f"interruption_{statistic}" for statistic in COUNTED]
    return (*SCALARS, *names)


def needs_of(name: str) -> tuple[str, ...]:
    """What a figure is measured from; see `IncidentInfo.needs`."""
    if name in SCALARS:
        return SCALARS[name][2]
    return INCIDENTS[kinds_of(name)[0]].needs


def kinds_of(name: str) -> tuple[IncidentKind, ...]:
    """The kinds of incidents that a figure counts; () for a scalar."""
    for kind in INCIDENTS:
        if re.fullmatch(rf"{kind}_(?:{'|'.join((*COUNTED, *VALUED))})", name):
            return (kind,)
    if name.startswith("interruption_"):
        return _BOTH
    return ()


def measure(calls: Sequence[CallAnalysis], *, keep_untrusted: bool = False) -> list[SpeakerFigures]:
    """The figures of all speakers together, then of each by name.

    Args:
        calls: one or many.
        keep_untrusted: figures that a finding spoils are measured all the same.
    """
    speakers = list(dict.fromkeys(s.name for call in calls for s in call.speakers))
    groups = _grouped(calls)
    return [
        SpeakerFigures(
            who,
            tuple(_figure(name, who, calls, groups, keep_untrusted) for name in figure_names()),
        )
        for who in ("", *speakers)
    ]


def _grouped(
    calls: Sequence[CallAnalysis],
) -> dict[tuple[int, str], list[CallIncident]]:
    """(number of the call, kind) -> incidents."""
    groups: dict[tuple[int, str], list[CallIncident]] = defaultdict(list)
    for number, call in enumerate(calls):
        for one in call.incidents:
            groups[number, one.kind].append(one)
    return groups


def spoilt(call: CallAnalysis, name: str) -> tuple[str, ...]:
    """The findings because of which a figure of a call is withheld."""
    kinds = kinds_of(name)
    if kinds:
        return withheld(call.findings).get(kinds[0], ())
    needs = set(needs_of(name))
    return tuple(dict.fromkeys(one.kind for one in call.findings if needs & set(one.spoils)))


def _figure(
    name: str,
    who: str,
    calls: Sequence[CallAnalysis],
    groups: dict[tuple[int, str], list[CallIncident]],
    keep_untrusted: bool,
) -> CallFigure:
    there = [
        n for n, call in enumerate(calls) if not who or any(s.name == who for s in call.speakers)
    ]
    if who and name in ("both_share", "silent_share"):
        return CallFigure(name, None)
    if "words" in needs_of(name):  # calls without words have no part in it
        there = [n for n in there if any(s.words for s in calls[n].speakers)]
    used = there if keep_untrusted else [n for n in there if not spoilt(calls[n], name)]
    kinds = kinds_of(name)
    if not kinds:
        value, n = _scalar(name, who, [calls[n] for n in used])
    else:
        found = [
            one for number in used for kind in kinds for one in groups.get((number, kind), ())
            if not who or one.speaker == who
        ]  # fmt: skip
        statistic = name[len(kinds[0]) + 1 :] if len(kinds) == 1 else name.split("_", 1)[1]
        minutes = sum(calls[n].seconds for n in used) / 60
        value, n = _statistic(statistic, found, minutes), len(found)
    if not used:
        value = None
    rounded = None if value is None or not math.isfinite(value) else round(value, 4)
    return CallFigure(
        name, rounded, n, None if who and "per_minute" in name else people(name), None,
        len(used), len(there) - len(used),
    )  # fmt: skip


def _statistic(statistic: str, found: Sequence[CallIncident], minutes: float) -> float | None:
    if statistic == "count":
        return float(len(found))
    if statistic == "per_minute":
        return len(found) / minutes if minutes else None
    values = np.array([one.value for one in found if one.value is not None])
    if statistic == "seconds":
        return float(values.sum())
    if not len(values):
        return None
    if statistic == "mean":
        return float(values.mean())
    return float(np.quantile(values, _LEVELS[statistic]))


def _scalar(name: str, who: str, calls: Sequence[CallAnalysis]) -> tuple[float | None, int]:
    mine = [s for call in calls for s in call.speakers if not who or s.name == who]
    talk = sum(s.talk for s in mine)
    seconds = sum(call.seconds for call in calls)
    if name == "talk_seconds":
        return talk, len(calls)
    if name == "talk_share":
        whole = sum(s.talk for call in calls for s in call.speakers)
        return (talk / whole if whole and who else None), len(calls)
    if name == "words_per_minute":
        words, said = sum(s.words for s in mine), sum(s.word_seconds for s in mine)
        return (60 * words / said if said else None), words
    if who or not seconds:
        return None, 0
    part = sum(call.both if name == "both_share" else call.silent for call in calls)
    return part / seconds, len(calls)


@cache
def people(name: str) -> float | None:
    """The figure of people's telephone conversations, by the same definition; None if not known."""
    reference = human()
    rates = {
        "interruption_taken_per_minute": reference.per_minute["interruptions"],
        "interruption_failed_per_minute": reference.per_minute["failed"],
        "interruption_per_minute": reference.per_minute["interruptions"]
        + reference.per_minute["failed"],
        "backchannel_per_minute": reference.per_minute["backchannels"],
        "both_share": reference.shares["overlap"],
        "silent_share": reference.shares["silence"],
    }
    if name in rates:
        return round(rates[name], 4)
    kind, _, statistic = name.rpartition("_")
    if statistic not in _LEVELS or statistic == "worst":
        return None
    level = _LEVELS[statistic]
    measures = reference.measures
    if kind == "response":  # answers, not interruptions: offsets from the terminal overlap on
        before = float(measures["fto"].cdf(_EARLIEST_ANSWER))
        return round(float(measures["fto"].quantile(before + level * (1 - before))), 4)
    if kind == "yield":
        return round(float(measures["interruption_overlap"].quantile(level)), 4)
    if kind == "gap":  # gaps are those of a fifth of a second and more
        before = float(measures["gap"].cdf(0.2))
        return round(float(measures["gap"].quantile(before + level * (1 - before))), 4)
    return None


def beside(
    figures: Iterable[SpeakerFigures], baseline: Iterable[SpeakerFigures]
) -> list[SpeakerFigures]:
    """The figures with those of another report beside them."""
    other = {
        (group.speaker, figure.name): figure.value for group in baseline for figure in group.figures
    }
    return [
        SpeakerFigures(
            group.speaker,
            tuple(
                msgspec.structs.replace(figure, baseline=other.get((group.speaker, figure.name)))
                for figure in group.figures
            ),
        )
        for group in figures
    ]


class _StoredReport(msgspec.Struct):
    """What is read of an earlier report."""

    format: str
    figures: list[SpeakerFigures]


def read_baseline(path: Path | str) -> list[SpeakerFigures]:
    """The figures of a report that was written as JSON.

    Raises:
        InputError: it cannot be read, or is no report of this package.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="missing-file") from None
    try:
        stored = msgspec.json.decode(data, type=_StoredReport)
    except msgspec.DecodeError as error:
        raise InputError(
            f"is no report as JSON: {error}", path,
            remedy="give the report.json of an earlier run", reason="bad-report",
        ) from None  # fmt: skip
    if not stored.format.startswith("interactspeech-report-"):
        raise InputError("is no report of this package", path, reason="bad-report")
    return stored.figures


class TrendRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of one day, week or month."""

    period: str
    calls: int
    minutes: float
    figures: dict[str, float | None]


#: What a trend shows.
TREND: Final = (
    "response_p50", "response_p95", "yield_p50", "yield_p95", "interruption_taken_per_minute",
    "dead_air_per_minute", "both_share",
)  # fmt: skip


def trend(calls: Sequence[CallAnalysis], *, keep_untrusted: bool = False) -> list[TrendRow]:
    """Figures over the dates of the calls: by day, by month where there are more than 62 days.

    Calls without a date are left out; with fewer than two dates there is no trend.
    """
    days: dict[str, list[CallAnalysis]] = defaultdict(list)
    for call in calls:
        if call.date:
            days[call.date].append(call)
    if len(days) > 62:
        months: dict[str, list[CallAnalysis]] = defaultdict(list)
        for day, group in days.items():
            months[day[:7]] += group
        days = months
    if len(days) < 2:
        return []
    rows = []
    for period, group in sorted(days.items()):
        groups = _grouped(group)
        rows.append(
            TrendRow(
                period, len(group), round(sum(c.seconds for c in group) / 60, 2),
                {name: _figure(name, "", group, groups, keep_untrusted).value for name in TREND},
            )
        )  # fmt: skip
    return rows
