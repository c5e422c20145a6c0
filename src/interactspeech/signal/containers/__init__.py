"""What audio files promise about their length, container by container, held to what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from interactspeech.signal.byte_source import ByteSource
from interactspeech.signal.containers.chunked import (
    inspect_aiff,
    inspect_au,
    inspect_caf,
    inspect_sphere,
    inspect_voc,
    shortened,
)  # fmt: skip
from interactspeech.signal.containers.contents import Contents, Part
from interactspeech.signal.containers.flac_stream import inspect_flac
from interactspeech.signal.containers.mpeg_audio import inspect_mpeg_audio
from interactspeech.signal.containers.nested import inspect_matroska, inspect_mp4
from interactspeech.signal.containers.ogg import inspect_ogg
from interactspeech.signal.containers.riff import inspect_riff

__all__ = ["Contents", "Part", "begins_like_audio", "inspect"]

#: How files begin, at which offset, and what looks into them.
_MAGIC: tuple[tuple[bytes, int, Callable[[ByteSource], Contents | None]], ...] = (
    (b"WAVE", 8, inspect_riff), (b"riff\x2e\x91\xcf\x11", 0, inspect_riff),
    (b"fLaC", 0, inspect_flac), (b"OggS", 0, inspect_ogg), (b"FORM", 0, inspect_aiff),
    (b".snd", 0, inspect_au), (b"dns.", 0, inspect_au), (b"NIST_1A", 0, inspect_sphere),
    (b"Creative Voice File\x1a", 0, inspect_voc), (b"caff", 0, inspect_caf),
    (b"ftyp", 4, inspect_mp4), (b"moov", 4, inspect_mp4), (b"mdat", 4, inspect_mp4),
    (b"wide", 4, inspect_mp4), (b"free", 4, inspect_mp4), (b"styp", 4, inspect_mp4),
    (b"\x1a\x45\xdf\xa3", 0, inspect_matroska),
)  # fmt: skip
#: Other beginnings of audio and video, and of tags in front of them.
_OTHERS = (
    (b"ID3", 0), (b"RIFF", 0), (b"RF64", 0), (b"#!AMR", 0), (b"MAC ", 0), (b"wvpk", 0),
    (b"TTA1", 0), (b"0\x26\xb2\x75\x8e\x66\xcf\x11", 0), (b"FLV\x01", 0), (b"ajkg", 0),
)  # fmt: skip


def begins_like_audio(head: bytes) -> bool:
    """Whether the first 64 bytes of a file are those of a known container of sound."""
    if any(head[at : at + len(magic)] == magic for magic, at, _ in _MAGIC):
        return True
    if any(head[at : at + len(magic)] == magic for magic, at in _OTHERS):
        return True
    # Frames of MPEG audio and of AAC (ADTS).
    return len(head) > 2 and head[0] == 0xFF and head[1] >= 0xE2 and head[2] >> 4 not in (0, 15)


def inspect(path: Path) -> Contents | None:
    """What a file holds; None if its container is none that is looked into.

    Raises:
        InputError: it holds less than its header promises (reason "truncated-audio"), or is
            compressed in a way that nothing here decodes ("no-decoder").
    """
    with ByteSource(path) as source:
        head = source.at(0, 64)
        if head[:4] == b"ajkg":
            raise shortened(source)
        for magic, at, look in _MAGIC:
            if head[at : at + len(magic)] == magic:
                return look(source)
        if head[:3] == b"ID3":
            return inspect_flac(source) or inspect_mpeg_audio(source)
        if head[:1] == b"\xff" or not begins_like_audio(head):
            return inspect_mpeg_audio(source)
    return None
