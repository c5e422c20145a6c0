"""What the explorer answers: corpora of any size, searched through their indexes.

The index of each corpus is copied into one in-memory table, and a filter is one query. Texts are no
part of an index: they are read from the records once, in the background, and kept in the user's
cache; a search says how many of them it has seen. Timing needs records as well, and is measured on
a sample of what fits.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from interactspeech.atomic_files import replacing
from interactspeech.errors import InputError
from interactspeech.records import Dialogue
from interactspeech.turntaking.statistics import collect, human
from interactspeech.viewer.peaks import measure_peaks
from interactspeech.viewer.record import page_record, strip, voice_name
from interactspeech.viewer.served.explorer_query import ExplorerQuery, conditions, order_by
from interactspeech.viewer.served.sources import CorpusSource
from interactspeech.viewer.summary import event_counts, timing_figures

_LOG = logging.getLogger(__name__)
#: Texts are not read for so many seconds after the page asked for something; at most so many in a
#: row.
_PAGE_FIRST, _PATIENCE = 0.3, 5.0
#: What the overview shows the distribution of: name -> (label, SQL of one dialogue, unit, the rate
#: of people's conversations that it is shown beside).
MEASURES: Final[dict[str, tuple[str, str, str, str]]] = {
    "seconds": ("Length", "seconds", "s", ""),
    "words": ("Words", '60 * "words" / nullif(seconds, 0)', "/min", ""),
    "backchannels": ("Backchannels", '60 * "backchannels" / nullif(seconds, 0)', "/min",
                     "backchannels"),
    "interruptions": ("Interruptions", '60 * "interruptions" / nullif(seconds, 0)', "/min", ""),
    "pauses": ("Pauses", '60 * "pauses" / nullif(seconds, 0)', "/min", "pauses"),
    "overlaps": ("Overlaps", '60 * "overlaps" / nullif(seconds, 0)', "/min", ""),
}  # fmt: skip
_BINS = 30
#: Bins of the floor-transfer offsets, in seconds.
_FTO = np.arange(-2.0, 3.01, 0.1)
#: Dialogues on which timing is measured, at most.
_SAMPLE = 200
_BATCH = 2000


class ExplorerServer:
    """Answers about corpora: see `explorer_application`.

    Args:
        sources: the corpora, side by side.
        cache: folder for texts that were read; None keeps them in memory only.
        read_texts: read the texts in the background.
    """

    def __init__(
        self, sources: Sequence[CorpusSource], cache: Path | None = None, *, read_texts: bool = True
    ) -> None:
        self.sources, self.cache, self.read_texts = list(sources), cache, read_texts
        self._lock = threading.RLock()
        self._records: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._stamps: list[Any] = []
        self._room: Any = None
        self._texts = 0
        self._generation = 0
        self._hits: OrderedDict[tuple[str, int, int], str] = OrderedDict()
        self._hit = 0
        self._asked = 0.0
        self._load()

    def close(self) -> None:
        """End the reading of texts."""
        with self._lock:
            self._generation += 1

    def start(self) -> dict[str, Any]:
        """What the page shows first: corpora, sources, licences."""
        room = self._cursor()
        corpora = room.execute(
            "SELECT corpus_number, count(*), sum(seconds), sum(words) FROM dialogues "
            "GROUP BY corpus_number ORDER BY corpus_number"
        ).fetchall()
        known = {number: values for number, *values in corpora}
        listed = [
            {
                "name": source.name,
                "dialogues": (found := known.get(number, [0, 0.0, 0]))[0],
                "seconds": found[1] or 0.0,
                "words": int(found[2] or 0),
            }
            for number, source in enumerate(self.sources)
        ]
        sources = room.execute(
            "SELECT corpus, count(*) AS n FROM dialogues GROUP BY corpus "
            "ORDER BY n DESC, corpus LIMIT 200"
        ).fetchall()
        licences = room.execute(
            "SELECT licence, count(*) AS n FROM dialogues GROUP BY licence ORDER BY n DESC LIMIT 20"
        ).fetchall()
        return {
            "title": " beside ".join(source.name for source in self.sources),
            "corpora": listed,
            "sources": [list(row) for row in sources],
            "licences": [list(row) for row in licences],
            "texts": self._text_state(),
        }

    def search(self, query: ExplorerQuery) -> dict[str, Any]:
        """Dialogues that fit, a part of them at a time.

        Raises:
            InputError: the condition is none, or the order or event is unknown.
        """
        changed = self._renew()
        room = self._cursor()
        fitting, values = self._fitting(room, query)
        total, seconds = self._run(
            room, f"SELECT count(*), coalesce(sum(seconds), 0) FROM {fitting}", values
        )[0]
        rows = self._run(
            room,
            f"SELECT corpus_number, id FROM {fitting} ORDER BY {order_by(query.order)} "
            f"LIMIT {query.limit} OFFSET {query.offset}",
            values,
        )
        return {
            "total": total,
            "seconds": seconds,
            "rows": [self._row(number, key) for number, key in rows],
            "texts": self._text_state(),
            "changed": changed,
        }

    def overview(self, query: ExplorerQuery) -> dict[str, Any]:
        """Distributions of what fits, each corpus by itself, beside people's where known."""
        room = self._cursor()
        fitting, values = self._fitting(room, query)
        made = []
        for name, (label, sql, unit, rate) in MEASURES.items():
            top = self._run(
                room,
                f"SELECT quantile_cont(v, 0.99), max(v) FROM (SELECT {sql} AS v FROM {fitting})",
                values,
            )[0]
            end = float(top[0] or 0.0) or float(top[1] or 0.0)
            mean, deviation = human().per_dyad.get(rate, (float("nan"),) * 2)
            end = max(end, mean + 2 * deviation) if mean == mean else end  # noqa: PLR0124
            width = (end or 1.0) / _BINS
            rows = self._run(
                room,
                f"SELECT corpus_number, least(floor(v / {width!r})::INTEGER, {_BINS}) AS b, "
                f"count(*), sum(v) FROM (SELECT corpus_number, {sql} AS v FROM {fitting}) "
                "WHERE v IS NOT NULL GROUP BY corpus_number, b",
                values,
            )
            bins = [[0] * (_BINS + 1) for _ in self.sources]
            sums = [0.0] * len(self.sources)
            for number, one, count, total in rows:
                bins[number][max(0, one)] += count
                sums[number] += float(total or 0.0)
            counts = [sum(one) for one in bins]
            made.append(
                {
                    "name": name,
                    "label": label,
                    "unit": unit,
                    "width": width,
                    "bins": bins,
                    "means": [
                        total / count if count else None
                        for total, count in zip(sums, counts, strict=True)
                    ],
                    "people": [mean, deviation] if mean == mean else None,  # noqa: PLR0124
                }
            )
        return {"measures": made, "people": human().source}

    def timing(self, query: ExplorerQuery) -> dict[str, Any]:
        """Timing of a sample of what fits, each corpus by itself, beside people's."""
        room = self._cursor()
        fitting, values = self._fitting(room, query)
        found = []
        for number, source in enumerate(self.sources):
            ids = [
                row[0]
                for row in self._run(
                    room,
                    f"SELECT id FROM {fitting} WHERE corpus_number = {number} "
                    f"ORDER BY hash(id) LIMIT {_SAMPLE}",
                    values,
                )
            ]
            dialogues = list(filter(None, (_readable(source, one) for one in ids)))
            if not dialogues:
                found.append({"dialogues": 0, "figures": [], "fto": [], "n": 0})
                continue
            offsets = collect(dialogues).samples("fto")
            counts = np.histogram(np.clip(offsets, _FTO[0], _FTO[-1] - 1e-9), _FTO)[0]
            share = counts / max(1, len(offsets))
            found.append(
                {
                    "dialogues": len(dialogues),
                    "figures": msgspec.to_builtins(timing_figures(dialogues)),
                    "fto": [round(float(one), 5) for one in share],
                    "n": len(offsets),
                }
            )
        people = human().measures["fto"].cdf(_FTO)
        people[0], people[-1] = 0.0, 1.0
        return {
            "corpora": found,
            "edges": [round(float(one), 3) for one in _FTO],
            "people": [round(float(one), 5) for one in np.diff(people)],
            "source": human().source,
            "sample": _SAMPLE,
        }

    def dialogue(self, place: str) -> dict[str, Any]:
        """The record of ``NUMBER:ID``, as the page wants it.

        Raises:
            InputError: there is none, or it is damaged.
        """
        source, key = self.place(place)
        try:
            dialogue = source.dialogue(key)
            sound = source.sound(key)
        except KeyError:
            raise InputError(f"no dialogue {key!r}", reason="unknown-dialogue") from None
        peaks = None if sound is None else measure_peaks(sound.read(0, sound.samples))
        address = f"api/sound.wav?id={place}"
        audio: dict[str, Any] = {}
        if sound is not None:
            each = [f"{address}&tracks={i}" for i in range(len(dialogue.speakers))]
            audio = {"both": [address], "each": each if len(each) > 1 else [], "by": "speaker"}
        return page_record(dialogue, peaks, audio)

    def place(self, place: str) -> tuple[CorpusSource, str]:
        """The corpus and the id behind ``NUMBER:ID``.

        Raises:
            InputError: there is no such corpus.
        """
        number, _, key = place.partition(":")
        if not number.isdigit() or int(number) >= len(self.sources):
            raise InputError(f"no dialogue {place[:100]!r}", reason="unknown-dialogue")
        return self.sources[int(number)], key

    def _cursor(self) -> Any:
        self._asked = time.monotonic()
        return self._room.cursor()

    def _run(self, room: Any, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        import duckdb

        timer = threading.Timer(10, room.interrupt)
        timer.start()
        try:
            rows: list[tuple[Any, ...]] = room.execute(sql, values).fetchall()
        except duckdb.Error as error:
            problem = str(error).partition("\n")[0]
            raise InputError(f"cannot use the filter: {problem}", reason="bad-query") from None
        finally:
            timer.cancel()
        return rows

    def _fitting(self, room: Any, query: ExplorerQuery) -> tuple[str, list[Any]]:
        """What stands after FROM, and its values."""
        import duckdb

        table = "dialogues"
        if query.where.strip():
            try:
                # As an expression of a relation: nothing but a condition is one.
                table = f"({room.table('dialogues').filter(query.where).sql_query()})"
            except duckdb.Error as error:
                problem = str(error).partition("\n")[0]
                raise InputError(
                    f"cannot use the condition {query.where!r}: {problem}", reason="bad-query"
                ) from None
        parts, values = conditions(query)
        if query.text.strip():
            parts.append(f"row_number IN (SELECT row_number FROM {self._said_in(room, query)})")
        where = f" WHERE {' AND '.join(parts)}" if parts else ""
        return f"(SELECT * FROM {table}{where})", values

    def _said_in(self, room: Any, query: ExplorerQuery) -> str:
        """A table of the dialogues in which a text is said; kept, for its pages are asked next."""
        text = query.text.strip().lower()
        with self._lock:
            place = (text, self._texts, self._generation)
            if place not in self._hits:
                self._hit += 1
                name = f"hits{self._hit}"
                self._run(
                    room,
                    f"CREATE TABLE {name} AS SELECT row_number FROM texts WHERE contains(said, ?)",
                    [text],
                )
                self._hits[place] = name
                while len(self._hits) > 16:
                    _, old = self._hits.popitem(last=False)
                    room.execute(f"DROP TABLE IF EXISTS {old}")
            self._hits.move_to_end(place)
            return self._hits[place]

    def _row(self, number: int, key: str) -> dict[str, Any]:
        """What the list shows of a dialogue; its small picture needs the record."""
        place = f"{number}:{key}"
        with self._lock:
            if place in self._records:
                self._records.move_to_end(place)
                return self._records[place]
        dialogue = _readable(self.sources[number], key)
        row: dict[str, Any] = {"key": place, "id": key, "in": number}
        if dialogue is None:
            row |= {"seconds": 0.0, "speakers": [], "counts": [], "words": 0, "corpus": "",
                    "licence": "", "strip": "0" * 120, "lost": True}  # fmt: skip
        else:
            row |= {
                "seconds": dialogue.seconds,
                "speakers": [
                    {"name": one.name or one.id, "voice": voice_name(one)}
                    for one in dialogue.speakers
                ],
                "counts": sorted(event_counts(dialogue).items()),
                "words": sum(len(utterance.words) for utterance in dialogue.utterances),
                "corpus": dialogue.provenance.corpus,
                "licence": dialogue.provenance.licence,
                "strip": strip(dialogue),
            }
        with self._lock:
            self._records[place] = row
            while len(self._records) > 5000:
                self._records.popitem(last=False)
        return row

    def _renew(self) -> bool:
        """Load the indexes again where one has been replaced."""
        with self._lock:
            if [source.stamp for source in self.sources] == self._stamps:
                return False
            self._load()
            return True

    def _load(self) -> None:
        import duckdb
        import pyarrow as pa

        room = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
            }
        )
        stamps, tables = [], []
        for number, source in enumerate(self.sources):
            table = source.corpus.to_arrow()
            stamps.append(source.stamp)
            table = table.drop_columns(["sha256"])
            numbers = pa.array(np.full(len(table), number, np.int32))
            tables.append(table.append_column("corpus_number", numbers))
        room.register("given", pa.concat_tables(tables))
        room.execute(
            "CREATE TABLE dialogues AS SELECT *, (row_number() OVER ())::INTEGER AS row_number, "
            "lower(concat_ws(' ', id, source_id, array_to_string(speakers, ' '), "
            "array_to_string(voices, ' '), corpus)) AS named FROM given"
        )
        room.unregister("given")
        room.execute("CREATE TABLE texts (row_number INTEGER, said VARCHAR)")
        room.execute("SET enable_external_access = false")
        room.execute("SET lock_configuration = true")
        with self._lock:
            self._room, self._stamps, self._texts = room, stamps, 0
            self._records.clear()
            self._hits.clear()
            self._generation += 1
            generation = self._generation
        if self.read_texts:
            threading.Thread(target=self._gather, args=(room, generation), daemon=True).start()

    def _text_state(self) -> dict[str, int]:
        total = self._cursor().execute("SELECT count(*) FROM dialogues").fetchone()[0]
        return {"read": self._texts, "of": int(total)}

    def _gather(self, room: Any, generation: int) -> None:
        """Read what is said, a batch at a time, while the page is used."""
        try:
            self._gather_texts(room, generation)
        except Exception as error:  # noqa: BLE001
            # A corpus may be moved or made again at any moment: files vanish, the room closes.
            # The next search sees that; until then the page says how many texts were read.
            if self._generation == generation:
                _LOG.warning("texts are no longer read: %s", error)

    def _gather_texts(self, room: Any, generation: int) -> None:
        import pyarrow as pa

        cursor = room.cursor()
        for number, source in enumerate(self.sources):
            rows = cursor.execute(
                "SELECT id, row_number FROM dialogues WHERE corpus_number = ? "
                "ORDER BY shard, record_offset", [number],
            ).fetchall()  # fmt: skip
            kept = self._kept(source)
            if kept is not None and len(kept) == len(rows):
                self._add(cursor, [row for _, row in rows], kept, generation)
                continue
            read: list[str] = []
            for at in range(0, len(rows), _BATCH):
                self._wait_for_page()
                batch = rows[at : at + _BATCH]
                texts = []
                for key, _ in batch:
                    if self._generation != generation:
                        return
                    dialogue = _readable(source, key)
                    texts.append(_said(dialogue) if dialogue else "")
                read += texts
                self._add(cursor, [row for _, row in batch], texts, generation)
            if self.cache is not None:
                path = self._cache_path(source)
                with replacing(path) as part:
                    from pyarrow import parquet

                    parquet.write_table(pa.table({"said": read}), part, compression="zstd")

    def _wait_for_page(self) -> None:
        """Let who looks at the page go first: texts are read in Python, and so would hold it up."""
        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < min(patience, self._asked + _PAGE_FIRST):
            time.sleep(0.02)

    def _add(self, cursor: Any, rows: list[int], texts: Sequence[str], generation: int) -> None:
        import pyarrow as pa

        if self._generation != generation:
            return
        batch = pa.table({"row_number": pa.array(rows, pa.int32()), "said": list(texts)})
        cursor.register("batch", batch)
        cursor.execute("INSERT INTO texts SELECT * FROM batch")
        cursor.unregister("batch")
        self._texts += len(rows)

    def _cache_path(self, source: CorpusSource) -> Path:
        assert self.cache is not None
        # What is in the corpus, and where: two corpora that hold the same share it.
        stamp = hashlib.sha256(repr((str(source.root), source.stamp)).encode()).hexdigest()[:32]
        return self.cache / f"{stamp}.parquet"

    def _kept(self, source: CorpusSource) -> list[str] | None:
        if self.cache is None or not self._cache_path(source).exists():
            return None
        from pyarrow import ArrowException, parquet

        try:
            found: list[str] = parquet.read_table(self._cache_path(source))["said"].to_pylist()
        except (OSError, ArrowException, KeyError):
            return None
        return found


def _readable(source: CorpusSource, key: str) -> Dialogue | None:
    try:
        return source.dialogue(key)
    except (InputError, KeyError):
        return None  # the list shows it as lost


def _said(dialogue: Dialogue) -> str:
    """All that is said, in order, in lower case."""
    ordered = sorted(dialogue.utterances, key=lambda utterance: utterance.start)
    return " / ".join(utterance.text or utterance.written for utterance in ordered).lower()
