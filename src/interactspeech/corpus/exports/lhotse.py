"""Lhotse: MultiCut manifests with FLAC files, and Shar; written without the library."""

from __future__ import annotations

import json
from pathlib import Path

from interactspeech.corpus.audio import describe_flac
from interactspeech.corpus.exports.base import PER_SHARD, Exporter, JsonLines, Options, Piece
from interactspeech.corpus.exports.cuts import multi_cut, recording
from interactspeech.corpus.tar import TarWriter


class LhotseExporter(Exporter):
    """``cuts``, ``recordings``, ``supervisions`` as ``.jsonl.gz``; ``audio/`` as it is stored."""

    def __init__(self, folder: Path, options: Options) -> None:
        super().__init__(folder, options)
        (folder / "audio").mkdir()
        self._cuts = JsonLines(folder / "cuts.jsonl.gz")
        self._recordings = JsonLines(folder / "recordings.jsonl.gz")
        self._supervisions = JsonLines(folder / "supervisions.jsonl.gz")

    def add(self, piece: Piece) -> None:
        """Write one dialogue."""
        channels = piece.channels()
        data = piece.item.flac()
        name = f"audio/{piece.item.id}.flac"
        audio = recording(piece.dialogue, range(describe_flac(data)[0]), "file", name)
        cut = multi_cut(piece.dialogue, channels, audio)
        (self.folder / name).write_bytes(data)
        self._recordings.write(audio)
        self._cuts.write(cut)
        for supervision in cut["supervisions"]:
            self._supervisions.write(supervision)

    def close(self) -> None:
        """Finish the manifests."""
        for lines in (self._cuts, self._recordings, self._supervisions):
            lines.close()


class SharShards:
    """``shar/cuts.000000.jsonl.gz`` and, in step with it, a tar for each field of audio."""

    def __init__(self, folder: Path, *fields: str) -> None:
        # A folder of its own: Lhotse takes every file beside the cuts for a field of theirs.
        self._folder, self._fields = folder / "shar", fields
        self._folder.mkdir()
        self._count = 0
        self._cuts: JsonLines | None = None
        self._tars: dict[str, TarWriter] = {}

    def add(self, cut: dict[str, object], **fields: tuple[bytes, dict[str, object]]) -> None:
        """Append a cut, and for each field its FLAC file and `Recording`."""
        if self._count % PER_SHARD == 0:
            self.close()
            number = self._count // PER_SHARD
            self._cuts = JsonLines(self._folder / f"cuts.{number:06d}.jsonl.gz")
            for name in self._fields:
                self._tars[name] = TarWriter(self._folder / f"{name}.{number:06d}.tar")
        self._count += 1
        assert self._cuts is not None
        self._cuts.write(cut)
        for name, (data, manifest) in fields.items():
            # The audio first, its manifest after it: what Lhotse's reader expects.
            self._tars[name].add(f"{cut['id']}.flac", data)
            self._tars[name].add(f"{cut['id']}.json", json.dumps(manifest).encode() + b"\n")

    def close(self) -> None:
        """Finish the open shard."""
        if self._cuts is not None:
            self._cuts.close()
        for tar in self._tars.values():
            tar.close()
        self._cuts, self._tars = None, {}


class SharExporter(Exporter):
    """Lhotse Shar with the audio as it is stored."""

    def __init__(self, folder: Path, options: Options) -> None:
        super().__init__(folder, options)
        self._shards = SharShards(folder, "recording")

    def add(self, piece: Piece) -> None:
        """Write one dialogue."""
        channels = piece.channels()
        data = piece.item.flac()
        audio = recording(piece.dialogue, range(describe_flac(data)[0]), "shar", "")
        self._shards.add(multi_cut(piece.dialogue, channels, audio), recording=(data, audio))

    def close(self) -> None:
        """Finish the last shard."""
        self._shards.close()
