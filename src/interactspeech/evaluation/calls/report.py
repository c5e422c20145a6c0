"""A finished report: calls, figures, conditions, what could not be measured; its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

import interactspeech
from interactspeech.evaluation.calls.analysis import CallAnalysis
from interactspeech.evaluation.calls.conditions import FigureTable, figure_lookup
from interactspeech.evaluation.calls.excerpts import Excerpt, incident_id
from interactspeech.evaluation.calls.overall import (
    SpeakerFigures,
    TrendRow,
    beside,
    measure,
    trend,
)
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.evaluation.fail_conditions import ConditionResult, FailCondition
from interactspeech.ledger import Ledger

FORMAT = "interactspeech-report-1"
#: Exit codes of a report: see docs/calls.md.
PASSED, FAILED, UNKNOWN = 0, 1, 2


@dataclass(frozen=True, repr=False)
class CallReport:
    """Calls, measured.

    Attributes:
        calls: in the order of the inputs.
        figures: of all speakers together (speaker ""), then of each.
        settings: by which they were measured.
        ledger: how many calls were measured, and which were not and why.
        notes: what is unusual about the inputs.
        conditions: that were asked for.
        trend: figures over dates, where calls have dates.
        excerpts: sound around incidents, where it was asked for.
        baseline: name of the report that figures stand beside.
        title: of the page.
    """

    calls: tuple[CallAnalysis, ...]
    figures: tuple[SpeakerFigures, ...]
    settings: ReportSettings
    ledger: Ledger
    notes: tuple[str, ...] = ()
    conditions: tuple[ConditionResult, ...] = ()
    trend: tuple[TrendRow, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    baseline: str = ""
    title: str = "Calls"

    @cached_property
    def table(self) -> FigureTable:
        """(speaker or "", name) -> figure."""
        return {(g.speaker, f.name): f for g in self.figures for f in g.figures}

    @cached_property
    def places(self) -> dict[str, int]:
        """Id of a call -> its number."""
        return {call.id: place for place, call in enumerate(self.calls)}

    def __getitem__(self, name: str) -> float | None:
        """The value of a figure: ``report["yield_p95"]``, ``report["agent.talk_share"]``."""
        speaker, _, figure = name.rpartition(".")
        found: float | None = self.table[speaker, figure].value
        return found

    @property
    def exit_code(self) -> int:
        """0: passed; 1: a condition is met, or calls were lost; 2: a condition cannot be told.

        A lost call leaves every condition that is not met open.
        """
        met = [result.met for result in self.conditions]
        if True in met:
            return FAILED
        if met:
            return UNKNOWN if None in met or self.ledger.lost else PASSED
        return FAILED if self.ledger.lost or not self.calls else PASSED

    def to_dict(self) -> dict[str, Any]:
        """Everything but sound and pictures, as plain JSON values."""
        calls = []
        for call in self.calls:
            bare = tuple(msgspec.structs.replace(s, spans=(), voice="") for s in call.speakers)
            plain = msgspec.to_builtins(
                msgspec.structs.replace(call, loudness=(), bleeps=(), fingerprint="", speakers=bare)
            )
            for incident, row in zip(call.incidents, plain.get("incidents", ()), strict=True):
                row["id"] = incident_id(call.id, incident)
            plain["withheld"] = {kind: list(why) for kind, why in call.withheld.items()}
            calls.append(plain)
        return {
            "format": FORMAT,
            "generator": interactspeech.__version__,
            "settings": msgspec.to_builtins(self.settings),
            "figures": msgspec.to_builtins(self.figures),
            "baseline": self.baseline,
            "conditions": [
                {"text": one.text, "met": one.met, "because": one.because}
                for one in self.conditions
            ],
            "exit_code": self.exit_code,
            "trend": msgspec.to_builtins(self.trend),
            "calls": calls,
            "not_measured": self.ledger.to_json(),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        minutes = sum(call.seconds for call in self.calls) / 60
        found = sum(len(call.findings) for call in self.calls)
        lost = f", {self.ledger.lost:,} not measured" if self.ledger.lost else ""
        return (
            f"CallReport({len(self.calls):,} calls, {minutes:,.1f} min, {found:,} findings{lost})"
        )


def make_report(
    calls: Sequence[CallAnalysis],
    settings: ReportSettings,
    ledger: Ledger,
    *,
    notes: Sequence[str] = (),
    conditions: Sequence[FailCondition] = (),
    coverage: float = 1.0,
    baseline: tuple[str, Sequence[SpeakerFigures]] | None = None,
    excerpts: Sequence[Excerpt] = (),
    title: str = "Calls",
) -> CallReport:
    """The report of measured calls.

    Raises:
        UsageError: a condition names a speaker whom no call has.
    """
    figures = measure(calls, keep_untrusted=settings.keep_untrusted)
    if baseline is not None:
        figures = beside(figures, baseline[1])
    table = {(g.speaker, f.name): f for g in figures for f in g.figures}
    return CallReport(
        tuple(calls), tuple(figures), settings, ledger, tuple(notes),
        tuple(one.check(figure_lookup(table, coverage)) for one in conditions),
        tuple(trend(calls, keep_untrusted=settings.keep_untrusted)), tuple(excerpts),
        baseline[0] if baseline is not None else "", title,
    )  # fmt: skip
