"""moshi-finetune: stereo WAV (left: the model, right: the user) and word times as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from interactspeech.corpus.exports.base import Exporter, JsonLines, Options, Piece, provenance, wav

MAIN, OTHER = "SPEAKER_MAIN", "SPEAKER_OTHER"


class MoshiExporter(Exporter):
    """``data.jsonl``, and in ``data_stereo/`` a WAV and a JSON file a dialogue."""

    def __init__(self, folder: Path, options: Options) -> None:
        super().__init__(folder, options)
        (folder / "data_stereo").mkdir()
        self._lines = JsonLines(folder / "data.jsonl")

    def add(self, piece: Piece) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        model, user = piece.sides(self.options.model_speaker)
        pcm = piece.pcm()
        stereo = np.stack([pcm[model.id], pcm[user.id]], axis=1)
        words = sorted(
            (word.start, word.end, word.text, MAIN if utterance.speaker == model.id else OTHER)
            for utterance in dialogue.utterances
            for word in utterance.words
        )
        rate = dialogue.rate
        content = {
            "alignments": [
                [text, [start / rate, end / rate], who] for start, end, text, who in words
            ],
            "provenance": provenance(dialogue),
        }
        name = f"data_stereo/{dialogue.id}"
        (self.folder / f"{name}.wav").write_bytes(wav(stereo, rate))
        (self.folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        self._lines.write({"path": f"{name}.wav", "duration": dialogue.seconds})

    def close(self) -> None:
        """Finish the list."""
        self._lines.close()
