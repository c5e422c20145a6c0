"""`interactspeech train text`: scripts in, an adapter of a language model out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.records import Script
    from interactspeech.training.text.dataset import Data
    from interactspeech.training.text.settings import AdapterCard, TextTrainSettings

#: Losses that are listed.
_NOTES = 5


@click.command("text")
@click.option(
    "--corpus", "inputs", multiple=True, required=True, metavar="INPUT",
    help="Scripts (.jsonl of `interactspeech script`, the notation) or a built corpus; repeatable.",
)  # fmt: skip
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR", help="Where the adapter goes; the same command again goes on after a stop.",
)  # fmt: skip
@click.option(
    "--base", default="smollm2-135m", show_default=True, metavar="MODEL",
    help="A folder, owner/model on the hub, or smollm2-135m, whose weights are in a package.",
)  # fmt: skip
@click.option(
    "--tasks", default="place,interrupt,resume,listen", show_default=True, metavar="LIST",
    help="What is taught; rewrite teaches whole scripts at once.",
)  # fmt: skip
@click.option("--epochs", type=click.FloatRange(0, min_open=True), default=2.0, show_default=True)
@click.option("--steps", type=click.IntRange(0), default=0, metavar="N", help="Updates, instead.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=2e-4, show_default=True)
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="On a device.")
@click.option("--accumulate", type=click.IntRange(1), default=1, show_default=True)
@click.option("--rank", type=click.IntRange(1), default=16, show_default=True)
@click.option("--alpha", type=click.IntRange(1), help="Of the adapters. [twice the rank]")
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), default=0.0)
@click.option("--max-length", type=click.IntRange(16), default=1024, show_default=True)
@click.option("--packing", is_flag=True, help="Several examples in a sequence (FlashAttention).")
@click.option("--bf16/--no-bf16", default=None, help="Compute in bfloat16. [on a GPU]")
@click.option("--qlora", is_flag=True, help="Base weights in four bits (GPU, bitsandbytes).")
@click.option("--checkpointing", is_flag=True, help="Recompute activations: less memory.")
@click.option(
    "--silent", type=click.FloatRange(0, 1), default=0.5, show_default=True,
    help="Share of listening examples in which nobody says anything, at most.",
)  # fmt: skip
@click.option(
    "--listening", type=click.FloatRange(0, 1), default=1.0, show_default=True,
    help="Share of all examples that are about listening, at most.",
)  # fmt: skip
@click.option(
    "--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.1,
    show_default=True, help="Share of the scripts that is never learned from.",
)  # fmt: skip
@click.option("--save-every", type=click.IntRange(0), default=0, metavar="N", help="Updates.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--cpu", is_flag=True, help="Do not use the GPU.")
@click.option("--allow-cpu", is_flag=True, help="Let a large model train on the CPU all the same.")
@click.option(
    "--launch", metavar="CONFIG",
    help="Run under `accelerate launch`: ddp, fsdp, zero2, zero3, or an accelerate config file.",
)  # fmt: skip
@click.option("--processes", type=click.IntRange(1), help="Of --launch. [as the file says]")
@click.option("--dry-run", is_flag=True, help="Say what would be learned and what it would cost.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    inputs: tuple[str, ...],
    output: Path,
    base: str,
    tasks: str,
    alpha: int | None,
    bf16: bool | None,
    cpu: bool,
    allow_cpu: bool,
    launch: str | None,
    processes: int | None,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Fine-tune a language model with LoRA on scripts.

    It learns to choose where a turn is cut off, to write the interruption without knowing the
    unsaid part, to take the thread up again, and to place backchannels. The adapter then writes
    scripts: interactspeech script chats.txt -o s.jsonl --llm local:DIR

    \b
    Examples:
      interactspeech train text --corpus scripts.jsonl -o adapter --steps 300 --rate 1e-3
      interactspeech train text --corpus corpus --base meta-llama/Meta-Llama-3-8B-Instruct \\
          -o adapter --bf16 --checkpointing --launch fsdp --processes 8

    Exit code: 0 done, 1 it could not be done (the message says what to do), 2 wrong usage.
    """
    if processes is not None and launch is None:
        raise click.UsageError("--processes needs --launch.")
    from interactspeech.errors import InputError
    from interactspeech.training.text import base_models as bases
    from interactspeech.training.text.dataset import prepare

    settings = _settings(tasks, alpha, bf16, options)
    main = int(os.environ.get("RANK", "0")) == 0
    scripts, lost = _scripts(inputs)
    data = prepare(scripts, settings)
    if main and not as_json:
        _say(data, lost)
    bases.require_training()
    device = bases.device_of(cpu=cpu)
    if bf16 is None:
        settings = _with(settings, bf16=device == "cuda")
    if settings.qlora and device == "cpu":
        raise InputError(
            "QLoRA needs a GPU, and there is none",
            remedy="leave out --qlora, or run this where CUDA works",
            reason="no-gpu",
        )
    if settings.qlora:
        bases.require("bitsandbytes", "QLoRA", "qlora")
    found = bases.find_base(base)
    count = bases.parameters(found)
    bits = 4 if settings.qlora else 16 if settings.bf16 else 32
    if dry_run:
        _cost(data, found, count, settings, as_json=as_json)
        return
    bases.check_room(count, train=True, device=device, bits=bits, allow_cpu=allow_cpu)
    if launch is not None and "LOCAL_RANK" not in os.environ:
        sys.exit(_launched(launch, processes))
    from interactspeech.progress import Progress
    from interactspeech.training.text.lora import train

    with Progress(None, "training", quiet=as_json or not main) as progress:
        done = 0

        def report(step: int, steps: int, loss: float | None) -> None:
            nonlocal done
            progress.update(step - done)
            done = step
            if not as_json and main and loss is not None and step % max(1, steps // 20) == 0:
                click.echo(f"step {step:,} of {steps:,}: loss {loss:.3f}", err=True)

        card = train(data, found, settings, output, device=device, report=report)
    if main:
        _report(card, data, output, as_json=as_json)


def _settings(
    tasks: str, alpha: int | None, bf16: bool | None, options: dict[str, Any]
) -> TextTrainSettings:
    from interactspeech.training.text.prompts import TASKS
    from interactspeech.training.text.settings import TextTrainSettings

    wanted = tuple(task.strip() for task in tasks.split(",") if task.strip())
    unknown = [task for task in wanted if task not in TASKS]
    if unknown or not wanted:
        raise click.BadParameter(f"any of {', '.join(TASKS)}", param_hint="--tasks")
    return TextTrainSettings(
        tasks=wanted,  # type: ignore[arg-type]
        alpha=alpha or 2 * options["rank"],
        bf16=bool(bf16),
        **options,
    )


def _with(settings: TextTrainSettings, **changes: Any) -> TextTrainSettings:
    import msgspec

    return msgspec.structs.replace(settings, **changes)


def _scripts(inputs: tuple[str, ...]) -> tuple[list[Script], list[Any]]:
    from interactspeech.errors import InputError
    from interactspeech.training.text.dataset import read_scripts

    scripts: list[Script] = []
    lost: list[Any] = []
    for item in read_scripts(inputs):
        if isinstance(item, InputError):
            lost.append(item)
        else:
            scripts.append(item)
    if not scripts and lost:
        first = lost[0]
        raise InputError(
            f"no scripts to learn from; the first of {len(lost):,} losses: {first}",
            remedy=""
            if first.remedy
            else "make scripts first: interactspeech script INPUT -o scripts.jsonl",
            reason="no-scripts",
        )
    return scripts, lost


def _say(data: Data, lost: list[Any]) -> None:
    from collections import Counter

    counts = ", ".join(f"{count:,} {task}" for task, count in data.counts.items())
    click.echo(
        f"{data.scripts:,} scripts to learn from ({counts}); "
        f"{len(data.held_ids):,} held out, which share no source and no line with them",
        err=True,
    )
    click.echo(f"licences of the scripts: {', '.join(data.licences)}", err=True)
    for reason, count in sorted(Counter(one.reason for one in lost).items()):
        click.secho(f"lost {count:,} x {reason}", fg="yellow", err=True)
    for one in lost[:_NOTES]:
        click.echo(f"  {one}", err=True)


def _cost(data: Data, base: Any, count: int, settings: TextTrainSettings, *, as_json: bool) -> None:
    from collections import Counter

    from interactspeech.training.text import base_models as bases
    from interactspeech.training.text.cost import estimate
    from interactspeech.training.text.dataset import tokens_of

    tokenizer = bases.load_tokenizer(base)
    tokens = tokens_of(data.train, tokenizer, settings, Counter())
    cost = estimate(count, tokens, len(data.train), settings)
    if as_json:
        import msgspec

        click.echo(json.dumps(msgspec.to_builtins(cost)))
        return
    for line in cost.lines():
        click.echo(line)


def _launched(config: str, processes: int | None) -> int:
    """The same command under `accelerate launch`; its exit code."""
    from interactspeech.training.text.lora import config_file

    file = config_file(config)
    arguments = _without(sys.argv[1:], ("--launch", "--processes"))
    how = ["--config_file", str(file)]
    if processes is not None:
        how += ["--num_processes", str(processes)]
    run = [sys.executable, "-m", "accelerate.commands.launch", *how, "-m", "interactspeech"]
    return subprocess.call([*run, *arguments])


def _without(arguments: list[str], options: tuple[str, ...]) -> list[str]:
    """The arguments without some options that take a value."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in options:
            skip = True
        elif not argument.startswith(tuple(f"{option}=" for option in options)):
            kept.append(argument)
    return kept


def _report(card: AdapterCard, data: Data, output: Path, *, as_json: bool) -> None:
    losses = [point.loss for point in card.curve if point.loss is not None]
    held = [point.held_out for point in card.curve if point.held_out is not None]
    if as_json:
        click.echo(
            json.dumps(
                {
                    "output": str(output),
                    "steps": len(losses),
                    "first_loss": losses[0] if losses else None,
                    "last_loss": losses[-1] if losses else None,
                    "held_out_loss": held[-1] if held else None,
                    "examples": card.examples,
                    "left_out": dict(data.left_out),
                    "trainable": card.trainable,
                    "parameters": card.parameters,
                    "base_unchanged": card.base_unchanged,
                    "seconds": round(card.seconds, 1),
                }
            )
        )
        return
    click.echo(
        f"{card.trainable:,} of {card.parameters:,} weights trained "
        f"({'the others are unchanged, checked' if card.base_unchanged else 'others not checked'})",
        err=True,
    )
    if losses:
        at = f"; {held[-1]:.3f} on what was held out" if held else ""
        click.echo(f"loss {losses[0]:.3f} at first, {losses[-1]:.3f} at last{at}", err=True)
    click.echo(f"written: {output}", err=True)
