"""`interactspeech annotate`, `stats` and `fit`: what is done with timed conversations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from interactspeech.cli.common import Command, json_option, language_options
from interactspeech.cli.dialogue_output import DialogueOutput
from interactspeech.errors import InputError

if TYPE_CHECKING:
    from interactspeech.formats import Report
    from interactspeech.formats.selection import InputChoices
    from interactspeech.records import Dialogue
    from interactspeech.turntaking.statistics import Comparison, Statistics

P = ParamSpec("P")
R = TypeVar("R")

_FORMATS = ("json", "textgrid", "elan", "rttm", "csv", "parquet", "jsonl", "html")


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
            help="Format of the files, if their endings do not tell: rttm, ctm, stm, uem, "
            "textgrid, elan, seglst, webvtt, chat, nxt, table, transcript, information, record.",
        ),
        click.option(
            "--rate", type=click.IntRange(1, 1_000_000_000), metavar="N",
            help="Ticks per second of the clock that times are converted to. [1000000: six "
            "decimals are exact]",
        ),
        click.option(
            "--group", metavar="REGEX",
            help="Which files belong to one conversation: a pattern with the group 'conversation' "
            "(and 'speaker'), searched in each path.",
        ),
        click.option(
            "--skip-bad", is_flag=True,
            help="Leave out bad lines and count them, instead of leaving out their file.",
        ),
        click.option(
            "--tiers", multiple=True, metavar="PATTERNS",
            help="Tiers of TextGrid and ELAN files, separated by commas: names, globs ('A*'), "
            "/regular expressions/, participant=..., type=... (ELAN); '!gaze*' leaves out.",
        ),
        click.option(
            "--speakers", multiple=True, metavar="PATTERNS",
            help="Speakers to use: names or patterns as for --tiers.",
        ),
        click.option(
            "--columns", multiple=True, metavar="FIELD=NAME,...",
            help="Names of a table's columns: start, end, duration, speaker, text, word, "
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
    """Values of an option that is repeated or separated by commas; commas in /.../ are kept."""
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
            help="A speaker's silences shorter than this do not end an inter-pausal unit. [of the "
            "rule set]",
        ),
        click.option(
            "--backchannels", type=click.Choice(["fitted", "rule"]), default="fitted",
            show_default=True,
            help="How backchannels are decided: by the model fitted on people's labels (if words "
            "are known, else by the rule), or always by the rule.",
        ),
        *language_options,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    "annotate",
    cls=Command,
    examples="""
    interactspeech annotate call.rttm                      # a table of what happened
    interactspeech annotate call.TextGrid -o events.csv    # a row for each event
    interactspeech annotate calls/ -o labelled --format elan
    interactspeech annotate *.TextGrid --group '(?P<conversation>day.+)_(?P<speaker>[a-z]+)'
    interactspeech annotate 'calls/**/*.rttm' --json | jq .events
    interactspeech annotate call.rttm -o - --format csv    # to the next program
    """,
    failure="something was lost; the table says what and why",
    stdout=True,
)
@reading_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file (.csv, .parquet, .jsonl; or .json, .TextGrid, .eaf for one conversation), or a "
    "folder for one file each (see --format). '-': standard output, as JSON lines or in --format.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(_FORMATS),
    help="Format of the output, if its name does not tell. [folder: json]",
)
@rules_options
@click.option(
    "--planned",
    is_flag=True,
    help="Use what only a generator knows: words that were planned and never said.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the labelled records as JSON lines.")
def annotate(
    files: tuple[str, ...], from_format: str | None, rate: int | None, group: str | None,
    skip_bad: bool, quiet: bool, output: Path | None, output_format: str | None, rules_name: str,
    bridge: float | None, backchannels: str, language: str, lexicon: str | None,
    choices: InputChoices, planned: bool, as_json: bool,
) -> None:  # fmt: skip
    """Label the events of timed conversations: turns, interruptions, backchannels, pauses, gaps.

    FILES are timing annotations (RTTM, CTM, STM, TextGrid, ELAN, SegLST, WebVTT, CHAT, AMI's NXT,
    information.json, our records), folders of them, or corpora. Files of one conversation (one for
    each speaker, or layer) are combined.
    """
    from interactspeech.formats import Report
    from interactspeech.pipelines import labelling

    out = DialogueOutput(output, output_format, as_json, quiet)
    report = Report()
    labelled = labelling.annotate(
        files, rules=rules_name, bridge=bridge, backchannels=backchannels, language=language,
        lexicon=lexicon, planned=planned,
        format=from_format, rate=rate, group_by=group, skip_bad=skip_bad,
        progress=not out.silent, report=report, **choices,
    )  # fmt: skip
    out.give(labelled, _show_events)
    show_report(report, len(labelled), quiet=out.silent)
    if report.lost or not labelled:
        raise SystemExit(1)


def _show_events(labelled: Sequence[Dialogue]) -> None:
    """A table of counts: a row an event type; for a few conversations, a column each.

    No rates: `stats` has them, by its own definitions.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    each = [Counter(str(e.type) for e in d.events if e.origin == "rule") for d in labelled]
    total = sum(each, Counter[str]())
    minutes = sum(d.seconds for d in labelled) / 60
    table = Table(
        title=f"{len(labelled)} conversation(s), {minutes:,.1f} min", title_justify="left"
    )
    table.add_column("event")
    columns = labelled if 1 < len(labelled) <= 5 else ()
    for dialogue in columns:
        table.add_column(Text(dialogue.id), justify="right", overflow="fold")
    table.add_column("all", justify="right")
    for kind, count in sorted(total.items(), key=lambda pair: (-pair[1], pair[0])):
        cells = [f"{counts[kind]:,}" for counts in each] if columns else []
        table.add_row(kind, *cells, f"{count:,}")
    Console().print(table)


@click.command(
    "stats",
    cls=Command,
    examples="""
    interactspeech stats corpus/                        # a corpus beside human conversation
    interactspeech stats calls/ -o report               # with plots, as Markdown and JSON
    interactspeech stats mine/ --compare theirs/        # two corpora beside each other
    interactspeech stats calls/*.rttm --json | jq .measures.fto
    """,
    failure="something was lost, or there is nothing to measure",
)
@reading_options
@click.option(
    "--compare",
    "others",
    multiple=True,
    default=("human",),
    metavar="human|FILES",
    help="What to compare with: 'human' (1,155 telephone calls), or files, folders, corpora; "
    "repeatable. [human]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also write statistics.md, statistics.json, conversations.csv and plots here.",
)
@rules_options
@json_option
def stats(
    files: tuple[str, ...], from_format: str | None, rate: int | None, group: str | None,
    skip_bad: bool, quiet: bool, others: tuple[str, ...], output: Path | None, rules_name: str,
    bridge: float | None, backchannels: str, language: str, lexicon: str | None,
    choices: InputChoices, as_json: bool,
) -> None:  # fmt: skip
    """Measure the timing of conversations and compare it with people's.

    Offsets between turns, pauses, gaps, overlaps, backchannels and interruptions: quartiles, rates
    per minute, shares of the time, and the distance of each distribution from the other side's
    (Kolmogorov-Smirnov, Wasserstein-1 in seconds, Jensen-Shannon in bits; 0 means equal).
    """
    from interactspeech.errors import InputError, UsageError
    from interactspeech.formats import Report
    from interactspeech.pipelines import measuring

    if "human" in others and len(others) > 1:
        raise click.UsageError("--compare takes either 'human' or files")
    report = Report()
    try:
        measured = measuring.stats(
            files, compare_with="human" if others == ("human",) else others,
            rules=rules_name, bridge=bridge, backchannels=backchannels, language=language,
            lexicon=lexicon, format=from_format,
            rate=rate, group_by=group, skip_bad=skip_bad, progress=not (quiet or as_json),
            report=report, **choices,
        )  # fmt: skip
    except UsageError:
        raise
    except InputError as error:
        show_report(report, 0, quiet=quiet)
        raise click.ClickException(str(error)) from None
    statistics, compared = measured.statistics, measured.comparison
    if output is not None:
        measured.write(output)
    if as_json:
        click.echo(json.dumps(measured.to_dict(), indent=1, ensure_ascii=False))
    elif not quiet:
        _show_statistics(statistics, compared)
        if output is not None:
            click.echo(f"written: {output}")
    show_report(report, len(statistics.conversations), quiet=quiet or as_json)
    if report.lost:
        raise SystemExit(1)


def _show_statistics(statistics: Statistics, compared: Comparison) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=100)
    # Quartiles where the line is wide enough for them.
    wide = console.width >= 92
    minutes, other = statistics.minutes, compared.other
    title = f"{len(statistics.conversations)} conversation(s), {minutes:,.1f} min; seconds"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    names = ("n", *(("25 %", "median", "75 %") if wide else ("median",)), other, "KS", "W1", "JS")
    table.add_column("measure", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for row in compared.measures:
        d = row.distances
        mine = (row.low, row.median, row.high) if wide else (row.median,)
        values = (*mine, row.other_median, d.ks, d.wasserstein, d.js)
        table.add_row(row.name, f"{row.n:,}", *(_number(value) for value in values))
    console.print(table)
    rates = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    rates.add_column("per minute, or share", no_wrap=True)
    for name in ("value", other):
        rates.add_column(name, justify="right")
    for found in compared.values:
        rates.add_row(found.name, _number(found.value), _number(found.other))
    console.print(rates)


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"  # noqa: PLR0124  (NaN differs from itself)


@click.command(
    "fit",
    cls=Command,
    examples="""
    interactspeech fit calls/ -o timing.json
    interactspeech fit 'meetings/*.rttm' -o timing.json --bridge 0.18
    interactspeech build chats/*.txt -o corpus --timing timing.json
    """,
    failure="something was lost; the table says what and why",
)
@reading_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="File for the model (timing.json).",
)
@click.option(
    "--name", help="Name of the model, stored in what is built with it. [the file's name]"
)
@click.option(
    "--pause-places",
    type=click.Choice(["auto", "required", "off"]),
    default="auto",
    show_default=True,
    help="Learn from the words where people pause inside a turn, and for how long: where the "
    "words allow it (English, with times and full stops); or fail if they do not; or take the "
    "places of English telephone calls.",
)
@rules_options
@json_option
def fit(
    files: tuple[str, ...], from_format: str | None, rate: int | None, group: str | None,
    skip_bad: bool, quiet: bool, output: Path, name: str | None, rules_name: str,
    bridge: float | None, backchannels: str, language: str, lexicon: str | None,
    choices: InputChoices, as_json: bool, pause_places: Any,
) -> None:  # fmt: skip
    """Fit a timing model to conversations, for `interactspeech build --timing FILE`.

    It holds how long people wait and overlap, how often they pause, give backchannels and
    interrupt, how dyads differ, and, where there are words with times, at which words people pause
    inside a turn. Whatever the conversations have too few examples of is taken
    from the human model that ships, and the file says so.
    """
    from interactspeech.formats import Report
    from interactspeech.pipelines import measuring
    from interactspeech.pipelines.dialogues import read

    report = Report()
    progress = not (quiet or as_json)
    dialogues = read(
        files, from_format, rate, group_by=group, skip_bad=skip_bad, progress=progress,
        report=report, **choices,
    )  # fmt: skip
    model = measuring.fit(
        dialogues, name=name or output.stem, rules=rules_name, bridge=bridge,
        backchannels=backchannels, language=language, lexicon=lexicon, pause_places=pause_places,
        progress=progress, report=report,
    )  # fmt: skip
    model.save(output)
    if as_json:
        click.echo(model.encode().decode())
    elif not quiet:
        hours = dialogues.seconds / 3600
        click.echo(f"{output}: {len(dialogues)} conversation(s), {hours:.1f} h")
    show_report(report, len(dialogues), quiet=quiet or as_json)
    if report.lost:
        raise SystemExit(1)


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
