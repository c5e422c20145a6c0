"""Hugging Face data sets: Parquet with an Audio column, and a card that says what is inside.

Each row holds the whole record besides, and with its FLAC file that is what is read back.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.dataset_card import Totals, card
from interactspeech.corpus.exchange.interface import (
    PER_SHARD,
    ExportedDialogue,
    Exporter,
    ExportOptions,
    Found,
    require_any,
)
from interactspeech.corpus.tar import MAX_RECORD_MEMBER
from interactspeech.errors import InputError, UsageError
from interactspeech.records import Dialogue, decode, encode

#: Bytes of audio of a row group (what a reader holds in memory) and of a file.
_GROUP, _FILE = 32 * 1024**2, 480 * 1024**2

_STRING, _INT, _BOOL, _FLOAT = (
    {"dtype": name, "_type": "Value"} for name in ("string", "int64", "bool", "float64")
)


def _list(feature: Any) -> dict[str, Any]:
    return {"feature": feature, "_type": "List"}


_WORD = {"text": _STRING, "start": _INT, "end": _INT, "fragment": _BOOL}
_SPAN = {"start": _INT, "end": _INT}
_UTTERANCE = {
    "id": _STRING,
    "speaker": _STRING,
    "start": _INT,
    "end": _INT,
    "kind": _STRING,
    "text": _STRING,
    "written": _STRING,
    "times": _STRING,
    "speech": _list(_SPAN),
    "words": _list(_WORD),
    "unsaid": _list(_STRING),
}
_EVENT = {
    "type": _STRING,
    "speaker": _STRING,
    "partner": _STRING,
    "start": _INT,
    "end": _INT,
    "origin": _STRING,
    "rules": _STRING,
    "probability": _FLOAT,
    "utterance": _STRING,
    "attributes": _STRING,
}
_SPEAKER = {
    "id": _STRING,
    "name": _STRING,
    "role": _STRING,
    "channel": _INT,
    "engine": _STRING,
    "voice": _STRING,
    "language": _STRING,
    "accent": _STRING,
    "sex": _STRING,
    "licence": _STRING,
}
#: Column -> its type, in the words of `datasets.Features`.
FEATURES: dict[str, Any] = {
    "id": _STRING,
    "audio": {"_type": "Audio"},
    "rate": _INT,
    "length": _INT,
    "seconds": _FLOAT,
    "speakers": _list(_SPEAKER),
    "utterances": _list(_UTTERANCE),
    "events": _list(_EVENT),
    "corpus": _STRING,
    "source_id": _STRING,
    "source_split": _STRING,
    "licence": _STRING,
    "seed": _INT,
    "generator": _STRING,
    "writer": _STRING,
    "timing": _STRING,
    "rule_sets": _STRING,
    "record": _STRING,
}


def row(dialogue: Dialogue, flac: bytes) -> dict[str, Any]:
    """A dialogue as a row of `FEATURES`; times in samples."""
    channels = {track.speaker: track.channel for track in dialogue.tracks}
    source = dialogue.provenance
    return {
        "id": dialogue.id,
        "audio": {"bytes": flac, "path": f"{dialogue.id}.flac"},
        "rate": dialogue.rate,
        "length": dialogue.length,
        "seconds": dialogue.seconds,
        "speakers": [
            {
                "id": speaker.id,
                "name": speaker.name,
                "role": speaker.role,
                "channel": channels[speaker.id],
                "engine": speaker.voice.engine if speaker.voice else "",
                "voice": speaker.voice.name if speaker.voice else "",
                "language": speaker.voice.language if speaker.voice else "",
                "accent": speaker.voice.accent if speaker.voice else "",
                "sex": speaker.voice.sex if speaker.voice else "",
                "licence": speaker.voice.licence if speaker.voice else "",
            }
            for speaker in dialogue.speakers
        ],
        "utterances": [
            {
                "id": one.id,
                "speaker": one.speaker,
                "start": one.start,
                "end": one.end,
                "kind": one.kind,
                "text": one.text,
                "written": one.written,
                "times": one.times,
                "speech": [{"start": span.start, "end": span.end} for span in one.speech],
                "words": [
                    {
                        "text": word.text,
                        "start": word.start,
                        "end": word.end,
                        "fragment": word.fragment,
                    }
                    for word in one.words
                ],
                "unsaid": list(one.unsaid),
            }
            for one in dialogue.utterances
        ],
        "events": [
            {
                "type": event.type,
                "speaker": event.speaker,
                "partner": event.partner,
                "start": event.start,
                "end": event.end,
                "origin": event.origin,
                "rules": event.rules,
                "probability": event.probability,
                "utterance": event.utterance,
                "attributes": json.dumps(event.attributes, sort_keys=True, ensure_ascii=False),
            }
            for event in dialogue.events
        ],
        "corpus": source.corpus,
        "source_id": source.id,
        "source_split": source.split,
        "licence": source.licence,
        "seed": source.seed,
        "generator": source.generator,
        "writer": source.writer,
        "timing": source.timing,
        "rule_sets": msgspec.json.encode(dialogue.rule_sets, order="sorted").decode(),
        "record": encode(dialogue).decode(),
    }


def schema() -> Any:
    """The Arrow schema of `FEATURES`, with the metadata by which `datasets` knows the Audio."""
    import pyarrow as pa

    metadata = {"huggingface": json.dumps({"info": {"features": FEATURES}})}
    return pa.schema(
        [(name, _arrow(feature)) for name, feature in FEATURES.items()], metadata=metadata
    )


def _arrow(feature: Any) -> Any:
    import pyarrow as pa

    kind = feature.get("_type")
    if kind == "Audio":
        return pa.struct({"bytes": pa.binary(), "path": pa.string()})
    if kind == "List":
        return pa.list_(_arrow(feature["feature"]))
    if kind == "Value":
        return {
            "string": pa.string(),
            "int64": pa.int64(),
            "bool": pa.bool_(),
            "float64": pa.float64(),
        }[feature["dtype"]]
    return pa.struct({name: _arrow(inner) for name, inner in feature.items()})


class HuggingfaceExporter(Exporter):
    """``data/<split>-00000-of-00003.parquet``, ... and ``README.md``, the card."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        super().__init__(folder, options)
        split = options.split
        if not (split and split.isascii() and split.replace("_", "").isalnum()):
            raise UsageError(
                f"{split!r} cannot name a split of a data set",
                remedy="use letters, digits and '_'",
            )
        (folder / "data").mkdir(exist_ok=True)
        self._schema = schema()
        self._rows: list[dict[str, Any]] = []
        self._waiting = self._in_file = self._files = 0
        self._writer: Any = None
        self._totals = Totals()

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue."""
        piece.channels()
        flac = piece.flac()
        self._rows.append(row(piece.dialogue, flac))
        self._totals.add(piece.dialogue)
        self._waiting += len(flac)
        if self._waiting >= _GROUP or len(self._rows) >= PER_SHARD:
            self._flush()

    def close(self) -> None:
        """Write the last rows and the card, and say in the files' names how many there are."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
        split = self.options.split
        for number in range(self._files):
            name = f"{split}-{number:05d}-of-{self._files:05d}.parquet"
            self._path(number).rename(self.folder / "data" / name)
        (self.folder / "README.md").write_text(
            card(self._totals, {split: f"data/{split}-*.parquet"}), "utf-8"
        )

    def is_settled(self) -> bool:
        """Between two files."""
        return self._writer is None and not self._rows

    def state(self) -> dict[str, int]:
        """How many files there are."""
        return {"files": self._files}

    def resume(self, state: Mapping[str, int]) -> None:
        """Go on with the next file; those that were named as if they were all get their numbers."""
        self._files = state["files"]
        for path in (self.folder / "data").glob(f"{self.options.split}-*-of-*.parquet"):
            path.rename(self._path(int(path.name.rpartition("-of-")[0].rpartition("-")[2])))
        for path in (self.folder / "data").glob("*.parquet"):
            if int(path.stem) >= self._files:
                path.unlink()

    def skip(self, piece: ExportedDialogue) -> None:
        """Count it for the card."""
        self._totals.add(piece.dialogue)

    def _path(self, number: int) -> Path:
        return self.folder / "data" / f"{number:05d}.parquet"

    def _flush(self) -> None:
        if not self._rows:
            return
        import pyarrow as pa
        from pyarrow import parquet

        if self._writer is None:
            # FLAC does not become smaller; its column is stored as it is.
            packed = {name: "zstd" for name in self._leaves() if not name.startswith("audio.")}
            self._writer = parquet.ParquetWriter(
                self._path(self._files), self._schema, compression=packed or "zstd"
            )
            self._files += 1
            self._in_file = 0
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._in_file += self._waiting
        self._rows, self._waiting = [], 0
        if self._in_file >= _FILE:
            self._writer.close()
            self._writer = None

    def _leaves(self) -> list[str]:
        from pyarrow import parquet

        # Parquet names the leaves of nested columns; the library knows how.
        sink = io.BytesIO()
        parquet.write_table(self._schema.empty_table(), sink)
        found = parquet.ParquetFile(sink).schema
        return [found.column(place).path for place in range(len(found))]


def files(path: Path) -> list[Path]:
    """The Parquet files at `path`: itself, or those in the folder (``data/`` of a data set)."""
    if path.is_file():
        return [path]
    return sorted(path.glob("*.parquet")) or sorted(path.glob("data/*.parquet"))


def read(path: Path, rate: int | None = None) -> Iterator[Found | InputError]:
    """Dialogues with their FLAC files; what cannot be used, as its error."""
    del rate  # records have their own
    return _dialogues(require_any(files(path), path, "Parquet file"))


def _dialogues(found: list[Path]) -> Iterator[Found | InputError]:
    import pyarrow as pa
    from pyarrow import parquet

    for one in found:
        try:
            with remote.opened(one) as file:
                table = parquet.ParquetFile(file)
                if not {"record", "audio"} <= set(table.schema_arrow.names):
                    yield InputError(
                        "has no columns 'record' and 'audio'", one,
                        remedy="data sets that `export huggingface` wrote have them",
                        reason="unknown-shape",
                    )  # fmt: skip
                    continue
                for batch in table.iter_batches(batch_size=16, columns=["record", "audio"]):
                    for row in batch.to_pylist():
                        yield _row(row, one)
        except (pa.ArrowException, OSError, ValueError) as error:
            yield InputError(f"damaged: {error}", one, reason="bad-parquet")


def _row(row: dict[str, object], path: Path) -> Found | InputError:
    record, audio = row["record"], row["audio"]
    flac = audio.get("bytes") if isinstance(audio, dict) else None
    if not isinstance(record, str) or not isinstance(flac, bytes):
        return InputError("a row without record or audio", path, reason="bad-record")
    if len(record) > MAX_RECORD_MEMBER:
        return InputError("a record of more than 256 MB", path, reason="too-large")
    try:
        return decode(record.encode(), path), flac
    except InputError as error:
        return error
