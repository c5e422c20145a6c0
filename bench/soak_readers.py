"""Mutate audio files, records, manifests, tars, tables and texts, and read them, in this process.

    python bench/soak_readers.py [--only NAME ...] [--count 10000] [--seconds S] [--seed 0]
    python bench/soak_readers.py --minutes 10 --state soak.json --write docs/bench/soak_readers.md

Each input is small and sound, and then damaged in up to four places: bytes changed, cut out, doubled,
swapped, or replaced by what breaks readers (zeros, huge numbers, ``null``, lone surrogates, brackets).
A reader may give what it finds, or an error of this package; anything else is a raw error. Where the
sound input holds so many items, what comes of the damaged one must be as many, or losses must be
named. Prints a table: inputs, read, refused, worst time and memory; the exit code is 1, and the first
failing seed is printed, where a law is broken. The inputs are as small as their kinds allow, and the
files lie in memory where there is a folder for that, so that one core reads hundreds a second.

With `--state`, a run goes on with the seeds after the last one's and adds to its counts; `--minutes`
are divided over all readers, the ones with fewest inputs first. Timing formats take part with the
inputs and laws of `bench/soak_formats.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import numpy as np
import soundfile
from made_dialogues import dialogue
from soak_formats import SEEDS
from soak_formats import check as check_timing

from interactspeech.atomic_files import write_file
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


def _timing(path: Path) -> Iterable[object]:
    """Annotation, leaving out bad lines for every second one; the laws of its own bench hold."""
    outcome = check_timing(path, skip_bad=path.stat().st_size % 2 == 1)
    found: list[object] = [outcome] if outcome in ("read", "lost") else []
    return found if outcome == "read" else [*found, InputError(outcome, path)]


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
    samples = rng.uniform(-0.3, 0.3, (600, channels))
    soundfile.write(file, samples, 16_000, format=kind, subtype=subtype)
    return file.getvalue()


CHATS = "".join(
    f"# id: talk-{n}\nA: Hello there, number {n}.\nB: Hi, so you came at 10:30?\nA: Yes, I did!\n\n"
    for n in range(2)
)
ROWS = [
    {
        "id": f"d{n}",
        "turns": [{"speaker": "A", "text": f"Hello {n}."}, {"speaker": "B", "text": "Hm."}],
    }
    for n in range(2)
]


def readers(folder: Path) -> list[Reader]:
    """All of them; sound examples are made in `folder`."""
    corpus = Corpus.open(_corpus(folder))
    for name in ("webdataset", "moshi", "nemo", "lhotse"):
        export(chosen(corpus), folder / name, name)
    (record, _) = dialogue(1, seconds=0.05)
    table = 'id,audio,speakers\na,a.wav,x|y\nb,"b,1.wav",\nc,c.wav,z\n'
    lines = "".join(f'{{"id": "r{n}", "audio": "r{n}.wav"}}\n' for n in range(4))
    rows = "dialogue,speaker,text\n" + "".join(
        f'd{n},A,"Hello, {n}."\nd{n},B,Hm.\n' for n in range(2)
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
        Reader("talk.txt", CHATS.encode(), 2, _texts, counted=False),
        Reader("talk.csv", rows.encode(), 2, _texts, counted=False),
        Reader("talk.json", json.dumps(ROWS).encode(), 2, _texts, counted=False),
        Reader("talk.jsonl", "".join(json.dumps(r) + "\n" for r in ROWS).encode(), 2, _texts,
               counted=False),
        Reader("shard.tar", (corpus.root / "shards" / "000000.tar").read_bytes(), 3, read_shard),
        Reader("samples.tar", (folder / "webdataset" / "000000.tar").read_bytes(), 3,
               _records("webdataset")),
        *(Reader(f"{name}/list.jsonl", raw, 3, _records(name), counted=False)
          for name, raw in lists.items()),
        Reader("lhotse/cuts.jsonl", _unpacked(folder / "lhotse" / "cuts.jsonl.gz"), 3,
               _records("lhotse"), counted=False),
        *sounds,
        *(Reader(name, raw.encode(), 1, _timing, counted=False) for name, raw in SEEDS.items()),
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
        began = time.process_time()
        try:
            outcomes[check(reader, path, mutant(reader.raw, draw))] += 1
        except Exception as error:
            kept = Path(tempfile.gettempdir()) / f"soak-{number}-{path.name}"
            kept.write_bytes(path.read_bytes())
            message = (
                f"{reader.name}, seed {number}, kept as {kept}: {type(error).__name__}: {error}"
            )
            raise AssertionError(message) from error
        slowest = max(slowest, time.process_time() - began)
    return outcomes, slowest


@dataclass
class Counted:
    """What came of the mutants of one reader, over all runs."""

    next_seed: int = 0
    read: int = 0
    in_part: int = 0
    refused: int = 0
    slowest: float = 0.0

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.read + self.in_part + self.refused

    def add(self, found: Counter[str], slowest: float, seed: int) -> None:
        """Take up another run, which began with `seed`."""
        self.read += found["read"]
        self.in_part += found["in part"]
        self.refused += found["refused"]
        self.next_seed = max(self.next_seed, seed + found.total())
        self.slowest = max(self.slowest, slowest)


def page(counted: dict[str, Counted], memory: float, wrong: int) -> str:
    """The table of all runs, as Markdown."""
    total = sum(one.mutants for one in counted.values())
    bound = f" (95 % upper bound of the share: {3 / total:.1e})" if total and not wrong else ""
    lines = [
        "# Mutated inputs", "",
        ("Written by `python bench/soak_readers.py --state FILE --write docs/bench/soak_readers.md`, "
         "over several runs."), "",
        (f"{total:,} inputs of {len(counted)} kinds, damaged in up to four places, read in process. "
        f"Broken laws (a raw exception, a silent loss, over 20 s): {wrong}{bound}. "
        f"Most memory of a process: {memory:,.0f} MB."), "",
        ("A reader that breaks a law counts no input of that run: they are read again once it is "
         "mended."), "",
        ("Read: everything was found, or what was damaged is still a valid value. In part: some "
        "items, and what was lost is named. Refused: an error of this package."), "",
        "| input | mutants | read | in part | refused | slowest, processor s |",
        "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    lines += [
        f"| {name} | {one.mutants:,} | {one.read:,} | {one.in_part:,} | {one.refused:,} | "
        f"{f'{one.slowest:.2f}' if one.slowest else '-'} |"
        for name, one in counted.items()
    ]
    return "\n".join(lines) + "\n"


def used() -> float:
    """Most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def keep(path: Path, counted: dict[str, Counted], memory: float, wrong: int) -> None:
    """Write the counts of all runs, from which the next one goes on."""
    state = {"counted": {name: asdict(one) for name, one in counted.items()},
             "memory": memory, "wrong": wrong}  # fmt: skip
    write_file(path, json.dumps(state, indent=1).encode())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what decoders of others say about each damaged file on the error output."""
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def main() -> int:
    """Soak every reader and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="mutants of each, at most")
    parser.add_argument("--seconds", type=float, default=1e9, help="for each, at most")
    parser.add_argument("--minutes", type=float, help="for all, in place of --count and --seconds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="names of files")
    parser.add_argument("--state", type=Path, help="go on with the counts and seeds of this file")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    options = parser.parse_args()
    state = {"counted": {}, "memory": 0.0, "wrong": 0}
    if options.state is not None and options.state.exists():
        state = json.loads(options.state.read_text("utf-8"))
    counted = {name: Counted(**one) for name, one in state["counted"].items()}
    wrong = 0
    memory_folder = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory_folder if memory_folder.is_dir() else None) as name:
        folder = Path(name)
        chosen_ones = [r for r in readers(folder) if not options.only or r.name in options.only]
        chosen_ones.sort(key=lambda r: counted[r.name].mutants if r.name in counted else 0)
        if options.minutes:
            options.count, options.seconds = 10**9, 60 * options.minutes / len(chosen_ones)
        for reader in chosen_ones:
            own = counted.setdefault(reader.name, Counted(options.seed))
            try:
                with _quiet():
                    found, slowest = soak(
                        reader, folder, options.count, options.seconds, own.next_seed
                    )
            except AssertionError as error:
                print(error, file=sys.stderr, flush=True)
                wrong += 1
                continue
            own.add(found, slowest, own.next_seed)
            print(f"{reader.name}: {found.total():,} more, {own.mutants:,}", flush=True)
            if options.state is not None:
                keep(options.state, counted, max(state["memory"], used()), state["wrong"] + wrong)
    memory, wrong = max(state["memory"], used()), state["wrong"] + wrong
    if options.state is not None:
        keep(options.state, counted, memory, wrong)
    written = page(counted, memory, wrong)
    print(f"\n{written}")
    if options.write is not None:
        options.write.write_text(written, "utf-8")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
