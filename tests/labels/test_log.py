"""The log: what is acknowledged stays, whatever happens to the process or the disk."""

import errno
import os
import threading
from pathlib import Path

import pytest

from interactspeech.errors import InputError, StoreError
from interactspeech.labels import (
    LabelConflictError,
    LabelEdit,
    LabelItem,
    LabelLog,
    Transaction,
)


def put(key: str, item: str = "e", base: int = 0, kind: str = "laugh") -> Transaction:
    value = LabelItem("event", "A", 0, 10, type=kind)
    return Transaction(key, "d", (LabelEdit(item, base, value),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "me.log"


def test_what_was_written_is_there_again(path: Path) -> None:
    with LabelLog.open(path, "me") as log:
        log.commit(put("1"), "f")
        log.commit(put("2", base=1, kind="sigh"), "f")
        log.commit(Transaction("3", "d", (LabelEdit("other", 0, LabelItem("done")),)), "g")
    with LabelLog.open(path, "me") as log:
        assert len(log) == 3
        assert log.labels("d")["e"].type == "sigh"
        assert log.items("d")["e"].revision == 2
        assert log.is_done("d")
        assert log.source("d") == "g"
        assert [one.key for one in log.since("d", 1)] == ["2", "3"]


@pytest.mark.parametrize("kept", range(0, 130, 7))
def test_a_half_line_is_set_aside_and_all_before_it_counts(path: Path, kept: int) -> None:
    with LabelLog.open(path, "me") as log:
        log.commit(put("1"), "f")
        whole = path.stat().st_size
        log.commit(put("2", "second"), "f")
    data = path.read_bytes()
    assert len(data) - whole > 131
    path.write_bytes(data[: whole + kept])
    with LabelLog.open(path, "me") as log:
        assert set(log.labels("d")) == {"e"}
        assert log.torn == kept
        log.commit(put("3", "third"), "f")
    if kept:
        assert data[whole : whole + kept] in path.with_name("me.log.torn").read_bytes()
    assert set(LabelLog.open(path, "me", read_only=True).labels("d")) == {"e", "third"}


def test_who_only_looks_changes_nothing(path: Path) -> None:
    with LabelLog.open(path, "me") as log:
        log.commit(put("1"), "f")
    path.write_bytes(path.read_bytes() + b"0000")
    before = path.read_bytes()
    log = LabelLog.open(path, "me", read_only=True)
    assert log.torn == 4
    assert path.read_bytes() == before
    with pytest.raises(StoreError, match="read only"):
        log.commit(put("2", "x"), "f")


def test_damage_in_the_middle_is_named_by_its_line(path: Path) -> None:
    with LabelLog.open(path, "me") as log:
        for i in range(4):
            log.commit(put(str(i), str(i)), "f")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"laugh", b"cough")
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match="damaged") as caught:
        LabelLog.open(path, "me")
    assert (caught.value.line, caught.value.reason) == (3, "bad-labels")
    lines[2:3] = []
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match="transaction 3 follows transaction 1"):
        LabelLog.open(path, "me")


def test_another_persons_log_and_no_log_are_refused(path: Path) -> None:
    LabelLog.open(path, "me").close()
    with pytest.raises(InputError, match="of 'me', not of 'you'"):
        LabelLog.open(path, "you")
    path.write_text("hello\nworld\n")
    with pytest.raises(InputError, match="damaged"):
        LabelLog.open(path, "me")


def test_an_edit_on_an_old_revision_is_a_conflict_and_changes_nothing(path: Path) -> None:
    with LabelLog.open(path, "me") as log:
        log.commit(put("1"), "f")
        edits = (*put("2", "new").edits, *put("2").edits)
        with pytest.raises(LabelConflictError) as caught:
            log.commit(Transaction("2", "d", edits), "f")
        assert {key: one.revision for key, one in caught.value.current.items()} == {"e": 1}
        assert set(log.items("d")) == {"e"}
        assert len(log) == 1


def test_a_transaction_is_written_once_however_often_it_is_sent(path: Path) -> None:
    with LabelLog.open(path, "me") as log:
        assert log.commit(put("1"), "f").number == 1
        assert log.commit(put("1"), "f").number == 1
        with pytest.raises(InputError, match="other edits"):
            log.commit(put("1", "another"), "f")
    with LabelLog.open(path, "me") as log:
        assert log.commit(put("1"), "f").number == 1
        assert len(log) == 1


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_a_full_disk_saves_nothing_and_spoils_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with LabelLog.open(path, "me") as log:
        log.commit(put("1"), "f")
        real = {"write": os.write, "fsync": os.fsync}
        calls = []

        def failing(descriptor: int, *data: bytes) -> int:
            calls.append(1)
            if step == "write" and len(calls) == 1:
                return real["write"](descriptor, bytes(data[0])[:20])
            if len(calls) <= 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real[step](descriptor, *data)

        monkeypatch.setattr(os, step, failing)
        with pytest.raises(StoreError, match="not saved: No space"):
            log.commit(put("2", "second"), "f")
        monkeypatch.undo()
        if step == "write":
            log.commit(put("3", "third"), "f")
    with LabelLog.open(path, "me") as log:
        expected = {"e", "third"} if step == "write" else {"e"}
        assert set(log.labels("d")) == expected


def test_threads_get_a_conflict_or_a_number_of_their_own(path: Path) -> None:
    numbers: list[int] = []
    conflicts: list[int] = []
    with LabelLog.open(path, "me") as log:

        def write(name: int) -> None:
            for i in range(10):
                numbers.append(log.commit(put(f"{name}-{i}", f"{name}-{i}"), "f").number)
                try:
                    log.commit(put(f"{name}-{i}-shared", "shared", base=i), "f")
                except LabelConflictError:
                    conflicts.append(i)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(set(numbers)) == 40
        assert log.items("d")["shared"].revision == 40 - len(conflicts)
    with LabelLog.open(path, "me") as again:
        assert len(again) == 80 - len(conflicts)
