"""`interactspeech evaluate scenarios`: whether roles do what they are to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from interactspeech.cli.common import Command, json_option


@click.command(
    "scenarios",
    cls=Command,
    examples="""
    interactspeech evaluate scenarios dialogsum.dev.jsonl --limit 200
    interactspeech evaluate scenarios sgd.json --scenario assistant --scenario service-call
    interactspeech evaluate scenarios meetings/*.txt --scenario meeting
    """,
    failure="a dialogue could not be read, a script failed a check, or a role broke a rule",
)
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option(
    "--scenario", "names", multiple=True, metavar="NAME",
    help="Scenario to measure; repeatable. [all for two]",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Look at N dialogues of all together."
)
@click.option("--seed", type=int, default=0, show_default=True, help="As for `build`.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write the tables there.")
@json_option
def command(
    texts: tuple[str, ...],
    names: tuple[str, ...],
    limit: int | None,
    seed: int,
    output: str | None,
    as_json: bool,
) -> None:
    """Say what each role of a scenario does on TEXT beside what it is asked, without speaking.

    Scripts are written and planned as for a build with --scenario; the first table has the rates a
    minute and a person, the second the checks, the rules of agents (never interrupts, yields in
    time, answers at its latency, talks on through feedback), and the kinds of interruption.
    """
    import msgspec

    from interactspeech.atomic_files import write_file
    from interactspeech.evaluation.scenario_rates import rules_table, scenario_table
    from interactspeech.pipelines.building.planned import scenarios_of
    from interactspeech.scripts.roles import scenario_named

    scenarios = [scenario_named(name) for name in names]
    found, ledger = scenarios_of(texts, scenarios or None, limit=limit, seed=seed)
    tables = f"{scenario_table(found)}\n{rules_table(found)}"
    if output is not None:
        write_file(Path(output), tables.encode())
    if as_json:
        reports = [msgspec.to_builtins(report) for report in found]
        click.echo(json.dumps({"scenarios": reports, **ledger.to_json()}, indent=1))
    else:
        click.echo(tables)
        ledger.print()
    broken = any(report.dropped or any(report.broken.values()) for report in found)
    if ledger.lost or broken:
        sys.exit(1)
