"""`interactspeech evaluate`: what is measured, each a command of its own."""

from __future__ import annotations

import click

from interactspeech.cli.groups import LazyGroup

COMMANDS = {
    "events": ("evaluate_events", "Who finds interruptions, backchannels, gaps and pauses."),
    "text": ("evaluate_text", "How good scripts are: by program, by a judge, by people."),
    "audio-llm": ("evaluate_audio_llm", "How well any audio LLM hears events."),
    "voices": ("evaluate_voices", "What is normal for an engine, and limits for the gate."),
    "words": ("evaluate_words", "How far word times are from a forced aligner's."),
}


@click.command("evaluate", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Measure detectors, voices and models."""
