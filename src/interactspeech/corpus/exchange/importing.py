"""What other tools wrote into a corpus, one dialogue at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from interactspeech import formats
from interactspeech.corpus import remote
from interactspeech.corpus.exchange import (
    huggingface,
    lhotse,
    listed,
    moshi,
    nemo,
    shar,
    webdataset,
)
from interactspeech.corpus.exchange.original import original_folders, read_original
from interactspeech.corpus.writer import CorpusWriter
from interactspeech.errors import InputError, UsageError
from interactspeech.formats import FORMATS, Report
from interactspeech.ledger import Ledger
from interactspeech.paths import Paths, as_paths
from interactspeech.records import Dialogue, Samples

#: Format -> what it is; the timing formats become records without audio.
IMPORTS: dict[str, str] = {
    "original": "the InteractSpeech release's layout",
    "webdataset": "WebDataset tars of records",
    "lhotse": "Lhotse cut manifests with audio files",
    "lhotse-shar": "Lhotse Shar: cuts and tars of audio",
    "nemo-duplex": "NeMo's duplex Shar: user and agent",
    "nemo": "NeMo manifest with mono audio, CTM or RTTM",
    "moshi": "moshi-finetune: stereo WAV and word times",
    "huggingface": "a Hugging Face data set of ours: Parquet",
    **{
        info.name: info.about
        for info in FORMATS.values()
        if info.name not in ("information", "uem")
    },
}

Found = tuple[Dialogue, bytes | Samples | None]


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
        format: a name in `IMPORTS`.
        rate: samples a second of the clock, for timing formats (default: microseconds).
        licence: of what is imported, where it states none itself.
        shard: dialogues a shard.
        on_item: called with each dialogue's seconds, and whether it was stored.

    Returns:
        What was stored, and what could not be used and why.

    Raises:
        InputError: no such format, or there is nothing to import.
        StoreError: see `CorpusWriter`; also for a folder that holds a finished corpus.
    """
    paths = [remote.place(path) for path in as_paths(source)]
    # Each is looked at before the corpus is begun.
    found = chain.from_iterable([_read(path, format, rate) for path in paths])
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
                            if isinstance(audio, bytes):
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


def _licensed(dialogue: Dialogue, licence: str) -> Dialogue:
    if not licence or dialogue.provenance.licence:
        return dialogue
    source = msgspec.structs.replace(dialogue.provenance, licence=licence)
    return msgspec.structs.replace(dialogue, provenance=source)


def _read(path: Path, name: str, rate: int | None) -> Iterator[Found | InputError]:
    if name not in IMPORTS:
        raise UsageError(
            f"no import is called {name!r}", remedy=f"use one of {', '.join(IMPORTS)}",
        )  # fmt: skip
    if not path.exists():
        raise InputError("does not exist", path, reason="missing-file")
    if name == "original":
        return _original(original_folders(path))
    if name == "webdataset":
        _some(webdataset.tars(path), path, "tar")
        return webdataset.read(path)
    if name == "lhotse":
        _some(lhotse.manifests(path), path, "cuts*.jsonl or cuts*.jsonl.gz")
        return iter(lhotse.read(path))
    if name in {"lhotse-shar", "nemo-duplex"}:
        _some(shar.shards(path), path, "cuts.*.jsonl.gz")
        return shar.read(path)
    if name == "huggingface":
        _some(huggingface.files(path), path, "Parquet file")
        return huggingface.read(path)
    if name in {"moshi", "nemo"}:
        _some(listed.lists(path), path, "list (.jsonl)")
        return moshi.read(path) if name == "moshi" else nemo.read(path)
    return _timing(path, name, rate)


def _some(found: list[Path], path: Path, what: str) -> None:
    if not found:
        raise InputError(f"holds no {what}", path, reason="no-input")


def _original(folders: list[Path]) -> Iterator[Found | InputError]:
    for folder in folders:
        try:
            yield read_original(folder)
        except InputError as error:
            yield error


def _timing(path: Path, name: str, rate: int | None) -> Iterator[Found | InputError]:
    report = Report()
    for dialogue in formats.read(path, name, rate, report=report):
        # Their audio is not at hand, so no track can be told.
        yield msgspec.structs.replace(dialogue, tracks=()), None
    yield from report.errors
