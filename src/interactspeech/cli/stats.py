"""`interactspeech stats`: the timing of conversations, beside people's or other conversations'."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from interactspeech.cli.conversations import (
    ReadingOptions,
    gather,
    reading_options,
    rules_of,
    rules_options,
    show_report,
)

if TYPE_CHECKING:
    from interactspeech.turntaking.statistics import Comparison, Statistics


@click.command("stats")
@reading_options
@click.option(
    "--compare",
    "others",
    multiple=True,
    default=("human",),
    metavar="human|FILES",
    help="What stands beside: 'human' (1,155 telephone calls), or files, folders, corpora; may be "
    "given several times for several files. [human]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write statistics.md, statistics.json, conversations.csv and plots here.",
)
@rules_options
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(
    files: tuple[str, ...], from_format: str | None, rate: int | None, group: str | None,
    skip_bad: bool, quiet: bool, others: tuple[str, ...], output: Path | None, rules_name: str,
    bridge: float | None, backchannels: str, as_json: bool,
) -> None:  # fmt: skip
    """Measure the timing of conversations and compare it with people's.

    Offsets between turns, pauses, gaps, overlaps, backchannels and interruptions: quartiles, rates
    a minute, shares of the time, and how far each distribution is from the other side's
    (Kolmogorov-Smirnov, Wasserstein-1 in seconds, Jensen-Shannon in bits; 0 is equal).

    \b
    Examples:
      interactspeech stats corpus/                       a corpus beside people
      interactspeech stats calls/ -o report              with plots, as Markdown and JSON
      interactspeech stats mine/ --compare theirs/       two corpora beside each other
      interactspeech stats calls/*.rttm --json | jq .measures.fto

    Exit code: 0 all was measured, 1 something was lost, 2 wrong usage.
    """
    from interactspeech.errors import InputError
    from interactspeech.formats import Report
    from interactspeech.progress import Progress
    from interactspeech.turntaking.statistics import Statistics, compare
    from interactspeech.turntaking.statistics.collection import conversation
    from interactspeech.turntaking.timeline import Timeline

    if "human" in others and len(others) > 1:
        raise click.UsageError("--compare takes either 'human' or files")
    rules, decision = rules_of(rules_name, bridge, backchannels)
    report = Report()
    reading = ReadingOptions(from_format, rate, group, skip_bad, quiet or as_json)

    def measure(names: tuple[str, ...]) -> Statistics:
        found = []
        dialogues = gather(names, reading, report)
        with Progress(len(dialogues), "measuring", quiet=reading.quiet) as progress:
            for dialogue in dialogues:
                try:
                    if dialogue.length:
                        timeline = Timeline.of(dialogue)
                        found.append(
                            conversation(timeline, dialogue.id, rules, backchannel=decision)
                        )
                except InputError as error:
                    report.fail(error)
                progress.update(1)
        return Statistics(tuple(found), rules.id)

    statistics = measure(files)
    other: Statistics | Literal["human"] = "human" if others == ("human",) else measure(others)
    compared = compare(statistics, other)
    if not statistics.conversations:
        show_report(report, 0, quiet=quiet)
        raise click.ClickException("nothing to measure: no conversation could be read")
    if output is not None:
        _write(statistics, other, compared, output, rules.id)
    if as_json:
        click.echo(json.dumps(_plain(statistics, compared), indent=1, ensure_ascii=False))
    elif not quiet:
        _show(statistics, compared)
        if output is not None:
            click.echo(f"written: {output}")
    show_report(report, len(statistics.conversations), quiet=quiet or as_json)
    if report.lost:
        raise SystemExit(1)


def _plain(statistics: Statistics, compared: Comparison) -> dict[str, object]:
    return {
        "conversations": len(statistics.conversations),
        "rules": statistics.rules,
        **compared.to_dict(),
    }


def _write(
    statistics: Statistics,
    other: Statistics | Literal["human"],
    compared: Comparison,
    output: Path,
    rules: str,
) -> None:
    from interactspeech.formats.conversion import save
    from interactspeech.turntaking.statistics.plots import save_plots

    plots = save_plots(statistics, output, other)
    pictures = "\n".join(f"![{path.stem}]({path.name})" for path in plots)
    count, hours = len(statistics.conversations), statistics.minutes / 60
    page = (
        f"# Timing of {count} conversation(s), {hours:.1f} h\n\n"
        f"Written by `interactspeech stats`, rule set `{rules}`.\n\n"
        f"{compared.markdown()}\n{pictures}\n"
    )
    save(output / "statistics.md", page.encode())
    plain = json.dumps(_plain(statistics, compared), indent=1, ensure_ascii=False)
    save(output / "statistics.json", (plain + "\n").encode())
    save(output / "conversations.csv", _each(statistics).encode())


def _each(statistics: Statistics) -> str:
    """A row a conversation: minutes, medians, rates and shares."""
    import numpy as np

    from interactspeech.turntaking.statistics import MEASURES, RATES, SHARES

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    medians = [f"median_{name}" for name in MEASURES]
    writer.writerow(["conversation", "minutes", *medians, *RATES, *SHARES])
    for c in statistics.conversations:
        samples = (c.samples[name] for name in MEASURES)
        values = [
            *(float(np.median(s)) if s.size else float("nan") for s in samples),
            *(c.per_minute(name) for name in RATES),
            *(c.share(name) for name in SHARES),
        ]
        cells = ["" if np.isnan(value) else f"{value:.6g}" for value in values]
        writer.writerow([c.name, f"{c.minutes:.3f}", *cells])
    return buffer.getvalue()


def _show(statistics: Statistics, compared: Comparison) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=100)
    # Quartiles where the line is wide enough for them.
    wide = console.width >= 92
    minutes, other = statistics.minutes, compared.other
    title = f"{len(statistics.conversations)} conversation(s), {minutes:,.1f} min; seconds"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    names = ("n", *(("25 %", "median", "75 %") if wide else ("median",)), other, "KS", "W1", "JS")
    table.add_column("measure", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row in compared.measures:
        d = row.distances
        mine = (row.low, row.median, row.high) if wide else (row.median,)
        values = (*mine, row.other_median, d.ks, d.wasserstein, d.js)
        table.add_row(row.name, f"{row.n:,}", *(_number(value) for value in values))
    console.print(table)
    rates = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    rates.add_column("a minute, or share", no_wrap=True)
    for name in ("value", other):
        rates.add_column(name, justify="right")
    for found in compared.values:
        rates.add_row(found.name, _number(found.value), _number(found.other))
    console.print(rates)


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"  # noqa: PLR0124  (NaN differs from itself)
