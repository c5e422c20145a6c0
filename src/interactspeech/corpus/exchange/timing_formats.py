"""The timing formats, a file a dialogue, and the original release's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from interactspeech import formats
from interactspeech.corpus.exchange.exporter import ExportedDialogue, Exporter, ExportOptions, wav
from interactspeech.corpus.exchange.original import write_original
from interactspeech.formats import Report
from interactspeech.signal.flac import to_int16

#: Format -> what its files end in.
ENDINGS = {
    "textgrid": ".TextGrid",
    "elan": ".eaf",
    "rttm": ".rttm",
    "ctm": ".ctm",
    "stm": ".stm",
    "seglst": ".seglst.json",
    "webvtt": ".vtt",
}


class TimingExporter(Exporter):
    """``<id>.rttm`` and the like; with `ExportOptions.audio` a WAV file of all channels each."""

    #: A name in `ENDINGS`.
    format: str

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        self._ending = ENDINGS[self.format]

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue, report = piece.dialogue, Report()
        audio = b""
        if self.options.audio and piece.item.has_audio:
            pcm = np.ascontiguousarray(to_int16(piece.item.audio()).T)
            audio = wav(pcm, dialogue.rate)
        formats.write(
            dialogue, self.folder / f"{dialogue.id}{self._ending}", self.format, report=report
        )
        if audio:
            (self.folder / f"{dialogue.id}.wav").write_bytes(audio)
        self.notes.update(note.reason for note in report.notes if note.severity == "loss")


class TextgridExporter(TimingExporter):
    """Praat."""

    format = "textgrid"


class ElanExporter(TimingExporter):
    """ELAN."""

    format = "elan"


class RttmExporter(TimingExporter):
    """Who speaks when."""

    format = "rttm"


class CtmExporter(TimingExporter):
    """Words."""

    format = "ctm"


class StmExporter(TimingExporter):
    """Who says what when."""

    format = "stm"


class SeglstExporter(TimingExporter):
    """meeteval."""

    format = "seglst"


class WebvttExporter(TimingExporter):
    """Captions."""

    format = "webvtt"


class OriginalExporter(Exporter):
    """The original InteractSpeech release: a folder a dialogue."""

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        piece.channels()
        write_original(piece.dialogue, piece.item.audio(), self.folder / piece.item.id)
