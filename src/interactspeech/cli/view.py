"""`interactspeech view`: a page to see and hear a corpus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from interactspeech.corpus import Corpus
    from interactspeech.errors import InputError
    from interactspeech.records import Dialogue, Samples


@click.command("view")
@click.argument("corpus", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("page"),
    show_default=True,
    help="Folder to write; with the ending .html, one file that holds everything.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Show at most this many dialogues.")
@click.option(
    "--where",
    default="",
    help="Only dialogues that fit, as SQL: 'interruptions > 1 and seconds < 60'.",
)
@click.option("--title", help="Title of the page; the corpus folder's name without it.")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def command(
    corpus: Path, output: Path, limit: int | None, where: str, title: str | None, open_page: bool
) -> None:
    """Write a page to see and hear CORPUS, and print where it is.

    The page is a folder of plain files. It opens in any browser, from the disk, with no server and
    no network, and can be copied, zipped or put on any web server as it is. Exit code 1 means that
    a dialogue could not be shown; the others are there.
    """
    from interactspeech.corpus import Corpus
    from interactspeech.viewer import write_page
    from interactspeech.viewer.summary import corpus_figures

    store = Corpus.open(corpus)
    lost: list[InputError] = []
    page = write_page(
        _items(store, where, limit, lost),
        output,
        statistics=corpus_figures(store, where, limit),
        title=title or corpus.resolve().name,
    )
    lost += page.lost
    for error in lost:
        click.secho(f"left out: {error}", fg="yellow", err=True)
    noun = "dialogue" if page.dialogues == 1 else "dialogues"
    click.echo(f"{page.dialogues} {noun}: {page.path}")
    if open_page:
        click.launch(page.path.resolve().as_uri())
    if lost:
        sys.exit(1)


def _items(
    corpus: Corpus, where: str, limit: int | None, lost: list[InputError]
) -> Iterator[tuple[Dialogue, Samples | None]]:
    """The dialogues one at a time; a damaged one goes to `lost`, and the rest goes on."""
    from interactspeech.errors import InputError

    for row in corpus.query(where, ("id",), limit=limit):
        try:
            item = corpus[row["id"]]
            yield item.dialogue, item.audio() if item.has_audio else None
        except InputError as error:
            lost.append(error)
