"""Random crops of a corpus for training, beside Lhotse Shar and WebDataset on the same data.

    python bench/bench_crops.py [--write] [--minutes 60] [--seconds 20]

All give crops of one length at random places, with the words and events (Lhotse: the supervisions)
in them, from FLAC, in one process: the corpus as it is, its `lhotse-shar` export truncated cut by
cut and cut into windows, its `webdataset` export decoded with soundfile and cut. Processor time of
the process; three repetitions, median. Memory is what the process holds after each of five epochs.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import random
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import soundfile

from interactspeech import BuildSettings, Corpus, build
from interactspeech.corpus import Crops
from interactspeech.corpus.exchange.exporting import export
from interactspeech.signal.flac import decode_flac

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "crops.md"


def ours(corpus: Path, seconds: float, epoch: int) -> Iterator[int]:
    crops = Crops(corpus, seconds=seconds, shorter="leave_out", seed=epoch)
    for crop in crops:
        assert crop.words
        yield crop.audio.shape[1]


def truncated(shar: Path, seconds: float, epoch: int) -> Iterator[int]:
    from lhotse import CutSet

    draw = random.Random(epoch)
    for cut in CutSet.from_shar(in_dir=shar, shuffle_shards=True, seed=epoch).shuffle():
        if cut.duration >= seconds:
            for _ in range(max(int(cut.duration // seconds), 1)):
                start = draw.uniform(0, cut.duration - seconds)
                crop = cut.truncate(offset=start, duration=seconds)
                assert crop.supervisions
                yield crop.load_audio().shape[1]


def windows(shar: Path, seconds: float, epoch: int) -> Iterator[int]:
    from lhotse import CutSet

    cuts = CutSet.from_shar(in_dir=shar, shuffle_shards=True, seed=epoch)
    for crop in cuts.cut_into_windows(seconds).shuffle():
        yield crop.load_audio().shape[1]


def samples(tars: Path, seconds: float, epoch: int) -> Iterator[int]:
    import webdataset

    draw = random.Random(epoch)
    urls = sorted(map(str, tars.rglob("*.tar")))
    for sample in webdataset.WebDataset(urls, shardshuffle=False).shuffle(100):
        record = json.loads(next(value for name, value in sample.items() if name.endswith("json")))
        assert record
        sound, rate = soundfile.read(io.BytesIO(sample["flac"]), dtype="float32")
        wanted = round(seconds * rate)
        for _ in range(len(sound) // wanted):
            start = draw.randrange(len(sound) - wanted + 1)
            yield sound[start : start + wanted].shape[0]


def decoded(corpus: Path, seconds: float, _epoch: int) -> Iterator[int]:
    """The decoder alone: the first seconds of each dialogue's FLAC, already in memory."""
    for item in Corpus.open(corpus):
        if item.dialogue.seconds >= seconds:
            data, wanted = item.flac(), round(seconds * item.dialogue.rate)
            begun = time.process_time()
            for _ in range(3):
                decode_flac(data, 0, wanted)
            yield time.process_time() - begun  # type: ignore[misc]


def cost(read: Callable[[], Iterator[int]]) -> tuple[float, int]:
    """Milliseconds of processor a crop, and how many there were."""
    begun, count = time.process_time(), 0
    for _ in read():
        count += 1
    return (time.process_time() - begun) / count * 1000, count


def held() -> float:
    """Megabytes that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        corpus = root / "corpus"
        build(
            ["@demo"],
            corpus,
            BuildSettings(voices=("hibari",), hours=given.minutes / 60, recombine=True, shard=50),
        )
        for name in ("lhotse-shar", "webdataset"):
            export(Corpus.open(corpus), root / name, name)
        (shar,) = {path.parent for path in (root / "lhotse-shar").rglob("cuts.*")}
        ways: dict[str, Callable[[int], Iterator[int]]] = {
            "`Crops`": lambda n: ours(corpus, given.seconds, n),
            "Lhotse Shar, truncated": lambda n: truncated(shar, given.seconds, n),
            "Lhotse Shar, windows": lambda n: windows(shar, given.seconds, n),
            "WebDataset, whole then cut": lambda n: samples(root / "webdataset", given.seconds, n),
        }
        costs: dict[str, list[float]] = {name: [] for name in ways}
        counts = dict.fromkeys(ways, 0)
        for repetition in range(3):
            for name, read in ways.items():
                spent, counts[name] = cost(lambda r=read, n=repetition: r(n))
                costs[name].append(spent)
        middle = {name: statistics.median(found) for name, found in costs.items()}
        alone = statistics.median(decoded(corpus, given.seconds, 0)) / 3 * 1000
        growth = []
        for epoch in range(5):
            for _ in ours(corpus, given.seconds, epoch):
                pass
            growth.append(held())
        hours = sum(item.dialogue.seconds for item in Corpus.open(corpus)) / 3600
    lines = [
        "# Random crops for training",
        "",
        f"Written by `python bench/bench_crops.py --write`; {platform.machine()}, one process,",
        f"{hours:.2f} h of two channels at 24 kHz, crops of {given.seconds:g} s, a warm page cache.",
        "",
        "| | crops an epoch | ms of processor a crop | against `Crops` |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {counts[name]} | {middle[name]:.1f} "
            f"({min(costs[name]):.1f} to {max(costs[name]):.1f}) "
            f"| {middle[name] / middle['`Crops`']:.2f} |"
            for name in ways
        ),
        (
            f"| the FLAC decoder alone, {given.seconds:g} s | | {alone:.1f} "
            f"| {alone / middle['`Crops`']:.2f} |"
        ),
        "",
        f"Memory held after each of five epochs: {', '.join(f'{one:.0f}' for one in growth)} MB.",
        "",
    ]
    text = "\n".join(lines)
    if given.write:
        marked = PAGE.read_text("utf-8").partition("\n## ") if PAGE.exists() else ("", "", "")
        PAGE.write_text(text + marked[1] + marked[2], "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
