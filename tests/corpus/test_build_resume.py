"""Kill, resume, other workers: the bytes stay the same."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_build import build, content

from interactspeech.corpus import Corpus, CorpusWriter, StoreError, verify

PROGRAM = Path(__file__).parents[1] / "support" / "fake_build.py"
SHARDS = 6


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole") / "corpus"
    build(root, 1, SHARDS)
    return content(root)


def start(root, workers, delay):
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(root), str(workers), str(SHARDS), str(delay)],
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_workers_give_the_bytes_of_one(uninterrupted, tmp_path):
    build(tmp_path / "corpus", 2, SHARDS)
    assert content(tmp_path / "corpus") == uninterrupted


@pytest.mark.parametrize(("workers", "seed"), [(1, 0), (2, 2)])
def test_killed_at_random_moments_and_resumed_gives_the_same_bytes(
    uninterrupted, tmp_path, workers, seed
):
    root = tmp_path / "corpus"
    chance = random.Random(seed)
    kills = 0
    for _ in range(3):
        process = start(root, workers, 0.03)
        deadline = time.monotonic() + 30
        while not (root / "build.json").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 1
    while True:  # a worker of the killed process may live for a moment
        last = start(root, workers, 0.0)
        errors = last.communicate(timeout=60)[1]
        if last.returncode == 0:
            break
        pytest.fail(errors)
    assert content(root) == uninterrupted
    assert not list(verify(root))


def test_what_a_crash_leaves_between_tar_and_parquet_file_is_made_again(uninterrupted, tmp_path):
    root = tmp_path / "corpus"
    build(root, 1, SHARDS)
    for name in ("index.parquet", "index.lookup", "SHA256SUMS", "shards/000004.parquet"):
        (root / name).unlink()
    (root / "shards/.000002.tar.99.partial").write_bytes(b"half")
    (root / "shards/000001.tar").write_bytes(b"cut off")
    before = (root / "shards/000000.tar").stat().st_mtime_ns
    with CorpusWriter(root, {"seed": 1, "shards": SHARDS}) as writer:
        assert writer.missing(SHARDS) == [1, 4]
        assert not writer.is_finished
    build(root, 1, SHARDS)
    assert content(root) == uninterrupted
    assert (root / "shards/000000.tar").stat().st_mtime_ns == before


def test_another_configuration_is_refused_and_says_what_differs(tmp_path):
    build(tmp_path, 1, SHARDS)
    with (
        pytest.raises(StoreError, match="seed: 1 there, 2 asked for"),
        CorpusWriter(tmp_path, {"seed": 2, "shards": SHARDS}),
    ):
        pass
    with CorpusWriter(tmp_path, {"shards": SHARDS, "seed": 1}):  # the order does not matter
        pass


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "shards").mkdir()
    with pytest.raises(StoreError, match="choose an empty folder"), CorpusWriter(tmp_path, {}):
        pass
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot create"):
        CorpusWriter(tmp_path / "file", {})


def test_the_second_builder_is_refused_while_the_first_lives(tmp_path):
    with (
        CorpusWriter(tmp_path, {}),
        pytest.raises(StoreError, match=rf"being built by process {os.getpid()} on"),
        CorpusWriter(tmp_path, {}),
    ):
        pass
    with CorpusWriter(tmp_path, {}):
        pass


def test_a_builder_in_another_process_blocks_until_it_is_killed(tmp_path):
    root = tmp_path / "corpus"
    process = start(root, 1, 5.0)
    try:
        deadline = time.monotonic() + 30
        while not (root / "shards").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(StoreError, match=f"process {process.pid}"):
            build(root, 1, SHARDS)
    finally:
        process.kill()
        process.communicate()
    build(root, 1, SHARDS)
    assert len(Corpus.open(root)) == SHARDS * 3


def test_an_unfinished_corpus_says_so(tmp_path):
    with CorpusWriter(tmp_path, {}) as writer:
        with writer.shard(0) as shard:
            shard.finish()
        with pytest.raises(StoreError, match="1 of 2 shards are missing"):
            writer.finish(2)
    with pytest.raises(StoreError, match="unfinished"):
        Corpus.open(tmp_path)
    with pytest.raises(StoreError, match="is no corpus"):
        Corpus.open(tmp_path / "shards")


def test_shards_that_workers_made_ahead_are_discarded(tmp_path):
    with CorpusWriter(tmp_path, {}) as writer:
        for number in range(3):
            with writer.shard(number) as shard:
                shard.finish()
        writer.discard_from(1)
        assert writer.finished_shards() == {0}
        writer.finish(1)
    assert sorted(path.name for path in (tmp_path / "shards").iterdir()) == [
        "000000.parquet",
        "000000.tar",
    ]
