"""`interactspeech rate`: people rate systems on a page; `ratings`: what they said."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli.common import Command, Group, json_option
from interactspeech.cli.label import comma_names
from interactspeech.cli.serving import Announcement, serving_options

if TYPE_CHECKING:
    from interactspeech.evaluation.rating_results import RatingResults


def _systems(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for value in values:
        name, equals, path = value.partition("=")
        if not (name and equals and path):
            raise click.BadParameter(f"{value!r}: write NAME=PATH")
        if name in found:
            raise click.BadParameter(f"two systems are called {name!r}")
        found[name] = Path(path)
    return found


@click.command(
    "rate",
    cls=Command,
    examples="""
    interactspeech rate ours=corpus people=calls -o ratings --raters anna,ben
    interactspeech rate new=corpus2 old=corpus1 -o pairs --design pairwise
    interactspeech rate ours=scripts.jsonl other=others.jsonl -o scales --design scales
    interactspeech rate -o ratings                      # goes on
    interactspeech ratings results ratings
    """,
    failure="a script could not be used (the others are on the page), or the page could not run",
)
@click.argument("systems", nargs=-1, metavar="NAME=PATH...", callback=_systems)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="RATINGS",
    help="Folder of the ratings; a study that is there goes on.",
)
@click.option(
    "--design",
    type=click.Choice(["mos", "pairwise", "scales"]),
    default="mos",
    show_default=True,
    help="mos: five points; pairwise: which of two versions of a dialogue; scales: naturalness, "
    "consistency and specificity, yes or no.",
)
@click.option("--raters", callback=comma_names, metavar="NAME,...", help="Who rates. [me]")
@click.option(
    "--per-item", type=click.IntRange(min=1), metavar="N", help="Raters of each stimulus. [all]"
)
@click.option(
    "--items", type=click.IntRange(min=1), metavar="N", help="Dialogues of each system. [all]"
)
@click.option(
    "--checks",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    metavar="P",
    help="Attention checks, as a share of the trials.",
)
@click.option("--scripts", is_flag=True, help="Rate the scripts of corpora, not their sound.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of draws and orders.",
)
@serving_options
def rate(
    systems: dict[str, Path],
    output: Path,
    design: Any,
    raters: tuple[str, ...],
    per_item: int | None,
    items: int | None,
    checks: float,
    scripts: bool,
    seed: int,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    open_page: bool,
) -> None:
    """Serve a page on which people rate systems, without knowing which one they hear.

    A system is a corpus, whose sound is rated, or scripts. Each rater has an order of their own.
    The study is drawn once; without systems, the one in the folder goes on.
    """
    from interactspeech.labels.rating_folder import RatingSettings
    from interactspeech.pipelines.serving import serve_ratings

    line = f"ratings: {output}    (Ctrl-C ends; every answer is saved when it is given)"
    said = Announcement(line, open_page=open_page)
    settings = RatingSettings(design, raters or ("me",), per_item, items, checks, seed)
    serve_ratings(
        systems, output, settings, scripts=scripts, host=host, port=port, names=names,
        on_start=said.on_start, on_lost=said.on_lost,
    )  # fmt: skip
    said.end()


_folder_argument = click.argument(
    "folder", metavar="RATINGS", type=click.Path(exists=True, file_okay=False, path_type=Path)
)


@click.group(
    "ratings",
    cls=Group,
    examples="""
    interactspeech ratings results ratings
    interactspeech ratings results ratings --json
    interactspeech ratings export ratings -o ratings.csv
    """,
)
def ratings() -> None:
    """Results and export of a folder that `rate` made."""


@ratings.command(
    "results",
    examples="""
    interactspeech ratings results ratings
    interactspeech ratings results ratings --everybody
    interactspeech ratings results ratings --json
    """,
    failure="a log is damaged",
)
@_folder_argument
@click.option("--everybody", is_flag=True, help="Count raters who failed attention checks, too.")
@json_option
def results(folder: Path, everybody: bool, as_json: bool) -> None:
    """What raters said of each system, with 95 % intervals over dialogues.

    Raters who answered less than two of three attention checks as asked are left out.
    """
    from interactspeech.evaluation.rating_results import rating_results
    from interactspeech.labels.rating_folder import RatingFolder

    with RatingFolder.open(folder) as study:
        found = rating_results(study, everybody=everybody)
    if as_json:
        click.echo(json.dumps(_plain(found)))
    else:
        _show(found)


def _plain(found: RatingResults) -> Any:
    import msgspec

    def finite(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: finite(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [finite(inner) for inner in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return finite(msgspec.to_builtins(found))


def _show(found: RatingResults) -> None:
    for one in found.raters:
        state = "" if one.kept else ", left out"
        click.echo(
            f"rater {one.rater}: {one.answered:,} answers of {one.trials:,} trials; attention "
            f"{one.checks.count} of {one.checks.of}{state}"
        )
    if not found.scores:
        click.echo("no ratings yet")
    for score in found.scores:
        click.echo(f"{score.question}: {score.system} {score.value} ({score.ratings:,} ratings)")
    for pair in found.pairs:
        click.echo(
            f"{pair.first} against {pair.second}: {pair.wins} won, {pair.ties} ties, "
            f"{pair.losses} lost; preferred {pair.preferred}; p {pair.p:.3f}"
        )
    for question, value in found.alpha.items():
        shown = "-" if math.isnan(value) else f"{value:.3f}"
        click.echo(f"agreement on {question}: alpha {shown}")


@ratings.command(
    "export",
    examples="""
    interactspeech ratings export ratings -o ratings.csv
    interactspeech ratings export pairs -o pairs.csv
    interactspeech evaluate text --ratings ratings.csv  # agreement of what was exported
    """,
    failure="a log is damaged, or the file cannot be written",
)
@_folder_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="The file.",
)
def export(folder: Path, output: Path) -> None:
    """Write the answers one by one as CSV, as `interactspeech evaluate text --ratings` reads it."""
    from interactspeech.atomic_files import write_file
    from interactspeech.evaluation.rating_results import rating_rows
    from interactspeech.labels.rating_folder import RatingFolder

    with RatingFolder.open(folder) as study:
        rows = rating_rows(study)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["item", "rater", "question", "rating"])
    writer.writerows([one.item, one.rater, one.question, one.rating] for one in rows)
    write_file(output, text.getvalue().encode())
    click.echo(f"{len(rows):,} ratings: {output}")
