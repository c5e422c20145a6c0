"""Corpora that another version wrote: `tests/data/corpus_0.1.0` is one of release 0.1.0.

Made by that release with ``build short.txt --voices fake --gate off --seed 7`` (two dialogues).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from click.testing import CliRunner
from made_dialogues import dialogue
from pyarrow import parquet

import interactspeech
from interactspeech.cli import cli
from interactspeech.corpus import Corpus, CorpusWriter, repair, summarise, verify
from interactspeech.corpus.exchange import export_names
from interactspeech.corpus.index import EVENT_COLUMNS, schema
from interactspeech.corpus.merge import merge
from interactspeech.errors import InputError

OLD = Path(__file__).parents[1] / "data" / "corpus_0.1.0"


@pytest.fixture
def old(tmp_path):
    shutil.copytree(OLD, tmp_path / "old")
    return tmp_path / "old"


def rewrite(root, change):
    """Change the rows of all Parquet files of a corpus as another version would have written them.

    The list of checksums is brought up to date, so that what remains is a matter of columns.
    """
    sums = {}
    for path in [root / "index.parquet", *sorted((root / "shards").glob("*.parquet"))]:
        table = parquet.read_table(path)
        parquet.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)
        name = path.relative_to(root).as_posix()
        sums[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [line.split("  ") for line in (root / "SHA256SUMS").read_text().splitlines()]
    text = "".join(f"{sums.get(name, digest)}  {name}\n" for digest, name in lines)
    (root / "SHA256SUMS").write_text(text)


def as_it_is(_root):
    pass


def without_late_columns(root):
    rewrite(root, lambda table: table.drop_columns(["laughs", "breaths"]))


def with_a_column_of_the_future(root):
    rewrite(root, lambda table: table.append_column("mood", pa.array(["calm"] * len(table))))


VERSIONS = [as_it_is, without_late_columns, with_a_column_of_the_future]


@pytest.mark.parametrize("version", VERSIONS)
def test_opens_counts_and_verifies(old, version):
    version(old)
    corpus = Corpus.open(old)
    assert [item.id for item in corpus] == ["short-001", "short-002"]
    assert list(verify(old, audio=True)) == []
    rows = list(corpus.query("laughs = 0 and turns > 0"))
    assert [row["id"] for row in rows] == ["short-001", "short-002"]
    assert set(schema().names) <= set(rows[0])
    assert ("mood" in rows[0]) == (version is with_a_column_of_the_future)
    assert summarise(corpus).events["laugh"] == 0
    assert summarise(corpus).events["turn"] > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_is_merged_with_a_new_one(old, tmp_path, version):
    version(old)
    with CorpusWriter(tmp_path / "new", {}) as writer:
        with writer.shard(0) as shard:
            shard.add(*dialogue(0, prefix="fresh"))
            shard.finish()
        writer.finish(1)
    both = [Corpus.open(old), Corpus.open(tmp_path / "new")]
    assert merge(both, tmp_path / "both") == 3
    assert list(verify(tmp_path / "both")) == []
    rows = list(Corpus.open(tmp_path / "both").query())
    assert [row["laughs"] for row in rows] == [0, 0, 0]
    assert list(rows[0]) == schema().names


@pytest.mark.parametrize("version", VERSIONS)
def test_is_repaired_when_its_index_is_lost(old, version):
    version(old)
    (old / "index.parquet").unlink()
    assert repair(old).whole == 2
    assert list(verify(old)) == []


#: They want a codec, scripts or long dialogues.
CHOOSY = {"tokens", "vap", "text-tasks", "preferences"}


@pytest.mark.parametrize("name", [name for name in export_names() if name not in CHOOSY])
def test_is_exported(old, tmp_path, name):
    done = CliRunner().invoke(cli, ["export", name, str(old), "-o", str(tmp_path / "out"), "-q"])
    assert done.exit_code == 0, done.output
    assert len((tmp_path / "out" / "PROVENANCE").read_text("utf-8").splitlines()) == 2


def test_is_viewed(old, tmp_path):
    done = CliRunner().invoke(cli, ["view", str(old), "-o", str(tmp_path / "page")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "page" / "index.html").exists()


def test_a_lost_or_retyped_column_is_refused(old):
    rewrite(old, lambda table: table.drop_columns(["seconds"]))
    with pytest.raises(InputError, match="no column 'seconds'"):
        Corpus.open(old)


def test_a_column_of_another_type_is_refused(old):
    rewrite(old, lambda t: t.set_column(0, "id", pa.array(range(len(t)), pa.int64())))
    with pytest.raises(InputError, match="the column 'id' holds int64"):
        Corpus.open(old)


def test_a_shard_of_a_later_index_is_refused(old):
    path = old / "shards" / "000000.parquet"
    table = parquet.read_table(path)
    info = json.loads(table.schema.metadata[b"interactspeech"]) | {"index_version": 2}
    metadata = {b"interactspeech": msgspec.json.encode(info)}
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    assert any("version 2" in problem.problem for problem in verify(old))


PROGRAM = """
import sys
import msgspec
from interactspeech.corpus import Corpus, CorpusWriter, verify
from interactspeech.corpus.exchange import export
from interactspeech.records import Event
from interactspeech.viewer.page import write_page
from pathlib import Path

old, work = map(Path, sys.argv[1:])
assert not list(verify(old))
assert [row["smiles"] for row in Corpus.open(old).query()] == [0, 0]
record = next(iter(Corpus.open(old))).dialogue
smile = Event("smile", record.speakers[0].id, 10, 20, origin="human")
fields = {key: getattr(record, key) for key in type(record).__struct_fields__}
record = type(record)(**(fields | {"events": (*record.events, smile), "tracks": ()}))
with CorpusWriter(work / "new", {}) as writer:
    with writer.shard(0) as shard:
        shard.add(record)
        shard.finish()
    writer.finish(1)
new = Corpus.open(work / "new")
assert [row["id"] for row in new.query("smiles = 1")] == [record.id]
export(new, work / "tiers", "textgrid")
assert "smile" in (work / "tiers" / f"{record.id}.TextGrid").read_text()
write_page([(record, None)], work / "page")
assert '"name":"smile"' in (work / "page" / "page.js").read_text()
assert "--smile: #123456" in (work / "page" / "page.css").read_text()
"""


def test_a_new_type_of_event_touches_one_file(tmp_path):
    """Records, index, exports and page take it from the table; the older corpus still opens."""
    package = Path(interactspeech.__file__).parent
    copy = tmp_path / "src" / "interactspeech"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "*.onnx"))
    table = copy / "records" / "event_types.py"
    text = table.read_text("utf-8")
    row = '\n        EventTypeInfo("smile", "smiles", "Sounds", "#123456", "#abcdef"),\n    )\n}'
    text = text.replace("\n]", '\n    "smile",\n]', 1)
    text = text.replace("\n    )\n}", row)
    table.write_text(text, "utf-8")
    command = [sys.executable, "-c", PROGRAM, str(OLD), str(tmp_path)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_columns_follow_the_table_of_event_types():
    assert list(EVENT_COLUMNS)[:2] == ["turn", "backchannel"]
    assert EVENT_COLUMNS["silent_interruption"] == "silent_interruptions"
