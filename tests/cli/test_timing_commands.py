"""`annotate`, `stats` and `fit` against the Python calls, their exit codes and their ledgers."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from interactspeech import formats
from interactspeech.cli import cli
from interactspeech.records import decode
from interactspeech.turntaking import DEFAULT, label, rule_set
from interactspeech.turntaking.backchannel_decision import (
    feedback_decision,
    feedback_rules,
    load_model,
)
from interactspeech.turntaking.statistics import collect, compare
from interactspeech.turntaking.timing import TimingModel, fit

STM = """call 1 A 0.0 4.0 so we went down to the harbour to see the boats
call 1 B 4.1 4.4 mm-hmm
call 1 A 4.6 8.0 and then it began to rain
call 1 B 7.2 9.5 oh did you get wet
call 1 A 9.7 11.0 all of us did
call 1 A 11.4 13.0 to the skin
"""
TALK = (("X", 0, 3), ("Y", 3.2, 2), ("X", 5, 4), ("Y", 6, 0.4), ("Y", 9.3, 2))
RTTM = "".join(
    f"SPEAKER talk 1 {start} {length} <NA> <NA> {who} <NA> <NA>\n" for who, start, length in TALK
)


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "call.stm").write_text(STM)
    (folder / "talk.rttm").write_text(RTTM)
    return folder


def run(*arguments, code=0):
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def labelled(folder):
    rules = feedback_rules()
    return [label(d, rules, backchannel=feedback_decision) for d in formats.read(folder)]


def test_annotate_prints_the_records_that_python_makes(calls):
    lines = run("annotate", calls, "--json").stdout.splitlines()
    assert [decode(line) for line in lines] == labelled(calls)
    assert {e.type for e in decode(lines[0]).events} >= {"turn", "backchannel", "interruption"}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_annotate_writes_a_row_an_event(calls, tmp_path, ending):
    path = tmp_path / f"events.{ending}"
    run("annotate", calls, "-o", path, "-q")
    if ending == "csv":
        rows = table(path)
    else:
        from pyarrow import parquet

        rows = parquet.read_table(path).to_pylist()
    events = [(d, e) for d in labelled(calls) for e in d.events]
    assert len(rows) == len(events)
    for row, (dialogue, event) in zip(rows, events, strict=True):
        assert row["dialogue"] == dialogue.id
        assert (row["type"], row["speaker"], row["partner"]) == (
            event.type, event.speaker, event.partner,
        )  # fmt: skip
        assert float(row["end_s"]) == pytest.approx(event.end / dialogue.rate, abs=1e-6)
        assert json.loads(row["attributes"]) == event.attributes


@pytest.mark.parametrize(
    ("name", "ending"), [("textgrid", "TextGrid"), ("elan", "eaf"), ("json", "json")]
)
def test_annotate_writes_a_file_a_conversation(calls, tmp_path, name, ending):
    run("annotate", calls, "-o", tmp_path / "out", "--format", name, "-q")
    back = formats.read([tmp_path / f"out/{d}.{ending}" for d in ("call", "talk")])
    for dialogue, expected in zip(back, labelled(calls), strict=True):
        found = sorted((e.type, e.speaker, e.start, e.end) for e in dialogue.events)
        assert found == sorted((e.type, e.speaker, e.start, e.end) for e in expected.events)


def test_annotate_into_one_file(calls, tmp_path):
    run("annotate", calls / "call.stm", "-o", tmp_path / "x.TextGrid", "-q")
    assert formats.read(tmp_path / "x.TextGrid")[0].events
    run("annotate", calls, "-o", tmp_path / "x.jsonl", "-q")
    assert formats.read(tmp_path / "x.jsonl") == labelled(calls)
    assert "do not fit" in run("annotate", calls, "-o", tmp_path / "x.eaf", code=2).output


def test_annotate_obeys_its_rules(calls, tmp_path):
    first = calls / "call.stm"
    (record,) = formats.read(first)
    out = run("annotate", first, "--json", "--backchannels", "rule").stdout
    assert decode(out) == label(record)
    out = run(
        "annotate", first, "--json", "--backchannels", "rule", "--rules", "heldner_edlund"
    ).stdout
    assert decode(out) == label(record, rule_set("heldner_edlund"))
    wide = decode(run("annotate", first, "--json", "--bridge", "0.5").stdout)
    (name,) = wide.rule_sets
    assert wide.rule_sets[name]["bridge_ms"] == 500
    assert "bridge500" in name
    rules = tmp_path / "mine.json"
    rules.write_text(json.dumps({**DEFAULT.to_dict(), "id": "mine-1", "min_gap_ms": 10}))
    mine = decode(run("annotate", first, "--json", "--rules", rules).stdout)
    assert list(mine.rule_sets) == [f"mine-1+{load_model().id}"]


def test_the_table_counts_the_events(calls):
    output = run("annotate", calls, "-q", "--json").stdout
    turns = sum(e.type == "turn" for line in output.splitlines() for e in decode(line).events)
    shown = run("annotate", calls).stdout
    row = next(line for line in shown.splitlines() if "│ turn" in line)
    assert f" {turns} " in row


def test_a_bad_file_is_listed_and_the_exit_code_says_so(calls, tmp_path):
    (calls / "bad.rttm").write_text("SPEAKER bad 1 nan 1 <NA> <NA> A\n")
    result = run("annotate", calls, "-o", tmp_path / "e.csv", code=1)
    assert "bad-time" in result.output
    assert {row["dialogue"] for row in table(tmp_path / "e.csv")} == {
        "call", "talk",
    }  # fmt: skip
    result = run("annotate", calls, "--json", "--skip-bad", code=1)
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        (["annotate"], "Missing argument"),
        (["annotate", "call.stm", "--from", "wav"], "no format is called"),
        (["annotate", "call.stm", "--group", "x"], "no group named"),
        (["annotate", "call.stm", "--rules", "none"], "no rule set"),
        (["annotate", "call.stm", "-o", "x.wav"], "no format has the ending"),
        (["annotate", "call.stm", "--format", "csv"], "-o"),
        (["stats", "call.stm", "--compare", "human", "--compare", "x"], "either"),
        (["fit", "call.stm"], "Missing option"),
    ],
)
def test_wrong_usage_is_exit_code_2(calls, monkeypatch, arguments, piece):
    monkeypatch.chdir(calls)
    assert piece in run(*arguments, code=2).output


@pytest.mark.parametrize("command", ["annotate", "stats"])
def test_a_missing_file_is_a_loss(calls, command):
    result = run(command, calls / "call.stm", calls / "absent.stm", code=1)
    assert "missing-file" in result.output


def test_patterns_that_the_shell_left_alone(calls, monkeypatch):
    monkeypatch.chdir(calls.parent)
    assert len(run("annotate", "calls/*.stm", "--json").stdout.splitlines()) == 1
    assert len(run("annotate", "calls/**", "--json").stdout.splitlines()) == 2


def test_group_puts_files_together(calls):
    for who in "XY":
        (calls / f"two{who}.rttm").write_text(
            "".join(line for line in RTTM.splitlines(True) if f" {who} " in line)
        )
    pattern = r"(?P<conversation>two)[XY]\.rttm"
    out = run("annotate", calls / "twoX.rttm", calls / "twoY.rttm", "--group", pattern, "--json")
    (expected,) = labelled(calls / "talk.rttm")
    assert decode(out.stdout).events == expected.events


def test_a_formula_in_a_name_stays_text(tmp_path):
    path = tmp_path / "x.rttm"
    path.write_text("SPEAKER x 1 0 1 <NA> <NA> =1+1 <NA> <NA>\n")
    run("annotate", path, "-o", tmp_path / "e.csv", "-q")
    (row,) = table(tmp_path / "e.csv")
    assert row["speaker"] == "'=1+1"


def test_stats_prints_what_python_computes(calls):
    found = json.loads(run("stats", calls, "--json").stdout)
    rules = feedback_rules()
    statistics = collect(formats.read(calls), rules, backchannel=feedback_decision)
    assert found == {
        "conversations": 2, "rules": rules.id, **compare(statistics).to_dict(),
    }  # fmt: skip


def test_stats_beside_files(calls):
    found = json.loads(run("stats", calls, "--compare", calls, "--json").stdout)
    assert found["measures"]["fto"]["ks"] == 0
    assert found["values"]["overlap"]["value"] == found["values"]["overlap"]["other"]


def test_stats_writes_a_page_with_plots(calls, tmp_path):
    pytest.importorskip("matplotlib")
    run("stats", calls, "-o", tmp_path / "report", "-q")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {
        "statistics.md", "statistics.json", "conversations.csv", "fto.png", "states.png",
        "durations.png", "backchannels.png",
    }  # fmt: skip
    page = (tmp_path / "report/statistics.md").read_text()
    assert "2 conversation(s)" in page
    assert "![fto](fto.png)" in page
    rows = table(tmp_path / "report/conversations.csv")
    assert [row["conversation"] for row in rows] == ["call", "talk"]


def test_stats_of_nothing_is_exit_code_1(tmp_path):
    path = tmp_path / "x.rttm"
    path.write_text("")
    assert "nothing to measure" in run("stats", path, code=1).output


def test_fit_writes_the_model_that_python_fits(calls, tmp_path):
    path = tmp_path / "timing.json"
    run("fit", calls, "-o", path, "-q")
    expected = fit(
        formats.read(calls), name="timing", rules=feedback_rules(), backchannel=feedback_decision
    )
    assert TimingModel.load(path) == expected


def test_fit_of_a_monologue_is_a_clear_error(tmp_path):
    path = tmp_path / "x.rttm"
    path.write_text("SPEAKER x 1 0 1 <NA> <NA> A\n")
    result = CliRunner().invoke(cli, ["fit", str(path), "-o", str(tmp_path / "t.json")])
    assert result.exit_code == 1
    assert not (tmp_path / "t.json").exists()


def test_a_corpus_is_read_like_files(calls, tmp_path):
    from interactspeech.corpus import CorpusWriter

    records = formats.read(calls)
    with CorpusWriter(tmp_path / "corpus", {"seed": 1}) as writer:
        with writer.shard(0) as shard:
            for record in records:
                shard.add(record)
            shard.finish()
        writer.finish(1)
    out = run("annotate", tmp_path / "corpus", "--json").stdout
    assert [decode(line) for line in out.splitlines()] == labelled(calls)
    both = json.loads(run("stats", tmp_path / "corpus", "--compare", calls, "--json").stdout)
    assert both["measures"]["turn"]["ks"] == 0


def test_an_unfinished_corpus_is_a_loss(calls, tmp_path):
    from interactspeech.corpus import CorpusWriter

    with CorpusWriter(tmp_path / "corpus", {"seed": 1}):
        pass
    assert "bad-corpus" in run("annotate", tmp_path / "corpus", calls, code=1).output


@pytest.mark.slow
def test_no_real_file_fails(shared_data, tmp_path):
    for name in ("primock57", "ami_nxt", "voxconverse"):
        run("annotate", shared_data / "timing" / name, "-o", tmp_path / f"{name}.csv", "-q")


def test_standard_output(calls: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    call = str(calls / "call.stm")
    lines = CliRunner().invoke(cli, ["annotate", call, "-o", "-"])
    assert lines.exit_code == 0
    assert decode(lines.stdout.encode().splitlines()[0]).events
    table = CliRunner().invoke(cli, ["annotate", call, "-o", "-", "--format", "csv"])
    assert next(csv.DictReader(table.stdout.splitlines()))["dialogue"] == "call"
    several = CliRunner().invoke(cli, ["annotate", str(calls), "-o", "-", "--format", "textgrid"])
    assert several.exit_code == 2
    refused = CliRunner().invoke(cli, ["stats", call, "-o", "-"])
    assert refused.exit_code == 2
    assert "name a place" in refused.output
    assert not (tmp_path / "-").exists()
