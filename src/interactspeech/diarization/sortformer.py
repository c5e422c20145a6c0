"""NVIDIA's Sortformer through NeMo: end to end, up to four speakers, strong on overlaps.

Park et al., "Sortformer: Seamless integration of speaker diarization and ASR by bridging timestamps
and tokens" (2024). The streaming model keeps a cache of speakers, so length does not matter to it.
The default model's weights are CC-BY-4.0; it wants a GPU for speed.
"""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech.diarization.interface import Diarization, Diarizer, from_seconds, one_channel
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.signal import pages
from interactspeech.signal.pages import RATE, AudioSource

MODEL = "nvidia/diar_streaming_sortformer_4spk-v2"
_PAGE_SECONDS = 60


class SortformerDiarizer(Diarizer):
    """A Sortformer of NeMo.

    Args:
        model: name on the hub, or the path of a ``.nemo`` file.
        device: "cuda", "cpu"; a GPU if there is one, if None.
    """

    def __init__(self, model: str = MODEL, device: str | None = None) -> None:
        self._model, self._device = model, device
        self.name = f"sortformer {model.rpartition('/')[2]}"

    def diarize(self, source: AudioSource, speakers: int | None = None) -> Diarization:
        """See `Diarizer.diarize`; the model counts its speakers itself.

        With `speakers` given, those who say least beyond that number are left out.
        """
        one_channel(source)
        model = self._loaded
        import soundfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "recording.wav"
            with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as out:
                for page in pages.pages(source, _PAGE_SECONDS):
                    out.write(np.clip(page.core[0], -1.0, 1.0))
            (lines,) = model.diarize(audio=[str(path)], batch_size=1)
        turns = [_turn(str(line)) for line in lines]
        if speakers is not None:
            said: dict[str, float] = {}
            for start, end, who in turns:
                said[who] = said.get(who, 0.0) + end - start
            kept = sorted(said, key=lambda who: -said[who])[:speakers]
            turns = [turn for turn in turns if turn[2] in kept]
        return from_seconds(turns, source, self.name)

    @cached_property
    def _loaded(self) -> Any:
        try:
            import torch
            from nemo.collections.asr.models import SortformerEncLabelModel
        except ImportError:
            raise MissingExtraError("nemo_toolkit", "nemo", "This diarizer") from None
        try:
            if self._model.endswith(".nemo"):
                model = SortformerEncLabelModel.restore_from(self._model, map_location="cpu")
            else:
                model = SortformerEncLabelModel.from_pretrained(self._model)
        except Exception as error:  # noqa: BLE001 -- NeMo and the hub raise errors of many kinds
            raise InputError(
                f"the diarizer {self._model!r} cannot be had: {error}", reason="no-diarizer"
            ) from None
        model.to(torch.device(self._device or ("cuda" if torch.cuda.is_available() else "cpu")))
        model.eval()
        return model


def _turn(line: str) -> tuple[float, float, str]:
    """NeMo's lines: ``start end speaker``, in seconds."""
    start, end, who = line.replace(",", " ").split()
    return float(start), float(end), who
