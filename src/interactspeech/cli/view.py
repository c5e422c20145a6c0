"""`interactspeech view`: a page to see and hear a corpus."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from interactspeech.cli.common import Command
from interactspeech.cli.serving import Announcement, serving_options


@click.command(
    "view",
    cls=Command,
    examples="""
    interactspeech view demo
    interactspeech view demo -o demo.html --limit 5 --open
    interactspeech view demo -o page --where "interruptions > 1 and seconds < 60"
    interactspeech view corpus --serve --open           # search a corpus of any size
    interactspeech view made people --serve             # two corpora side by side
    """,
    failure="a dialogue could not be shown (the others are on the page), or the page could not run",
)
@click.argument(
    "corpora",
    nargs=-1,
    required=True,
    metavar="CORPUS...",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("page"),
    show_default=True,
    metavar="PATH",
    help="Folder to write; if PATH ends in .html, one file that holds everything.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show at most N dialogues.")
@click.option(
    "--where",
    default="",
    metavar="SQL",
    help="Only dialogues that satisfy this condition (as in `corpus query`).",
)
@click.option("--title", help="Title of the page. [the folder's name]")
@click.option(
    "--serve", "served", is_flag=True, help="Serve an explorer of the corpora instead of a page."
)
@serving_options
def command(
    corpora: tuple[Path, ...],
    output: Path,
    limit: int | None,
    where: str,
    title: str | None,
    served: bool,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    open_page: bool,
) -> None:
    """Write a page on which CORPUS can be seen and heard, and print where it is.

    The page is a folder of plain files. It opens in any browser, from the disk, with no server and
    no network, and can be copied, zipped or put on any web server as it is.

    With --serve, an explorer of one corpus or several runs until Ctrl-C, for corpora of any size:
    search by name, text, events, source and length, and distributions beside people's.
    """
    if served:
        _serve(corpora, host=host, port=port, names=names, open_page=open_page)
        return
    from interactspeech.pipelines.exchanging import view

    page = view(corpora, output, where=where, limit=limit, title=title)
    for error in page.lost:
        click.secho(f"left out: {error}", fg="yellow", err=True)
    noun = "dialogue" if page.dialogues == 1 else "dialogues"
    click.echo(f"{page.dialogues} {noun}: {page.path}")
    if open_page:
        click.launch(page.path.resolve().as_uri())
    if page.lost:
        sys.exit(1)


def _serve(
    corpora: tuple[Path, ...],
    *,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    open_page: bool,
) -> None:
    from interactspeech.pipelines.serving import serve_explorer

    said = Announcement("(Ctrl-C ends)", open_page=open_page)
    serve_explorer(list(corpora), host=host, port=port, names=names, on_start=said.on_start)
