"""Lhotse Shar: cuts, and in step with them tars of audio; also NeMo's duplex form of it.

Read without the library, as streams: nothing is extracted, and every name must be the cut's own.
"""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.lhotse import MAX_LINE, UNUSABLE, Found, dialogue_of
from interactspeech.corpus.tar import MAX_AUDIO_MEMBER
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Track
from interactspeech.signal.flac import decode_flac, describe_flac


def shards(path: Path) -> list[Path]:
    """The files of cuts at `path`: in the folder, or in its folder ``shar``."""
    for folder in (path, path / "shar"):
        if folder.is_dir() and (found := sorted(folder.glob("cuts.*.jsonl.gz"))):
            return found
    return []


def read(path: Path) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    for cuts in shards(path):
        number = cuts.name.split(".")[1]
        tars = [cuts.with_name(f"{field}.{number}.tar") for field in ("recording", "target_audio")]
        sounds = [_audio(tar) for tar in tars if tar.exists()]
        if not sounds:
            yield InputError("has no tar of its audio beside it", cuts, reason="missing-file")
            continue
        try:
            yield from _shard(cuts, sounds)
        except InputError as error:
            yield error
        except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
            yield InputError(f"cannot be read: {error}", cuts, reason="unreadable")


def _shard(cuts: Path, sounds: list[Iterator[tuple[str, bytes]]]) -> Iterator[Found | InputError]:
    with remote.opened(cuts, in_order=True) as file, gzip.open(file, "rb") as lines:
        for line, *audio in zip_longest(_lines(lines), *sounds):
            if line is None or None in audio:
                yield InputError("cuts and audio are not equally many", cuts, reason="bad-cut")
                return
            number, text = cast(tuple[int, bytes], line)
            try:
                yield _cut(text, cast(list[tuple[str, bytes]], audio))
            except InputError as error:
                error.path, error.line = error.path or cuts, number
                yield error
            except UNUSABLE as error:
                problem = f"not a cut that can be used: {type(error).__name__}: {error}"
                yield InputError(problem, cuts, number, reason="bad-cut")


def _lines(file: Any) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        yield number, line


def _audio(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each FLAC file of a tar, in order."""
    with (
        remote.opened(path, in_order=True) as file,
        tarfile.open(fileobj=file, mode="r|") as tar,
    ):
        for member in tar:
            name, _, kind = member.name.rpartition(".")
            if not member.isreg() or "/" in name or "\\" in name or member.size > MAX_AUDIO_MEMBER:
                raise InputError(
                    f"member {member.name[:120]!a} is not a plain file of a cut", path,
                    remedy="nothing of it was used", reason="unsafe-member",
                )  # fmt: skip
            if kind == "json":
                continue  # the recording's own manifest: the cut has it too
            opened = tar.extractfile(member)
            yield name, opened.read() if opened is not None else b""


def _cut(line: bytes, audio: list[tuple[str, bytes]]) -> Found:
    if len(line) > MAX_LINE:
        raise InputError("a line is too long for a cut", reason="bad-cut")
    cut = json.loads(line)
    for name, _ in audio:
        if name != cut["id"]:
            raise InputError(
                f"the audio of {name[:80]!r} beside the cut {str(cut['id'])[:80]!r}",
                reason="bad-cut",
            )
    described = [describe_flac(data) for _, data in audio]
    _, length, rate = described[0]
    if any(one[1:] != (length, rate) for one in described):
        raise InputError("the fields of a cut are not equally long", reason="bad-audio")
    if round(cut["duration"] * rate) != length or cut["start"] != 0:
        raise InputError(
            "a cut of a part of its recording",
            remedy="export whole recordings (CutSet.to_shar after save_audios)",
            reason="partial-cut",
        )
    if len(audio) == 1:
        return dialogue_of(cut, rate, length), audio[0][1]
    return _duplex(cut, rate, length, [data for _, data in audio])


def _duplex(cut: dict[str, Any], rate: int, length: int, audio: list[bytes]) -> Found:
    """A cut whose `recording` is the user and whose `target_audio` the agent."""
    custom = cut.setdefault("custom", {})
    names = custom.get("roles") or {"user": "user", "agent": "agent"}
    if not custom.get("speakers"):
        custom["speakers"] = [{"id": names[role], "role": role} for role in ("user", "agent")]
    order = [speaker["id"] for speaker in custom["speakers"]]
    for supervision in cut["supervisions"]:
        supervision["speaker"] = names[supervision["speaker"]]
    cut["recording"]["channel_ids"] = [0, 1]
    whole = dialogue_of(cut, rate, length)
    tracks = tuple(Track(speaker, "", place) for place, speaker in enumerate(order))
    sides = dict(zip((names["user"], names["agent"]), audio, strict=True))
    samples = np.concatenate([decode_flac(sides[speaker])[0] for speaker in order])
    fields = {key: getattr(whole, key) for key in Dialogue.__struct_fields__}
    return msgspec.structs.replace(Dialogue(**(fields | {"tracks": tracks}))), samples
