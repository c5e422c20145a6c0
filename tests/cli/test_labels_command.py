"""`interactspeech labels`: what becomes of labels that several people made."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from label_server import recording

from interactspeech.cli.label import labels
from interactspeech.evaluation.events.labelled_recordings import (
    labelled_recordings,
    marked_dialogue,
)
from interactspeech.formats import read
from interactspeech.labels import (
    LabelEdit,
    LabelFolder,
    LabelItem,
    LabelledSource,
    LabelSettings,
    Transaction,
)
from interactspeech.pipelines.serving import label_source

#: Annotator -> events: type, speaker, start (samples at 8 kHz).
GIVEN = {
    "anna": [("backchannel", "B", 8_000), ("interruption", "A", 20_000)],
    "ben": [("backchannel", "B", 8_400), ("laugh", "A", 30_000)],
    "carl": [("backchannel", "B", 8_800), ("interruption", "A", 21_000)],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    call = recording(tmp_path / "call.wav")
    there = label_source([call])
    settings = LabelSettings(tuple(GIVEN), 3, adjudicator="dora")
    place = LabelledSource(there.name, there.kind, (str(call),))
    with LabelFolder.begin(tmp_path / "labels", place, there.fingerprints(), settings) as found:
        for name, events in GIVEN.items():
            edits = [
                LabelEdit(str(n), 0, LabelItem("event", who, at, at + 800, type=kind))
                for n, (kind, who, at) in enumerate(events)
            ]
            edits.append(LabelEdit("done", 0, LabelItem("done")))
            found.log(name).commit(
                Transaction(name, "call", tuple(edits)), there.fingerprint("call")
            )
    return tmp_path / "labels"


def run(*arguments: object) -> object:
    return CliRunner().invoke(labels, [str(one) for one in arguments])


def test_progress_and_agreement(folder: Path) -> None:
    rows = {row["annotator"]: row for row in json.loads(run("progress", folder, "--json").output)}
    assert (rows["ben"]["done"], rows["ben"]["events"], rows["dora"]["done"]) == (1, 2, 0)
    assert "anna" in run("progress", folder).output
    found = {one["type"]: one for one in json.loads(run("agreement", folder, "--json").output)}
    assert found["backchannel"]["onsets"]["value"] == 1
    assert found["interruption"]["onsets"]["value"] == pytest.approx(2 / 4)
    assert found["laugh"]["onsets"]["value"] == 0
    assert "backchannel" in run("agreement", folder).output
    wide = json.loads(run("agreement", folder, "--json", "--tolerance", "0.05").output)
    assert {one["type"]: one["onsets"]["value"] for one in wide}["interruption"] == 0


@pytest.mark.parametrize("name", ["textgrid", "elan", "json"])
def test_the_consensus_is_exported_and_the_votes_are_kept(
    folder: Path, tmp_path: Path, name: str
) -> None:
    result = run("export", folder, "-o", tmp_path / "out", "--format", name)
    assert result.exit_code == 0, result.output
    (file,) = [path for path in (tmp_path / "out").iterdir() if path.name != "votes.jsonl"]
    (dialogue,) = read(file, rate=8000)
    assert [(e.type, e.speaker, e.start) for e in dialogue.events] == [
        ("backchannel", "B", 8_400), ("interruption", "A", 20_500),
    ]  # fmt: skip
    votes = [
        json.loads(line) for line in (tmp_path / "out" / "votes.jsonl").read_text().splitlines()
    ]
    assert sum(len(vote["votes"]) for vote in votes) == 6
    assert [vote["type"] for vote in votes if not vote["majority"]] == ["laugh"]


def test_each_annotators_labels_and_tables(folder: Path, tmp_path: Path) -> None:
    run("export", folder, "-o", tmp_path / "each", "--of", "each")
    assert {path.name for path in (tmp_path / "each").glob("*.json")} == {
        "call.anna.json", "call.ben.json", "call.carl.json",
    }  # fmt: skip
    assert run("export", folder, "-o", tmp_path / "ben.csv", "--of", "ben").exit_code == 0
    assert "laugh" in (tmp_path / "ben.csv").read_text()
    result = run("export", folder, "-o", tmp_path / "x", "--of", "adjudicator")
    assert "no dialogue is done" in str(result.exception)
    assert run("export", folder, "-o", tmp_path / "x", "--of", "zoe").exit_code == 2


def test_the_benchmark_takes_what_has_no_majority_as_doubtful(folder: Path, tmp_path: Path) -> None:
    assert run("export", folder, "-o", tmp_path / "b", "--format", "benchmark").exit_code == 0
    (found,) = labelled_recordings(tmp_path / "b")
    assert [event.type for event in found.events("laugh", sure=False)] == ["laugh"]
    record = marked_dialogue(found)
    assert {event.type for event in record.events} == {"backchannel", "interruption"}
    assert record.length == 96_000
    assert record.utterances


def test_a_source_that_moved_or_changed_is_named(folder: Path, tmp_path: Path) -> None:
    call = tmp_path / "call.wav"
    moved = call.rename(tmp_path / "moved.wav")
    assert "say where it is now" in str(run("agreement", folder).exception)
    back = tmp_path / "else" / "call.wav"
    back.parent.mkdir()
    moved.rename(back)
    assert run("agreement", folder, "--source", back).exit_code == 0
    recording(back, seconds=7)
    result = run("agreement", folder, "--source", back)
    assert "no dialogue that two" in str(result.exception)
