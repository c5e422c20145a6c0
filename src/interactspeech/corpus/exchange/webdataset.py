"""WebDataset: tars with a JSON record and an audio file under one key.

Tars travel, so nothing is extracted: members are read as streams, in order. Links, folders and
paths are refused by name; a JSON file that is no record is too.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.data_files import wav
from interactspeech.corpus.exchange.interface import (
    ExportedDialogue,
    Found,
    require_any,
)
from interactspeech.corpus.exchange.tars import TarExporter
from interactspeech.corpus.tar import (
    BLOCK,
    END_MARK,
    MAX_AUDIO_MEMBER,
    MAX_RECORD_MEMBER,
    member_name,
)
from interactspeech.errors import InputError
from interactspeech.records import decode, encode
from interactspeech.signal.flac import to_int16
from interactspeech.signal.sound_bytes import decode_sound


class WebdatasetExporter(TarExporter):
    """``<key>.json`` (the record) and ``<key>.flac`` or ``<key>.wav`` of each dialogue."""

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue; one without audio has its record only."""
        kind = self.options.audio_format
        record_name = member_name(piece.item.id, "json")
        audio_name = f"{record_name.removesuffix('json')}{kind}"
        members = {record_name: encode(piece.dialogue)}
        if piece.item.has_audio and kind == "flac":
            members[audio_name] = piece.flac()
        elif piece.item.has_audio:
            pcm = np.ascontiguousarray(to_int16(piece.audio()).T)
            members[audio_name] = wav(pcm, piece.dialogue.rate)
        self._put(members)


def tars(path: Path) -> list[Path]:
    """The tars at `path`: itself, or those in the folder (``shards/`` of a corpus too)."""
    if path.is_file():
        return [path]
    return sorted(path.glob("*.tar")) or sorted(path.glob("shards/*.tar"))


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues, with a FLAC file, samples or nothing; what cannot be used, as its error."""
    del rate  # records have their own
    return _dialogues(require_any(tars(path), path, "tar"))


def _dialogues(found: list[Path]) -> Iterator[Found | InputError]:
    for one in found:
        key, group = "", dict[str, bytes]()
        try:
            with (
                remote.opened(one, in_order=True) as file,
                tarfile.open(fileobj=file, mode="r|") as tar,
            ):
                for member in tar:
                    try:
                        name, kind = _name(member, one)
                    except InputError as error:
                        yield error
                        continue
                    if group and (name != key or kind in group):
                        # A key that comes again is another sample: it is not merged with this one.
                        yield _sample(key, group, one)
                        group = {}
                    key = name
                    opened = tar.extractfile(member)
                    group[kind] = opened.read() if opened is not None else b""
                _check_end(file, tar.offset, one)
        except InputError as error:
            yield error
        except (tarfile.TarError, OSError, EOFError) as error:
            yield InputError(f"damaged: {error}", one, reason="bad-tar")
        if group:
            yield _sample(key, group, one)


def _check_end(file: BinaryIO, position: int, path: Path) -> None:
    """See that `tarfile` stopped at the end: it takes a damaged header for one and says nothing."""
    file.seek(position)
    header = file.read(BLOCK)
    while header and not any(header):
        header = file.read(1 << 20)
    if header:
        raise InputError(
            f"damaged at byte {position:,}: there is no tar header, and what follows was not read",
            path,
            remedy="fetch it again; its other samples were used",
            reason="bad-tar",
        )
    if file.tell() - position < END_MARK or file.tell() % BLOCK:
        raise InputError(
            f"ends at byte {file.tell():,} without the whole end mark of a tar: a part may be lost",
            path,
            remedy="fetch it again; the samples that are there were used",
            reason="bad-tar",
        )


def _name(member: tarfile.TarInfo, path: Path) -> tuple[str, str]:
    name, _, kind = member.name.partition(".")
    limit = MAX_RECORD_MEMBER if kind == "json" else MAX_AUDIO_MEMBER
    fits = kind in {"json", "flac", "wav"} and name.isascii() and "/" not in name
    plain = member.isreg() and not member.issparse()
    if not plain or not fits or "\\" in name or member.size > limit:
        raise InputError(
            f"member {member.name[:120]!a} is not a plain file <key>.json, .flac or .wav",
            path,
            remedy="it was left out, and nothing was extracted",
            reason="unsafe-member",
        )
    return name, kind


def _sample(key: str, group: dict[str, bytes], path: Path) -> Found | InputError:
    import soundfile

    try:
        if "json" not in group:
            raise InputError(f"{key!r} has audio and no record", path, reason="no-record")  # noqa: TRY301
        dialogue = decode(group["json"], f"{path}/{key}.json")
        if "flac" in group:
            return dialogue, group["flac"]
        if "wav" not in group:
            return dialogue, None
        samples, rate = decode_sound(group["wav"])
        if rate != dialogue.rate:
            raise InputError(  # noqa: TRY301
                f"{key!r}: audio at {rate} Hz for a record at {dialogue.rate} Hz",
                path,
                reason="bad-audio",
            )
    except InputError as error:
        return error
    except (soundfile.LibsndfileError, RuntimeError) as error:
        return InputError(f"{key!r} is no audio: {error}", path, reason="bad-audio")
    return dialogue, samples.T
