"""`interactspeech mine`: recordings in, a corpus of interactive clips out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import common

if TYPE_CHECKING:
    from interactspeech.mining.report import Counts, MineReport


@click.command(
    "mine",
    cls=common.Command,
    examples="""
    interactspeech mine calls/*.wav -o mined
    interactspeech mine podcast.mp3 -o mined --speakers 2 --licence CC-BY-4.0
    interactspeech mine amicorpus -o mined --balance none
    interactspeech mine calls -o mined --want interruption,failed_interruption --redact
    """,
    failure="recordings could not be used (the table says which and why), or there is no clip",
)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder of the corpus."
)
@click.option(
    "--layout",
    metavar="NAME",
    help="Layout of the folders: candor, fisher, switchboard, seamless, ami; none: plain files. "
    "[recognised]",
)
@click.option(
    "--group",
    "group_by",
    metavar="REGEX",
    help="Which files belong to one recording: a pattern with the group 'conversation' (and "
    "'speaker'), searched in each path.",
)
@click.option(
    "--annotation", "annotations", multiple=True, metavar="PATH",
    help="Annotation of the recordings, matched by name (RTTM, TextGrid, ...); repeatable.",
)  # fmt: skip
@click.option("--separate", is_flag=True, help="Treat every file as a recording of its own.")
@click.option(
    "--channels",
    type=click.Choice(["auto", "speakers", "mix"]),
    default="auto",
    show_default=True,
    help="One speaker on each channel, or all speakers mixed (then a diarizer separates them).",
)
@click.option(
    "--want",
    metavar="LIST",
    shell_complete=common.complete_categories,
    help="Event categories to cut clips for, separated by commas. [all: see docs/mining.md]",
)
@click.option(
    "--context", type=click.FloatRange(0), default=4.0, show_default=True, metavar="SECONDS",
    help="Context kept before and after the events.",
)  # fmt: skip
@click.option(
    "--length", nargs=2, type=click.FloatRange(0, min_open=True), default=(4.0, 30.0),
    show_default=True, metavar="MIN MAX", help="Shortest and longest clip, in seconds.",
)  # fmt: skip
@click.option(
    "--balance",
    default="2",
    show_default=True,
    metavar="X",
    help="Clips per category, at most X times as many as for interruptions that take the floor "
    "(but 20 are always allowed); none: as many as there are.",
)
@click.option(
    "--per-event", type=click.IntRange(1), metavar="N",
    help="At most N clips per category.",
)  # fmt: skip
@click.option(
    "--words",
    default="auto",
    show_default=True,
    metavar="ENGINE",
    help="Speech recogniser; none: timing and voices only; auto: if one is installed.",
)
@click.option(
    "--diarizer",
    default="offline",
    show_default=True,
    metavar="ENGINE",
    help="Diarizer for recordings of one channel: offline, pyannote, sortformer or a plug-in's; "
    "none leaves such recordings out.",
)
@click.option(
    "--speakers",
    type=click.IntRange(2),
    metavar="N",
    help="Number of speakers on one channel, if known.",
)
@click.option(
    "--no-checks",
    is_flag=True,
    help="Keep clips with artifacts, mismatched speakers or duplicates.",
)
@click.option(
    "--redact",
    is_flag=True,
    help="Bleep names and numbers in the sound, and mask them in the text.",
)
@click.option(
    "--rate", type=click.IntRange(8_000, 192_000), metavar="N",
    help="Sample rate of the clips. [as recorded]",
)  # fmt: skip
@click.option(
    "--unequal", type=click.FloatRange(0), default=1.0, show_default=True, metavar="SECONDS",
    help="How much the files of one recording may differ in length.",
)  # fmt: skip
@click.option(
    "--corpus",
    "corpus_name",
    default="",
    metavar="NAME",
    help="Name of the source corpus, stored in the records.",
)
@click.option(
    "--licence",
    default="",
    metavar="SPDX",
    help="Licence of recordings whose source states none.",
)
@common.workers
@common.with_language
@common.json_option
@common.quiet_option
def command(
    inputs: tuple[str, ...], output: Path, layout: str | None, group_by: str | None,
    annotations: tuple[str, ...], separate: bool,
    channels: Any, want: str | None, context: float, length: tuple[float, float], balance: str,
    per_event: int | None, words: str, diarizer: str, speakers: int | None, no_checks: bool,
    redact: bool, rate: int | None, unequal: float, corpus_name: str, licence: str, seed: int,
    workers: int, executor: Any, address: str | None, language: str, lexicon: str | None,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Cut interactive clips out of recordings: interruptions, backchannels, hard negatives.

    INPUT is an audio file (WAV, FLAC, MP3, OGG; M4A and video with the extra `media`), a folder or
    pattern of them, a manifest (.jsonl, .csv), or the root of CANDOR, Fisher, Switchboard, Seamless
    Interaction or AMI. Speakers may be on a channel each, in a file each, or all on one channel.
    Annotation next to a file (call.rttm, call.TextGrid, ...) is used.

    After an interruption or a crash, run the same command again: it continues where it stopped.
    """
    from interactspeech.mining.report import NothingMinedError
    from interactspeech.mining.settings import MineSettings
    from interactspeech.pipelines.mining.job import mine

    if address is not None and executor != "ray":
        raise click.UsageError("--address names a Ray cluster: add --executor ray")
    silent = quiet or as_json
    optional: dict[str, Any] = {} if want is None else {"want": _names(want)}
    settings = MineSettings(
        seed=seed, context=context, min_length=length[0], max_length=length[1],
        balance=_number(balance), per_event=per_event, channels=channels, tolerance=unequal,
        words=words, diarizer=diarizer, speakers=speakers, checks=not no_checks, redact=redact,
        rate=rate, corpus=corpus_name, licence=licence,
        language=language or common.lexicon_language(lexicon), lexicon=lexicon or "", **optional,
    )  # fmt: skip
    try:
        made = mine(
            inputs, output, settings, layout=layout, group_by=group_by, separate=separate,
            annotations=annotations, workers=workers, isolated=True, executor=executor,
            address=address,
            progress=not silent,
        )  # fmt: skip
    except NothingMinedError as error:
        if as_json:
            click.echo(json.dumps(error.counts.to_json()))
        else:
            _show(error.counts)
        raise
    if as_json:
        click.echo(json.dumps({"path": str(made.path), **made.counts.to_json()}))
    else:
        _show(made.counts, made)
    if made.counts.lost:
        sys.exit(1)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip().replace("-", "_") for name in text.split(",") if name.strip())


def _number(text: str) -> float | None:
    if text == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise click.UsageError(f"--balance {text!r} is no number and not 'none'")
    return value


def _show(counts: Counts, made: MineReport | None = None) -> None:
    """Tables of what was kept and dropped, on standard error; the result on standard output."""
    from rich.console import Console
    from rich.table import Table

    from interactspeech.mining.settings import CATEGORIES

    console = Console(stderr=True)
    table = Table(title="Events in the recordings (* hard negative)", title_justify="left")
    table.add_column("category", no_wrap=True)
    for title in ("there", "cut for", "in clips"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("no clip is cut for it, because", overflow="fold")
    for name, row in counts.rows.items():
        if row.events:
            why = ", ".join(f"{reason} {n:,}" for reason, n in sorted(row.dropped.items()))
            sign = " *" if CATEGORIES[name].hard_negative else ""
            table.add_row(
                name.replace("_", " ") + sign, f"{row.events:,}", f"{row.clips:,}", f"{row.held:,}",
                why,
            )  # fmt: skip
    if table.row_count:
        console.print(table)
    for note in counts.notes:
        click.echo(f"note: {note}", err=True)
    counts.recordings.print(what="recordings")
    counts.clips.print(what="clips")
    if made is None:
        return
    recordings, clips = counts.recordings, counts.clips
    click.echo(
        f"{clips.kept:,} clips, {clips.seconds / 60:.1f} min, from {recordings.kept:,} recordings, "
        f"{recordings.seconds / 60:.1f} min: {made.path}"
    )
    click.echo(f"Look and listen: interactspeech view {made.path}")
