"""Larger front ends for those who have a GPU: pretrained encoders in place of log-mel and stem.

The network behind them stays the same: it takes steps of 40 ms, whatever made them. Encoders here
hear the whole example at once, so a listener with one is for recordings, not for live sound, and
is not exported to ONNX.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.signal.log_mel import RATE, STEP
from interactspeech.training.listener.network import Network, Shape

#: Name -> (model of the hub, samples a frame of its output).
ENCODERS = {
    "wavlm-base-plus": ("microsoft/wavlm-base-plus", 320),
    "wavlm-large": ("microsoft/wavlm-large", 320),
    "whisper-small": ("openai/whisper-small", 320),
    "whisper-large-v3": ("openai/whisper-large-v3", 320),
}


class Encoder(Protocol):
    """Turns sound into vectors.

    Attributes:
        width: of a vector.
        hop: samples at 16 kHz that each stands for; it divides 640.
    """

    width: int
    hop: int

    def __call__(self, samples: Tensor) -> Tensor:
        """``(batch, n)`` samples at 16 kHz to ``(batch, n // hop, width)`` vectors."""


class Transformers(nn.Module):
    """An encoder of the hub through transformers; frozen unless `tune`.

    Args:
        name: one of `ENCODERS`, or a model's own name or folder.
        tune: whether its weights are trained as well.

    Raises:
        MissingExtraError: transformers is not installed.
    """

    def __init__(self, name: str, *, tune: bool = False) -> None:
        super().__init__()
        try:
            from transformers import AutoFeatureExtractor, AutoModel
        except ImportError:
            raise MissingExtraError("transformers", "finetune", "a pretrained encoder") from None
        hub, self.hop = ENCODERS.get(name, (name, 320))
        # safetensors only: nothing is unpickled.
        model: Any = AutoModel.from_pretrained(hub, use_safetensors=True)
        self._whisper = hasattr(model, "encoder") and model.config.model_type == "whisper"
        self.model = model.encoder if self._whisper else model
        self._extract = AutoFeatureExtractor.from_pretrained(hub) if self._whisper else None
        self.width = int(model.config.d_model if self._whisper else model.config.hidden_size)
        self.model.requires_grad_(tune)

    def forward(self, samples: Tensor) -> Tensor:
        """See `Encoder`."""
        frames = samples.shape[1] // self.hop
        if self._whisper:
            assert self._extract is not None
            if samples.shape[1] > 30 * RATE:
                raise InputError("whisper hears 30 s at a time", reason="too-long")
            made = self._extract(
                list(samples.cpu().numpy()), sampling_rate=RATE, return_tensors="pt"
            )
            hidden = self.model(made.input_features.to(samples.device)).last_hidden_state
        else:
            # One frame more than its receptive field leaves, so that none is missing at the end.
            hidden = self.model(nn.functional.pad(samples, (80, 400))).last_hidden_state
        return torch.as_tensor(hidden[:, :frames])


class EncodedNetwork(nn.Module):
    """The listener's network behind an encoder; answers as `Network` does.

    Args:
        encoder: see `Encoder`.
        shape: of the rest.
    """

    def __init__(self, encoder: Any, shape: Shape) -> None:
        super().__init__()
        if STEP % encoder.hop:
            raise InputError(
                f"an encoder with {encoder.hop} samples a frame does not fit steps of {STEP}",
                reason="bad-encoder",
            )
        self.encoder = encoder
        self.fold = STEP // encoder.hop
        self.rest = Network(shape)
        self.rest.stem1 = nn.Linear(encoder.width * self.fold, shape.stem)

    def forward(self, samples: Tensor, mono: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``(batch, 2, steps, 7)`` and state, from samples ``(batch, 2, n)`` at 16 kHz."""
        batch, sides, length = samples.shape
        steps = length // STEP
        sound = samples[..., : steps * STEP].reshape(batch * sides, -1)
        found = self.encoder(sound)[:, : steps * self.fold]
        folded = found.reshape(batch, sides, steps, -1)
        # `Network` centres log-mel by adding 6 and halving: undone here.
        logits, state = self.rest(folded * 2.0 - 6.0, mono)
        return logits, state
