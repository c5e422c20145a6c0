"""Options that have a new name take their earlier one, and do not show it."""

import click
import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.cli.common import RenamedChoice, renamed_flags


@click.command()
@click.option("--complete/--no-complete", default=True, is_eager=True)
@renamed_flags("complete", "mend")
@click.option("--detector", type=RenamedChoice(["diarized", "energy"], {"parted": "diarized"}))
def command(complete: bool, detector: str | None) -> None:
    click.echo(f"{complete} {detector}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "True None"),
        (["--no-complete"], "False None"),
        (["--no-mend"], "False None"),
        (["--no-mend", "--mend"], "True None"),
        (["--detector", "parted"], "True diarized"),
        (["--detector", "energy"], "True energy"),
    ],
)
def test_earlier_names_are_taken(words: list[str], said: str) -> None:
    result = CliRunner().invoke(command, words)
    assert (result.exit_code, result.output.strip()) == (0, said), result.output


@pytest.mark.parametrize(
    ("path", "now", "old"),
    [
        (["generate"], "--no-complete", "mend"),
        (["evaluate", "events", "run"], "diarized", "parted"),
    ],
)
def test_help_shows_the_new_names_only(path: list[str], now: str, old: str) -> None:
    shown = CliRunner().invoke(cli, [*path, "--help"]).output
    assert now in shown
    assert old not in shown
    wrong = CliRunner().invoke(cli, ["evaluate", "events", "run", "x", "--detector", "none"])
    assert wrong.exit_code == 2
    assert "parted" not in wrong.output
