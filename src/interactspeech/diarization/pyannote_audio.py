"""pyannote.audio's pipelines (community-1 by default), for who has a token of its hub.

The model is free of charge behind a form: accept its conditions on the hub once, then give the
token by ``HF_TOKEN`` or an argument. https://github.com/pyannote/pyannote-audio (MIT).
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

from interactspeech.diarization.interface import Diarization, Diarizer, from_seconds, one_channel
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.signal import pages
from interactspeech.signal.pages import RATE, AudioSource

MODEL = "pyannote/speaker-diarization-community-1"


class PyannoteDiarizer(Diarizer):
    """A pipeline of pyannote.audio 4.

    The recording is read as a whole (16 kHz mono, 230 MB an hour): the pipeline wants it so.

    Args:
        model: name on the hub, or a folder with a pipeline.
        token: of the hub; ``HF_TOKEN`` of the environment if None.
        device: "cuda", "cpu"; a GPU if there is one, if None.
    """

    def __init__(
        self, model: str = MODEL, token: str | None = None, device: str | None = None
    ) -> None:
        self._model, self._device = model, device
        self._token = token or os.environ.get("HF_TOKEN")
        self.name = f"pyannote {model.rpartition('/')[2]}"

    def diarize(self, source: AudioSource, speakers: int | None = None) -> Diarization:
        """See `Diarizer.diarize`."""
        one_channel(source)
        pipeline = self._pipeline
        import torch

        sound = pages.at_rate(source.read(0, source.samples), source.rate)
        given = {"waveform": torch.from_numpy(sound), "sample_rate": RATE}
        found = pipeline(given, num_speakers=speakers)
        # 4.x gives an object with the annotation in it, 3.x the annotation itself.
        annotation = getattr(found, "speaker_diarization", found)
        return from_seconds(
            (
                (segment.start, segment.end, str(label))
                for segment, _, label in annotation.itertracks(yield_label=True)
            ),
            source,
            self.name,
        )

    @cached_property
    def _pipeline(self) -> Any:
        try:
            import torch
            from pyannote.audio import Pipeline
        except ImportError:
            raise MissingExtraError("pyannote.audio", "pyannote", "This diarizer") from None
        try:
            pipeline = Pipeline.from_pretrained(self._model, token=self._token)
        except Exception as error:  # noqa: BLE001 -- the hub's client has many errors of its own
            raise InputError(
                f"the diarizer {self._model!r} cannot be had: {error}",
                remedy="accept the model's conditions on its page and set HF_TOKEN",
                reason="no-diarizer",
            ) from None
        if pipeline is None:  # 3.x says no in this way
            raise InputError(
                f"the hub does not give the diarizer {self._model!r}",
                remedy="accept the model's conditions on its page and set HF_TOKEN",
                reason="no-diarizer",
            )
        device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
        pipeline.to(torch.device(device))
        return pipeline
