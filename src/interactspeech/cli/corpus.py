"""`interactspeech corpus`: look into, verify, query, split, merge corpora."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from interactspeech.cli.places import folder

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
_QUIET = click.option("-q", "--quiet", is_flag=True, help="No progress.")


@click.group("corpus")
def command() -> None:
    """Look into, verify, repair, query, split and merge corpora."""


@command.command()
@click.argument("corpus", type=folder)
@_JSON
def info(corpus: Path, as_json: bool) -> None:
    """Say what CORPUS holds: hours, events, voices, licences, and what its build dropped."""
    import msgspec

    from interactspeech.corpus import Corpus, summarise

    summary = summarise(Corpus.open(corpus))
    if as_json:
        click.echo(msgspec.json.encode(summary).decode())
        return
    minutes = summary.seconds / 60
    length = f"{minutes / 60:.2f} h" if minutes >= 60 else f"{minutes:.2f} min"
    rows = [
        ("dialogues", f"{summary.dialogues:,} in {summary.shards:,} shards"),
        ("length", length),
        ("on disk", f"{summary.bytes / 1e6:,.1f} MB"),
        ("utterances", f"{summary.utterances:,}"),
        ("words", f"{summary.words:,}"),
        ("voices", f"{summary.voices:,}"),
        ("sample rates", _counts(summary.rates)),
        ("sources", _counts(summary.sources)),
        ("licences", _counts(summary.licences)),
        ("splits", _counts(summary.splits)),
        ("timing", _counts(summary.timings)),
        ("dropped", _counts(summary.dropped) or "nothing"),
    ]
    for kind, count in summary.events.items():
        if count:
            rows.append((f"{kind} events", f"{count:,} ({count / minutes:.2f} a minute)"))
    _table(["", str(corpus)], rows)


@command.command()
@click.argument("corpus", type=folder)
@click.option("--audio/--no-audio", default=True, help="Decode all audio as well. [on]")
@_JSON
def verify(corpus: Path, audio: bool, as_json: bool) -> None:
    """Check every byte of CORPUS: checksums, records, audio, index.

    Each problem is named with its file and dialogue. Exit code 0: the corpus is whole; 1: it is
    not.
    """
    from dataclasses import asdict

    from interactspeech.corpus import verify as check

    found = 0
    for problem in check(corpus, audio=audio):
        found += 1
        click.echo(json.dumps(asdict(problem)) if as_json else str(problem))
    if found:
        click.secho(f"{corpus}: {found} problems", fg="red", err=True)
        sys.exit(1)
    if not as_json:
        click.echo(f"{corpus}: no problems")


@command.command()
@click.argument("corpus", type=folder)
@click.option(
    "--remake",
    is_flag=True,
    help="Only take damaged shards out, so that the build that made CORPUS makes them again.",
)
@_JSON
def repair(corpus: Path, remake: bool, as_json: bool) -> None:
    """Make a damaged CORPUS sound again, and say what was lost.

    A lost index is written anew, a lost Parquet file is made of its tar, and of a damaged tar every
    dialogue that is right is saved. Damaged files are moved to CORPUS/quarantine. Shards that are
    whole are not touched. Exit code 0: nothing was lost; 1: something was.
    """
    from dataclasses import asdict

    from interactspeech.corpus import repair as mend

    done = mend(corpus, remake=remake)
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        for line in done.lost:
            click.echo(f"lost: {line}")
        click.echo(
            f"{corpus}: {done.whole:,} shards are whole, {len(done.described):,} were described "
            f"anew, {len(done.quarantined):,} were damaged (see quarantine)",
        )
        if not done.finished:
            click.echo("The corpus is unfinished: run the build that made it again.")
    if done.lost or (remake and done.quarantined):
        sys.exit(1)


@command.command()
@click.argument("corpus", type=folder)
@click.argument("where", default="")
@click.option("--columns", metavar="A,B,...", help="Which columns; `*` for all.")
@click.option("--order", default="", metavar="SQL", help="For example: 'seconds desc'.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most N dialogues.")
@_JSON
def query(
    corpus: Path,
    where: str,
    columns: str | None,
    order: str,
    limit: int | None,
    as_json: bool,
) -> None:
    r"""List the dialogues of CORPUS that fit the SQL condition WHERE.

    \b
    Examples:
      interactspeech corpus query demo "interruptions > 1 and seconds < 60"
      interactspeech corpus query demo "licence = 'CC0-1.0'" --columns id,words --json

    The columns are listed in docs/record.md. With --json, one object a line.
    """
    from interactspeech.corpus import Corpus

    names = ["id", "seconds", "utterances", "interruptions", "backchannels", "corpus"]
    if columns is not None:
        names = [] if columns == "*" else [name.strip() for name in columns.split(",")]
    rows = Corpus.open(corpus).query(where, names, order, limit)
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, default=bytes.hex, ensure_ascii=False))
        return
    found = list(rows)
    if not found:
        click.echo("no dialogue fits", err=True)
        return
    _table(list(found[0]), [tuple(_cell(value) for value in row.values()) for row in found])
    click.echo(f"{len(found):,} dialogues", err=True)


@command.command()
@click.argument("corpus", type=folder)
@click.option("--train", type=click.FloatRange(0, 1), metavar="SHARE", help="Of the seconds.")
@click.option("--dev", type=click.FloatRange(0, 1), metavar="SHARE", help="Of the seconds.")
@click.option("--test", type=click.FloatRange(0, 1), metavar="SHARE", help="Of the seconds.")
@click.option(
    "--apart",
    multiple=True,
    type=click.Choice(["voices", "sources"]),
    default=("voices", "sources"),
    help="What no two splits share; may be given twice. [both]",
)
@click.option("--seed", type=int, default=0, help="Same seed, same splits. [0]")
@_JSON
def split(
    corpus: Path, train: float | None, dev: float | None, test: float | None,
    apart: tuple[str, ...], seed: int, as_json: bool,
) -> None:  # fmt: skip
    """Deal the dialogues of CORPUS out to splits that share no voice and no source dialogue.

    The lists of ids are written to CORPUS/splits; the audio stays where it is, and `export --split
    train` takes one of them. One share may be left out: it is the rest.

    \b
    Example:
      interactspeech corpus split demo --dev 0.1 --test 0.1

    Where a few voices talk in every pair, dialogues between voices of two splits are in none; the
    output says how many. `--apart sources` lets the splits share voices and loses none.
    """
    from interactspeech.corpus import Corpus
    from interactspeech.corpus.split import FOLDER
    from interactspeech.corpus.split import split as deal

    stated = {"train": train, "dev": dev, "test": test}
    shares = {name: share for name, share in stated.items() if share}
    rest = 1 - sum(shares.values())
    if rest > 1e-9:
        name = next((one for one, share in stated.items() if share is None), None)
        if name is None:
            raise click.UsageError(f"the shares leave {rest:g} of the corpus over")
        shares[name] = rest
    found = deal(Corpus.open(corpus), shares, apart=apart, seed=seed)
    if as_json:
        facts = {name: len(ids) for name, ids in found.ids.items()}
        click.echo(json.dumps({"dialogues": facts, "left_out": len(found.left_out)}))
        return
    total = sum(found.seconds.values())
    for name, ids in found.ids.items():
        share = found.seconds[name] / total if total else 0.0
        minutes = found.seconds[name] / 60
        click.echo(f"{name}: {len(ids):,} dialogues, {minutes:.1f} min ({share:.0%})")
    if found.left_out:
        click.echo(
            f"{len(found.left_out):,} dialogues are in no split: their voices or sources are on "
            "two sides",
            err=True,
        )
    if found.unvoiced and "voices" in apart:
        click.echo(
            f"{found.unvoiced:,} dialogues do not say who speaks; nothing keeps these apart",
            err=True,
        )
    click.echo(f"{corpus / FOLDER}")


@command.command()
@click.argument("corpora", nargs=-1, required=True, type=folder)
@click.option("-o", "--output", required=True, type=folder, help="Folder of the new corpus.")
@click.option(
    "--prefix",
    "prefixes",
    multiple=True,
    metavar="TEXT",
    help="Put before the ids of a corpus; once for each, in their order.",
)
@_QUIET
def merge(corpora: tuple[Path, ...], output: Path, prefixes: tuple[str, ...], quiet: bool) -> None:
    """Make one corpus of several.

    Shards are copied byte for byte and checked on the way. Ids must be unique; `--prefix a-
    --prefix b-` makes them so.
    """
    from interactspeech.corpus import Corpus, ShardInfo
    from interactspeech.corpus.merge import merge as join
    from interactspeech.progress import Progress

    opened = [Corpus.open(one) for one in corpora]
    total = sum(len(one) for one in opened)
    with Progress(total, "merging", quiet=quiet) as progress:

        def on_shard(info: ShardInfo) -> None:
            progress.update(info.dialogues, kept=info.dialogues)

        count = join(opened, output, prefixes=prefixes or None, on_shard=on_shard)
    click.echo(f"{output}: {count:,} dialogues from {len(opened)} corpora")


def _counts(counts: dict[Any, int]) -> str:
    return ", ".join(f"{name or 'not said'}: {count:,}" for name, count in counts.items())


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _table(head: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    # Where nobody looks at a screen, nothing is wrapped.
    Console(width=None if sys.stdout.isatty() else 250).print(table)
