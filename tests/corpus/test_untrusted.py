"""Corpora and records from elsewhere: refused or named, never obeyed."""

import io
import json
import tarfile

import msgspec
import pytest
from made_dialogues import dialogue

from interactspeech.corpus import (
    Corpus,
    CorpusWriter,
    ShardWriter,
    StoreError,
    read_shard,
    repair,
    verify,
)
from interactspeech.corpus.exchange import import_corpus
from interactspeech.corpus.split import split
from interactspeech.errors import InputError
from interactspeech.records import decode, encode


@pytest.fixture
def root(tmp_path):
    with CorpusWriter(tmp_path / "corpus", {}) as writer:
        with writer.shard(0) as shard:
            for k in range(4):
                shard.add(*dialogue(k, seconds=0.1))
            shard.finish()
        writer.finish(1)
    return tmp_path / "corpus"


def tar(path, *members):
    with tarfile.open(path, "w") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    "name",
    [
        "a/b", "../a", "/a", "a\\b", "..", ".a", "", "a b", "a\nb", "a\0b",
        "\u0430bc",  # a Cyrillic letter that looks like an a
        "abc\u200b", "\uff41bc",  # a character that takes no room; a wide a
        "e\u0301",  # an accent of its own
        "\u202ecba",  # a mark that turns the direction of writing
    ],
)  # fmt: skip
def test_ids_that_are_paths_or_look_like_others(name, tmp_path):
    record, samples = dialogue(1, seconds=0.1)
    plain = json.loads(encode(record)) | {"id": name}
    with pytest.raises(InputError, match="id"):
        decode(json.dumps(plain).encode())
    with (
        ShardWriter(tmp_path, 0) as shard,
        pytest.raises((InputError, ValueError), match="id"),
    ):
        shard.add(msgspec.structs.replace(record, id=name), samples)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"id":' * 100_000,
        b'{"id":"a","utterances":' + b"[" * 100_000,
        b'{"id":"' + b"a" * 5_000_000 + b'"}',
        b'{"id":"a","length":' + b"9" * 100_000 + b"}",
        b'{"id":"a","rate":1e400}',
        b'{"id":"a","id":"b"}',
        b"\xff\xfe{",
        b"NaN",
    ],
)
def test_json_that_is_deep_huge_or_strange(data, tmp_path):
    with pytest.raises(InputError):
        decode(data)
    path = tar(tmp_path / "000000.tar", ("a.json", data))
    with pytest.raises(InputError):
        list(read_shard(path))
    ledger = import_corpus(path, tmp_path / "corpus", "webdataset")
    assert (ledger.kept, ledger.lost) == (0, 1)


def test_a_link_among_the_folders_leads_nowhere(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    (root / "splits").symlink_to(outside)
    with pytest.raises(StoreError, match="is a link"):
        split(Corpus.open(root), {"train": 0.5, "test": 0.5}, apart=("sources",))
    (root / "quarantine").symlink_to(outside)
    (root / "shards/000000.tar").write_bytes(b"")
    with pytest.raises(StoreError, match="is a link"):
        repair(root)
    assert [path.name for path in outside.iterdir()] == ["mine.txt"]
    assert (outside / "mine.txt").read_text() == "mine"


def test_a_shard_that_is_a_link_is_read_as_what_it_is(root, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0\n" * 200)
    (root / "shards/000000.tar").unlink()
    (root / "shards/000000.tar").symlink_to(secret)
    assert any("damaged tar header" in str(problem) for problem in verify(root))
    with pytest.raises(InputError, match="damaged tar header"):
        list(Corpus.open(root))
    assert secret.read_text().startswith("root")


def test_an_index_that_names_places_outside(root):
    from pyarrow import parquet

    table = parquet.read_table(root / "index.parquet")
    for column, value in (("record_offset", -1), ("record_size", 2**40), ("audio_size", -5)):
        rows = table.to_pylist()
        rows[0][column] = value
        changed = type(table).from_pylist(rows, schema=table.schema)
        parquet.write_table(changed, root / "index.parquet")
        corpus = Corpus.open(root)
        with pytest.raises(InputError, match="impossible place"):
            list(corpus.select("seconds > 0"))


def test_manifests_and_sums_of_others(root):
    (root / "SHA256SUMS").write_text("0" * 64 + "  ../../etc/passwd\n" * 3)
    assert any("does not list each file once" in str(problem) for problem in verify(root))
    for data in (b"[" * 100_000, b'{"fingerprint":1}', b"\xff"):
        (root / "build.json").write_bytes(data)
        with pytest.raises(StoreError, match="is damaged or of another version"):
            Corpus.open(root)
