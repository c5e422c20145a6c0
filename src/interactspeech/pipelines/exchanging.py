"""Corpora to and from others' formats, and to pages: `export`, `import_corpus` and `view`."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from interactspeech._version import __version__
from interactspeech.corpus import Corpus
from interactspeech.corpus.exchange import (
    ExportCheck,
    Exported,
    ExportOptions,
    check,
    chosen,
    exchange_format,
)
from interactspeech.corpus.exchange import export as export_items
from interactspeech.corpus.exchange import import_corpus as import_into
from interactspeech.corpus.reader import Item
from interactspeech.corpus.remote import place
from interactspeech.corpus.split import read_split, split_names
from interactspeech.corpus.writer import INDEX
from interactspeech.errors import InputError
from interactspeech.ledger import Ledger
from interactspeech.paths import Paths, as_paths
from interactspeech.pipelines.dialogues import Dialogues
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import Dialogue, Samples
from interactspeech.viewer import SummaryFigure, WrittenPage, write_page
from interactspeech.viewer.summary import timing_figures

_LOG = logging.getLogger(__name__)

#: A corpus, its folder (or URL), or several of them.
Corpora = Corpus | Paths | Iterable[Corpus | Path | str]


@dataclass(frozen=True)
class ImportReport:
    """What `import_corpus` made.

    Attributes:
        path: of the corpus.
        ledger: what was stored, and what could not be used and why.
    """

    path: Path
    ledger: Ledger

    def corpus(self) -> Corpus:
        """The corpus, opened."""
        return Corpus.open(self.path)

    def __repr__(self) -> str:
        return f"ImportReport({str(self.path)!r}, {self.ledger})"


def open_corpora(corpora: Corpora) -> list[Corpus]:
    """Corpora of one or many folders or URLs; those that are open stay as they are.

    Raises:
        StoreError: a folder is no corpus, or its build is unfinished.
        InputError: there is none, or an index is damaged.
    """
    listed: list[Any] = [corpora] if isinstance(corpora, Corpus) else _list(corpora)
    return [one if isinstance(one, Corpus) else Corpus.open(one) for one in listed]


def _list(given: Any) -> list[Any]:
    """One or many; paths are checked."""
    if isinstance(given, Iterable) and not isinstance(given, str | bytes | Path):
        given = list(given)
        if any(isinstance(one, Corpus | Item | Dialogue) for one in given):
            return list(given)
    return as_paths(given)


def export(
    corpora: Corpora,
    output: Path | str,
    format: str,  # noqa: A002  (the word users know)
    options: ExportOptions | None = None,
    *,
    where: str = "",
    split: str | Sequence[str] | None = None,
    progress: ShowProgress = False,
    on_check: Callable[[ExportCheck], None] | None = None,
) -> Exported:
    """Write corpora in the format of a training stack or of another tool.

    Args:
        corpora: one or many, open or by their folders.
        output: a folder that does not exist, or is empty; it appears when all is written.
        format: one of `interactspeech.corpus.exchange.export_names`.
        options: of the format, and about licences.
        where: only dialogues that fit; see `Corpus.query`.
        split: only one of the splits that `corpus split` made; or several, or "all", each in a
            folder of its own (and one data set of a hub).
        progress: see `interactspeech.progress.ShowProgress`.
        on_check: called with what will not fit, before anything is written; without it, that is
            logged as a warning.

    An export that was killed goes on where it was when it is asked for again: see
    `interactspeech.corpus.exchange.export`.

    Raises:
        InputError: no such format, split or corpus, or `where` is no condition.
        StoreError: the folder holds something, the disk is full, ...
    """
    stores = open_corpora(corpora)
    names = [split] if isinstance(split, str) else list(split or ())
    if names == ["all"]:
        names = list(dict.fromkeys(name for one in stores for name in split_names(one)))
    of = [{one: name for name in names for one in read_split(store, name)} for store in stores]
    picked = [(one, frozenset(ids) if names else None) for one, ids in zip(stores, of, strict=True)]
    total = sum(len(one) if ids is None else len(ids) for one, ids in picked)
    if options is None:
        options = ExportOptions(split=names[0] if names else "train")
    together = {key: name for ids in of for key, name in ids.items()} if len(names) > 1 else None

    def items() -> Iterator[Item]:
        for one, ids in picked:
            yield from chosen(one, where, ids)

    checked = check(items(), exchange_format(format), options)
    if on_check is not None:
        on_check(checked)
    else:
        for line in checked.lines():
            _LOG.warning("export %s: %s", format, line)

    with Progress(total, "exporting", show=progress) as shown:

        def on_item(item: Item, written: bool) -> None:
            shown.update(1, item.dialogue.seconds, int(written), int(not written))

        same = _identity(stores, format, options, where, names, of)
        return export_items(items(), output, format, options, on_item, together, same)


def _identity(
    stores: list[Corpus], format: str, options: ExportOptions, where: str,  # noqa: A002
    names: list[str], of: list[dict[str, str]],
) -> str:  # fmt: skip
    """What makes two exports the same: corpora, choice, format, options and version."""
    digest = hashlib.sha256()
    for store in stores:
        digest.update(hashlib.sha256((store.root / INDEX).read_bytes()).digest())
    asked = [__version__, format, where, names, [sorted(ids.items()) for ids in of]]
    digest.update(json.dumps(asked).encode())
    digest.update(msgspec.json.encode(options))
    return digest.hexdigest()


def import_corpus(
    source: Paths,
    output: Path | str,
    format: str,  # noqa: A002  (the word users know)
    *,
    rate: int | None = None,
    licence: str = "",
    progress: ShowProgress = False,
) -> ImportReport:
    """Make a corpus of what other tools wrote.

    Args:
        source: a file or folder, or several.
        output: folder of the new corpus.
        format: one of `interactspeech.corpus.exchange.import_names`.
        rate: ticks a second of timing formats (default: 1,000,000).
        licence: of what states none itself, as SPDX.
        progress: see `interactspeech.progress.ShowProgress`.

    Raises:
        InputError: no such format, or there is nothing to import.
        StoreError: the folder holds a corpus, the disk is full, ...
    """
    with Progress(None, "importing", show=progress) as shown:
        ledger = import_into(
            source, output, format, rate=rate, licence=licence,
            on_item=lambda seconds, kept: shown.update(1, seconds, int(kept), int(not kept)),
        )  # fmt: skip
    return ImportReport(place(output), ledger)


def view(
    source: Corpora | Dialogues | Item | Dialogue | Iterable[Item | Dialogue],
    output: Path | str = "page",
    *,
    where: str = "",
    limit: int | None = None,
    title: str | None = None,
) -> WrittenPage:
    """Write a page on which dialogues can be seen and heard.

    Args:
        source: one or many corpora, open or by their folders; or dialogues.
        output: folder of the page; with the ending ``.html``, one file that holds everything.
        where: only dialogues that fit; see `Corpus.query`.
        limit: at most so many dialogues.
        title: of the page; the corpus folder's name by default.

    Returns:
        Where the page is, how many dialogues it shows, and which could not be shown.

    Raises:
        InputError: `output` holds something else, or there is nothing to show.
        StoreError: a folder is no corpus.
    """
    lost: list[InputError] = []
    figures: list[SummaryFigure] | None = None
    given: Any = [source] if isinstance(source, Dialogue | Item | Corpus) else source
    if not isinstance(given, Dialogues):
        given = _list(given)
    if isinstance(given, Dialogues) or isinstance(given[0], Dialogue | Item):
        shown = _loose(given)
        title = title or "Dialogues"
    else:
        stores = open_corpora(given)
        shown = _stored(stores, where, limit, lost)
        ignored: list[InputError] = []  # the same once more
        records = (dialogue for dialogue, _ in _stored(stores, where, limit, ignored, sound=False))
        figures = timing_figures(records)
        title = title or " + ".join(one.root.resolve().name for one in stores)
    page = write_page(shown, Path(output), statistics=figures, title=title)
    for error in lost:
        _LOG.warning("left out: %s", error)
    return WrittenPage(page.path, page.dialogues, (*lost, *page.lost))


def _loose(
    dialogues: Dialogues | Iterable[Item | Dialogue],
) -> Iterator[tuple[Dialogue, Samples | None]]:
    if isinstance(dialogues, Dialogues):
        for number, dialogue in enumerate(dialogues):
            yield dialogue, dialogues.audio(number)
        return
    for one in dialogues:
        if isinstance(one, Dialogue):
            yield one, None
        else:
            yield one.dialogue, one.audio() if one.has_audio else None


def _stored(
    corpora: list[Corpus], where: str, limit: int | None, lost: list[InputError], *,
    sound: bool = True,
) -> Iterator[tuple[Dialogue, Samples | None]]:  # fmt: skip
    """The dialogues one at a time; a damaged one goes to `lost`, and the rest goes on."""
    left = limit
    for corpus in corpora:
        for row in corpus.query(where, ("id",), limit=left):
            if left is not None:
                left -= 1
            try:
                item = corpus[row["id"]]
                yield item.dialogue, item.audio() if sound and item.has_audio else None
            except InputError as error:
                lost.append(error)
