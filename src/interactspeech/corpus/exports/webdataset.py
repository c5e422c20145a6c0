"""WebDataset: tars with a JSON record and an audio file under one key."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from interactspeech.corpus.audio import to_int16
from interactspeech.corpus.exports.base import PER_SHARD, Exporter, Options, Piece, wav
from interactspeech.corpus.tar import TarWriter, member_name
from interactspeech.dialogue import encode


class WebdatasetExporter(Exporter):
    """``000000.tar``, ...: ``<key>.json`` (the record) and ``<key>.flac`` or ``<key>.wav``."""

    def __init__(self, folder: Path, options: Options) -> None:
        super().__init__(folder, options)
        self._count = 0
        self._tar: TarWriter | None = None

    def add(self, piece: Piece) -> None:
        """Write one dialogue; one without audio has its record only."""
        kind = self.options.audio_format
        record_name = member_name(piece.item.id, "json")
        audio_name = f"{record_name.removesuffix('json')}{kind}"
        audio = b""
        if piece.item.has_audio and kind == "flac":
            audio = piece.item.flac()
        elif piece.item.has_audio:
            pcm = np.ascontiguousarray(to_int16(piece.item.audio()).T)
            audio = wav(pcm, piece.dialogue.rate)
        if self._count % PER_SHARD == 0:
            self.close()
            self._tar = TarWriter(self.folder / f"{self._count // PER_SHARD:06d}.tar")
        self._count += 1
        assert self._tar is not None
        self._tar.add(record_name, encode(piece.dialogue))
        if audio:
            self._tar.add(audio_name, audio)

    def close(self) -> None:
        """Finish the last tar."""
        if self._tar is not None:
            self._tar.close()
        self._tar = None
