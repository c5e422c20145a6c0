"""What a GPU makes of our heavy work: Kokoro, the listener's training, LoRA steps of 8 billion weights.

    python bench/gpu.py [--only kokoro,listener,lora] [--device auto] [--tiny] [--write]

Where there is no GPU it says so, exits with 0 and measures nothing. --tiny runs the same code on small sizes
on any device (with --device cpu too), to see that it works; its figures say nothing and are not written.

- Kokoro (extra gpu, onnxruntime-gpu): lines side by side, each a thread of one session: seconds of speech a second.
- The listener: its own training loop on a corpus built here: hours heard a second.
- LoRA: Llama-3-8B's architecture with random weights in bfloat16, adapters of rank 16 on every linear layer,
  AdamW, with and without recomputed activations: tokens a second, memory, hours for the examples of 8,000
  dialogues (docs/training.md). Loss and time of a step do not depend on what the weights are.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "gpu.md"
#: Tokens of the staged examples of the paper's 8,000 dialogues, twice (docs/training.md).
CORPUS_TOKENS = 2 * 2.9e6
#: Llama-3-8B, as Meta published it.
LLAMA_8B = {
    "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "vocab_size": 128256, "rope_theta": 500000.0, "max_position_embeddings": 8192,
}  # fmt: skip
TINY = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 512, "max_position_embeddings": 256,
}  # fmt: skip


def kokoro(options: argparse.Namespace) -> str:
    """Seconds of speech a second, by lines that are spoken side by side."""
    from bench_voices import SENTENCES

    from interactspeech.tts import engine

    if options.device == "cuda":
        try:
            version("onnxruntime-gpu")
        except PackageNotFoundError:
            return "Not measured: onnxruntime-gpu is not installed (`pip install 'interactspeech[gpu]'`).\n"
    speaker = engine("kokoro", device=options.device)
    if options.tiny and not speaker.installed:
        return "Not measured: Kokoro's weights are not here.\n"
    names = [voice.name for voice in speaker.voices()]
    count = 2 if options.tiny else 96
    lines = [(SENTENCES[n % len(SENTENCES)], names[n % len(names)]) for n in range(count)]
    speaker.speak(*lines[0])  # loads
    rows = []
    for threads in (1, 2) if options.tiny else (1, 4, 16, 64):
        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            seconds = sum(pool.map(lambda line: speaker.speak(*line).seconds, lines))
        rows.append(
            f"| {threads} | {seconds:.0f} | {seconds / (time.perf_counter() - started):.1f} |"
        )
    return (
        "| lines side by side | seconds of speech | x real time |\n|---:|---:|---:|\n"
        + "\n".join(rows)
        + "\n"
    )


def listener(options: argparse.Namespace) -> str:
    """Hours heard a second by the listener's training."""
    from interactspeech.pipelines.building import BuildSettings, build
    from interactspeech.training.listener.loop import ListenerTrainSettings, train
    from interactspeech.training.listener.preparation import prepare

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build(
            "@demo",
            work / "corpus",
            BuildSettings(voices=("fake",), gate="off", limit=3 if options.tiny else 40),
        )
        prepare([work / "corpus"], work / "prepared")
        for size in (2,) if options.tiny else (16, 64, 256):
            settings = ListenerTrainSettings(batches=3 if options.tiny else 60, batch_size=size)
            # The log's lines are a few batches apart; the first is left out, for it warms up.
            lines: list[dict[str, Any]] = []
            train(
                [work / "prepared"], work / f"run{size}", settings, device=options.device,
                every=1 if options.tiny else 10, report=lines.append,
            )  # fmt: skip
            heard = lines[-1]["heard_hours"] - lines[0]["heard_hours"]
            seconds = max(sum(line["seconds"] for line in lines[1:]), 1e-3)
            rows.append(f"| {size} | {3600 * heard / seconds:,.0f} |")
    return "| examples of 16 s in a batch | x real time |\n|---:|---:|\n" + "\n".join(rows) + "\n"


def lora(options: argparse.Namespace) -> str:
    """Tokens a second and memory of LoRA steps."""
    import torch

    rows = []
    for checkpointing in (False, True):
        for batch, length in ((2, 16),) if options.tiny else ((8, 64), (8, 1024)):
            rows.append(_lora_row(options, batch, length, checkpointing=checkpointing))
            if options.device == "cuda":  # before the next model is made
                torch.cuda.empty_cache()
    head = "| examples of a step | tokens each | activations | tokens/s | peak memory, GB | hours for the corpus |"
    return f"{head}\n|---:|---:|---|---:|---:|---:|\n" + "\n".join(rows) + "\n"


def _lora_row(options: argparse.Namespace, batch: int, length: int, *, checkpointing: bool) -> str:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(**(TINY if options.tiny else LLAMA_8B))
    torch.manual_seed(0)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(options.device):  # made where it is used: 16 GB
            base = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(default)
    base.config.use_cache = False
    model = get_peft_model(
        base, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    optimiser = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=2e-4)
    if options.device == "cuda":
        torch.cuda.reset_peak_memory_stats()

    def step() -> None:
        ids = torch.randint(0, config.vocab_size, (batch, length), device=options.device)
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        if options.device == "cuda":
            torch.cuda.synchronize()

    steps = 2 if options.tiny else 20
    for _ in range(2):
        step()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    rate = steps * batch * length / (time.perf_counter() - started)
    memory = f"{torch.cuda.max_memory_allocated() / 1e9:.1f}" if options.device == "cuda" else "-"
    kept = "recomputed" if checkpointing else "kept"
    return f"| {batch} | {length} | {kept} | {rate:,.0f} | {memory} | {CORPUS_TOKENS / rate / 3600:.2f} |"


SECTIONS: dict[str, tuple[str, Callable[[argparse.Namespace], str]]] = {
    "kokoro": ("Kokoro, lines side by side", kokoro),
    "listener": ("The listener's training", listener),
    "lora": ("LoRA steps of Llama-3-8B's architecture, random weights", lora),
}


def has_gpu() -> bool:
    """Whether PyTorch sees a CUDA device."""
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, in this order")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    if options.device == "auto":
        options.device = "cuda" if has_gpu() else "cpu"
    if options.device == "cuda" and not has_gpu():
        parser.error("there is no GPU that PyTorch sees")
    if options.device == "cpu" and not options.tiny:
        print("There is no GPU here: nothing is measured. --tiny runs the code on small sizes.")
        return
    if options.tiny and options.write:
        parser.error("figures of small sizes say nothing and are not written")
    parts = [
        f"## {SECTIONS[name][0]}\n\n{SECTIONS[name][1](options)}"
        for name in options.only.split(",")
    ]
    where = platform.machine()
    if options.device == "cuda":
        import torch

        where = f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    text = f"# On a GPU\n\nWritten by `python bench/gpu.py --write` on {where}.\n\n" + "\n".join(
        parts
    )
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
