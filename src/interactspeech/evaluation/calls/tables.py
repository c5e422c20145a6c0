"""A report as files for other tools: JSON, CSV, Parquet, JUnit, Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from interactspeech.evaluation.calls.excerpts import incident_id, worst_first
from interactspeech.evaluation.calls.incidents import INCIDENTS
from interactspeech.evaluation.calls.overall import SCALARS, CallFigure
from interactspeech.evaluation.calls.report import CallReport

#: Columns of the table of incidents.
COLUMNS = (
    "id", "call", "kind", "speaker", "partner", "start_seconds", "end_seconds", "value_seconds",
    "probability", "withheld_because", "text",
)  # fmt: skip
#: What the summary shows, in order.
SUMMARY = (
    "talk_share", "response_p50", "response_p95", "yield_p50", "yield_p95",
    "interruption_taken_per_minute", "interruption_failed_per_minute", "backchannel_per_minute",
    "dead_air_count", "talk_over_seconds", "monologue_count", "words_per_minute",
    "question_unanswered_count",
)  # fmt: skip


def rows(report: CallReport) -> list[tuple[Any, ...]]:
    """The incidents of all calls, a row each; see `COLUMNS`."""
    found = []
    for call in report.calls:
        spoilt = call.withheld
        found += [
            (
                incident_id(call.id, one), call.id, one.kind, one.speaker, one.partner, one.start,
                one.end, one.value, one.sure, " ".join(spoilt.get(one.kind, ())), one.text,
            )
            for one in call.incidents
        ]  # fmt: skip
    return found


def as_csv(report: CallReport) -> bytes:
    """The incidents as CSV; a cell that a spreadsheet would take for a formula gets a quote."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(report):
        writer.writerow([_cell(value) for value in row])
    return buffer.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def as_parquet(report: CallReport) -> bytes:
    """The incidents as Parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = [pa.string()] * 5 + [pa.float64()] * 4 + [pa.string()] * 2
    columns = list(zip(*rows(report), strict=True)) or [()] * len(COLUMNS)
    table = pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)],
        names=list(COLUMNS),
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def as_json(report: CallReport) -> bytes:
    """Everything but sound and pictures."""
    text = json.dumps(report.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def as_junit(report: CallReport) -> bytes:
    """A test case for each condition and for each call's recording."""
    cases = []
    for one in report.conditions:
        inner = ""
        if one.met:
            inner = f"<failure message={_attribute(one.because)}/>"
        elif one.met is None:
            inner = f"<error message={_attribute('cannot tell: ' + one.because)}/>"
        cases.append(("conditions", one.text, inner))
    for call in report.calls:
        grave = [finding.message for finding in call.findings if finding.spoils]
        inner = f"<skipped message={_attribute('; '.join(grave))}/>" if grave else ""
        cases.append(("recordings", call.id, inner))
    for reason, losses in sorted(report.ledger.dropped.items()):
        for loss in losses.examples:
            name = loss.file or reason
            cases.append(("recordings", name, f"<error message={_attribute(str(loss))}/>"))
    return _suite(cases)


def pins_as_junit(pins: Sequence[Mapping[str, Any]]) -> bytes:
    """A test case for each pin: its `id`, `state` and `because`."""
    kinds = {"red": "failure", "unknown": "error"}
    cases = []
    for pin in pins:
        kind = kinds.get(str(pin["state"]))
        inner = f"<{kind} message={_attribute(str(pin['because']))}/>" if kind else ""
        cases.append(("pins", str(pin["id"]), inner))
    return _suite(cases)


def _suite(cases: Sequence[tuple[str, str, str]]) -> bytes:
    body = "\n".join(
        f"  <testcase classname={_attribute(group)} name={_attribute(name)}>{inner}</testcase>"
        for group, name, inner in cases
    )
    counts = {
        what: sum(inner.startswith(f"<{what}") for *_, inner in cases)
        for what in ("failure", "error", "skipped")
    }
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="interactspeech report" tests="{len(cases)}" '
        f'failures="{counts["failure"]}" errors="{counts["error"]}" '
        f'skipped="{counts["skipped"]}">\n{body}\n</testsuite>\n'
    ).encode("utf-8", "backslashreplace")


def _attribute(text: str) -> str:
    return quoteattr("".join(c if c >= " " and c not in "\ufffe\uffff" else " " for c in text))


def as_markdown(report: CallReport) -> bytes:
    """A summary for a pull request."""
    minutes = sum(call.seconds for call in report.calls) / 60
    lines = [f"## {_plain(report.title)}: {len(report.calls):,} calls, {minutes:,.1f} min", ""]
    for one in report.conditions:
        said = {True: "FAILED", False: "passed", None: "cannot tell"}[one.met]
        lines.append(f"- **{said}** `{_plain(one.text)}`: {_plain(one.because)}")
    if report.conditions:
        lines.append("")
    groups = report.figures
    head = ["figure", *(_plain(g.speaker) or "all" for g in groups), "people"]
    if report.baseline:
        head.append("all, baseline")
    lines += [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    for name in SUMMARY:
        figures = [group[name] for group in groups]
        if all(figure.value is None and not figure.left_out for figure in figures):
            continue
        cells = [
            label(name),
            *(shown(figure) for figure in figures),
            number(name, groups[0][name].people),
        ]
        if report.baseline:
            cells.append(number(name, groups[0][name].baseline))
        lines.append(f"| {' | '.join(cells)} |")
    grave = [(call.id, f) for call in report.calls for f in call.findings if f.spoils]
    if grave:
        lines += ["", f"{len(grave)} finding(s) for which figures are withheld:", ""]
        lines += [f"- {_plain(who)}: {_plain(f.message)}" for who, f in grave[:20]]
    if report.ledger.lost:
        lines += ["", f"{report.ledger.lost} recording(s) not measured:", ""]
        lines += [
            f"- {_plain(str(loss))}"
            for losses in report.ledger.dropped.values()
            for loss in losses.examples
        ]
    worst = _worst(report)
    if worst:
        lines += ["", "Worst:", "", *worst]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _worst(report: CallReport) -> Sequence[str]:
    lines = []
    ranked = worst_first(report.calls, keep_untrusted=report.settings.keep_untrusted)
    for kind in ("response", "yield", "dead_air", "talk_over"):
        if ranked[kind]:
            number_, one = ranked[kind][0]
            lines.append(
                f"- {INCIDENTS[kind].label}: {one.value:.2f} s, {_plain(one.speaker)} in "
                f"`{_plain(incident_id(report.calls[number_].id, one))}`"
            )
    return lines


def _plain(text: str) -> str:
    """Text that stays text in Markdown, in one line."""
    flat = " ".join(text.split())
    for sign in "\\`*_[]<>|#":
        flat = flat.replace(sign, f"\\{sign}") if sign not in "<>" else flat
    return escape(flat)


def label(name: str) -> str:
    """A figure's name for people."""
    if name in SCALARS:
        return SCALARS[name][0]
    for kind, info in INCIDENTS.items():
        if name.startswith(f"{kind}_"):
            return f"{info.label}, {_STATISTICS[name[len(kind) + 1 :]]}"
    return f"Interruptions, {_STATISTICS[name.split('_', 1)[1]]}"


_STATISTICS = {
    "count": "number",
    "per_minute": "a minute",
    "p50": "median",
    "p90": "90 % are below",
    "p95": "95 % are below",
    "worst": "longest",
    "mean": "mean",
    "seconds": "in all",
}


def number(name: str, value: float | None) -> str:
    """A figure's value with its unit."""
    if value is None:
        return "-"
    if name.endswith("_share"):
        return f"{100 * value:.1f} %"
    if name.endswith("_count"):
        return f"{value:,.0f}"
    if name.endswith("per_minute"):
        return f"{value:,.0f}" if name.startswith("words") else f"{value:,.2f}"
    if name == "talk_seconds" or value >= 100:
        return f"{value:,.0f} s"
    return f"{value:,.2f} s"


def shown(figure: CallFigure) -> str:
    """A figure's value, or that it is withheld."""
    if figure.value is None and figure.left_out:
        return "withheld"
    return number(figure.name, figure.value)
