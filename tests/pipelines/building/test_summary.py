"""One corpus has one number for each rate: in stats and annotate, in a build, on the page."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from interactspeech.cli import cli

#: Row of `stats` -> label of the page's figure, and of the row in the build's table.
RATES = {
    "backchannels": ("Backchannels", "backchannels a minute"),
    "interruptions": (
        "Interruptions that take the floor",
        "interruptions that take the floor, a minute",
    ),
    "failed": ("Interruptions that fail", "interruptions that fail, a minute"),
    "pauses": ("Pauses", "pauses a minute"),
    "filled_pauses": ("Filled pauses", "filled pauses a minute"),
    "silences_within": (
        "Silences, then the same speaker",
        "silences after which the same speaker goes on, a minute",
    ),
}


#: Event of `annotate`, with its outcome -> row of `stats` that counts it.
EVENTS = {
    ("backchannel", None): "backchannels",
    ("interruption", "taken"): "interruptions",
    ("interruption", "failed"): "failed",
    ("pause", None): "pauses",
    ("filled_pause", None): "filled_pauses",
}


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def build(folder: Path, *more: str) -> str:
    return run(
        "build", "@demo", "-o", str(folder), "--voices", "fake", "--limit", "6", "--seed", "3",
        "--workers", "1", *more,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "160")


def test_stats_build_and_page_agree_on_every_rate(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    built = json.loads(build(corpus, "--json"))["timing"]
    measured = json.loads(run("stats", str(corpus), "--json"))
    assert built["values"] == measured["values"]
    assert built["measures"] == measured["measures"]

    labelled = [
        json.loads(row) for row in run("annotate", str(corpus), "--json", "-q").splitlines()
    ]
    minutes = sum(record["length"] / record["rate"] for record in labelled) / 60
    number = Counter(
        (event["type"], event.get("attributes", {}).get("outcome"))
        for record in labelled
        for event in record["events"]
        if event.get("origin", "rule") == "rule"
    )
    for kind, rate in EVENTS.items():
        assert number[kind] / minutes == pytest.approx(measured["values"][rate]["value"], abs=1e-5)
    assert number["filled_pause", None] > 0

    table = build(tmp_path / "again", "--page")
    files = [p for p in (tmp_path / "again" / "page").rglob("*") if p.suffix in {".html", ".js"}]
    shown = "".join(path.read_text("utf-8") for path in files)
    for name, (label, row) in RATES.items():
        value = measured["values"][name]["value"]
        assert any(
            line.split(row)[1].split()[:2][-1].strip("│ ") == f"{value:.2f}"
            for line in table.splitlines()
            if row in line and line.strip("│ ").startswith(row)
        ), table
        start = shown.index(f'"label":"{label}"')
        figure, _ = json.JSONDecoder().raw_decode(shown[shown.rindex("{", 0, start) :])
        assert figure["value"] == pytest.approx(value)
