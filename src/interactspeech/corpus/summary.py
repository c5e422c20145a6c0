"""What a corpus holds, in numbers, from its index alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from interactspeech.corpus.index import EVENT_COLUMNS
from interactspeech.corpus.reader import Corpus
from interactspeech.corpus.shard import read_sidecar, tar_path
from interactspeech.ledger import Ledger


class CorpusSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over a whole corpus.

    Attributes:
        dialogues, shards: how many.
        seconds: of dialogue.
        bytes: of all tars.
        utterances, words: how many.
        events: type -> how many.
        rates: samples a second -> dialogues.
        sources, licences, splits, timings: name -> dialogues ("" where a record does not say).
        voices: how many different ones.
        kept, dropped: what its makers counted: kept, and reason -> lost.
    """

    dialogues: int
    shards: int
    seconds: float
    bytes: int
    utterances: int
    words: int
    events: dict[str, int]
    rates: dict[int, int]
    sources: dict[str, int]
    licences: dict[str, int]
    splits: dict[str, int]
    timings: dict[str, int]
    voices: int
    kept: int
    dropped: dict[str, int]


def summarise(corpus: Corpus) -> CorpusSummary:
    """Count what is in a corpus; audio and records are not touched.

    Raises:
        InputError: the index or a shard's Parquet file is damaged.
    """
    columns = ("seconds", "rate", "utterances", "words", "corpus", "licence", "split", "timing")
    sums: Counter[str] = Counter()
    seconds = 0.0
    groups: dict[str, Counter[Any]] = {
        name: Counter() for name in ("rate", "corpus", "licence", "split", "timing")
    }
    voices: set[str] = set()
    for row in corpus.query(columns=(*columns, "voices", *EVENT_COLUMNS.values())):
        seconds += row["seconds"]
        for name in ("utterances", "words", *EVENT_COLUMNS.values()):
            sums[name] += row[name]
        for name, counter in groups.items():
            counter[row[name]] += 1
        voices.update(voice for voice in row["voices"] if voice)
    size, ledger = 0, Ledger()
    for shard in range(corpus.shards):
        info, _ = read_sidecar(corpus.root, shard)
        size += tar_path(corpus.root, shard).stat().st_size
        if info.ledger:
            ledger.add(Ledger.from_json(info.ledger))
    plain = {name: dict(sorted(counter.items())) for name, counter in groups.items()}
    return CorpusSummary(
        dialogues=len(corpus),
        shards=corpus.shards,
        seconds=seconds,
        bytes=size,
        utterances=sums["utterances"],
        words=sums["words"],
        events={kind: sums[column] for kind, column in EVENT_COLUMNS.items()},
        rates=plain["rate"],
        sources=plain["corpus"],
        licences=plain["licence"],
        splits=plain["split"],
        timings=plain["timing"],
        voices=len(voices),
        kept=ledger.kept,
        dropped={name: reason.count for name, reason in sorted(ledger.dropped.items())},
    )
