"""`interactspeech corpus`: look into, verify, query, import and export a corpus."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

_FOLDER = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
_QUIET = click.option("-q", "--quiet", is_flag=True, help="No progress.")


@click.group("corpus")
def command() -> None:
    """Look into, verify and query a corpus."""


@command.command()
@click.argument("corpus", type=_FOLDER)
@_JSON
def info(corpus: Path, as_json: bool) -> None:
    """Say what CORPUS holds: hours, events, voices, licences, and what its build dropped."""
    import msgspec

    from interactspeech.corpus import Corpus, summarise

    summary = summarise(Corpus.open(corpus))
    if as_json:
        click.echo(msgspec.json.encode(summary).decode())
        return
    minutes = summary.seconds / 60
    length = f"{minutes / 60:.2f} h" if minutes >= 60 else f"{minutes:.2f} min"
    rows = [
        ("dialogues", f"{summary.dialogues:,} in {summary.shards:,} shards"),
        ("length", length),
        ("on disk", f"{summary.bytes / 1e6:,.1f} MB"),
        ("utterances", f"{summary.utterances:,}"),
        ("words", f"{summary.words:,}"),
        ("voices", f"{summary.voices:,}"),
        ("sample rates", _counts(summary.rates)),
        ("sources", _counts(summary.sources)),
        ("licences", _counts(summary.licences)),
        ("splits", _counts(summary.splits)),
        ("timing", _counts(summary.timings)),
        ("dropped", _counts(summary.dropped) or "nothing"),
    ]
    for kind, count in summary.events.items():
        if count:
            rows.append((f"{kind} events", f"{count:,} ({count / minutes:.2f} a minute)"))
    _table(["", str(corpus)], rows)


@command.command()
@click.argument("corpus", type=_FOLDER)
@click.option("--audio/--no-audio", default=True, help="Decode all audio as well. [on]")
@_JSON
def verify(corpus: Path, audio: bool, as_json: bool) -> None:
    """Check every byte of CORPUS: checksums, records, audio, index.

    Each problem is named with its file and dialogue. Exit code 0: the corpus is whole; 1: it is
    not.
    """
    from dataclasses import asdict

    from interactspeech.corpus import verify as check

    found = 0
    for problem in check(corpus, audio=audio):
        found += 1
        click.echo(json.dumps(asdict(problem)) if as_json else str(problem))
    if found:
        click.secho(f"{corpus}: {found} problems", fg="red", err=True)
        sys.exit(1)
    if not as_json:
        click.echo(f"{corpus}: no problems")


@command.command()
@click.argument("corpus", type=_FOLDER)
@click.argument("where", default="")
@click.option("--columns", metavar="A,B,...", help="Which columns; `*` for all.")
@click.option("--order", default="", metavar="SQL", help="For example: 'seconds desc'.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most N dialogues.")
@_JSON
def query(
    corpus: Path,
    where: str,
    columns: str | None,
    order: str,
    limit: int | None,
    as_json: bool,
) -> None:
    r"""List the dialogues of CORPUS that fit the SQL condition WHERE.

    \b
    Examples:
      interactspeech corpus query demo "interruptions > 1 and seconds < 60"
      interactspeech corpus query demo "licence = 'CC0-1.0'" --columns id,words --json

    The columns are listed in docs/record.md. With --json, one object a line.
    """
    from interactspeech.corpus import Corpus

    names = ["id", "seconds", "utterances", "interruptions", "backchannels", "corpus"]
    if columns is not None:
        names = [] if columns == "*" else [name.strip() for name in columns.split(",")]
    rows = Corpus.open(corpus).query(where, names, order, limit)
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, default=bytes.hex, ensure_ascii=False))
        return
    found = list(rows)
    if not found:
        click.echo("no dialogue fits", err=True)
        return
    _table(list(found[0]), [tuple(_cell(value) for value in row.values()) for row in found])
    click.echo(f"{len(found):,} dialogues", err=True)


@command.command("import")
@click.argument("folder", type=_FOLDER)
@click.option("-o", "--output", required=True, type=_FOLDER, help="Folder of the corpus.")
@_JSON
@_QUIET
def import_(folder: Path, output: Path, as_json: bool, quiet: bool) -> None:
    """Make a corpus of dialogues in the original InteractSpeech release's layout.

    FOLDER holds a folder a dialogue, with information.json and two WAV files. Exit code 1: some
    could not be used; the table says which and why.
    """
    from interactspeech.corpus import import_original, original_folders
    from interactspeech.run import Progress

    folders = original_folders(folder)
    with Progress(len(folders), "importing", quiet=quiet or as_json) as progress:
        ledger = import_original(
            folders,
            output,
            on_done=lambda one: progress.update(
                one.kept + one.lost, one.seconds, one.kept, one.lost
            ),
        )
    _finished(ledger, output, as_json)


@command.command()
@click.argument("corpus", type=_FOLDER)
@click.option("-o", "--output", required=True, type=_FOLDER, help="Folder to write into.")
@click.option("--where", default="", metavar="SQL", help="Only dialogues that fit (see query).")
@_JSON
def export(corpus: Path, output: Path, where: str, as_json: bool) -> None:
    """Write CORPUS in the original InteractSpeech release's layout.

    A folder a dialogue, with information.json and two mono WAV files at 22,050 Hz. Exit code 1:
    some dialogues do not fit the layout; the table says which and why.
    """
    from interactspeech.corpus import Corpus, export_original

    _finished(export_original(Corpus.open(corpus).select(where), output), output, as_json)


def _finished(ledger: Any, output: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"output": str(output), **ledger.to_json()}, ensure_ascii=False))
    else:
        click.echo(f"{output}: {ledger.kept:,} dialogues, {ledger.seconds / 60:.1f} min")
        ledger.print()
    if ledger.lost:
        sys.exit(1)


def _counts(counts: dict[Any, int]) -> str:
    return ", ".join(f"{name or 'not said'}: {count:,}" for name, count in counts.items())


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _table(head: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # Where nobody looks at a screen, nothing is wrapped.
    Console(width=None if sys.stdout.isatty() else 250).print(table)
