"""Lhotse Shar: cuts, and in step with them tars of audio; also NeMo's duplex form of it.

Written and read without the library. Reading is streaming: nothing is extracted, and every name in
a tar must be the cut's own. In NeMo's form `recording` is the user and `target_audio` the agent.
"""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar, cast

import msgspec
import numpy as np

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.data_files import (
    MAX_LINE,
    UNUSABLE,
    JsonLines,
    explained,
    parse,
)
from interactspeech.corpus.exchange.interface import (
    PER_SHARD,
    ExportedDialogue,
    Exporter,
    ExportOptions,
    Found,
    require_any,
)
from interactspeech.corpus.exchange.lhotse import dialogue_of, multi_cut, recording
from interactspeech.corpus.tar import MAX_AUDIO_MEMBER, TarWriter
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Track
from interactspeech.signal.flac import decode_flac, describe_flac


class SharShards:
    """``shar/cuts.000000.jsonl.gz`` and, in step with it, a tar for each field of audio."""

    def __init__(self, folder: Path, *fields: str) -> None:
        # A folder of its own: Lhotse takes every file beside the cuts for a field of theirs.
        self._folder, self._fields = folder / "shar", fields
        self._folder.mkdir(exist_ok=True)
        self._count = 0
        self._cuts: JsonLines | None = None
        self._tars: dict[str, TarWriter] = {}

    def add(self, cut: dict[str, object], **fields: tuple[bytes, dict[str, object]]) -> None:
        """Append a cut, and for each field its FLAC file and `Recording`."""
        if self._count % PER_SHARD == 0:
            number = self._count // PER_SHARD
            cuts = self._folder / f"cuts.{number:06d}.jsonl.gz"
            cuts.unlink(missing_ok=True)
            self._cuts = JsonLines(cuts)
            for name in self._fields:
                path = self._folder / f"{name}.{number:06d}.tar"
                path.unlink(missing_ok=True)  # a killed export's
                self._tars[name] = TarWriter(path)
        self._count += 1
        assert self._cuts is not None
        self._cuts.write(cut)
        for name, (data, manifest) in fields.items():
            # The audio first, its manifest after it: what Lhotse's reader expects.
            self._tars[name].add(f"{cut['id']}.flac", data)
            self._tars[name].add(f"{cut['id']}.json", json.dumps(manifest).encode() + b"\n")
        if self._count % PER_SHARD == 0:
            self.close()

    def close(self) -> None:
        """Finish the open shard."""
        if self._cuts is not None:
            self._cuts.close()
        for tar in self._tars.values():
            tar.close()
        self._cuts, self._tars = None, {}

    def is_settled(self) -> bool:
        """Whether no shard is open."""
        return self._cuts is None

    def skip(self) -> None:
        """Count a cut that is there already."""
        self._count += 1


class SharExporter(Exporter):
    """Lhotse Shar with the audio as it is stored."""

    #: Of the cuts: those that hold audio.
    fields: ClassVar[tuple[str, ...]] = ("recording",)

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        self._shards = SharShards(folder, *self.fields)

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        channels = piece.channels()
        data = piece.flac()
        audio = recording(piece.dialogue, range(describe_flac(data)[0]), "shar", "")
        self._shards.add(multi_cut(piece.dialogue, channels, audio), recording=(data, audio))

    def close(self) -> None:
        """Finish the last shard."""
        self._shards.close()

    def is_settled(self) -> bool:
        """Between two shards."""
        return self._shards.is_settled()

    def skip(self, piece: ExportedDialogue) -> None:
        """Count it."""
        del piece
        self._shards.skip()


def shards(path: Path) -> list[Path]:
    """The files of cuts at `path`: in the folder, or in its folder ``shar``."""
    for folder in (path, path / "shar"):
        if folder.is_dir() and (found := sorted(folder.glob("cuts.*.jsonl.gz"))):
            return found
    return []


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their audio; what cannot be used, as its error."""
    del rate  # the audio has its own
    return _dialogues(require_any(shards(path), path, "cuts.*.jsonl.gz"))


def _dialogues(found: list[Path]) -> Iterator[Found | InputError]:
    for cuts in found:
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
                problem = f"is no cut that can be used: it {explained(error)}"
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
            plain = member.isreg() and not member.issparse()
            if not plain or "/" in name or "\\" in name or member.size > MAX_AUDIO_MEMBER:
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
    cut = parse(line)
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
