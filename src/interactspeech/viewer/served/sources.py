"""What a served page shows: the dialogues of a corpus, or recordings, each with its sound."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from interactspeech.corpus import Corpus
from interactspeech.corpus.reader import Item
from interactspeech.corpus.remote import is_remote
from interactspeech.corpus.writer import INDEX
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Samples, Speaker, Track
from interactspeech.records.ids import fitting_id
from interactspeech.signal.flac import decode_flac, describe_flac
from interactspeech.signal.recording import Recording

#: Sounds of dialogues that are kept decoded or open.
_OPEN = 4
_SAMPLE = 1 << 20


class DialogueSound(Protocol):
    """The sound of a dialogue: `read` gives float32 of shape (channels, stop - start)."""

    channels: int
    rate: int
    samples: int

    def read(self, start: int, stop: int) -> Samples:
        """Samples [start, stop)."""
        ...


class DialogueSource(Protocol):
    """Dialogues by id. Implementations may be used by several threads.

    Attributes:
        name: of the corpus or the recordings.
    """

    name: str

    @property
    def kind(self) -> Literal["corpus", "recordings"]:
        """Which of the two."""
        ...

    def fingerprints(self) -> dict[str, str]:
        """Every dialogue, in order, with a digest of what it holds now."""
        ...

    def fingerprint(self, dialogue: str) -> str:
        """The digest of one dialogue now; "" where it is gone."""
        ...

    def dialogue(self, dialogue: str) -> Dialogue:
        """The record.

        Raises:
            KeyError: there is none of this id.
            InputError: it is damaged.
        """
        ...

    def sound(self, dialogue: str) -> DialogueSound | None:
        """The sound, where there is one."""
        ...

    def rows(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """``id``, ``seconds`` and ``speakers`` of dialogues, in the order of `ids`."""
        ...


class _FlacSound:
    """A FLAC file in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.channels, self.samples, self.rate = describe_flac(data)

    def read(self, start: int, stop: int) -> Samples:
        return decode_flac(self._data, start, stop)[0]


class _RecordingSound:
    """A recording that several threads may read."""

    def __init__(self, recording: Recording) -> None:
        self._recording, self._lock = recording, threading.Lock()
        self.channels, self.samples = recording.channels, recording.samples
        self.rate = recording.rate

    def read(self, start: int, stop: int) -> Samples:
        with self._lock:
            return self._recording.read(start, stop)


class CorpusSource:
    """The dialogues of a corpus, which may be replaced or repaired while the page is open."""

    kind: Literal["corpus"] = "corpus"

    def __init__(self, corpus: Corpus) -> None:
        self.root = corpus.root
        self.name = corpus.root.resolve().name if not is_remote(corpus.root) else str(corpus.root)
        self._lock = threading.RLock()
        self._corpus, self._stamp = corpus, self._now()
        self._digests: dict[str, str] | None = None
        self._sounds: OrderedDict[str, _FlacSound] = OrderedDict()

    @property
    def corpus(self) -> Corpus:
        """The corpus as it is now: opened again where its index has been replaced."""
        with self._lock:
            if (now := self._now()) != self._stamp:
                self._corpus = Corpus.open(self.root)
                self._stamp, self._digests = now, None
                self._sounds.clear()
            return self._corpus

    @property
    def stamp(self) -> tuple[int, int, int]:
        """What changes when the index of the corpus is replaced."""
        return self._now()

    def _now(self) -> tuple[int, int, int]:
        if is_remote(self.root):
            return 0, 0, 0
        found = (self.root / INDEX).stat()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def fingerprints(self) -> dict[str, str]:
        """See `DialogueSource`; the checksums of the index."""
        with self._lock:
            corpus = self.corpus
            if self._digests is None:
                rows = corpus.query("", ("id", "sha256"))
                self._digests = {row["id"]: bytes(row["sha256"]).hex() for row in rows}
            return self._digests

    def fingerprint(self, dialogue: str) -> str:
        """See `DialogueSource`."""
        return self.fingerprints().get(dialogue, "")

    def item(self, dialogue: str) -> Item:
        """The dialogue in the corpus.

        Raises:
            KeyError: there is none of this id.
        """
        return self.corpus[dialogue]

    def dialogue(self, dialogue: str) -> Dialogue:
        """See `DialogueSource`."""
        return self.item(dialogue).dialogue

    def sound(self, dialogue: str) -> DialogueSound | None:
        """See `DialogueSource`."""
        with self._lock:
            item = self.item(dialogue)
            if not item.has_audio:
                return None
            if dialogue not in self._sounds:
                self._sounds[dialogue] = _FlacSound(item.flac())
                while len(self._sounds) > _OPEN:
                    self._sounds.popitem(last=False)
            self._sounds.move_to_end(dialogue)
            return self._sounds[dialogue]

    def rows(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """See `DialogueSource`."""
        if not ids:
            return []
        # Ids are letters, digits, dots, hyphens and underscores: nothing that ends a string.
        listed = ", ".join(f"'{one}'" for one in ids if re.fullmatch(r"[A-Za-z0-9._-]+", one))
        found = {
            row["id"]: row
            for row in self.corpus.query(f"id IN ({listed})", ("id", "seconds", "speakers"))
        }
        return [found[one] for one in ids if one in found]


@dataclass
class _ServedRecording:
    files: tuple[Path, ...]
    dialogue: Dialogue
    stamp: tuple[tuple[int, int], ...]
    digest: str
    sound: _RecordingSound | None = field(default=None, repr=False)


class RecordingsSource:
    """Recordings, a dialogue each: a speaker a channel, or as their annotations say."""

    kind: Literal["recordings"] = "recordings"

    def __init__(self, name: str, recordings: Sequence[tuple[tuple[Path, ...], Dialogue]]) -> None:
        self.name = name
        self._lock = threading.RLock()
        self._found = {
            dialogue.id: _ServedRecording(files, dialogue, _stamp(files), _digest(files))
            for files, dialogue in recordings
        }
        self._open: OrderedDict[str, Recording] = OrderedDict()

    def fingerprints(self) -> dict[str, str]:
        """See `DialogueSource`; of sampled content, for hours of sound are read slowly."""
        return {key: self.fingerprint(key) for key in self._found}

    def fingerprint(self, dialogue: str) -> str:
        """See `DialogueSource`."""
        with self._lock:
            one = self._found.get(dialogue)
            if one is None:
                return ""
            stamp = _stamp(one.files)
            if stamp != one.stamp:
                one.stamp, one.digest = stamp, _digest(one.files)
                self._forget(dialogue)
            return one.digest

    def dialogue(self, dialogue: str) -> Dialogue:
        """See `DialogueSource`."""
        return self._found[dialogue].dialogue

    def sound(self, dialogue: str) -> DialogueSound | None:
        """See `DialogueSource`."""
        with self._lock:
            one = self._found[dialogue]
            self.fingerprint(dialogue)
            if one.sound is None:
                self._open[dialogue] = Recording.open(list(one.files))
                one.sound = _RecordingSound(self._open[dialogue])
                while len(self._open) > _OPEN:
                    self._forget(next(iter(self._open)))
            return one.sound

    def _forget(self, dialogue: str) -> None:
        # Readers of other threads may still hold it; it is closed when nobody does.
        self._found[dialogue].sound = None
        self._open.pop(dialogue, None)

    def rows(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """See `DialogueSource`."""
        return [
            {
                "id": one,
                "seconds": self._found[one].dialogue.seconds,
                "speakers": [speaker.id for speaker in self._found[one].dialogue.speakers],
            }
            for one in ids
            if one in self._found
        ]


def recordings_source(
    groups: Sequence[tuple[Path, ...]],
    name: str,
    *,
    speakers: int | None = None,
    annotations: dict[str, Dialogue] | None = None,
    on_lost: Callable[[InputError], None],
) -> RecordingsSource:
    """A source of recordings; those that cannot be used are reported, and the rest goes on.

    Args:
        groups: the files of each recording: one, or one for each speaker.
        name: of all of them.
        speakers: tracks of a recording of one channel; as many as there are channels if None.
        annotations: stem of a recording's first file -> what is known of it already, at the
            recording's rate.
        on_lost: takes the recordings that cannot be used.

    Raises:
        InputError: none can be used.
    """
    found: list[tuple[tuple[Path, ...], Dialogue]] = []
    taken: set[str] = set()
    for files in groups:
        try:
            with Recording.open(list(files)) as recording:
                known = (annotations or {}).get(files[0].stem)
                dialogue = _dialogue(recording, files, speakers, known, taken)
        except InputError as error:
            on_lost(error)
            continue
        taken.add(dialogue.id)
        found.append((files, dialogue))
    if not found:
        raise InputError(
            "no recording that can be labelled",
            remedy="name audio files, or a folder of them",
            reason="no-recordings",
        )
    return RecordingsSource(name, found)


def _dialogue(
    recording: Recording,
    files: tuple[Path, ...],
    speakers: int | None,
    known: Dialogue | None,
    taken: set[str],
) -> Dialogue:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", files[0].stem).strip(".-") or "recording"
    made, number = fitting_id(name), 1
    while made in taken:
        number += 1
        made = fitting_id(name, f"-{number}")
    if known is not None:
        return _with_sound(known, recording, files, made)
    count = speakers or recording.channels
    if count < recording.channels or (count > recording.channels and recording.channels > 1):
        raise InputError(
            f"{recording.channels} channels for {count} speakers", files[0],
            remedy="leave the number of speakers out, or give each a channel",
            reason="no-such-channel",
        )  # fmt: skip
    names = [_letter(i) for i in range(count)]
    return Dialogue(
        id=made,
        rate=recording.rate,
        length=recording.samples,
        speakers=tuple(Speaker(one) for one in names),
        tracks=tuple(
            Track(one, files[0].name, min(i, recording.channels - 1)) for i, one in enumerate(names)
        ),
    )


def _letter(i: int) -> str:
    return chr(65 + i) if i < 26 else f"S{i + 1}"


def _with_sound(
    known: Dialogue, recording: Recording, files: tuple[Path, ...], made: str
) -> Dialogue:
    import msgspec

    if known.rate != recording.rate or known.length > recording.samples:
        raise InputError(
            f"annotation of {known.length} samples at {known.rate} Hz for a recording of "
            f"{recording.samples} at {recording.rate} Hz",
            files[0], reason="bad-length",
        )  # fmt: skip
    channels = {track.speaker: track.channel for track in known.tracks}
    tracks = tuple(
        Track(speaker.id, files[0].name, min(channels.get(speaker.id, i), recording.channels - 1))
        for i, speaker in enumerate(known.speakers)
    )
    return msgspec.structs.replace(known, id=made, length=recording.samples, tracks=tracks)


def _stamp(files: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    try:
        return tuple((one.stat().st_mtime_ns, one.stat().st_size) for one in files)
    except OSError:
        return ()


def _digest(files: Sequence[Path]) -> str:
    """Of the sizes, and of a megabyte at the start, in the middle, at the end; "" if gone."""
    whole = hashlib.sha256()
    try:
        for path in files:
            size = path.stat().st_size
            whole.update(f"{size}\n".encode())
            with path.open("rb") as file:
                for at in sorted({0, max(0, size // 2 - _SAMPLE // 2), max(0, size - _SAMPLE)}):
                    file.seek(at, os.SEEK_SET)
                    whole.update(file.read(_SAMPLE))
    except OSError:
        return ""
    return whole.hexdigest()
