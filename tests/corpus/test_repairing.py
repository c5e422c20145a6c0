"""A damaged corpus made sound again: what is whole stays, what was lost is named."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter, StoreError, repair, repairing, verify
from interactspeech.errors import InputError

IDS = [f"made-{k:05d}" for k in range(12)]


def make(root, skip=()):
    with CorpusWriter(root, {"seed": 1}) as writer:
        for number in writer.missing(3):
            if number in skip:
                continue
            with writer.shard(number) as shard:
                for k in range(4):
                    shard.add(*dialogue(number * 4 + k, seconds=0.1))
                shard.finish({"kept": 4, "seconds": 0.4, "dropped": {}})
        if not skip:
            writer.finish(3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = tmp_path_factory.mktemp("repair") / "corpus"
    make(root)
    return root


@pytest.fixture
def root(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "corpus")


def files(root):
    return {p.name: p.read_bytes() for p in root.rglob("*.*") if p.is_file() and p.name[0] != "."}


def flip(path, offset):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(bytes(data))


def test_a_whole_corpus_stays_as_it_is(root):
    before = files(root)
    done = repair(root)
    assert (done.whole, done.lost, done.quarantined, done.finished) == (3, [], [], True)
    assert files(root) == before


@pytest.mark.parametrize("name", ["index.parquet", "index.lookup", "SHA256SUMS"])
def test_the_index_is_written_anew(root, name):
    before = files(root)
    (root / name).write_bytes(b"nonsense")
    assert repair(root).lost == []
    assert files(root) == before


@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"PAR1")])
def test_a_parquet_file_is_made_of_its_tar(root, damage):
    damage(root / "shards/000001.parquet")
    tar = (root / "shards/000001.tar").read_bytes()
    done = repair(root)
    assert (done.described, done.lost, done.quarantined) == ([1], [], [])
    assert (root / "shards/000001.tar").read_bytes() == tar
    assert list(verify(root)) == []
    assert [item.id for item in Corpus.open(root)] == IDS


def test_of_a_damaged_tar_what_is_right_is_saved(root):
    (row,) = Corpus.open(root).query("id = 'made-00006'")
    flip(root / "shards/000001.tar", row["audio_offset"] + row["audio_size"] // 2)
    damaged = (root / "shards/000001.tar").read_bytes()
    others = {n: b for n, b in files(root).items() if n.startswith(("000000", "000002"))}
    done = repair(root)
    assert done.lost == ["shards/000001.tar: made-00006"]
    assert (done.whole, done.quarantined, done.finished) == (2, [1], True)
    assert list(verify(root)) == []
    assert [item.id for item in Corpus.open(root)] == [one for one in IDS if one != "made-00006"]
    assert (root / "quarantine/000001.tar").read_bytes() == damaged
    assert others.items() <= files(root).items()


def test_a_tar_that_is_cut_off_is_followed_as_far_as_it_goes(root):
    path = root / "shards/000002.tar"
    path.write_bytes(path.read_bytes()[:9000])
    saved = len(repair(root).lost)
    assert 0 < saved < 4
    assert len(Corpus.open(root)) == 12 - saved
    assert list(verify(root)) == []


def test_without_tar_and_without_parquet_file(root):
    (root / "shards/000001.tar").unlink()
    done = repair(root)
    assert done.lost == [f"shards/000001.tar: {one}" for one in IDS[4:8]]
    assert len(Corpus.open(root)) == 8
    assert list(verify(root)) == []


def test_a_damaged_tar_without_its_parquet_file(root):
    (root / "shards/000001.parquet").unlink()
    flip(root / "shards/000001.tar", 700)  # in the first record
    done = repair(root)
    assert done.quarantined == [1]
    assert 0 < len(Corpus.open(root)) - 8 < 4
    assert list(verify(root)) == []


def test_everything_of_a_shard_lost(root):
    for name in ("000001.tar", "000001.parquet"):
        (root / "shards" / name).unlink()
    done = repair(root)
    assert done.lost == ["shards/000001.tar: all of it"]
    assert [item.id for item in Corpus.open(root)] == IDS[:4] + IDS[8:]
    assert list(verify(root)) == []


def test_remade_it_has_the_bytes_that_it_had(root):
    before = files(root)
    flip(root / "shards/000001.tar", 3000)
    done = repair(root, remake=True)
    assert (done.quarantined, done.finished) == ([1], False)
    with pytest.raises(StoreError, match="unfinished"):
        Corpus.open(root)
    make(root)
    shutil.rmtree(root / "quarantine")
    assert files(root) == before


def test_an_unfinished_build_stays_unfinished(tmp_path):
    make(tmp_path / "corpus", skip=(2,))
    flip(tmp_path / "corpus/shards/000000.tar", 3000)
    done = repair(tmp_path / "corpus")
    assert not done.finished
    assert done.whole == 1


def test_a_manifest_that_is_lost(root):
    (root / "build.json").write_bytes(b"{")
    done = repair(root)
    assert "cannot be continued" in done.lost[0]
    assert len(Corpus.open(root)) == 12
    assert list(verify(root)) == []


def test_what_is_being_built_is_left_alone(root):
    with (
        CorpusWriter(root, {"seed": 1}),
        pytest.raises(StoreError, match="is being built by process"),
    ):
        repair(root)


def test_a_folder_that_is_no_corpus(tmp_path):
    with pytest.raises(StoreError, match="is no corpus"):
        repair(tmp_path)


def test_the_command_says_what_was_lost(root):
    words = [sys.executable, "-m", "interactspeech", "corpus", "repair", str(root)]
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["whole"] == 3
    flip(root / "shards/000001.tar", 3000)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "lost: shards/000001.tar: made-0000" in done.stdout
    assert "1 were damaged (see quarantine)" in done.stdout


@pytest.mark.parametrize("options", [[], ["--remake"]])
def test_killed_at_any_moment_and_repaired_again(options, tmp_path):
    """The second repair leaves the bytes, and names the losses, of one that was not disturbed."""
    script = Path(__file__).parents[1] / "support" / "repair_kills.py"
    words = [sys.executable, str(script), str(tmp_path), *options]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=600)
    found = json.loads(done.stdout)
    assert found["kills"] > 20
    assert found["wrong"] == []


def test_until_a_repair_is_finished_nothing_else_builds_there(root, monkeypatch):
    flip(root / "shards/000001.tar", 3000)
    monkeypatch.setattr(repairing, "_carry_out", interrupted(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        repair(root)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="a repair was interrupted; run `corpus repair` again"):
        make(root)
    assert len(Corpus.open(root)) == 12  # nothing was changed yet
    assert repair(root).quarantined == [1]
    assert list(verify(root)) == []


def test_the_last_shard_is_missed(root):
    for name in ("000002.tar", "000002.parquet"):
        (root / "shards" / name).unlink()
    assert repair(root).lost == ["shards/000002.tar: all of it"]
    assert list(verify(root)) == []


def interrupted(error):
    def raises(*_, **__):
        raise error

    return raises


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_a_decoder_that_was_stopped_is_no_evidence_of_damage(error, root, monkeypatch):
    flip(root / "shards/000001.tar", 3000)
    before = files(root)
    monkeypatch.setattr(repairing, "decode_flac", interrupted(error))
    with pytest.raises(type(error)):
        repair(root)
    assert {n: b for n, b in files(root).items() if n in before} == before


@pytest.mark.parametrize("name", ["sha256_of", "read_sidecar", "read_manifest"])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.ENOMEM])
def test_a_file_that_cannot_be_opened_is_not_damaged(name, number, root, monkeypatch):
    before = files(root)
    original = Path.open
    wanted = {"sha256_of": ".tar", "read_sidecar": ".parquet", "read_manifest": "build.json"}[name]

    def denied(path, *args, **kwargs):
        if str(path).endswith(wanted) and path.parent.name in {"shards", "corpus"}:
            raise OSError(number, "no")
        return original(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", denied)
    if name == "read_sidecar":
        error = OSError(number, "no")
        monkeypatch.setattr("pyarrow.parquet.ParquetFile", interrupted(error))
    with pytest.raises((StoreError, InputError), match=r"cannot (be )?read|no"):
        repair(root)
    monkeypatch.undo()
    assert files(root) == before
