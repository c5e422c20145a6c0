"""`interactspeech corpus`: look into, verify, query, split, merge corpora."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from interactspeech.cli.common import Group, corpus_path, json_option, print_table, quiet_option

#: Dialogues that are named in a message; the others are in a file.
_NAMED = 20


@click.group(
    "corpus",
    cls=Group,
    examples="""
    interactspeech corpus info demo
    interactspeech corpus verify demo
    interactspeech corpus query demo "interruptions > 1 and seconds < 60"
    """,
)
def command() -> None:
    """Inspect, verify, repair, query, split and merge corpora."""


@command.command(
    examples="""
    interactspeech corpus info demo
    interactspeech corpus info demo --json
    interactspeech corpus info s3://bucket/corpus
    """,
    failure="it is no corpus, or it is damaged",
)
@click.argument("corpus", type=corpus_path)
@json_option
def info(corpus: Path, as_json: bool) -> None:
    """Summarise CORPUS: hours, events, voices, licences, and what its build dropped."""
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
            rows.append((f"{kind} events", f"{count:,}"))
    print_table(["", str(corpus)], rows)


@command.command(
    examples="""
    interactspeech corpus verify demo
    interactspeech corpus verify demo --no-audio      # checksums and records only
    interactspeech corpus verify demo --json
    """,
    failure="the corpus is damaged; each problem is listed with its file and dialogue",
)
@click.argument("corpus", type=corpus_path)
@click.option("--audio/--no-audio", default=True, help="Decode all audio as well. [on]")
@json_option
def verify(corpus: Path, audio: bool, as_json: bool) -> None:
    """Check every byte of CORPUS: checksums, records, audio, index."""
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


@command.command(
    examples="""
    interactspeech corpus repair demo
    interactspeech corpus repair demo --remake        # then run its build again
    interactspeech corpus repair demo --json
    """,
    failure="something was lost; each loss is listed",
)
@click.argument("corpus", type=corpus_path)
@click.option(
    "--remake",
    is_flag=True,
    help="Only take damaged shards out, so that running the build again makes them anew.",
)
@json_option
def repair(corpus: Path, remake: bool, as_json: bool) -> None:
    """Repair a damaged CORPUS and list what was lost.

    A lost index is rebuilt, a lost Parquet file is rebuilt from its tar, and of a damaged tar every
    intact dialogue is saved. Damaged files are moved to CORPUS/quarantine. Intact shards are not
    touched.
    """
    from dataclasses import asdict

    from interactspeech.corpus import repair as repaired

    done = repaired(corpus, remake=remake)
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        for line in done.lost:
            click.echo(f"lost: {line}")
        click.echo(
            f"{corpus}: {done.whole:,} shards are intact, {len(done.described):,} got a new "
            f"Parquet file, {len(done.quarantined):,} were damaged (see quarantine)",
        )
        if not done.finished:
            click.echo("The corpus is unfinished: run the build that made it again.")
    if done.lost or (remake and done.quarantined):
        sys.exit(1)


@command.command(
    examples="""
    interactspeech corpus query demo "interruptions > 1 and seconds < 60"
    interactspeech corpus query demo "licence = 'CC0-1.0'" --columns id,words --json
    interactspeech corpus query demo --order "seconds desc" --limit 10
    """,
    failure="the query cannot be used; the message says why",
)
@click.argument("corpus", type=corpus_path)
@click.argument("where", default="")
@click.option("--columns", metavar="A,B,...", help="Columns to show; `*` for all.")
@click.option("--order", default="", metavar="SQL", help="Order of the rows: 'seconds desc'.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most N dialogues.")
@json_option
def query(
    corpus: Path,
    where: str,
    columns: str | None,
    order: str,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the dialogues of CORPUS that satisfy the SQL condition WHERE.

    docs/record.md lists the columns. With --json, one object per line.
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
        click.echo("no dialogue satisfies the condition", err=True)
        return
    print_table(list(found[0]), [tuple(_cell(value) for value in row.values()) for row in found])
    click.echo(f"{len(found):,} dialogues", err=True)


@command.command(
    examples="""
    interactspeech corpus split demo --dev 0.1 --test 0.1
    interactspeech corpus split demo --test 0.2 --apart sources
    interactspeech corpus split demo --train 0.8 --dev 0.1 --test 0.1 --seed 3 --json
    """,
    failure="the corpus cannot be split so; the message says why",
)
@click.argument("corpus", type=corpus_path)
@click.option(
    "--train",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Share of the duration to train on.",
)
@click.option("--dev", type=click.FloatRange(0, 1), metavar="SHARE", help="Share for development.")
@click.option("--test", type=click.FloatRange(0, 1), metavar="SHARE", help="Share to test on.")
@click.option(
    "--apart",
    multiple=True,
    type=click.Choice(["voices", "sources"]),
    default=("voices", "sources"),
    help="What no two splits may share; may be given twice. [both]",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same splits.")
@json_option
def split(
    corpus: Path, train: float | None, dev: float | None, test: float | None,
    apart: tuple[str, ...], seed: int, as_json: bool,
) -> None:  # fmt: skip
    """Divide CORPUS into splits that share no voice and no source dialogue.

    The lists of ids are written to CORPUS/splits; the audio stays where it is, and `export --split
    train` takes one of them. One share may be left out: it gets the rest.

    Where a few voices talk in every pair, dialogues between voices of two splits are in neither;
    the output says how many. `--apart sources` lets splits share voices and loses none.
    """
    from interactspeech.corpus import Corpus
    from interactspeech.corpus.split import FOLDER
    from interactspeech.corpus.split import split as divide

    stated = {"train": train, "dev": dev, "test": test}
    shares = {name: share for name, share in stated.items() if share}
    rest = 1 - sum(shares.values())
    if rest > 1e-9:
        name = next((one for one, share in stated.items() if share is None), None)
        if name is None:
            raise click.UsageError(f"the shares add up to {1 - rest:g}, not to 1")
        shares[name] = rest
    found = divide(Corpus.open(corpus), shares, apart=apart, seed=seed)
    if as_json:
        facts = {name: len(ids) for name, ids in found.ids.items()}
        click.echo(
            json.dumps(
                {
                    "dialogues": facts,
                    "left_out": len(found.left_out),
                    "left_out_ids": found.left_out,
                }
            )
        )
        return
    total = sum(found.seconds.values())
    for name, ids in found.ids.items():
        share = found.seconds[name] / total if total else 0.0
        minutes = found.seconds[name] / 60
        click.echo(f"{name}: {len(ids):,} dialogues, {minutes:.1f} min ({share:.0%})")
    if found.left_out:
        named = ", ".join(found.left_out[:_NAMED])
        more = f", ... (all in {FOLDER}/splits.json)" if len(found.left_out) > _NAMED else ""
        click.echo(
            f"{len(found.left_out):,} dialogues are in no split, because their voices or sources "
            f"belong to two of them: {named}{more}\n--apart sources loses none, and lets splits "
            "share voices",
            err=True,
        )
    if found.unvoiced and "voices" in apart:
        click.echo(
            f"{found.unvoiced:,} dialogues do not name their voices; these may share some",
            err=True,
        )
    click.echo(f"{corpus / FOLDER}")


@command.command(
    examples="""
    interactspeech corpus merge monday tuesday -o week
    interactspeech corpus merge a b -o both --prefix a- --prefix b-
    interactspeech corpus merge s3://bucket/a s3://bucket/b -o both
    """,
    failure="the corpora cannot be merged; the message says why",
)
@click.argument("corpora", nargs=-1, required=True, type=corpus_path)
@click.option("-o", "--output", required=True, type=corpus_path, help="Folder of the new corpus.")
@click.option(
    "--prefix",
    "prefixes",
    multiple=True,
    metavar="TEXT",
    help="Prefix for the ids of a corpus; once for each corpus, in their order.",
)
@quiet_option
def merge(corpora: tuple[Path, ...], output: Path, prefixes: tuple[str, ...], quiet: bool) -> None:
    """Merge several corpora into one.

    Shards are copied byte for byte and checked on the way. Ids must be unique; prefixes make them
    so.
    """
    from interactspeech.corpus import Corpus, ShardInfo
    from interactspeech.corpus.merge import merge as join
    from interactspeech.progress import Progress

    opened = [Corpus.open(one) for one in corpora]
    total = sum(len(one) for one in opened)
    with Progress(total, "merging", show=not quiet) as progress:

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
