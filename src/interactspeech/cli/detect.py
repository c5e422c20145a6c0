"""`interactspeech detect`: recordings in, events out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.records import Dialogue

_FORMATS = ("textgrid", "elan", "rttm", "json", "csv", "parquet", "jsonl", "html")


@click.command("detect")
@click.argument("audio", nargs=-1, required=True, metavar="AUDIO...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A file (.csv, .jsonl: all; .json, .TextGrid, .eaf, .rttm: one recording; .html: a page), "
    "or a folder.",
)
@click.option(
    "--format", "output_format", type=click.Choice(_FORMATS), help="Of the files in a folder."
)
@click.option(
    "--layout",
    type=click.Choice(["auto", "two", "mono"]),
    default="auto",
    show_default=True,
    help="A speaker a channel, or both on one; auto goes by the number of channels.",
)
@click.option(
    "--pair", is_flag=True, help="AUDIO are two files of one recording, a speaker in each."
)
@click.option(
    "--diarize",
    is_flag=True,
    help="Have a diarizer tell the voices on one channel apart first (that of `mine`; it fetches "
    "its weights once): slower, and much better than the listener alone.",
)
@click.option("--model", type=click.Path(path_type=Path), help="A listener (.onnx) of your own.")
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="Of the processor."
)
@click.option("--json", "as_json", is_flag=True, help="Print the records, one a line.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no table.")
def command(
    audio: tuple[str, ...],
    output: Path | None,
    output_format: str | None,
    layout: Any,
    pair: bool,
    diarize: bool,
    model: Path | None,
    threads: int,
    as_json: bool,
    quiet: bool,
) -> None:
    r"""Find interruptions, backchannels, gaps, pauses and overlaps in recordings.

    AUDIO are files of one channel (both speakers on it) or two (a speaker on each), of any rate
    and length, folders of them, or quoted patterns. The listener that ships hears them, with no
    words and no network.

    \b
    Examples:
      interactspeech detect call.wav                      a table of what happened
      interactspeech detect call.wav -o call.TextGrid     to look at in Praat
      interactspeech detect calls/ -o events.csv          every event in a row
      interactspeech detect call.wav -o call.html         to see and hear it in a browser
      interactspeech detect agent.wav caller.wav --pair --json

    Every event has a probability. Exit code: 0 all was heard, 1 something was not (the table says
    what), 2 wrong usage.
    """
    from interactspeech.cli.conversations import show_report, usage_errors
    from interactspeech.formats import Report
    from interactspeech.pipelines.dialogues import output_format as format_of
    from interactspeech.pipelines.labelling import detect

    if output is None and output_format is not None:
        raise click.UsageError("--format says how to write; name the place with -o")
    report = Report()
    with usage_errors():
        if output is not None:
            format_of(output, output_format)
        dialogues = detect(
            audio, layout=layout, pair=pair, diarize=diarize, model=model, threads=threads,
            progress=not (quiet or as_json), report=report,
        )  # fmt: skip
        if output is not None:
            dialogues.write(output, output_format)
    if as_json:
        from interactspeech.records import encode

        for dialogue in dialogues:
            click.echo(encode(dialogue).decode())
    elif not quiet:
        _show(dialogues)
        if output is not None:
            click.echo(f"written: {output}")
    if not quiet:
        for note in report.notes:
            if note.severity == "note":
                click.echo(f"note: {note.message}", err=True)
    show_report(report, len(dialogues), quiet=quiet or as_json)
    if report.lost or not dialogues:
        raise SystemExit(1)


def _show(dialogues: Sequence[Dialogue]) -> None:
    """A table of counts, a row an event type; for a single recording, what happened when too."""
    from collections import Counter

    from rich.console import Console
    from rich.table import Table

    console = Console()
    if len(dialogues) == 1:
        console.print(_timeline(dialogues[0]))
    total = Counter(str(event.type) for dialogue in dialogues for event in dialogue.events)
    minutes = sum(dialogue.seconds for dialogue in dialogues) / 60
    table = Table(title=f"{len(dialogues)} recording(s), {minutes:,.1f} min", title_justify="left")
    for name in ("event", "found", "a minute"):
        table.add_column(name, justify="left" if name == "event" else "right")
    for kind, count in sorted(total.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(kind, f"{count:,}", f"{count / minutes:.2f}" if minutes else "-")
    console.print(table)


def _timeline(dialogue: Dialogue) -> Any:
    from rich.table import Table

    table = Table(title="interruptions and backchannels", title_justify="left")
    for name in ("from", "to", "who", "event", "how", "probability"):
        table.add_column(name, justify="right" if name in {"from", "to", "probability"} else "left")
    shown = [e for e in dialogue.events if e.type in {"interruption", "backchannel"}]
    for event in shown[:20]:
        how = event.attributes.get("outcome", event.attributes.get("placement", ""))
        table.add_row(
            f"{event.start / dialogue.rate:.2f}",
            f"{event.end / dialogue.rate:.2f}",
            event.speaker,
            event.type,
            str(how),
            f"{event.probability or 0:.2f}",
        )
    if len(shown) > 20:
        table.caption = f"and {len(shown) - 20:,} more: -o events.csv writes them all"
    return table
