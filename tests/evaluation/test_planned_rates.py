import json

import pytest
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.evaluation.planned_rates import plan_corpus, planned_rates, rates_table
from interactspeech.pipelines.building.rate_presets import RATE_PRESETS
from interactspeech.records import PlainDialogue, PlainTurn
from interactspeech.scripts import demo_dialogues
from interactspeech.scripts.writers.offline import OfflineWriterSettings
from interactspeech.turntaking import DEFAULT
from interactspeech.turntaking.statistics import collect

PLAIN = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)]


def test_figures_are_those_of_the_rule_annotator() -> None:
    dialogues = list(plan_corpus(PLAIN[:16], seed=1))
    found = planned_rates("demo", dialogues)
    known = collect(dialogues, DEFAULT)
    assert found.dialogues == len(dialogues) == 16
    for name in ("floor_changes", "backchannels", "silences_within", "interruptions", "failed"):
        assert found[name].value == pytest.approx(known.per_minute(name))
        assert found[name].low <= found[name].value <= found[name].high
    table = rates_table([found])
    assert table.count("\n") == len(found.figures) + 2
    assert f"{found['silences_within'].value:.2f}" in table


def test_a_dense_corpus_has_more_of_what_it_says() -> None:
    found = {}
    for name in ("people", "dense"):
        preset = RATE_PRESETS[name]
        dialogues = list(
            plan_corpus(PLAIN[:16], seed=1, writer=preset.writer, settings=preset.plan())
        )
        found[name] = planned_rates(name, dialogues)
    for name, times in (("interruptions", 1.3), ("failed", 1.3), ("backchannels", 1.1)):
        assert found["dense"][name].value > times * found["people"][name].value


def test_halves_of_dense_are_its_own_settings() -> None:
    people, dense = RATE_PRESETS["people"], RATE_PRESETS["dense"]
    cut, heard = RATE_PRESETS["interruptions"], RATE_PRESETS["feedback"]
    for one, other in ((cut, people), (dense, heard)):
        assert one.writer.interruptions > 2 * other.writer.interruptions
        assert one.writer.attempts > 1.9 * other.writer.attempts
        assert (one.interruptions, other.interruptions) == (2.0, people.interruptions)
    for one, other in ((heard, people), (dense, cut)):
        assert one.writer.backchannels > 1.5 * other.writer.backchannels


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


def test_turns_after_questions_are_told_from_others() -> None:
    lines = (
        "A: Is it far?",
        "B: Two miles.",
        "A: I walk.",
        "B: Do you swim?",
        "A: I do.",
        "B: Good.",
    )
    turns = tuple(PlainTurn(line[0], line[3:]) for line in lines)
    quiet = OfflineWriterSettings(0, 0, 0, fillers=0, repeats=0, restarts=0, fragments=0)
    found = planned_rates("x", list(plan_corpus([PlainDialogue("x", turns)], writer=quiet)))
    # Five turns follow another: two of them a question, one of the rest asks one.
    assert (found["to an answer"].value, found["to a question"].value) == (0.4, 0.2)
    rows = [row for row in rates_table([found]).splitlines() if "question" in row]
    assert all(row.endswith("|  |") for row in rows)
    assert len(rows) == 2


def test_telling_changes_what_is_planned(tmp_path) -> None:
    text = tmp_path / "d.jsonl"
    row = {
        "fname": "d_1",
        "dialogue": "#Person1#: A pan, please.\n#Person2#: This has a lid.\n#Person1#: I take it.",
        "summary": "#Person1# wants a pan. #Person2# recommends one that has a lid.",
    }
    text.write_text(json.dumps(row) + "\n")
    words = {}
    for telling in ("off", "fold", "narrative"):
        arguments = ["evaluate", "rates", str(text), "--json", "--telling", telling]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output
        words[telling] = json.loads(result.stdout)["sources"][0]["minutes"]
    assert words["off"] == words["fold"] < words["narrative"]
