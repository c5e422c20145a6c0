"""MPEG audio (MP3) by its frames: the length is the count of frames, whatever a header estimates.

Sources: ISO 11172-3 and 13818-3 (frame headers), the Xing, Info and VBRI headers as LAME and
Fraunhofer write them.
"""

from __future__ import annotations

from dataclasses import dataclass

from interactspeech.signal.byte_source import ByteSource, Stretch
from interactspeech.signal.containers.contents import Contents, Part, bytes_behind, known_tail
from interactspeech.signal.decoder import truncated

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
#: kbit/s by (MPEG-1?, layer).
_BITRATES = {
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
#: Bytes that are looked through for the next frame after ones that are none.
_RESYNC = 1 << 16
#: A header may count its own frame, or not.
_OFF_BY = 1


@dataclass(frozen=True)
class _Frame:
    size: int
    #: Version, layer, rate and whether there is one channel: the same in all frames of a stream.
    stream: tuple[int, int, int, bool]
    samples: int


def _frame(head: bytes) -> _Frame | None:
    """The frame that four bytes begin, or None."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bits, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or bits in (0, 15) or rate_index == 3:
        return None
    rate = _RATES[version][rate_index]
    kbits = _BITRATES[version == 3, layer][bits]
    mono = head[3] >> 6 == 3
    if layer == 1:
        return _Frame((12_000 * kbits // rate + padding) * 4, (version, layer, rate, mono), 384)
    samples = 576 if layer == 3 and version != 3 else 1152
    return _Frame(
        samples // 8 * 1000 * kbits // rate + padding, (version, layer, rate, mono), samples
    )


@dataclass
class _Count:
    """Frames of a file."""

    first: int = -1
    frames: int = 0
    end: int = 0
    #: Bytes between frames that are neither frames nor tags.
    skipped: int = 0
    #: Bytes of a last frame that is cut short; where another format begins.
    partial: int = 0
    changed: int = -1


def inspect_mpeg_audio(source: ByteSource) -> Contents | None:
    """Contents of an MP3 (or MP1, MP2) file; None if it is none, or of free bit rate.

    Raises:
        InputError: its header counts more frames than are there.
    """
    count = _count(source)
    if count.first < 0 or count.frames < 1:
        return None
    head = source.at(count.first, 400)
    frame = _frame(head[:4])
    assert frame is not None
    promised, promised_bytes = _promise(head, frame)
    notes: list[str] = []
    if count.changed >= 0:
        notes.append(bytes_behind(source.size - count.changed, "frames of another format"))
    elif source.size > count.end + count.partial:
        behind = source.size - count.end - count.partial
        tail = known_tail(source, count.end + count.partial, source.size)
        if not tail:
            notes.append(bytes_behind(behind))
    if count.skipped:
        notes.append(f"{count.skipped:,} bytes between its frames are no sound")
    if count.partial:
        notes.append(f"its last frame is incomplete ({count.partial:,} bytes)")
    frames = count.frames - (promised is not None)
    if promised is not None and abs(promised - frames) <= _OFF_BY and not _contradicts(
        promised_bytes, count
    ):  # fmt: skip
        if count.changed < 0:
            return Contents("MP3", notes=tuple(notes))
        stretch = Stretch(count.first, count.end)
        return Contents("MP3", (Part(stretch),), "counted", tuple(notes))
    if promised is not None and promised > frames and not (
        promised_bytes and promised_bytes <= count.end - count.first + frame.size
    ):  # fmt: skip
        raise truncated(
            source.path,
            f"is truncated: its header counts {promised:,} frames and {frames:,} are there",
        )
    if promised is None:
        notes.append("no header counts its frames; they were counted")
    else:
        notes.append(
            f"its header counts {promised:,} frames and {frames:,} are there; all are read"
        )
    begin = count.first + (frame.size if promised is not None else 0)
    prefix = _info_frame(head[:4], frames, count.end - begin)
    if frames < 1:
        return None
    if prefix is None:  # layers I and II: no header exists that could hold the count
        return Contents("MP1/MP2", (), "counted", tuple(notes))
    stretch = Stretch(begin, count.end, prefix)
    return Contents("MP3", (Part(stretch),), "counted", tuple(notes))


def _contradicts(promised: int, count: _Count) -> bool:
    """Whether a header's count of bytes says that far more, or less, belongs to the file."""
    there = count.end - count.first
    return bool(promised) and abs(promised - there) > max(4096, there // 10)


def _count(source: ByteSource) -> _Count:
    """Walk over the frames of a file."""
    found = _Count()
    at, stream = _behind_tags(source, 0), None
    while at < source.size:
        head = source.at(at, 4)
        frame = _frame(head)
        if frame is not None and stream is not None and frame.stream[:3] != stream[:3]:
            following = _frame(source.at(at + frame.size, 4))
            if following is None or following.stream != frame.stream:
                frame = None
            elif frame.stream != stream:
                found.changed = at
                return found
        if frame is not None and stream is None:
            following = _frame(source.at(at + frame.size, 4))
            if at + frame.size < source.size and (
                following is None or following.stream[:3] != frame.stream[:3]
            ):
                frame = None
        if frame is None:
            if head[:3] == b"ID3":
                at = _behind_tags(source, at)
                continue
            place = _next_frame(source, at + 1, stream)
            if place < 0:
                break
            if stream is not None:
                found.skipped += place - at
            at = place
            continue
        if at + frame.size > source.size:
            found.partial = source.size - at
            break
        if stream is None:
            stream, found.first = frame.stream, at
        found.frames += 1
        at += frame.size
        found.end = at
    return found


def _behind_tags(source: ByteSource, at: int) -> int:
    """Where ID3v2 tags that begin at a place end; pictures are inside them."""
    while True:
        head = source.at(at, 10)
        if head[:3] != b"ID3" or len(head) < 10 or any(sign & 0x80 for sign in head[6:]):
            return at
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        at += 10 + size + (10 if head[5] & 0x10 else 0)


def _next_frame(
    source: ByteSource, at: int, stream: tuple[int, int, int, bool] | None
) -> int:  # fmt: skip
    """Where the next two frames in a row of one stream begin, or -1."""
    limit = min(source.size, at + _RESYNC)
    while at < limit:
        block = source.at(at, min(limit - at, 4096))
        place = block.find(b"\xff")
        if place < 0:
            at += max(1, len(block))
            continue
        at += place
        frame = _frame(source.at(at, 4))
        if frame is not None and (stream is None or frame.stream[:3] == stream[:3]):
            following = _frame(source.at(at + frame.size, 4))
            if following is not None and following.stream[:3] == frame.stream[:3]:
                return at
        at += 1
    return -1


def _side(frame: _Frame) -> int:
    """Where a Xing header lies in a frame: behind the side information."""
    version, _, _, mono = frame.stream
    if version == 3:
        return 21 if mono else 36
    return 13 if mono else 21


def _promise(head: bytes, frame: _Frame) -> tuple[int | None, int]:
    """Frames and bytes that a Xing, Info or VBRI header counts: (None, 0) without one.

    A header without a count promises 0 frames.
    """
    at = _side(frame)
    if head[at : at + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(head[at + 4 : at + 8], "big")
        at += 8
        frames = size = 0
        if flags & 1:
            frames = int.from_bytes(head[at : at + 4], "big")
            at += 4
        if flags & 2:
            size = int.from_bytes(head[at : at + 4], "big")
        return frames, size
    if head[36:40] == b"VBRI":
        return int.from_bytes(head[50:54], "big"), int.from_bytes(head[46:50], "big")
    return None, 0


def _info_frame(first: bytes, frames: int, size: int) -> bytes | None:
    """A frame with an Info header that counts `frames` frames of `size` bytes."""
    for bits in range(1, 15):
        head = bytes((first[0], first[1] | 1, (first[2] & 0x0D) | bits << 4, first[3]))
        frame = _frame(head)
        assert frame is not None
        if frame.stream[1] != 3:
            return None
        at = _side(frame)
        if frame.size >= at + 16 + 120:
            info = b"Info" + (3).to_bytes(4, "big") + frames.to_bytes(4, "big")
            info += (size + frame.size).to_bytes(4, "big")
            return head + bytes(at - 4) + info + bytes(frame.size - at - len(info))
    return None
