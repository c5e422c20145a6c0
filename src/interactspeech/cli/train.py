"""`interactspeech train`: the listener, text models, and what other trainers need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interactspeech.cli import train_events
from interactspeech.cli.common import Group, json_option

if TYPE_CHECKING:
    from interactspeech.records import Script
    from interactspeech.training.text.dataset import Data
    from interactspeech.training.text.settings import AdapterCard, TextTrainSettings


@click.group(
    "train",
    cls=Group,
    examples="""
    interactspeech train events corpus -o run --held-out dev
    interactspeech train text --corpus scripts.jsonl -o adapter
    interactspeech train audio-llm questions -o swift
    """,
)
def command() -> None:
    """Train the listener and text models on corpora."""


command.add_command(train_events.events)


@command.command(
    "merge",
    examples="""
    interactspeech train merge adapter -o model
    interactspeech train merge runs/adapter -o models/mine
    interactspeech serve model --port 8000
    """,
    failure="the adapter or its base cannot be used; the message says why",
)
@click.argument("adapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR", help="A new folder for the model.",
)  # fmt: skip
def merge_adapter(adapter: Path, output: Path) -> None:
    """Merge an ADAPTER of `train text` into its base model and write the result.

    The merged model needs neither peft nor the base: vLLM, llama.cpp and others read it.
    """
    from interactspeech.training.text.generation import merge

    merge(adapter, output)
    click.echo(f"written: {output}", err=True)


@command.command(
    "audio-llm",
    examples="""
    interactspeech evaluate events make corpus --where "split = 'train'" -o questions
    interactspeech train audio-llm questions -o swift
    interactspeech train audio-llm questions more-questions -o swift --onset
    """,
    failure="the benchmarks hold no questions",
)
@click.argument("benchmarks", nargs=-1, required=True, metavar="BENCHMARK...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR", help="A new folder.",
)  # fmt: skip
@click.option(
    "--onset", is_flag=True, help="Also ask for the time of the first event, and reward it."
)
def audio_llm(benchmarks: tuple[str, ...], output: Path, onset: bool) -> None:
    """Write questions, clips, solutions, rewards and launch scripts for ms-swift (GRPO).

    BENCHMARK is a folder of `interactspeech evaluate events make`, made of training data. Then, on
    a machine with a GPU and ms-swift, run `bash DIR/paper.sh` (the paper's settings) or `bash
    DIR/modern.sh` (current defaults). Measure the result with `interactspeech evaluate audio-llm`.
    """
    from interactspeech.evaluation.events.benchmark import Benchmark
    from interactspeech.training.audio_llm.swift_export import export

    counts = export([Benchmark(folder) for folder in benchmarks], output, onset=onset)
    for (event, answer), count in sorted(counts.items()):
        click.echo(f"  {event:<14} {answer:<4} {count:,}", err=True)
    click.echo(f"written: {output} ({counts.total():,} questions)", err=True)


@command.command(
    "acts",
    examples="""
    interactspeech train acts --ami ami_nxt --mrda mrda -o acts.json
    interactspeech script chats.txt -o s.txt --scenario friends --places acts.json
    interactspeech build chats.txt -o corpus --scenario service-call
    """,
    failure="the meetings cannot be read, or are too few",
)
@click.option(
    "--ami", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
    help="AMI's manual annotations in NXT: words/ and dialogueActs/.",
)  # fmt: skip
@click.option(
    "--mrda", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
    help="ICSI Meeting Recorder Dialogue Acts: *.dadb or *.dadb.gz.",
)  # fmt: skip
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE", help="The model, as JSON.",
)  # fmt: skip
@click.option("--name", default="acts", show_default=True, help="Id of the model.")
def acts(ami: Path | None, mrda: Path | None, output: Path, name: str) -> None:
    """Learn where listeners act, by what is said, from meetings with dialogue acts.

    The model gives each place in a turn the probabilities of feedback of three kinds, of an attempt
    at the floor and of an interruption; the offline writer with roles puts feedback by it.
    """
    from interactspeech.atomic_files import write_file
    from interactspeech.training.acts.fitting import fit_acts
    from interactspeech.training.acts.meetings import read_meetings

    if ami is None and mrda is None:
        raise click.UsageError("name meetings: --ami DIR, --mrda DIR, or both")
    meetings = read_meetings(ami, mrda)
    source = ", ".join(
        f"{sum(m.corpus == corpus for m in meetings)} meetings of {corpus}"
        for corpus in sorted({meeting.corpus for meeting in meetings})
    )
    write_file(output, fit_acts(meetings, name=name, source=source).encode())
    click.echo(f"written: {output} ({source})", err=True)


@command.command(
    "replies",
    examples="""
    interactspeech script chats.txt -o scripts.jsonl --scenario friends
    interactspeech train replies scripts.jsonl -o replies.onnx
    interactspeech train replies friends.jsonl calls.jsonl -o replies.onnx
    """,
    failure="scripts cannot be read, or a class has too few examples",
)
@click.argument("inputs", nargs=-1, required=True, metavar="SCRIPTS...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE", help="The classifier, as ONNX.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same file.")
@json_option
def replies(inputs: tuple[str, ...], output: Path, seed: int, as_json: bool) -> None:
    """Learn from SCRIPTS what somebody wants who says something while another talks.

    Classes: feedback, answer, question, correction, stop, hold, cannot-hear, takes-turn. A tenth of
    the scripts is held out; the figures are of it. Scripts know what stayed unsaid, and why.
    """
    from interactspeech.atomic_files import write_file
    from interactspeech.errors import InputError
    from interactspeech.ledger import Ledger
    from interactspeech.records import Script
    from interactspeech.scripts import read_all
    from interactspeech.training.replies.classifier import as_onnx
    from interactspeech.training.replies.examples import reply_examples
    from interactspeech.training.replies.fitting import fit_replies, score_replies

    ledger = Ledger()
    scripts: list[Script] = []
    for item in read_all(inputs):
        if isinstance(item, Script):
            scripts.append(item)
            ledger.keep()
        elif isinstance(item, InputError):
            ledger.drop(item)
        else:
            ledger.drop(f"dialogue {item.id} has no marks: write a script of it", "no-scripts")
    held = list(reply_examples(scripts[::10]))
    fitted = fit_replies(
        list(reply_examples(s for n, s in enumerate(scripts) if n % 10)), seed=seed
    )
    write_file(output, as_onnx(fitted.weights, fitted.names))
    scores = score_replies(held, fitted.predict(held)) if held else None
    if as_json:
        found = {} if scores is None else {"right": scores.accuracy, "classes": scores.by_class}
        click.echo(json.dumps({**found, **ledger.to_json()}))
    elif scores is not None:
        for name, (precision, recall, count) in scores.by_class.items():
            click.echo(f"  {name:<12} precision {precision:.2f}  recall {recall:.2f}  {count:,}")
        click.echo(
            f"right: {scores.accuracy:.3f} ({scores.low:.3f} to {scores.high:.3f}) of "
            f"{scores.examples:,} held out; written: {output}"
        )
    ledger.print(quiet=as_json)
    if ledger.lost:
        sys.exit(1)


#: Losses that are listed.
_NOTES = 5


@command.command(
    "text",
    examples="""
    interactspeech train text --corpus scripts.jsonl -o adapter --steps 300 --rate 1e-3
    interactspeech train text --corpus corpus -o adapter --dry-run
    interactspeech train text --corpus corpus --base owner/model -o adapter --launch fsdp
    """,
    failure="it could not be trained; the message says what to do",
)
@click.option(
    "--corpus", "inputs", multiple=True, required=True, metavar="INPUT",
    help="Scripts (.jsonl of `interactspeech script`, the notation) or a corpus; repeatable.",
)  # fmt: skip
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR", help="Folder for the adapter.",
)  # fmt: skip
@click.option(
    "--base", default="smollm2-135m", show_default=True, metavar="MODEL",
    help="Base model: a folder, owner/model on the Hugging Face Hub, or smollm2-135m.",
)  # fmt: skip
@click.option(
    "--tasks", default="place,interrupt,resume,listen", show_default=True, metavar="LIST",
    help="Tasks to train on; rewrite: whole scripts at once.",
)  # fmt: skip
@click.option(
    "--epochs", type=click.FloatRange(0, min_open=True), default=2.0, show_default=True,
    help="Passes over the examples.",
)  # fmt: skip
@click.option(
    "--steps",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Optimizer updates, in place of --epochs.",
)
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), default=2e-4, show_default=True,
    help="Peak learning rate.",
)  # fmt: skip
@click.option(
    "--batch",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="Examples per device and batch.",
)
@click.option(
    "--accumulate", type=click.IntRange(1), default=1, show_default=True,
    help="Batches per update.",
)  # fmt: skip
@click.option(
    "--rank", type=click.IntRange(1), default=16, show_default=True, help="Rank of the adapters."
)
@click.option("--alpha", type=click.IntRange(1), help="Scale of the adapters. [twice the rank]")
@click.option(
    "--dropout", type=click.FloatRange(0, 1, max_open=True), default=0.0, show_default=True,
    help="Dropout in the adapters.",
)  # fmt: skip
@click.option(
    "--max-length", type=click.IntRange(16), default=1024, show_default=True, metavar="N",
    help="Longest example in tokens; longer ones are left out and counted.",
)  # fmt: skip
@click.option(
    "--packing", is_flag=True, help="Pack several examples into a sequence (FlashAttention)."
)
@click.option("--bf16/--no-bf16", default=None, help="Compute in bfloat16. [on a GPU]")
@click.option("--qlora", is_flag=True, help="Base weights in 4 bits (GPU, bitsandbytes).")
@click.option("--checkpointing", is_flag=True, help="Recompute activations to save memory.")
@click.option(
    "--silent", type=click.FloatRange(0, 1), default=0.5, show_default=True,
    help="Share of backchannel examples without a backchannel, at most.",
)  # fmt: skip
@click.option(
    "--listening", type=click.FloatRange(0, 1), default=1.0, show_default=True,
    help="Share of all examples that are about backchannels, at most.",
)  # fmt: skip
@click.option(
    "--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.1,
    show_default=True, help="Share of the scripts held out from training.",
)  # fmt: skip
@click.option(
    "--save-every",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Updates between checkpoints. [at the end only]",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same batches.")
@click.option("--cpu", is_flag=True, help="Do not use the GPU.")
@click.option("--allow-cpu", is_flag=True, help="Train even a large model on the CPU.")
@click.option(
    "--launch", metavar="CONFIG",
    help="Run under `accelerate launch`: ddp, fsdp, zero2, zero3, or an accelerate config file.",
)  # fmt: skip
@click.option(
    "--processes", type=click.IntRange(1), help="Processes for --launch. [as in the config file]"
)
@click.option(
    "--dry-run", is_flag=True, help="Print the examples and the expected cost, and train nothing."
)
@json_option
def text(
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
    unsaid part, to resume after it, and to place backchannels. The adapter then writes scripts:
    interactspeech script chats.txt -o s.jsonl --llm local:DIR

    Run the same command again to continue after a stop.
    """
    if processes is not None and launch is None:
        raise click.UsageError("--processes needs --launch")
    from interactspeech.errors import InputError
    from interactspeech.training.text import base_models as bases
    from interactspeech.training.text.dataset import prepare

    settings = _text_settings(tasks, alpha, bf16, options)
    main = int(os.environ.get("RANK", "0")) == 0
    scripts, lost = _read_training_scripts(inputs)
    data = prepare(scripts, settings)
    if main and not as_json:
        _print_examples(data, lost)
    bases.require_training()
    device = bases.device_of(cpu=cpu)
    if bf16 is None:
        settings = _changed(settings, bf16=device == "cuda")
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
        _print_cost(data, found, count, settings, as_json=as_json)
        return
    bases.check_room(count, train=True, device=device, bits=bits, allow_cpu=allow_cpu)
    if launch is not None and "LOCAL_RANK" not in os.environ:
        sys.exit(_launch(launch, processes))
    from interactspeech.progress import Progress
    from interactspeech.training.text.lora import train

    with Progress(None, "training", show=not (as_json or not main)) as progress:
        done = 0

        def report(step: int, steps: int, loss: float | None) -> None:
            nonlocal done
            progress.update(step - done)
            done = step
            if not as_json and main and loss is not None and step % max(1, steps // 20) == 0:
                click.echo(f"step {step:,} of {steps:,}: loss {loss:.3f}", err=True)

        card = train(data, found, settings, output, device=device, report=report)
    if main:
        _report_training(card, data, output, as_json=as_json)


def _text_settings(
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


def _changed(settings: TextTrainSettings, **changes: Any) -> TextTrainSettings:
    import msgspec

    return msgspec.structs.replace(settings, **changes)


def _read_training_scripts(inputs: tuple[str, ...]) -> tuple[list[Script], list[Any]]:
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


def _print_examples(data: Data, lost: list[Any]) -> None:
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


def _print_cost(
    data: Data, base: Any, count: int, settings: TextTrainSettings, *, as_json: bool
) -> None:
    from collections import Counter

    from interactspeech.training.text import base_models as bases
    from interactspeech.training.text.dataset import tokens_of
    from interactspeech.training.text.settings import estimate

    tokenizer = bases.load_tokenizer(base)
    tokens = tokens_of(data.train, tokenizer, settings, Counter())
    cost = estimate(count, tokens, len(data.train), settings)
    if as_json:
        import msgspec

        click.echo(json.dumps(msgspec.to_builtins(cost)))
        return
    for line in cost.lines():
        click.echo(line)


def _launch(config: str, processes: int | None) -> int:
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


def _report_training(card: AdapterCard, data: Data, output: Path, *, as_json: bool) -> None:
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
