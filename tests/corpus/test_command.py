"""`interactspeech corpus ...`, as a user types it."""

import json

import pytest
from click.testing import CliRunner
from made_dialogues import dialogue

from interactspeech.cli.corpus import command
from interactspeech.corpus import CorpusWriter
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("command") / "corpus"
    ledger = Ledger()
    ledger.drop(InputError("no colon", "a.txt", 3, reason="bad-line"))
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for k in range(6):
                record, samples = dialogue(k)
                shard.add(record, samples)
                ledger.keep(record.seconds)
            shard.finish(ledger.to_json())
        writer.finish(1)
    return root


def call(*words):
    return CliRunner().invoke(command, list(map(str, words)), catch_exceptions=True)


def test_info(root):
    shown = call("info", root)
    assert shown.exit_code == 0
    assert "6 in 1 shards" in shown.stdout
    assert "CC0-1.0: 6" in shown.stdout
    assert "bad-line: 1" in shown.stdout
    found = json.loads(call("info", root, "--json").stdout)
    assert found["dialogues"] == 6
    assert found["events"]["backchannel"] == sum(k % 4 for k in range(6))
    assert found["events"]["interruption"] == 6
    assert (found["words"], found["voices"], found["dropped"]) == (24, 2, {"bad-line": 1})
    assert found["seconds"] == pytest.approx(sum(dialogue(k)[0].seconds for k in range(6)))


def test_query(root):
    shown = call("query", root, "backchannels >= 2", "--columns", "id,backchannels", "--json")
    assert [json.loads(line) for line in shown.stdout.splitlines()] == [
        {"id": "made-00002", "backchannels": 2},
        {"id": "made-00003", "backchannels": 3},
    ]
    table = call("query", root, "backchannels >= 2")
    assert "made-00002" in table.stdout
    assert "2 dialogues" in table.stderr
    nothing = call("query", root, "seconds > 999")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    everything = call("query", root, "--columns", "*", "--limit", 1, "--json")
    assert len(json.loads(everything.stdout)["sha256"]) == 64
    assert isinstance(call("query", root, "nonsense").exception, InputError)


def test_verify_tells_by_its_exit_code(root, tmp_path):
    import shutil

    whole = call("verify", root)
    assert (whole.exit_code, whole.stdout.endswith("no problems\n")) == (0, True)
    broken = shutil.copytree(root, tmp_path / "broken")
    with (broken / "shards/000000.tar").open("r+b") as file:
        file.seek(700)
        file.write(b"\0")
    shown = call("verify", broken)
    assert shown.exit_code == 1
    assert "shards/000000.tar: made-00000: " in shown.stdout
    lines = call("verify", broken, "--json", "--no-audio").stdout.splitlines()
    assert {json.loads(line)["file"] for line in lines} == {"shards/000000.tar"}
