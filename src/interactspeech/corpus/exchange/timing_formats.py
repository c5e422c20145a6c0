"""The timing formats as exchange formats: a file a dialogue, and a WAV file beside it if wanted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from interactspeech import formats
from interactspeech.corpus.exchange.data_files import wav
from interactspeech.corpus.exchange.interface import (
    ExchangeFormat,
    ExportedDialogue,
    Exporter,
    ExportOptions,
    Found,
)
from interactspeech.errors import InputError
from interactspeech.formats import Report, TimingFormat
from interactspeech.signal.flac import to_int16


class TimingExporter(Exporter):
    """``<id>.rttm`` and the like; with `ExportOptions.audio` a WAV file of all channels each."""

    def __init__(self, folder: Path, options: ExportOptions, info: TimingFormat) -> None:
        super().__init__(folder, options)
        self._info = info

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue, report = piece.dialogue, Report()
        audio = b""
        if self.options.audio and piece.item.has_audio:
            pcm = np.ascontiguousarray(to_int16(piece.audio()).T)
            audio = wav(pcm, dialogue.rate)
        path = self.folder / f"{dialogue.id}{self._info.written}"
        formats.write(dialogue, path, self._info.name, report=report)
        if audio:
            (self.folder / f"{dialogue.id}.wav").write_bytes(audio)
        self.notes.update(note.reason for note in report.notes if note.severity == "loss")

    def is_settled(self) -> bool:
        """After every dialogue."""
        return True


def read_timing(path: Path, rate: int | None, name: str) -> Iterator[Found | InputError]:
    """The conversations at `path` in the timing format `name`, without audio."""
    report = Report()
    for dialogue in formats.read(path, name, rate, report=report):
        # Their audio is not at hand, so no track can be named.
        yield msgspec.structs.replace(dialogue, tracks=()), None
    yield from report.errors


def of_timing(info: TimingFormat) -> ExchangeFormat:
    """A timing format as an exchange format."""
    return ExchangeFormat(
        info.name,
        info.about,
        partial(TimingExporter, info=info) if info.written else None,
        partial(read_timing, name=info.name),
        "" if info.written else "it is only read",
        audio="with `--audio`",
        times=info.times,
        words=info.words,
        events="yes" if info.events else "no",
        returns=info.returns,
    )
