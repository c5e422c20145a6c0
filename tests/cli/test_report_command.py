"""`interactspeech report`: outputs, exit codes, pins; what it prints."""

import json

import pytest
from click.testing import CliRunner
from made_calls import RATE, RTTM, TALK, sound

from interactspeech.cli.report import command

soundfile = pytest.importorskip("soundfile")


@pytest.fixture
def call(tmp_path, monkeypatch):
    from interactspeech.evaluation.calls import analysis

    monkeypatch.setattr(analysis.trust, "find_copies", lambda _recording: [])
    monkeypatch.setattr(analysis, "_placed", lambda *_given: [])
    path = tmp_path / "call.wav"
    soundfile.write(path, sound(TALK).T, RATE)
    path.with_suffix(".rttm").write_text(RTTM.replace("NAME", "call"))
    return path


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_a_report_and_its_exit_codes(call, tmp_path):
    names = ("--names", "agent,caller", "--no-sound", "-q")
    done = run(call, "-o", tmp_path / "page.html", *names, "--fail-if", "yield_p95 > 1")
    assert done.exit_code == 0, done.output
    assert "passed: yield_p95 > 1: yield_p95 is 0.6 of n=1" in done.output
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert run(call, *names, "--fail-if", "caller.yield_p95 > 50%").exit_code == 1
    assert run(call, *names, "--fail-if", "words_per_minute > 100").exit_code == 2
    assert run(call, *names, "--fail-if", "yeld > 1").exit_code == 2
    assert run("-q").exit_code == 2
    plain = run(call, "--names", "agent,caller", "--no-sound", "--json")
    assert json.loads(plain.stdout)["figures"][0]["speaker"] == ""


def test_the_table_names_figures_and_people(call):
    done = run(call, "--names", "agent,caller", "--no-sound")
    assert "Response latency, median" in done.output
    assert "people" in done.output


def test_checking_what_is_no_pin(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    done = run("--check", tmp_path, "-q")
    assert done.exit_code == 2
    assert "unknown" in done.output
    assert run("--check", tmp_path, "-o", "page.html").exit_code == 2
