"""`interactspeech view`: a page to see and hear a corpus."""

from __future__ import annotations

import sys
from pathlib import Path

import click


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
    from interactspeech.pipelines.exchanging import view

    page = view(corpus, output, where=where, limit=limit, title=title)
    for error in page.lost:
        click.secho(f"left out: {error}", fg="yellow", err=True)
    noun = "dialogue" if page.dialogues == 1 else "dialogues"
    click.echo(f"{page.dialogues} {noun}: {page.path}")
    if open_page:
        click.launch(page.path.resolve().as_uri())
    if page.lost:
        sys.exit(1)
