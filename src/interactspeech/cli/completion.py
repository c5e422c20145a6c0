"""`interactspeech completion SHELL`: what a shell must source to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Add one line to your shell's start-up file:
      bash   eval "$(interactspeech completion bash)"
      zsh    eval "$(interactspeech completion zsh)"
      fish   interactspeech completion fish | source
    """
    from interactspeech.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "interactspeech", "_INTERACTSPEECH_COMPLETE").source())
