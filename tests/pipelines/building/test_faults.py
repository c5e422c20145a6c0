"""What happens to disks and clocks during a build: a clear message, no finished shard harmed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interactspeech.corpus import Corpus, CorpusWriter, StoreError, verify
from interactspeech.corpus.exchange.exporting import chosen, export
from interactspeech.errors import InputError
from interactspeech.pipelines.building import BuildSettings, build

FAKE = BuildSettings(seed=3, voices=("fake",), limit=6, shard=1)
COMMAND = [sys.executable, "-m", "interactspeech"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))
        return build(["@demo"], tmp_path_factory.mktemp("small") / "corpus", FAKE).path


def bytes_of(corpus: Path) -> dict[str, str]:
    return {
        str(path.relative_to(corpus)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture
def mounted(tmp_path):
    """Mounts a file system in memory, where this user may; gives a way to change its size."""
    place = tmp_path / "mount"
    place.mkdir()

    def mount(options, *more):
        words = ["mount", "-t", "tmpfs", "-o", ",".join([options, *more]), "tmpfs", str(place)]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("this user may not mount a file system")
        return place

    yield mount
    subprocess.run(["umount", str(place)], check=False)


@pytest.mark.parametrize("executor", ["local", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_disk_that_fills_up_midway(small, mounted, executor, monkeypatch):
    if executor == "ray":
        pytest.importorskip("ray")
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    size = sum(path.stat().st_size for path in (small / "shards").glob("00000[0-3].*"))
    place = mounted(f"size={size + 40_000}")
    # What is said before a build begins (`require_space`) is not what is tested here.
    monkeypatch.setattr("interactspeech.pipelines.building.job._MIN_FREE_BYTES", 0)
    with pytest.raises(
        StoreError, match=r"cannot write .*: no space is left on the disk; free some"
    ):
        build(["@demo"], place / "corpus", FAKE, workers=2, executor=executor)
    there = bytes_of(place / "corpus")
    assert there.items() <= bytes_of(small).items()
    assert sum(name.endswith(".parquet") for name in there) >= 2
    before = {path: path.stat().st_mtime_ns for path in (place / "corpus/shards").glob("*.parquet")}
    mounted("remount", "size=50m")
    build(["@demo"], place / "corpus", FAKE, workers=2)
    assert bytes_of(place / "corpus") == bytes_of(small)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_disk_too_small_is_refused_before_anything_is_made(mounted):
    place = mounted("size=1m")
    with pytest.raises(StoreError, match=r"67\.1 MB are needed and .* are free"):
        build(["@demo"], place / "corpus", FAKE)
    assert list(place.iterdir()) == []


def test_a_target_that_is_read_only(mounted):
    place = mounted("ro")
    words = [*COMMAND, "build", "@demo", "-o", str(place / "corpus"), "--voices", "fake"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "read-only" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_builders_on_one_target(small, tmp_path):
    root = shutil.copytree(small, tmp_path / "corpus")
    before = bytes_of(root)
    configuration = json.loads((root / "build.json").read_text("utf-8"))["configuration"]
    words = [*COMMAND, "build", "@demo", "-o", str(root), "--voices", "fake", "--seed", "3",
             "--limit", "6", "--shard", "1", "--no-page", "--json"]  # fmt: skip
    with CorpusWriter(root, configuration):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"is being built by process {os.getpid()} on " in done.stderr
    assert "Traceback" not in done.stderr
    assert bytes_of(root) == before
    subprocess.run(words, check=True, capture_output=True)  # the first is gone
    assert bytes_of(root) == before


def test_a_shard_that_cannot_be_read(small, tmp_path):
    root = shutil.copytree(small, tmp_path / "corpus")
    (root / "shards/000002.tar").unlink()
    (root / "shards/000002.tar").mkdir()  # reading it fails in the kernel, for root as well
    corpus = Corpus.open(root)
    ids = [row["id"] for row in corpus.query(columns=["id"])]
    with pytest.raises(InputError, match=r"000002\.tar: cannot be read: Is a directory"):
        corpus[ids[2]]
    assert corpus[ids[3]].audio().shape[0] == 2
    assert any("cannot be read" in str(problem) for problem in verify(root))
    with pytest.raises(InputError, match=r"000002\.tar: cannot be read: Is a directory"):
        list(corpus)


def test_a_corrupt_flac_is_counted_and_the_rest_goes_on(small, tmp_path):
    root = shutil.copytree(small, tmp_path / "corpus")
    corpus = Corpus.open(root)
    row = next(iter(corpus.query("shard = 1")))
    path = root / "shards/000001.tar"
    data = bytearray(path.read_bytes())
    middle = row["audio_offset"] + row["audio_size"] // 2
    data[middle : middle + 64] = bytes(64)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=f"dialogue {row['id']!r}: ") as caught:
        corpus[row["id"]].audio()
    assert caught.value.reason == "bad-audio"
    done = export(chosen(corpus), tmp_path / "moshi", "moshi")
    assert done.ledger.kept == 5
    assert done.ledger.dropped["bad-audio"].count == 1
    assert row["id"] in str(done.ledger.dropped["bad-audio"].examples[0])


@pytest.mark.slow
@pytest.mark.parametrize("jump", [-(10**9), 10**9])
def test_clocks_that_jump_change_nothing(small, tmp_path, jump):
    """The clock jumps at every look, in the driver and in each worker."""
    (tmp_path / "sitecustomize.py").write_text(
        "import random, time\n"
        "real = time.time\n"
        f"time.time = lambda: real() + random.random() * {jump}\n"
        "time.time_ns = lambda: int(time.time() * 10**9)\n"
    )
    words = [*COMMAND, "build", "@demo", "-o", str(tmp_path / "corpus"), "--voices", "fake",
             "--seed", "3", "--limit", "6", "--shard", "1", "--workers", "2", "--no-page",
             "--json"]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    subprocess.run(words, check=True, capture_output=True, env=env)
    assert bytes_of(tmp_path / "corpus") == bytes_of(small)


def test_files_from_the_future_are_taken_for_what_they_are(small, tmp_path):
    root = shutil.copytree(small, tmp_path / "corpus")
    for path in root.rglob("*"):
        os.utime(path, (time.time() + 10**8,) * 2)
    (root / "shards/000004.parquet").unlink()
    (root / "index.parquet").unlink()
    build(["@demo"], root, FAKE)
    assert bytes_of(root) == bytes_of(small)
