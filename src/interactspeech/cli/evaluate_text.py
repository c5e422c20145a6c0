"""`interactspeech evaluate text`: how good scripts are, whoever wrote them."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli.common import Command, json_option

if TYPE_CHECKING:
    from interactspeech.errors import InputError
    from interactspeech.evaluation.ratings import RaterAgreement
    from interactspeech.evaluation.script_judge import Verdicts
    from interactspeech.records import Script


@click.command(
    "text",
    cls=Command,
    examples="""
    interactspeech evaluate text scripts.jsonl
    interactspeech evaluate text scripts.jsonl --judge gpt-4o-mini --verdicts judge.csv
    interactspeech evaluate text --ratings anna.csv --ratings ben.csv
    """,
    failure="some scripts or ratings could not be read or judged",
)
@click.argument("inputs", nargs=-1, metavar="SCRIPTS...")
@click.option(
    "--perplexity", metavar="MODEL",
    help="Measure perplexity with this text model (a folder, or smollm2-135m).",
)  # fmt: skip
@click.option(
    "--judge", metavar="MODEL", help="Have this model judge, behind an OpenAI-compatible service."
)
@click.option(
    "--base-url",
    default="",
    metavar="URL",
    help="Address of the service. [OPENAI_BASE_URL, or OpenAI]",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 128), default=16, show_default=True, metavar="N",
    help="Requests at the same time.",
)  # fmt: skip
@click.option(
    "--cache", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder in which the judge's answers are recorded; recorded ones are not asked for again.",
)  # fmt: skip
@click.option(
    "--verdicts", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Also write the judge's answers one by one, as a file of ratings (CSV).",
)  # fmt: skip
@click.option(
    "--ratings", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE", help="People's ratings (CSV: item, rater, rating, question); repeatable.",
)  # fmt: skip
@json_option
def command(
    inputs: tuple[str, ...],
    perplexity: str | None,
    judge: str | None,
    base_url: str,
    concurrency: int,
    cache: Path | None,
    verdicts: Path | None,
    ratings: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Measure scripts: validity, placement, ignorance of the unsaid, diversity, agreement.

    SCRIPTS are .jsonl files of `interactspeech script` or `generate`, the notation, or a built
    corpus. Ratings of people (or of several judges) give shares, Cohen's kappa and Krippendorff's
    alpha with intervals; they need no scripts.
    """
    if not inputs and not ratings:
        raise click.UsageError("name scripts, or --ratings")
    if (judge or perplexity) and not inputs:
        raise click.UsageError("--judge and --perplexity need scripts")
    if judge is None and (base_url or cache or verdicts):
        raise click.UsageError("--base-url, --cache and --verdicts need --judge")
    from interactspeech.errors import InputError
    from interactspeech.evaluation.scripts import measure

    out: dict[str, Any] = {}
    lost = 0
    if inputs:
        items = _items(inputs)
        scripts = [item for item in items if not isinstance(item, InputError)]
        lost = len(items) - len(scripts)
        losses = None
        if perplexity is not None:
            from interactspeech.training.text.generation import LocalModel

            losses = LocalModel(perplexity).losses
        report = measure(items, losses=losses)
        out["scripts"] = _plain(report)
        if not as_json:
            for name, value in report.rows():
                click.echo(f"{name:<38} {value}")
            for name, count in report.failures.items():
                click.secho(f"  {name}: {count:,}", fg="yellow", err=True)
        if judge is not None:
            found = _judged(scripts, judge, base_url, concurrency, cache)
            lost += sum(found.unanswered.values())
            out["judge"] = _plain(found)
            if verdicts is not None:
                _store(found, verdicts)
            if not as_json:
                for question, share in found.yes.items():
                    click.echo(f"judged {question:<31} {share}")
                click.echo(f"{'judged all three':<38} {found.all_yes}")
                for name, count in found.unanswered.items():
                    click.secho(f"  not judged, {name}: {count:,}", fg="yellow", err=True)
    if ratings:
        lost += _ratings(ratings, out, as_json=as_json)
    if as_json:
        click.echo(json.dumps(out))
    sys.exit(1 if lost else 0)


def _items(inputs: tuple[str, ...]) -> list[Script | InputError]:
    """Scripts and losses, checked or not: what fails a check is measured, not dropped."""
    from interactspeech.training.text.dataset import read_unchecked

    return list(read_unchecked(inputs))


def _judged(
    scripts: list[Script], name: str, base_url: str, concurrency: int, cache: Path | None
) -> Verdicts:
    from interactspeech.evaluation.script_judge import judge
    from interactspeech.scripts.writers.llm import Cache, Client, Prices, Service, Spending

    client = Client(
        Service(name, base_url, concurrency=concurrency), Cache(cache), Spending(Prices())
    )
    return judge(scripts, client, name)


def _store(found: Verdicts, path: Path) -> None:
    import csv

    from interactspeech.atomic_files import replacing

    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item", "rater", "question", "rating"])
        rows.writerows([one.item, one.rater, one.question, one.rating] for one in found.ratings)


def _ratings(paths: tuple[Path, ...], out: dict[str, Any], *, as_json: bool) -> int:
    from interactspeech.evaluation.ratings import agreements, read_ratings

    given, lost = read_ratings(paths)
    found = agreements(given)
    out["agreement"] = [_plain(one) for one in found]
    if not as_json:
        for one in found:
            click.echo(_line(one))
        for error in lost[:5]:
            click.secho(f"  {error}", fg="yellow", err=True)
    return len(lost)


def _line(one: RaterAgreement) -> str:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    between = ""
    if one.kappa_interval is not None:
        between = f" [{one.kappa_interval[0]:.3f}, {one.kappa_interval[1]:.3f}]"
    return (
        f"{one.question or 'ratings'}: {one.items:,} items, {one.raters} raters; good {one.good}; "
        f"pairs agree {shown(one.agreement)}; kappa {shown(one.kappa)}{between}; "
        f"alpha {shown(one.alpha)}"
    )


def _plain(value: Any) -> Any:
    """Plain data for JSON; what is no number is null there."""
    import msgspec

    def finite(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: finite(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [finite(inner) for inner in part]
        return None if isinstance(part, float) and not math.isfinite(part) else part

    return finite(msgspec.to_builtins(value))
