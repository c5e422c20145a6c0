import json

import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.evaluation.planned_rates import plan_corpus, planned_rates, rates_table
from interactspeech.pipelines.building.rate_presets import RATE_PRESETS
from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues
from interactspeech.turntaking import DEFAULT
from interactspeech.turntaking.statistics import collect

PLAIN = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]


def test_figures_are_those_of_the_rule_annotator() -> None:
    dialogues = list(plan_corpus(PLAIN, seed=1))
    found = planned_rates("demo", dialogues)
    known = collect(dialogues, DEFAULT)
    assert found.dialogues == len(dialogues) == len(PLAIN)
    for name in ("floor_changes", "backchannels", "silences_within", "interruptions", "failed"):
        assert found[name].value == pytest.approx(known.per_minute(name))
        assert found[name].low <= found[name].value <= found[name].high
    table = rates_table([found])
    assert table.count("\n") == len(found.figures) + 2
    assert f"{found['silences_within'].value:.2f}" in table


def test_a_dense_corpus_has_more_of_what_it_says() -> None:
    found = {}
    for name, preset in RATE_PRESETS.items():
        dialogues = [
            dialogue
            for seed in range(2)
            for dialogue in plan_corpus(
                PLAIN, seed=seed, writer=preset.writer, settings=preset.plan()
            )
        ]
        found[name] = planned_rates(name, dialogues)
    people = found["people"]
    for name in ("interruptions", "dense"):
        assert found[name]["interruptions"].value > 1.5 * people["interruptions"].value
        assert found[name]["failed"].value > 1.4 * people["failed"].value
    for name in ("feedback", "dense"):
        assert found[name]["backchannels"].value > 1.2 * people["backchannels"].value
    assert found["feedback"]["interruptions"].value < 1.4 * people["interruptions"].value


def test_the_command_says_what_a_build_would_have(tmp_path) -> None:
    text = tmp_path / "chat.txt"
    text.write_text("\n".join(f"{turn.speaker}: {turn.text}" for turn in PLAIN[0].turns) + "\n")
    result = CliRunner().invoke(cli, ["evaluate", "rates", str(text), "--json"])
    assert result.exit_code == 0, result.output
    (source,) = json.loads(result.stdout)["sources"]
    assert source["dialogues"] == 1
    shown = CliRunner().invoke(cli, ["evaluate", "rates", str(text), "--limit", "1"])
    assert "backchannels, a minute" in shown.stdout
    empty = tmp_path / "empty.txt"
    empty.write_text("no dialogue here\n")
    result = CliRunner().invoke(cli, ["evaluate", "rates", str(empty)])
    assert result.exit_code == 1
    assert result.exception is not None
    assert "dialogue" in str(result.exception)
