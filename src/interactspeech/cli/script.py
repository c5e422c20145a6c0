"""`interactspeech script`: text dialogues in, interactive scripts out."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from interactspeech.cli import common

if TYPE_CHECKING:
    from interactspeech.errors import InputError
    from interactspeech.ledger import Ledger
    from interactspeech.records import PlainDialogue, Script
    from interactspeech.scripts.measures import Measures
    from interactspeech.scripts.writers.llm import LLMWriter


#: Hand-written scripts that fail a check are named, up to this many.
_NOTES = 20


@click.command(
    "script",
    cls=common.Command,
    stdout=True,
    examples="""
    interactspeech script chats.txt -o scripts.jsonl
    interactspeech script @demo -o demo.txt --limit 5
    interactspeech script calls.json -o s.txt --scenario assistant --roles user,agent
    interactspeech script chats.txt -o s.jsonl --llm gpt-4o-mini --prices 0.15 0.6 --budget 2
    interactspeech script chats.txt -o s.jsonl --llm mine --base-url http://localhost:8000/v1
    interactspeech script chats.txt -o s.jsonl --llm local:adapter
    """,
    failure="dialogues were dropped; the list says which and why",
)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Scripts as JSON lines; in the notation if FILE ends in .txt or .script; - is stdout.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Write at most N scripts.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same scripts.")
@click.option(
    "--recombine", is_flag=True,
    help="When the inputs are used up, recombine their parts into new dialogues until --limit.",
)  # fmt: skip
@click.option(
    "--format",
    "input_format",
    metavar="NAME",
    help="Format of the inputs, if it is not recognised.",
)
@common.event_rates
@common.telling_option
@common.who_talks
@click.option(
    "--blocklist", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Drop scripts in which a word or phrase of this file (one per line) is spoken.",
)  # fmt: skip
@click.option(
    "--llm", metavar="MODEL", help="Have this model write, behind an OpenAI-compatible service."
)
@click.option(
    "--base-url",
    metavar="URL",
    default="",
    help="Address of the service. [OPENAI_BASE_URL, or OpenAI]",
)
@common.request_options(concurrency=64, retries=5, timeout=120.0, note=" (LLM)")
@click.option(
    "--cache", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder in which answers are recorded (LLM). [FILE.answers]",
)  # fmt: skip
@click.option("--replay", is_flag=True, help="Use recorded answers only and send no request (LLM).")
@click.option(
    "--prices", type=(click.FloatRange(0), click.FloatRange(0)), metavar="IN OUT",
    help="Prices of a million tokens sent and received (LLM).",
)  # fmt: skip
@click.option(
    "--budget", type=click.FloatRange(0), metavar="X",
    help="Stop before more than X is spent; needs --prices (LLM).",
)  # fmt: skip
@click.option(
    "--token-budget", type=click.IntRange(0), metavar="N",
    help="Stop before more than N tokens are used (LLM).",
)  # fmt: skip
@common.json_option
def command(
    inputs: tuple[str, ...],
    output: Path,
    limit: int | None,
    seed: int,
    recombine: bool,
    input_format: str | None,
    interruptions: float,
    backchannels: float,
    max_interruptions: int,
    telling: Any,
    scenario: str,
    roles: tuple[str, ...],
    places: str,
    blocklist: Path | None,
    llm: str | None,
    base_url: str,
    concurrency: int,
    retries: int,
    timeout: float,
    cache: Path | None,
    replay: bool,
    prices: tuple[float, float] | None,
    budget: float | None,
    token_budget: int | None,
    as_json: bool,
) -> None:
    """Make text dialogues interactive: interruptions, backchannels, hesitations (text only).

    INPUT is a file, a folder, a glob, or @demo for the dialogues that ship. Plain A:/B: text, JSON,
    JSON lines, CSV, Parquet, DialogSum, DailyDialog, MultiWOZ, SGD, SODA, DialogStudio and PLACES
    are recognised, also compressed as .gz and .zst.

    With --llm a language model writes, and every answer of it is checked. The API key is read from
    the environment variable OPENAI_API_KEY. Run the same command again to continue after a stop:
    answers that were recorded are not asked for again. local:MODEL is a text model on this machine
    (interactspeech train text) or, with --base-url, such a model behind an endpoint.
    """
    from interactspeech.errors import InputError
    from interactspeech.ledger import Ledger
    from interactspeech.lexicon.language import LanguageCheck
    from interactspeech.progress import Progress
    from interactspeech.records import PlainDialogue
    from interactspeech.scripts import read_all
    from interactspeech.scripts.checks import CheckLimits, check, refusal_error
    from interactspeech.scripts.checks import blocklist as read_blocklist
    from interactspeech.scripts.measures import Measures
    from interactspeech.scripts.notation import format_script
    from interactspeech.scripts.role_checks import check_roles
    from interactspeech.scripts.writers.offline import OfflineWriterSettings, write_offline

    if input_format is not None:
        from interactspeech.scripts import format_names

        if input_format not in format_names():
            raise click.BadParameter(f"one of {', '.join(format_names())}", param_hint="--format")
    if llm is None and (base_url or cache or replay or prices or token_budget is not None):
        raise click.UsageError("these options are for a language model: name it with --llm MODEL")
    if budget is not None and prices is None:
        raise click.UsageError("--budget needs --prices, the cost of a million tokens")
    blocked = frozenset() if blocklist is None else read_blocklist(blocklist)
    items = read_all(inputs, input_format)
    if recombine:
        from interactspeech.scripts.recombination import recombine as recombined

        items = recombined(items, seed)
    writer: LLMWriter | None = None
    scripts: Iterator[Script | InputError]
    limits = CheckLimits(interruptions=max(max_interruptions, 2), blocked=blocked)
    cast = common.chosen_scenario(scenario, roles)
    if cast is None and places != "people":
        raise click.UsageError("--places is for --scenario")
    if cast is not None and llm is not None and not llm.startswith("local:"):
        raise click.UsageError(
            "--scenario and --roles are for the offline writer and --llm local:MODEL, not for a "
            "service"
        )
    if cast is not None and llm is None:
        from interactspeech.scripts.writers.role_writer import write_with_roles

        listening = common.feedback_places(places)
        scripts = (
            write_with_roles(item, seed, cast, in_order=bool(roles), places=listening)
            if isinstance(item, PlainDialogue)
            else item
            for item in items
        )
    elif llm is None:
        settings = OfflineWriterSettings(
            interruptions=interruptions,
            backchannels=backchannels,
            max_interruptions=max_interruptions,
            telling=telling,
        )
        scripts = (
            write_offline(item, seed, settings=settings)
            if isinstance(item, PlainDialogue)
            else item
            for item in items
        )
    elif llm.startswith("local:"):
        if telling == "narrative":
            raise click.UsageError("--telling narrative does not apply to a local model")
        if cache or replay or prices or token_budget is not None:
            raise click.UsageError(
                "--cache, --replay, --prices and --token-budget do not apply to a local model"
            )
        from interactspeech.cli.text_models import local_scripts

        scripts = local_scripts(
            llm.removeprefix("local:"), items if limit is None else _first(items, limit), seed,
            base_url=base_url, interruptions=interruptions, backchannels=backchannels,
            max_interruptions=max_interruptions, scenario=cast, in_order=bool(roles),
        )  # fmt: skip
    else:
        from interactspeech.scripts.writers import llm as writing

        if cache is None and str(output) != "-":
            cache = output.with_name(f"{output.name}.answers")
        writer = writing.LLMWriter(
            writing.Service(
                llm, base_url, concurrency=concurrency, retries=retries, timeout=timeout,
                replay=replay,
            ),
            writing.LLMSettings(interruptions, backchannels, max_interruptions, telling=telling),
            seed=seed,
            cache=writing.Cache(cache),
            spending=writing.Spending(
                writing.Prices(*(prices or (0.0, 0.0))),
                math.inf if budget is None else budget,
                math.inf if token_budget is None else token_budget,
            ),
            blocked=blocked,
        )  # fmt: skip
        scripts = writer.write(items if limit is None else _first(items, limit))
    ledger, measures, language = Ledger(), Measures(), LanguageCheck()
    noted: list[InputError] = []
    as_text = output.suffix in {".txt", ".script"}
    with (
        _written(output) as file,
        Progress(None, "writing", show=not (writer is None or as_json)) as progress,
    ):
        for item in scripts:
            if limit is not None and ledger.kept >= limit:
                break
            progress.update(1)
            if isinstance(item, InputError):
                ledger.drop(item)
                continue
            failures = check(item, limits)
            if cast is not None and item.writer:
                failures += check_roles(item, cast)
            if failures and item.writer:
                ledger.drop(refusal_error(item, failures))
                continue
            if failures:
                noted.append(refusal_error(item, failures))  # a person wrote it: it stays as it is
            try:
                line = (format_script(item) + "\n").encode() if as_text else _json(item)
            except InputError as error:
                ledger.drop(error)
                continue
            file.write(line)
            ledger.keep()
            measures.add(item)
            language.add(word for turn in item.turns for word in turn.said.split())
    if message := language.message(of_texts=True):
        click.secho(f"warning: {message}", fg="yellow", err=True)
    for note in noted[:_NOTES]:
        click.secho(f"kept all the same: {note}", fg="yellow", err=True)
    _report(ledger, measures, output, as_json, writer)
    sys.exit(1 if ledger.lost or not ledger.kept else 0)


def _first(
    items: Iterator[PlainDialogue | Script | InputError], limit: int
) -> Iterator[PlainDialogue | Script | InputError]:
    """Items up to the given number of dialogues: no more are paid for than are wanted."""
    from interactspeech.errors import InputError

    for item in items:
        yield item
        limit -= not isinstance(item, InputError)
        if not limit:
            return


def _json(script: Script) -> bytes:
    import msgspec

    return msgspec.json.encode(script, order="deterministic") + b"\n"


@contextmanager
def _written(output: Path) -> Iterator[BinaryIO]:
    """The file, under its name only once it is whole; stdout for ``-``."""
    from interactspeech.atomic_files import replacing
    from interactspeech.errors import InputError

    if str(output) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with replacing(output) as partial, partial.open("wb") as file:
            yield file
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", output, reason="unwritable"
        ) from None


def _report(
    ledger: Ledger, measures: Measures, output: Path, as_json: bool, writer: LLMWriter | None
) -> None:
    marks = {
        mark: {"count": count, "a_minute": round(measures.a_minute(mark), 2)}
        for mark, count in measures.marks.most_common()
    }
    if as_json:
        summary = {
            "kept": ledger.kept,
            "lost": ledger.lost,
            "dropped": {name: entry.count for name, entry in ledger.dropped.items()},
            "turns": measures.turns,
            "minutes": round(measures.minutes, 2),
            "marks": marks,
        }
        if writer is not None:
            summary["llm"] = writer.report()
        click.echo(json.dumps(summary), err=str(output) == "-")
        return
    click.echo(
        f"{ledger.kept:,} scripts, {measures.turns:,} turns, "
        f"about {measures.minutes:,.0f} minutes of talk",
        err=True,
    )
    for mark, row in marks.items():
        click.echo(f"  {mark:<12} {row['count']:>7,}  {row['a_minute']:>6.2f} a minute", err=True)
    if writer is not None:
        _llm_report(writer)
    for name, entry in sorted(ledger.dropped.items()):
        click.secho(f"lost {entry.count:,} x {name}:", fg="yellow", err=True)
        for example in entry.examples:
            click.echo(f"  {example}", err=True)
    if str(output) != "-":
        click.echo(f"written: {output}", err=True)


def _llm_report(writer: LLMWriter) -> None:
    report = writer.report()
    click.echo(
        f"{report['asked']:,} requests answered, {report['recorded']:,} taken from the record, "
        f"{report['retried']:,} sent again; {report['tokens']:,} tokens, cost {report['cost']:.4f}",
        err=True,
    )
    for name, count in report["caught"].items():
        click.echo(f"  answers caught by {name}: {count:,}", err=True)
    if report["diversity"]:
        shares = ", ".join(f"{name} {share:.2f}" for name, share in report["diversity"].items())
        click.echo(f"  diversity of interruptions: {shares}", err=True)
