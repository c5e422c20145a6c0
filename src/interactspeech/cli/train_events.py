"""`interactspeech train events`: the listener, from corpora to a file that detects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command("events")
@click.argument("corpora", nargs=-1, type=click.Path(path_type=Path), metavar="CORPUS...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path),
    help="Folder of the run: features, checkpoint, log, and in the end NAME.onnx with its card.",
)  # fmt: skip
@click.option(
    "--held-out", multiple=True, type=click.Path(path_type=Path), metavar="CORPUS",
    help="Corpora (other texts, if you can other voices) on which thresholds are fitted.",
)  # fmt: skip
@click.option("--name", default="listener", show_default=True, help="Of the listener.")
@click.option("--batches", type=click.IntRange(1), default=3000, show_default=True)
@click.option("--size", type=click.IntRange(1), default=16, show_default=True, help="Of a batch.")
@click.option(
    "--seconds", type=click.FloatRange(2), default=16.0, show_default=True, help="Of an example."
)
@click.option(
    "--width", type=click.IntRange(8), default=128, show_default=True, help="Of the network."
)
@click.option(
    "--mono",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Share of examples with both speakers on one channel.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    help="Use only so much of the data (learning curves).",
)
@click.option("--clean", is_flag=True, help="Hear clean tracks only (an ablation).")
@click.option("--seed", type=int, default=1, show_default=True, help="Of weights and batches.")
@click.option("--threads", type=click.IntRange(1), help="Of the processor. [all]")
@click.option("--device", default="cpu", show_default=True, help="cpu, or cuda.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Stop after so long; the same command goes on.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each report as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No reports.")
def command(
    corpora: tuple[Path, ...],
    output: Path,
    held_out: tuple[Path, ...],
    name: str,
    batches: int,
    size: int,
    seconds: float,
    width: int,
    mono: float,
    hours: float | None,
    clean: bool,
    seed: int,
    threads: int | None,
    device: str,
    minutes: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    r"""Train the listener on CORPUS, built with audio by `interactspeech build`.

    Features are computed once. Training can be stopped at any time; the same command goes on where
    it stopped, and ends with the same weights. At the end thresholds are fitted on the held-out
    corpora (or on the first corpus, which flatters), and the listener is written as
    OUTPUT/NAME.onnx with its card OUTPUT/NAME.json; `detect --model` takes it.

    \b
    Examples:
      interactspeech train events corpus -o run --held-out dev
      interactspeech train events corpus -o run --held-out dev --minutes 30
      interactspeech train events corpus -o run --held-out dev --device cuda --size 64 --width 256

    Two minutes of sound are learnt from in a second and less on one core; an hour and a half on two
    makes the listener that ships.
    """
    from interactspeech.training.listener.augmentation import CLEAN, Conditions
    from interactspeech.training.listener.loop import ListenerTrainSettings, train
    from interactspeech.training.listener.network import NetworkShape
    from interactspeech.training.listener.onnx_export import write_listener
    from interactspeech.training.listener.preparation import PreparedCorpus, prepare

    def ready(corpus: Path) -> Path:
        folder = output / "features" / corpus.resolve().name
        if not (folder / "index.json").exists():
            if not quiet and not as_json:
                click.echo(f"features of {corpus} ...", err=True)
            prepare([corpus], folder)
        return folder

    if not corpora:
        raise click.UsageError("name a corpus to learn from")
    data = [ready(corpus) for corpus in corpora]
    checks = [ready(corpus) for corpus in held_out]
    conditions = CLEAN if clean else Conditions(mixed=mono)
    settings = ListenerTrainSettings(
        seed=seed, batches=batches, batch_size=size, seconds=seconds, hours=hours,
        shape=NetworkShape(width=width), conditions=conditions,
    )  # fmt: skip

    def report(line: dict[str, Any]) -> None:
        if as_json:
            click.echo(json.dumps(line))
        elif not quiet:
            parts = [
                f"batch {line['batch']:,} of {batches:,}",
                f"{line['heard_hours']:.1f} h heard",
            ]
            parts += [f"{k} {line[k]:.3f}" for k in ("active", "kind", "future")]
            click.echo(", ".join(parts))

    train(
        data, output, settings, threads=threads, device=device, minutes=minutes,
        held_out=checks, report=report,
    )  # fmt: skip
    path, figures = write_listener(output, name, checks or data[:1], trained_on=data)
    hours_of = sum(PreparedCorpus(folder).index.hours for folder in data)
    if not as_json:
        click.echo(f"written: {path} ({hours_of:.1f} h of dialogues)")
        click.echo(", ".join(f"{event} {value:.3f}" for event, value in figures.items()))
