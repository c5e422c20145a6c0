"""What `annotate`, `stats` and `fit` share: options for reading and rules, and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from interactspeech.errors import InputError

if TYPE_CHECKING:
    from interactspeech.formats import Report

P = ParamSpec("P")
R = TypeVar("R")


def reading_options(command: Callable[P, R]) -> Callable[P, R]:
    """Options about the input."""
    options = (
        click.argument("files", nargs=-1, required=True, metavar="FILES..."),
        click.option(
            "--from", "from_format", metavar="FORMAT",
            help="Format of the files, where their endings do not say it: rttm, ctm, stm, uem, "
            "textgrid, elan, seglst, webvtt, chat, nxt, information, record.",
        ),
        click.option(
            "--rate", type=click.IntRange(1, 1_000_000_000), metavar="N",
            help="Samples a second of the clock that seconds are turned into. [1000000: six "
            "decimals are exact]",
        ),
        click.option(
            "--group", metavar="REGEX",
            help="Which files are one conversation: a pattern with the group 'conversation' (and "
            "'speaker'), searched in each path.",
        ),
        click.option(
            "--skip-bad", is_flag=True,
            help="Leave bad lines out, and count them, instead of giving up their file.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress, no list of repairs."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def rules_options(command: Callable[P, R]) -> Callable[P, R]:
    """Options about the rules that name events."""
    options = (
        click.option(
            "--rules", "rules_name", default="interactspeech", show_default=True,
            metavar="NAME|FILE",
            help="Rule set: interactspeech, heldner_edlund, or a JSON file of parameters.",
        ),
        click.option(
            "--bridge", type=click.FloatRange(0, 10), metavar="SECONDS",
            help="Own silences shorter than this are inside one stretch of talk, in place of the "
            "rule set's.",
        ),
        click.option(
            "--backchannels", type=click.Choice(["fitted", "rule"]), default="fitted",
            show_default=True,
            help="Who decides what a backchannel is: the scorecard fitted on people's labels "
            "(where words are known, else the rule), or always the rule.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def usage_errors() -> Iterator[None]:
    """What the package refuses as wrong usage is wrong usage of the command."""
    try:
        yield
    except InputError as error:
        if error.reason == "usage":
            raise click.UsageError(str(error)) from None
        raise


def show_report(report: Report, kept: int, *, quiet: bool) -> None:
    """The ledger on standard error: every reason with its count and an example; losses always."""
    from interactspeech.ledger import Ledger

    ledger = Ledger(kept=kept)
    for error in report.errors:
        ledger.drop(error)
    for note in report.notes:
        if note.severity == "loss":
            ledger.drop(InputError(note.message, note.path, note.line, reason=note.reason))
    ledger.print()
    if quiet:
        return
    repairs: dict[str, list[Any]] = {}
    for note in report.notes:
        if note.severity == "repair":
            repairs.setdefault(note.reason, []).append(note)
    for reason, notes in sorted(repairs.items()):
        click.echo(f"repaired {len(notes):,} x {reason}, for example {notes[0]}", err=True)
