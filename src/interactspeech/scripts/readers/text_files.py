"""Files of text, compressed or not, line by line: found, opened, decoded."""

from __future__ import annotations

import codecs
import glob
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.scripts.readers.corpora import TEXT_CORPORA

#: What a folder is searched for, beside the endings that a `TextCorpus` brings.
SUFFIXES = (".txt", ".json", ".jsonl", ".csv", ".tsv", ".parquet", ".script")
_PACKED = (".gz", ".zst")
#: A line longer than this is no line of text (the longest of SODA is 6 kB).
MAX_LINE = 64 * 1024 * 1024
#: A packed file may hold `UNPACKED` bytes, or so many times its own size if that is more: texts
#: pack to a third or a twentieth, and what packs to a thousandth is made to fill memory and disks.
UNPACKED, MAX_PACKING = 4 * 1024 * 1024, 50
_BLOCK = 1 << 20


def find_files(name: str | Path) -> list[Path]:
    """Files behind a name: a file, a folder (searched through), or a glob pattern; sorted.

    Raises:
        InputError: there is none.
    """
    path = Path(name)
    if path.is_file():
        return [path]
    if path.is_dir():
        endings = _endings()
        found = sorted(f for f in path.rglob("*") if f.is_file() and _is_text(f, endings))
        found = [file for file in found if not _beside_multiwoz(file)]
        what = f"no text dialogues in this folder (looked for {', '.join(endings)})"
    else:
        found = sorted(Path(file) for file in glob.glob(str(name), recursive=True))  # noqa: PTH207 -- absolute patterns
        found = [file for file in found if file.is_file()]
        what = "no such file or folder"
    if not found:
        raise InputError(what, path, remedy="check the path", reason="no-file")
    return found


def _beside_multiwoz(file: Path) -> bool:
    """Whether a file is one of MultiWOZ 2.1's tables and lists, beside its ``data.json``."""
    name = file.name.lower()
    return (
        name.startswith(("ontology.", "slot_descriptions.", "dialogue_acts.", "system_acts."))
        or name.endswith("_db.json")
        or name in {"vallistfile.txt", "testlistfile.txt", "vallistfile.json", "testlistfile.json"}
    ) and any((file.parent / f"data.json{packed}").is_file() for packed in ("", *_PACKED))


def _endings() -> tuple[str, ...]:
    """Endings of text dialogues, those of other packages' corpora after the usual ones."""
    more = (end for corpus in TEXT_CORPORA.usable().values() for end in corpus.endings)
    return tuple(dict.fromkeys((*SUFFIXES, *more)))


def _is_text(file: Path, endings: tuple[str, ...]) -> bool:
    name = file.name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return name.endswith(endings) and not name.startswith((".", "source.", "licen", "readme"))


def kind_of(path: Path) -> str:
    """The suffix that says what is inside, without that of the compression."""
    name = path.name.lower()
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return Path(name).suffix


def open_bytes(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed by its suffix (``.gz``, ``.zst``) up to a limit.

    Raises:
        InputError: it cannot be opened; and from reading: it holds too much (`MAX_PACKING`).
        MissingExtraError: ``.zst`` without zstandard.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(
            f"cannot be opened: {error.strerror or error}", path, reason="unreadable"
        ) from None
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, io.BufferedReader(_Limited(gzip.GzipFile(fileobj=raw), raw, path)))
    if path.suffix.lower() == ".zst":
        try:
            import zstandard
        except ImportError:
            raw.close()
            raise MissingExtraError("zstandard", "zstd", f"reading {path.name}") from None
        unpacked = _ZstdFrames(raw, zstandard.ZstdDecompressor().decompressobj)
        return cast(BinaryIO, io.BufferedReader(_Limited(unpacked, raw, path)))
    return raw


class _ZstdFrames:
    """What the frames of a zstd file hold.

    zstandard's own reader takes a frame that is cut off for the end of the file.
    """

    #: Bytes that are unpacked in one call: four of them may stand for 128 KiB.
    STEP = 2048

    def __init__(self, raw: BinaryIO, frame: Callable[[], Any]) -> None:
        self._raw, self._make = raw, frame
        self._frame: Any = None
        self._packed = b""
        self._ready = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._ready:
            if not self._packed:
                self._packed = self._raw.read(self.STEP)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError("it ends inside a frame")
                return b""
            self._frame = self._frame or self._make()
            self._ready = memoryview(self._frame.decompress(self._packed))
            ended = self._frame.eof
            self._packed = self._frame.unused_data if ended else b""
            self._frame = None if ended else self._frame
        found, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return found

    def close(self) -> None:
        self._ready = memoryview(b"")


class _Limited(io.RawIOBase):
    """What a packed file holds, up to a limit that its own size sets."""

    def __init__(self, unpacked: Any, raw: BinaryIO, path: Path) -> None:
        self._unpacked, self._raw, self._path = unpacked, raw, path
        self._left = self._most = max(UNPACKED, MAX_PACKING * os.fstat(raw.fileno()).st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._unpacked.read(min(len(buffer), _BLOCK))
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"holds more than {self._most:,} bytes, over {MAX_PACKING} times its own size",
                self._path, remedy="unpack it first, if you know what it is", reason="too-large",
            )  # fmt: skip
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._unpacked.close()
        self._raw.close()
        super().close()


def text_lines(path: Path) -> Iterator[tuple[int, str | InputError]]:
    """Numbered lines without their ends; a line that is not UTF-8 is an error in its place."""
    with open_bytes(path) as file:
        number = 0
        try:
            for raw in _byte_lines(file, path):
                number += 1
                try:
                    yield number, raw.rstrip(b"\r\n").decode("utf-8")
                except UnicodeDecodeError as error:
                    yield (
                        number,
                        InputError(
                            "not UTF-8 text",
                            path,
                            number,
                            error.start + 1,
                            "save the file as UTF-8",
                            reason="encoding",
                        ),
                    )
        except (OSError, EOFError, zlib.error) as error:
            yield number, _damaged(path, number, error)
        except Exception as error:
            if type(error).__module__.split(".")[0] != "zstandard":
                raise
            yield number, _damaged(path, number, error)


def _damaged(path: Path, number: int, error: Exception) -> InputError:
    return InputError(
        f"cannot be read on after line {number}: {error}",
        path,
        remedy="the file is damaged or cut short; fetch it again",
        reason="unreadable",
    )


def _byte_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    first = file.readline(MAX_LINE)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _utf16_lines(first, file, path)
        return
    line = first.removeprefix(codecs.BOM_UTF8)
    while line:
        if len(line) >= MAX_LINE:
            raise InputError(
                f"a line of more than {MAX_LINE:,} bytes", path, reason="line-too-long"
            )
        yield line
        line = file.readline(MAX_LINE)


def _utf16_lines(first: bytes, file: BinaryIO, path: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    kept, block = "", first
    while block:
        *lines, kept = (kept + decoder.decode(block)).split("\n")
        for line in lines:
            yield line.encode("utf-8", "replace")
        if len(kept) >= MAX_LINE:
            raise InputError(
                f"a line of more than {MAX_LINE:,} characters", path, reason="line-too-long"
            )
        block = file.read(_BLOCK)
    kept += decoder.decode(b"", final=True)
    if kept:
        yield kept.encode("utf-8", "replace")


def read_whole(path: Path, most: int) -> bytes:
    """All bytes of a file, decompressed.

    Raises:
        InputError: it is damaged, or there are more than `most`.
    """
    try:
        with open_bytes(path) as file:
            data = file.read(most + 1)
    except InputError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, 0, error) from None
    except Exception as error:
        if type(error).__module__.split(".")[0] != "zstandard":
            raise
        raise _damaged(path, 0, error) from None
    if len(data) > most:
        raise InputError(
            f"holds more than {most:,} bytes of JSON", path, remedy="use JSON lines",
            reason="too-large",
        )  # fmt: skip
    return data
