"""No input of a few bytes fills the memory or takes minutes: each is refused by a named limit."""

import gzip
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interactspeech.errors import InputError
from interactspeech.lexicon.normalization import normalize_text
from interactspeech.scripts import DialogueLimits, read
from interactspeech.scripts.readers import reading, text_files

CHAT = "A: Hello there.\nB: Hi, so you came.\n"


def reasons(path: Path, **limits: int) -> list[str]:
    found = read(path, limits=DialogueLimits(**limits))
    return [one.reason if isinstance(one, InputError) else type(one).__name__ for one in found]


def put(path: Path, data: bytes | str) -> Path:
    data = data.encode() if isinstance(data, str) else data
    if path.suffix == ".zst":
        data = pytest.importorskip("zstandard").compress(data)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("content", [b"A: x\n", b" ", b'{"turns": [', b"\n"])
def test_what_is_packed_a_thousand_times_is_refused(tmp_path, ending, content) -> None:
    size = text_files.UNPACKED + 1
    name = "a.jsonl" if content.startswith(b"{") else "a.txt"
    path = put(tmp_path / f"{name}{ending}", content * (size // len(content) + 1))
    assert reasons(path)[-1] == "too-large"
    path = put(tmp_path / f"b.txt{ending}", CHAT)
    assert reasons(path) == ["PlainDialogue"]


def test_what_packs_as_texts_do_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(text_files, "UNPACKED", 100)
    path = put(tmp_path / "a.txt.gz", "\n".join(f"A: Hello {n}.\nB: Hi {n}.\n" for n in range(999)))
    assert reasons(path) == ["PlainDialogue"] * 999


def test_cut_off_archives_are_named(tmp_path) -> None:
    for ending in (".gz", ".zst"):
        path = put(tmp_path / f"a.txt{ending}", CHAT * 50)
        path.write_bytes(path.read_bytes()[:-9])
        assert "unreadable" in reasons(path), ending


def test_utf16(tmp_path) -> None:
    for encoding in ("utf-16", "utf-16-be"):
        mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
        text = "A: Hello \u2028 there.\r\nB: Hi.\n\nA: So.\nB: Yes.\n"
        path = put(tmp_path / "a.txt", mark + text.encode(encoding))
        assert reasons(path) == ["PlainDialogue"] * 2
    rows = json.dumps(
        [{"turns": [{"speaker": "A", "text": "So."}, {"speaker": "B", "text": "Hm."}]}]
    )
    assert reasons(put(tmp_path / "a.json", rows.encode("utf-16"))) == ["PlainDialogue"]


def test_json_of_brackets_and_deep_json(tmp_path) -> None:
    assert reasons(put(tmp_path / "a.json", "[" + "[]," * 400_000 + "[]]")) == ["too-large"]
    assert reasons(put(tmp_path / "a.json", "[" * 100_000)) == ["bad-json"]
    deep = '{"turns": ' + "[" * 5_000 + "]" * 5_000 + "}\n"
    assert reasons(put(tmp_path / "a.jsonl", deep)) == ["bad-json"]
    assert reasons(put(tmp_path / "b.json", deep)) == ["bad-json"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_file_of_lines_that_cannot_be_used_is_given_up(tmp_path, monkeypatch, name) -> None:
    monkeypatch.setattr(reading, "MAX_LOST", 50)
    bad = {"a.csv": "speaker,text\n" + "x\n" * 200, "a.jsonl": '{"a": 1\n' * 200}[name]
    found = reasons(put(tmp_path / name, bad))
    assert len(found) == 51
    assert found[-1] == "too-many-errors"


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_dialogue_of_many_lines(tmp_path, name) -> None:
    head = "speaker,text\n" if name == "a.csv" else ""
    line = "A,Hello.\nB,Hi.\n" if name == "a.csv" else "A: Hello.\nB: Hi.\n"
    assert reasons(put(tmp_path / name, head + line * 60_000)) == ["too-many-turns"]


def test_lines_after_a_long_dialogue_are_read(tmp_path) -> None:
    path = put(tmp_path / "a.txt", "A: x\n" * 9 + "\n" + CHAT)
    assert reasons(path, lines=5) == ["too-many-turns", "PlainDialogue"]


def test_a_long_turn_is_refused_before_it_is_read(tmp_path) -> None:
    path = put(tmp_path / "a.txt", "A: " + "<b>" * 30_000 + "\nB: Hi.\n")
    assert reasons(path) == ["turn-too-long"]
    assert "turn-too-long" not in reasons(path, turn_characters=100_000)


#: What texts are made of that rules look for, over and over.
UNITS = (
    "[ ", "[", "<b>", "(x) ", "*a", "_a", " - ", ". ", "'", "½", "#1 ", "+1 ", "1-", "1/", "1 Mar ",
    "the 1 Mar ", "www.", "a@", "Main St. ", "😀", "…", "call 555 1234 ", "10:30 ", "Henry I ",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_length_of_a_text(unit) -> None:
    """Side by side: eight times the text, not sixty-four times the time."""

    def seconds(size: int) -> float:
        text = unit * (size // len(unit)) + "x"
        began = time.process_time()
        normalize_text(text)
        return time.process_time() - began

    short = min(seconds(2_000) for _ in range(3))
    assert seconds(16_000) < 30 * short + 0.05


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lines", "brackets", "objects", "csv", "bad rows", "utf-16"])
def test_a_megabyte_takes_less_than_a_gigabyte(tmp_path, kind) -> None:
    """Packed as well as the limit allows: noise that packs badly beside what packs well."""
    import random

    noise = random.Random(1).randbytes(700_000).hex().encode()
    name, head, tail, fill = {
        "lines": ("a.txt.gz", b"A: ", b"\n", b"A: x\n"),
        "brackets": ("a.json.gz", b'["', b'",', b"[1],"),
        "objects": ("a.json.gz", b'["', b'",', b'{"a":"bcd"},'),
        "csv": ("a.csv.gz", b"speaker,text\nA,", b"\n", b"A,x\n"),
        "bad rows": ("a.csv.gz", b"speaker,text\nA,", b"\n", b"x\n"),
        "utf-16": ("a.txt.gz", b"\xff\xfe", b"\n", b"A\0\n\0"),
    }[kind]
    data = head + noise + tail + fill * (40_000_000 // len(fill))
    path = tmp_path / name
    path.write_bytes(gzip.compress(data, 6))
    assert path.stat().st_size < 1_000_000
    code = (
        "import re, sys; from pathlib import Path; from interactspeech.scripts import read; "
        "print(sum(1 for _ in read(sys.argv[1])), "  # ru_maxrss would be inherited from pytest
        "re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    )
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    count, memory = map(int, done.stdout.split())
    assert count
    assert memory < 1_000_000
    assert spent < 20
