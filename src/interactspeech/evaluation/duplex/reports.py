"""Reports of scores: JSON, CSV, JUnit, Markdown and one page that needs nothing beside it.

The same scores give the same bytes: no report holds a time of day, a path of this machine or
anything else that another run would change. Names and words are from others' files: they reach the
page as text, never as markup.
"""

from __future__ import annotations

import csv
import html
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from interactspeech.atomic_files import write_file
from interactspeech.evaluation.duplex.curve import YieldCurve
from interactspeech.evaluation.duplex.curve_plot import curve_svg
from interactspeech.evaluation.duplex.outcomes import EventOutcome
from interactspeech.evaluation.duplex.scores import (
    DuplexMeasure,
    DuplexScores,
    encode_scores,
)
from interactspeech.evaluation.events.metrics import Estimate
from interactspeech.evaluation.fail_conditions import ConditionResult, Verdict

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;
color:#1c2430;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 2rem}td,th{padding:.2rem .7rem;text-align:left;
border-bottom:1px solid #d9dee6}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.bad{color:#b3261e}.good{color:#00695c}small{color:#5d6878}
svg text{font:11px system-ui,sans-serif;fill:currentColor}
@media (prefers-color-scheme:dark){body{color:#e4e9f0;background:#151a21}
td,th{border-color:#333c48}small{color:#98a3b5}.bad{color:#ff8f80}.good{color:#3fd0b0}}
"""


def figure(value: float, digits: int = 3) -> str:
    """A number for a reader; a dash for none."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def interval(measure: DuplexMeasure | Estimate) -> str:
    """A value with its interval, where there is one."""
    text = figure(measure.value)
    if not math.isnan(measure.low):
        text += f" [{measure.low:.2f}, {measure.high:.2f}]"
    return text


def measures_csv(scores: DuplexScores) -> bytes:
    """A row a measure."""
    return _csv(
        ["key", "value", "low", "high", "n", "better", "human", "human_n", "source", "title"],
        (
            [m.key, _cell(m.value), _cell(m.low), _cell(m.high), str(m.n), m.better,
             "" if m.human is None else _cell(m.human), str(m.human_n or ""), m.source, m.title]
            for m in scores.measures
        ),
    )  # fmt: skip


def events_csv(scores: DuplexScores) -> bytes:
    """A row an event: what the system did there."""

    def rows() -> Iterator[list[str]]:
        for item in scores.items:
            for o in item.outcomes:
                yield [
                    item.name, o.kind, _cell(o.start), _cell(o.end), str(o.talking).lower(),
                    _cell(o.stop), _cell(o.yield_latency), _cell(o.answer), _cell(o.answer_latency),
                    "" if o.right is None else str(o.right).lower(), _cell(o.decided), o.cause,
                ]  # fmt: skip

    head = ["item", "kind", "start", "end", "talking", "stop", "yield_latency", "answer",
            "answer_latency", "right", "decided", "cause"]  # fmt: skip
    return _csv(head, rows())


def items_csv(scores: DuplexScores) -> bytes:
    """A row an item: each measure's value on it, notes; items that were lost with their reason."""
    keys = sorted({key for item in scores.items for key in item.values})

    def rows() -> Iterator[list[str]]:
        for item in scores.items:
            cells = [_cell(item.values.get(key)) for key in keys]
            yield [item.name, "scored", item.subset, _cell(item.seconds), "; ".join(item.notes),
                   *cells]  # fmt: skip
        for lost in scores.lost:
            yield [lost.item, lost.reason, "", "", lost.problem, *[""] * len(keys)]

    return _csv(["item", "state", "subset", "seconds", "notes", *keys], rows())


def _csv(head: Sequence[str], rows: Iterator[list[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_defused(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()


def _defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "@", "\t"} else cell


def _cell(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"


def junit(scores: DuplexScores, checked: Sequence[ConditionResult] = ()) -> bytes:
    """JUnit's XML: a case an event, an error an item that was lost, a case a condition."""
    cases: list[tuple[str, str, str]] = []
    for item in scores.items:
        for o in item.outcomes:
            name = f"{item.name} {o.kind} at {o.start:.3f} s"
            if o.right is None:
                cases.append((o.kind, name, "<skipped/>"))
            elif o.right:
                cases.append((o.kind, name, ""))
            else:
                cases.append((o.kind, name, f"<failure message={_attribute(_told(o))}/>"))
    for lost in scores.lost:
        message = _attribute(f"{lost.reason}: {lost.problem}")
        cases.append(("items", lost.item, f"<error message={message}/>"))
    for one in checked:
        body = {
            Verdict.PASS: "",
            Verdict.FAIL: f"<failure message={_attribute(str(one))}/>",
            Verdict.CANNOT_TELL: f"<skipped message={_attribute(str(one))}/>",
        }[one.verdict]
        cases.append(("conditions", one.text, body))
    failures = sum("<failure" in body for _, _, body in cases)
    errors = sum("<error" in body for _, _, body in cases)
    skipped = sum("<skipped" in body for _, _, body in cases)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        (
            f"<testsuite name={_attribute(scores.system)} tests='{len(cases)}' "
            f"failures='{failures}' errors='{errors}' skipped='{skipped}'>"
        ),
    ]
    for group, name, body in cases:
        head = f"  <testcase classname={_attribute(group)} name={_attribute(name)}"
        lines.append(f"{head}>{body}</testcase>" if body else f"{head}/>")
    return ("\n".join([*lines, "</testsuite>"]) + "\n").encode()


def _attribute(text: str) -> str:
    clean = "".join(c if c in "\t\n" or ord(c) >= 32 else "\ufffd" for c in text)
    return quoteattr(clean)


def _told(outcome: EventOutcome) -> str:
    if outcome.kind == "interruption":
        stopped = (
            "not at all" if outcome.yield_latency is None else f"{outcome.yield_latency:.2f} s"
        )
        return f"silent after {stopped}" + (f"; {outcome.cause}" if outcome.cause else "")
    if outcome.talking and outcome.yield_latency is not None:
        return f"fell silent after {outcome.yield_latency:.2f} s"
    if outcome.answer is not None:
        return f"started at {outcome.answer:.2f} s"
    return "did nothing"


def summary_lines(scores: DuplexScores, checked: Sequence[ConditionResult] = ()) -> list[str]:
    """What a terminal shows: how many of how many, the measures, the conditions."""
    lines = [f"{scores.system}: {len(scores.items)} of {scores.total} items scored"]
    shown = [m for m in scores.measures if m.n]
    width = max((len(m.key) for m in shown), default=0)
    for m in shown:
        human = "" if m.human is None else f"   people {figure(m.human)} (n={m.human_n})"
        lines.append(f"  {m.key:<{width}}  {interval(m):<22} n={m.n:<5} {m.title}{human}")
    lines += [f"  {one}" for one in checked]
    return lines


def page(scores: DuplexScores, checked: Sequence[ConditionResult] = ()) -> bytes:
    """One HTML page: the curve, every measure beside people's, contradictions, items, events."""
    parts = [
        f"<h1>{_text(scores.system)}</h1>",
        f"<p>{len(scores.items)} of {scores.total} items scored.</p>",
        curve_svg([YieldCurve(scores.system, (scores.point,), scores.area)]),
        _measure_table(scores),
    ]
    if checked:
        parts.append(_table("Conditions", ["condition", "result"],
                            [[c.text, str(c)] for c in checked]))  # fmt: skip
    if scores.lost:
        rows = [[x.item, x.reason, x.problem, x.remedy] for x in scores.lost]
        parts.append(_table("Not scored", ["item", "reason", "problem", "remedy"], rows))
    noted = [[i.name, n] for i in scores.items for n in i.notes]
    if noted:
        parts.append(_table("Notes", ["item", "note"], noted))
    if scores.contradictions:
        rows = [
            [c.item, f"{c.time:.2f}", c.what, c.one, c.other, c.why] for c in scores.contradictions
        ]
        head = ["item", "at, s", "event", "one", "the other", "why"]
        parts.append(_table("Where measures part", head, rows))
    wrong = [(i, o) for i in scores.items for o in i.outcomes if o.right is False]
    if wrong:
        rows = [[i.name, o.kind, f"{o.start:.2f}", _told(o)] for i, o in wrong]
        parts.append(_table("Events with the wrong behaviour",
                            ["item", "event", "at, s", "the system"], rows))  # fmt: skip
    parts.append(_timelines(scores))
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<meta http-equiv='Content-Security-Policy' content=\"{policy}\">"
        "<meta name='generator' content='interactspeech'>"
        f"<title>{_text(scores.system)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    ).encode()


def _text(value: str) -> str:
    return html.escape(value)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{_text(h)}</th>" for h in head)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<h2>{_text(title)} ({len(rows)})</h2>\n<table><tr>{cells}</tr>\n{body}</table>"


def _measure_table(scores: DuplexScores) -> str:
    rows = []
    for m in scores.measures:
        if not m.n:
            continue
        human = "" if m.human is None else f"{figure(m.human)} <small>n={m.human_n}</small>"
        rows.append(
            f"<tr><td>{_text(m.key)}</td><td>{_text(m.title)}</td>"
            f"<td class='n'>{interval(m)}</td><td class='n'>{m.n}</td><td class='n'>{human}</td>"
            f"<td>{ {'higher': 'up', 'lower': 'down', '': ''}[m.better] }</td>"
            f"<td><small>{_text(m.source)}</small></td></tr>"
        )
    head = (
        "<tr><th>key</th><th>measure</th><th class='n'>value</th><th class='n'>n</th>"
        "<th class='n'>people</th><th>better</th><th>source</th></tr>"
    )
    return f"<h2>Measures</h2>\n<table>{head}\n" + "\n".join(rows) + "</table>"


def _timelines(scores: DuplexScores) -> str:
    """Each item's events in order of time, a line an item: right, wrong, nothing asked."""
    lines = ["<h2>Events by item</h2>"]
    colours = {True: "#00806a", False: "#c2185b", None: "#98a3b5"}
    for item in scores.items:
        if not item.outcomes or item.seconds <= 0:
            continue
        marks = []
        for o in item.outcomes:
            x = 900 * o.start / item.seconds
            width = max(3.0, 900 * (o.end - o.start) / item.seconds)
            label = _text(f"{o.kind} at {o.start:.2f} s: {'right' if o.right else _told(o)}")
            marks.append(
                f"<rect x='{x:.1f}' y='2' width='{width:.1f}' height='12' "
                f"fill='{colours[o.right]}'><title>{label}</title></rect>"
            )
        lines.append(
            f"<div><small>{_text(item.name)}</small><br><svg width='900' height='16' role='img'>"
            f"<line x1='0' y1='8' x2='900' y2='8' stroke='#98a3b5'/>{''.join(marks)}</svg></div>"
        )
    return "\n".join(lines)


def write_reports(
    scores: DuplexScores, folder: Path, checked: Sequence[ConditionResult] = ()
) -> list[Path]:
    """Write scores.json, measures.csv, events.csv, items.csv, junit.xml and report.html."""
    files = {
        "scores.json": encode_scores(scores),
        "measures.csv": measures_csv(scores),
        "events.csv": events_csv(scores),
        "items.csv": items_csv(scores),
        "junit.xml": junit(scores, checked),
        "report.html": page(scores, checked),
    }
    for name, data in files.items():
        write_file(folder / name, data)
    return [folder / name for name in files]


__all__ = [
    "events_csv",
    "figure",
    "interval",
    "items_csv",
    "junit",
    "measures_csv",
    "page",
    "summary_lines",
    "write_reports",
]
