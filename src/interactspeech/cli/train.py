"""`interactspeech train`: the learners, each a command of its own."""

from __future__ import annotations

import click

from interactspeech.cli.groups import LazyGroup

COMMANDS = {
    "text": ("train_text", "Fine-tune a language model with LoRA to interrupt, resume and listen."),
    "audio-llm": ("train_audio_llm", "Write what ms-swift needs to teach an audio LLM by rewards."),
    "merge": ("train_merge", "Write a model with its adapter added in."),
    "events": ("train_events", "Train the listener that finds events in two tracks."),
}


@click.command("train", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Teach models with a corpus.

    \b
      interactspeech train text --corpus scripts.jsonl -o adapter
      interactspeech train text --base meta-llama/Llama-3.1-8B-Instruct --corpus corpus -o adapter
    """
