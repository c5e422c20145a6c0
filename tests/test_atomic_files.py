"""Files and folders that are whole or as they were, whatever ends the process that writes them."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kill_points import KILLED, files, run_until
from made_dialogues import dialogue

from interactspeech.atomic_files import partial_name, remove_abandoned, replacing, write_file
from interactspeech.evaluation.events.benchmark import make
from interactspeech.pipelines.dialogues import write
from interactspeech.turntaking.timing import TimingModel
from interactspeech.viewer import write_page


def test_whole_or_as_before(tmp_path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_file(path, b"one")
    with pytest.raises(ZeroDivisionError), replacing(path) as partial:
        partial.write_bytes(b"tw" * (1 // 0))
    assert files(tmp_path) == {"a": b"(folder)", "a/b.txt": b"one"}


def test_folders_are_replaced(tmp_path) -> None:
    for content in (b"one", b"two"):
        with replacing(tmp_path / "a") as partial:
            partial.mkdir()
            (partial / "x").write_bytes(content)
        assert files(tmp_path) == {"a": b"(folder)", "a/x": content}


def test_links_and_pipes(tmp_path) -> None:
    (tmp_path / "real").write_bytes(b"one")
    (tmp_path / "link").symlink_to("real")
    write_file(tmp_path / "link", b"two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"two"
    write_file(tmp_path / "link", b"three", follow=False)
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"two"
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        write_file(tmp_path / "pipe", b"through")
        assert reader.communicate()[0] == b"through"
    assert (tmp_path / "pipe").is_fifo()


def test_only_what_is_abandoned_is_removed(tmp_path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        host = socket.gethostname()
        ours = {f".a.{host}-{living.pid}.partial", f".a.elsewhere-{2**22 + 1}.partial",
                ".a.partial", f".a.{host}-x.partial"}  # fmt: skip
        for name in (*ours, f".a.{host}-{2**22 + 1}.partial", f".b.c.{host}-{2**60}.partial"):
            (tmp_path / name).touch()
        left = tmp_path / f".folder.{host}-{2**22 + 2}.partial"
        left.mkdir()
        (left / "x").touch()
        remove_abandoned(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == ours
        living.communicate(b"\n")


def test_long_names(tmp_path) -> None:
    path = tmp_path / ("é" * 120 + ".txt")
    write_file(path, b"x")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert partial_name(path).name.endswith(".partial")


TALK = [dialogue(number, seconds=2.0) for number in range(2)]

WRITERS: dict[str, Callable[[Path], object]] = {
    "fit": lambda at: TimingModel.human().save(at / "timing.json"),
    "page": lambda at: write_page(TALK[:1], at / "page"),
    "page in a file": lambda at: write_page(TALK[:1], at / "page.html"),
    "annotate": lambda at: write([one for one, _ in TALK], at / "out", "textgrid"),
    "annotate in a table": lambda at: write([one for one, _ in TALK], at / "events.csv"),
    "records": lambda at: write([one for one, _ in TALK], at / "all.jsonl"),
    "benchmark": lambda at: make(TALK[:1], at / "benchmark", name="x"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_killed_before_each_change_and_run_again(tmp_path, name) -> None:
    run_until(lambda: WRITERS[name](tmp_path), tmp_path, None)
    wanted = files(tmp_path)
    assert wanted
    for again in (False, True):  # into an empty folder, and over what is there
        for change in range(60):
            place = tmp_path.with_name(f"{tmp_path.name}-{again}-{change}")
            place.mkdir()
            if again:
                assert run_until(lambda p=place: WRITERS[name](p), place, None) == 0
            status = run_until(lambda p=place: WRITERS[name](p), place, change)
            for path, content in files(place).items():
                if again and "/." not in f"/{path}" and content != b"(folder)":
                    assert content == wanted[path], "a file is whole or as before"
            assert run_until(lambda p=place: WRITERS[name](p), place, None) == 0
            assert files(place) == wanted
            if status != KILLED:
                break
        assert status == 0
