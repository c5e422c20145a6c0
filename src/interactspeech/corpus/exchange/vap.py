"""Voice activity projection (VAP, MaAI): stereo sound at 16 kHz and a table of windows.

```
data.csv             audio_path, start, end, vad_list, session, dataset: a row a window of 20 s
audio/talk-0.wav     the whole dialogue, a channel a speaker
```
`vad_list` holds for each channel when it talks, in seconds from the window's start, up to 2 s
behind its end: the future that the model learns to foresee. So a window ends 2 s before the
dialogue at the latest; the last one goes back as far as it must, and no talk in between is lost.
Backchannels and failed attempts are talk too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interactspeech.corpus.exchange.data_files import wav
from interactspeech.corpus.exchange.interface import ExportedDialogue, Exporter, ExportOptions
from interactspeech.errors import InputError
from interactspeech.records import Dialogue

#: Seconds of a window, and of the future behind it.
WINDOW, HORIZON = 20.0, 2.0
COLUMNS = ("audio_path", "start", "end", "vad_list", "session", "dataset")


def windows(seconds: float) -> list[float]:
    """Where the windows of a dialogue begin; none where it is shorter than window and future."""
    last = seconds - WINDOW - HORIZON
    if last < 0:
        return []
    starts = [WINDOW * n for n in range(int(last // WINDOW) + 1)]
    return starts if starts[-1] == last else [*starts, last]


def talk(dialogue: Dialogue, start: float) -> list[list[list[float]]]:
    """For each speaker when they talk in a window and its future, seconds from `start`."""
    rate, found = dialogue.rate, []
    for speaker in dialogue.speakers:
        spans: list[list[float]] = []
        for first, last in sorted(
            (span.start / rate - start, span.end / rate - start)
            for utterance in dialogue.utterances
            if utterance.speaker == speaker.id
            for span in utterance.speech
        ):
            low, high = round(max(first, 0.0), 3), round(min(last, WINDOW + HORIZON), 3)
            if low >= high:
                continue
            if spans and low <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], high)
            else:
                spans.append([low, high])
        found.append(spans)
    return found


class VapExporter(Exporter):
    """``data.csv`` and ``audio/``; paths in the table count from where the trainer runs."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        (folder / "audio").mkdir(exist_ok=True)
        self._path = folder / "data.csv"
        self._file = self._path.open("ab")
        if not self._file.tell():
            self._write(COLUMNS)

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue = piece.dialogue
        piece.sides("A")
        starts = windows(dialogue.seconds)
        if not starts:
            raise InputError(
                f"dialogue {piece.item.id!r} lasts {dialogue.seconds:.1f} s; a window and the "
                f"future behind it are {WINDOW + HORIZON:.0f} s",
                reason="too-short",
            )
        pcm = piece.pcm()
        name = f"audio/{piece.item.id}.wav"
        channels = np.stack([pcm[speaker.id] for speaker in dialogue.speakers], axis=1)
        (self.folder / name).write_bytes(wav(channels, dialogue.rate))
        path = f"{self.options.path_prefix}{name}"
        for row in self._rows(dialogue, starts, path):
            self._write(row)

    def _rows(
        self, dialogue: Dialogue, starts: list[float], path: str
    ) -> Iterator[tuple[str, ...]]:
        for start in starts:
            yield (
                path, repr(round(start, 6)), repr(round(start + WINDOW, 6)),
                json.dumps(talk(dialogue, start)), dialogue.id,
                dialogue.provenance.corpus or "dialogues",
            )  # fmt: skip

    def _write(self, row: tuple[str, ...]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(row)
        self._file.write(text.getvalue().encode())

    def close(self) -> None:
        """Finish the table."""
        self._file.close()

    @property
    def growing(self) -> tuple[Path, ...]:
        """The table."""
        return (self._path,)

    def is_settled(self) -> bool:
        """After every dialogue."""
        return True

    def flush(self) -> None:
        """Hand the table to the system."""
        self._file.flush()
