"""WebDataset tars of records: ``<key>.json`` and, beside it, ``<key>.flac`` or ``<key>.wav``.

Tars travel, so nothing is extracted: members are read as streams, in order. Links, folders and
paths are refused by name; a JSON file that is no record is too.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from interactspeech.corpus import remote
from interactspeech.corpus.tar import MAX_AUDIO_MEMBER, MAX_RECORD_MEMBER
from interactspeech.dialogue import Dialogue, Samples, decode
from interactspeech.errors import InputError

Found = tuple[Dialogue, bytes | Samples | None]


def tars(path: Path) -> list[Path]:
    """The tars at `path`: itself, or those in the folder (``shards/`` of a corpus too)."""
    if path.is_file():
        return [path]
    return sorted(path.glob("*.tar")) or sorted(path.glob("shards/*.tar"))


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues, with a FLAC file, samples or nothing; what cannot be used, as its error."""
    for one in tars(path):
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
                    if name != key and group:
                        yield _sample(key, group, one)
                        group = {}
                    key = name
                    opened = tar.extractfile(member)
                    group[kind] = opened.read() if opened is not None else b""
        except (tarfile.TarError, OSError, EOFError) as error:
            yield InputError(f"damaged: {error}", one, reason="bad-tar")
        if group:
            yield _sample(key, group, one)


def _name(member: tarfile.TarInfo, path: Path) -> tuple[str, str]:
    name, _, kind = member.name.partition(".")
    limit = MAX_RECORD_MEMBER if kind == "json" else MAX_AUDIO_MEMBER
    fits = kind in {"json", "flac", "wav"} and name.isascii() and "/" not in name
    if not member.isreg() or not fits or "\\" in name or member.size > limit:
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
        samples, rate = soundfile.read(io.BytesIO(group["wav"]), dtype="float32", always_2d=True)
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
