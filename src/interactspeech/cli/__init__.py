"""The command line: thin commands, each in a module that is imported when it is called.

A command turns words into types and calls the package. Errors raised on purpose become one clear
sentence and exit code 1; wrong usage is exit code 2; everything done and nothing lost is 0.
"""

from __future__ import annotations

import errno
import sys

import click

from interactspeech import __version__
from interactspeech.cli.groups import LazyGroup
from interactspeech.errors import InteractSpeechError

#: Command name -> (module, what it does). The module holds the click command as `command`.
COMMANDS = {
    "build": ("build", "Turn text dialogues into a corpus of interactive two-track speech."),
    "script": ("script", "Turn text dialogues into interactive scripts (text only)."),
    "voices": ("voices", "List and install the voices that speak."),
    "mine": ("mine", "Mine recordings for clips of real interaction."),
    "detect": ("detect", "Find interruptions, backchannels, gaps and pauses in recordings."),
    "annotate": ("annotate", "Label the events of any timed conversation."),
    "stats": ("stats", "Measure timing and compare it with people's."),
    "fit": ("fit", "Learn a timing model from conversations."),
    "corpus": ("corpus", "Look into, verify, query, split and merge corpora."),
    "export": ("export", "Write a corpus for training stacks and other tools."),
    "import": ("import_", "Make a corpus of what other tools wrote."),
    "train": ("train", "Teach models with a corpus: text that interrupts, event listeners."),
    "generate": ("generate", "Write scripts with a text model of this machine."),
    "serve": ("serve", "Serve a text model of this machine, OpenAI-compatible."),
    "evaluate": ("evaluate", "Measure detectors of events, voices and models."),
    "view": ("view", "Write a page to see and hear a corpus."),
    "doctor": ("doctor", "Say what works on this machine, and how to mend what does not."),
    "completion": ("completion", "Print the shell completion script."),
}


@click.command(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start here:  interactspeech build dialogues.txt -o corpus",
)
@click.version_option(__version__, package_name="interactspeech")
def cli() -> None:
    """Interactive spoken dialogue data: build it, label it, measure it.

    People interrupt, say "mm-hm", pause and overlap; so do the dialogues that this makes, and every
    boundary in them is known to the sample.
    """


def main() -> None:
    """Entry point of the `interactspeech` script."""
    try:
        cli(prog_name="interactspeech")
    except InteractSpeechError as error:
        click.secho(f"error: {error}", fg="red", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        click.secho(
            f"error: no space left on the disk ({error.filename or 'while writing'}); "
            "free some and run the same command again: it goes on where it stopped",
            fg="red",
            err=True,
        )
        sys.exit(1)
