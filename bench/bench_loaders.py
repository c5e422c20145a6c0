"""Trainers' loaders on our exports: Lhotse, NeMo's duplex data set, `datasets` over an object store.

    python bench/bench_loaders.py [--nemo CHECKOUT] [--maai CHECKOUT] [--hours 1]
        [--export-hours 10] [--write]

CHECKOUT is a clone of NVIDIA/NeMo at `NEMO`, of MaAI-Kyoto/MaAI at `MAAI`; their data sets are run
from their own files, with what they import of tokenizers, logging and torchaudio stood in (NeMo's
loader wants omegaconf). Warnings of the loaders count as failures.
"""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
from commands import git

from interactspeech.corpus import Corpus
from interactspeech.corpus.exchange import ExportOptions, chosen
from interactspeech.corpus.exchange import export as export_items
from interactspeech.corpus.exchange.data_files import wav
from interactspeech.corpus.exchange.interface import ExportedDialogue
from interactspeech.corpus.exchange.registry import exchange_format
from interactspeech.corpus.merge import merge
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.exchanging import export

NEMO = "8cfedd7203462cb251a914e700e5605444277561"
MAAI = "ea8125ffe42691e79aa66b9ef88d4f6b4e3ff09f"
PAGE = Path(__file__).parents[1] / "docs/bench/loaders.md"
FRAME = 0.08


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nemo", type=Path)
    parser.add_argument("--maai", type=Path)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--export-hours", type=float, default=10.0)
    parser.add_argument("--corpus", type=Path, help="a corpus that is there already")
    parser.add_argument("--part", choices=["all", "speed"], default="all")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if args.corpus:
            (work / "one").symlink_to(args.corpus.absolute())
        if args.part == "speed":
            rows = speed(corpus_of(work, args.export_hours), work)
            before = PAGE.read_text("utf-8").partition(SPEED)[0]
            text = before + "\n".join(speed_section(rows))
        else:
            text = report(args, work)
    print(text)
    if args.write:
        PAGE.write_text(text, "utf-8")


def corpus_of(work: Path, hours: float) -> Corpus:
    """At least so many hours of the fake voice."""
    one = work / "one"
    if not one.exists():
        build(["@demo"], one, BuildSettings(seed=5, voices=("fake",)))
    seconds = sum(item.dialogue.seconds for item in Corpus.open(one))
    times = max(1, -(-round(hours * 3600) // int(seconds)))
    many = work / f"many{times}"
    if not many.exists():
        merge([Corpus.open(one)] * times, many, prefixes=[f"p{n}-" for n in range(times)])
    return Corpus.open(many)


class Caught(logging.Handler):
    """Warnings, of Python and of loggers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage()[:160])

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        self._context = warnings.catch_warnings(record=True)
        self._warned = self._context.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(*error)
        self.found += [
            str(one.message)[:160] for one in self._warned
            if not issubclass(one.category, ResourceWarning | DeprecationWarning)
        ]  # fmt: skip
        logging.getLogger().removeHandler(self)


@dataclass
class Loaded:
    """What a loader gave."""

    name: str
    batches: int
    items: int
    hours: float
    warnings: list[str]
    told: str


# -- Lhotse ----------------------------------------------------------------------------------------


def lhotse_loop(folder: Path, kind: str) -> Loaded:
    """Dynamic bucketing and a plain PyTorch loop: predict each side's talk 0.8 s ahead."""
    import torch
    from lhotse import CutSet
    from lhotse.dataset import DynamicBucketingSampler

    torch.manual_seed(0)

    class Activity(torch.utils.data.Dataset):
        """Levels of both channels a frame, and whether the supervisions say that each talks."""

        def __getitem__(self, cuts: Any) -> tuple[Any, Any, int]:
            rows, marks = [], []
            frames = round(max(cut.duration for cut in cuts) / FRAME) + 1
            for cut in cuts:
                sound = cut.load_audio()
                hop = round(cut.sampling_rate * FRAME)
                n = sound.shape[1] // hop
                level = np.sqrt(np.mean(sound[:, : n * hop].reshape(2, n, hop) ** 2, axis=2))
                row = np.zeros((2, frames), np.float32)
                row[:, :n] = np.log10(level + 1e-4)
                mark = np.zeros((2, frames), np.float32)
                for one in cut.supervisions:
                    mark[one.channel, round(one.start / FRAME) : round(one.end / FRAME) + 1] = 1
                rows.append(row)
                marks.append(mark)
            return torch.from_numpy(np.stack(rows)), torch.from_numpy(np.stack(marks)), len(rows)

    with Caught() as caught:
        if kind == "lhotse-shar":
            cuts = CutSet.from_shar(in_dir=folder / "shar", shuffle_shards=True, seed=0)
        else:
            manifest = CutSet.from_file(folder / "cuts.jsonl.gz")
            cuts = manifest.with_recording_path_prefix(folder)
        sampler = DynamicBucketingSampler(
            cuts, max_duration=300.0, num_buckets=5, shuffle=True, seed=0, drop_last=False,
            buffer_size=500, num_cuts_for_bins_estimate=40,
        )  # fmt: skip
        loader = torch.utils.data.DataLoader(Activity(), sampler=sampler, batch_size=None)
        model = torch.nn.GRU(2, 32, batch_first=True)
        head = torch.nn.Linear(32, 2)
        learn = torch.optim.Adam([*model.parameters(), *head.parameters()], lr=1e-2)
        losses, items, batches, seconds = [], 0, 0, 0.0
        for levels, marks, n in loader:
            hidden, _ = model(levels.transpose(1, 2))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                head(hidden)[:, :-10], marks.transpose(1, 2)[:, 10:]
            )
            learn.zero_grad()
            loss.backward()
            learn.step()
            losses.append(loss.item())
            items, batches = items + n, batches + 1
        seconds = sum(cut.duration for cut in cuts)
    told = f"loss of talk 0.8 s ahead {losses[0]:.3f} -> {statistics.mean(losses[-3:]):.3f}"
    return Loaded(kind, batches, items, seconds / 3600, caught.found, told)


# -- NeMo's duplex data set ------------------------------------------------------------------------


class WordTokens:
    """A tokenizer whose tokens are words, numbered: so that each can be found again."""

    bos, eos, pad, unk, pad_id, unk_id = 1, 2, 0, 3, 0, 3

    def __init__(self) -> None:
        self.next = 10

    def text_to_ids(self, text: str) -> list[int]:
        n = len(text.split())
        found = list(range(self.next, self.next + n))
        self.next += n
        return found


#: Packages of NeMo whose own start-up imports the whole toolkit; their modules are read from their
#: files, and these stand for what those modules want of the packages.
STOOD_IN: dict[str, dict[str, Any]] = {
    "nemo": {}, "nemo.collections": {}, "nemo.collections.common": {},
    "nemo.collections.common.data": {}, "nemo.collections.common.parts": {},
    "nemo.collections.common.parts.preprocessing": {},
    "nemo.collections.common.prompts": {"PromptFormatter": object},
    "nemo.collections.common.tokenizers": {"TokenizerSpec": object},
    "nemo.collections.common.tokenizers.aggregate_tokenizer": {"TokenizerWrapper": object},
    "nemo.collections.speechlm2": {}, "nemo.collections.speechlm2.data": {},
    "nemo.utils": {"logging": logging.getLogger("nemo")},
}  # fmt: skip


def nemo_modules(checkout: Path) -> tuple[Any, Any]:
    """Their data loader over Lhotse, and their duplex data set, from their own files."""
    require_commit(checkout, NEMO)
    for name, members in STOOD_IN.items():
        package = types.ModuleType(name)
        package.__path__ = [str(checkout / name.replace(".", "/"))]
        package.__dict__.update(members)
        sys.modules[name] = package
    loader = importlib.import_module("nemo.collections.common.data.lhotse.dataloader")
    return loader, importlib.import_module("nemo.collections.speechlm2.data.s2s_dataset")


def nemo_loop(folder: Path, checkout: Path) -> Loaded:
    """Their duplex data set in their data loader, bucketed by their sampler."""
    import torch
    from omegaconf import OmegaConf

    loading, module = nemo_modules(checkout)
    words = placed = loud = items = batches = 0
    seconds = 0.0

    class Checked:
        """Their data set, and what of the agent's words it placed."""

        def __getitem__(self, batch: Any) -> Any:
            nonlocal words, placed, loud, items, batches, seconds
            tokenizer = WordTokens()
            given = module.DuplexS2SDataset(tokenizer, FRAME, 16_000, 24_000)[batch]
            agents = [s for cut in batch for s in cut.supervisions if s.speaker == "agent"]
            total = sum(len(s.text.split()) for s in agents)
            words += total
            kept = given["target_tokens"]
            placed += int(((kept >= 10) & (kept < 10 + total)).sum())
            hop = round(24_000 * FRAME)
            for row, tokens in zip(given["target_audio"], kept, strict=True):
                starts = (tokens == tokenizer.bos).nonzero().flatten().tolist()
                for frame in starts:
                    part = row[frame * hop : (frame + 4) * hop]
                    loud += int(torch.sqrt(torch.mean(part**2)) > 10 ** (-50 / 20))
                items += len(starts)
            seconds += sum(cut.duration for cut in batch)
            batches += 1
            return given

    with Caught() as caught:
        config = OmegaConf.create(
            {
                "shar_path": str(folder / "shar"), "use_lhotse": True, "force_finite": True,
                "use_bucketing": True, "num_buckets": 5, "batch_duration": 300.0,
                "bucket_buffer_size": 500, "num_cuts_for_bins_estimate": 40,
                "sample_rate": 16_000, "shuffle": True, "seed": 0, "shard_seed": 0,
                "num_workers": 0, "drop_last": False,
            }
        )  # fmt: skip
        for _ in loading.get_lhotse_dataloader_from_config(
            config, global_rank=0, world_size=1, dataset=Checked()
        ):
            pass
    told = (
        f"agent's words placed {placed:,} of {words:,} (lost {1 - placed / words:.2%}: tokens of "
        f"one utterance run into the next, or its end mark falls on one); utterances whose first "
        f"0.32 s have energy on the agent's channel {loud:,} of {items:,} ({loud / items:.2%})"
    )
    return Loaded("nemo-duplex", batches, items, seconds / 3600, caught.found, told)


# -- VAP's data set --------------------------------------------------------------------------------


def vap_loop(folder: Path, checkout: Path) -> Loaded:
    """MaAI's data set, its sound read by soundfile in torchaudio's place."""
    import os

    import soundfile
    import torch

    require_commit(checkout, MAAI)
    stand_in: Any = types.ModuleType("torchaudio")
    for name in ("functional", "transforms"):
        sys.modules[f"torchaudio.{name}"] = types.ModuleType(f"torchaudio.{name}")
        setattr(stand_in, name, sys.modules[f"torchaudio.{name}"])

    def info(path: str) -> Any:
        found = soundfile.info(path)
        return types.SimpleNamespace(
            num_frames=found.frames, sample_rate=found.samplerate, bits_per_sample=16,
            num_channels=found.channels, encoding="PCM_S",
        )  # fmt: skip

    def load(path: str, frame_offset: int = 0, num_frames: int = -1) -> Any:
        read, rate = soundfile.read(
            path, frames=num_frames, start=frame_offset, dtype="float32", always_2d=True
        )
        return torch.from_numpy(np.ascontiguousarray(read.T)), rate

    stand_in.info, stand_in.load = info, load
    sys.modules["torchaudio"] = stand_in
    sys.path.insert(0, str(checkout / "train"))
    here = Path.cwd()
    os.chdir(folder)  # its paths count from where it runs
    try:
        with Caught() as caught:
            from dataset import VapDataset

            given = VapDataset("data.csv")
            hop, talk, loud, other, items, seconds = 320, 0, 0, 0, 0, 0.0
            for item in torch.utils.data.DataLoader(given, batch_size=8):
                sound = item["waveform"].reshape(-1, 2, 1000, hop)
                level = sound.square().mean(3).sqrt() > 10 ** (-50 / 20)
                active = item["vad"][:, :1000].transpose(1, 2) > 0
                talk += int(active.sum())
                loud += int((active & level).sum())
                silent = ~active
                other += int((silent & level).sum())
                items += len(sound)
                seconds += 20.0 * len(sound)
                assert item["vad"].shape[1:] == (1100, 2)
    finally:
        os.chdir(here)
    total = items * 2 * 1000
    told = (
        f"windows of 20 s; of the frames (20 ms) that are marked as talk {loud / talk:.1%} are "
        f"above -50 dB on that speaker's channel, of the others {other / (total - talk):.1%}"
    )
    return Loaded("vap", -(-items // 8), items, seconds / 3600, caught.found, told)


def require_commit(checkout: Path, commit: str) -> None:
    """See that a clone is at a commit."""
    head = git(checkout, "rev-parse", "HEAD")
    if head != commit:
        sys.exit(f"{checkout} is at {head}; check out {commit}")


# -- datasets over an object store -----------------------------------------------------------------


def hub_loop(corpus: Corpus) -> Loaded:
    """Export into an S3 server on this machine, and stream the rows back."""
    import datasets
    import soundfile
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    import os

    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                   "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1"}  # fmt: skip
    import boto3

    boto3.client("s3").create_bucket(Bucket="corpora")
    try:
        with Caught() as caught:
            export(corpus, "s3://corpora/hub", "huggingface")
            data = datasets.load_dataset(
                "parquet", data_files="s3://corpora/hub/data/train-*.parquet", split="train",
                streaming=True,
            )  # fmt: skip
            items, seconds = 0, 0.0
            for row in data.cast_column("audio", datasets.Audio(decode=False)):
                samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
                assert len(samples) == row["length"]
                items += 1
                seconds += len(samples) / rate
    finally:
        server.stop()
    told = "every row's FLAC decoded to its stated length"
    return Loaded("huggingface, s3://", 0, items, seconds / 3600, caught.found, told)


# -- speed and memory ------------------------------------------------------------------------------


#: Runs of each way; the ways take turns, for the machine is not always equally fast.
RUNS = 3


def copied(corpus: Corpus, folder: Path, kind: str) -> None:
    """What no export can do without: the sound is read, decoded where it must be, and written."""
    for item in corpus:
        if kind == "lhotse":
            (folder / f"{item.id}.flac").write_bytes(item.flac())
        else:
            pcm = np.ascontiguousarray(item.pcm().T)
            (folder / f"{item.id}.wav").write_bytes(wav(pcm, item.dialogue.rate))


def copied_with_lists(corpus: Corpus, folder: Path, kind: str) -> None:
    """The same with the format's lists, and nothing else: no licences, sources, statistics, journal."""
    exporter = exchange_format(kind).writer(folder, ExportOptions())
    rate = exchange_format(kind).rate
    for number, item in enumerate(corpus):
        exporter.add(ExportedDialogue(item, number, rate))
    exporter.close()


def timed(out: Path, work: Callable[..., object], *given: object) -> float:
    """CPU seconds; the folder is emptied afterwards."""
    start = time.process_time()
    work(*given)
    spent = time.process_time() - start
    subprocess.run(["rm", "-r", str(out)], check=True)
    return spent


def speed(corpus: Corpus, work: Path) -> list[str]:
    """CPU seconds of an export beside what copying and encoding alone take; memory's growth."""
    rows = []
    hours = sum(item.dialogue.seconds for item in corpus) / 3600
    for name in ("lhotse", "moshi"):
        ours, bare, lists = ([] for _ in range(3))
        marks: list[float] = []
        out = work / f"speed-{name}"

        def on_item(*_: object, marks: list[float] = marks) -> None:
            marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

        for _ in range(RUNS):
            given = (chosen(corpus), out, name, ExportOptions(), on_item)
            ours.append(timed(out, export_items, *given))
            for times, way in ((bare, copied), (lists, copied_with_lists)):
                out.mkdir()
                times.append(timed(out, way, corpus, out, name))
        first = marks[: len(marks) // RUNS]
        rows.append(
            f"| {name} | {hours:.1f} | {statistics.median(ours):.1f} | {statistics.median(bare):.1f} | "
            f"{ratio(ours, bare)} | {statistics.median(lists):.1f} | {ratio(ours, lists)} | "
            f"{first[len(first) // 10]:.0f} | {first[-1]:.0f} |"
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def ratio(ours: list[float], others: list[float]) -> str:
    """Median of the ratios of runs that took turns, and their range."""
    found = sorted(a / b for a, b in zip(ours, others, strict=True))
    return f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"


def report(args: argparse.Namespace, work: Path) -> str:
    """The page."""
    # First, while no library of theirs is in memory.
    rows = speed(corpus_of(work, args.export_hours), work)
    corpus = corpus_of(work, args.hours)
    found = []
    for kind in ("lhotse-shar", "lhotse"):
        export(corpus, work / kind, kind)
        found.append(lhotse_loop(work / kind, kind))
        print(found[-1], file=sys.stderr, flush=True)
    if args.nemo:
        export(corpus, work / "nemo-duplex", "nemo-duplex")
        found.append(nemo_loop(work / "nemo-duplex", args.nemo))
        print(found[-1], file=sys.stderr, flush=True)
    if args.maai:
        export(corpus, work / "vap", "vap")
        found.append(vap_loop(work / "vap", args.maai))
        print(found[-1], file=sys.stderr, flush=True)
    found.append(hub_loop(corpus))
    packages = ", ".join(f"{name} {version(name)}" for name in ("lhotse", "torch", "datasets"))
    lines = [
        "# Trainers' loaders on our exports",
        "",
        (
            "Written by `python bench/bench_loaders.py --nemo CHECKOUT --maai CHECKOUT --write`; "
            f"{packages}, NeMo at `{NEMO[:7]}`, MaAI at `{MAAI[:7]}`. Dialogues of the fake voice (`@demo`, seed 5), repeated under other ids to the hours wanted."
        ),
        "",
        "| export | read by | batches | dialogues (NeMo: agent's utterances; VAP: windows) | hours | warnings | |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    readers = {
        "lhotse-shar": "`DynamicBucketingSampler`, PyTorch's `DataLoader`",
        "lhotse": "the same",
        "nemo-duplex": "NeMo's `get_lhotse_dataloader_from_config` (its bucketing), its `DuplexS2SDataset`",
        "vap": "MaAI's `VapDataset`",
        "huggingface, s3://": "`load_dataset(..., streaming=True)`",
    }
    lines += [
        f"| `{one.name}` | {readers[one.name]} | {one.batches or ''} | {one.items:,} | "
        f"{one.hours:.2f} | {len(one.warnings)} | {one.told} |"
        for one in found
    ]
    said = sorted({text for one in found for text in one.warnings})
    lines += ["", *(f"Warning: {text}" for text in said)] if said else []
    lines += [
        "",
        "NeMo's modules are its own files; their packages' start-up, which imports the whole toolkit, is",
        "stood in, with the logger, the prompt formatter and the tokenizers (here words, numbered).",
        "",
        "MaAI's data set reads sound by torchaudio, stood in by soundfile.",
        "",
        *speed_section(rows),
    ]
    return "\n".join(lines)


SPEED = "## Speed and memory of an export"


def speed_section(rows: list[str]) -> list[str]:
    """The section of the page about speed."""
    return [
        SPEED,
        "",
        f"CPU seconds of one process, median of {RUNS} runs that take turns; *alone* is reading the",
        "stored sound and its record and writing the sound (FLAC as it is, or decoded to 16 bits and",
        "written as WAV); *with lists* also makes and writes the format's own lists, and no sheets of",
        "licences and statistics. The bar is a ratio of 1.3 to copying and encoding alone. Memory is the",
        "highest resident set after a tenth of the dialogues and at the end of the first run.",
        "",
        "| export | hours | export, s | alone, s | ratio | with lists, s | ratio | MiB after a tenth | at the end |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        "",
    ]


if __name__ == "__main__":
    main()
