"""Corpora in an object store: a real S3 server on this machine, killed builders, two at a time."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter, StoreError, remote, verify
from interactspeech.corpus.exchange import exporting, import_corpus
from interactspeech.corpus.exchange.exporting import chosen, export
from interactspeech.corpus.exchange.journal import ExportJournal
from interactspeech.corpus.merge import merge
from interactspeech.corpus.remote import is_remote, place
from interactspeech.corpus.split import read_split, split
from interactspeech.errors import MissingExtraError

pytest.importorskip("s3fs")
moto = pytest.importorskip("moto.server")

# What the clients and the server do among themselves is not ours to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def server():
    """An S3 server; its address is in the environment, as a user would put it there."""
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    there = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    before = {key: os.environ.get(key) for key in there}
    os.environ.update(there)
    yield there["AWS_ENDPOINT_URL"]
    running.stop()
    for key, value in before.items():
        if value is None:
            del os.environ[key]
        else:
            os.environ[key] = value


@pytest.fixture
def bucket(server, request):  # noqa: ARG001  (it runs)
    import s3fs

    name = f"b{abs(hash(request.node.name)) % 10**10}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
    return f"s3://{name}"


def build(root, shards=3):
    with CorpusWriter(root, {"seed": 1}) as writer:
        for number in writer.missing(shards):
            with writer.shard(number) as shard:
                for k in range(4):
                    shard.add(*dialogue(number * 4 + k, seconds=0.2))
                shard.finish()
        writer.finish(shards)


def content(root):
    folder = place(root)
    names = ("SHA256SUMS", "index.parquet", "index.lookup", "build.json", "shards/000001.tar")
    return {name: (folder / name).read_bytes() for name in names}


def test_a_corpus_there_has_the_bytes_of_one_here(bucket, tmp_path):
    build(f"{bucket}/deep/corpus")
    build(tmp_path / "corpus")
    assert content(f"{bucket}/deep/corpus") == content(tmp_path / "corpus")
    assert list(verify(f"{bucket}/deep/corpus")) == []


def test_it_is_read_by_id_in_order_and_by_query(bucket):
    build(f"{bucket}/corpus")
    corpus = Corpus.open(f"{bucket}/corpus")
    assert len(corpus) == 12
    wanted, samples = dialogue(7, seconds=0.2)
    item = corpus[wanted.id]
    assert item.dialogue.utterances == wanted.utterances
    assert abs(item.audio() - samples).max() <= 0.5 / 32768
    assert [item.id for item in corpus] == [f"made-{k:05d}" for k in range(12)]
    assert [item.id for item in corpus.select("backchannels = 3")] == [
        f"made-{k:05d}" for k in (3, 7, 11)
    ]
    assert corpus.__reduce__()[0](*corpus.__reduce__()[1])["made-00000"].id == "made-00000"


def test_damage_there_is_named(bucket):
    build(f"{bucket}/corpus")
    tar = place(f"{bucket}/corpus/shards/000001.tar")
    data = bytearray(tar.read_bytes())
    data[3000] ^= 1
    tar.write_bytes(bytes(data))
    assert {problem.file for problem in verify(f"{bucket}/corpus")} == {"shards/000001.tar"}


def test_what_was_begun_goes_on_and_half_a_shard_is_no_shard(bucket, tmp_path):
    root = f"{bucket}/corpus"

    def broken():
        with CorpusWriter(root, {"seed": 1}) as writer, writer.shard(0) as shard:
            shard.add(*dialogue(0, seconds=0.2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert not place(f"{root}/shards").is_dir()
    place(f"{root}/shards/000002.tar").write_bytes(b"a tar without its Parquet file")
    with pytest.raises(StoreError, match="unfinished"):
        Corpus.open(root)
    build(root)
    build(tmp_path / "corpus")
    assert content(root) == content(tmp_path / "corpus")
    with pytest.raises(StoreError, match="another configuration"), CorpusWriter(root, {"seed": 2}):
        pass


@pytest.fixture
def fast(monkeypatch):
    """Leases that live for two seconds."""
    monkeypatch.setattr(remote, "BEAT", 0.2)
    monkeypatch.setattr(remote, "LIFE", 2.0)


def test_the_second_builder_is_refused_while_the_first_lives(bucket, monkeypatch):
    monkeypatch.setattr(remote, "BEAT", 0.2)  # one is enough to be refused, however late it comes
    with (
        CorpusWriter(f"{bucket}/corpus", {}),
        pytest.raises(StoreError, match=rf"is being built by process {os.getpid()} on .*; wait"),
        CorpusWriter(f"{bucket}/corpus", {}),
    ):
        pass
    with CorpusWriter(f"{bucket}/corpus", {}):
        pass  # the first is gone


@pytest.mark.usefixtures("fast")
def test_a_killed_builder_is_followed_whatever_the_clock_says(bucket, monkeypatch):
    code = (
        "import sys, time\n"
        "from interactspeech.corpus import CorpusWriter, remote\n"
        "remote.BEAT = 0.2\n"
        "with CorpusWriter(sys.argv[1], {}):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    words = [sys.executable, "-c", code, f"{bucket}/corpus"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGKILL)
    monkeypatch.setattr(time, "time", lambda: 10.0**10)  # a clock that jumped by centuries
    started = time.monotonic()
    with CorpusWriter(f"{bucket}/corpus", {}):
        assert time.monotonic() - started >= 2.0


def test_who_lost_the_lease_does_not_finish(bucket, monkeypatch):
    monkeypatch.setattr(remote, "BEAT", 3600.0)  # a beat in between would write over the other
    with CorpusWriter(f"{bucket}/corpus", {}) as writer:
        place(f"{bucket}/corpus/.lock").write_bytes(b"process 1 on another machine, its mark 3")
        with pytest.raises(StoreError, match="was taken over by another builder"):
            writer.finish(0)
    assert place(f"{bucket}/corpus/.lock").read_bytes().startswith(b"process 1 on another")


def test_two_at_once_and_one_holds_it(bucket):
    held = []

    def take(root=f"{bucket}/corpus"):
        lease = remote.Lease(place(root) / ".lock", "somebody")
        held.append((lease, lease._create()))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created for _, created in held) == [False] * 5 + [True]


def test_exports_imports_splits_and_merges_there(bucket, tmp_path):
    build(f"{bucket}/corpus")
    corpus = Corpus.open(f"{bucket}/corpus")
    for name in ("webdataset", "rttm"):
        done = export(chosen(corpus), f"{bucket}/{name}", name)
        assert done.ledger.kept == 12
        export(chosen(corpus), tmp_path / name, name)
        here = {p.name: p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        there = place(f"{bucket}/{name}")
        assert {key: (there / key).read_bytes() for key in here} == here
    with pytest.raises(StoreError, match="holds something already"):
        export(chosen(corpus), f"{bucket}/rttm", "rttm")
    import_corpus(f"{bucket}/webdataset", tmp_path / "again", "webdataset")
    assert [item.dialogue for item in Corpus.open(tmp_path / "again")] == [
        item.dialogue for item in corpus
    ]
    split(corpus, {"train": 0.5, "test": 0.5}, apart=("sources",))
    assert len(read_split(corpus, "train") | read_split(corpus, "test")) == 12
    merged = f"{bucket}/merged"
    assert merge([corpus, Corpus.open(tmp_path / "again")], merged, prefixes=("", "x-")) == 24
    assert list(verify(merged)) == []
    assert len(Corpus.open(merged)) == 24


class Killed(BaseException):
    """As a SIGKILL would: nothing of ours catches it."""


def test_an_export_that_was_killed_goes_on_there(bucket, tmp_path, monkeypatch):
    """Die after every third dialogue, then after every third upload."""
    build(f"{bucket}/corpus")
    corpus = Corpus.open(f"{bucket}/corpus")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(ExportJournal, "is_due", lambda self: bool(self._identity))
    export(chosen(corpus), tmp_path / "whole", "moshi")
    wanted = {
        p.relative_to(tmp_path / "whole").as_posix(): p.read_bytes()
        for p in (tmp_path / "whole").rglob("*")
        if p.is_file()
    }
    target = place(f"{bucket}/moshi")

    def there():
        return {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()}

    def stop_after(count):
        left = [count]

        def stop(*_):
            left[0] -= 1
            if not left[0]:
                raise Killed

        return stop

    again = {"identity": "one"}
    with pytest.raises(Killed):
        export(chosen(corpus), target, "moshi", on_item=stop_after(3), **again)
    assert not target.exists()
    with pytest.raises(Killed):
        export(chosen(corpus), target, "moshi", on_item=stop_after(8), **again)
    uploads = []

    def upload(partial, path, real=remote.upload, stop=None):
        if stop is not None:
            stop()
        uploads.append(path.name)
        real(partial, path)

    for count in (4, 1, 9):
        stop = stop_after(count)
        monkeypatch.setattr(remote, "upload", lambda a, b, stop=stop: upload(a, b, stop=stop))
        with pytest.raises(Killed):
            export(chosen(corpus), target, "moshi", **again)
    assert len(uploads) == 3 + 0 + 8
    assert exporting.PROVENANCE not in there()  # which says that all is there
    with pytest.raises(StoreError, match="holds something already"):
        export(chosen(corpus), target, "moshi", identity="other")
    monkeypatch.setattr(remote, "upload", upload)
    done = export(chosen(corpus), target, "moshi", **again)
    assert (done.ledger.kept, done.resumed) == (12, 12)
    assert len(uploads) == len(set(uploads)) == len(wanted)  # nothing twice
    assert uploads[-1] == exporting.PROVENANCE
    assert there() == set(wanted)
    assert {key: (target / key).read_bytes() for key in wanted} == wanted
    assert not [p for p in (tmp_path / "temporary").rglob("*") if p.is_file()]


def test_an_export_without_an_identity_leaves_nothing_here(bucket, tmp_path, monkeypatch):
    build(f"{bucket}/corpus")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(remote, "upload", full)
    with pytest.raises(StoreError):
        export(chosen(Corpus.open(f"{bucket}/corpus")), f"{bucket}/out", "moshi")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners here")
def test_a_folder_that_others_can_write_is_not_gone_on_from(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first = exporting.staging(Path("/there/a"))
    assert first == exporting.staging(Path("/there/a"))
    assert first != exporting.staging(Path("/there/b"))
    first.parents[1].chmod(0o777)
    assert exporting.staging(Path("/there/a")) != first


def test_a_whole_build_there_from_the_command_line(bucket, tmp_path):
    words = [sys.executable, "-m", "interactspeech"]
    more = ["--voices", "fake", "--limit", "4", "--shard", "2", "--json", "--no-page", "--no-cache"]
    for target in (f"{bucket}/built", str(tmp_path / "built")):
        command = [*words, "build", "@demo", "-o", target, *more, "--workers", "2"]
        subprocess.run(command, check=True, capture_output=True)
    assert content(f"{bucket}/built") == content(tmp_path / "built")
    told = subprocess.run(
        [*words, "corpus", "info", f"{bucket}/built"], check=True, capture_output=True, text=True
    )
    assert "4 in 2 shards" in told.stdout


@pytest.mark.usefixtures("server")
def test_a_bucket_that_is_not_there():
    with pytest.raises(StoreError, match=r"cannot lock s3://nowhere-at-all/corpus"):
        CorpusWriter("s3://nowhere-at-all/corpus", {}).__enter__()
    with pytest.raises(StoreError, match="is no corpus"):
        Corpus.open("s3://nowhere-at-all/corpus")


def test_names_of_folders(tmp_path):
    assert place(tmp_path) == tmp_path
    assert place(f"file://{tmp_path}") == tmp_path
    assert place("C:/data") == Path("C:/data")
    assert is_remote(place("memory://corpus"))
    with pytest.raises(StoreError, match="no kind of store is called 'nonsense'"):
        place("nonsense://corpus")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MissingExtraError, match=r"\[gcs\]"):
        place("gs://bucket/corpus")
