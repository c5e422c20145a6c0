"""What a container holds: stretches of sound, and the promise of its header held to the file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from interactspeech.signal.byte_source import ByteSource, Stretch
from interactspeech.signal.decoder import LengthOrigin, truncated
from interactspeech.signal.soundfile_decoder import RawFormat, SoundFileDecoder


@dataclass(frozen=True)
class Part:
    """A stretch of a file that decodes on its own.

    Attributes:
        stretch: the bytes.
        raw: their format if they are samples without a header.
        samples: how many are sound, where the last block of a codec is filled up.
    """

    stretch: Stretch
    raw: RawFormat | None = None
    samples: int | None = None


@dataclass(frozen=True)
class Contents:
    """What a container holds.

    Attributes:
        kind: name of the container.
        parts: to decode one after the other; () if the file can be decoded as it is.
        length: where the length comes from.
        notes: what is unusual about the file.
    """

    kind: str
    parts: tuple[Part, ...] = ()
    length: LengthOrigin = "header"
    notes: tuple[str, ...] = ()


#: The least size that can be a placeholder, and by how often it then exceeds what is there.
_LARGE, _FAR_BEYOND = 1 << 28, 100
#: Sizes near the largest that 32 and 64 bits hold, signed and unsigned: writers to a pipe leave
#: them, minus the header's size or rounded to their buffer (0x7FFFF000, 0xFFFFFF00, ...).
_LIMITS = ((0x7F000000, 0x80010000), (0xFF000000, 0x100000000), (1 << 62, 1 << 65))
#: The note about such a size.
OPEN_LENGTH = "its header leaves the length open; it was measured"


def is_placeholder(promised: int, there: int) -> bool:
    """Whether a size in a header stands for "unknown" rather than promises so many bytes.

    0 is one where bytes follow. So is a size beyond the file that is near the limit of its type, or
    more than a hundred times what is there (and over 256 MB).
    """
    if promised == 0:
        return there > 0
    if promised <= there:
        return False
    near = any(low <= promised <= high for low, high in _LIMITS)
    return near or (promised >= _LARGE and promised > _FAR_BEYOND * there)


def require(path: Path, chunk: str, promised: int, there: int, block: int = 1) -> None:
    """Check that promised bytes are there, up to an incomplete last block.

    Raises:
        InputError: they are not (reason "truncated-audio").
    """
    if promised - there >= max(block, 1):
        raise truncated(
            path,
            f"is truncated: its {chunk} promises {promised:,} bytes and {there:,} are there",
        )


def known_tail(source: ByteSource, start: int, stop: int) -> str:
    """What bytes behind the sound are, if they are tags or padding; "" otherwise."""
    head = source.at(start, min(stop - start, 4096))
    for magic, name in (
        (b"TAG", "an ID3v1 tag"), (b"ID3", "an ID3 tag"), (b"APETAGEX", "an APE tag"),
        (b"LYRICSBEGIN", "lyrics"),
    ):  # fmt: skip
        if head.startswith(magic):
            return name
    if not head.strip(b"\0"):
        at = start
        while at < stop:
            block = source.at(at, min(1 << 18, stop - at))
            if not block or block.strip(b"\0"):
                return ""
            at += len(block)
        return "padding"
    return ""


def continues_as_sound(path: Path, stretch: Stretch, raw: RawFormat) -> bool:
    """Whether bytes are samples: neighbours correlate, as in sound and not in arbitrary data.

    Arbitrary bytes read as samples are white noise of full scale: their correlation at lag 1 is 0.
    """
    decoder = SoundFileDecoder(path, stretch, raw)
    try:
        sound = decoder.read(0, min(decoder.samples, 2 * decoder.rate)).astype(np.float64)
    finally:
        decoder.close()
    sound = np.where(np.isfinite(sound), sound, 1e9)
    energy = float((sound**2).sum())
    return energy > 0 and float((sound[1:] * sound[:-1]).sum()) > 0.3 * energy


def joined(kind: str, source: ByteSource, behind: int, magic: bytes) -> Contents | None:
    """Contents of files of one kind, one after the other; None if no second one begins `behind`.

    Args:
        kind: name of the container.
        source: the bytes.
        behind: where the first file ends by its own header.
        magic: how each file begins.
    """
    if source.at(behind, len(magic)) != magic:
        return None
    edges = [0]
    while behind >= 0 and behind < source.size:
        edges.append(behind)
        behind = source.find(magic, behind + len(magic), source.size)
    edges.append(source.size)
    parts = tuple(Part(Stretch(low, high)) for low, high in pairwise(edges))
    note = f"it is {len(parts)} files one after the other; all are read"
    return Contents(kind, parts, "counted", (note,))


def bytes_behind(count: int, what: str = "") -> str:
    """The note about bytes behind the sound."""
    return f"{count:,} bytes behind its sound are not read" + (f" ({what})" if what else "")


def crc_table(polynomial: int, bits: int) -> tuple[int, ...]:
    """The table of a cyclic redundancy check, for bytes whose highest bit comes first."""
    top, mask = 1 << bits - 1, (1 << bits) - 1
    rows = []
    for value in range(256):
        row = value << bits - 8
        for _ in range(8):
            row = (row << 1 ^ (polynomial if row & top else 0)) & mask
        rows.append(row)
    return tuple(rows)
