"""WAV, RF64 (BW64) and Wave64 by their chunks.

Sources: Microsoft's RIFF description (1991), EBU Tech 3306 (RF64), Sony's Wave64 description.
"""

from __future__ import annotations

from dataclasses import dataclass

from interactspeech.signal.byte_source import ByteSource, Stretch
from interactspeech.signal.containers.contents import (
    OPEN_LENGTH,
    Contents,
    Part,
    bytes_behind,
    continues_as_sound,
    is_placeholder,
    known_tail,
    require,
)  # fmt: skip
from interactspeech.signal.decoder import LengthOrigin
from interactspeech.signal.soundfile_decoder import RawFormat

_PCM = {(1, 8): "PCM_U8", (1, 16): "PCM_16", (1, 24): "PCM_24", (1, 32): "PCM_32",
        (3, 32): "FLOAT", (3, 64): "DOUBLE", (6, 8): "ALAW", (7, 8): "ULAW"}  # fmt: skip
_EXTENSIBLE = 0xFFFE
_W64_RIFF = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
#: Chunks that are found behind one without its pad byte.
_CHUNKS = (b"fmt ", b"fact", b"data", b"LIST")
_W64_TAIL = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


@dataclass
class _Wave:
    """One WAV inside a file: where it and its data begin, and what is promised."""

    kind: str
    begin: int
    data: int = 0
    size_field: int = 0
    promised: int = 0
    block: int = 0
    raw: RawFormat | None = None
    #: Where the chunk after the data begins if the promise is kept.
    behind: int = 0
    #: Samples by the fact chunk: those of a codec's last block that are sound.
    fact: int = 0
    #: A chunk before the data lacks its pad byte, on which other readers stumble.
    unpadded: bool = False


def inspect_riff(source: ByteSource) -> Contents | None:
    """Contents of a WAV, RF64 or Wave64 file; None if its chunks make no sense.

    Raises:
        InputError: it is truncated.
    """
    notes: list[str] = []
    parts: list[Part] = []
    plain, at = True, 0
    first: _Wave | None = None
    while at < source.size:
        wave = _wave(source, at)
        if wave is None:
            if first is None:
                return None
            notes.append(bytes_behind(source.size - at))
            break
        if first is None:
            first = wave
        elif (wave.raw is None) != (first.raw is None) or (
            wave.raw is not None and first.raw is not None
            and (wave.raw.channels, wave.raw.rate) != (first.raw.channels, first.raw.rate)
        ):  # fmt: skip
            notes.append(bytes_behind(source.size - at, "a WAV of another format"))
            break
        stop, at, changed = _data_end(source, wave, notes)
        parts.append(_part(wave, stop))
        plain = plain and not changed and not wave.unpadded
    if first is None:
        return None
    if len(parts) > 1:
        notes.insert(0, f"it is {len(parts)} files one after the other; all are read")
    elif plain and not notes and (first.raw is not None or not first.fact):
        return Contents(first.kind, notes=tuple(notes))
    length: LengthOrigin = "header" if plain and len(parts) == 1 else "counted"
    return Contents(first.kind, tuple(parts), length, tuple(notes))


def _data_end(source: ByteSource, wave: _Wave, notes: list[str]) -> tuple[int, int, bool]:
    """Where the data ends, where another file may begin, and whether the header says otherwise."""
    size, there = source.size, source.size - wave.data
    if wave.promised == 0 and _chunks_to(source, wave, wave.data) == size:
        return wave.data, size, False  # really empty
    if is_placeholder(wave.promised, there):
        notes.append(OPEN_LENGTH)
        stop = _next_file(source, wave.data)
        return stop, stop, True
    require(source.path, "data chunk", wave.promised, there, wave.block)
    if wave.promised >= there:
        return size, size, wave.promised != there
    end = wave.data + wave.promised
    behind = _chunks_to(source, wave, wave.behind)
    if behind == size or (behind > wave.behind and size - behind < 8):
        more = _more_data(source, wave)
        if more:
            notes.append(f"a second data chunk, of {more:,} bytes, is not read")
        return end, size, False
    if _is_wave(source, behind):
        return end, behind, False
    wrapped = wave.promised + (there - wave.promised >> 32 << 32)
    if wave.kind == "WAV" and wrapped > wave.promised:  # sizes of 32 bits passed 4 GB
        notes.append("its sizes passed 4 GB and began again at 0; the length was measured")
        return wave.data + wrapped, size, True
    what = known_tail(source, behind, size)
    if what:
        notes.append(bytes_behind(size - behind, what))
        return end, size, False
    following = _next_file(source, behind)
    if wave.raw is not None and behind == wave.behind:
        tail = Stretch(end, following)
        if following - end >= 64 * wave.block and continues_as_sound(source.path, tail, wave.raw):
            notes.append(
                f"its data chunk promises {wave.promised:,} bytes and the sound goes on behind "
                f"them: all {following - wave.data:,} are read"
            )
            return following, following, True
    if following > behind:
        notes.append(bytes_behind(following - behind))
    return end, following, False


def _more_data(source: ByteSource, wave: _Wave) -> int:
    """Bytes in data chunks behind the first, which the format does not provide for."""
    more, at = 0, wave.behind
    while (chunk := _chunk(source, wave, at)) is not None and chunk[3] <= source.size:
        more += chunk[2] if chunk[0] == b"data" else 0
        at = chunk[3]
    return more


def _part(wave: _Wave, stop: int) -> Part:
    if wave.raw is not None:
        length = (stop - wave.data) // wave.block * wave.block
        return Part(Stretch(wave.data, wave.data + length), wave.raw)
    # A codec: the header is needed, with sizes that are true.
    sizes = [(wave.size_field - wave.begin, _field(stop - wave.data, wave.kind))]
    if wave.kind == "WAV":
        sizes.append((4, _field(stop - wave.begin - 8, wave.kind)))
    return Part(Stretch(wave.begin, stop, patches=tuple(sizes)), samples=wave.fact or None)


def _field(value: int, kind: str) -> bytes:
    return (
        value.to_bytes(8, "little")
        if kind == "W64"
        else min(value, 2**32 - 1).to_bytes(4, "little")
    )


def _is_wave(source: ByteSource, at: int) -> bool:
    head = source.at(at, 28)
    if head[:16] == _W64_RIFF and head[24:28] == b"wave":
        return True
    return head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX") and head[8:12] == b"WAVE"


def _next_file(source: ByteSource, start: int) -> int:
    """Where the next WAV begins, or the end."""
    at = start
    while (at := source.find(b"WAVEfmt ", at, source.size)) >= 0:
        if at - 8 >= start and _is_wave(source, at - 8):
            return at - 8
        at += 8
    return source.size


def _chunks_to(source: ByteSource, wave: _Wave, at: int) -> int:
    """Where well-formed chunks that begin at `at` end."""
    while at < source.size and not _is_wave(source, at):
        chunk = _chunk(source, wave, at)
        if chunk is None:
            return at
        _, body, size, behind = chunk
        if body + size > source.size:
            return at
        at = min(behind, source.size)
    return at


def _chunk(source: ByteSource, wave: _Wave, at: int) -> tuple[bytes, int, int, int] | None:
    """Name, start and size of a chunk, and where the next begins; None if it is no chunk."""
    if wave.kind == "W64":
        head = source.at(at, 24)
        size = int.from_bytes(head[16:24], "little") - 24
        if len(head) < 24 or size < 0 or not head[:4].strip().isalnum():
            return None
        return head[:4], at + 24, size, at + 24 + (size + 7) // 8 * 8
    head = source.at(at, 8)
    if len(head) < 8 or not all(32 <= sign < 127 for sign in head[:4]):
        return None
    size = int.from_bytes(head[4:], "big" if wave.kind == "RIFX" else "little")
    return head[:4], at + 8, size, at + 8 + size + size % 2


def _wave(source: ByteSource, begin: int) -> _Wave | None:
    """The WAV that begins at a place, up to its data chunk."""
    head = source.at(begin, 40)
    if head[:16] == _W64_RIFF and head[24:28] == b"wave":
        wave, at = _Wave("W64", begin), begin + 40
    elif _is_wave(source, begin):
        kind = {b"RIFF": "WAV", b"RIFX": "RIFX"}.get(head[:4], "RF64")
        wave, at = _Wave(kind, begin), begin + 12
    else:
        return None
    order = "big" if wave.kind == "RIFX" else "little"
    large: int | None = None
    while (chunk := _chunk(source, wave, at)) is not None:
        name, body, size, at = chunk
        if size % 2 and name != b"data" and source.at(at - 1, 4) in _CHUNKS:
            at, wave.unpadded = at - 1, True  # some writers leave the pad byte out
        if name == b"ds64":
            large = int.from_bytes(source.at(body + 8, 8), "little")
        elif name == b"fmt ":
            _format(wave, source.at(body, min(size, 40)), order)
        elif name == b"fact" and size >= 4:
            wave.fact = int.from_bytes(source.at(body, 4), order)  # type: ignore[arg-type]
        elif name == b"data":
            if not wave.block:
                return None
            wave.data, wave.size_field = body, body - 8 if wave.kind == "W64" else body - 4
            wave.promised, wave.behind = size, at
            if wave.kind == "RF64" and size == 0xFFFFFFFF and large is not None:
                wave.promised, wave.behind = large, body + large + large % 2
            return wave
        if at > source.size:
            return None
    return None


def _format(wave: _Wave, body: bytes, order: str) -> None:
    if len(body) < 16:
        return
    tag, channels, rate, _, block, bits = (
        int.from_bytes(body[a:b], order)  # type: ignore[arg-type]
        for a, b in ((0, 2), (2, 4), (4, 8), (8, 12), (12, 14), (14, 16))
    )
    if tag == _EXTENSIBLE and len(body) >= 26:
        tag = int.from_bytes(body[24:26], order)  # type: ignore[arg-type]
    wave.block = block
    subtype = _PCM.get((tag, bits))
    if subtype and channels and rate and block == channels * bits // 8:
        endian = "BIG" if order == "big" else "LITTLE"
        wave.raw = RawFormat(subtype, endian, channels, rate)
