"""moshi-finetune on our export: its own loader, interleaver, loss and training loop, on this machine.

    python bench/train_moshi.py CHECKOUT [--engine fake] [--spoken CORPUS] [--steps 300] [--write]

CHECKOUT is a clone of kyutai-labs/moshi-finetune at the commit of `COMMIT`; its packages (moshi,
sphn, sentencepiece, simple-parsing, fire, tensorboard) must be importable beside ours. Nothing of
it is changed or copied: what a machine without a GPU and without the published weights has to stand
in is listed by `STAND_INS` and printed on the page.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech.corpus import Corpus
from interactspeech.corpus.exchange import ExportOptions
from interactspeech.corpus.split import split
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.exchanging import export

COMMIT = "2acc879fe7c48f885a18f6cc9548bccb2674d87b"
PAGE = Path(__file__).parents[1] / "docs/bench/trainers.md"
#: Frames a second, tokens of text in the small vocabulary, codes a codebook, codebooks a side.
FRAMES, TEXT_CARD, CARD, BOOKS = 12.5, 500, 256, 8
#: Sound below this is silence: -50 dB of full scale.
SILENCE = 10 ** (-50 / 20)
STAND_INS = (
    "the GPU: tensors that ask for `cuda` get the CPU, NCCL is gloo, `set_device` does nothing",
    "Moshi's weights: a random model of {moshi:.1f} M parameters from the `moshi` package's own class",
    (
        "Mimi's weights: a random Mimi of {mimi:.1f} M parameters (same frame rate, {books} codebooks of "
        "{card}), its codebooks filled by its own k-means on the export's sound"
    ),
    "the text tokenizer: a SentencePiece model of {text} pieces trained on the export's words",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--engine", default="fake")
    parser.add_argument("--corpus", type=Path, help="a corpus that is there already")
    parser.add_argument("--spoken", type=Path, help="a corpus of a real engine, to be read too")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    head = subprocess.run(
        ["git", "-C", str(args.checkout), "rev-parse", "HEAD"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    if head != COMMIT:
        sys.exit(f"{args.checkout} is at {head}; check out {COMMIT}")
    sys.path.insert(0, str(args.checkout))
    with tempfile.TemporaryDirectory() as folder:
        text = report(args, Path(folder))
    print(text)
    if args.write:
        PAGE.write_text(text, "utf-8")


def report(args: argparse.Namespace, work: Path) -> str:
    """Build, export, measure, train; the page."""
    native = args.corpus or work / "native"
    if args.corpus is None:
        build(["@demo"], native, BuildSettings(seed=5, voices=(args.engine,)))
    narrow = work / "narrow"
    build(["@demo"], narrow, BuildSettings(seed=5, voices=("fake",), rate=8000, limit=12))
    split(Corpus.open(native), {"train": 0.8, "validation": 0.2}, apart=["sources"], seed=1)
    cases = {
        "8 kHz corpus, exported at 8 kHz (`--rate 8000`)": (narrow, ExportOptions(rate=8000)),
        "8 kHz corpus, exported at the model's 24 kHz (default)": (narrow, ExportOptions()),
        "24 kHz corpus (default)": (native, ExportOptions()),
        "24 kHz corpus, `--same-frame join`": (native, ExportOptions(same_frame="join")),
    }
    if args.spoken:
        name = f"{len(Corpus.open(args.spoken)):,} dialogues of hibari, 24 kHz"
        cases[f"{name} (default)"] = (args.spoken, ExportOptions())
        cases[f"{name}, `--same-frame join`"] = (args.spoken, ExportOptions(same_frame="join"))
    rows, told = [], []
    with on_cpu():
        for number, (name, (corpus, options)) in enumerate(cases.items()):
            out = work / f"case{number}"
            done = export(corpus, out, "moshi", options)
            told.append((name, dict(done.notes)))
            rows.append((name, read(out / "data.jsonl", 100.0)))
        out = work / "train"
        export(native, out, "moshi", ExportOptions(same_frame="join"), split="all")
        trained = train(out, work, args.steps)
    return page(args, rows, told, trained)


# -- their loader, looked into ---------------------------------------------------------------------


@dataclass
class Reading:
    """What the trainer's loader and interleaver made of an export."""

    words: int = 0
    placed: int = 0
    loud: int = 0
    swapped: int = 0
    late: list[float] = field(default_factory=list)
    seconds: float = 0.0


class WordNumbers:
    """A tokenizer whose tokens are the words' numbers in their chunk, so that each is known."""

    def __init__(self) -> None:
        self.next = FIRST

    def encode(self, text: Any) -> Any:
        if isinstance(text, str):
            return [0]
        found = []
        for line in text:
            n = len(line.split())
            found.append(list(range(self.next, self.next + n)))
            self.next += n
        return found


FIRST = 10


def read(listing: Path, seconds: float) -> Reading:
    """Go through an export with their data set and interleaver.

    Args:
        listing: the export's list.
        seconds: length of a chunk, a multiple of 80 ms.
    """
    import torch
    from finetune.data.dataset import DataFile, get_dataset_iterator
    from finetune.data.interleaver import InterleavedTokenizer, Interleaver, dicho

    class StandInMimi:
        sample_rate, frame_rate = 24_000, FRAMES

        def encode(self, sound: Any) -> Any:
            frames = -(-sound.shape[-1] // 1920)
            return torch.zeros((sound.shape[0], BOOKS, frames), dtype=torch.long)

    numbers = WordNumbers()
    interleaver = Interleaver(numbers, FRAMES, 3, 0, -1, keep_main_only=True, device="cpu")
    tokenizer = InterleavedTokenizer(StandInMimi(), interleaver, seconds)
    found = Reading()

    def look(wav: Any, start: float, path: str) -> None:
        numbers.next = FIRST
        tokens = tokenizer(wav, start, path).codes[0, 0].tolist()
        alignments = json.loads(Path(path).with_suffix(".json").read_text("utf-8"))["alignments"]
        part = alignments[dicho(alignments, start) : dicho(alignments, start + seconds)]
        sound = np.asarray(wav)
        number, last = FIRST, -1.0
        at = {token: frame for frame, token in enumerate(tokens)}
        for text, (begin, end), side in part:
            for _ in text.split():
                if side == "SPEAKER_MAIN":
                    found.words += 1
                    if number in at:
                        found.placed += 1
                        span = slice(round((begin - start) * 24_000), round((end - start) * 24_000))
                        found.loud += level(sound[0, span]) > SILENCE
                        found.swapped += level(sound[1, span]) > SILENCE
                number += 1
            if side == "SPEAKER_MAIN":
                if begin - last > 0.4:
                    onset = first_sound(sound[0], begin - start)
                    if onset is not None:
                        found.late.append(onset - (begin - start))
                last = end
        found.seconds += sound.shape[1] / 24_000

    tokenizer_like = type("Look", (), {
        "duration_sec": seconds, "mimi": StandInMimi(), "__call__": staticmethod(look),
    })()  # fmt: skip
    for _ in get_dataset_iterator(
        DataFile(listing), tokenizer_like, 0, 1, is_finite=True, seed=0, shuffle_at_epoch=False
    ):
        pass
    return found


def level(samples: Any) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0


def first_sound(samples: Any, around: float) -> float | None:
    """Seconds at which sound begins near a time before which there was none: 2 ms windows."""
    low = max(0, round((around - 0.25) * 24_000))
    part = samples[low : round((around + 0.35) * 24_000)]
    windows = part[: len(part) // 48 * 48].reshape(-1, 48)
    loud = np.sqrt(np.mean(np.square(windows), axis=1)) > SILENCE
    if not loud.any() or loud[0]:
        return None
    return low / 24_000 + int(np.argmax(loud)) * 0.002


# -- their training loop ---------------------------------------------------------------------------


@contextlib.contextmanager
def on_cpu() -> Iterator[None]:
    """Give the CPU to who asks for CUDA; the list of stand-ins says so."""
    import torch
    from moshi.models import loaders
    from torch.overrides import TorchFunctionMode

    cpu = torch.device("cpu")

    def here(value: Any) -> Any:
        is_cuda = (isinstance(value, str) and value.startswith("cuda")) or (
            isinstance(value, torch.device) and value.type == "cuda"
        )
        return cpu if is_cuda else value

    class OnCpu(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = {key: here(value) for key, value in (kwargs or {}).items()}
            if func is torch.Tensor.cuda:
                return args[0]
            return func(*map(here, args), **kwargs)

    load = loaders.load_file
    loaders.load_file = lambda path, device="cpu": load(path, device=str(here(device)))
    try:
        with OnCpu():
            yield
    finally:
        loaders.load_file = load


@dataclass(frozen=True)
class Trained:
    """What a training run gave."""

    losses: list[float]
    evaluations: list[float]
    text_losses: tuple[float, float]
    moshi: float
    mimi: float
    seconds: float
    chunk: float
    files: list[str]


CHUNK = 8.0


def train(out: Path, work: Path, steps: int) -> Trained:
    """Train a tiny random model by their `train` module."""
    import torch
    import torch.distributed

    torch.manual_seed(1)
    torch.set_num_threads(1)
    names = sorted(path.parent.name for path in out.glob("*/data.jsonl"))
    held = next(name for name in names if name != "train")
    paths, sizes = stand_in_weights(out / "train", work)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29555", "RANK": "0",
                   "WORLD_SIZE": "1", "LOCAL_RANK": "0"}  # fmt: skip
    import train as theirs
    from finetune.args import TrainArgs
    from finetune.monitoring import metrics_logger

    del metrics_logger
    theirs.BACKEND = "gloo"
    theirs.set_device = lambda: None
    torch.cuda.current_device = lambda: 0
    for name in ("max_memory_allocated", "memory_allocated"):
        setattr(torch.cuda, name, lambda *_: 0)
    run = work / "run"
    args = TrainArgs.from_dict({
        "data": {"train_data": str(out / "train"), "eval_data": str(out / held / "data.jsonl"),
                 "shuffle": True},
        "run_dir": str(run),
        "moshi_paths": {"hf_repo_id": None, **{key: str(path) for key, path in paths.items()}},
        "full_finetuning": True,
        "lora": {"enable": False},
        "duration_sec": CHUNK,
        "batch_size": 2,
        "max_steps": steps,
        "optim": {"lr": 2e-3, "weight_decay": 0.1, "pct_start": 0.05},
        "first_codebook_weight_multiplier": 100.0,
        "text_padding_weight": 0.5,
        "param_dtype": "float32",
        "gradient_checkpointing": False,
        "do_eval": True,
        "eval_freq": steps,
        "ckpt_freq": steps,
        "seed": 3,
    })  # fmt: skip
    started = time.monotonic()
    texts: list[float] = []
    spied = theirs.compute_loss_with_mask

    def spy(*args: Any, **kwargs: Any) -> Any:
        loss = spied(*args, **kwargs)
        if kwargs.get("mode") == "text":
            texts.append(float(loss))
        return loss

    theirs.compute_loss_with_mask = spy
    with contextlib.ExitStack() as stack:
        theirs._train(args, stack)  # noqa: SLF001
    seconds = time.monotonic() - started
    torch.distributed.destroy_process_group()
    of = {name: [json.loads(line) for line in (run / f"metrics.{name}.jsonl").read_text().splitlines()]
          for name in ("train", "eval")}  # fmt: skip
    tenth = max(1, steps // 10)
    return Trained(
        [row["loss"] for row in of["train"]],
        [row["eval_loss"] for row in of["eval"]],
        (statistics.mean(texts[:tenth]), statistics.mean(texts[-tenth:])),
        sizes[0], sizes[1], seconds, CHUNK,
        sorted(str(path.relative_to(run)) for path in run.rglob("*.safetensors")),
    )  # fmt: skip


def stand_in_weights(folder: Path, work: Path) -> tuple[dict[str, Path], tuple[float, float]]:
    """Random weights and a small tokenizer, in the files that their loader opens."""
    import sentencepiece
    import soundfile
    import torch
    from moshi.models import loaders
    from safetensors.torch import save_file

    words = [
        text
        for path in sorted((folder / "data_stereo").glob("*.json"))
        for text, _, _ in json.loads(path.read_text("utf-8"))["alignments"]
    ]
    corpus = work / "words.txt"
    corpus.write_text("\n".join(" ".join(words[i : i + 20]) for i in range(0, len(words), 20)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(work / "text"), vocab_size=TEXT_CARD, pad_id=3,
        hard_vocab_limit=False, minloglevel=2, user_defined_symbols=["\n"],
        normalization_rule_name="identity", remove_extra_whitespaces=False,
    )  # fmt: skip
    mimi_config = json.loads(json.dumps(loaders._mimi_config))  # noqa: SLF001
    mimi_config["seanet"] |= {"dimension": 64, "n_filters": 8}
    mimi_config["quantizer"] |= {
        "dimension": 32, "n_q": BOOKS, "bins": CARD, "input_dimension": 64, "output_dimension": 64,
    }  # fmt: skip
    mimi_config["transformer"] |= {
        "d_model": 64, "num_heads": 4, "num_layers": 1, "dim_feedforward": 128,
        "input_dimension": 64, "output_dimensions": [64],
    }  # fmt: skip
    (work / "mimi.json").write_text(json.dumps(mimi_config))
    mimi = loaders.get_mimi(None, mimi_config, "cpu", BOOKS)
    sound = np.concatenate([
        soundfile.read(path, dtype="float32", always_2d=True)[0][: 24_000 * 20].T
        for path in sorted((folder / "data_stereo").glob("*.wav"))[:6]
    ], axis=1)  # fmt: skip
    with torch.no_grad():
        mimi.train()
        latent = mimi._encode_to_unquantized_latent(torch.from_numpy(sound)[:, None])  # noqa: SLF001
        mimi.quantizer(latent, 1)
        mimi.eval()
    save_file(mimi.state_dict(), work / "mimi.safetensors")
    config = {
        "dim": 192, "text_card": TEXT_CARD, "existing_text_padding_id": 3, "n_q": 2 * BOOKS,
        "dep_q": BOOKS, "card": CARD, "num_heads": 4, "num_layers": 3, "hidden_scale": 4.125,
        "causal": True, "layer_scale": None, "context": 500, "max_period": 10000, "gating": "silu",
        "norm": "rms_norm_f32", "positional_embedding": "rope", "depformer_dim": 96,
        "depformer_dim_feedforward": 384, "depformer_num_heads": 4, "depformer_num_layers": 2,
        "depformer_layer_scale": None, "depformer_multi_linear": True, "depformer_context": BOOKS,
        "depformer_max_period": 10000, "depformer_gating": "silu", "depformer_pos_emb": "none",
        "depformer_weights_per_step": True, "delays": [0, *([0] + [1] * (BOOKS - 1)) * 2],
    }  # fmt: skip
    model = loaders.get_moshi_lm(None, dict(config), "cpu", torch.float32)
    save_file(model.state_dict(), work / "moshi.safetensors")
    config["mimi_config_name"] = str(work / "mimi.json")
    (work / "config.json").write_text(json.dumps(config))

    def millions(module: Any) -> float:
        return sum(one.numel() for one in module.parameters()) / 1e6

    paths = {
        "moshi_path": work / "moshi.safetensors", "mimi_path": work / "mimi.safetensors",
        "tokenizer_path": work / "text.model", "config_path": work / "config.json",
    }  # fmt: skip
    return paths, (millions(model), millions(mimi))


# -- the page --------------------------------------------------------------------------------------


def page(args: argparse.Namespace, rows: Any, told: Any, trained: Trained) -> str:
    """The page as Markdown."""
    lines = [
        "# Into a trainer: moshi-finetune",
        "",
        (
            f"Written by `python bench/train_moshi.py CHECKOUT --engine {args.engine} --spoken CORPUS --write`. The "
            f"trainer is kyutai-labs/moshi-finetune at commit `{COMMIT[:7]}`, with moshi "
            f"{version('moshi')}, sphn {version('sphn')}, sentencepiece {version('sentencepiece')}. Its "
            "data set, interleaver, loss, optimiser and loop run as they are."
        ),
        "",
        "## What its loader reads",
        "",
        (
            "A word is *placed* if its token is in the stream of text that the interleaver makes; it "
            "has *energy* if the sound between its start and its end, as the loader gives it, is above "
            "-50 dB on the main channel. *Late* is how long after the alignment the sound of a word "
            "begins that has 0.4 s of its speaker's silence before it."
        ),
        "",
        (
            "| export | words of the agent | placed | of those with energy on the agent's channel | on "
            "the user's | late, median ms (p5, p95; n) | told by `export` |"
        ),
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for (name, one), (_, notes) in zip(rows, told, strict=True):
        late = 1000 * np.array(one.late)
        low, middle, high = np.percentile(late, [5, 50, 95])
        said = ", ".join(f"{key}: {count:,}" for key, count in notes.items()) or "nothing"
        lines.append(
            f"| {name} | {one.words:,} | {one.placed:,} (lost {1 - one.placed / one.words:.2%}) | "
            f"{one.loud / one.placed:.2%} | {one.swapped / one.placed:.1%} | {middle:.0f} "
            f"({low:.0f}, {high:.0f}; {late.size:,}) | {said} |"
        )
    tenth = max(1, len(trained.losses) // 10)
    first, last = statistics.mean(trained.losses[:tenth]), statistics.mean(trained.losses[-tenth:])
    evaluations = ", ".join(f"{one:.3f}" for one in trained.evaluations)
    lines += [
        "",
        (
            "`sphn` resamples with a delay; at the model's own rate it reads samples as they are. The "
            "user's column is the check that the sides are not swapped: it holds overlap alone. The fake "
            "voice is tones with the rhythm of speech, whose words are all longer than a frame; words of "
            "a real engine are not."
        ),
        "",
        "## Does it train?",
        "",
        (
            f"{len(trained.losses)} steps of 2 chunks of {trained.chunk:.0f} s by its `train.py`, from "
            f"the folder `train` of an export of both splits; {trained.seconds:.0f} s on a CPU that "
            "others used too."
        ),
        "",
        "| | first tenth of the steps | last tenth |",
        "|---|--:|--:|",
        f"| loss (text and audio) | {first:.3f} | {last:.3f} |",
        f"| of it text | {trained.text_losses[0]:.3f} | {trained.text_losses[1]:.3f} |",
        "",
        (
            f"Loss on the held-out split, by its `evaluate`, after the last step: {evaluations}. (It "
            "makes the held-out loader once, and each evaluation takes up to 40 batches of it: of a "
            "small split a second evaluation has nothing left and is nan, seen here.) It left "
            f"{', '.join(f'`{name}`' for name in trained.files)}."
        ),
        "",
        "## What had to be stood in",
        "",
    ]
    known = {"moshi": trained.moshi, "mimi": trained.mimi, "books": BOOKS, "card": CARD,
             "text": TEXT_CARD}  # fmt: skip
    lines += [f"- {one.format(**known)}" for one in STAND_INS]
    lines += [
        "",
        (
            "A random Mimi keeps frames and order of the sound and little of its meaning, so the figures "
            "say that the road is open from the export to a falling loss, and nothing about quality."
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
