"""`interactspeech evaluate`: what is measured, each a command of its own."""

from __future__ import annotations

import click

from interactspeech.cli.groups import LazyGroup

COMMANDS = {
    "events": ("evaluate_events", "Who finds interruptions, backchannels, gaps and pauses."),
    "voices": ("evaluate_voices", "What is normal for an engine, and limits for the gate."),
}


@click.command("evaluate", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Measure detectors, voices and models."""
