"""Mutate audio files, records, manifests, tars, tables and texts, and read them, in this process.

    python bench/soak_readers.py [--only NAME] [--count 10000] [--seconds S] [--seed 0]

Each input is small and sound, and then damaged in up to four places: bytes changed, cut out, doubled,
swapped, or replaced by what breaks readers (zeros, huge numbers, ``null``, lone surrogates, brackets).
A reader may give what it finds, or an error of this package; anything else is a raw error. Where the
sound input holds so many items, what comes of the damaged one must be as many, or losses must be
named. Prints a table: inputs, read, refused, worst time and memory; the exit code is 1, and the first
failing seed is printed, where a law is broken. Timing formats have `bench/soak_formats.py`.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import numpy as np
import soundfile
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter
from interactspeech.corpus.exchange import chosen, exchange_format, export
from interactspeech.corpus.reader import read_shard
from interactspeech.errors import InputError, InteractSpeechError
from interactspeech.mining.inputs import find
from interactspeech.records import decode, encode
from interactspeech.scripts import read
from interactspeech.signal.decoders import open_audio

TOKENS = (
    b"\0", b"\0" * 512, b"\xff" * 4, b"\x7f\xff\xff\xff", b"null", b"NaN", b"1e999", b"-1", b"[]",
    b"{}", b'"', b"'", b",", b"\n", b"\r", b"\t", b"[", b"{", b'"\\ud800"', b"\\ud800", b"true",
    b"99999999999999999999", b"9" * 400, b"", b"../../x", b"/etc/passwd", b"\xef\xbb\xbf", b"\xff\xfe",
    b"<b>", b"\x85", b"\xe2\x80\xa8", b"RIFF", b"fLaC", b"OggS", b"data", b"LIST", b"0", b" ", b"A: ",
)  # fmt: skip


def mutant(raw: bytes, draw: random.Random) -> bytes:
    """A damaged version of a file."""
    data = bytearray(raw)
    for _ in range(draw.randint(1, 4)):
        size = len(data)
        place = draw.randrange(size + 1)
        kind = draw.randrange(7)
        if kind == 0 and size:
            data[draw.randrange(size)] = draw.randrange(256)
        elif kind == 1:
            del data[place : place + draw.choice((1, 2, 7, 30, 512))]
        elif kind == 2:
            data[place:place] = draw.choice(TOKENS)
        elif kind == 3:
            token = draw.choice(TOKENS)
            data[place : place + len(token)] = token
        elif kind == 4:
            data[place:place] = data[place : place + draw.choice((1, 8, 60, 512))]
        elif kind == 5:
            sign = draw.choice((b"\n", b",", b":", b'"', b" "))
            parts = bytes(data).split(sign)
            one, other = draw.randrange(len(parts)), draw.randrange(len(parts))
            parts[one] = draw.choice((parts[other], draw.choice(TOKENS)))
            data = bytearray(sign.join(parts))
        elif draw.random() < 0.3:
            del data[place:]
    return bytes(data)


@dataclass(frozen=True)
class Reader:
    """What is damaged and how it is read.

    Attributes:
        name: of the file; the ending tells readers what it is.
        raw: sound content.
        items: how many are in it; what comes of a damaged one and its losses must be so many, where
            `counted`.
        read: gives items, and errors of this package among them.
        counted: damage of one item does not change how many others there are to be seen, unless
            something is said.
    """

    name: str
    raw: bytes
    items: int
    read: Callable[[Path], Iterable[object]]
    counted: bool = True


def _audio(path: Path) -> Iterable[object]:
    decoder = open_audio(path)
    try:
        for start in range(0, min(decoder.samples, 1 << 20), 1 << 16):
            samples = decoder.read(start, min(start + (1 << 16), decoder.samples))
            assert samples.shape[1] == decoder.channels
    finally:
        decoder.close()
    return [decoder.samples]


def _record(path: Path) -> Iterable[object]:
    made = decode(path.read_bytes(), path)
    assert decode(encode(made)) == made
    return [made]


def _records(format_name: str) -> Callable[[Path], Iterable[object]]:
    """As `import` does: what was read must also be stored."""

    def run(path: Path) -> Iterable[object]:
        place = path.parent if path.suffix not in {".tar", ".jsonl"} else path
        for found in exchange_format(format_name).read(place, None):
            if not isinstance(found, InputError):
                encode(found[0])
            yield found

    return run


def _texts(path: Path) -> Iterable[object]:
    for item in read(path):
        if not isinstance(item, InputError):
            json.dumps(item.id).encode()
        yield item


def _corpus(folder: Path) -> Path:
    with CorpusWriter(folder / "corpus", {"seed": 1}) as writer:
        with writer.shard(0) as shard:
            for k in range(3):
                shard.add(*dialogue(k, seconds=0.05))
            shard.finish()
        writer.finish(1)
    return folder / "corpus"


def _sound(kind: str, subtype: str | None = None, channels: int = 2) -> bytes:
    file = io.BytesIO()
    rng = np.random.default_rng(1)
    samples = rng.uniform(-0.3, 0.3, (4_000, channels))
    soundfile.write(file, samples, 16_000, format=kind, subtype=subtype)
    return file.getvalue()


CHATS = "".join(
    f"# id: talk-{n}\nA: Hello there, number {n}.\nB: Hi, so you came at 10:30?\nA: Yes, I did!\n\n"
    for n in range(4)
)
ROWS = [
    {
        "id": f"d{n}",
        "turns": [{"speaker": "A", "text": f"Hello {n}."}, {"speaker": "B", "text": "Hm."}],
    }
    for n in range(4)
]


def readers(folder: Path) -> list[Reader]:
    """All of them; sound examples are made in `folder`."""
    corpus = Corpus.open(_corpus(folder))
    for name in ("webdataset", "moshi", "nemo", "lhotse"):
        export(chosen(corpus), folder / name, name)
    (record, _) = dialogue(1, seconds=0.2)
    table = 'id,audio,speakers\na,a.wav,x|y\nb,"b,1.wav",\nc,c.wav,z\n'
    lines = "".join(f'{{"id": "r{n}", "audio": "r{n}.wav"}}\n' for n in range(4))
    rows = "dialogue,speaker,text\n" + "".join(
        f'd{n},A,"Hello, {n}."\nd{n},B,Hm.\n' for n in range(4)
    )
    sounds = [
        Reader("a.wav", _sound("WAV"), 1, _audio), Reader("a.flac", _sound("FLAC"), 1, _audio),
        Reader("a.ogg", _sound("OGG"), 1, _audio), Reader("a.mp3", _sound("MP3"), 1, _audio),
        Reader("a.aiff", _sound("AIFF"), 1, _audio), Reader("a.au", _sound("AU"), 1, _audio),
        Reader("a.sph", _sound("NIST"), 1, _audio), Reader("a.w64", _sound("W64"), 1, _audio),
        Reader("a.caf", _sound("CAF"), 1, _audio), Reader("a.rf64", _sound("RF64"), 1, _audio),
        Reader("float.wav", _sound("WAV", "FLOAT"), 1, _audio),
        Reader("ulaw.wav", _sound("WAV", "ULAW", 1), 1, _audio),
    ]  # fmt: skip
    lists = {
        name: (folder / name / file).read_bytes()
        for name, file in (("moshi", "data.jsonl"), ("nemo", "manifest.jsonl"))
    }
    return [
        Reader("record.json", encode(record), 1, _record),
        Reader("calls.csv", table.encode(), 3, lambda p: find([p]), counted=False),
        Reader("calls.tsv", table.replace(",", "\t").encode(), 3, lambda p: find([p]), counted=False),
        Reader("calls.jsonl", lines.encode(), 4, lambda p: find([p]), counted=False),
        Reader("talk.txt", CHATS.encode(), 4, _texts, counted=False),
        Reader("talk.csv", rows.encode(), 4, _texts, counted=False),
        Reader("talk.json", json.dumps(ROWS).encode(), 4, _texts, counted=False),
        Reader("talk.jsonl", "".join(json.dumps(r) + "\n" for r in ROWS).encode(), 4, _texts,
               counted=False),
        Reader("shard.tar", (corpus.root / "shards" / "000000.tar").read_bytes(), 3, read_shard),
        Reader("samples.tar", (folder / "webdataset" / "000000.tar").read_bytes(), 3,
               _records("webdataset")),
        *(Reader(f"{name}/list.jsonl", raw, 3, _records(name), counted=False)
          for name, raw in lists.items()),
        Reader("lhotse/cuts.jsonl", _unpacked(folder / "lhotse" / "cuts.jsonl.gz"), 3,
               _records("lhotse"), counted=False),
        *sounds,
    ]  # fmt: skip


def _unpacked(path: Path) -> bytes:
    import gzip

    return gzip.decompress(path.read_bytes())


def check(reader: Reader, path: Path, data: bytes) -> str:
    """Read one damaged file; what came of it.

    Raises:
        AssertionError: something was lost and nothing was said.
    """
    path.write_bytes(data)
    kept = lost = 0
    try:
        for found in reader.read(path):
            if isinstance(found, InteractSpeechError):
                lost += 1
            else:
                kept += 1
    except InteractSpeechError:
        lost += 1
    assert kept or lost, "nothing was read and nothing was said"
    if reader.counted:
        assert kept >= reader.items or lost, f"{kept} of {reader.items} items and nothing was said"
    return "refused" if not kept else "in part" if lost else "read"


def soak(
    reader: Reader, folder: Path, count: int, seconds: float, seed: int
) -> tuple[Counter[str], float]:
    """Read so many mutants of one reader's file, or for so long."""
    path = folder / reader.name
    path.parent.mkdir(parents=True, exist_ok=True)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    end = time.monotonic() + seconds
    for number in range(seed, seed + count):
        if time.monotonic() > end:
            break
        draw = random.Random(f"{number} {reader.name}")
        began = time.perf_counter()
        try:
            outcomes[check(reader, path, mutant(reader.raw, draw))] += 1
        except Exception as error:
            kept = Path(tempfile.gettempdir()) / f"soak-{number}-{path.name}"
            kept.write_bytes(path.read_bytes())
            message = (
                f"{reader.name}, seed {number}, kept as {kept}: {type(error).__name__}: {error}"
            )
            raise AssertionError(message) from error
        slowest = max(slowest, time.perf_counter() - began)
    return outcomes, slowest


def main() -> int:
    """Soak every reader and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="mutants of each, at most")
    parser.add_argument("--seconds", type=float, default=1e9, help="for each, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="the name of one file")
    options = parser.parse_args()
    total, wrong = 0, 0
    print("| input | mutants | read | in part | refused | slowest, s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for reader in readers(folder):
            if options.only and reader.name != options.only:
                continue
            try:
                found, slowest = soak(reader, folder, options.count, options.seconds, options.seed)
            except AssertionError as error:
                print(error, file=sys.stderr, flush=True)
                wrong += 1
                continue
            total += found.total()
            cells = [f"{found[kind]:,}" for kind in ("read", "in part", "refused")]
            print(f"| {reader.name} | {found.total():,} | {' | '.join(cells)} | {slowest:.2f} |",
                  flush=True)  # fmt: skip
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{total:,} mutants, {wrong} readers that broke a law, {memory:,.0f} MB at most")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
