"""Whatever lies at a path, as recordings to measure: sound in a known layout, or records.

A corpus of this package and files of timing formats (RTTM, TextGrid, ...) are conversations of two,
either of whom can be the system; the rest is for `recordings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from interactspeech.corpus import Corpus
from interactspeech.corpus.writer import MANIFEST
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.dialogues import both_sides, recording_of_dialogue
from interactspeech.evaluation.duplex.recording_layouts import AUDIO
from interactspeech.evaluation.duplex.recording_reader import read_recordings
from interactspeech.evaluation.duplex.recordings import DuplexRecording, RecordingSettings
from interactspeech.formats import Report, read
from interactspeech.records import Dialogue
from interactspeech.turntaking import label

#: The system's speaker in records: each of both in turn.
BOTH: Final = "both"
#: Endings by which a folder without sound is taken for one of timing formats.
TIMING: Final = frozenset(
    {".rttm", ".textgrid", ".eaf", ".ctm", ".stm", ".vtt", ".cha", ".seglst", ".xml"}
)


def duplex_recordings(
    paths: Iterable[Path | str],
    settings: RecordingSettings | None = None,
    *,
    speaker: str = "",
) -> Iterator[DuplexRecording | InputError]:
    """The recordings at paths.

    Args:
        paths: folders of items, audio, corpora, timing files.
        settings: how sound is read.
        speaker: in records, the id of the speaker that is the system (the second by default), or
            "both".
    """
    sound: list[Path] = []
    for path in [Path(p) for p in paths]:
        if path.is_dir() and (path / MANIFEST).exists():
            for item in Corpus.open(path):
                yield from _of_record(item.dialogue, speaker)
        elif _is_timing(path):
            report = Report()
            for dialogue in read([path], report=report):
                yield from _of_record(dialogue, speaker)
            yield from report.errors
        else:
            sound.append(path)
    if sound:
        yield from read_recordings(sound, settings)


def _is_timing(path: Path) -> bool:
    """Whether a file, or a folder without any sound, is for the readers of timing formats."""
    if path.is_file():
        return path.suffix.lower() not in AUDIO
    ends = {p.suffix.lower() for p in path.rglob("*") if p.is_file()}
    return bool(ends & TIMING) and not ends & set(AUDIO)


def _of_record(dialogue: Dialogue, speaker: str) -> Iterator[DuplexRecording | InputError]:
    try:
        if not dialogue.events:
            dialogue = label(dialogue)
        if speaker == BOTH:
            yield from both_sides(dialogue)
        else:
            yield recording_of_dialogue(dialogue, speaker)
    except InputError as error:
        yield error


__all__ = ["BOTH", "duplex_recordings"]
