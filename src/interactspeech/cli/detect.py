"""`interactspeech detect`: recordings in, events out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import common
from interactspeech.cli.common import Command
from interactspeech.cli.dialogue_output import DialogueOutput

if TYPE_CHECKING:
    from interactspeech.records import Dialogue

_FORMATS = ("textgrid", "elan", "rttm", "json", "csv", "parquet", "jsonl", "html")


class _DetectCommand(Command):
    """The command, whose `--diarize` may stand without the name of a diarizer."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from interactspeech.diarization import DIARIZERS

        end = args.index("--") if "--" in args else len(args)
        for place in [i for i in range(end) if args[i] == "--diarize"]:
            named = place + 1 < end and args[place + 1] in DIARIZERS
            if not named:  # what follows is a file, or another option
                args[place] = "--diarize=offline"
        return super().parse_args(ctx, args)


@click.command(
    "detect",
    cls=_DetectCommand,
    stdout=True,
    examples="""
    interactspeech detect call.wav                      # a table of what happened
    interactspeech detect call.wav -o call.TextGrid     # to look at in Praat
    interactspeech detect calls/ -o events.csv          # a row for each event
    interactspeech detect call.wav -o call.html         # to see and hear it in a browser
    interactspeech detect agent.wav caller.wav --pair --json
    interactspeech detect mono.wav --no-diarize         # one channel, by the listener alone
    interactspeech detect call.wav --words whisper-base # sound and recognised words together
    interactspeech detect call.wav --words call.ctm     # sound and a timed transcript
    """,
    failure="some recordings could not be used; the table says which and why",
)
@click.argument("audio", nargs=-1, required=True, metavar="AUDIO...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file (.csv, .parquet, .jsonl: all; .json, .TextGrid, .eaf, .rttm: one recording; "
    ".html: a page), or a folder. '-': standard output, as JSON lines or in --format.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(_FORMATS),
    help="Format of the output, if its name does not tell.",
)
@click.option(
    "--layout",
    type=click.Choice(["auto", "two", "mono"]),
    default="auto",
    show_default=True,
    help="A channel for each speaker (two), or one for both (mono); auto: as the sound says.",
)
@click.option(
    "--pair", is_flag=True, help="AUDIO are two files of one recording, one speaker in each."
)
@click.option(
    "--diarize",
    metavar="[NAME]",
    help="Diarizer that separates the speakers of one channel first (weights are fetched once): "
    "offline (the default), pyannote, sortformer or a plug-in's.",
)
@click.option(
    "--no-diarize",
    is_flag=True,
    help="Leave the speakers of one channel to the listener, which separates them badly.",
)
@click.option(
    "--words",
    metavar="NAME|FILE",
    help="Let what is said decide about backchannels too: a recogniser (whisper-base or a "
    "plug-in's), a timed transcript of the recording, or a folder of them with its names.",
)
@common.listener_option
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="Processor threads."
)
@common.with_language
@click.option("--json", "as_json", is_flag=True, help="Print the records as JSON lines.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no table.")
def command(
    audio: tuple[str, ...],
    output: Path | None,
    output_format: str | None,
    layout: Any,
    pair: bool,
    diarize: str | None,
    no_diarize: bool,
    words: str | None,
    model: Path | None,
    threads: int,
    language: str,
    lexicon: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find interruptions, backchannels, gaps, pauses and overlaps in recordings.

    AUDIO are files of one channel (both speakers on it) or two (one speaker on each), of any sample
    rate and length, folders of them, or quoted patterns. They are analysed by the listener that
    ships; it needs no words and no network, and does better with words. Every event has a
    probability.
    """
    from interactspeech.cli.conversations import show_report
    from interactspeech.formats import Report
    from interactspeech.pipelines.labelling import detect

    out = DialogueOutput(output, output_format, as_json, quiet)
    report = Report()
    dialogues = detect(
        audio, layout=layout, pair=pair, diarize=False if no_diarize else diarize, model=model,
        threads=threads, words=words or False, language=language, lexicon=lexicon,
        progress=not out.silent, report=report,
    )  # fmt: skip
    out.give(dialogues, _show)
    if not quiet:
        for note in report.notes:
            if note.severity == "note":
                click.echo(f"note: {note.message}", err=True)
    show_report(report, len(dialogues), quiet=out.silent)
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
    for name in ("event", "found", "per minute"):
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
