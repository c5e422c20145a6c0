"""Settings of the training of a text model, its cost, and the card beside the adapter."""

from __future__ import annotations

from pathlib import Path

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError
from interactspeech.settings import Settings
from interactspeech.training.text.prompts import STAGED, Task

#: Beside an adapter: what it was made of.
CARD = "interactspeech.json"


class TextTrainSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How a text model is trained (LoRA, Hu et al. 2021; the loss is that of the answers alone).

    Attributes:
        tasks: what is taught; see `prompts`.
        epochs: times through the examples; `steps`, if not 0, ends the training earlier.
        rate: peak learning rate of AdamW; warmed up over `warmup` of the steps, then a cosine to 0.
        batch: examples a step and device; `accumulate` steps are one update.
        rank, alpha, dropout: of the adapters, on every linear layer of the transformer.
        max_length: tokens; longer examples are left out and counted, never cut.
        packing: several examples in one sequence (needs a GPU with FlashAttention to keep them
            apart; see docs/training.md).
        bf16: compute in bfloat16; `qlora`: base weights in four bits; `checkpointing`: recompute
            activations instead of keeping them.
        silent: share of `listen` examples whose answer is "none", at most.
        listening: share of `listen` among all examples, at most: it is the easiest task, and
            scripts hold more of it than of all others.
        held_out: share of the scripts that is held out, by groups without common text.
        save_every: steps between checkpoints; 0 keeps ten over the training.
        seed: of everything that is drawn.
    """

    tasks: tuple[Task, ...] = STAGED
    epochs: float = 2.0
    steps: int = 0
    rate: float = 2e-4
    warmup: float = 0.05
    batch: int = 8
    accumulate: int = 1
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    max_length: int = 1024
    packing: bool = False
    bf16: bool = False
    qlora: bool = False
    checkpointing: bool = False
    silent: float = 0.5
    listening: float = 1.0
    held_out: float = 0.1
    save_every: int = 0
    seed: int = 0


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A point of the loss curve: `held_out` loss where it was measured."""

    step: int
    loss: float | None = None
    held_out: float | None = None


class AdapterCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside an adapter.

    Attributes:
        base: as it was named.
        prompts: version of the questions (`prompts.VERSION`); a model answers those it learned.
        examples: task -> how many it learned from.
        mix: kind of interruption -> share, among those whose thread is taken up again.
        licences: of the scripts it learned from; what it writes may fall under them.
        scripts, held_out: how many.
        held_out_ids: scripts it must be judged on, and never learned from.
        base_unchanged: SHA-256 over all base weights was the same before and after; None where it
            was not computed (several processes).
        trainable, parameters: how many of all.
        curve: loss by step.
        seconds: of training, wall time, over all runs that were resumed.
        versions: of the libraries.
    """

    base: str
    prompts: int
    settings: TextTrainSettings
    examples: dict[str, int] = {}
    mix: dict[str, float] = {}
    licences: list[str] = []
    scripts: int = 0
    held_out: int = 0
    held_out_ids: list[str] = []
    base_unchanged: bool | None = None
    trainable: int = 0
    parameters: int = 0
    curve: list[Point] = []
    seconds: float = 0.0
    versions: dict[str, str] = {}

    def write(self, folder: Path) -> None:
        """Store the card in a folder."""
        data = msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1)
        write_file(folder / CARD, data + b"\n")


def read_card(folder: Path) -> AdapterCard | None:
    """The card of a folder; None where there is none (an adapter or model made elsewhere).

    Raises:
        InputError: it is damaged.
    """
    file = folder / CARD
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=AdapterCard)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"damaged: {error}", file, remedy="train again, or restore the file", reason="bad-card"
        ) from None


#: Device -> sustained operations a second: the dense bf16 peak of the data sheet times 0.4, a usual
#: share for LoRA of models of this size. A CPU core: measured here on SmolLM2 (docs/training.md).
DEVICES = {
    "H100 (989 TFLOP/s peak)": 989e12 * 0.4,
    "A100 (312 TFLOP/s peak)": 312e12 * 0.4,
    "RTX 4090 (165 TFLOP/s peak)": 165e12 * 0.4,
    "one AVX-512 core, float32": 0.11e12,
}
#: Parameters of adapters on every linear layer, as a share of the base, at rank 16 (measured:
#: 42 million for Llama-3-8B's shapes, 4.9 for SmolLM2's).
_ADAPTERS = {16: 0.0052}


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An estimate.

    Attributes:
        parameters, tokens, examples: of the base, of one epoch.
        epochs: times through.
        operations: floating-point operations of the whole training.
        hours: device -> hours on one of it.
        gigabytes: memory on one device.
    """

    parameters: int
    tokens: int
    examples: int
    epochs: float
    operations: float
    hours: dict[str, float]
    gigabytes: float

    def lines(self) -> list[str]:
        """The estimate for a person."""
        return [
            (
                f"{self.parameters / 1e9:.2f} billion parameters, {self.examples:,} examples, "
                f"{self.tokens:,} tokens an epoch, {self.epochs:g} epochs"
            ),
            f"about {self.operations:.2e} operations, {self.gigabytes:.0f} GB on one device",
            *(f"  {device}: {hours:.2f} h" for device, hours in self.hours.items()),
            "an estimate from operation counts (docs/training.md), not a measurement",
        ]


def estimate(
    parameters: int,
    tokens: int,
    examples: int,
    settings: TextTrainSettings,
    *,
    layers: int = 32,
    hidden: int = 4096,
) -> Cost:
    """Operations, hours and memory of one training.

    Args:
        parameters: of the base.
        tokens: of one epoch, prompts included.
        examples: of one epoch.
        settings: epochs or steps, batch, precision.
        layers: of the base, for the activations.
        hidden: units of a layer, likewise.
    """
    a_token = 6 if settings.checkpointing else 4
    epochs = (
        settings.steps * settings.batch * settings.accumulate / max(1, examples)
        if settings.steps
        else settings.epochs
    )
    operations = float(a_token * parameters * tokens * epochs)
    bits = 4 if settings.qlora else 16 if settings.bf16 else 32
    adapters = parameters * _ADAPTERS[16] * settings.rank / 16
    mean = tokens / max(1, examples)
    activations = (
        settings.batch * mean * layers * hidden * (2 if settings.checkpointing else 34)
        * (1 if settings.bf16 or settings.qlora else 2)
    )  # fmt: skip
    memory = parameters * bits / 8 + adapters * 16 + activations
    return Cost(
        parameters,
        tokens,
        examples,
        round(epochs, 3),
        operations,
        {device: operations / speed / 3600 for device, speed in DEVICES.items()},
        memory / 1e9,
    )
