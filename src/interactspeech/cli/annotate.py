"""`interactspeech annotate`: timed conversations in, events out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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
    from interactspeech.formats import Report
    from interactspeech.records import Dialogue

#: Format -> ending of its files; the first three hold many dialogues in one file.
_TABLES = {"csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl"}
_EACH = {"json": ".json", "textgrid": ".TextGrid", "elan": ".eaf"}
_ENDINGS = {ending.lower(): name for name, ending in (_TABLES | _EACH).items()}


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
    type=click.Choice([*_EACH, *_TABLES]),
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
    bridge: float | None, backchannels: str, planned: bool, as_json: bool,
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
    from interactspeech.errors import InputError
    from interactspeech.formats import Report
    from interactspeech.progress import Progress
    from interactspeech.turntaking import label

    target = _target(output, output_format)
    rules, decision = rules_of(rules_name, bridge, backchannels)
    report = Report()
    reading = ReadingOptions(from_format, rate, group, skip_bad, quiet or as_json)
    labelled: list[Dialogue] = []
    dialogues = gather(files, reading, report)
    with Progress(len(dialogues), "labelling", quiet=reading.quiet) as progress:
        for dialogue in dialogues:
            try:
                labelled.append(label(dialogue, rules, backchannel=decision, planned=planned))
            except InputError as error:
                report.fail(error)
            progress.update(1)
    if output is not None:
        _write(labelled, output, target, report)
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


def _target(output: Path | None, name: str | None) -> str:
    """The output's format, from its name or the option."""
    if output is None:
        if name is not None:
            raise click.UsageError("--format says how to write; name the place with -o")
        return ""
    by_ending = _ENDINGS.get(output.suffix.lower())
    if name is not None:
        return name
    if by_ending is None and output.suffix and not output.is_dir():
        raise click.UsageError(
            f"no format has the ending {output.suffix!r}: "
            f"{', '.join(_ENDINGS)}, or a folder and --format"
        )
    return by_ending or "json"


def _write(labelled: Sequence[Dialogue], output: Path, target: str, report: Report) -> None:
    from interactspeech.errors import InputError
    from interactspeech.formats import write
    from interactspeech.formats.conversion import save
    from interactspeech.formats.event_table import write_csv, write_parquet
    from interactspeech.records import encode

    one_file = output.suffix.lower() in _ENDINGS and not output.is_dir()
    if target in _TABLES:
        path = output if one_file else output / f"events{_TABLES[target]}"
        if target == "csv":
            write_csv(labelled, path)
        elif target == "parquet":
            write_parquet(labelled, path)
        else:
            save(path, b"".join(encode(dialogue) + b"\n" for dialogue in labelled))
        return
    if one_file and len(labelled) > 1:
        raise click.UsageError(
            f"{len(labelled)} conversations do not fit into one {_EACH[target]} file: "
            "name a folder and --format, or a .jsonl, .csv or .parquet file"
        )
    for dialogue in labelled:
        path = output if one_file else output / f"{dialogue.id}{_EACH[target]}"
        try:
            write(dialogue, path, "record" if target == "json" else target, report=report)
        except InputError as error:
            report.fail(error)


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
