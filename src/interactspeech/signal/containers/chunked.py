"""AIFF, AU, SPHERE, VOC and CAF: the promise of their data chunk held to the file.

Sources: Apple's AIFF-C and CAF descriptions, Sun's au(4), NIST's SPHERE 2.6, Creative's VOC.
"""

from __future__ import annotations

from interactspeech.errors import InputError
from interactspeech.signal.byte_source import ByteSource, Stretch
from interactspeech.signal.containers.contents import (
    OPEN_LENGTH,
    Contents,
    Part,
    bytes_behind,
    continues_as_sound,
    is_placeholder,
    joined,
    known_tail,
    require,
)  # fmt: skip
from interactspeech.signal.decoder import truncated
from interactspeech.signal.soundfile_decoder import RawFormat

_VOC = b"Creative Voice File\x1a"
_INTEGERS = {1: "PCM_S8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}
_WIDTH = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4,
          "DOUBLE": 8, "ULAW": 1, "ALAW": 1}  # fmt: skip


def _block(raw: RawFormat | None) -> int:
    return _WIDTH[raw.subtype] * raw.channels if raw is not None else 1


def _measured(
    kind: str, source: ByteSource, start: int, promised: int, raw: RawFormat | None,
    behind: int | None = None, *, chunk: str = "data chunk", open_length: bool = False,
    magic: bytes,
) -> Contents:  # fmt: skip
    """Contents of a file with `promised` bytes of data from `start` on.

    Their format is `raw`, None if only libsndfile can tell. `behind` is where well-formed chunks
    behind the data end, None for the end of the data; `open_length`: the header says that the
    length is unknown; `magic`: how a file of the kind begins.
    """
    there = source.size - start
    block = _block(raw)
    if open_length or is_placeholder(promised, there):
        if raw is None:
            return Contents(kind, notes=(OPEN_LENGTH,))
        part = Part(Stretch(start, start + there // block * block), raw)
        return Contents(kind, (part,), "counted", (OPEN_LENGTH,))
    require(source.path, chunk, promised, there, block)
    if promised > there and raw is not None:
        return Contents(kind, (Part(Stretch(start, start + there // block * block), raw),))
    end = start + promised
    behind = end if behind is None else behind
    left = source.size - behind
    if left < 8:
        return Contents(kind)
    if (several := joined(kind, source, behind, magic)) is not None:
        return several
    what = known_tail(source, behind, source.size)
    if not what and raw is not None and behind - end < 2 and left >= 64 * block:
        stretch = Stretch(end, end + (source.size - end) // block * block)
        if continues_as_sound(source.path, stretch, raw):
            note = (
                f"its {chunk} promises {promised:,} bytes and the sound goes on behind them: all "
                f"{there:,} are read"
            )
            part = Part(Stretch(start, start + there // block * block), raw)
            return Contents(kind, (part,), "counted", (note,))
    # libsndfile reads some of these to the end of the file, whatever the header promises.
    parts = () if raw is None else (Part(Stretch(start, end), raw),)
    return Contents(kind, parts, notes=(bytes_behind(left, what),))


def inspect_aiff(source: ByteSource) -> Contents | None:
    """Contents of an AIFF or AIFF-C file.

    Raises:
        InputError: it is truncated.
    """
    if source.at(8, 4) not in (b"AIFF", b"AIFC"):
        return None
    raw: RawFormat | None = None
    frames, data = -1, None
    at = 12
    while at + 8 <= source.size:
        name, size = source.at(at, 4), int.from_bytes(source.at(at + 4, 4), "big")
        if not all(32 <= sign < 127 for sign in name) or name == b"FORM":
            break
        if name == b"COMM":
            frames, raw = _common(source.at(at + 8, min(size, 40)))
        elif name == b"SSND" and data is None:
            offset = int.from_bytes(source.at(at + 8, 4), "big")
            data = (at + 16 + offset, size - 8 - offset if size else 0)
            if data[1] <= 0 or data[0] + data[1] > source.size:
                break
        if at + 8 + size > source.size:
            break
        at += 8 + size + size % 2
    if data is None or frames < 0:
        return None
    start, promised = data
    block = _block(raw)
    if promised > 0 and raw is not None and not is_placeholder(promised, source.size - start):
        if frames * block > promised and not is_placeholder(frames * block, promised):
            promised = frames * block  # COMM promises more than SSND
        elif promised - frames * block >= block and frames:
            note = (
                f"its header promises {frames:,} samples and its sound chunk holds "
                f"{promised // block:,}; all are read"
            )
            require(source.path, "SSND chunk", promised, source.size - start, block)
            part = Part(Stretch(start, start + promised // block * block), raw)
            return Contents("AIFF", (part,), "counted", (note,))
    behind = at if at > start else None
    unknown = promised <= 0 < source.size - start or (frames == 0 and promised > 0)
    return _measured(
        "AIFF", source, start, max(promised, 0), raw, behind, chunk="SSND chunk",
        open_length=unknown, magic=b"FORM",
    )  # fmt: skip


def _common(body: bytes) -> tuple[int, RawFormat | None]:
    if len(body) < 18:
        return -1, None
    channels, frames, bits = (int.from_bytes(body[a:b], "big") for a, b in ((0, 2), (2, 6), (6, 8)))
    exponent = int.from_bytes(body[8:10], "big") & 0x7FFF
    # Out of bounds anyway, and beyond what a double holds.
    rate = int.from_bytes(body[10:18], "big") * 2.0 ** min(exponent - 16446, 0)
    kind = body[18:22] or b"NONE"
    endian = "LITTLE" if kind == b"sowt" else "BIG"
    subtype = {
        b"fl32": "FLOAT", b"FL32": "FLOAT", b"fl64": "DOUBLE", b"FL64": "DOUBLE",
        b"ulaw": "ULAW", b"ULAW": "ULAW", b"alaw": "ALAW", b"ALAW": "ALAW",
    }.get(kind)  # fmt: skip
    if kind in (b"NONE", b"sowt", b"twos"):
        subtype = _INTEGERS.get((bits + 7) // 8)
    if subtype is None or not channels or not 1 <= rate < 2**31:
        return frames, None
    return frames, RawFormat(subtype, endian, channels, round(rate))


def inspect_au(source: ByteSource) -> Contents | None:
    """Contents of a Sun or NeXT file.

    Raises:
        InputError: it is truncated.
    """
    head = source.at(0, 24)
    if len(head) < 24:
        return None
    order = "big" if head[:4] == b".snd" else "little"
    start, promised, coding, rate, channels = (
        int.from_bytes(head[at : at + 4], order)  # type: ignore[arg-type]
        for at in range(4, 24, 4)
    )
    subtype = {1: "ULAW", 2: "PCM_S8", 3: "PCM_16", 4: "PCM_24", 5: "PCM_32", 6: "FLOAT",
               7: "DOUBLE", 27: "ALAW"}.get(coding)  # fmt: skip
    raw = None
    if subtype and 0 < channels < 1024 and 0 < rate < 2**31:
        raw = RawFormat(subtype, order.upper(), channels, rate)
    unknown = promised == 0xFFFFFFFF
    return _measured("AU", source, start, promised, raw, open_length=unknown, magic=head[:8])


def inspect_sphere(source: ByteSource) -> Contents | None:
    """Contents of a NIST SPHERE file.

    Raises:
        InputError: it is truncated, or compressed by Shorten.
    """
    first = source.at(0, 64).split(b"\n")
    if len(first) < 2 or not first[1].strip().isdigit():
        return None
    start = int(first[1])
    fields: dict[str, str] = {}
    for line in source.at(0, min(start, 1 << 16)).decode("latin-1").splitlines()[2:]:
        if line.strip() == "end_head":
            break
        name, _, value = line.strip().partition(" ")
        fields[name] = value.partition(" ")[2] if value.startswith("-") else value
    coding = fields.get("sample_coding", "pcm").strip().lower()
    if "shorten" in coding or source.at(start, 4) == b"ajkg":
        raise shortened(source)
    if "embedded" in coding:
        problem = f"is SPHERE with sound coded as {coding!r}, which is not decoded"
        remedy = "decompress it with NIST's w_decode or sph2pipe"
        raise InputError(problem, source.path, remedy=remedy, reason="no-decoder")
    try:
        channels = int(fields.get("channel_count", "1"))
        rate = int(float(fields["sample_rate"]))
        width = int(fields.get("sample_n_bytes", "1" if "law" in coding else "2"))
        count = int(fields.get("sample_count", "0"))
    except (KeyError, ValueError, OverflowError):
        return None
    subtype = {"ulaw": "ULAW", "mu-law": "ULAW", "mulaw": "ULAW", "alaw": "ALAW",
               "a-law": "ALAW"}.get(coding, _INTEGERS.get(width))  # fmt: skip
    if subtype is None or not 0 < channels < 1024 or not 0 < rate < 2**31 or count < 0:
        return None
    endian = "BIG" if fields.get("sample_byte_format", "01").strip().startswith("1") else "LITTLE"
    raw = RawFormat(subtype, endian, channels, rate)
    promised = count * channels * width
    return _measured("NIST", source, start, promised, raw, chunk="header", magic=b"NIST_1A\n")


def shortened(source: ByteSource) -> InputError:
    """The error for sound compressed by Shorten."""
    return InputError(
        "is compressed by Shorten, which is not decoded", source.path,
        remedy="decompress it first, for SPHERE: sph2pipe -f wav in.sph out.wav",
        reason="no-decoder",
    )  # fmt: skip


def inspect_voc(source: ByteSource) -> Contents | None:
    """Contents of a Creative Voice file.

    Raises:
        InputError: it is truncated.
    """
    at = int.from_bytes(source.at(20, 2), "little")
    sounds: list[tuple[int, int]] = []
    raw: RawFormat | None = None
    while at < source.size:
        kind = source.at(at, 1)[0]
        if kind == 0:
            at += 1
            break
        head = source.at(at, 4)
        if len(head) < 4:
            raise truncated(source.path, "is truncated: its last block is incomplete")
        size, body = int.from_bytes(head[1:], "little"), at + 4
        skip = {1: 2, 9: 12, 2: 0}.get(kind)
        if skip is not None:
            if kind != 2:
                raw = _voice(source.at(body, 12), kind)
            start, promised = body + skip, max(size - skip, 0)
            if not sounds and (size == 0 or is_placeholder(size << 8, source.size - body)):
                return _measured("VOC", source, start, 0, raw, open_length=True, magic=_VOC)
            require(source.path, "sound block", promised, source.size - start, _block(raw))
            sounds.append((start, promised))
        elif body + size > source.size:
            raise truncated(source.path, "is truncated: its last block is incomplete")
        at = body + size
    if (several := joined("VOC", source, at, _VOC)) is not None:
        return several
    left = source.size - at
    notes = (bytes_behind(left, known_tail(source, at, source.size)),) if left > 0 else ()
    if len(sounds) == 1 and notes and raw is not None:
        start, promised = sounds[0]
        part = Part(Stretch(start, start + promised // _block(raw) * _block(raw)), raw)
        return Contents("VOC", (part,), notes=notes)
    # libsndfile reads one block; the samples of several are read by FFmpeg.
    return Contents("VOC" if len(sounds) < 2 else "VOC of several blocks", notes=notes)


def _voice(body: bytes, kind: int) -> RawFormat | None:
    if len(body) < 12:
        return None
    if kind == 1:
        rate = round(1_000_000 / (256 - body[0]) / 50) * 50
        return RawFormat("PCM_U8", "LITTLE", 1, rate) if body[1] == 0 else None
    rate = int.from_bytes(body[:4], "little")
    coding = int.from_bytes(body[6:8], "little")
    subtype = {0: "PCM_U8", 4: "PCM_16", 6: "ALAW", 7: "ULAW"}.get(coding)
    if subtype is None or not 0 < body[5] < 9 or not 0 < rate < 2**31:
        return None
    return RawFormat(subtype, "LITTLE", body[5], rate)


def inspect_caf(source: ByteSource) -> Contents | None:
    """Contents of an Apple Core Audio file.

    Raises:
        InputError: it is truncated.
    """
    at, data = 8, False
    while at + 12 <= source.size and not (data and source.at(at, 4) == b"caff"):
        name, size = source.at(at, 4), int.from_bytes(source.at(at + 4, 8), "big", signed=True)
        there = source.size - at - 12
        if data and (not all(32 <= sign < 127 for sign in name) or not 0 <= size <= there):
            break
        if name == b"data":
            if size == -1 or is_placeholder(size, there):
                return Contents("CAF", notes=(OPEN_LENGTH,))
            require(source.path, "data chunk", size, there)
            data = True
        elif size < 0:
            return None
        at += 12 + size
    if not data:
        return None
    if (several := joined("CAF", source, at, b"caff")) is not None:
        return several
    left = source.size - at
    return Contents("CAF", notes=(bytes_behind(left),) if left > 0 else ())
