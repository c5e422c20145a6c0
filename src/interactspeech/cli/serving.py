"""What the commands that serve a page share: their options, and what they say when they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from interactspeech.errors import InputError
    from interactspeech.viewer.served.running import Listening


def serving_options(command: Any) -> Any:
    """The command with the options of everything that is served."""
    options = (
        click.option(
            "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
            help="Address to listen on. With another than this machine's own, everybody who "
            "reaches it can try a key, and what is sent is not encrypted: put a proxy with TLS "
            "before it.",
        ),
        click.option("--port", type=click.IntRange(0, 65535), metavar="N",
                     help="Port. [8765, or the next that is free]"),
        click.option("--name", "names", multiple=True, metavar="NAME",
                     help="Another name under which the page is reached (of a proxy)."),
        click.option("--open", "open_page", is_flag=True, help="Open the page in the browser."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


class Announcement:
    """Prints the links of a page, and what could not be shown on it.

    Args:
        line: what is printed under the links.
        open_page: whether the first link is opened in the browser.
    """

    def __init__(self, line: str, *, open_page: bool) -> None:
        self._line, self._open_page = line, open_page
        self._lost = 0

    def on_lost(self, error: InputError) -> None:
        """Name something that was left out."""
        self._lost += 1
        click.secho(f"left out: {error}", fg="yellow", err=True)

    def on_start(self, found: Listening) -> None:
        """Print the links."""
        for name, link in found.links.items():
            click.echo(f"{name}: {link}")
        click.echo(self._line)
        if self._open_page:
            click.launch(next(iter(found.links.values())))

    def end(self) -> None:
        """End the command: with exit code 1 if something was left out."""
        if self._lost:
            raise SystemExit(1)
