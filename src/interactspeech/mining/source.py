"""The description of one recording to be mined: its files, and what is known about it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from interactspeech.mining.settings import Channels
from interactspeech.signal.recording import RecordingTrack


class SourceFile(msgspec.Struct, frozen=True):
    """A file of a recording, and which of its channels belongs to it (None: all)."""

    path: str
    channel: int | None = None

    def track(self) -> RecordingTrack:
        """As `Recording.open` takes it."""
        return RecordingTrack(Path(self.path), self.channel)


class RecordingSource(msgspec.Struct, frozen=True):
    """A recording and what is known about it.

    Attributes:
        id: unique in a corpus, fit to name a file.
        pieces: its files; several were recorded at the same time, one for each speaker.
        speakers: who is on each channel, in the order of the channels; () where that is not known.
        channels: how its channels are taken, where its source knows; "auto": as the settings say.
        annotation: files that say who talks when, or what is said.
        reader: how `annotation` is read: "formats", or the name of a layout.
        people: ids of speakers are those of persons, the same in all recordings of the corpus.
        within: name of the recording inside annotation files that hold several; "" for its id.
        corpus, licence, split: provenance.
    """

    id: str
    pieces: tuple[SourceFile, ...]
    speakers: tuple[str, ...] = ()
    channels: Channels = "auto"
    annotation: tuple[str, ...] = ()
    reader: str = "formats"
    people: bool = False
    within: str = ""
    corpus: str = ""
    licence: str = ""
    split: str = ""

    @property
    def path(self) -> str:
        """The first file, to name the recording by in messages."""
        return self.pieces[0].path

    def __str__(self) -> str:
        return f"recording {self.id}"
