"""`interactspeech completion SHELL`: what a shell must source to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from interactspeech.cli.common import Command


@click.command(
    "completion",
    cls=Command,
    examples="""
    eval "$(interactspeech completion bash)"              # in ~/.bashrc
    eval "$(interactspeech completion zsh)"               # in ~/.zshrc
    interactspeech completion fish | source               # in ~/.config/fish/config.fish
    """,
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    Add the line for your shell to its start-up file. Commands, options, voices (`--voices`) and
    event categories (`--want`) are completed.
    """
    from interactspeech.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "interactspeech", "_INTERACTSPEECH_COMPLETE").source())
