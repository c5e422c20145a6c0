"""Records of an older version: read by way of migrations, and whole corpora brought up to date."""

import io
import json
import tarfile

import pytest
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter, StoreError, verify
from interactspeech.corpus.exchange import import_corpus
from interactspeech.errors import InputError
from interactspeech.records import codec, decode, encode


def older(record):
    """The record as an imagined version 0 wrote it: `rate` was called `hertz`."""
    plain = json.loads(encode(record))
    plain["hertz"] = plain.pop("rate")
    plain["schema_version"] = 0
    return json.dumps(plain).encode()


@pytest.fixture
def from_zero(monkeypatch):
    def step(plain):
        return {"rate" if key == "hertz" else key: value for key, value in plain.items()}

    monkeypatch.setitem(codec.MIGRATIONS, 0, step)


@pytest.mark.usefixtures("from_zero")
def test_older_records_are_read():
    record, _ = dialogue(3)
    assert decode(older(record)) == record


def test_versions_that_nobody_wrote():
    record, _ = dialogue(3)
    for version in (0, -1):
        plain = json.loads(encode(record)) | {"schema_version": version}
        with pytest.raises(InputError, match="no release ever wrote") as caught:
            decode(json.dumps(plain), "x.jsonl", 4)
        assert (caught.value.reason, caught.value.line) == ("older-schema", 4)


@pytest.mark.usefixtures("from_zero")
def test_a_whole_corpus(tmp_path):
    """Shards hold everything: with an index of another version, or none, import makes it anew."""
    with CorpusWriter(tmp_path / "now", {}) as writer:
        with writer.shard(0) as shard:
            for k in range(3):
                shard.add(*dialogue(k))
            shard.finish()
        writer.finish(1)
    now = Corpus.open(tmp_path / "now")
    (tmp_path / "old" / "shards").mkdir(parents=True)
    source = tmp_path / "now" / "shards" / "000000.tar"
    with (
        tarfile.open(source) as tar,
        tarfile.open(tmp_path / "old" / "shards" / "000000.tar", "w") as out,
    ):
        for member in tar:
            data = tar.extractfile(member).read()
            if member.name.endswith(".json"):
                data = older(decode(data))
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    with pytest.raises(StoreError):
        Corpus.open(tmp_path / "old")
    assert import_corpus(tmp_path / "old", tmp_path / "new", "webdataset").kept == 3
    new = Corpus.open(tmp_path / "new")
    assert list(verify(new.root)) == []
    for item in now:
        assert new[item.id].dialogue == item.dialogue
        assert new[item.id].flac() == item.flac()
