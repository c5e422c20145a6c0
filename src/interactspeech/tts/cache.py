"""A content-addressed cache of speech on disk.

The key is everything that the sound depends on: text, voice with the engine's version and its
weights' hash, and style. An entry is one file, written under a temporary name and renamed, so that
any number of processes may share a cache and a crash leaves no partial entry:

```
a line of JSON     text, voice, words, rate, number of samples, CRC-32 of what follows
2 bytes a sample   little-endian integers, which hold an engine's samples exactly
```
Samples are not compressed, for compressing speech takes longer than the fast engine takes to speak
it. Entries of earlier versions, the words as JSON and the sound as FLAC beside it, are read still.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from contextlib import suppress
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from interactspeech._typing import Int16Array
from interactspeech.models.weights import cache_dir
from interactspeech.records import Speech, TimesOrigin, Voice, Word
from interactspeech.tts.interface import Style

#: Entries that are written between two looks at the size of a bounded cache.
_PRUNE_EVERY = 200


class _CacheEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metadata of the sound; `text` is for people who inspect the cache."""

    text: str
    rate: int
    samples: int
    times: TimesOrigin
    voice: Voice
    words: tuple[Word, ...]
    crc32: int | None = None  #: of the samples' bytes; FLAC has its own


class _Key(msgspec.Struct, frozen=True):
    text: str
    voice: Voice
    style: Style
    format: int = 1


class SpeechCache:
    """Speech under ``<root>/speech``.

    Args:
        root: the user's cache by default (`weights.cache_dir`).
        limit: bytes above which the entries written longest ago are dropped; None keeps all.
    """

    def __init__(self, root: Path | None = None, limit: int | None = None) -> None:
        self.root = (root or cache_dir()) / "speech"
        self.limit = limit
        self._written = 0

    def get(self, text: str, voice: Voice, style: Style) -> Speech | None:
        """The speech kept for these, or None. A damaged entry counts as none."""
        file = self._file(text, voice, style)
        try:
            head, found, sound = file.read_bytes().partition(b"\n")
            entry = msgspec.json.decode(head, type=_CacheEntry)
        except OSError:
            return _read_flac(file.with_suffix(".flac"))
        except msgspec.MsgspecError:
            return None
        if not found or len(sound) != 2 * entry.samples or zlib.crc32(sound) != entry.crc32:
            return None
        return _speech(entry, np.frombuffer(sound, "<i2"))

    def put(self, text: str, style: Style, speech: Speech) -> None:
        """Keep `speech`, which must be quantised to 16 bits (engines see to that)."""
        file = self._file(text, speech.voice, style)
        file.parent.mkdir(parents=True, exist_ok=True)
        sound = np.rint(speech.samples * np.float32(32768)).astype("<i2").tobytes()
        entry = _CacheEntry(
            text,
            speech.rate,
            len(speech.samples),
            speech.times,
            speech.voice,
            speech.words,
            zlib.crc32(sound),
        )
        _write(file, msgspec.json.encode(entry) + b"\n" + sound)
        self._written += 1
        if self.limit is not None and self._written % _PRUNE_EVERY == 0:
            self.prune(self.limit)

    def prune(self, limit: int) -> int:
        """Drop the entries written longest ago until at most `limit` bytes of sound are left.

        Returns:
            The bytes of sound dropped.
        """
        found = []
        for sound in chain(self.root.glob("*/*.speech"), self.root.glob("*/*.flac")):
            with suppress(OSError):  # another process may have dropped it
                status = sound.stat()
                found.append((status.st_mtime_ns, sound, status.st_size))
        total = sum(size for _, _, size in found)
        dropped = 0
        for _, sound, size in sorted(found):
            if total - dropped <= limit:
                break
            sound.unlink(missing_ok=True)
            if sound.suffix == ".flac":
                sound.with_suffix(".json").unlink(missing_ok=True)
            dropped += size
        return dropped

    def _file(self, text: str, voice: Voice, style: Style) -> Path:
        key = msgspec.json.encode(_Key(text, voice, style), order="deterministic")
        name = hashlib.sha256(key).hexdigest()
        return self.root / name[:2] / f"{name}.speech"


def _read_flac(sound: Path) -> Speech | None:
    """An entry as versions up to 0.1.0 wrote it."""
    try:
        entry = msgspec.json.decode(sound.with_suffix(".json").read_bytes(), type=_CacheEntry)
    except (OSError, msgspec.MsgspecError):
        return None
    import soundfile

    try:
        samples, rate = soundfile.read(sound, dtype="int16")
    except (OSError, soundfile.LibsndfileError):
        return None
    if rate != entry.rate or len(samples) != entry.samples:
        return None
    return _speech(entry, samples)


def _speech(entry: _CacheEntry, samples: Int16Array) -> Speech:
    scaled = np.asarray(samples, np.float32) / np.float32(32768)
    return Speech(scaled, entry.rate, entry.words, entry.times, entry.voice)


def _write(file: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=file.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
