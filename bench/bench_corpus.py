"""Speed of the store, measured side by side in one run.

    python bench/bench_corpus.py [--write] [--minutes 60]

The audio is made up: tones in noise, half of each channel silent, so FLAC compresses it about as it
does speech. Work is measured in processor time (other work on the machine should not count),
waiting for one record or for opening in wall time; best of three, from a warm page cache.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile
from commands import best
from pyarrow import parquet

from interactspeech.corpus import Corpus, CorpusWriter, ShardWriter, verify
from interactspeech.corpus.exchange.exporting import export
from interactspeech.corpus.index import EVENT_COLUMNS, schema
from interactspeech.corpus.lookup import COLUMNS, Lookup, build
from interactspeech.corpus.writer import INDEX, LOOKUP
from interactspeech.records import (
    Dialogue,
    Event,
    Script,
    Span,
    Speaker,
    Track,
    Utterance,
    Word,
    decode,
)
from interactspeech.rendering import (
    dialogue_from_plan,
    draw_dyad,
    plan_dialogue,
    render,
    resample,
    spoken_lines,
)
from interactspeech.scripts import demo_dialogues, write_offline
from interactspeech.seeds import generator
from interactspeech.signal.flac import encode_flac
from interactspeech.tts import Synthesizer, cast, select_voices

ROOT = Path(__file__).parents[1]
RATE = 24_000
SECONDS = 50  # of a dialogue, as in the original release
PER_SHARD = 24
ROWS = 1_000_000


def talk(number: int) -> tuple[Dialogue, np.ndarray]:
    """A dialogue of `SECONDS` with a turn every 3 s, 8 words a turn, and its audio."""
    random_ = generator(1, "bench-corpus", number)
    length = SECONDS * RATE
    times = np.arange(3 * RATE) / RATE
    samples = np.zeros((2, length), np.float32)
    utterances, events = [], []
    for turn, start in enumerate(range(0, length - 3 * RATE, 3 * RATE)):
        tone = np.sin(2 * np.pi * random_.uniform(90, 300) * times) * np.hanning(len(times))
        noise = random_.normal(0, 0.02, len(times))
        samples[turn % 2, start : start + 3 * RATE] = 0.3 * tone * (1 + noise) + 0.1 * noise
        edges = [start + k * 3 * RATE // 8 for k in range(9)]
        words = tuple(Word("word", a, b - 10) for a, b in pairwise(edges))
        who = "AB"[turn % 2]
        utterances.append(
            Utterance(
                f"u{turn}", who, start, words[-1].end, (Span(start, words[-1].end),), words,
                times="engine",
            )
        )  # fmt: skip
        events.append(Event("turn", who, start, words[-1].end))
        events.append(Event("gap", who, words[-1].end, start + 3 * RATE))
    record = Dialogue(
        f"bench-{number:06d}", RATE, length, (Speaker("A"), Speaker("B")),
        tuple(utterances), tuple(events), tracks=(Track("A", "", 0), Track("B", "", 1)),
    )  # fmt: skip
    return record, samples


def write_cost(folder: Path) -> dict[str, float]:
    """Shards of one hour's talk beside the FLAC encoder alone, alternating."""
    made = [talk(k) for k in range(PER_SHARD)]
    encoder, shard = [], []
    for n in range(3):
        began = time.process_time()
        for _, samples in made:
            encode_flac(samples, RATE)
        encoder.append(time.process_time() - began)
        began = time.process_time()
        with ShardWriter(folder, n) as out:
            for one in made:
                out.add(*one)
            out.finish()
        shard.append(time.process_time() - began)
    seconds = PER_SHARD * SECONDS
    return {
        "encoder": seconds / min(encoder),
        "shard": seconds / min(shard),
        "ratio": min(shard) / min(encoder),
    }


def stage_cost(folder: Path) -> dict[str, float]:
    """Planning, rendering and writing of spoken dialogues beside the FLAC encoder alone.

    Dialogues that ship, made interactive, spoken by hibari (not timed). Both sides alternate.
    """
    speaker = Synthesizer(None)
    voices = select_voices("hibari")
    spoken = []
    for source in list(demo_dialogues())[:16]:
        dyad = draw_dyad(source.id, 1)
        script = source if isinstance(source, Script) else write_offline(source, 1, dyad)
        roles = cast(script.id, script.speakers, voices, 1)
        speeches = {
            x.id: resample(speaker.speak(x.text, roles[x.speaker]), RATE)
            for x in spoken_lines(script)
        }
        spoken.append((script, dyad, speeches, roles))

    def made(one: tuple) -> tuple[Dialogue, np.ndarray]:
        script, dyad, speeches, roles = one
        planned = plan_dialogue(script, speeches, dyad, seed=1)
        return dialogue_from_plan(planned, voices=roles), render(planned, speeches)

    tracks = [made(one)[1] for one in spoken]
    encoder, whole = [], []
    for n in range(5):
        began = time.process_time()
        for samples in tracks:
            encode_flac(samples, RATE)
        encoder.append(time.process_time() - began)
        began = time.process_time()
        with ShardWriter(folder, n) as out:
            for one in spoken:
                out.add(*made(one))
            out.finish()
        whole.append(time.process_time() - began)
    seconds = sum(samples.shape[1] for samples in tracks) / RATE
    return {
        "encoder": seconds / min(encoder),
        "whole": seconds / min(whole),
        "ratio": min(whole) / min(encoder),
    }


def make(folder: Path, minutes: int) -> None:
    shards = max(1, minutes * 60 // (SECONDS * PER_SHARD))
    with CorpusWriter(folder, {"bench": minutes}) as writer:
        for number in range(shards):
            with writer.shard(number) as shard:
                for k in range(number * PER_SHARD, (number + 1) * PER_SHARD):
                    shard.add(*talk(k))
                shard.finish()
        writer.finish(shards)


def plain(folder: Path) -> int:
    """All of a corpus with nothing but tarfile, JSON and soundfile."""
    count = 0
    for path in sorted((folder / "shards").glob("*.tar")):
        sample: dict[str, bytes] = {}
        with tarfile.open(path) as tar:
            for member in tar:
                _, _, kind = member.name.partition(".")
                sample[kind] = tar.extractfile(member).read()
                if len(sample) == 2:
                    decode(sample["json"])
                    soundfile.read(io.BytesIO(sample["flac"]), dtype="float32")
                    sample = {}
                    count += 1
    return count


def webdataset(folder: Path) -> int | None:
    """The same with the webdataset library, where it is installed."""
    try:
        import webdataset as wds
    except ImportError:
        return None
    urls = [str(path) for path in sorted((folder / "shards").glob("*.tar"))]
    count = 0
    for sample in wds.WebDataset(urls, shardshuffle=False):
        decode(sample["json"])
        soundfile.read(io.BytesIO(sample["flac"]), dtype="float32")
        count += 1
    return count


def shar(folder: Path) -> int | None:
    """The same dialogues from Lhotse Shar by the lhotse library, where it is installed."""
    try:
        from lhotse import CutSet
    except ImportError:
        return None
    count = 0
    for cut in CutSet.from_shar(in_dir=str(folder)):
        assert cut.load_audio().shape[0] == 2
        count += 1
    return count


def ours(folder: Path) -> int:
    return sum(item.audio().shape[0] // 2 for item in Corpus.open(folder))


def quantiles(values: list[float]) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds."""
    return statistics.median(values) * 1e3, sorted(values)[int(len(values) * 0.99)] * 1e3


def accesses(work: Callable[[str], object], ids: list[str]) -> tuple[float, float, float, float]:
    """Median and 99th percentile in milliseconds, by the wall, then in processor time."""
    wall, own = [], []
    for one in ids:
        began, used = time.perf_counter(), time.process_time()
        work(one)
        wall.append(time.perf_counter() - began)
        own.append(time.process_time() - used)
    return *quantiles(wall), *quantiles(own)


def big_index(folder: Path) -> None:
    """The index of a corpus of a million dialogues whose shards are elsewhere."""
    (folder / "build.json").write_bytes(
        b'{"fingerprint":"","configuration":{},"format":"interactspeech corpus 1"}'
    )
    chance = np.random.default_rng(1)
    fields = schema()
    writer = parquet.ParquetWriter(
        folder / INDEX, fields.with_metadata({b"shards": b"10000"}), compression="zstd"
    )
    parts = []
    with writer:
        for first in range(0, ROWS, 50_000):
            n = 50_000
            columns = {
                "id": [f"dialogsum-train-{k:07d}" for k in range(first, first + n)],
                "sha256": [chance.bytes(32) for _ in range(n)],
                "speakers": [["A", "B"]] * n,
                "voices": [["kokoro/af_heart", "kokoro/am_adam"]] * n,
                "seconds": chance.gamma(4, 12, n),
                "shard": np.arange(first, first + n) // 100,
                **{name: chance.poisson(3, n) for name in EVENT_COLUMNS.values()},
            }
            arrays = [
                pa.array(columns[field.name], field.type)
                if field.name in columns
                else pa.array([("x" if field.type == pa.string() else 1)] * n, field.type)
                for field in fields
            ]
            table = pa.table(arrays, schema=fields)
            writer.write_table(table)
            parts.extend(table.select(COLUMNS).to_batches())
    (folder / LOOKUP).write_bytes(build(parts)[0])


def opening(folder: Path) -> dict[str, float]:
    """Opening in a fresh process: time, and what the memory grows by."""
    code = (
        "import resource, sys, time\n"
        "from interactspeech.corpus import Corpus\n"
        "import pyarrow.parquet\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "began = time.perf_counter()\n"
        "corpus = Corpus.open(sys.argv[1])\n"
        "seconds = time.perf_counter() - began\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(seconds, (after - before) / 1024, len(corpus))\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(3)
    ]
    return {
        "seconds": min(float(run[0]) for run in runs),
        "megabytes": min(float(run[1]) for run in runs),
        "rows": int(runs[0][2]),
    }


def measure(minutes: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cost").mkdir()
        cost = write_cost(folder / "cost")
        corpus_folder = folder / "corpus"
        make(corpus_folder, minutes)
        (folder / "staged").mkdir()
        staged = stage_cost(folder / "staged")
        export(iter(Corpus.open(corpus_folder)), folder / "shar", "lhotse-shar")
        ways = {
            "`for item in corpus`": lambda: ours(corpus_folder),
            "tarfile + soundfile": lambda: plain(corpus_folder),
            "webdataset": lambda: webdataset(corpus_folder),
            "lhotse, Shar of the same dialogues": lambda: shar(folder / "shar" / "shar"),
        }
        # Each once before: the page cache is warm, libraries are imported; who is not there is out.
        counts = {name: way() for name, way in ways.items()}
        assert len({count for count in counts.values() if count is not None}) == 1, counts
        there = [name for name, count in counts.items() if count is not None]
        rounds = [[best(ways[name], 1) for name in there] for _ in range(5)]
        reading = dict(zip(there, map(min, zip(*rounds, strict=True)), strict=True))
        corpus = Corpus.open(corpus_folder)
        ids = [row["id"] for row in corpus.query(columns=["id"])]
        random.Random(1).shuffle(ids)
        ids = (ids * (1 + 300 // len(ids)))[:300]
        record = accesses(lambda one: corpus[one], ids)
        raw = accesses(lambda one: corpus[one].flac(), ids)
        second = accesses(lambda one: corpus[one].audio(10 * RATE, 11 * RATE), ids)
        whole = accesses(lambda one: corpus[one].audio(), ids[:60])
        hours, shards = len(corpus) * SECONDS / 3600, corpus.shards
        check = best(lambda: list(verify(corpus_folder)), 1)
        small = opening(corpus_folder)
        big_folder = folder / "big"
        big_folder.mkdir()
        big_index(big_folder)
        big = opening(big_folder)
        large, find = Corpus.open(big_folder), Lookup(big_folder / LOOKUP)
        where = "interruptions > 6 and seconds < 30"
        query = best(lambda: sum(1 for _ in large.query(where, ["id"])))
        lookup = accesses(
            lambda one: list(find.find(one)),
            [f"dialogsum-train-{random.Random(k).randrange(ROWS):07d}" for k in range(2000)],
        )
    seconds = hours * 3600
    own = reading["`for item in corpus`"]
    readers = "\n".join(
        f"| {name} | {seconds / found:,.0f}x | {own / found:.2f} |"
        for name, found in reading.items()
    )
    return f"""# Speed of the store

Written by `bench/bench_corpus.py --write`. Machine: {platform.machine()}, {os.cpu_count()} cores,
Python {platform.python_version()}, libsndfile {soundfile.__libsndfile_version__},
pyarrow {pa.__version__}. Dialogues of {SECONDS} s at {RATE:,} Hz, two channels; {hours:.1f} h in
{shards} shards; one process, best of several, warm page cache. Writing, reading and the query are in
processor time, single accesses and opening in wall time on a machine with other work.

## Writing

| | x real time |
|---|---|
| FLAC encoder alone | {cost["encoder"]:,.0f} |
| whole shard: checks, encoder, record, tar, checksums, index, fsync | {cost["shard"]:,.0f} |

A shard costs **{cost["ratio"]:.2f}** times its encoder.

Planning, rendering and writing of dialogues that hibari has spoken (16 that ship, best of five, alternating):

| | x real time |
|---|---|
| FLAC encoder alone | {staged["encoder"]:,.0f} |
| plan, render, record, shard | {staged["whole"]:,.0f} |

That is **{staged["ratio"]:.2f}** times the encoder (bar: 1.3).

## Reading in order, records and audio decoded

| | x real time | time of `for item in corpus` over this |
|---|---|---|
{readers}

A number under 1 means that the corpus is read faster. Decoding FLAC is nearly all of it, for everyone.
`verify` with all audio decoded: {seconds / check:,.0f}x real time.

## Random access by id

| milliseconds | median | 99th percentile | in processor time: median | 99th percentile |
|---|---:|---:|---:|---:|
| the record | **{record[0]:.2f}** | {record[1]:.2f} | {record[2]:.2f} | **{record[3]:.2f}** |
| the record and its FLAC file as bytes | {raw[0]:.2f} | {raw[1]:.2f} | {raw[2]:.2f} | {raw[3]:.2f} |
| the record and one second of audio | {second[0]:.2f} | {second[1]:.2f} | {second[2]:.2f} | {second[3]:.2f} |
| the record and all {SECONDS} s of audio | {whole[0]:.1f} | {whole[1]:.1f} | {whole[2]:.1f} | {whole[3]:.1f} |

The bar is 2 ms a record. Load average of the machine's {os.cpu_count()} cores meanwhile:
{os.getloadavg()[1]:.0f}; the 99th percentile by the wall is then the scheduler's.

## Opening

| rows | seconds | memory, MB |
|---|---|---|
| {small["rows"]:,} | {small["seconds"]:.4f} | {small["megabytes"]:.1f} |
| {big["rows"]:,} | **{big["seconds"]:.4f}** | {big["megabytes"]:.1f} |

The bar is 1 s for 1,000,000 rows. There, finding an id's place takes
{lookup[0] * 1000:.0f} µs (median), and the query `{where}` {query:.2f} s.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/bench/corpus.md")
    parser.add_argument("--minutes", type=int, default=60, help="of talk to read")
    arguments = parser.parse_args()
    page = measure(arguments.minutes)
    print(page)
    print("peak memory:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB")
    if arguments.write:
        (ROOT / "docs" / "bench").mkdir(exist_ok=True)
        (ROOT / "docs" / "bench" / "corpus.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
