"""The command line: thin commands, each in a module that is imported when it is called.

A command turns words into types and calls the package. Errors that the package raises on purpose
become one clear sentence. Exit codes are those of `common.ExitCode`, for every command.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

from interactspeech import __version__
from interactspeech.cli.common import ExitCode, LazyGroup
from interactspeech.errors import InteractSpeechError

#: Command name -> (module, what it does). See `common.LazyGroup`.
COMMANDS = {
    "build": ("build", "Turn text dialogues into a corpus of interactive two-track speech."),
    "script": ("script", "Turn text dialogues into interactive scripts (text only)."),
    "voices": ("voices", "List, hear and install voices."),
    "mine": ("mine", "Cut clips of real interaction out of recordings."),
    "detect": ("detect", "Find interruptions, backchannels, gaps and pauses in recordings."),
    "report": ("report", "Report on calls: who talked over whom, who waited, can it be trusted."),
    "annotate": ("conversations:annotate", "Label the events of any timed conversation."),
    "stats": ("conversations:stats", "Measure timing and compare it with people's."),
    "fit": ("conversations:fit", "Fit a timing model to conversations."),
    "corpus": ("corpus", "Inspect, verify, query, split and merge corpora."),
    "export": (
        "exchange:export",
        "Write a corpus in the format of trainers and other tools.",
    ),
    "import": ("exchange:import_", "Make a corpus of what other tools wrote."),
    "train": ("train", "Train the listener and text models on corpora."),
    "generate": ("text_models:generate", "Write scripts with a text model on this machine."),
    "serve": ("text_models:serve", "Serve a text model on this machine, OpenAI-compatible."),
    "evaluate": ("evaluate", "Measure event detectors, scripts, voices and audio LLMs."),
    "view": ("view", "Write a page on which a corpus can be seen and heard."),
    "label": ("label:label", "Label a corpus or recordings on a page, one person or several."),
    "labels": ("label:labels", "Progress, agreement, consensus and export of labels."),
    "rate": ("rate:rate", "Let people rate systems on a page: MOS, pairs, scales."),
    "ratings": ("rate:ratings", "Results and export of ratings."),
    "doctor": ("doctor", "Check what works on this machine, and how to fix what does not."),
    "completion": ("completion", "Print the shell completion script."),
}


class _Root(LazyGroup):
    """The program itself: what ends it from outside has an exit code of its own."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except KeyboardInterrupt:
            _end(ExitCode.INTERRUPTED, "interrupted")
        except BrokenPipeError:
            # The reader of our output (`| head`) has seen enough; the rest goes nowhere.
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _end(ExitCode.CLOSED_PIPE)


@click.command(
    cls=_Root,
    table=COMMANDS,
    examples="""
    interactspeech doctor                                 # what works on this machine
    interactspeech build dialogues.txt -o corpus          # text in, speech out
    interactspeech detect call.wav                        # events of a recording
    """,
)
@click.version_option(__version__, package_name="interactspeech")
def cli() -> None:
    """Interactive spoken dialogue data: build it, mine it, label it, measure it.

    People interrupt, say "mm-hm", pause and overlap; so do the dialogues that this makes, and every
    boundary in them is known to the sample. Each command explains itself with --help.
    """


def main() -> None:
    """Entry point of the `interactspeech` script."""
    _open_standard_streams()
    # An orderly end: `finally` runs, workers are ended, temporary files are removed.
    with suppress(ValueError):  # only the main thread may set a handler
        signal.signal(signal.SIGTERM, _on_termination)
    try:
        code = cli.main(prog_name="interactspeech", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)
    except SystemExit as ending:
        if ending.code == ExitCode.TERMINATED:
            _end(ExitCode.TERMINATED, "terminated")
        raise
    except click.exceptions.Abort:
        _end(ExitCode.INTERRUPTED, "interrupted")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InteractSpeechError as error:
        _end(ExitCode.LOST, f"error: {error}")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _end(
                ExitCode.LOST,
                f"error: no space left on the disk ({error.filename or 'while writing'}); free "
                "some and run the same command again: it goes on where it stopped",
            )
        if error.errno is None:
            raise
        place = f"{error.filename}: " if error.filename else ""
        _end(ExitCode.LOST, f"error: {place}{error.strerror}")


def _on_termination(*_: object) -> NoReturn:
    raise SystemExit(ExitCode.TERMINATED)


def _end(code: ExitCode, line: str = "") -> NoReturn:
    if line:
        click.secho(line, fg="red", err=True)
    raise SystemExit(int(code))


class _Forgiving(io.FileIO):
    """Standard error whose reader may go away: a build does not end because its log does."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return len(data)


def _open_standard_streams() -> None:
    """Put the null device where a standard stream is closed, and never fail on standard error.

    A closed descriptor would be given to the next file that is opened, and whatever a library
    prints would end up in that file.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files need not be in the encoding of the terminal.
        sys.stdout.reconfigure(errors="backslashreplace")
    errors = sys.stderr
    if isinstance(errors, io.TextIOWrapper) and errors is sys.__stderr__:
        raw = io.BufferedWriter(_Forgiving(errors.fileno(), "w", closefd=False))
        sys.stderr = io.TextIOWrapper(raw, errors.encoding, "backslashreplace", line_buffering=True)
