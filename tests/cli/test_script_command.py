import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from interactspeech.cli.script import command
from interactspeech.records import Script
from interactspeech.scripts import parse_script


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


def test_demo_to_json_lines(runner: CliRunner, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "s.jsonl"
    result = runner.invoke(command, ["@demo", "-o", str(out), "--json"])
    assert result.exit_code == 0, result.output
    scripts = [msgspec.json.decode(line, type=Script) for line in out.read_bytes().splitlines()]
    summary = json.loads(result.stdout)
    assert summary["kept"] == len(scripts) == 47
    assert summary["lost"] == 0
    again = tmp_path / "t.jsonl"
    runner.invoke(command, ["@demo", "-o", str(again)])
    assert again.read_bytes() == out.read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["s.jsonl"]


def test_notation_out_and_in_again(runner: CliRunner, tmp_path: Path) -> None:
    out = tmp_path / "s.txt"
    assert runner.invoke(command, ["@demo", "-o", str(out), "--limit", "3"]).exit_code == 0
    blocks = out.read_text().strip().split("\n\n")
    assert [parse_script(block).id for block in blocks] == ["demo-001", "demo-002", "demo-003"]
    assert "# licence: CC0-1.0" in blocks[0]


def test_losses_are_named_and_the_exit_code_is_honest(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("A: Hello.\nB: Hi.\n\nA: So [interupt] it\nB: Hm.\n")
    out = tmp_path / "o.jsonl"
    result = runner.invoke(command, [str(tmp_path / "x.txt"), "nothing.txt", "-o", str(out)])
    assert result.exit_code == 1
    assert "x.txt:4: unknown mark [interupt]" in result.output.replace("\n", "")
    assert "nothing.txt: no such file" in result.output
    assert len(out.read_text().splitlines()) == 1


def test_hand_written_scripts_are_kept_as_they_are(runner: CliRunner, tmp_path: Path) -> None:
    text = "A: The train goes to [interrupt] Leeds today.\nB: Leeds?\n"
    (tmp_path / "x.txt").write_text(text)
    result = runner.invoke(command, [str(tmp_path / "x.txt"), "-o", str(tmp_path / "o.jsonl")])
    assert result.exit_code == 0
    assert "uses the unsaid leed" in result.output


def test_wrong_format_is_wrong_usage(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(command, ["@demo", "-o", str(tmp_path / "o"), "--format", "word"])
    assert result.exit_code == 2
    assert "dialogsum" in result.output


def test_texts_of_another_language_are_warned_about(runner: CliRunner, tmp_path: Path) -> None:
    text = tmp_path / "nl.txt"
    text.write_text(
        "Ann: Ja, dat weet ik eigenlijk niet zo goed hoor, misschien moeten we dat later doen.\n"
        "Bob: Nou, dan moet je dat maar eens aan je moeder vragen, denk ik, dat lijkt me beter.\n"
    )
    result = runner.invoke(command, [str(text), "-o", str(tmp_path / "s.jsonl")])
    assert result.exit_code == 0
    assert "The texts are not English" in result.stderr
    result = runner.invoke(command, ["@demo", "-o", str(tmp_path / "d.jsonl"), "--limit", "5"])
    assert "not English" not in result.stderr
