"""One bad item costs itself: a record, a line, a file; the rest goes on, and the loss is named."""

import contextlib
import gzip
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import soundfile
from made_dialogues import dialogue
from recordings import write_call

from interactspeech.corpus import Corpus, CorpusWriter, verify
from interactspeech.corpus.exchange import chosen, export, import_corpus
from interactspeech.errors import InputError
from interactspeech.mining.inputs import find
from interactspeech.records import decode, encode
from interactspeech.scripts import read
from interactspeech.signal.decoders import open_audio

TURNS = [{"speaker": "A", "text": "Hello."}, {"speaker": "B", "text": "Hi there."}]


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("exports")
    with CorpusWriter(root / "corpus", {"seed": 1}) as writer:
        with writer.shard(0) as shard:
            for k in range(3):
                shard.add(*dialogue(k, seconds=0.05))
            shard.finish()
        writer.finish(1)
    for name in ("moshi", "nemo", "lhotse"):
        export(chosen(Corpus.open(root / "corpus")), root / name, name)
    return root


#: What a line may hold in place of something sound.
ODD = {
    "half a character": ('"made-00001', '"\\ud800made-00001'),
    "a number of a thousand digits": (":0.05", ":" + "9" * 1000),
    "infinite": (":0.05", ":Infinity"),
    "not a number": (":0.05", ":NaN"),
    "null": (":0.05", ":null"),
    "a list": (":0.05", ":[1]"),
    "deep": (":0.05", ":" + "[" * 50_000),
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("name", ["nemo", "lhotse"])
def test_a_line_of_a_list(exports, tmp_path, name, what) -> None:
    file = {"nemo": "manifest.jsonl", "lhotse": "cuts.jsonl.gz"}[name]
    raw = (exports / name / file).read_bytes()
    first, second, third = (gzip.decompress(raw) if name == "lhotse" else raw).splitlines()
    bad = second.decode().replace(*ODD[what])
    assert bad != second.decode()
    for part in (exports / name).iterdir():
        if part.is_dir():
            shutil.copytree(part, tmp_path / part.name)
    listing = tmp_path / file.removesuffix(".gz")
    listing.write_bytes(b"\n".join([first, bad.encode(), third]) + b"\n")
    source = listing if name == "lhotse" else tmp_path
    ledger = import_corpus(source, tmp_path / "out", name)
    # A part of the record that an import has no need of may be anything that can be stored.
    assert ledger.kept + ledger.lost == 3
    assert ledger.kept >= 2
    assert not list(verify(tmp_path / "out"))


def test_words_of_moshi(exports, tmp_path) -> None:
    shutil.copytree(exports / "moshi", tmp_path / "in")
    path = tmp_path / "in" / "data_stereo" / "made-00001.json"
    for odd in (
        '["w", [0, 1e999], "SPEAKER_MAIN"]', '["w", [0, 9' + "9" * 500 + '], "X"]', "7",
        '["\\ud800", [0, 0.01], "SPEAKER_MAIN"]', '["w", null, "SPEAKER_MAIN"]',
    ):  # fmt: skip
        path.write_text('{"alignments": [' + odd + "]}", "utf-8")
        ledger = import_corpus(tmp_path / "in", tmp_path / f"out{len(odd)}", "moshi")
        assert (ledger.kept, ledger.lost) == (2, 1), odd


@pytest.mark.parametrize(
    "turns",
    [7, [7], ["a"], [None], [[1]], [TURNS[0], 7], [{"speaker": 1, "text": [2]}, TURNS[1]],
     [{"speaker": "A", "text": "\\ud800"}, TURNS[1]], [{"speaker": "A", "text": 10**30}, TURNS[1]]],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_turns_of_the_wrong_kind(tmp_path, turns, ending) -> None:
    rows = [{"turns": TURNS}, {"turns": turns}, {"id": "last", "turns": TURNS}]
    text = json.dumps(rows) if ending == "json" else "\n".join(map(json.dumps, rows))
    path = tmp_path / f"a.{ending}"
    path.write_text(text.replace("\\\\ud800", "\\ud800"), "utf-8")
    found = list(read(path))
    for one in found:
        if not isinstance(one, InputError):
            json.dumps([one.id, [str(turn) for turn in one.turns]]).encode()
    assert len(found) >= 3 or (ending == "json" and isinstance(found[0], InputError))
    if ending == "jsonl":
        assert [not isinstance(one, InputError) for one in (found[0], found[-1])] == [True, True]


@pytest.mark.parametrize("digits", ["9" * 20, "9" * 400, "1e400"])
@pytest.mark.parametrize("field", ["rate", "length", "end"])
def test_numbers_in_records(field, digits) -> None:
    raw = encode(dialogue(1, seconds=0.05)[0]).decode()
    bad = re.sub(rf'"{field}":\d+', f'"{field}":{digits}', raw, count=1)
    assert bad != raw
    with pytest.raises(InputError):
        decode(bad.encode())


def test_names_that_are_not_utf8(tmp_path) -> None:
    write_call(tmp_path, "call")
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    try:
        Path(os.fsdecode(odd + b".wav")).write_bytes((tmp_path / "call.wav").read_bytes())
        Path(os.fsdecode(odd + b".txt")).write_text("A: Hello.\nB: Hi.\n", "utf-8")
    except OSError:
        pytest.skip("this file system takes no such names")
    found = find([tmp_path])
    assert [one.reason for one in found if isinstance(one, InputError)] == ["unsafe-path"]
    assert [one.id for one in found if not isinstance(one, InputError)] == ["call"]
    (error,) = read(os.fsdecode(odd + b".txt"))
    assert error.reason == "unsafe-path"
    str(error).encode()


@pytest.mark.parametrize("text", ["[]", "{}", "# id: a\n", "speaker,text\n", "\n\n"])
def test_files_that_hold_nothing_are_named(tmp_path, text) -> None:
    ending = "csv" if "," in text else "json" if text[0] in "[{" else "txt"
    path = tmp_path / f"a.{ending}"
    path.write_text(text, "utf-8")
    found = list(read(path))
    assert found
    assert all(isinstance(one, InputError) for one in found)


@pytest.mark.parametrize("kind", ["AIFF", "NIST"])
def test_sound_with_an_endless_rate(tmp_path, kind) -> None:
    path = tmp_path / "a"
    soundfile.write(path, [0.0] * 1000, 16_000, format=kind)
    data = path.read_bytes()
    if kind == "AIFF":
        place = data.index(b"COMM") + 16
        bad = data[:place] + b"\x7f\xff" + b"\xff" * 8 + data[place + 10 :]
    else:
        bad = data.replace(b"sample_rate -i 16000", b"sample_rate -i 1e999")
    assert bad != data
    path.write_bytes(bad)
    with contextlib.suppress(InputError):  # it may also be read at a rate that can be
        open_audio(path).close()
