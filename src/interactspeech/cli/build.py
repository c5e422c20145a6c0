"""`interactspeech build`: the main job from the command line."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import options
from interactspeech.cli.places import folder

if TYPE_CHECKING:
    from interactspeech.pipelines.building import BuildReport


#: Bytes above which the fetching of a file of weights is worth a line.
_LARGE = 1_000_000


@click.command("build")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=folder,
    metavar="DIR",
    help="Folder of the corpus; or s3://bucket/folder and the like.",
)
@click.option("--limit", type=click.IntRange(1), help="At most N dialogues.", metavar="N")
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    metavar="H",
    help="Stop once the corpus is H hours long.",
)
@click.option(
    "--voices",
    multiple=True,
    default=["kokoro"],
    show_default=True,
    metavar="WHICH",
    help="Voices to cast from: an engine (kokoro, hibari), or kokoro:af_heart,am_adam.",
)
@options.workers
@click.option(
    "--timing",
    default="human",
    show_default=True,
    metavar="MODEL",
    help="human, original (the paper's fixed offsets), or a file from `interactspeech fit`.",
)
@click.option(
    "--writer",
    type=click.Choice(["offline", "none"]),
    default="offline",
    show_default=True,
    help="What makes plain dialogues interactive; none takes them as they are.",
)
@click.option(
    "--styles/--plain",
    default=True,
    show_default=True,
    help="Let what happens change how a line is said, or say everything plainly.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    metavar="SHARE",
    help="Have this share of the dialogues spoken by voices that no other dialogue has.",
)
@click.option(
    "--acoustics",
    type=click.Choice(["off", "light", "heavy"]),
    default="off",
    show_default=True,
    help="Rooms, noise, bleed and telephones; light needs no extra.",
)
@click.option(
    "--noises",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Recorded noises for --acoustics; otherwise they are made.",
)
@click.option(
    "--gate",
    type=click.Choice(["off", "quick", "sample", "full"]),
    default="quick",
    show_default=True,
    help="Quality gate: quick checks of every line; besides, listen to a share, or to all.",
)
@click.option(
    "--gate-share",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Of the dialogues that --gate sample listens to.",
)
@click.option(
    "--gate-limits",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Limits of your own voices, from `interactspeech evaluate voices -o DIR`.",
)
@click.option("--format", "input_format", help="Format of the inputs, where it cannot be guessed.")
@click.option(
    "--recombine",
    is_flag=True,
    help="After the dialogues, make new ones of their parts, none twice (for --hours, --limit).",
)
@click.option("--cache/--no-cache", default=True, help="Keep speech for the next build. [on]")
@click.option("--shard", type=click.IntRange(1), metavar="N", help="Dialogues a shard.")
@click.option("--page/--no-page", default=True, help="Write a page to look and listen. [on]")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    inputs: tuple[str, ...],
    output: Path,
    limit: int | None,
    hours: float | None,
    voices: tuple[str, ...],
    seed: int,
    workers: int,
    executor: Any,
    address: str | None,
    timing: str,
    writer: Any,
    styles: bool,
    held_out: float,
    acoustics: Any,
    noises: str | None,
    gate: Any,
    gate_share: float,
    gate_limits: str | None,
    input_format: str | None,
    recombine: bool,
    cache: bool,
    shard: int | None,
    page: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    r"""Turn text dialogues into a corpus of interactive two-track speech.

    INPUT is a file, a folder or a glob of dialogues: plain text with lines `A: ...` and `B: ...`,
    scripts in the notation, JSON, CSV, DialogSum, DailyDialog, MultiWOZ, SODA and others; or
    `@demo` for the dialogues that ship with the package; or recorded speech, whose speakers become
    the voices: `librispeech:FOLDER`, `vctk:FOLDER`, `recorded:FOLDER`.

    \b
    Examples:
      interactspeech build @demo -o demo --limit 4
      interactspeech build chats/*.txt -o corpus --voices hibari --hours 10
      interactspeech build dialogsum.train.jsonl -o corpus --seed 7
      interactspeech build texts/ -o corpus --voices hibari --hours 150 --recombine --no-cache

    Run the same command again after a crash: it goes on where it stopped. Exit code 0: everything
    was kept; 1: something was dropped (the table says what and why), or the inputs ended before the
    hours were full; 2: wrong usage.
    """
    from interactspeech.pipelines.building import BuildSettings, NothingBuiltError, build
    from interactspeech.pipelines.building.worker import DialogueDone, ShardReport
    from interactspeech.progress import Progress

    if address is not None and executor != "ray":
        raise click.UsageError("--address is of a Ray cluster: add --executor ray")
    if noises is not None and acoustics == "off":
        raise click.UsageError("--noises is for --acoustics light or heavy")
    silent = quiet or as_json
    settings = BuildSettings(
        seed=seed,
        voices=voices,
        timing=timing,
        writer=writer,
        styles=styles,
        held_out=held_out,
        acoustics=acoustics,
        noises=noises or "",
        limit=limit,
        hours=hours,
        gate=gate,
        gate_share=gate_share,
        gate_limits=gate_limits or "",
        recombine=recombine,
        shard=shard,
    )
    progress = Progress(None, "building", quiet=silent)

    def on_start(total: int | None) -> None:
        progress.total = total
        shown.enter_context(progress)  # not before: a wrong option needs no progress bar

    quarters: dict[str, int] = {}

    def on_weights(file: str, done: int, total: int) -> None:
        quarter = 4 * done // max(total, 1)
        if not silent and total > _LARGE and quarters.get(file) != quarter:
            quarters[file] = quarter
            click.echo(f"fetching {file}: {done / 1e6:.0f} of {total / 1e6:.0f} MB", err=True)

    def on_progress(what: ShardReport | DialogueDone) -> None:
        if isinstance(what, DialogueDone):
            progress.update(1, what.seconds, kept=int(what.kept), dropped=int(not what.kept))
        elif what.resumed:
            ledger = what.ledger
            progress.skip(ledger.kept + ledger.lost, ledger.seconds, ledger.kept, ledger.lost)

    try:
        with ExitStack() as shown:
            made = build(
                inputs,
                output,
                settings,
                workers=workers,
                executor=executor,
                address=address,
                input_format=input_format,
                cache=cache,
                on_start=on_start,
                on_progress=on_progress,
                on_weights=on_weights,
                on_message=progress.log,
            )
    except NothingBuiltError as error:
        error.ledger.print(quiet=as_json)
        raise
    if as_json:
        click.echo(json.dumps(_as_json(made)))
    else:
        _show(made, page=page)
    if made.ledger.lost or not made.complete:
        sys.exit(1)


def _as_json(made: BuildReport) -> dict[str, Any]:
    return {
        "path": str(made.path),
        "dialogues": made.dialogues,
        "seconds": round(made.seconds, 3),
        "complete": made.complete,
        **made.ledger.to_json(),
    }


def _show(made: BuildReport, *, page: bool) -> None:
    from interactspeech.pipelines.building.summary import print_summary

    made.ledger.print()
    print_summary(made, page=page)
