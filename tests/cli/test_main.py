"""The command line as a whole: help, completion, mistakes, speed of import."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from interactspeech import __version__
from interactspeech.cli import COMMANDS, cli


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert len(result.output) > 200


def test_version() -> None:
    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


def test_a_misspelt_command_is_guessed() -> None:
    result = CliRunner().invoke(cli, ["bild"])
    assert result.exit_code == 2
    assert "build" in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert "interactspeech" in result.output


HEAVY = {
    "onnxruntime", "pyarrow", "duckdb", "matplotlib", "rich", "soundfile", "scipy", "torch",
    "sklearn", "hibari", "faster_whisper", "pocketsphinx",
}  # fmt: skip


@pytest.mark.parametrize(
    "module",
    ["interactspeech", "interactspeech.records", "interactspeech.turntaking",
     "interactspeech.rendering", "interactspeech.cli"],
)  # fmt: skip
def test_the_core_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not HEAVY & {name.partition(".")[0] for name in result.stdout.split()}
