"""MP4 and Matroska (WebM) by their boxes: an outer box that is longer than the file is cut short.

Sources: ISO 14496-12, RFC 8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

from interactspeech.errors import InputError
from interactspeech.signal.byte_source import ByteSource
from interactspeech.signal.containers.contents import Contents, bytes_behind, require

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
#: Elements below a segment that can stand between clusters.
_TOP = frozenset({
    0x114D9B74, 0x1549A966, 0x1654AE6B, _CLUSTER, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367,
    0xEC, 0xBF,
})  # fmt: skip


def inspect_mp4(source: ByteSource) -> Contents | None:
    """Contents of an MP4, M4A or MOV file.

    Raises:
        InputError: its last box is longer than what is there.
    """
    at = 0
    while at + 8 <= source.size:
        head = source.at(at, 16)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if not all(32 <= sign < 127 or sign == 0xA9 for sign in name):
            return Contents("MP4", notes=(bytes_behind(source.size - at),) if at else ())
        if size == 0:  # to the end of the file
            return Contents("MP4")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:
            return Contents("MP4", notes=(bytes_behind(source.size - at),))
        if at and name == b"ftyp":
            return Contents("MP4", notes=(bytes_behind(source.size - at, "another MP4"),))
        label = name.decode("latin-1").strip()
        require(source.path, f"{label} box", size, source.size - at)
        at += size
    return Contents("MP4")


def inspect_matroska(source: ByteSource) -> Contents | None:
    """Contents of a Matroska or WebM file; sizes may be unknown, as in what a browser records.

    Raises:
        InputError: its segment or its last cluster is longer than what is there; or another file
            follows.
    """
    at, within = 0, False
    known = _TOP | {_EBML, _SEGMENT}
    while at < source.size:
        element = _element(source, at)
        if element is None:
            return Contents("Matroska", notes=(bytes_behind(source.size - at),) if at else ())
        identity, body, size = element
        if at and identity == _EBML:
            # FFmpeg reads the clusters of both, whose times both begin at 0, into each other.
            raise InputError(
                "is a Matroska (WebM) file with another one behind it", source.path,
                remedy="cut the files apart", reason="no-decoder",
            )  # fmt: skip
        if within and identity not in known:
            return Contents("Matroska", notes=(bytes_behind(source.size - at),))
        if identity == _SEGMENT:
            if size is not None:
                require(source.path, "segment", size, source.size - body)
            at, within = body, True
        elif within and identity in _TOP:
            if size is None:  # a cluster of unknown size: its children follow
                at = body
                continue
            require(source.path, "last element", size, source.size - body)
            at = body + size
        elif size is None:
            return Contents("Matroska")
        else:
            require(source.path, "last element", size, source.size - body)
            at = body + size
    return Contents("Matroska")


def _element(source: ByteSource, at: int) -> tuple[int, int, int | None] | None:
    """Id, start and size (None if unknown) of the element at a place; None if it is no element."""
    head = source.at(at, 12)
    if not head or not head[0]:
        return None
    width = 9 - head[0].bit_length()
    if width > 4 or len(head) <= width:
        return None
    identity = int.from_bytes(head[:width], "big")
    first = head[width]
    if not first:
        return None
    wide = 9 - first.bit_length()
    if len(head) < width + wide:
        return None
    value = int.from_bytes(head[width : width + wide], "big") & (1 << 7 * wide) - 1
    return identity, at + width + wide, None if value == (1 << 7 * wide) - 1 else value
