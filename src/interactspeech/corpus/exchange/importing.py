"""What other tools wrote into a corpus, one dialogue at a time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import msgspec

from interactspeech.corpus import remote
from interactspeech.corpus.exchange.registry import exchange_format
from interactspeech.corpus.writer import CorpusWriter
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger
from interactspeech.paths import Paths, as_paths
from interactspeech.records import Dialogue, encode
from interactspeech.signal.flac import decode_flac


def import_corpus(
    source: Paths,
    root: Path | str,
    format: str,  # noqa: A002  (the word users know)
    *,
    rate: int | None = None,
    licence: str = "",
    shard: int = 64,
    on_item: Callable[[float, bool], None] | None = None,
) -> Ledger:
    """Make a corpus of files in another format.

    Args:
        source: a file or folder, or several.
        root: the new corpus's folder.
        format: one of `import_names`.
        rate: samples a second of the clock, for timing formats (default: microseconds).
        licence: of what is imported, where it states none itself.
        shard: dialogues a shard.
        on_item: called with each dialogue's seconds, and whether it was stored.

    Returns:
        What was stored, and what could not be used and why.

    Raises:
        InputError: no such format, it is not read, or there is nothing to import.
        StoreError: see `CorpusWriter`; also for a folder that holds a finished corpus.
    """
    wanted = exchange_format(format)
    paths = [remote.place(path) for path in as_paths(source)]
    for path in paths:
        if not path.exists():
            raise InputError("does not exist", path, reason="missing-file")
    # Each is looked at before the corpus is begun.
    found = chain.from_iterable([wanted.read(path, rate) for path in paths])
    seen: set[str] = set()
    name = " ".join(map(str, paths))
    configuration = {"import": format, "input": name, "shard": shard, "licence": licence,
                     "rate": rate}  # fmt: skip
    with CorpusWriter(root, configuration) as writer:
        if not writer.is_finished:
            # What an interrupted import left cannot be told from what is to come: begin again.
            writer.discard_from(0)
            shards = 0
            following = next(found, None)
            while following is not None:
                part = Ledger()
                with writer.shard(shards) as out:
                    while following is not None and part.kept < shard:
                        kept, seconds = False, 0.0
                        try:
                            if isinstance(following, InputError):
                                raise following
                            dialogue, audio = following
                            seconds = dialogue.seconds
                            if dialogue.id in seen:
                                raise InputError(  # noqa: TRY301
                                    f"the dialogue id {dialogue.id!r} comes twice",
                                    name,
                                    reason="duplicate-id",
                                )
                            dialogue = _licensed(dialogue, licence)
                            _require_storable(dialogue)
                            if isinstance(audio, bytes):
                                _require_decodable(dialogue, audio)
                                out.add_flac(dialogue, audio)
                            else:
                                out.add(dialogue, audio)
                            kept = True
                            seen.add(dialogue.id)
                            part.keep(seconds)
                        except InputError as error:
                            part.drop(error)
                        if on_item is not None:
                            on_item(seconds, kept)
                        following = next(found, None)
                    out.finish(part.to_json())
                shards += 1
            writer.finish(shards)
        return Ledger.merged(Ledger.from_json(info.ledger) for info in writer.infos())


def _require_storable(dialogue: Dialogue) -> None:
    """See that a record can be written: numbers of 64 bits, text in Unicode.

    Raises:
        InputError: it cannot.
    """
    try:
        encode(dialogue)
    except (OverflowError, UnicodeError, msgspec.EncodeError) as error:
        raise InputError(
            f"dialogue {dialogue.id!r} cannot be stored: {error}", reason="bad-record"
        ) from None


def _require_decodable(dialogue: Dialogue, flac: bytes) -> None:
    """See that a FLAC file from elsewhere is sound all through, as `verify` will.

    Raises:
        InputError: it is damaged, or not as long as the record says.
    """
    try:
        samples, _ = decode_flac(flac)
    except InputError as error:
        problem = f"dialogue {dialogue.id!r}: {error.problem}"
        raise InputError(problem, error.path, remedy=error.remedy, reason=error.reason) from None
    if samples.shape[1] != dialogue.length:
        raise InputError(
            f"dialogue {dialogue.id!r}: {samples.shape[1]} samples of audio for a record of "
            f"{dialogue.length}",
            reason="bad-audio",
        )


def _licensed(dialogue: Dialogue, licence: str) -> Dialogue:
    if not licence or dialogue.provenance.licence:
        return dialogue
    source = msgspec.structs.replace(dialogue.provenance, licence=licence)
    return msgspec.structs.replace(dialogue, provenance=source)
