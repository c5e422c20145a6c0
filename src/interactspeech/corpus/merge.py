"""Several corpora as one: shards are copied byte for byte, only their numbers change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from interactspeech.corpus import remote
from interactspeech.corpus.files import require_space
from interactspeech.corpus.reader import Corpus, index_of, read_shard
from interactspeech.corpus.shard import ShardInfo, ShardWriter, copy_shard, read_sidecar, tar_path
from interactspeech.corpus.writer import CorpusWriter
from interactspeech.errors import InputError, StoreError, UsageError
from interactspeech.records import Dialogue


def merge(
    corpora: Sequence[Corpus],
    root: Path | str,
    *,
    prefixes: Sequence[str] | None = None,
    on_shard: Callable[[ShardInfo], None] | None = None,
) -> int:
    """Make one corpus of several; one that was interrupted goes on.

    Without prefixes every tar is copied as it is, its checksum checked on the way. With prefixes
    the records of a corpus get new ids (prefix, then the old id) and are written anew; the audio
    stays as it is, byte for byte.

    Args:
        corpora: in the order in which their shards are to lie.
        root: folder of the new corpus.
        prefixes: what to put before the ids of each corpus; ``""`` for none.
        on_shard: called with each shard that was made.

    Returns:
        The number of dialogues.

    Raises:
        InputError: two corpora share an id, a prefix makes an id that cannot be one, or a shard is
            damaged.
        StoreError: see `CorpusWriter`.
    """
    root = remote.place(root)
    prefixes = [""] * len(corpora) if prefixes is None else list(prefixes)
    if not corpora or len(prefixes) != len(corpora):
        raise UsageError(f"{len(prefixes)} prefixes for {len(corpora)} corpora")
    if any(_same(one.root, root) for one in corpora):
        raise StoreError(f"{root} is one of the corpora to merge; choose a new folder")
    _require_unique(corpora, prefixes)
    plan = [
        (corpus, number, prefix)
        for corpus, prefix in zip(corpora, prefixes, strict=True)
        for number in range(corpus.shards)
    ]
    infos = [read_sidecar(corpus.root, number)[0] for corpus, number, _ in plan]
    configuration = {
        "merge": [
            {"prefix": prefix, "shard": info.shard, "sha256": info.sha256}
            for (_, _, prefix), info in zip(plan, infos, strict=True)
        ]
    }
    with CorpusWriter(root, configuration) as writer:
        missing = writer.missing(len(plan))
        require_space(root, sum(infos[shard].size for shard in missing))
        for shard in missing:
            corpus, number, prefix = plan[shard]
            info = (
                _renamed(corpus, number, root, shard, prefix)
                if prefix
                else copy_shard(corpus.root, number, root, shard)
            )
            if on_shard is not None:
                on_shard(info)
        writer.finish(len(plan))
    return sum(info.dialogues for info in infos)


def _same(one: Path, other: Path) -> bool:
    if remote.is_remote(one) or remote.is_remote(other):
        return str(one).rstrip("/") == str(other).rstrip("/")
    return one.resolve() == other.resolve()


def _require_unique(corpora: Sequence[Corpus], prefixes: Sequence[str]) -> None:
    import duckdb

    parts = " UNION ALL ".join(
        f"SELECT ? || id AS id FROM corpus{number}"  # noqa: S608  (a number)
        for number in range(len(corpora))
    )
    with duckdb.connect() as room:
        for number, corpus in enumerate(corpora):
            room.register(f"corpus{number}", index_of(corpus.root))
        found = room.execute(
            f"SELECT id FROM ({parts}) GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1",  # noqa: S608  (only placeholders)
            list(prefixes),
        ).fetchone()
    if found is not None:
        raise InputError(
            f"the id {found[0]!r} is in more than one of the corpora",
            remedy="give prefixes: --prefix a- --prefix b-",
            reason="duplicate-id",
        )


def _renamed(corpus: Corpus, number: int, root: Path, shard: int, prefix: str) -> ShardInfo:
    with ShardWriter(root, shard) as out:
        for item in read_shard(tar_path(corpus.root, number)):
            record = _with_id(item.dialogue, f"{prefix}{item.id}")
            if item.has_audio:
                out.add_flac(record, item.flac())
            else:
                out.add(record)
        return out.finish(read_sidecar(corpus.root, number)[0].ledger)


def _with_id(dialogue: Dialogue, name: str) -> Dialogue:
    try:
        # `replace` checks nothing; a new record does.
        fields = {key: getattr(dialogue, key) for key in Dialogue.__struct_fields__}
        return Dialogue(**(fields | {"id": name}))
    except ValueError as error:
        raise InputError(str(error), reason="bad-id") from None
