"""`interactspeech script`: text dialogues in, interactive scripts out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from interactspeech.dialogue import PlainDialogue, Script
    from interactspeech.errors import InputError
    from interactspeech.run import Ledger
    from interactspeech.script.measure import Measures
    from interactspeech.script.offline import WriterSettings


#: Hand-written scripts that fail a check are named, up to this many.
_NOTES = 20


@click.command("script")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Scripts as JSON lines; in the notation if it ends in .txt or .script; - is stdout.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N scripts.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same scripts.")
@click.option("--format", "input_format", help="Format of the inputs, where it cannot be guessed.")
@click.option(
    "--interruptions", type=click.FloatRange(0), default=1.0, show_default=True, metavar="X",
    help="Times the rate of people.",
)  # fmt: skip
@click.option(
    "--backchannels", type=click.FloatRange(0), default=1.0, show_default=True, metavar="X",
    help="Times the rate of people.",
)  # fmt: skip
@click.option(
    "--max-interruptions", type=click.IntRange(0), default=2, show_default=True, metavar="N",
    help="At most N in a dialogue.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    inputs: tuple[str, ...],
    output: Path,
    limit: int | None,
    seed: int,
    input_format: str | None,
    interruptions: float,
    backchannels: float,
    max_interruptions: int,
    as_json: bool,
) -> None:
    r"""Make text dialogues interactive: people cut in, listen aloud, hesitate (text only).

    INPUT is a file, a folder, a glob, or @demo for the dialogues that ship. Plain A:/B: text,
    JSON, JSON lines, CSV, Parquet, DialogSum, DailyDialog, MultiWOZ, SGD, SODA, DialogStudio and
    PLACES are told apart by themselves, also as .gz and .zst.

    \b
      interactspeech script chats.txt -o scripts.jsonl
      interactspeech script @demo -o demo.txt --limit 5

    Exit code: 0 everything was kept, 1 something was dropped (the table says what and why), 2 wrong
    usage.
    """
    from interactspeech.errors import InputError
    from interactspeech.run import Ledger
    from interactspeech.script.checks import CheckLimits, check, refusal
    from interactspeech.script.measure import Measures
    from interactspeech.script.notation import format_script
    from interactspeech.script.offline import WriterSettings

    if input_format is not None:
        from interactspeech.script import FORMATS

        if input_format not in FORMATS:
            raise click.BadParameter(f"one of {', '.join(FORMATS)}", param_hint="--format")
    settings = WriterSettings(
        interruptions=interruptions,
        backchannels=backchannels,
        max_interruptions=max_interruptions,
    )
    ledger, measures = Ledger(), Measures()
    noted: list[InputError] = []
    as_text = output.suffix in {".txt", ".script"}
    limits = CheckLimits(interruptions=max(max_interruptions, 2))
    with _written(output) as file:
        for item in _scripts(inputs, input_format, seed, settings):
            if limit is not None and ledger.kept >= limit:
                break
            if isinstance(item, InputError):
                ledger.drop(item)
                continue
            failures = check(item, limits)
            if failures and item.writer:
                ledger.drop(refusal(item, failures))
                continue
            if failures:
                noted.append(refusal(item, failures))  # a person wrote it: it stays as it is
            try:
                line = (format_script(item) + "\n").encode() if as_text else _json(item)
            except InputError as error:
                ledger.drop(error)
                continue
            file.write(line)
            ledger.keep()
            measures.add(item)
    for note in noted[:_NOTES]:
        click.secho(f"kept all the same: {note}", fg="yellow", err=True)
    _report(ledger, measures, output, as_json)
    sys.exit(1 if ledger.lost or not ledger.kept else 0)


def _scripts(
    inputs: tuple[str, ...], input_format: str | None, seed: int, settings: WriterSettings
) -> Iterator[Script | InputError]:
    import msgspec

    from interactspeech.dialogue import PlainDialogue
    from interactspeech.errors import InputError
    from interactspeech.script import DEMO, demo_dialogues, find_files, read, write_offline

    seen: dict[str, int] = {}

    def unique(item: PlainDialogue | Script) -> PlainDialogue | Script:
        times = seen[item.id] = seen.get(item.id, 0) + 1
        return item if times == 1 else msgspec.structs.replace(item, id=f"{item.id}_{times}")

    for name in inputs:
        try:
            files = [None] if name == DEMO else find_files(name)
        except InputError as error:
            yield error
            continue
        for path in files:
            items = demo_dialogues() if path is None else read(path, input_format)
            for item in items:
                if isinstance(item, InputError):
                    yield item
                    continue
                named = unique(item)
                yield (
                    write_offline(named, seed, settings=settings)
                    if isinstance(named, PlainDialogue)
                    else named
                )


def _json(script: Script) -> bytes:
    import msgspec

    return msgspec.json.encode(script, order="deterministic") + b"\n"


@contextmanager
def _written(output: Path) -> Iterator[BinaryIO]:
    """The file, under its name only once it is whole; stdout for ``-``."""
    from interactspeech.errors import InputError

    if str(output) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    temporary = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("wb")
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", output, reason="unwritable"
        ) from None
    try:
        with file:
            yield file
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


def _report(ledger: Ledger, measures: Measures, output: Path, as_json: bool) -> None:
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
        click.echo(json.dumps(summary), err=str(output) == "-")
        return
    click.echo(
        f"{ledger.kept:,} scripts, {measures.turns:,} turns, "
        f"about {measures.minutes:,.0f} minutes of talk",
        err=True,
    )
    for mark, row in marks.items():
        click.echo(f"  {mark:<12} {row['count']:>7,}  {row['a_minute']:>6.2f} a minute", err=True)
    for name, entry in sorted(ledger.dropped.items()):
        click.secho(f"lost {entry.count:,} x {name}:", fg="yellow", err=True)
        for example in entry.examples:
            click.echo(f"  {example}", err=True)
    if str(output) != "-":
        click.echo(f"written: {output}", err=True)
