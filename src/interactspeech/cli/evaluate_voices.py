"""`interactspeech evaluate voices`: what is normal for an engine, and limits for the gate."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.tts.quality_gate.calibration import Calibration


@click.command("voices")
@click.argument("engines", nargs=-1, required=True, metavar="ENGINE...")
@click.option(
    "--texts",
    multiple=True,
    default=["@demo"],
    show_default=True,
    metavar="INPUT",
    help="Dialogues whose turns are spoken.",
)
@click.option(
    "--count", type=click.IntRange(1), default=240, show_default=True, help="Turns an engine says."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that gets ENGINE.json, the limits of the quality gate.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the styles.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
def command(
    engines: tuple[str, ...],
    texts: tuple[str, ...],
    count: int,
    output: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    r"""Measure ENGINE's voices, and set the limits of the quality gate by what is found.

    Each voice says turns of dialogues in varied styles. Their clipping, pauses, level, length,
    recognition errors, predicted opinion scores and likeness to one another give the limits
    between which `interactspeech build --gate` lets an utterance pass.

    \b
    Examples:
      interactspeech evaluate voices hibari
      interactspeech evaluate voices mine -o limits
      interactspeech build @demo -o corpus --voices mine --gate full --gate-limits limits

    The extremes are shown: listen to them before you trust the limits, for what is measured is
    taken for good speech.
    """
    from interactspeech.cli.evaluate_words import turns
    from interactspeech.tts import engine
    from interactspeech.tts.quality_gate.calibration import calibrate, encode
    from interactspeech.tts.quality_gate.gate import Gate

    said = list(islice(turns(texts), count))
    gate = Gate()
    found = {}
    for name in engines:
        made = engine(name)
        made.prepare()
        found[name] = calibrate(made, said, gate, seed)
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            (output / f"{name}.json").write_bytes(encode(found[name].limits))
    if as_json:
        click.echo(json.dumps({name: _as_json(one) for name, one in found.items()}, indent=1))
        return
    for one in found.values():
        _show(one)


def _as_json(one: Calibration) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(one.limits)
    plain["extremes"] = {
        name: [[m.value, m.voice, m.text] for m in rows] for name, rows in one.extremes.items()
    }
    return plain


def _show(one: Calibration) -> None:
    import msgspec
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    limits = one.limits
    table = Table(
        title=f"{limits.engine} {limits.version}: {limits.utterances} utterances, "
        f"{limits.seconds:.0f} s",
        title_justify="left",
    )
    for title in ("measure", "least", "1 %", "median", "99 %", "most"):
        table.add_column(title, justify="left" if title == "measure" else "right")
    for name, row in limits.measured.items():
        table.add_row(name, *(f"{value:.3g}" for value in row))
    console.print(table)
    for name, value in msgspec.to_builtins(limits.limits).items():
        console.print(f"limit of {name}: {value}", highlight=False)
    for voice, own in limits.apart.items():
        for name, value in msgspec.to_builtins(own).items():
            if value != getattr(limits.limits, name):
                console.print(f"limit of {name} for {voice}: {value}", highlight=False)
    worst = Table(title="extremes", title_justify="left", box=None)
    for name, rows in one.extremes.items():
        for m in rows:
            worst.add_row(name, f"{m.value:.3g}", m.voice, Text(m.text))
    console.print(worst)
