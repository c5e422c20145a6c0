"""What a training costs, from operation counts: an estimate, and it says so.

A token costs 2 operations a parameter forwards, and 2 backwards with LoRA: gradients flow through
every layer, but the base's weights need none of their own (full fine-tuning costs 4 backwards;
Kaplan et al. 2020, section 2.1). Recomputed activations cost another 2. Attention itself is left
out: it is under a tenth at the lengths used here. Memory: base weights; adapters with gradient and
two moments of AdamW in float32; activations of about 34 bytes a token, layer and hidden unit in 16
bits (Korthikanti et al. 2022), or 2 with recomputation.
"""

from __future__ import annotations

import msgspec

from interactspeech.training.text.settings import TextTrainSettings

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
