"""Writes the page of `bench_calls.py` from what is kept in docs/bench/calls.json."""

import platform
import time

from calls_made import ATTEMPTS, CONDITIONS
from calls_scoring import DOUBTFUL, DOUBTFUL_SILENCE, NEAR, TRUTH


def listed(counts):
    """Counted causes in words, the most frequent first."""
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return ", ".join(f"{name} {count}" for name, count in rows) or "none"


def cell(row):
    if row is None:
        return "- | - | - | - | -"
    low, high = row["interval"]
    error = "-" if row["error_p50"] is None else f"{1000 * row['error_p50']:.0f}"
    worse = "-" if row["error_p90"] is None else f"{1000 * row['error_p90']:.0f}"
    parts = ["-" if row[k] is None else f"{row[k]:.2f}" for k in ("precision", "recall")]
    return f"{parts[0]} | {parts[1]} | {row['f1']:.2f} [{low:.2f}, {high:.2f}] | {error} | {worse}"


LABELS = {
    "interruption": "interruptions, taken or failed", "taken": "interruptions that take the floor",
    "yield": "yields (latency)", "response": "responses (latency)", "dead_air": "dead air, 2 s and more",
    "backchannel": "backchannels",
}  # fmt: skip


def aims(found):
    """What was aimed at, and what of it is missed."""
    lines = []
    for name, goal in (("clean", 0.90), ("telephone", 0.80)):
        if name in found:
            f1 = found[name]["systems"]["interactspeech"]["interruption"]["f1"]
            said = "reached" if f1 >= goal else "missed"
            lines.append(f"- interruptions, F1 of {goal:.2f} {name}: {said}, {f1:.2f}")
    others = []
    for name, row in found.items():
        ours = row["systems"]["interactspeech"]
        for system, table in row["systems"].items():
            if not system.startswith("interactspeech"):
                others += [
                    f"{LABELS[kind]}, {name}: {system} {theirs['f1']:.2f}, here {ours[kind]['f1']:.2f}"
                    for kind, theirs in table.items() if theirs["f1"] >= ours[kind]["f1"] and theirs["n"] and ours[kind]["f1"] < 1
                ]  # fmt: skip
    lines.append(
        "- better than both others in F1 on every row: "
        + ("reached" if not others else "missed: " + "; ".join(others))
    )
    late = [
        f"{LABELS[kind]}, {name}: {1000 * one['error_p50']:.0f} ms"
        for name, row in found.items() for kind, one in row["systems"]["interactspeech"].items()
        if kind in ("yield", "response") and (one["error_p50"] or 0) > 0.06
    ]  # fmt: skip
    lines.append(
        "- latencies within 60 ms (median): "
        + ("reached" if not late else "missed: " + "; ".join(late))
    )
    return ["## Aims", "", *lines, ""] if found else []


def page(kept) -> str:
    lines = ["# Reports on calls, measured", "", (
        "Written by `python bench/bench_calls.py --write`, Python "
        f"{platform.python_version()}, {platform.machine()}, {time.strftime('%Y-%m-%d')}."
    ), ""]  # fmt: skip
    order = (*CONDITIONS, *ATTEMPTS, "real")
    found = dict(sorted(kept.get("incidents", {}).items(), key=lambda pair: order.index(pair[0])))
    for row in found.values():
        ours_first = sorted(
            row["systems"].items(), key=lambda pair: (not pair[0].startswith("inter"), pair[0])
        )
        row["systems"] = dict(ours_first)
    if found:
        size = ", ".join(
            f"{name} {row['calls']} calls, {row['minutes']:.0f} min" for name, row in found.items()
        )
        lines += [
            (f"{size}. The made calls are dialogues of DialogSum in voices of hibari that the listener was not trained "
            "on. One definition holds for all ([the framework](../framework.md)): the rule set on true activity, where feedback "
            "is what the record plans as feedback. `real` are labelled recordings of people: hand-marked activity, and "
            "feedback as it was marked; what was marked as doubtful counts neither way. `attempts` are the same dialogues in "
            "which attempts to take the floor that fail are short, as people's are: those of ICSI's meetings by their dialogue "
            'acts ("so", "well", "but first of"), from meetings that the decision was not fitted on, and more of them; those of the made calls are longer ("and a pulmonary specialist"). An incident is '
            f"found if one of the same speaker begins within {NEAR:g} s. Talk of both for {DOUBTFUL[0]:g} to {DOUBTFUL[1]:g} s, at the border of what an interruption is, counts neither way, and neither do silences of {DOUBTFUL_SILENCE[0]:g} to {DOUBTFUL_SILENCE[1]:g} s. Errors are those of the incident's seconds "
            "(milliseconds, of those found). Brackets: 95 % of a bootstrap over calls. call-ai-metrics was set to the same "
            "quarter second of overlap (`grace_s=0.25`; its default of half a second finds fewer); hotato scans with "
            "either channel as the agent's, and its overlaps of at most a quarter second are left out. Both work on energy "
            "and know no words; neither lists backchannels, nor tells taken from failed interruptions."),
            "",
        ]  # fmt: skip
        for name, row in found.items():
            lines += [
                f"## {name}", "", *([row["note"], ""] if row.get("note") else []),
                "| incident | n | system | precision | recall | F1 | error p50, ms | p90, ms |",
                "|---|---:|---|---:|---:|---:|---:|---:|",
            ]  # fmt: skip
            for kind, label in LABELS.items():
                for system, table in row["systems"].items():
                    if kind in table:
                        lines.append(
                            f"| {label} | {table[kind]['n']} | {system} | {cell(table[kind])} |"
                        )
            said = ", ".join(f"{k} in {v}" for k, v in sorted(row["findings"].items())) or "none"
            held = ", ".join(f"{k} in {v}" for k, v in sorted(row["withheld"].items())) or "none"
            refused = ", ".join(
                f"{system} {table['interruption']['refused']}" for system, table in row["systems"].items()
                if table["interruption"]["refused"]
            )  # fmt: skip
            lines += ["", f"Findings of the report: {said}. Figures withheld (above they are scored all the same): {held}."
                      + (f" Calls refused: {refused}." if refused else ""), ""]  # fmt: skip
            for system, (missed, wrong) in row.get("causes", {}).items():
                lines += [
                    f"Interruptions by {system}: missed: {listed(missed)}; wrong: {listed(wrong)}.",
                    "",
                ]
            if row.get("truth") != TRUTH:
                lines += [("Measured on an earlier build of these calls, when no silence counted neither way: not to be compared with "
                           "the other conditions."), ""]  # fmt: skip
    lines += aims(found)
    if "defects" in kept:
        lines += [
            "## Defects", "", ("Each put into clean calls with a faint noise floor: crosstalk and echo at -14 dB (200 ms), "
            "a channel 3 s late, ten seconds of a chord, two of a tone, 5 % of 20 ms frames lost or repeated. Others: what "
            "else was said of the same calls."), "",
            "| defect | calls | found | with figures withheld | other findings |", "|---|---:|---:|---:|---|",
        ]  # fmt: skip
        for name, row in kept["defects"].items():
            others = ", ".join(f"{k} {v}" for k, v in sorted(row["others"].items())) or "-"
            hits = "-" if name == "none" else f"{row['found']}"
            lines.append(f"| {name} | {row['calls']} | {hits} | {row['withheld']} | {others} |")
        lines.append("")
    if "late" in kept:
        lines += ["## A late channel", "", (
            "By the true timing of the calls, and by the utterances of consultations of a doctor and a patient: either channel made "
            "late in turn. A lag is told where no other fits nearly as well; right is the right channel within .5 s. In "
            "shorter calls, with little talk or few turns of a speaker, several lags fit, and nothing is said."
        ), "", "| timing | median minutes | late by, s | calls | found | lag told | rightly |", "|---|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
        for name, part in kept["late"].items():
            for seconds, row in part["rows"].items():
                said = f"{row['told']} | {row['right']}" if seconds != "0" else f"{row['told']} | -"
                lines.append(
                    f"| {name} | {part['minutes']:.1f} | {seconds} | {row['calls']} | {row['found']} | {said} |"
                )
        lines.append("")
    if "pin" in kept:
        lines += ["## A pinned incident", "", ("The fresh recording is the same call, in which the one who is interrupted "
                  "stops after 0.3 s."), "", "```"]  # fmt: skip
        for row in kept["pin"]:
            lines += [f"$ {row['command']}", *row["said"].splitlines(), f"exit code {row['code']}"]
        lines += ["```", ""]
    if "speed" in kept:
        row = kept["speed"]
        lines += [
            "## Speed and memory", "",
            (f"A call of {row['minutes']} min on two channels, from file to page, one process: {row['cpu']:.0f} s of "
            f"processor time, {row['times']:.0f} times real time, {row['peak']} MB at most; {row['incidents']:,} incidents, a "
            f"page of {row['page'] / 1e6:.1f} MB."), "",
        ]  # fmt: skip
    if "opening" in kept:
        row = kept["opening"]
        lines += [
            "## Opening the page", "",
            (f"The page of a call of an hour ({row['incidents']:,} incidents, {row['page'] / 1e6:.1f} MB, from disk) in a headless "
            f"Chromium, {row['times']} times: first paint after {row['paint']:.2f} s (median), everything there and the timeline drawn at a linked incident "
            f"after {row['drawn']:.2f} s (median; {row['worst']:.2f} s at worst), of which {row['own']:.2f} s "
            "are work of the page's own thread. The bar is 1 s."), "",
        ]  # fmt: skip
    return "\n".join(lines)
