"""`interactspeech train merge`: an adapter and its base as one model."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("merge")
@click.argument("adapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR", help="A new folder.",
)  # fmt: skip
def command(adapter: Path, output: Path) -> None:
    """Add an adapter to its base and write the whole model.

    What comes of it needs neither peft nor the base: vLLM, llama.cpp and others read it.

    \b
    Example:
      interactspeech train merge adapter -o model
    """
    from interactspeech.training.text.generation import merge

    merge(adapter, output)
    click.echo(f"written: {output}", err=True)
