"""What formats of tars share: a tar of so many dialogues after the other."""

from __future__ import annotations

from pathlib import Path

from interactspeech.corpus.exchange.interface import (
    PER_SHARD,
    ExportedDialogue,
    Exporter,
    ExportOptions,
)
from interactspeech.corpus.tar import TarWriter


class TarExporter(Exporter):
    """``000000.tar``, ...: `PER_SHARD` dialogues each."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        self._count = 0
        self._tar: TarWriter | None = None

    def _put(self, members: dict[str, bytes]) -> None:
        """Store the files of one dialogue, by name."""
        if self._tar is None:
            path = self.folder / f"{self._count // PER_SHARD:06d}.tar"
            path.unlink(missing_ok=True)  # a killed export's
            self._tar = TarWriter(path)
        self._count += 1
        for name, data in members.items():
            self._tar.add(name, data)
        if self._count % PER_SHARD == 0:
            self.close()

    def close(self) -> None:
        """Finish the last tar."""
        if self._tar is not None:
            self._tar.close()
        self._tar = None

    def is_settled(self) -> bool:
        """Between two tars."""
        return self._tar is None

    def skip(self, piece: ExportedDialogue) -> None:
        """Count it."""
        del piece
        self._count += 1
