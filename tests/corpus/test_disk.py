"""No space, no permission: a clear message, nothing half-written, finished shards unharmed."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter, ShardWriter, StoreError, require_space
from interactspeech.corpus.files import write_atomically
from interactspeech.corpus.tar import TarWriter


def files(root):
    return {p.relative_to(root): p.read_bytes() for p in root.rglob("*.*") if p.is_file()}


def test_too_little_space_is_said_before_anything_is_begun(tmp_path):
    require_space(tmp_path / "not" / "made", 1)
    with pytest.raises(StoreError, match=r"about 1000000000\.0 GB are needed and .* are free"):
        require_space(tmp_path, 10**18)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_full_disk_midway_harms_no_finished_shard(tmp_path, monkeypatch, code):
    with CorpusWriter(tmp_path, {}) as writer:
        with writer.shard(0) as shard:
            shard.add(*dialogue(1))
            shard.finish()
        before = files(tmp_path)
        write = TarWriter._write

        def failing(self, data):
            if self.size > 10_000:
                raise OSError(code, os.strerror(code))
            write(self, data)

        def second():
            with writer.shard(1) as shard:
                for k in range(2, 9):
                    shard.add(*dialogue(k))

        with monkeypatch.context() as patch:
            patch.setattr(TarWriter, "_write", failing)
            with pytest.raises(StoreError, match=r"cannot write .*000001\.tar: "):
                second()
        assert files(tmp_path) == before
        with writer.shard(1) as shard:  # there is space again
            shard.add(*dialogue(2))
            shard.finish()
        writer.finish(2)
    assert len(Corpus.open(tmp_path)) == 2


def test_the_systems_own_limit_on_a_file_is_met_without_a_trace(tmp_path):
    """A real write that fails in the kernel, not a pretended one."""
    if not hasattr(resource, "RLIMIT_FSIZE"):
        pytest.skip("this system has no limit on a file's size")
    code = (
        "import resource, signal, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1] / 'support')!r})\n"
        "from made_dialogues import dialogue\n"
        "from interactspeech.corpus import ShardWriter, StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "record, samples = dialogue(1, seconds=3)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        f"    with ShardWriter({str(tmp_path)!r}, 0) as shard:\n"
        "        shard.add(record, samples)\n"
        "        shard.finish()\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "larger than this system allows" in done.stdout
    assert list((tmp_path / "shards").iterdir()) == []


@pytest.fixture
def mounted(tmp_path):
    """Mounts a small file system in memory, where this user may."""
    places = []

    def mount(options):
        place = tmp_path / f"mount{len(places)}"
        place.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("this user may not mount a file system")
        places.append(place)
        return place

    yield mount
    for place in places:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(mounted):
    root = mounted("size=200k") / "corpus"
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            shard.add(*dialogue(1, seconds=2))
            shard.finish()
        before = files(root)

        def fill():
            with writer.shard(1) as shard:
                for k in range(2, 30):
                    shard.add(*dialogue(k, seconds=2))
                shard.finish()

        with pytest.raises(StoreError, match="no space is left on the disk"):
            fill()
        assert files(root) == before
        writer.finish(1)
    assert len(Corpus.open(root)) == 1


def test_a_read_only_file_system(mounted):
    root = mounted("ro")
    with pytest.raises(StoreError, match="read-only; choose another folder"):
        CorpusWriter(root / "corpus", {})
    with (
        pytest.raises(StoreError, match="read-only; choose another folder"),
        CorpusWriter(root, {}),
    ):
        pass


def test_a_failed_atomic_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="no space is left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="permission denied"):
        CorpusWriter(tmp_path / "corpus", {})


def test_a_shard_where_there_is_no_folder(tmp_path):
    with pytest.raises(StoreError, match="cannot write"):
        ShardWriter(tmp_path / "nowhere", 0)
