import io
import json
import os
import pickle
import socket
import subprocess
import tarfile

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_dialogues import RATE, dialogue

from interactspeech.corpus import Corpus, CorpusWriter, ShardWriter, StoreError, read_shard
from interactspeech.corpus.files import remove_abandoned, write_atomically
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Provenance, Speaker, decode
from interactspeech.signal.flac import decode_flac, to_int16

COUNT = 20


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("store") / "corpus"
    with CorpusWriter(root, {"seed": 1}) as writer:
        for number in range(4):
            with writer.shard(number) as shard:
                for k in range(number * 5, number * 5 + 5):
                    shard.add(*dialogue(k))
                shard.finish({"kept": 5})
        writer.finish(4)
    return root


@pytest.fixture(scope="module")
def corpus(root):
    return Corpus.open(root)


def test_every_dialogue_comes_back_as_it_was_put_in(corpus):
    for number, item in enumerate(corpus):
        record, samples = dialogue(number)
        assert item.id == record.id
        assert item.dialogue.utterances == record.utterances
        assert item.dialogue.events == record.events
        assert item.dialogue.provenance == record.provenance
        assert {track.audio for track in item.dialogue.tracks} == {f"{record.id}.flac"}
        audio = item.audio()
        assert audio.dtype == np.float32
        assert np.array_equal(audio, to_int16(samples) / np.float32(32768))
    assert number == COUNT - 1


def test_random_access_by_id(corpus):
    assert len(corpus) == COUNT
    item = corpus["made-00013"]
    assert item.dialogue.provenance.id == "13"
    assert np.array_equal(item.audio(100, 300), item.audio()[:, 100:300])
    assert "made-00013" in corpus
    assert "made-99999" not in corpus
    assert 13 not in corpus
    with pytest.raises(KeyError):
        corpus["made-99999"]
    with pytest.raises(InputError, match="no FLAC samples"):
        item.audio(0, item.dialogue.length + 1)


def test_a_corpus_travels_to_other_processes(corpus):
    again = pickle.loads(pickle.dumps(corpus))
    assert again["made-00003"].dialogue == corpus["made-00003"].dialogue


def test_queries_on_the_index(corpus):
    rows = list(corpus.query("backchannels > 1 and seconds < 1.5", ["id", "backchannels"]))
    expected = []
    for k in range(COUNT):
        record, _ = dialogue(k)
        if k % 4 > 1 and record.seconds < 1.5:
            expected.append({"id": record.id, "backchannels": k % 4})
    assert rows == expected != []
    assert [item.id for item in corpus.select("backchannels = 3", limit=2)] == [
        "made-00003",
        "made-00007",
    ]
    longest = [row["seconds"] for row in corpus.query(order="seconds desc", limit=3)]
    assert longest == sorted((dialogue(k)[0].seconds for k in range(COUNT)), reverse=True)[:3]
    (row,) = corpus.query("id = 'made-00002'")
    assert row["voices"] == ["fake/voice-A", "fake/voice-B"]
    assert (row["interruptions"], row["words"], row["channels"]) == (1, 4, 2)
    assert (row["licence"], row["source_id"]) == ("CC0-1.0", "2")
    assert list(corpus.query("list_contains(voices, 'fake/voice-C')")) == []


@pytest.mark.parametrize(
    "where",
    [
        "nonsense > 1",
        "1 = 1); drop view corpus; --",
        "1 = 1; select 2",
        "id in (select content from read_text('/etc/hostname'))",
        "seconds > (select count(*) from read_csv('/etc/passwd'))",
        "id in (select getenv('HOME'))",
        "seconds >",
    ],
)
def test_a_query_that_is_no_condition_or_reaches_out_is_refused(corpus, where):
    with pytest.raises(InputError) as caught:
        list(corpus.query(where))
    assert caught.value.reason == "bad-query"


def test_a_query_for_a_column_that_is_not_there_names_those_that_are(corpus):
    with pytest.raises(InputError, match="there are: id, shard"):
        list(corpus.query("", ["spekers"]))


def test_a_shard_is_plain_webdataset_for_everyone_else(root):
    samples = {}
    with tarfile.open(root / "shards" / "000001.tar") as tar:
        for member in tar:
            key, _, kind = member.name.partition(".")  # WebDataset: up to the first dot
            samples.setdefault(key, {})[kind] = tar.extractfile(member).read()
            assert (member.uid, member.gid, member.mtime, member.mode) == (0, 0, 0, 0o644)
    assert list(samples) == [f"made-{k:05d}" for k in range(5, 10)]
    for number, (key, parts) in enumerate(samples.items(), 5):
        assert set(parts) == {"json", "flac"}
        assert json.loads(parts["json"])["id"] == key
        audio, rate = decode_flac(parts["flac"])
        assert (audio.shape[1], rate) == (dialogue(number)[0].length, RATE)
    names = subprocess.run(
        ["tar", "tf", root / "shards" / "000001.tar"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert names[:2] == ["made-00005.json", "made-00005.flac"]


def test_the_index_says_where_the_members_lie(root):
    for row in pq.read_table(root / "index.parquet").to_pylist():
        data = (root / "shards" / f"{row['shard']:06d}.tar").read_bytes()
        record = data[row["record_offset"] : row["record_offset"] + row["record_size"]]
        assert decode(record).id == row["id"]
        assert data[row["audio_offset"] :].startswith(b"fLaC")


def test_the_checksums_are_those_that_sha256sum_knows(root):
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=root, check=True)


def test_dots_in_ids_do_not_confuse_webdataset(tmp_path):
    record, samples = dialogue(1)
    import msgspec

    record = msgspec.structs.replace(record, id="call.01.a")
    with ShardWriter(tmp_path, 0) as shard:
        shard.add(record, samples)
        shard.finish()
    with tarfile.open(tmp_path / "shards/000000.tar") as tar:
        assert tar.getnames() == ["call%2E01%2Ea.json", "call%2E01%2Ea.flac"]
    (item,) = read_shard(tmp_path / "shards/000000.tar")
    assert item.id == "call.01.a"
    assert item.audio().shape == samples.shape


def test_a_record_without_audio_is_stored_too(tmp_path):
    bare = Dialogue("bare", 8000, 100, (Speaker("A"),))
    with CorpusWriter(tmp_path, {}) as writer:
        with writer.shard(0) as shard:
            shard.add(bare)
            shard.finish()
        writer.finish(1)
    item = Corpus.open(tmp_path)["bare"]
    assert item.dialogue == bare
    assert not item.has_audio
    with pytest.raises(InputError, match="has no audio"):
        item.audio()


def test_an_empty_corpus_opens(tmp_path):
    with CorpusWriter(tmp_path, {}) as writer:
        writer.finish(0)
    corpus = Corpus.open(tmp_path)
    assert (len(corpus), list(corpus), list(corpus.query())) == (0, [], [])


def _refused(shard, record, samples=None):
    with pytest.raises(InputError) as caught:
        shard.add(record, samples)
    return caught.value.reason


def test_what_does_not_fit_is_refused_and_the_shard_goes_on(tmp_path):
    import msgspec

    record, samples = dialogue(1)
    replace = msgspec.structs.replace
    with CorpusWriter(tmp_path, {}) as writer:
        with writer.shard(0) as shard:
            shard.add(record, samples)
            assert _refused(shard, record, samples) == "duplicate-id"
            other = replace(record, id="other")
            assert _refused(shard, other, samples[:, :-1]) == "bad-audio"
            assert _refused(shard, other, samples[:1]) == "bad-audio"
            assert _refused(shard, other) == "bad-audio"
            assert _refused(shard, other, samples * 10) == "clipping"
            assert _refused(shard, other, np.full_like(samples, np.nan)) == "clipping"
            nine = np.zeros((9, record.length), np.float32)
            assert _refused(shard, other, nine) == "bad-audio"
            assert _refused(shard, replace(record, id="x" * 96), samples) == "bad-id"
            far = replace(record, provenance=Provenance(seed=2**63), id="far")
            assert _refused(shard, far, samples) == "bad-record"
            shard.add(other, samples)
            shard.finish()
        writer.finish(1)
    assert [item.id for item in Corpus.open(tmp_path)] == [record.id, "other"]


def test_an_id_in_two_shards_is_found_at_the_end(tmp_path):
    with CorpusWriter(tmp_path, {}) as writer:
        for number in range(2):
            with writer.shard(number) as shard:
                shard.add(*dialogue(1))
                shard.add(*dialogue(number + 2))
                shard.finish()
        with pytest.raises(StoreError, match=r"1 dialogue ids.*made-00001"):
            writer.finish(2)
    assert not (tmp_path / "index.parquet").exists()


def test_a_finished_shard_is_never_written_again(tmp_path):
    with ShardWriter(tmp_path, 0) as shard:
        shard.finish()
    with pytest.raises(StoreError, match="never written again"):
        ShardWriter(tmp_path, 0)


def test_an_error_inside_leaves_nothing(tmp_path):
    def broken():
        with ShardWriter(tmp_path, 0) as shard:
            shard.add(*dialogue(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert list((tmp_path / "shards").iterdir()) == []


def test_more_than_two_channels(tmp_path):
    record = Dialogue("many", 16000, 50, tuple(Speaker(f"S{k}") for k in range(5)))
    samples = np.linspace(-1, 1, 250, dtype=np.float32).reshape(5, 50)
    with ShardWriter(tmp_path, 0) as shard:
        shard.add(record, samples)
        shard.finish()
    (item,) = read_shard(tmp_path / "shards/000000.tar")
    assert np.abs(item.audio() - samples).max() <= 1 / 32768


def test_planned_and_ruled_events_are_not_counted_twice(tmp_path):
    import msgspec

    from interactspeech.records import Event

    record, samples = dialogue(3)
    ruled = tuple(Event("backchannel", "B", k, k + 5, origin="rule") for k in range(5))
    gap = Event("gap", "B", 1, 2, origin="rule")
    record = msgspec.structs.replace(record, events=(*record.events, *ruled, gap))
    with ShardWriter(tmp_path, 0) as shard:
        shard.add(record, samples)
        shard.finish()
    (row,) = pq.read_table(tmp_path / "shards/000000.parquet").to_pylist()
    assert (row["backchannels"], row["interruptions"], row["gaps"]) == (3, 1, 1)


def test_opening_touches_neither_rows_nor_shards(root, monkeypatch):
    """O(1): what is read when a corpus is opened does not depend on its size."""
    import pyarrow.parquet

    def forbidden(*_args, **_kwargs):
        raise AssertionError("opening reads rows")

    monkeypatch.setattr(pyarrow.parquet.ParquetFile, "read", forbidden)
    monkeypatch.setattr(pyarrow.parquet.ParquetFile, "iter_batches", forbidden)
    monkeypatch.setattr(pyarrow.parquet.ParquetFile, "read_row_group", forbidden)
    corpus = Corpus.open(root)
    assert isinstance(corpus._lookup._entries, np.memmap)
    assert len(corpus) == COUNT


def test_two_ids_with_one_key_are_both_found(tmp_path, monkeypatch):
    from interactspeech.corpus import lookup

    monkeypatch.setattr(lookup, "key", lambda _id: 7)
    with CorpusWriter(tmp_path, {}) as writer:
        with writer.shard(0) as shard:
            for k in range(3):
                shard.add(*dialogue(k))
            shard.finish()
        writer.finish(1)
    corpus = Corpus.open(tmp_path)
    assert [corpus[f"made-0000{k}"].dialogue.provenance.id for k in range(3)] == ["0", "1", "2"]
    assert "made-00009" not in corpus


def test_the_writer_accepts_no_bytes_after_the_tar(tmp_path):
    with ShardWriter(tmp_path, 0) as shard:
        shard.finish({"note": "x"})
    data = (tmp_path / "shards/000000.tar").read_bytes()
    assert data == bytes(10240)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == []


def test_provenance_reaches_the_index(tmp_path):
    record = Dialogue(
        "p", 8000, 10, (Speaker("A"),), provenance=Provenance(corpus="c", split="test", seed=2**62)
    )
    with ShardWriter(tmp_path, 0) as shard:
        shard.add(record)
        shard.finish()
    (row,) = pq.read_table(tmp_path / "shards/000000.parquet").to_pylist()
    assert (row["corpus"], row["split"], row["seed"]) == ("c", "test", 2**62)


def _built(root, count=4):
    with CorpusWriter(root, {"seed": 1}) as writer:
        with writer.shard(0) as shard:
            for k in range(count):
                shard.add(*dialogue(k, seconds=0.1))
            shard.finish()
        writer.finish(1)
    return Corpus.open(root)


def _zero(root, start, stop):
    with (root / "shards/000000.tar").open("r+b") as file:
        file.seek(start)
        file.write(bytes(stop - start))


def test_a_zeroed_block_does_not_end_a_shard(tmp_path):
    """Zeros in place of a header look like the end of a tar."""
    corpus = _built(tmp_path / "corpus")
    (row,) = corpus.query("id = 'made-00002'")
    _zero(tmp_path / "corpus", row["record_offset"] - 512, row["record_offset"])
    with pytest.raises(InputError, match=r"zeros at byte [0-9,]+ where a member should begin"):
        list(corpus)


@pytest.mark.parametrize("data", [bytes(512), bytes(1024), bytes(10_240 + 1)])
def test_zeros_that_end_no_shard(tmp_path, data):
    """Not even one without dialogues."""
    (tmp_path / "000000.tar").write_bytes(data)
    with pytest.raises(InputError, match="does not end as shards do"):
        list(read_shard(tmp_path / "000000.tar"))
    (tmp_path / "000000.tar").write_bytes(bytes(10_240))
    assert not list(read_shard(tmp_path / "000000.tar"))


def test_a_shard_whose_end_is_zeros_has_too_few_dialogues(tmp_path):
    corpus = _built(tmp_path / "corpus")
    (row,) = corpus.query("id = 'made-00003'")
    path = tmp_path / "corpus/shards/000000.tar"
    _zero(tmp_path / "corpus", row["record_offset"] - 512, path.stat().st_size)
    with pytest.raises(InputError, match=r"holds 3 dialogues, and the index names 4|only zeros"):
        list(corpus)


def test_what_dead_processes_left_is_removed_and_nothing_else(tmp_path):
    host = socket.gethostname()
    dead = tmp_path / f".a.txt.{host}-{2**22 + 1}.partial"  # above Linux's largest process number
    alive = tmp_path / f".a.txt.{host}-{os.getppid()}.partial"
    elsewhere = tmp_path / ".a.txt.another-host-1.partial"
    other = tmp_path / f".b.txt.{host}-{2**22 + 1}.partial"
    for path in (dead, alive, elsewhere, other):
        path.write_bytes(b"")
    write_atomically(tmp_path / "a.txt", b"new")
    remove_abandoned(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([alive, elsewhere, tmp_path / "a.txt"])
