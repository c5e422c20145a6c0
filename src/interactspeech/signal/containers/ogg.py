"""Ogg by its pages (RFC 3533): streams one after the other, pages that are cut short."""

from __future__ import annotations

from dataclasses import dataclass, field

from interactspeech.signal.byte_source import ByteSource, Stretch
from interactspeech.signal.containers.contents import (
    Contents,
    Part,
    bytes_behind,
    crc_table,
    known_tail,
)  # fmt: skip
from interactspeech.signal.decoder import truncated

#: How the first packet of a stream of sound begins; libsndfile reads the first two.
_SOUND = {b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"\x7fFLAC": "flac", b"Speex  ": "speex"}
_DECODED = {"vorbis", "opus"}
_CRC32 = crc_table(0x04C11DB7, 32)


@dataclass
class _Link:
    """A section of the chain: streams that begin together."""

    start: int
    stop: int = 0
    streams: dict[int, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    pages: dict[int, int] = field(default_factory=dict)
    begun: bool = False
    open_packet: bool = False
    missing: int = 0
    #: Where the last page begins.
    last_page: int = 0


def inspect_ogg(source: ByteSource) -> Contents | None:
    """Contents of an Ogg file; None where FFmpeg has to read it.

    Raises:
        InputError: the last page or packet is cut short.
    """
    links, junk, cut = _links(source)
    if not links:
        return None
    last = links[-1]
    if cut or (last.open_packet and last.ended != last.streams.keys()):
        raise truncated(source.path, "is truncated: its last page is incomplete")
    notes: list[str] = []
    if junk:
        tail = known_tail(source, last.stop, source.size) if last.stop + junk == source.size else ""
        notes.append(bytes_behind(junk, tail or "between or behind its pages"))
    readable = [link for link in links if _sounds(link)]
    if not readable:
        return None
    for link in links:
        if len(link.streams) - len(link.ended & link.streams.keys()) and link is last:
            notes.append("its last page does not end the stream; all pages are complete")
        if link.missing:
            notes.append(f"{link.missing:,} pages are missing inside")
        if sum(name in _SOUND.values() for name in link.streams.values()) > 1:
            notes.append("it holds several streams of sound; the first is read")
    if len(links) > 1:
        notes.insert(0, f"it is {len(links)} streams one after the other; all are read")
    simple = all(
        len(link.streams) == 1 and set(link.streams.values()) <= _DECODED for link in readable
    )
    if not simple:
        return Contents("OGG", notes=tuple(notes))
    if len(links) == 1 and not junk and links[0].ended:
        return Contents("OGG", notes=tuple(notes))
    parts = tuple(Part(_stretch(source, link)) for link in readable)
    return Contents("OGG", parts, "counted", tuple(notes))


def _stretch(source: ByteSource, link: _Link) -> Stretch:
    """The pages of a section; the last is marked as such, which libsndfile insists on."""
    if link.ended:
        return Stretch(link.start, link.stop)
    page = bytearray(source.at(link.last_page, link.stop - link.last_page))
    page[5] |= 4
    page[22:26] = bytes(4)
    page[22:26] = _checksum(page).to_bytes(4, "little")
    at = link.last_page - link.start
    return Stretch(
        link.start, link.stop, patches=((at + 5, bytes(page[5:6])), (at + 22, bytes(page[22:26])))
    )


def _checksum(page: bytes | bytearray) -> int:
    """CRC-32 of RFC 3533 (polynomial 0x04c11db7, not reflected)."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC32[value >> 24 ^ byte]
    return value


def _sounds(link: _Link) -> bool:
    return any(name in _SOUND.values() for name in link.streams.values())


def _links(source: ByteSource) -> tuple[list[_Link], int, bool]:
    """The sections of the chain, bytes that are in no page, and whether the last page is cut."""
    links: list[_Link] = []
    at = junk = 0
    while at + 27 <= source.size:
        head = source.at(at, 27 + 255)
        if head[:5] != b"OggS\0":
            found = source.find(b"OggS\0", at + 1, source.size)
            found = source.size if found < 0 else found
            junk += found - at
            at = found
            continue
        flags, count = head[5], head[26]
        lacing = head[27 : 27 + count]
        body = at + 27 + count
        stop = body + sum(lacing)
        if len(lacing) < count or stop > source.size:
            return links, junk, True
        serial = int.from_bytes(head[14:18], "little")
        number = int.from_bytes(head[18:22], "little")
        if flags & 2:
            if not links or links[-1].begun:
                links.append(_Link(at))
            first = source.at(body, 8)
            name = next((n for magic, n in _SOUND.items() if first.startswith(magic)), "other")
            links[-1].streams[serial] = name
        elif not links:
            links.append(_Link(at))
        link = links[-1]
        link.begun = link.begun or not flags & 2
        if serial in link.pages and number > link.pages[serial] + 1:
            link.missing += number - link.pages[serial] - 1
        link.pages[serial] = number
        if flags & 4:
            link.ended.add(serial)
        link.open_packet = bool(count) and lacing[-1] == 255
        link.last_page, link.stop = at, stop
        at = stop
    cut = 0 < source.size - at < 27 and source.at(at, 4) == b"OggS"[: source.size - at]
    return links, junk + (0 if cut else source.size - at), cut
