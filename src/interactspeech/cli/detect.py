"""`interactspeech detect`: recordings in, events out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.formats import Report
    from interactspeech.records import Dialogue

#: Ending of the output -> what is written: everything in one file, or one file a recording.
_TABLES = {".csv": "csv", ".jsonl": "jsonl"}
_EACH = {".json": "record", ".textgrid": "textgrid", ".eaf": "elan", ".rttm": "rttm"}
_FORMATS = ("textgrid", "elan", "rttm", "json", "csv", "jsonl", "html")


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
    from interactspeech.cli.conversations import expand, show_report
    from interactspeech.diarization import diarizer
    from interactspeech.errors import InputError
    from interactspeech.formats import Report
    from interactspeech.listener import Listener, detect
    from interactspeech.progress import Progress

    target = _target(output, output_format)
    listener = Listener.load(model, threads=threads)
    voices = diarizer("offline") if diarize else None
    report = Report()
    files = _files(expand(audio))
    if pair and len(files) != 2:
        raise click.UsageError(f"--pair wants two files, got {len(files)}")
    recordings: list[list[Path]] = [files] if pair else [[file] for file in files]
    found: list[tuple[Dialogue, list[Path]]] = []
    with Progress(len(recordings), "listening", quiet=quiet or as_json) as progress:
        for paths in recordings:
            try:
                found.append(
                    (detect(paths, layout=layout, listener=listener, diarizer=voices), paths)
                )
            except InputError as error:
                report.fail(error)
            progress.update(1, found[-1][0].seconds if found else 0.0)
    dialogues = [dialogue for dialogue, _ in found]
    if output is not None:
        _write(found, output, target, report)
    if as_json:
        from interactspeech.records import encode

        for dialogue in dialogues:
            click.echo(encode(dialogue).decode())
    elif not quiet:
        _show(dialogues)
        if output is not None:
            click.echo(f"written: {output}")
    show_report(report, len(dialogues), quiet=quiet or as_json)
    if report.lost or not dialogues:
        raise SystemExit(1)


_AUDIO = frozenset(
    {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".sph"}
)


def _files(paths: Any) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix.lower() in _AUDIO)
        else:
            found.append(path)
    return found


def _target(output: Path | None, name: str | None) -> str:
    if output is None:
        if name is not None:
            raise click.UsageError("--format says how to write; name the place with -o")
        return ""
    ending = output.suffix.lower()
    known = {**_TABLES, **_EACH, ".html": "html"}
    if name is None and ending and ending not in known and not output.is_dir():
        raise click.UsageError(
            f"nothing is written as {ending!r}: {', '.join(known)}, or a folder and --format"
        )
    chosen = name or known.get(ending, "record")
    return "record" if chosen == "json" else chosen


def _write(
    found: Sequence[tuple[Dialogue, list[Path]]], output: Path, target: str, report: Report
) -> None:
    from interactspeech.errors import InputError
    from interactspeech.formats import write
    from interactspeech.formats.conversion import save
    from interactspeech.formats.event_table import write_csv
    from interactspeech.records import encode

    endings = {name: ending for ending, name in {**_TABLES, **_EACH, ".html": "html"}.items()}
    endings["textgrid"] = ".TextGrid"
    one_file = output.suffix.lower() in {*_TABLES, *_EACH, ".html"} and not output.is_dir()
    dialogues = [dialogue for dialogue, _ in found]
    if target in _TABLES.values():
        path = output if one_file else output / f"events{endings[target]}"
        if target == "csv":
            write_csv(dialogues, path)
        else:
            save(path, b"".join(encode(dialogue) + b"\n" for dialogue in dialogues))
        return
    if one_file and len(found) > 1:
        raise click.UsageError(
            f"{len(found)} recordings do not fit into one such file: "
            "name a folder and --format, or a .jsonl or .csv file"
        )
    for dialogue, paths in found:
        path = output if one_file else output / f"{dialogue.id}{endings[target]}"
        try:
            if target == "html":
                _page(dialogue, paths, path)
            else:
                write(dialogue, path, target, report=report)
        except InputError as error:
            report.fail(error)


def _page(dialogue: Dialogue, paths: Sequence[Path], output: Path) -> None:
    """A page of one file, with the sound in it."""
    import numpy as np

    from interactspeech.signal.recording import Recording
    from interactspeech.viewer import write_page

    with Recording.open(list(paths), rate=dialogue.rate) as recording:
        sound = recording.read(0, recording.samples)
    channels = 1 + max(track.channel for track in dialogue.tracks)
    if channels < len(sound):
        sound = sound.mean(axis=0, keepdims=True)
    write_page([(dialogue, np.asarray(sound, np.float32))], output, title=dialogue.id)


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
