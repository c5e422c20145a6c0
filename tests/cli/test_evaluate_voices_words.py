# ruff: noqa: ARG002 -- stand-ins have the arguments of what they stand for
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.errors import InputError
from interactspeech.models.dnsmos import Dnsmos
from interactspeech.models.recognition import attribute
from interactspeech.tts.quality_gate import gate
from interactspeech.tts.quality_gate.limits import limits_of


def run(*words: str):
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def test_word_times_as_json_and_as_a_table() -> None:
    done = run("evaluate", "words", "hibari:heart", "--count", "2", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)["hibari"]
    assert found["aligner"] == "pocketsphinx"
    assert found["utterances"] == 2
    assert found["onsets"]["median"] < 0.05
    assert sum(found["histogram"]["onsets"]) == found["words"] > 10
    done = run("evaluate", "words", "hibari:heart", "--count", "1")
    assert "lag" in done.stdout
    assert "##" in done.stdout


def test_an_unknown_aligner_or_voice_is_named() -> None:
    for words in (("hibari", "--aligner", "nobody"), ("nobody",)):
        done = run("evaluate", "words", *words, "--count", "1")
        assert done.exit_code == 2
        assert "nobody" in done.output


class Quiet:
    """Models that find everything good."""

    def hear(self, spoken, rate):
        return attribute(
            [text.split() for text, _ in spoken], " ".join(t for t, _ in spoken).split()
        )

    def score(self, samples, rate, hop=1.0):
        return Dnsmos(3.0, 3.0, 3.0, 3.0)

    def p808(self, samples, rate, hop=1.0):
        return 3.5

    def embed(self, samples, rate):
        return np.eye(1, 192, dtype=np.float32)[0]


def test_limits_are_written_for_builds(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(gate, "BatchTranscriber", Quiet)
    monkeypatch.setattr(gate, "DnsmosModel", Quiet)
    monkeypatch.setattr(gate, "SpeakerEncoder", Quiet)
    done = run("evaluate", "voices", "fake", "--count", "60", "-o", str(tmp_path), "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)["fake"]
    limits = limits_of("fake", tmp_path)
    assert limits.utterances == told["utterances"] == 60
    assert limits.limits.p808 == pytest.approx(3.5)
    assert told["extremes"]["length"]
    done = run("evaluate", "voices", "fake", "--count", "50")
    assert "limit of length" in done.stdout
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    done = run(
        *("build", "@demo", "-o", str(tmp_path / "corpus"), "--voices", "fake", "--limit", "2"),
        *("--gate-limits", str(tmp_path), "--json", "--workers", "1"),
    )
    assert json.loads(done.stdout)["dialogues"] == 2


def test_damaged_limits_end_a_build_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "fake.json").write_text('{"engine": "fake"}')
    with pytest.raises(InputError, match=r"fake\.json.*evaluate voices") as caught:
        run(
            *("build", "@demo", "-o", str(tmp_path / "corpus"), "--voices", "fake", "--limit", "2"),
            *("--gate-limits", str(tmp_path), "--workers", "1"),
        )
    assert caught.value.reason == "bad-limits"
