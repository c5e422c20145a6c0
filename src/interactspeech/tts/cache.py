"""A content-addressed cache of speech on disk.

The key is everything that the sound depends on: text, voice with the engine's version and its
weights' hash, and style. An entry is two files, the words (JSON) and the sound (16-bit FLAC, which
holds an engine's samples exactly). Both are written under a temporary name and renamed, the sound
last, so that any number of processes may share a cache and a crash leaves no partial entry.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.models.weights import cache_dir
from interactspeech.records import Speech, TimesOrigin, Voice, Word
from interactspeech.tts.interface import Style

#: Entries that are written between two looks at the size of a bounded cache.
_PRUNE_EVERY = 200


class _CacheEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Metadata beside the sound; `text` is for people who inspect the cache."""

    text: str
    rate: int
    samples: int
    times: TimesOrigin
    voice: Voice
    words: tuple[Word, ...]


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
        import soundfile

        sound = self._file(text, voice, style)
        try:
            entry = msgspec.json.decode(sound.with_suffix(".json").read_bytes(), type=_CacheEntry)
            samples, rate = soundfile.read(sound, dtype="int16")
        except (OSError, msgspec.MsgspecError, soundfile.LibsndfileError):
            return None
        if rate != entry.rate or len(samples) != entry.samples:
            return None
        scaled = np.asarray(samples, np.float32) / np.float32(32768)
        return Speech(scaled, entry.rate, entry.words, entry.times, entry.voice)

    def put(self, text: str, style: Style, speech: Speech) -> None:
        """Keep `speech`, which must be quantised to 16 bits (engines see to that)."""
        import soundfile

        sound = self._file(text, speech.voice, style)
        sound.parent.mkdir(parents=True, exist_ok=True)
        entry = _CacheEntry(
            text, speech.rate, len(speech.samples), speech.times, speech.voice, speech.words
        )
        _write(sound.with_suffix(".json"), msgspec.json.encode(entry))
        steps = np.rint(speech.samples * 32768).astype(np.int16)
        with _temporary_file(sound) as aside:
            soundfile.write(aside, steps, speech.rate, format="FLAC", subtype="PCM_16")
            aside.replace(sound)
        self._written += 1
        if self.limit is not None and self._written % _PRUNE_EVERY == 0:
            self.prune(self.limit)

    def prune(self, limit: int) -> int:
        """Drop the entries written longest ago until at most `limit` bytes of sound are left.

        Returns:
            The bytes of sound dropped.
        """
        found = []
        for sound in self.root.glob("*/*.flac"):
            with suppress(OSError):  # another process may have dropped it
                status = sound.stat()
                found.append((status.st_mtime_ns, sound, status.st_size))
        total = sum(size for _, _, size in found)
        dropped = 0
        for _, sound, size in sorted(found):
            if total - dropped <= limit:
                break
            sound.unlink(missing_ok=True)
            sound.with_suffix(".json").unlink(missing_ok=True)
            dropped += size
        return dropped

    def _file(self, text: str, voice: Voice, style: Style) -> Path:
        key = msgspec.json.encode(_Key(text, voice, style), order="deterministic")
        name = hashlib.sha256(key).hexdigest()
        return self.root / name[:2] / f"{name}.flac"


class _temporary_file:  # noqa: N801 -- reads as a verb
    """A new file beside `target` to write to; what is not renamed is removed."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> Path:
        handle, name = tempfile.mkstemp(
            prefix=".", suffix=self._target.suffix + ".part", dir=self._target.parent
        )
        os.close(handle)
        self._file = Path(name)
        return self._file

    def __exit__(self, *_: object) -> None:
        self._file.unlink(missing_ok=True)


def _write(file: Path, data: bytes) -> None:
    with _temporary_file(file) as aside:
        aside.write_bytes(data)
        aside.replace(file)
