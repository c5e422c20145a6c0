"""The page: one HTML file with its figures, pictures, timelines and sounds; no network, no server.

Everything that comes from a recording, its name or its annotation is untrusted: it is escaped in
the markup, reaches the script as JSON that becomes text, and the content security policy allows no
script and no style but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import html
from importlib import resources
from typing import Any

import interactspeech
from interactspeech.evaluation.calls.analysis import CallAnalysis
from interactspeech.evaluation.calls.excerpts import incident_id, worst_first
from interactspeech.evaluation.calls.incidents import INCIDENTS, CallIncident, IncidentKind
from interactspeech.evaluation.calls.overall import SCALARS, TREND, CallFigure
from interactspeech.evaluation.calls.report import CallReport
from interactspeech.evaluation.calls.tables import label, number, shown
from interactspeech.turntaking.statistics import human
from interactspeech.viewer.page import script_json

MARK = '<meta name="generator" content="interactspeech">'
#: Incidents of a kind that are listed over all calls; the tables hold them all.
_LISTED = 25
#: Histograms: kind, from and to in seconds, and bins.
_CHARTS: tuple[tuple[IncidentKind, float, float, int], ...] = (
    ("response", -0.5, 4.0, 45),
    ("yield", 0.0, 3.0, 30),
)
_COUNTS = (
    "turn_count", "interruption_taken_count", "interruption_failed_count",
    "interruption_per_minute", "backchannel_count", "backchannel_per_minute",
    "dead_air_count", "monologue_count", "question_unanswered_count",
)  # fmt: skip
_LONG = (
    "response", "yield", "talk_over", "gap", "dead_air", "pause", "monologue",
    "interruption_taken", "interruption_failed",
)  # fmt: skip

e = html.escape


def write_html(report: CallReport) -> bytes:
    """The page of a report."""
    style = _asset("report.css")
    program = _asset("report.js")
    sounds = {one.id: place for place, one in enumerate(report.excerpts)}
    policy = (
        f"default-src 'none'; script-src {_hash(program)}; style-src {_hash(style)}; "
        "media-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        MARK,
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{e(report.title)}</title><style>{style}</style></head><body>",
        '<a class="skip" href="#figures">To the figures</a>',
        _head(report),
        "<main>",
        _verdicts(report),
        _trust(report),
        _figures(report),
        _trend(report),
        _incidents(report, sounds),
        _calls(report),
        _lost(report),
        "</main>",
        _foot(report),
        (
            '<section id="player" aria-label="Player" hidden><div><span id="heard" role="status">'
            '</span><audio id="audio" controls></audio>'
            '<button type="button" id="close">Close</button></div></section>'
        ),
        *_data(report, sounds),
        f"<script>{program}</script>",
        "</body></html>",
    ]
    return ("\n".join(part for part in parts if part) + "\n").encode("utf-8", "backslashreplace")


def _asset(name: str) -> str:
    place = resources.files("interactspeech.evaluation.calls") / "assets" / name
    return place.read_text(encoding="utf-8")


def _hash(source: str) -> str:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _speakers(report: CallReport) -> list[str]:
    return [group.speaker for group in report.figures if group.speaker]


def _head(report: CallReport) -> str:
    minutes = sum(call.seconds for call in report.calls) / 60
    ways = list(dict.fromkeys(call.measured_by.split(" (")[0] for call in report.calls))
    by = "; ".join(ways[:3]) + (" ..." if len(ways) > 3 else "")
    return (
        f"<header><h1>{e(report.title)}</h1>"
        f"<p>{len(report.calls):,} {'call' if len(report.calls) == 1 else 'calls'}, "
        f"{minutes:,.1f} min."
        + (f" Events by {e(by)}." if by else "")
        + (f" Beside the report <code>{e(report.baseline)}</code>." if report.baseline else "")
        + "</p></header>"
        '<nav aria-label="Page"><ul>'
        + "".join(
            f'<li><a href="#{key}">{name}</a></li>'
            for key, name in (
                ("trust", "Trust"),
                ("figures", "Figures"),
                *((("trend", "Trend"),) if report.trend else ()),
                ("incidents", "Incidents"),
                ("calls", "Calls"),
                *((("lost", "Not measured"),) if report.ledger.lost else ()),
            )
        )
        + "</ul></nav>"
    )


def _verdicts(report: CallReport) -> str:
    if not report.conditions:
        return ""
    said = {True: ("bad", "Failed"), False: ("good", "Passed"), None: ("open", "Cannot tell")}
    boxes = "".join(
        f'<div class="verdict {said[one.met][0]}"><b>{said[one.met][1]}</b>fails if '
        f"<code>{e(one.text)}</code>: {e(one.because)}</div>"
        for one in report.conditions
    )
    return f'<section aria-label="Conditions"><h2>Conditions</h2>{boxes}</section>'


def _trust(report: CallReport) -> str:
    rows = [(call, finding) for call in report.calls for finding in call.findings]
    out = ['<section id="trust"><h2>Can it be trusted?</h2>']
    if not rows:
        out.append(
            '<div class="verdict good"><b>Yes</b>No crosstalk, echo, music, lost packets, dead, '
            "equal, shifted or swapped channels were found.</div>"
        )
        return "".join(out) + "</section>"
    grave = sum(bool(finding.spoils) for _, finding in rows)
    calls = len({call.id for call, finding in rows if finding.spoils})
    if grave:
        out.append(
            f'<div class="verdict bad"><b>Not all of it</b>{grave} finding(s) in {calls} of '
            f"{len(report.calls)} call(s) spoil figures. Those are withheld for these calls: the "
            "figures below are measured on the others.</div>"
        )
    else:
        out.append(
            '<div class="verdict open"><b>Yes</b>Findings below are worth knowing, and spoil no '
            "figure.</div>"
        )
    body = "".join(
        f'<tr><td class="name"><a href="#{_key(report, call)}">{e(call.id)}</a></td>'
        f'<td>{e(finding.kind)}</td><td class="what">{e(finding.message)}'
        + "".join(
            f' <a href="#{_key(report, call)}@{start:g}">{_clock(start)}</a>'
            for start, _ in finding.spans[:5]
        )
        + f"</td><td>{e(', '.join(finding.spoils)) or 'nothing'}</td>"
        f"<td>{e(finding.remedy)}</td></tr>"
        for call, finding in rows[:200]
    )
    more = f"<p>and {len(rows) - 200:,} more: the JSON has all.</p>" if len(rows) > 200 else ""
    out.append(
        _wide(
            "Findings",
            "<thead><tr><th scope=col>Call</th><th scope=col>Finding</th><th scope=col>What</th>"
            "<th scope=col>Spoils what needs</th><th scope=col>Remedy</th></tr></thead>"
            f"<tbody>{body}</tbody>",
        )
    )
    return "".join(out) + more + "</section>"


def _wide(name: str, table: str) -> str:
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{e(name)}"><table>{table}'
        "</table></div>"
    )


def _figures(report: CallReport) -> str:
    if not report.calls:
        return '<section id="figures"><h2>Figures</h2><p>No call could be measured.</p></section>'
    groups = report.figures
    people = f"People: {human().source}"
    base = "<th scope=col class=n>Baseline, all</th>" if report.baseline else ""
    head = (
        "<thead><tr><th scope=col>Figure</th>"
        + "".join(f"<th scope=col class=n>{_who(report, group.speaker)}</th>" for group in groups)
        + f"<th scope=col class=n>People</th>{base}</tr></thead>"
    )
    body = ""
    for name in (*SCALARS, *_COUNTS):
        figures = [group[name] for group in groups]
        if all(figure.value is None and not figure.left_out for figure in figures):
            continue
        body += (
            f'<tr><th scope="row">{e(label(name))}</th>'
            + "".join(
                f"<td class=n>{_value(figure, note=not i)}</td>" for i, figure in enumerate(figures)
            )
            + f"<td class=n>{number(name, figures[0].people)}</td>"
            + (f"<td class=n>{_against(figures[0])}</td>" if report.baseline else "")
            + "</tr>"
        )
    out = [
        '<section id="figures"><h2>Figures</h2>',
        (
            '<p class="soft">Counted for the one who does it: who interrupts, who answers, who '
            f"stops, who keeps the other waiting. {e(people)}.</p>"
        ),
        _wide("Counts and shares", head + f"<tbody>{body}</tbody>"),
        "<h3>How long</h3>",
        _lengths(report),
        _charts(report),
    ]
    return "".join(out) + "</section>"


def _lengths(report: CallReport) -> str:
    ranked = worst_first(report.calls, keep_untrusted=report.settings.keep_untrusted)
    base = (
        "<th scope=col class=n>Baseline p50</th><th scope=col class=n>Baseline p95</th>"
        if report.baseline else ""
    )  # fmt: skip
    head = (
        "<thead><tr><th scope=col>What</th><th scope=col>Who</th><th scope=col class=n>n</th>"
        "<th scope=col class=n>p50</th><th scope=col class=n>p90</th><th scope=col class=n>p95</th>"
        "<th scope=col class=n>Worst</th><th scope=col class=n>In all</th>"
        f"<th scope=col class=n>People p50</th><th scope=col class=n>People p95</th>{base}</tr>"
        "</thead>"
    )
    body = ""
    for kind in _LONG:
        for group in report.figures:
            count = group[f"{kind}_count"]
            if not count.n and not count.left_out:
                continue
            worst = next(
                ((n, one) for n, one in ranked[kind]
                 if not group.speaker or one.speaker == group.speaker), None,
            )  # fmt: skip
            figures = {s: group[f"{kind}_{s}"] for s in ("p50", "p90", "p95", "worst", "seconds")}
            place = shown(figures["worst"])
            if worst is not None:
                call = report.calls[worst[0]]
                place = f'<a href="#{_key(report, call)}@{worst[1].start:g}">{place}</a>'
            body += (
                f'<tr><th scope="row">{e(INCIDENTS[kind].label)}</th>'  # type: ignore[index]
                f"<td>{_who(report, group.speaker)}</td>"
                f"<td class=n>{shown(count)}</td>"
                f"<td class=n>{_value(figures['p50'], note=not group.speaker)}</td>"
                f"<td class=n>{shown(figures['p90'])}</td>"
                f"<td class=n>{shown(figures['p95'])}</td><td class=n>{place}</td>"
                f"<td class=n>{shown(figures['seconds'])}</td>"
                f"<td class=n>{number('s', figures['p50'].people)}</td>"
                f"<td class=n>{number('s', figures['p95'].people)}</td>"
            )
            if report.baseline:
                body += (
                    f"<td class=n>{_against(figures['p50'])}</td>"
                    f"<td class=n>{_against(figures['p95'])}</td>"
                )
            body += "</tr>"
    return _wide("Lengths", head + f"<tbody>{body}</tbody>")


def _who(report: CallReport, speaker: str) -> str:
    if not speaker:
        return "all"
    place = _speakers(report).index(speaker) % 4
    return f'<span class="who"><span class="dot s{place}"></span>{e(speaker)}</span>'


def _value(figure: CallFigure, *, note: bool = True) -> str:
    text = e(shown(figure))
    if figure.left_out and figure.value is not None and note:
        total = figure.calls + figure.left_out
        text += f' <span class="soft note">({figure.left_out} of {total} calls withheld)</span>'
    return text


def _against(figure: CallFigure) -> str:
    if figure.baseline is None:
        return "-"
    text = number(figure.name, figure.baseline)
    if figure.value is None or figure.value == figure.baseline:
        return text
    sign = "+" if figure.value > figure.baseline else "-"
    change = number(figure.name, abs(figure.value - figure.baseline))
    return f'{text} <span class="soft">(now {sign}{change})</span>'


def _charts(report: CallReport) -> str:
    out = []
    ranked = worst_first(report.calls, keep_untrusted=report.settings.keep_untrusted)
    for kind, low, high, bins in _CHARTS:
        for place, who in enumerate(_speakers(report)):
            values = [
                one.value for _, one in ranked[kind] if one.speaker == who and one.value is not None
            ]
            if len(values) >= 3:
                out.append(_chart(report, kind, who, place % 4, values, (low, high, bins)))
    return f'<h3>Distributions</h3><div class="charts">{"".join(out)}</div>' if out else ""


def _chart(
    report: CallReport, kind: IncidentKind, who: str, place: int, values: list[float],
    axis: tuple[float, float, int],
) -> str:  # fmt: skip
    low, high, bins = axis
    counts = [0] * bins
    for value in values:
        at = int((min(max(value, low), high - 1e-9) - low) / (high - low) * bins)
        counts[at] += 1
    width, height, foot = 360, 110, 16
    top = max(counts)

    def x(seconds: float) -> float:
        return (min(max(seconds, low), high) - low) / (high - low) * width

    bars = "".join(
        f'<rect class="bar b{place}" x="{i * width / bins + 0.5:.1f}" '
        f'y="{height - foot - n / top * (height - foot - 12):.1f}" '
        f'width="{width / bins - 1:.1f}" height="{n / top * (height - foot - 12):.1f}"/>'
        for i, n in enumerate(counts) if n
    )  # fmt: skip
    ticks = "".join(
        f'<text x="{x(t):.1f}" y="{height - 3}" text-anchor="middle">{t:g}</text>'
        for t in range(int(low), int(high) + 1) if low < t < high
    )  # fmt: skip
    figures = {s: report.table[who, f"{kind}_{s}"] for s in ("p50", "p95")}
    marks = "".join(
        f'<line class="mark" x1="{x(f.value):.1f}" x2="{x(f.value):.1f}" y1="0" '
        f'y2="{height - foot}"/><text x="{x(f.value) + 3:.1f}" '
        f'y="{10 if s == "p95" else 22}">{s}</text>'
        for s, f in figures.items() if f.value is not None
    )  # fmt: skip
    persons = figures["p50"].people
    dashed = (
        f'<line class="people" x1="{x(persons):.1f}" x2="{x(persons):.1f}" y1="0" '
        f'y2="{height - foot}"/>' if persons is not None else ""
    )  # fmt: skip
    said = (
        f"{INCIDENTS[kind].label} of {who}: {len(values)} values, median "
        f"{shown(figures['p50'])}, 95 % below {shown(figures['p95'])}"
    )
    return (
        f"<figure><figcaption>{e(INCIDENTS[kind].label)}, {_who(report, who)}, s "
        f'<span class="soft">(n = {len(values):,}; dashed: people\'s median)</span></figcaption>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{e(said)}">'
        f'<line class="axis" x1="0" x2="{width}" y1="{height - foot}" y2="{height - foot}"/>'
        f"{bars}{dashed}{marks}{ticks}</svg></figure>"
    )


def _trend(report: CallReport) -> str:
    if not report.trend:
        return ""
    lines = "".join(_spark(report, name) for name in TREND[:5])
    head = (
        "<thead><tr><th scope=col>Period</th><th scope=col class=n>Calls</th>"
        "<th scope=col class=n>Minutes</th>"
        + "".join(f"<th scope=col class=n>{e(label(name))}</th>" for name in TREND)
        + "</tr></thead>"
    )
    body = "".join(
        f'<tr><th scope="row" class="who">{e(row.period)}</th><td class=n>{row.calls:,}</td>'
        f"<td class=n>{row.minutes:,.1f}</td>"
        + "".join(f"<td class=n>{number(name, row.figures[name])}</td>" for name in TREND)
        + "</tr>"
        for row in report.trend
    )
    return (
        f'<section id="trend"><h2>Trend</h2><div class="charts">{lines}</div>'
        + _wide("Trend", head + f"<tbody>{body}</tbody>")
        + "</section>"
    )


def _spark(report: CallReport, name: str) -> str:
    points = [(i, row.figures[name]) for i, row in enumerate(report.trend)]
    there = [(i, v) for i, v in points if v is not None]
    if len(there) < 2:
        return ""
    width, height = 360, 70
    values = [v for _, v in there]
    low, high = min(0.0, *values), max(values) or 1.0
    steps = max(len(points) - 1, 1)
    path = " ".join(
        f"{8 + i / steps * (width - 16):.1f},"
        f"{height - 6 - (v - low) / (high - low or 1) * (height - 20):.1f}"
        for i, v in there
    )
    said = f"{label(name)}: {number(name, values[0])} to {number(name, values[-1])}"
    return (
        f"<figure><figcaption>{e(label(name))}: {number(name, values[0])} to "
        f"{number(name, values[-1])}</figcaption>"
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{e(said)}">'
        f'<polyline class="line" points="{path}"/></svg></figure>'
    )


def _incidents(report: CallReport, sounds: dict[str, int]) -> str:
    out = ['<section id="incidents"><h2>Incidents</h2>']
    ranked = worst_first(report.calls, keep_untrusted=report.settings.keep_untrusted)
    for kind, info in INCIDENTS.items():
        rows = ranked[kind]
        if not info.notable or not rows:
            continue
        some = f", the {_LISTED} longest" if len(rows) > _LISTED else ""
        body = "".join(_row(report, number_, one, sounds) for number_, one in rows[:_LISTED])
        opened = " open" if kind in ("yield", "dead_air") else ""
        out.append(
            f'<details id="kind-{kind}"{opened}><summary>{e(info.label)} '
            f'<span class="soft">{len(rows):,}{some}</span></summary>'
            f'<p class="soft">Who: who {e(info.speaker)}. Seconds: {e(info.value)}.</p>'
            + _wide(
                info.label,
                "<thead><tr><th scope=col class=n>Seconds</th><th scope=col>Who</th>"
                "<th scope=col>Whom</th><th scope=col>Where</th><th scope=col>Said</th>"
                f"<th scope=col>Listen</th></tr></thead><tbody>{body}</tbody>",
            )
            + "</details>"
        )
    if len(out) == 1:
        out.append("<p>None.</p>")
    return "".join(out) + "</section>"


def _row(report: CallReport, place: int, one: CallIncident, sounds: dict[str, int]) -> str:
    call = report.calls[place]
    button = ""
    name = incident_id(call.id, one)
    if name in sounds:
        what = f"{INCIDENTS[one.kind].label}, {one.speaker}"
        label_ = f"Play {what} in {call.id} at {_clock(one.start)}"
        button = (
            f'<button type="button" data-sound="{sounds[name]}" data-what="{e(what)}" '
            f'aria-pressed="false" aria-label="{e(label_)}">'
            "Play</button>"
        )
    partner = _who(report, one.partner) if one.partner in _speakers(report) else e(one.partner)
    seconds = "" if one.value is None else f"{one.value:.2f}"
    return (
        f"<tr><td class=n>{seconds}</td><td>{_who(report, one.speaker)}</td><td>{partner}</td>"
        f'<td class="name"><a href="#{_key(report, call)}@{one.start:g}">{e(call.id)} '
        f'{_clock(one.start)}</a></td><td class="said">{e(one.text)}</td><td>{button}</td></tr>'
    )


def _calls(report: CallReport) -> str:
    if not report.calls:
        return ""
    out = ['<section id="calls"><h2>Calls</h2>']
    for place, call in enumerate(report.calls):
        grave = sum(bool(finding.spoils) for finding in call.findings)
        trusted = f'<b class="bad">{grave} finding(s)</b> ' if grave else ""
        count = sum(INCIDENTS[one.kind].notable for one in call.incidents)
        shares = ", ".join(f"{e(s.name)} {s.talk:.0f} s" for s in call.speakers)
        out.append(
            f'<details id="call-{place}" data-call="call-data-{place}"><summary>{trusted}'
            f'{e(call.id)} <span class="soft">{e(call.date)} {_clock(call.seconds)}, '
            f"{shares}, {count:,} incidents</span></summary>"
            '<div class="call"></div></details>'
        )
    return "".join(out) + "</section>"


def _lost(report: CallReport) -> str:
    if not report.ledger.lost and not report.notes:
        return ""
    rows = "".join(
        f"<tr><td>{e(reason)}</td><td class=n>{losses.count:,}</td><td>"
        + "<br>".join(e(str(loss)) for loss in losses.examples)
        + "</td></tr>"
        for reason, losses in sorted(report.ledger.dropped.items())
    )
    table = (
        _wide(
            "Not measured",
            "<thead><tr><th scope=col>Reason</th><th scope=col class=n>Count</th>"
            f"<th scope=col>Which, and what to do</th></tr></thead><tbody>{rows}</tbody>",
        )
        if rows else "<p>Every recording was measured.</p>"
    )  # fmt: skip
    notes = "".join(f"<li>{e(note)}</li>" for note in report.notes[:100])
    return (
        f'<section id="lost"><h2>Not measured</h2>{table}'
        + (f"<h3>Notes</h3><ul>{notes}</ul>" if notes else "")
        + "</section>"
    )


def _foot(report: CallReport) -> str:
    settings = report.settings
    return (
        f"<footer><p>interactspeech {e(interactspeech.__version__)}. Dead air: silence of both "
        f"from {settings.dead_air:g} s. Monologue: from {settings.monologue:g} s. A question is "
        f"unanswered after {settings.answer:g} s. Definitions: docs/framework.md and "
        "docs/calls.md of the package.</p></footer>"
    )


def _data(report: CallReport, sounds: dict[str, int]) -> list[str]:
    kinds = [
        [kind, {"label": info.label, "notable": info.notable}] for kind, info in INCIDENTS.items()
    ]
    found = [_script("kinds", kinds)]
    found += [
        _script(f"call-data-{place}", _call_data(call, sounds))
        for place, call in enumerate(report.calls)
    ]
    found += [
        _script(f"sound-{place}", {"start": one.start, "media": one.media, "data": one.data})
        for place, one in enumerate(report.excerpts)
    ]
    return found


def _script(name: str, value: object) -> str:
    return f'<script type="application/json" id="{name}">{script_json(value)}</script>'


def _call_data(call: CallAnalysis, sounds: dict[str, int]) -> dict[str, Any]:
    spoilt = call.withheld
    return {
        "id": call.id,
        "seconds": call.seconds,
        "by": call.measured_by,
        "files": list(call.files),
        "speakers": [
            {"name": s.name, "channel": s.channel, "spans": list(s.spans)} for s in call.speakers
        ],
        "loudness": list(call.loudness),
        "findings": [
            {
                "kind": f.kind, "message": f.message, "remedy": f.remedy,
                "spoils": list(f.spoils) or None,
            }
            for f in call.findings
        ],
        "incidents": [
            [
                one.kind, one.start, one.end, one.speaker, one.partner, one.value, one.text,
                sounds.get(incident_id(call.id, one), -1),
            ]
            for one in call.incidents
            if INCIDENTS[one.kind].notable and one.kind not in spoilt
        ],
    }  # fmt: skip


def _key(report: CallReport, call: CallAnalysis) -> str:
    return f"call-{report.places[call.id]}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(seconds, 0.0), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
