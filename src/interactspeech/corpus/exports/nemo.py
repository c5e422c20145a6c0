"""NeMo: a manifest with RTTM and CTM for diarisation and recognition, and duplex cuts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from interactspeech import formats
from interactspeech.corpus.exports.base import (
    Exporter,
    JsonLines,
    Options,
    Pcm,
    Piece,
    flac,
    provenance,
    wav,
)
from interactspeech.corpus.exports.cuts import custom, recording, supervisions
from interactspeech.corpus.exports.lhotse import SharShards
from interactspeech.formats import Report


class NemoExporter(Exporter):
    """``manifest.jsonl``; ``audio/`` both speakers in one channel; ``rttm/`` and ``ctm/``."""

    def __init__(self, folder: Path, options: Options) -> None:
        super().__init__(folder, options)
        (folder / "audio").mkdir()
        self._lines = JsonLines(folder / "manifest.jsonl")

    def add(self, piece: Piece) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        names = {kind: f"{kind}/{dialogue.id}.{kind}" for kind in ("rttm", "ctm")}
        mono = mixed(list(piece.pcm().values()))
        report = Report()
        for kind, name in names.items():
            formats.write(dialogue, self.folder / name, kind, report=report)
        self.notes.update(note.reason for note in report.notes if note.severity == "loss")
        name = f"audio/{dialogue.id}.wav"
        (self.folder / name).write_bytes(wav(mono, dialogue.rate))
        self._lines.write(
            {
                "audio_filepath": name,
                "offset": 0.0,
                "duration": dialogue.seconds,
                "label": "infer",
                "text": " ".join(one.text for one in dialogue.utterances) or "-",
                "num_speakers": len({one.speaker for one in dialogue.utterances}),
                "rttm_filepath": names["rttm"],
                "ctm_filepath": names["ctm"],
                "provenance": provenance(dialogue),
            }
        )

    def close(self) -> None:
        """Finish the manifest."""
        self._lines.close()


class NemoDuplexExporter(Exporter):
    """Lhotse Shar: `recording` is the user, `target_audio` the agent, both equally long."""

    def __init__(self, folder: Path, options: Options) -> None:
        super().__init__(folder, options)
        self._shards = SharShards(folder, "recording", "target_audio")

    def add(self, piece: Piece) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        agent, user = piece.sides(self.options.model_speaker)
        pcm = piece.pcm()
        source = recording(dialogue, [0], "shar", "")
        target = source | {"id": f"{dialogue.id}-target"}
        cut = {
            "id": dialogue.id,
            "start": 0.0,
            "duration": dialogue.seconds,
            "channel": 0,
            "supervisions": supervisions(
                dialogue, {agent.id: 0, user.id: 0}, {agent.id: "agent", user.id: "user"}
            ),
            "recording": source,
            "custom": custom(dialogue)
            | {"target_audio": target, "roles": {"user": user.id, "agent": agent.id}},
            "type": "MonoCut",
        }
        self._shards.add(
            cut,
            recording=(flac(pcm[user.id], dialogue.rate), source),
            target_audio=(flac(pcm[agent.id], dialogue.rate), target),
        )

    def close(self) -> None:
        """Finish the last shard."""
        self._shards.close()


def mixed(channels: list[Pcm]) -> Pcm:
    """The sum of channels; turned down where the sum would not fit 16 bits."""
    total: npt.NDArray[Any] = np.stack(channels).sum(axis=0, dtype=np.int32)
    peak = int(np.abs(total).max(initial=0))
    if peak > 32767:
        total = np.rint(total * (32767 / peak))
    mono: Pcm = total.astype(np.int16)
    return mono
