"""What the commands share: how their help is laid out, options of several of them, completion."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from click.shell_completion import CompletionItem

from interactspeech.errors import UsageError

if TYPE_CHECKING:
    from interactspeech.scripts.roles import Scenario
    from interactspeech.scripts.writers.act_model import ActModel

Decorated = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R")


class ExitCode(IntEnum):
    """What the process ends with, for every command; docs/errors.md explains them."""

    DONE = 0
    LOST = 1
    USAGE = 2
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143


#: Settings of every command. Each has them itself and takes none from the group it is called
#: through: click makes a command's help option once, at its first call in the process, and a
#: command that was first called by itself (from a test, a notebook) would never have ``-h``.
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Explained(click.Command):
    """A command whose help has examples, each on a line of its own, and names its exit codes.

    Args:
        examples: command lines, one a line; a comment may follow each (`# what it does`).
        failure: in which case the exit code is 1.
        stdout: ``-o -`` means standard output; where it does not, it is refused, because a file or
            folder of that name is never meant.
    """

    def __init__(
        self, *args: Any, examples: str = "", failure: str = "", stdout: bool = False, **more: Any
    ) -> None:
        more["context_settings"] = {**_SETTINGS, **(more.get("context_settings") or {})}
        super().__init__(*args, **more)
        self.examples = [line.strip() for line in examples.splitlines() if line.strip()]
        self.failure = failure
        self.stdout = stdout

    def invoke(self, ctx: click.Context) -> Any:
        if not self.stdout and str(ctx.params.get("output") or "") == "-":
            raise click.UsageError("'-o -': this command writes no standard output, name a place")
        try:
            return super().invoke(ctx)
        except UsageError as error:  # of the package: here it is wrong usage of the command
            raise click.UsageError(str(error), ctx) from None

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    # Written as it is: a wrapped command cannot be copied.
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.failure:
            with formatter.section("Exit code"):
                formatter.write_dl([("0", "done, nothing lost"), ("1", self.failure),
                                    ("2", "wrong usage")])  # fmt: skip


class Command(_Explained):
    """A single command."""


class Group(_Explained, click.Group):
    """A group whose commands are in the same module."""

    command_class = Command


class LazyGroup(_Explained, click.Group):
    """A group whose modules are imported when their command is named, so that help is instant.

    Args:
        table: command -> (module of this package and the name in it, as ``module:name``, which
            is ``command`` where it is left out; line of help).
    """

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name][0].partition(":")
        found = import_module(f"interactspeech.cli.{module}")
        command: click.Command = getattr(found, attribute or "command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in self.table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], self.table, n=1)
            if not close:
                raise
            message = f"{error.format_message()} Did you mean '{close[0]}'?"
            raise click.UsageError(message, ctx) from None


def who_talks(command: Decorated) -> Decorated:
    """``--scenario``, ``--roles`` and ``--places``: who talks to whom, and listens where."""
    command = click.option(
        "--places",
        default="people",
        show_default=True,
        metavar="WHICH",
        help="Where roles give feedback: people (by a model of what people react to), rule (after "
        "clauses), or a model that `interactspeech train acts` wrote.",
    )(command)
    command = click.option(
        "--roles",
        default="",
        metavar="ROLE,ROLE",
        callback=_role_names,
        help="Roles of the speakers in their order, such as user,agent; the scenario's, by names "
        "and words, where left out.",
    )(command)
    return click.option(
        "--scenario",
        default="",
        metavar="NAME",
        help="Who talks to whom: friends, service-call, assistant, interview, lesson, argument or "
        "meeting. Each speaker then has the rates, kinds, asides and timing of a role.",
    )(command)


def _role_names(ctx: click.Context, param: click.Parameter, given: str) -> tuple[str, ...]:
    del ctx, param
    return tuple(name for part in given.split(",") if (name := part.strip()))


def feedback_places(places: str) -> ActModel | None:
    """The model that ``--places`` names; None for the rule."""
    from interactspeech.scripts.writers.act_model import ActModel

    return ActModel.named(places)


def chosen_scenario(scenario: str, roles: tuple[str, ...]) -> Scenario | None:
    """What ``--scenario`` and ``--roles`` ask for; None where neither is given.

    Raises:
        UsageError: there is no such scenario or role.
    """
    if not (scenario or roles):
        return None
    from interactspeech.scripts.roles import scenario_named, with_roles

    found = scenario_named(scenario or "assistant")
    return with_roles(found, roles) if roles else found


def renamed_flags(now: str, old: str) -> Callable[[Decorated], Decorated]:
    """Earlier names ``--old/--no-old`` of the flags ``--now/--no-now``: taken, and not shown."""

    def take(ctx: click.Context, param: click.Parameter, value: bool | None) -> None:
        del param
        if value is not None:
            ctx.params[now.replace("-", "_")] = value

    return click.option(
        f"--{old}/--no-{old}", default=None, hidden=True, expose_value=False, callback=take,
        help=f"Earlier name of --{now}.",
    )  # fmt: skip


class RenamedChoice(click.Choice[str]):
    """A choice that takes earlier names of its values too, and does not show them.

    Args:
        choices: the values.
        renamed: earlier name -> value.
    """

    def __init__(self, choices: Sequence[str], renamed: Mapping[str, str]) -> None:
        super().__init__(choices)
        self.renamed = renamed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(self.renamed.get(value, value), param, ctx)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
#: How far written turns are made longer: `scripts.writers.telling.TellingName`.
telling_option = click.option(
    "--telling",
    type=click.Choice(["off", "fold", "narrative"]),
    default="fold",
    show_default=True,
    help="How turns become longer than they are written: off, not at all; fold, turns that only "
    "acknowledge become backchannels inside a longer one; narrative, one of the two also tells the "
    "text's own summary, if it has one.",
)
#: The language of words, and lists of them that the user brings: `turntaking.user_lexicon`.
language_options = (
    click.option(
        "--language", default="", metavar="TAG",
        help="Language of the words (en, nl, ...). The lexicon, the normaliser and the fitted "
        "decision are English: words of another language are not looked at without --lexicon. "
        "[the lexicon's, else en]",
    ),
    click.option(
        "--lexicon", type=click.Path(dir_okay=False), metavar="FILE",
        help="Your own lists of feedback words, fillers and function words (JSON), in place of "
        "those that ship and of the fitted decision.",
    ),
)  # fmt: skip


def lexicon_language(lexicon: str | None) -> str:
    """The language that a lexicon states; English without one."""
    from interactspeech.lexicon.language import LANGUAGE
    from interactspeech.turntaking.user_lexicon import UserLexicon

    return UserLexicon.load(lexicon).language if lexicon else LANGUAGE


def with_language(command: Callable[P, R]) -> Callable[P, R]:
    """The command with `language_options`."""
    for option in reversed(language_options):
        command = option(command)
    return command


quiet_option = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
listener_option = click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Your own listener (.onnx). [the one that ships]",
)


def corpus_path(value: str) -> Path:
    """A corpus folder: a path, or a URL such as ``s3://bucket/corpus``."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", value):
        return Path(value)
    from interactspeech.corpus.remote import place

    return place(value)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output: wrapped on a terminal; elsewhere every cell in full, no frame."""
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        for row in (head, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            click.echo("  ".join(cells).rstrip())
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers(command: Decorated) -> Decorated:
    """`--seed`, `--workers`, `--executor`, `--address`: none but the seed changes the result."""
    for option in reversed(
        (
            click.option(
                "--seed", type=int, default=0, show_default=True, help="Same seed, same bytes."
            ),
            click.option(
                "--workers", type=click.IntRange(1), default=cores, show_default="one per core",
                metavar="N", help="Worker processes; their number does not change the result.",
            ),
            click.option(
                "--executor", type=click.Choice(["local", "ray"]), default="local",
                show_default=True,
                help="Where the workers run: this machine, or a Ray cluster.",
            ),
            click.option(
                "--address", metavar="WHERE",
                help="Address of the Ray cluster: auto, or host:port.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def event_rates(command: Decorated) -> Decorated:
    """`--interruptions`, `--backchannels`, `--max-interruptions`: how much a writer adds."""
    for option in reversed(
        (
            click.option(
                "--interruptions", type=click.FloatRange(0), default=1.0, show_default=True,
                metavar="X", help="Interruptions, as a multiple of the human rate.",
            ),
            click.option(
                "--backchannels", type=click.FloatRange(0), default=1.0, show_default=True,
                metavar="X", help="Backchannels, as a multiple of the human rate.",
            ),
            click.option(
                "--max-interruptions", type=click.IntRange(0), default=2, show_default=True,
                metavar="N", help="Interruptions in one dialogue, at most.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def request_options(
    *, concurrency: int, retries: int, timeout: float, note: str = ""
) -> Callable[[Decorated], Decorated]:
    """`--concurrency`, `--retries`, `--timeout` of a service, with their defaults.

    Args:
        concurrency: default number of requests at a time.
        retries: default number of retries.
        timeout: default in seconds.
        note: what the help texts end with: when the options apply.
    """

    def decorate(command: Decorated) -> Decorated:
        for option in reversed(
            (
                click.option(
                    "--concurrency", type=click.IntRange(1, 128), default=concurrency,
                    show_default=True, metavar="N", help=f"Requests at the same time{note}.",
                ),
                click.option(
                    "--retries", type=click.IntRange(0, 20), default=retries, show_default=True,
                    metavar="N", help=f"Retries of one request{note}.",
                ),
                click.option(
                    "--timeout", type=click.FloatRange(0, min_open=True), default=timeout,
                    show_default=True, metavar="SECONDS",
                    help=f"How long to wait for an answer{note}.",
                ),
            )
        ):  # fmt: skip
            command = option(command)
        return command

    return decorate


def spoken_turns(count: int) -> Callable[[Decorated], Decorated]:
    """`--texts` and `--count`: what voices say that are measured; `count` turns by default."""

    def decorate(command: Decorated) -> Decorated:
        command = click.option(
            "--count", type=click.IntRange(1), default=count, show_default=True, metavar="N",
            help="Turns spoken by each engine.",
        )(command)  # fmt: skip
        return click.option(
            "--texts", multiple=True, default=["@demo"], show_default=True, metavar="INPUT",
            help="Dialogues whose turns are spoken; repeatable.",
        )(command)  # fmt: skip

    return decorate


def complete_voices(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Engines, and after ``engine:`` its voices (also behind commas)."""
    del ctx, param
    from interactspeech.tts import engine, engine_names

    name, colon, rest = incomplete.partition(":")
    if not colon:
        return [CompletionItem(one) for one in engine_names() if one.startswith(name)]
    if name not in engine_names():
        return []
    before, comma, last = rest.rpartition(",")
    head = f"{name}:{before}{comma}"
    voices = (voice.name for voice in engine(name).voices())
    return [CompletionItem(f"{head}{voice}") for voice in voices if voice.startswith(last)]


def complete_categories(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Event categories of `mine --want`, separated by commas."""
    del ctx, param
    from interactspeech.mining.settings import CATEGORIES

    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [
        CompletionItem(f"{before}{comma}{name}")
        for name in CATEGORIES
        if name.startswith(last) and name not in given
    ]
