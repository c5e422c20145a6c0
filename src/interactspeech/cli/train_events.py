"""`interactspeech train events`: a listener, from random weights or from one that is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from interactspeech.cli.common import Command

#: Peaks of the learning rate: of random weights, and of a network that knows speech already.
_RATE: Final = 2e-3
_ADAPTING_RATE: Final = 5e-4


@click.command(
    "events",
    cls=Command,
    examples="""
    interactspeech train events corpus -o run --held-out dev
    interactspeech train events corpus -o run --held-out dev --minutes 30   # then run it again
    interactspeech train events corpus -o run --held-out dev --device cuda --size 64 --width 256
    interactspeech mine calls -o mined --balance none
    interactspeech train events mined corpus -o adapted --start shipped --batches 400
    """,
    failure="it could not be trained; the message says what to do",
)
@click.argument("corpora", nargs=-1, type=click.Path(path_type=Path), metavar="CORPUS...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path),
    help="Folder of the run: features, checkpoint, log, and at the end NAME.onnx with its card.",
)  # fmt: skip
@click.option(
    "--held-out", multiple=True, type=click.Path(path_type=Path), metavar="CORPUS",
    help="Corpora for fitting thresholds: other texts and, if possible, other voices; repeatable.",
)  # fmt: skip
@click.option("--name", default="listener", show_default=True, help="Name of the listener.")
@click.option(
    "--start", metavar="shipped|FILE.onnx|RUN", default="",
    help="Begin with the weights of the listener that ships, of another (with its card beside it), "
    "or of a run; its shape counts. Give fewer batches then. [random weights]",
)  # fmt: skip
@click.option(
    "--learning-rate", type=click.FloatRange(0, min_open=True), metavar="RATE",
    help="Peak of the learning rate. [0.002; with --start 0.0005]",
)  # fmt: skip
@click.option(
    "--batches",
    type=click.IntRange(1),
    default=3000,
    show_default=True,
    help="Batches to train on.",
)
@click.option(
    "--size",
    type=click.IntRange(1),
    default=16,
    show_default=True,
    help="Examples per batch.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(2),
    default=16.0,
    show_default=True,
    help="Length of an example.",
)
@click.option(
    "--width",
    type=click.IntRange(8),
    default=128,
    show_default=True,
    help="Width of the recurrent layers.",
)
@click.option(
    "--mono",
    type=click.FloatRange(0, 1),
    help="Share of examples with both speakers on one channel. [0.3; 0 with --start FILE.onnx or "
    "shipped, whose network for one channel is kept]",
)
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    help="Use only this much of the data (learning curves).",
)
@click.option("--clean", is_flag=True, help="Train on clean tracks only (an ablation).")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of weights and batches.")
@click.option("--threads", type=click.IntRange(1), help="Processor threads. [all]")
@click.option("--device", default="cpu", show_default=True, help="Device: cpu, or cuda.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    help="Stop after this long; the same command continues.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each report as a line of JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print no reports.")
def events(
    corpora: tuple[Path, ...],
    output: Path,
    held_out: tuple[Path, ...],
    name: str,
    start: str,
    learning_rate: float | None,
    batches: int,
    size: int,
    seconds: float,
    width: int,
    mono: float | None,
    hours: float | None,
    clean: bool,
    seed: int,
    threads: int | None,
    device: str,
    minutes: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train the listener on CORPUS, built with audio by `interactspeech build`.

    Features are computed once. Training can be stopped at any time; the same command continues
    where it stopped and ends with the same weights. At the end thresholds are fitted on the
    held-out corpora (without any, on the first corpus, which gives too favourable thresholds), and
    the listener is written as OUTPUT/NAME.onnx with its card OUTPUT/NAME.json; `detect --model`
    uses it.

    One core learns from two minutes of sound in under a second; an hour and a half on two cores
    makes a listener like the one that ships. `--start shipped` adapts that one to your sound, made
    or mined, in a few minutes; what was fitted on people beside its network stays.
    """
    from interactspeech.listener import Listener
    from interactspeech.training.listener.augmentation import CLEAN, Conditions
    from interactspeech.training.listener.loop import ListenerTrainSettings, read_settings, train
    from interactspeech.training.listener.network import NetworkShape
    from interactspeech.training.listener.onnx_export import write_listener
    from interactspeech.training.listener.onnx_import import read_graph, shipped_graph
    from interactspeech.training.listener.preparation import PreparedCorpus, prepare

    def ready(corpus: Path) -> Path:
        folder = output / "features" / corpus.resolve().name
        if not (folder / "index.json").exists():
            if not quiet and not as_json:
                click.echo(f"features of {corpus} ...", err=True)
            prepare([corpus], folder)
        return folder

    if not corpora:
        raise click.UsageError("name a corpus to train on")
    shape, adapted = NetworkShape(width=width), None
    if start:
        origin = shipped_graph() if start == "shipped" else Path(start)
        start = str(origin.resolve())
        if origin.suffix == ".onnx":
            adapted = origin
            late = Listener.load(origin).card.settings("two_channel").lookahead
            shape = read_graph(origin, lookahead=late).shape
        else:
            shape = read_settings(origin).shape
    if mono is None:
        mono = 0.0 if adapted else 0.3
    conditions = CLEAN if clean else Conditions(mixed=mono)
    settings = ListenerTrainSettings(
        seed=seed, batches=batches, batch_size=size, seconds=seconds, hours=hours, start=start,
        learning_rate=learning_rate or (_ADAPTING_RATE if start else _RATE),
        shape=shape, conditions=conditions,
    )  # fmt: skip

    data = [ready(corpus) for corpus in corpora]
    checks = [ready(corpus) for corpus in held_out]

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
    path, figures = write_listener(
        output, name, checks or data[:1], trained_on=data, adapted_from=adapted
    )
    hours_of = sum(PreparedCorpus(folder).index.hours for folder in data)
    if not as_json:
        click.echo(f"written: {path} ({hours_of:.1f} h of dialogues)")
        click.echo(", ".join(f"{event} {value:.3f}" for event, value in figures.items()))
