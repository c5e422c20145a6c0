"""GRPO (Shao et al. 2024) with trl, on event questions as text.

trl 1.16 takes text and images, no audio (its trainer passes no ``input_features`` on), so audio
LLMs are trained through ms-swift (`export`); here the same questions, answers and rewards run on
transcripts of clips, to try settings and rewards in minutes on a CPU.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError
from interactspeech.settings import Settings
from interactspeech.training.audio_llm import rewards
from interactspeech.training.text import base_models as bases
from interactspeech.training.text.base_models import Base

Message = dict[str, str]


class GrpoSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How it is trained.

    Attributes:
        steps: updates.
        rate: of AdamW, constant.
        questions: in an update; `answers`: sampled to each, compared with each other.
        beta: weight of the KL divergence to the model at the start.
        most: tokens of an answer at most.
        temperature: of the answers.
        weights: reward -> weight.
        seed: of everything that is drawn.
    """

    steps: int = 100
    rate: float = 1e-4
    questions: int = 8
    answers: int = 8
    beta: float = 0.01
    most: int = 16
    temperature: float = 1.0
    weights: dict[str, float] = msgspec.field(default_factory=lambda: {"exact": 1.0, "formed": 1.0})
    seed: int = 0


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mean reward of one update, in all and by kind."""

    step: int
    reward: float
    parts: dict[str, float]


def train(
    rows: Sequence[tuple[list[Message], str]],
    base: Base,
    settings: GrpoSettings,
    output: Path,
    *,
    device: str = "cpu",
    report: Callable[[Step], None] | None = None,
) -> list[Step]:
    """Train all weights of a model by its rewards, and store it.

    Args:
        rows: (messages, `Solution` as JSON).
        base: from `training.text.base_models.find_base`.
        settings: see `GrpoSettings`.
        output: folder for the model.
        device: "cuda" or "cpu".
        report: called after each update.

    Returns:
        The curve of the reward.

    Raises:
        InputError: there are no questions.
        MissingExtraError: trl is not installed.
    """
    if not rows:
        raise InputError("no questions to learn from", reason="nothing-to-learn")
    bases.require_training()
    from datasets import Dataset
    from transformers import TrainerCallback, set_seed
    from trl import GRPOConfig, GRPOTrainer

    names = list(settings.weights)
    curve: list[Step] = []

    def reward(name: str) -> Callable[..., list[float]]:
        def of(completions: list[Any], solution: list[str], **_: Any) -> list[float]:
            return rewards.batch(name, completions, solution)

        of.__name__ = name
        return of

    class Told(TrainerCallback):  # type: ignore[misc]
        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
        ) -> None:
            del args, control
            if logs and "reward" in logs:
                parts = {name: float(logs[f"rewards/{name}/mean"]) for name in names}
                curve.append(Step(state.global_step, float(logs["reward"]), parts))
                if report is not None:
                    report(curve[-1])

    set_seed(settings.seed)
    tokenizer = bases.load_tokenizer(base)
    tokenizer.padding_side = "left"
    model = bases.load_model(base, device=device)
    from interactspeech.training.text.lora import calm

    with calm(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import PrinterCallback

        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=[reward(name) for name in names],
            train_dataset=Dataset.from_list(
                [{"prompt": prompt, "solution": solution} for prompt, solution in rows]
            ),
            callbacks=[Told()],
            args=GRPOConfig(
                output_dir=str(output / "checkpoints"),
                max_steps=settings.steps,
                learning_rate=settings.rate,
                lr_scheduler_type="constant",
                per_device_train_batch_size=settings.questions * settings.answers,
                num_generations=settings.answers,
                max_completion_length=settings.most,
                temperature=settings.temperature,
                beta=settings.beta,
                reward_weights=[settings.weights[name] for name in names],
                activation_checkpointing=False,
                bf16=False,
                use_cpu=device == "cpu",
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
                seed=settings.seed,
                data_seed=settings.seed,
            ),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        trainer.model.save_pretrained(str(output))
        tokenizer.save_pretrained(str(output))
    return curve
