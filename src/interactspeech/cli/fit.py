"""`interactspeech fit`: conversations in, a timing model out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interactspeech.cli.conversations import (
    reading_options,
    rules_options,
    show_report,
    usage_errors,
)

if TYPE_CHECKING:
    from interactspeech.formats.selection import InputChoices


@click.command("fit")
@reading_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the model is written (timing.json).",
)
@click.option("--name", help="Name of the model, stored with what is made from it. [the file's]")
@rules_options
@click.option("--json", "as_json", is_flag=True, help="Print the model as JSON.")
def command(
    files: tuple[str, ...], from_format: str | None, rate: int | None, group: str | None,
    skip_bad: bool, quiet: bool, output: Path, name: str | None, rules_name: str,
    bridge: float | None, backchannels: str, choices: InputChoices, as_json: bool,
) -> None:  # fmt: skip
    """Learn a timing model from conversations, for `interactspeech build --timing FILE`.

    How long people wait and overlap, how often they pause, listen aloud and interrupt, and how
    dyads differ. What the conversations show too little of is taken from the shipped human model,
    and the file says so.

    \b
    Examples:
      interactspeech fit calls/ -o timing.json
      interactspeech fit 'meetings/*.rttm' -o timing.json --bridge 0.18

    Exit code: 0 all was used, 1 something was lost, 2 wrong usage.
    """
    from interactspeech.formats import Report
    from interactspeech.pipelines.dialogues import read
    from interactspeech.pipelines.measuring import fit

    report = Report()
    progress = not (quiet or as_json)
    with usage_errors():
        dialogues = read(
            files, from_format, rate, group_by=group, skip_bad=skip_bad, progress=progress,
            report=report, **choices,
        )  # fmt: skip
        model = fit(
            dialogues, name=name or output.stem, rules=rules_name, bridge=bridge,
            backchannels=backchannels, progress=progress, report=report,
        )  # fmt: skip
    model.save(output)
    if as_json:
        click.echo(model.encode().decode())
    elif not quiet:
        hours = dialogues.seconds / 3600
        click.echo(f"{output}: {len(dialogues)} conversation(s), {hours:.1f} h")
    show_report(report, len(dialogues), quiet=quiet or as_json)
    if report.lost:
        raise SystemExit(1)
