"""What `annotate`, `stats` and `fit` share: options for reading and rules, and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from interactspeech.errors import InputError

if TYPE_CHECKING:
    from interactspeech.formats import Report
    from interactspeech.formats.selection import InputChoices

P = ParamSpec("P")
R = TypeVar("R")


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options about the input; those of `InputChoices` come as one argument, `choices`."""

    @wraps(command)
    def with_choices(
        *, tiers: tuple[str, ...], speakers: tuple[str, ...], columns: tuple[str, ...],
        unit: str | None, **others: Any,
    ) -> None:  # fmt: skip
        choices: InputChoices = {
            "tiers": _listed(tiers), "speakers": _listed(speakers),
            "columns": _columns(_listed(columns)), "unit": unit or "",
        }  # fmt: skip
        command(choices=choices, **others)

    options = (
        click.argument("files", nargs=-1, required=True, metavar="FILES..."),
        click.option(
            "--from", "from_format", metavar="FORMAT",
            help="Format of the files, where their endings do not say it: rttm, ctm, stm, uem, "
            "textgrid, elan, seglst, webvtt, chat, nxt, table, transcript, information, record.",
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
        click.option(
            "--tiers", multiple=True, metavar="PATTERNS",
            help="Tiers of TextGrid and ELAN files to use, parted by commas: names, globs ('A*'), "
            "/regular expressions/, participant=..., type=... (ELAN); '!gaze*' leaves out.",
        ),
        click.option(
            "--speakers", multiple=True, metavar="PATTERNS",
            help="Speakers to use: names or patterns as for --tiers.",
        ),
        click.option(
            "--columns", multiple=True, metavar="FIELD=NAME,...",
            help="What a table's columns are called: start, end, duration, speaker, text, word, "
            "channel, conversation (for example start=Onset,speaker=Who).",
        ),
        click.option(
            "--time-unit", "unit", type=click.Choice(["s", "ms", "samples"]),
            help="Unit of a table's times. [as the table shows; samples are those of --rate]",
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress, no list of repairs."),
    )  # fmt: skip
    wrapped: Callable[..., None] = with_choices
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    """Values of an option that is repeated or parted by commas; commas in /.../ are kept."""
    found: list[str] = []
    for value in values:
        whole = value.startswith("/") and value.endswith("/")
        found += [value] if whole else [part.strip() for part in value.split(",") if part.strip()]
    return tuple(found)


def _columns(values: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, sign, column = value.partition("=")
        if not sign or not column:
            raise click.UsageError(f"--columns: {value!r} is not FIELD=NAME")
        found[name.strip()] = column.strip()
    return found


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
    if not quiet:
        for name, speakers in report.speakers.items():
            click.echo(f"speakers of {name}: {', '.join(speakers) or 'none'}", err=True)
        if report.conversations > len(report.speakers):
            more = report.conversations - len(report.speakers)
            click.echo(f"... and of {more:,} more conversations", err=True)
    shown = ("warning",) if quiet else ("warning", "repair", "note")
    for severity in shown:
        found: dict[str, list[Any]] = {}
        for note in report.notes:
            if note.severity == severity:
                found.setdefault(note.reason, []).append(note)
        for reason, notes in sorted(found.items()):
            count = f"{len(notes):,} x " if len(notes) > 1 else ""
            example = ", for example" if len(notes) > 1 else ":"
            word = "repaired" if severity == "repair" else severity
            click.echo(f"{word} {count}{reason}{example} {notes[0]}", err=True)
