"""LoRA training of a text model on scripts, with trl's supervised trainer.

The output folder:

```
adapter_model.safetensors, adapter_config.json   the adapter (peft's own format)
tokenizer.json, chat_template.jinja, ...         those of the training
interactspeech.json                              the card: what it was trained on, and how
checkpoints/                                     to resume after a stop
```

Configurations of `accelerate launch` for several devices or machines are here too.
"""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, InteractSpeechError
from interactspeech.training.text import base_models as bases
from interactspeech.training.text import prompts
from interactspeech.training.text.base_models import Base
from interactspeech.training.text.dataset import Data, fitting
from interactspeech.training.text.settings import AdapterCard, Point, TextTrainSettings, read_card

#: Name -> what it does; the files lie in ``accelerate/`` beside this module.
CONFIGS = {
    "ddp": "a whole model on each device, batches divided",
    "fsdp": "PyTorch's FSDP2: weights, gradients and optimizer divided among the devices",
    "zero2": "DeepSpeed: gradients and optimizer divided (needs the package deepspeed)",
    "zero3": "DeepSpeed: weights divided too (needs the package deepspeed)",
}


def config_file(name: str) -> Path:
    """The file behind a name of `CONFIGS`, or a file of one's own.

    Raises:
        InputError: neither.
    """
    if name in CONFIGS:
        with as_file(files(__package__) / "accelerate" / f"{name}.yaml") as path:
            return Path(path)
    path = Path(name)
    if not path.is_file():
        raise InputError(
            f"no accelerate configuration {name!r}",
            remedy=f"one of {', '.join(CONFIGS)}, or a file that `accelerate config` wrote",
            reason="no-file",
        )
    return path


CHECKPOINTS = "checkpoints"
#: Called with (steps done, all steps, loss).
Report = Callable[[int, int, float | None], None]


class BaseWeightsChangedError(InteractSpeechError):
    """Base weights changed although only adapters may: nothing is kept."""


def train(
    data: Data,
    base: Base,
    settings: TextTrainSettings,
    output: Path,
    *,
    device: str = "cpu",
    report: Report | None = None,
    stop_at: int = 0,
) -> AdapterCard:
    """Train adapters; goes on from the last checkpoint where there is one.

    Args:
        data: from `dataset.prepare`.
        base: from `base.find_base`.
        settings: see `TextTrainSettings`.
        output: folder, made if need be.
        device: "cuda" or "cpu".
        report: called now and then with the progress.
        stop_at: end after so many steps as if killed, with nothing but a checkpoint (for tests and
            for machines that are taken away); 0 trains to the end.

    A training that was finished is not repeated: its card is returned.

    Raises:
        InputError: a checkpoint of another training lies in the folder; examples are all too long.
        TouchedError: a base weight changed.
    """
    import torch
    from peft import LoraConfig
    from transformers import PrinterCallback, set_seed
    from trl import SFTTrainer

    output.mkdir(parents=True, exist_ok=True)
    before = read_card(output)
    if before is not None and (before.settings != settings or before.base != base.name):
        raise InputError(
            "another training lies here", output,
            remedy="name an empty folder, or the same base and settings to go on",
            reason="other-training",
        )  # fmt: skip
    if before is not None and before.curve:
        return before  # done already: a trainer that resumes would take one step more
    tokenizer = bases.load_tokenizer(base)
    rows = fitting(data.train, tokenizer, settings, data.left_out)
    held = fitting(data.held, tokenizer, settings, data.left_out)
    if rows is None:
        raise InputError(
            f"every example has more than {settings.max_length} tokens",
            remedy="raise --max-length",
            reason="too-long",
        )
    set_seed(settings.seed)
    dtype = "bfloat16" if settings.bf16 else "float32"
    # On the CPU first: the trainer puts it where this process computes, in pieces with FSDP. Were
    # each of eight processes to load it on the GPU, the first would have to hold eight.
    model = bases.load_model(base, device="cpu", dtype=dtype, qlora=settings.qlora)
    model.config.use_cache = False
    with calm():
        trainer = SFTTrainer(
            model=model,
            args=_arguments(settings, output, len(rows), device),
            train_dataset=rows,
            eval_dataset=held,
            processing_class=tokenizer,
            peft_config=LoraConfig(
                r=settings.rank,
                lora_alpha=settings.alpha,
                lora_dropout=settings.dropout,
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
            callbacks=[_callback(report, stop_at)],
        )
        trainer.remove_callback(PrinterCallback)
        alone = trainer.accelerator.num_processes == 1
        fingerprint = _fingerprint(trainer.model) if alone else ""
        checkpoint = _last_checkpoint(output)
        card = _card(data, base, settings, trainer.model)
        card.write(output)  # so that a run that is killed knows what it was
        started = time.monotonic()
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        seconds = time.monotonic() - started + (before.seconds if before and checkpoint else 0.0)
        if held is not None and not stop_at:
            trainer.evaluate()
    unchanged = _fingerprint(trainer.model) == fingerprint if alone else None
    if unchanged is False:
        raise BaseWeightsChangedError("weights of the base changed; nothing was saved")
    card = msgspec.structs.replace(
        card, base_unchanged=unchanged, curve=_curve(trainer.state.log_history), seconds=seconds
    )
    if trainer.accelerator.is_main_process and not stop_at:
        trainer.model.save_pretrained(str(output))
        tokenizer.save_pretrained(str(output))
        card.write(output)
        _readme(card, output)
    del model, trainer
    if device == "cuda":
        torch.cuda.empty_cache()
    return card


def _arguments(settings: TextTrainSettings, output: Path, rows: int, device: str) -> Any:
    from trl import SFTConfig

    updates = max(1, -(-rows // (settings.batch * settings.accumulate)))
    steps = settings.steps or max(1, round(updates * settings.epochs))
    every = settings.save_every or max(1, steps // 10)
    return SFTConfig(
        output_dir=str(output / CHECKPOINTS),
        max_steps=steps,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=settings.rate,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, round(steps * settings.warmup)),
        logging_steps=1,
        eval_strategy="no",
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        max_length=settings.max_length,
        packing=settings.packing,
        completion_only_loss=True,
        activation_checkpointing=settings.checkpointing,
        bf16=settings.bf16,
        use_cpu=device == "cpu",
        # The order is made in `dataset.fitting`; packed sequences have none.
        train_sampling_strategy="random" if settings.packing else "sequential",
        dataloader_pin_memory=False,
        report_to="none",
        disable_tqdm=True,
        seed=settings.seed,
        data_seed=settings.seed,
    )


def _callback(report: Report | None, stop_at: int) -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):  # type: ignore[misc]
        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
        ) -> None:
            del args, control
            if report and logs and "loss" in logs:
                report(state.global_step, state.max_steps, float(logs["loss"]))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            del args
            if stop_at and state.global_step >= stop_at:
                control.should_save = True
                control.should_training_stop = True

    return Told()


@contextmanager
def calm() -> Iterator[None]:
    """Silence notices of libraries that concern other libraries."""
    import datasets
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
        datasets.enable_progress_bars()


def _last_checkpoint(output: Path) -> Path | None:
    from transformers.trainer_utils import get_last_checkpoint

    folder = output / CHECKPOINTS
    found = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    return Path(found) if found else None


def _fingerprint(model: Any) -> str:
    """SHA-256 over every weight that is not an adapter's."""
    import torch

    found = hashlib.sha256()
    for name, weight in sorted(model.named_parameters(), key=lambda pair: pair[0]):
        if "lora_" not in name:
            data = weight.detach().to("cpu").contiguous().view(torch.uint8)
            found.update(name.encode())
            found.update(memoryview(data.numpy()).cast("B"))
    return found.hexdigest()


def _curve(history: list[dict[str, Any]]) -> list[Point]:
    return [
        Point(int(entry["step"]), entry.get("loss"), entry.get("eval_loss"))
        for entry in history
        if "loss" in entry or "eval_loss" in entry
    ]


def _card(data: Data, base: Base, settings: TextTrainSettings, model: Any) -> AdapterCard:
    trainable = sum(one.numel() for one in model.parameters() if one.requires_grad)
    return AdapterCard(
        base=base.name,
        prompts=prompts.VERSION,
        settings=settings,
        examples=data.counts,
        mix=data.mix,
        licences=data.licences,
        scripts=data.scripts,
        held_out=len(data.held_ids),
        held_out_ids=data.held_ids,
        trainable=trainable,
        parameters=sum(one.numel() for one in model.parameters()),
        versions={
            name: version(name) for name in ("torch", "transformers", "trl", "peft", "accelerate")
        },
    )


def _readme(card: AdapterCard, output: Path) -> None:
    """A card for people, where peft's own would say nothing."""
    examples = ", ".join(f"{count:,} of `{task}`" for task, count in card.examples.items())
    losses = [point.loss for point in card.curve if point.loss is not None]
    held = [point.held_out for point in card.curve if point.held_out is not None]
    curve = (
        f"Loss {losses[0]:.3f} at the first step, {losses[-1]:.3f} at the last" if losses else ""
    )
    if held:
        curve += f"; {held[-1]:.3f} on scripts that were held out"
    text = (
        "---\n"
        f"base_model: {card.base}\nlibrary_name: peft\ntags: [lora, dialogue, turn-taking]\n"
        "---\n"
        "# An adapter that interrupts, listens and takes the thread up\n\n"
        f"LoRA on `{card.base}`: {card.trainable:,} of {card.parameters:,} weights, trained with "
        f"interactspeech on {card.scripts:,} scripts ({examples}). {curve}.\n\n"
        f"Licences of the scripts: {', '.join(card.licences)}. What is made with this adapter may "
        "fall under them.\n\n"
        "Use it: `interactspeech script dialogues.txt -o scripts.jsonl --llm local:THIS_FOLDER`\n"
    )
    write_file(output / "README.md", text.encode())
