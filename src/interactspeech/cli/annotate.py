"""`interactspeech annotate`: timed conversations in, events out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
    from interactspeech.records import Dialogue

_FORMATS = ("json", "textgrid", "elan", "rttm", "csv", "parquet", "jsonl", "html")


@click.command("annotate")
@reading_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file (.csv, .parquet, .jsonl; or .json, .TextGrid, .eaf for one conversation), or a "
    "folder for one file each (see --format).",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(_FORMATS),
    help="Format of the output, where the name does not say it. [folder: json]",
)
@rules_options
@click.option(
    "--planned",
    is_flag=True,
    help="Use what only a generator knows (words that were planned and never said).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the labelled records as JSON lines.")
def command(
    files: tuple[str, ...], from_format: str | None, rate: int | None, group: str | None,
    skip_bad: bool, quiet: bool, output: Path | None, output_format: str | None, rules_name: str,
    bridge: float | None, backchannels: str, choices: InputChoices, planned: bool, as_json: bool,
) -> None:  # fmt: skip
    """Label the events of timed conversations: who took a turn, interrupted, gave a backchannel.

    FILES are timing annotations (RTTM, CTM, STM, TextGrid, ELAN, SegLST, WebVTT, CHAT, AMI's NXT,
    information.json, our records), folders of them, or corpora built by this program. Files of one
    conversation (one for each speaker, or layer) are put together.

    \b
    Examples:
      interactspeech annotate call.rttm                      a table of what happened
      interactspeech annotate call.TextGrid -o events.csv    every event in a row
      interactspeech annotate calls/ -o labelled --format elan
      interactspeech annotate *.TextGrid --group '(?P<conversation>day.+)_(?P<speaker>[a-z]+)'
      interactspeech annotate 'calls/**/*.rttm' --json | jq .events

    Exit code: 0 all is labelled, 1 something was lost (the table says what), 2 wrong usage.
    """
    from interactspeech.formats import Report
    from interactspeech.pipelines.dialogues import output_format as format_of
    from interactspeech.pipelines.labelling import annotate

    if output is None and output_format is not None:
        raise click.UsageError("--format says how to write; name the place with -o")
    report = Report()
    with usage_errors():
        if output is not None:
            format_of(output, output_format)
        labelled = annotate(
            files, rules=rules_name, bridge=bridge, backchannels=backchannels, planned=planned,
            format=from_format, rate=rate, group_by=group, skip_bad=skip_bad,
            progress=not (quiet or as_json), report=report, **choices,
        )  # fmt: skip
        if output is not None:
            labelled.write(output, output_format)
    if as_json:
        from interactspeech.records import encode

        for dialogue in labelled:
            click.echo(encode(dialogue).decode())
    elif not quiet:
        _show(labelled)
        if output is not None:
            click.echo(f"written: {output}")
    show_report(report, len(labelled), quiet=quiet or as_json)
    if report.lost or not labelled:
        raise SystemExit(1)


def _show(labelled: Sequence[Dialogue]) -> None:
    """A table of counts: a row an event type; for a few conversations, a column each."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    each = [Counter(str(e.type) for e in d.events if e.origin == "rule") for d in labelled]
    total = sum(each, Counter[str]())
    minutes = sum(d.seconds for d in labelled) / 60
    table = Table(
        title=f"{len(labelled)} conversation(s), {minutes:,.1f} min", title_justify="left"
    )
    table.add_column("event")
    columns = labelled if 1 < len(labelled) <= 5 else ()
    for dialogue in columns:
        table.add_column(Text(dialogue.id), justify="right", overflow="fold")
    table.add_column("all", justify="right")
    table.add_column("a minute", justify="right")
    for kind, count in sorted(total.items(), key=lambda pair: (-pair[1], pair[0])):
        cells = [f"{counts[kind]:,}" for counts in each] if columns else []
        table.add_row(kind, *cells, f"{count:,}", f"{count / minutes:.2f}" if minutes else "-")
    Console().print(table)
