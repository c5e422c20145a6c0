"""Files that the formats of training programs are made of: lists of JSON lines, and sound.

Written so that equal content gives equal bytes, and read as what anyone may have made: a list names
files below its own folder, and a line that is no entry is an error in its place.
"""

from __future__ import annotations

import json
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Self

import msgspec
import numpy as np

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    Exporter,
    ExportOptions,
    Found,
    Pcm,
    provenance,
    require_any,
)
from interactspeech.errors import InputError
from interactspeech.signal.sound_bytes import decode_sound, encode_sound

_encoder = msgspec.json.Encoder()
#: Of gzip: a fifth of the time of its highest level, for a tenth more bytes; a window with gzip's
#: header.
_PACKED_LEVEL, _GZIP_WBITS = 4, 31
#: A line longer than this is refused before it is parsed.
MAX_LINE = 256 * 1024**2

#: What an entry that is not shaped like one runs into.
UNUSABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)


def parse(data: bytes) -> Any:
    """The value of a line or file of JSON, as anyone may have written it.

    Raises:
        ValueError, RecursionError: it is none, nests too deep, or holds half of a character (a lone
            surrogate), which no file can store; all of them are among `UNUSABLE`.
    """
    value = json.loads(data)
    if b"\\ud" in data or b"\\uD" in data:
        json.dumps(value, ensure_ascii=False).encode()
    return value


@dataclass
class JsonLines:
    """A file of one JSON value a line; gzip-compressed where it is called ``.gz``.

    What is there already stays: an export that was killed goes on behind it.
    """

    path: Path

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = self.path.open("ab")
        self._is_packed = self.path.suffix == ".gz"
        self._packer: zlib._Compress | None = None

    def write(self, value: Any) -> None:
        """Append one value; `msgspec.Raw` within it is JSON already."""
        line = _encoder.encode(value) + b"\n"
        self._raw.write(self._open_member().compress(line) if self._is_packed else line)

    def end_member(self) -> None:
        """Finish what was compressed so far; what follows is a member of its own."""
        if self._packer is not None:
            self._raw.write(self._packer.flush())
        self._packer = None

    def flush(self) -> None:
        """Hand what was written to the system; compressed lines only once `end_member` was."""
        self._raw.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._is_packed and self._packer is None and not self._raw.tell():
            self._open_member()
        self.end_member()
        self._raw.close()

    def _open_member(self) -> zlib._Compress:
        if self._packer is None:
            # No name and no time inside: equal content gives equal bytes.
            self._packer = zlib.compressobj(_PACKED_LEVEL, wbits=_GZIP_WBITS)
        return self._packer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def wav(samples: Pcm, rate: int) -> bytes:
    """16-bit samples, shape ``(n,)`` or ``(n, channels)``, as a WAV file."""
    return encode_sound(samples, rate, "WAV", "PCM_16")


def flac(samples: Pcm, rate: int) -> bytes:
    """16-bit samples of shape ``(n,)`` as a FLAC file."""
    return encode_sound(samples, rate, "FLAC", "PCM_16")


def explained(error: BaseException) -> str:
    """What is wrong with a row, for a person, in place of the Python error that it ran into.

    >>> explained(KeyError("duration"))
    "lacks 'duration'"
    """
    if isinstance(error, KeyError):
        return f"lacks {error.args[0]!r}"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON ({error.msg})"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror or error}"
    if isinstance(error, RecursionError):
        return "nests too deep"
    if isinstance(error, UnicodeError):
        return "holds text that is not Unicode"
    if isinstance(error, msgspec.MsgspecError) or type(error) is ValueError:
        return f"does not fit: {error}"
    return "holds a value of the wrong kind, or null where there must be one"


def lists(path: Path) -> list[Path]:
    """The lists of dialogues at `path`: itself, or those in the folder."""
    if path.is_file():
        return [path]
    return sorted(path.glob("*.jsonl")) or [
        listing for listing in sorted(path.glob("*.json")) if _is_manifest(listing)
    ]


def _is_manifest(path: Path) -> bool:
    """True for JSON lines under the ending .json, as NeMo calls its manifests."""
    try:
        with path.open("rb") as file:
            return b'"audio_filepath"' in file.readline(MAX_LINE)
    except OSError:
        return False


def entries(path: Path, dialogue: Callable[[bytes, Path], Found]) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error.

    Args:
        path: a list, or a folder of lists.
        dialogue: makes a dialogue of a line, given the folder of its list.

    Raises:
        InputError: there is no list.
    """
    return _entries(require_any(lists(path), path, "list (.jsonl)"), dialogue)


def _entries(
    found: list[Path], dialogue: Callable[[bytes, Path], Found]
) -> Iterator[Found | InputError]:
    for listing in found:
        if listing.name == "provenance.jsonl":
            continue
        with remote.opened(listing, in_order=True) as lines:
            number = 0
            while line := lines.readline(MAX_LINE + 1):
                number += 1
                try:
                    yield dialogue(line, listing.parent)
                except InputError as error:
                    error.path, error.line = error.path or listing, error.line or number
                    yield error
                except (*UNUSABLE, OSError) as error:
                    problem = f"is no row that can be used: it {explained(error)}"
                    yield InputError(problem, listing, number, reason="bad-record")
            if not number:
                yield InputError("holds no rows", listing, reason="empty-file")


def inside(folder: Path, name: str) -> Path:
    """A file of the data set by the name that its list gives it: below the folder, nowhere else.

    Raises:
        InputError: the name leads out of the folder (reason ``"unsafe-path"``).
    """
    parts = PurePosixPath(str(name).replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in str(name):
        raise InputError(
            f"the path {str(name)[:120]!r} leads out of the folder", folder,
            remedy="lists name files beside them", reason="unsafe-path",
        )  # fmt: skip
    found = folder / str(parts)
    if not remote.is_remote(found) and not found.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"the link {str(name)[:120]!r} leads out of the folder", folder, reason="unsafe-path"
        )
    if not found.is_file():
        raise InputError("does not exist", found, reason="missing-file")
    return found


def sound(path: Path) -> tuple[Any, int]:
    """Samples of a sound file, float32 of shape ``(channels, n)``, and its rate."""
    import soundfile

    try:
        with remote.opened(path) as file:
            samples, rate = decode_sound(file.read())
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"is no audio: {error}", path, reason="bad-audio") from None
    return np.ascontiguousarray(samples.T), int(rate)


class ListExporter(Exporter):
    """A format whose dialogues are named in one list, `file`, which grows by a line at a time."""

    file: ClassVar[str]

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        self._lines = JsonLines(folder / self.file)

    def close(self) -> None:
        """Finish the list."""
        self._lines.close()

    @property
    def growing(self) -> tuple[Path, ...]:
        """The list."""
        return (self._lines.path,)

    def is_settled(self) -> bool:
        """After every dialogue."""
        return True

    def flush(self) -> None:
        """Hand the list to the system."""
        self._lines.flush()


class JsonLinesExporter(ListExporter):
    """A format of one list alone: the rows of each dialogue, with its id, licence and source."""

    @abstractmethod
    def rows(self, piece: ExportedDialogue) -> Iterable[dict[str, Any]]:
        """The rows of one dialogue.

        Raises:
            InputError: it has none.
        """

    def add(self, piece: ExportedDialogue) -> None:
        """Write the rows of one dialogue."""
        found = list(self.rows(piece))
        source = provenance(piece.dialogue)
        for row in found:
            self._lines.write({**row, **source})
