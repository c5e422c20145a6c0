"""`interactspeech stats`: the timing of conversations, beside people's or other conversations'."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interactspeech.cli.conversations import (
    reading_options,
    rules_options,
    show_report,
    usage_errors,
)

if TYPE_CHECKING:
    from interactspeech.formats.selection import InputChoices
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
    bridge: float | None, backchannels: str, choices: InputChoices, as_json: bool,
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
    from interactspeech.pipelines.measuring import stats

    if "human" in others and len(others) > 1:
        raise click.UsageError("--compare takes either 'human' or files")
    report = Report()
    try:
        with usage_errors():
            measured = stats(
                files, compare_with="human" if others == ("human",) else others,
                rules=rules_name, bridge=bridge, backchannels=backchannels, format=from_format,
                rate=rate, group_by=group, skip_bad=skip_bad, progress=not (quiet or as_json),
                report=report, **choices,
            )  # fmt: skip
    except InputError as error:
        show_report(report, 0, quiet=quiet)
        raise click.ClickException(str(error)) from None
    statistics, compared = measured.statistics, measured.comparison
    if output is not None:
        measured.write(output)
    if as_json:
        click.echo(json.dumps(measured.to_dict(), indent=1, ensure_ascii=False))
    elif not quiet:
        _show(statistics, compared)
        if output is not None:
            click.echo(f"written: {output}")
    show_report(report, len(statistics.conversations), quiet=quiet or as_json)
    if report.lost:
        raise SystemExit(1)


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
