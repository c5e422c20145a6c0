"""An exchange format, and the layout of recordings that come in it.

```
turns/made-1.wav          a channel a speaker, 16 bit
turns/made-1.turns.csv    speaker,start,end,text; times in samples, speakers in channel order
```
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interactspeech.corpus.exchange.data_files import sound, wav
from interactspeech.corpus.exchange.interface import (
    ExchangeFormat,
    ExportedDialogue,
    Exporter,
    Found,
    require_any,
)
from interactspeech.errors import InputError
from interactspeech.mining.layouts.interface import RecordingLayout
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records import Dialogue, Span, Speaker, Track, Utterance

ENDING = ".turns.csv"
COLUMNS = ("speaker", "start", "end", "text")


class TurnExporter(Exporter):
    """A WAV and a CSV file a dialogue."""

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        dialogue, pcm = piece.dialogue, piece.pcm()
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows((speaker.id, 0, 0, "") for speaker in dialogue.speakers)
        for one in dialogue.utterances:
            rows.writerow((one.speaker, one.start, one.end, one.written or one.text))
        audio = np.stack([pcm[speaker.id] for speaker in dialogue.speakers], axis=1)
        (self.folder / f"{dialogue.id}{ENDING}").write_text(text.getvalue(), "utf-8")
        (self.folder / f"{dialogue.id}.wav").write_bytes(wav(audio, dialogue.rate))


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    del rate  # the audio has its own
    return _dialogues(require_any(sorted(path.glob(f"*{ENDING}")), path, f"*{ENDING}"))


def _dialogues(found: list[Path]) -> Iterator[Found | InputError]:
    for file in found:
        try:
            samples, rate = sound(_audio(file))
            yield _dialogue(file, rate, samples.shape[1]), samples
        except InputError as error:
            yield error


def _audio(file: Path) -> Path:
    return file.with_name(file.name.removesuffix(ENDING) + ".wav")


def _dialogue(file: Path, rate: int, length: int | None = None) -> Dialogue:
    """The record that a CSV file means, as long as its audio or its last turn."""
    speakers: dict[str, Speaker] = {}
    utterances: list[Utterance] = []
    try:
        for row in csv.DictReader(io.StringIO(file.read_text("utf-8"))):
            who, start, end = row["speaker"], int(row["start"]), int(row["end"])
            speakers.setdefault(who, Speaker(who))
            if end > start:
                name = f"u{len(utterances)}"
                utterances.append(
                    Utterance(name, who, start, end, (Span(start, end),), written=row["text"])
                )
        return Dialogue(
            file.name.removesuffix(ENDING),
            rate,
            max((one.end for one in utterances), default=0) if length is None else length,
            tuple(speakers.values()),
            tuple(sorted(utterances, key=lambda one: (one.start, one.end))),
            tracks=tuple(Track(who, "", channel) for channel, who in enumerate(speakers))
            if length is not None
            else (),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"no list of turns: {error}", file, reason="bad-record") from None


def fits(root: Path) -> bool:
    """Whether a folder holds recordings in this layout."""
    return next(root.glob(f"*{ENDING}"), None) is not None


def recordings(root: Path) -> Iterator[RecordingSource | InputError]:
    """One recording for each list of turns."""
    for file in sorted(root.glob(f"*{ENDING}")):
        try:
            speakers = tuple(speaker.id for speaker in _dialogue(file, 1).speakers)
        except InputError as error:
            yield error
            continue
        yield RecordingSource(
            id=file.name.removesuffix(ENDING),
            pieces=(SourceFile(str(_audio(file))),),
            speakers=speakers,
            channels="speakers",
            annotation=(str(file),),
            reader="turn-csv",
            corpus="turn-csv",
            licence=LAYOUT.licence,
        )


def annotation(source: RecordingSource, rate: int) -> Dialogue:
    """The turns of a recording."""
    return _dialogue(Path(source.annotation[0]), rate)


FORMAT = ExchangeFormat(
    "turn-csv", "a WAV file and a list of turns", TurnExporter, read,
    audio="WAV, a channel a speaker", times="samples", words="text", events="no",
    returns="turns, audio",
)  # fmt: skip
LAYOUT = RecordingLayout(
    "turn-csv", "recordings with lists of turns", "CC0-1.0", fits, recordings, annotation
)
