"""FLAC by its frames (RFC 9639): where the last one ends is how long the sound is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from interactspeech.signal.byte_source import ByteSource, Stretch
from interactspeech.signal.containers.contents import (
    OPEN_LENGTH,
    Contents,
    Part,
    bytes_behind,
    crc_table,
)  # fmt: skip
from interactspeech.signal.decoder import truncated

#: A STREAMINFO block, last or not, behind the marker: how every stream begins.
_BEGINNINGS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
#: The last frame is looked for in so many bytes; frames are smaller, but for odd settings.
_LAST = 1 << 19
#: Totals from here on (200 hours at 96 kHz) are placeholders.
_PLACEHOLDER = 1 << 35


_CRC8: Final = crc_table(0x07, 8)
_CRC16: Final = crc_table(0x8005, 16)


@dataclass
class _FlacStream:
    """One FLAC stream in a file: its header, and what its last frame says."""

    begin: int
    stop: int
    block: int
    channels: int
    rate: int
    total: int
    #: Samples up to the end of the last frame, None if that frame is incomplete.
    measured: int | None = None
    #: Samples up to the last frame whose header is right, complete or not.
    reached: int = 0


def inspect_flac(source: ByteSource) -> Contents | None:
    """Contents of a FLAC file; None if it has no stream at its beginning.

    Raises:
        InputError: it is truncated.
    """
    begins = _beginnings(source)
    if not begins or (begins[0] and source.at(0, 3) != b"ID3"):
        return None
    notes: list[str] = []
    parts: list[Part] = []
    plain = len(begins) == 1 and begins[0] == 0
    first: _FlacStream | None = None
    for begin, stop in zip(begins, [*begins[1:], source.size], strict=True):
        stream = _stream(source, begin, stop, notes)
        if first is None:
            first = stream
        elif (stream.channels, stream.rate) != (first.channels, first.rate):
            notes.append(bytes_behind(source.size - begin, "a FLAC stream of another format"))
            break
        length, changed = _length(source, stream, notes)
        plain = plain and not changed
        packed = stream.rate << 44 | stream.channels - 1 << 41 | _bits(source, begin) << 36 | length
        patch = (18, packed.to_bytes(8, "big"))
        parts.append(Part(Stretch(begin, stream.stop, patches=(patch,) if changed else ())))
    if plain:
        return Contents("FLAC", notes=tuple(notes))
    if len(parts) > 1:
        notes.insert(0, f"it is {len(parts)} streams one after the other; all are read")
    return Contents("FLAC", tuple(parts), "counted", tuple(notes))


def _length(source: ByteSource, stream: _FlacStream, notes: list[str]) -> tuple[int, bool]:
    """Samples of a stream, and whether its header says otherwise."""
    open_length = stream.total == 0 or stream.total >= _PLACEHOLDER
    if stream.measured is None:
        if open_length and stream.reached:
            notes.append(OPEN_LENGTH + "; its last frame is incomplete and is not read")
            return stream.reached, True
        if not open_length and stream.reached < stream.total:
            problem = "is truncated: its last frame is incomplete"
            if stream.reached:
                problem = (
                    f"is truncated: it ends after {stream.reached / stream.rate:,.2f} of "
                    f"{stream.total / stream.rate:,.2f} s"
                )
            raise truncated(source.path, problem)
        return stream.total, False
    if open_length:
        notes.append(OPEN_LENGTH)
        return stream.measured, True
    if stream.measured < stream.total:
        raise truncated(
            source.path,
            f"is truncated: it ends after {stream.measured / stream.rate:,.2f} of "
            f"{stream.total / stream.rate:,.2f} s",
        )
    if stream.measured > stream.total:
        notes.append(
            f"its header promises {stream.total:,} samples and {stream.measured:,} are there; "
            "all are read"
        )
        return stream.measured, True
    return stream.total, False


def _beginnings(source: ByteSource) -> list[int]:
    """Where streams begin."""
    found = []
    for magic in _BEGINNINGS:
        at = -1
        while (at := source.find(magic, at + 1, source.size)) >= 0:
            found.append(at)
    return sorted(found)


def _bits(source: ByteSource, begin: int) -> int:
    """Bits of a sample minus one, as STREAMINFO stores them."""
    return int.from_bytes(source.at(begin + 18, 8), "big") >> 36 & 31


def _stream(source: ByteSource, begin: int, stop: int, notes: list[str]) -> _FlacStream:
    head = source.at(begin, 42)
    packed = int.from_bytes(head[18:26], "big")
    stream = _FlacStream(
        begin, stop, int.from_bytes(head[10:12], "big"), (packed >> 41 & 7) + 1,
        packed >> 44 or 1, packed & (1 << 36) - 1,
    )  # fmt: skip
    if source.at(stop - 128, 3) == b"TAG" and stop - 128 > begin:
        stream.stop = stop - 128
        notes.append(bytes_behind(128, "an ID3v1 tag"))
    audio = begin + 4
    while True:  # metadata blocks, pictures among them
        block = source.at(audio, 4)
        if len(block) < 4 or audio > stop:
            return stream
        audio += 4 + int.from_bytes(block[1:], "big")
        if block[0] & 0x80:
            break
    low = max(audio, stream.stop - _LAST)
    tail = source.at(low, max(stream.stop - low, 0))
    if not _last_frame(stream, tail):
        bare = tail.rstrip(b"\0")
        if len(bare) < len(tail) and _last_frame(stream, bare):
            notes.append(bytes_behind(len(tail) - len(bare), "padding"))
            stream.stop = low + len(bare)
    return stream


def _last_frame(stream: _FlacStream, tail: bytes) -> bool:
    """Look for the last frame of a stream in its last bytes; whether it is complete."""
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        if at + 1 < len(tail) and tail[at + 1] in (0xF8, 0xF9):
            found = _frame(tail, at, stream)
            if found is not None:
                start, count = found
                complete = _checksum16(tail[at:]) == 0
                if complete:
                    stream.measured = start + count
                # An incomplete frame is no sound; the one before it is.
                stream.reached = start + count if complete else start
                return complete
    return False


def _checksum16(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value


def _frame(data: bytes, at: int, stream: _FlacStream) -> tuple[int, int] | None:
    """First sample and number of samples of the frame whose header is at a place, or None."""
    size_code, rate_code = data[at + 2] >> 4 if at + 2 < len(data) else 0, 0
    if at + 5 > len(data):
        return None
    rate_code = data[at + 2] & 15
    if not size_code or rate_code == 15 or data[at + 3] & 1 or data[at + 3] >> 4 > 10:
        return None
    number, place = _coded(data, at + 4)
    if place < 0:
        return None
    if size_code in (6, 7):
        width = size_code - 5
        count = int.from_bytes(data[place : place + width], "big") + 1
        place += width
    elif size_code == 1:
        count = 192
    else:
        count = 576 << size_code - 2 if size_code < 6 else 256 << size_code - 8
    place += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if place >= len(data):
        return None
    check = 0
    for byte in data[at : place + 1]:
        check = _CRC8[check ^ byte]
    if check:
        return None
    variable = data[at + 1] & 1
    return (number if variable else number * stream.block), count


def _coded(data: bytes, at: int) -> tuple[int, int]:
    """A number coded as UTF-8 codes characters, and where it ends; -1 for an end if it is none."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    width = 0
    while width < 8 and first << width & 0x80:
        width += 1
    if not 2 <= width <= 7 or at + width > len(data):
        return 0, -1
    value = first & (0x7F >> width)
    for byte in data[at + 1 : at + width]:
        if byte & 0xC0 != 0x80:
            return 0, -1
        value = value << 6 | byte & 0x3F
    return value, at + width
