"""`interactspeech label`: a page to label a corpus or recordings; `labels`: what came of it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli.common import Command, Group, json_option
from interactspeech.cli.serving import Announcement, serving_options

if TYPE_CHECKING:
    from interactspeech.evaluation.agreement import TypeAgreement
    from interactspeech.labels import LabelSettings


def comma_names(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Names of an option, parted by commas."""
    return tuple(one.strip() for one in value.split(",") if one.strip()) if value else ()


@click.command(
    "label",
    cls=Command,
    examples="""
    interactspeech label corpus -o labels --open
    interactspeech label call.wav -o labels --suggest rules
    interactspeech label caller.wav agent.wav --pair -o labels
    interactspeech label calls/ -o labels --annotators anna,ben,carl --per-dialogue 2
    interactspeech labels agreement labels
    """,
    failure="a recording could not be used (the others are on the page), or the page could not run",
)
@click.argument("source", nargs=-1, required=True, metavar="CORPUS|RECORDINGS...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="LABELS",
    help="Folder of the labels; what is there goes on.",
)
@click.option(
    "--annotators",
    callback=comma_names,
    metavar="NAME,...",
    help="Who labels; each has a link of their own. [me]",
)
@click.option(
    "--per-dialogue",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many annotators label each dialogue, blind to each other. [1]",
)
@click.option("--adjudicator", metavar="NAME", help="Who decides between the annotators.")
@click.option(
    "--types",
    callback=comma_names,
    metavar="TYPE,...",
    help="Types of events on the number keys, in their order.",
)
@click.option(
    "--suggest",
    type=click.Choice(["none", "record", "rules", "model"]),
    help="What proposes events, to be accepted or refused: the record's own events, the "
    "rules, the listener. Suggestions draw annotators to themselves. [none]",
)
@click.option(
    "--speakers",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many speak in a recording of one channel. [1]",
)
@click.option("--pair", is_flag=True, help="The two files are one recording, a speaker in each.")
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Of the order and the assignment. [0]"
)
@serving_options
def label(
    source: tuple[str, ...],
    output: Path,
    annotators: tuple[str, ...],
    per_dialogue: int | None,
    adjudicator: str | None,
    types: tuple[str, ...],
    suggest: str | None,
    speakers: int | None,
    pair: bool,
    seed: int | None,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    open_page: bool,
) -> None:
    """Serve a page on which a corpus or recordings are labelled, by one person or several.

    Events and words are put on as many tracks as there are speakers, by mouse or keyboard alone.
    Every edit is on the disk before the page calls it saved. Annotations named beside recordings
    (call.TextGrid beside call.wav) are where the labels begin. End it with Ctrl-C; the same
    command goes on, and the same links stay good.
    """
    from interactspeech.pipelines.serving import serve_labels

    given = {
        "annotators": annotators or None,
        "per_dialogue": per_dialogue,
        "adjudicator": adjudicator,
        "types": types or None,
        "suggest": suggest,
        "seed": seed,
    }
    line = f"labels: {output}    (Ctrl-C ends; every edit is saved when it is made)"
    said = Announcement(line, open_page=open_page)
    serve_labels(
        list(source), output, _settings(output, given), pair=pair, speakers=speakers, host=host,
        port=port, names=names, on_start=said.on_start, on_lost=said.on_lost,
    )  # fmt: skip
    said.end()


def _settings(output: Path, given: dict[str, Any]) -> LabelSettings | None:
    """The settings of the folder, if there is one, with those that were given."""
    import msgspec

    from interactspeech.labels import LabelSettings
    from interactspeech.labels.folder import MANIFEST, read_manifest, settings_of

    changed = {name: value for name, value in given.items() if value is not None}
    if not (output / MANIFEST).exists():
        return LabelSettings(**changed)
    if not changed:
        return None
    return msgspec.structs.replace(settings_of(read_manifest(output)), **changed)


_labels_argument = click.argument(
    "folder", metavar="LABELS", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


def _ready_options(command: Any) -> Any:
    """The command with the options that say which labels count, and where their source is."""
    options = (
        click.option("--source", multiple=True, metavar="PATH",
                     help="Where the corpus or the recordings are now. [where they were labelled]"),
        click.option("--unfinished", is_flag=True,
                     help="Take what annotators have begun, and not only what they called done."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    "labels",
    cls=Group,
    examples="""
    interactspeech labels progress labels
    interactspeech labels agreement labels
    interactspeech labels export labels -o consensus --format textgrid
    """,
)
def labels() -> None:
    """Progress, agreement, consensus and export of a folder that `label` made."""


@labels.command(
    "progress",
    examples="""
    interactspeech labels progress labels
    interactspeech labels progress labels --json
    interactspeech labels progress second_round
    """,
    failure="a log is damaged",
)
@_labels_argument
@json_option
def progress(folder: Path, as_json: bool) -> None:
    """How far each person is: dialogues given, begun and done, labels, minutes at work.

    Minutes at work leave out breaks of two minutes and more between edits.
    """
    from interactspeech.pipelines.labels import label_progress

    rows = label_progress(folder)
    if as_json:
        click.echo(json.dumps(rows))
        return
    click.echo(f"{'annotator':<20} {'given':>7} {'begun':>7} {'done':>7} {'events':>8} {'min':>7}")
    for row in rows:
        click.echo(
            f"{row['annotator']:<20} {row['assigned']:>7,} {row['begun']:>7,} {row['done']:>7,} "
            f"{row['events']:>8,} {row['seconds'] / 60:>7.1f}"
        )


@labels.command(
    "agreement",
    examples="""
    interactspeech labels agreement labels
    interactspeech labels agreement labels --unfinished --tolerance 0.5 --json
    interactspeech labels agreement labels --source /mnt/calls      # recordings that moved
    """,
    failure="a dialogue could not be used, or two annotators share none",
)
@_labels_argument
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 10, min_open=True),
    default=0.2,
    show_default=True,
    metavar="S",
    help="How far two onsets of one event may be apart.",
)
@click.option(
    "--frame",
    type=click.FloatRange(0.001, 10),
    default=0.05,
    show_default=True,
    metavar="S",
    help="Length of the frames of kappa and alpha.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of the bootstrap.",
)
@_ready_options
@json_option
def agreement(
    folder: Path,
    tolerance: float,
    frame: float,
    seed: int,
    source: tuple[str, ...],
    unfinished: bool,
    as_json: bool,
) -> None:
    """How far annotators agree: onset F1, Cohen's and Fleiss' kappa, Krippendorff's alpha.

    Each with a 95 % interval over dialogues. Kappa and alpha are of frames: whether an event of the
    type covers a moment of a track. "all" compares what covers each moment, of all types.
    """
    from interactspeech.evaluation.agreement import AgreementSettings
    from interactspeech.pipelines.labels import label_agreement

    lost: list[Exception] = []
    found = label_agreement(
        folder, AgreementSettings(tolerance, frame, seed), source=list(source) or None,
        unfinished=unfinished, on_lost=lost.append,
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps([_agreement_json(one) for one in found]))
    else:
        click.echo(f"{found[0].dialogues:,} dialogues; 95 % intervals over dialogues")
        names = ("onset F1", "Cohen", "Fleiss", "alpha")
        click.echo(f"{'type':<20} {'events':>7} " + " ".join(f"{n:<20}" for n in names).rstrip())
        for one in found:
            values = (one.onsets, one.cohen, one.fleiss, one.alpha)
            shown = " ".join(f"{value!s:<20}" for value in values).rstrip()
            click.echo(f"{one.type:<20} {one.events:>7,} {shown}")
    _end(lost)


def _agreement_json(one: TypeAgreement) -> dict[str, Any]:
    from dataclasses import asdict

    plain = asdict(one)
    for part in plain.values():
        if isinstance(part, dict):
            for name, value in part.items():
                part[name] = None if isinstance(value, float) and math.isnan(value) else value
    return plain


@labels.command(
    "export",
    examples="""
    interactspeech labels export labels -o consensus --format textgrid
    interactspeech labels export labels -o events.csv
    interactspeech labels export labels -o decided --of adjudicator --format elan
    interactspeech labels export labels -o benchmark --format benchmark
    """,
    failure="a dialogue could not be used",
)
@_labels_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PATH",
    help="A folder; or a file (.csv, .parquet, .jsonl: all; .TextGrid, .eaf: one).",
)
@click.option(
    "--format",
    "output_format",
    metavar="NAME",
    help="textgrid, elan, rttm, ctm, stm, seglst, webvtt, json, csv, parquet, jsonl, html; or "
    "benchmark, for `evaluate events real`. [by the ending; json in a folder]",
)
@click.option(
    "--of",
    "whose",
    default="consensus",
    show_default=True,
    metavar="WHOSE",
    help="consensus, adjudicator, each (a record for every annotator), or a name.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 10, min_open=True),
    default=0.2,
    show_default=True,
    metavar="S",
    help="Consensus: how far onsets may be apart.",
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.5,
    show_default=True,
    metavar="P",
    help="Consensus: more than this share agrees.",
)
@click.option("--keep", is_flag=True, help="Keep the record's other events beside the labels.")
@_ready_options
def export(
    folder: Path,
    output: Path,
    output_format: str | None,
    whose: str,
    tolerance: float,
    share: float,
    keep: bool,
    source: tuple[str, ...],
    unfinished: bool,
) -> None:
    """Write labels in an annotation format, or as a benchmark of recordings.

    The consensus has the events of a majority within the tolerance, at the median of their times;
    the others are left out. Into a folder, votes.jsonl is written as well: everything that anybody
    labelled, with the times and names of all who did.
    """
    from interactspeech.labels import ConsensusSettings
    from interactspeech.pipelines.labels import export_labels

    lost: list[Exception] = []
    files = export_labels(
        folder, output, output_format, whose, ConsensusSettings(tolerance, share),
        source=list(source) or None, unfinished=unfinished, keep=keep, on_lost=lost.append,
    )  # fmt: skip
    click.echo(f"{len(files)} files: {output}")
    _end(lost)


def _end(lost: list[Exception]) -> None:
    for error in lost:
        click.secho(f"left out: {error}", fg="yellow", err=True)
    if lost:
        raise SystemExit(1)
