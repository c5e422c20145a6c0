"""`interactspeech voices` tells what there is."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from interactspeech.cli.voices import command
from interactspeech.tts import engine


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path))
    return lambda *words: CliRunner().invoke(command, words)


def test_list_as_json(run):
    result = run("list", "--json")
    assert result.exit_code == 0
    rows = json.loads(result.output)
    kokoro = [row for row in rows if row["engine"] == "kokoro"]
    assert len(kokoro) == 28
    assert not any(row["installed"] for row in kokoro)  # the cache is empty
    licences = {row["engine"]: row["licence"] for row in rows}
    # Nothing under the GPL unless somebody asks for it by name.
    assert {licences[name] for name in ("kokoro", "hibari", "fake")} == {"Apache-2.0"}
    assert licences["espeak"] == "GPL-3.0-or-later"
    assert {"engine", "voice", "sex", "accent", "word_times"} <= rows[0].keys()


def test_list_one_engine_for_people(run):
    result = run("list", "fake")
    assert result.exit_code == 0
    for voice in engine("fake").voices():
        assert f"fake:{voice.name}" in result.output


def test_no_name_is_cut_at_any_width(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("list").output.splitlines()
    for row in json.loads(run("list", "--json").output):
        line = next(one for one in lines if one.split()[:1] == [f"{row['engine']}:{row['voice']}"])
        for name in ("sex", "accent", "licence", "word_times"):
            assert row[name] in line


def test_on_a_narrow_terminal_a_cell_is_folded_not_cut(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    terminal = SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("interactspeech.cli.common.sys", terminal)
    output = run("list").stdout
    assert max(map(len, output.splitlines())) <= 60
    assert "…" not in output
    squeezed = "".join(output.split())
    assert "GPL-3.0-" in squeezed


def test_install_of_an_engine_that_needs_nothing(run):
    result = run("install", "fake")
    assert result.exit_code == 0
    assert "4 voices ready" in result.output
