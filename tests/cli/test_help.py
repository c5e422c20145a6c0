"""Help of every command and subcommand: examples that stand alone and parse, options explained."""

import shlex

import click
import pytest
from click.testing import CliRunner

from interactspeech.cli import COMMANDS, cli

WIDTH = 100


def _walk(command: click.Command, path: tuple[str, ...] = ()):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _walk(inner, (*path, name))


EVERY = dict(_walk(cli))
SINGLE = [path for path, command in EVERY.items() if not isinstance(command, click.Group)]


def name_of(path: tuple[str, ...]) -> str:
    return " ".join(path) or "interactspeech"


def help_of(path: tuple[str, ...]) -> str:
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_command_of_the_table_is_walked() -> None:
    assert {path[0] for path in EVERY if path} == set(COMMANDS)
    assert len(SINGLE) > 25


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_help_is_laid_out(path: tuple[str, ...]) -> None:
    text = help_of(path)
    assert "\\b" not in text
    assert "\b" not in text
    assert max(map(len, text.splitlines())) <= WIDTH
    examples = EVERY[path].examples
    assert len(examples) >= 3
    for line in examples:
        assert f"\n  {line}\n" in text  # alone on its line, unwrapped


@pytest.mark.parametrize("path", SINGLE, ids=name_of)
def test_every_option_and_the_exit_code_are_explained(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    silent = [
        parameter.opts[0]
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert not silent
    if path != ("completion",):
        assert "Exit code:" in help_of(path)


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_examples_parse(path: tuple[str, ...], tmp_path, monkeypatch) -> None:
    """What the help shows is accepted: commands, options, values."""
    monkeypatch.chdir(tmp_path)
    for line in EVERY[path].examples:
        code = line.partition("eval ")[2].strip('"').removeprefix("$(") if "eval " in line else line
        words = shlex.split(code.partition("|")[0].partition(')"')[0], comments=True)
        assert words[0] == "interactspeech"
        command, rest = cli, words[1:]
        context = click.Context(cli, info_name="interactspeech")
        while isinstance(command, click.Group):
            _, command, rest = command.resolve_command(context, rest)
            assert command is not None
        if "merge" in words:
            (tmp_path / "runs" / "adapter").mkdir(parents=True, exist_ok=True)
        for word in rest:  # folders and files that must exist
            if word[0].isalpha() and not (tmp_path / word).exists() and "/" not in word:
                (tmp_path / word).touch() if "." in word else (tmp_path / word).mkdir()
        command.make_context("x", list(rest))
