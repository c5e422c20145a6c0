"""A corpus from the reader's side: by id, in order, or by what the index knows.

Opening reads two small headers, whatever the size. A `Corpus` holds no open files and can be sent
to other processes (a data loader's workers).
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Self, SupportsIndex, TypeVar, overload

from interactspeech._typing import Int16Array
from interactspeech.corpus import remote
from interactspeech.corpus.index import filling, fitted, mismatch, schema
from interactspeech.corpus.lookup import Lookup, RecordLocation
from interactspeech.corpus.shard import tar_path
from interactspeech.corpus.tar import MAX_AUDIO_MEMBER, MAX_RECORD_MEMBER, dialogue_id, members
from interactspeech.corpus.writer import (
    INDEX,
    LOOKUP,
    UNFINISHED_REPAIR,
    CorpusManifest,
    read_manifest,
    repair_is_pending,
)
from interactspeech.errors import InputError, StoreError
from interactspeech.records import Dialogue, Samples, decode
from interactspeech.records.notebook import audio_html, one_line
from interactspeech.records.tables import DialogueTable, TableName
from interactspeech.signal.flac import decode_flac, decode_flac_int16, encode_flac

#: Seconds of sound that a notebook is given at most.
_HEARD = 30
_Decoded = TypeVar("_Decoded", Samples, Int16Array)


@dataclass(frozen=True)
class Item:
    """A dialogue in a corpus: the record, and its audio on demand.

    Attributes:
        dialogue: the record.
        path: the tar that holds it.
        audio_offset, audio_size: where the FLAC file lies in it; size 0 where there is none.
    """

    dialogue: Dialogue
    path: Path
    audio_offset: int
    audio_size: int

    @property
    def id(self) -> str:
        """The dialogue's id."""
        return self.dialogue.id

    def __repr__(self) -> str:
        sound = "audio" if self.has_audio else "no audio"
        return one_line(f"Item({self.id!r}, {self.dialogue.seconds:.1f} s, {sound})")

    def _repr_html_(self) -> str:
        return self.dialogue._repr_html_() + self._player()

    def _player(self) -> str:
        """The sound as HTML: the first half minute of it at most."""
        if not self.has_audio:
            return ""
        rate = self.dialogue.rate
        end = min(self.dialogue.length, _HEARD * rate)
        if end == self.dialogue.length and len(self.dialogue.speakers) <= 2:
            return audio_html(self.flac())
        samples = self.audio(0, end)
        if len(samples) > 2:
            samples = samples.mean(axis=0, keepdims=True)
        note = "" if end == self.dialogue.length else f"the first {_HEARD} s"
        return audio_html(encode_flac(samples, rate), note)

    @property
    def has_audio(self) -> bool:
        """Whether audio is stored with the record."""
        return self.audio_size > 0

    def flac(self) -> bytes:
        """The audio as it is stored: a FLAC file.

        Raises:
            InputError: the record has no audio, or the tar is cut off.
        """
        if not self.has_audio:
            raise InputError(f"dialogue {self.id!r} has no audio", self.path, reason="no-audio")
        return _read(self.path, self.audio_offset, self.audio_size)

    def audio(self, start: int = 0, end: int | None = None) -> Samples:
        """Samples ``[start, end)`` as float32 in [-1, 1), shape ``(channels, end - start)``.

        Raises:
            InputError: there is no audio, or it is damaged.
        """
        return self._decoded(lambda data: decode_flac(data, start, end))

    def pcm(self) -> Int16Array:
        """All samples as 16-bit integers, exactly those that are stored; ``(channels, length)``.

        Raises:
            InputError: there is no audio, or it is damaged.
        """
        return self._decoded(decode_flac_int16)

    def _decoded(self, decode: Callable[[bytes], tuple[_Decoded, int]]) -> _Decoded:
        try:
            samples, _ = decode(self.flac())
        except InputError as error:
            if error.path is None:
                problem = f"dialogue {self.id!r}: {error.problem}"
                raise InputError(problem, self.path, reason=error.reason) from None
            raise
        return samples


class Corpus:
    """A finished corpus. Open one with `Corpus.open`."""

    def __init__(self, root: Path, manifest: CorpusManifest, lookup: Lookup) -> None:
        self.root, self.manifest, self._lookup = root, manifest, lookup

    @classmethod
    def open(cls, root: Path | str) -> Self:
        """Open a corpus folder; constant memory and time.

        Raises:
            StoreError: the folder is no corpus, or its build is unfinished.
            InputError: the index is damaged or of another version.
        """
        folder = remote.place(root)
        manifest = read_manifest(folder)
        if not (folder / INDEX).exists():
            if repair_is_pending(folder):
                raise StoreError(f"{folder}: {UNFINISHED_REPAIR}")
            raise StoreError(f"{folder} is unfinished; run the build that began it again")
        lookup = Lookup(folder / LOOKUP)
        file = _parquet(folder)
        if problem := mismatch(file.schema_arrow):
            raise InputError(
                f"index of another version: {problem}",
                folder / INDEX,
                remedy="read it with the version of interactspeech that wrote it, or a later one",
                reason="bad-index",
            )
        if file.metadata.num_rows != len(lookup):
            raise InputError(
                f"{len(lookup)} entries for an index of {file.metadata.num_rows} rows",
                folder / LOOKUP,
                reason="bad-index",
            )
        return cls(folder, manifest, lookup)

    def __len__(self) -> int:
        return len(self._lookup)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).open, (self.root,))

    def __contains__(self, dialogue_id: object) -> bool:
        return isinstance(dialogue_id, str) and self._find(dialogue_id) is not None

    @overload
    def __getitem__(self, which: str | SupportsIndex) -> Item: ...
    @overload
    def __getitem__(self, which: slice) -> list[Item]: ...
    def __getitem__(self, which: str | SupportsIndex | slice) -> Item | list[Item]:
        """The dialogue with this id, or at this place; or those of a slice, in a list.

        Raises:
            KeyError: there is no such id.
            IndexError: there are fewer dialogues.
            InputError: its record is damaged.
        """
        if isinstance(which, slice):
            return [self.at(place) for place in self._places(range(len(self))[which])]
        if not isinstance(which, str):
            place = range(len(self))[operator.index(which)]
            return next(self.at(found) for found in self._places([place]))
        dialogue_id = which
        item = self._find(dialogue_id)
        if item is None:
            raise KeyError(dialogue_id)
        return item

    def __iter__(self) -> Iterator[Item]:
        """All dialogues in the order of the shards, each read when it is reached.

        Raises:
            InputError: a shard is damaged, or holds more or fewer dialogues than the index names.
        """
        named = Counter(
            one
            for batch in _parquet(self.root).iter_batches(columns=["shard"])
            for one in batch.column("shard").to_pylist()
        )
        for number in range(self.shards):
            path, count = tar_path(self.root, number), 0
            for item in read_shard(path):
                count += 1
                yield item
            if count != named[number]:
                raise InputError(
                    f"holds {count:,} dialogues, and the index names {named[number]:,}",
                    path,
                    remedy="run `corpus verify`, then `corpus repair`",
                    reason="bad-tar",
                )

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return int(_parquet(self.root).schema_arrow.metadata[b"shards"])

    def query(
        self,
        where: str = "",
        columns: Sequence[str] = (),
        order: str = "",
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Rows of the index that fit a condition, lazily.

        Args:
            where: an SQL expression over the columns that docs/record.md lists, in DuckDB's
                dialect: ``"interruptions > 1 and seconds < 60"``. Empty: all rows.
            columns: which columns; all where empty.
            order: an SQL order, ``"seconds desc"``; the order of the shards where empty.
            limit: at most so many rows.

        Raises:
            InputError: the expression is no valid condition. It cannot reach files, the network or
                other variables: whatever tries is refused with this error too.
        """
        import duckdb

        # From a closed room: an expression may come from a web form or another person's script.
        room = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
            }
        )
        try:
            room.execute("SET enable_external_access = false")
            room.execute("SET lock_configuration = true")
            room.register("corpus", index_of(self.root))
            rows = _completed(room.view("corpus"))
            unknown = sorted(set(columns) - set(rows.columns))
            if unknown:
                raise InputError(
                    f"no column {unknown[0]!r} in the index",
                    remedy=f"there are: {', '.join(rows.columns)}",
                    reason="bad-query",
                )
            if where.strip():
                rows = rows.filter(where)
            rows = rows.order(order or "shard, record_offset")
            if columns:
                rows = rows.project(", ".join(f'"{column}"' for column in columns))
            if limit is not None:
                rows = rows.limit(limit)
            names = rows.columns
            result = room.execute(rows.sql_query())
            while found := result.fetchmany(1024):
                for values in found:
                    yield dict(zip(names, values, strict=True))
        except duckdb.Error as error:
            problem = str(error).partition("\n")[0]
            raise InputError(
                f"cannot use the query {where!r}: {problem}", reason="bad-query"
            ) from None
        finally:
            room.close()

    def select(self, where: str, limit: int | None = None) -> Iterator[Item]:
        """The dialogues that fit a condition (see `query`), in the order of the shards, lazily."""
        if not where.strip():  # the index lies in that order, and no database is needed
            yield from map(self.at, self._places(range(len(self))[:limit]))
            return
        columns = ("shard", "record_offset", "record_size", "audio_offset", "audio_size")
        for found in self.query(where, columns, limit=limit):
            yield self.at(RecordLocation(**found))

    @property
    def events(self) -> DialogueTable:
        """The events of all dialogues as a table; times in seconds and in samples."""
        return self.table("events")

    @property
    def words(self) -> DialogueTable:
        """The spoken words of all dialogues as a table."""
        return self.table("words")

    @property
    def utterances(self) -> DialogueTable:
        """The utterances of all dialogues as a table."""
        return self.table("utterances")

    @property
    def index(self) -> DialogueTable:
        """The index as a table: a row a dialogue, the columns that docs/record.md lists."""
        return DialogueTable("index", lambda: fitted(index_of(self.root).to_table()))

    def table(self, name: TableName, where: str = "", limit: int | None = None) -> DialogueTable:
        """Events, words or utterances of the dialogues that fit a condition (see `query`)."""

        def dialogues() -> Iterator[Dialogue]:
            items = self.select(where, limit) if where or limit is not None else self
            return (item.dialogue for item in items)

        return DialogueTable.of(name, dialogues)

    def to_arrow(self) -> Any:
        """The index as a ``pyarrow.Table``."""
        return self.index.to_arrow()

    def to_pandas(self) -> Any:
        """The index as a ``pandas.DataFrame`` (see `DialogueTable.to_pandas`)."""
        return self.index.to_pandas()

    def to_polars(self) -> Any:
        """The index as a ``polars.DataFrame`` (see `DialogueTable.to_polars`)."""
        return self.index.to_polars()

    def __repr__(self) -> str:
        noun = "dialogue" if len(self) == 1 else "dialogues"
        return one_line(f"Corpus({str(self.root)!r}, {len(self):,} {noun})")

    def _repr_html_(self) -> str:
        first = self[0]._repr_html_() if len(self) else ""
        return f"<p>{escape(repr(self))}</p>{first}"

    def _places(self, numbers: Sequence[int]) -> Iterator[RecordLocation]:
        """Where the dialogues at these places of the index lie; a row group is read once."""
        file = _parquet(self.root)
        firsts = [0]
        for group in range(file.num_row_groups):
            firsts.append(firsts[-1] + file.metadata.row_group(group).num_rows)
        group = -1
        rows: Any = None
        for number in numbers:
            wanted = bisect_right(firsts, number) - 1
            if wanted != group:
                group, rows = wanted, file.read_row_group(wanted, RecordLocation._fields)
            values = rows.slice(number - firsts[group], 1).to_pylist()[0]
            yield RecordLocation(**values)

    def _find(self, wanted: str) -> Item | None:
        for place in self._lookup.find(wanted):
            item = self.at(place)
            if item.id == wanted:
                return item
        return None

    def at(self, place: RecordLocation) -> Item:
        """The dialogue whose record and sound lie there, as the index says.

        Raises:
            InputError: there is no such place, or the record is damaged.
        """
        path = tar_path(self.root, place.shard)
        if not (0 < place.record_size <= MAX_RECORD_MEMBER and place.record_offset >= 0):
            raise InputError(f"impossible place {place}", self.root / INDEX, reason="bad-index")
        if not (0 <= place.audio_size <= MAX_AUDIO_MEMBER and place.audio_offset >= 0):
            raise InputError(f"impossible place {place}", self.root / INDEX, reason="bad-index")
        record = _read(path, place.record_offset, place.record_size)
        return Item(decode(record, path), path, place.audio_offset, place.audio_size)


def read_shard(path: Path | str) -> Iterator[Item]:
    """The dialogues of one tar, in order, without any index; strict about what a tar may hold.

    Raises:
        InputError: the tar is damaged or holds something that no shard holds, a record is damaged,
            or a record and its member's name disagree.
    """
    path = remote.place(path)
    try:
        file = remote.opened(path, in_order=True)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    with file:
        waiting: Dialogue | None = None
        for member in members(file, path):
            if member.name.endswith(".json"):
                if waiting is not None:
                    yield Item(waiting, path, 0, 0)
                file.seek(member.offset)
                waiting = decode(file.read(member.size), f"{path}/{member.name}")
                if waiting.id != dialogue_id(member.name):
                    raise InputError(
                        f"member {member.name!r} holds the record of {waiting.id!r}",
                        path,
                        reason="bad-record",
                    )
                continue
            if waiting is None or dialogue_id(member.name) != waiting.id:
                raise InputError(
                    f"audio {member.name!r} does not follow its record", path, reason="bad-tar"
                )
            yield Item(waiting, path, member.offset, member.size)
            waiting = None
        if waiting is not None:
            yield Item(waiting, path, 0, 0)


def index_of(root: Path) -> Any:
    """The index as something that DuckDB reads, column by column, where it lies."""
    from pyarrow import dataset

    path = root / INDEX
    if not remote.is_remote(path):
        return dataset.dataset(path, format="parquet")
    there: Any = path
    return dataset.dataset(there.path, format="parquet", filesystem=there.fs)


def _completed(rows: Any) -> Any:
    """The index with a column for whatever came after it was written; others stay as they are."""
    later = filling()
    missing = [name for name in schema().names if name not in rows.columns]
    if not missing:
        return rows
    return rows.project(", ".join(["*", *(f'{later[name]} AS "{name}"' for name in missing)]))


def _parquet(root: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        index = root / INDEX
        file = parquet.ParquetFile(remote.opened(index) if remote.is_remote(index) else index)
        int(file.schema_arrow.metadata[b"shards"])
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"damaged: {error}", root / INDEX, reason="bad-index") from None
    return file


def _read(path: Path, offset: int, size: int) -> bytes:
    try:
        if remote.is_remote(path):
            data = remote.fetch(path, offset, size)
        else:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path, reason="unreadable") from None
    if len(data) != size:
        raise InputError(
            f"ends before byte {offset + size:,}, which the index names", path, reason="bad-tar"
        )
    return data
