"""Write the help of every command into its page, docs/commands/NAME.md; tests hold them equal.

    python tools/make_command_pages.py

A page ends with the section "Help", a block for each command that the page is about. The page of
`train merge` is train_merge.md if there is one, else train.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from interactspeech.cli import cli

PAGES = Path(__file__).parents[1] / "docs" / "commands"
HEAD = "\n## Help\n"


def commands(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group below the program, with the words that call it."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def page_of(path: tuple[str, ...]) -> Path | None:
    """The page of the longest part of a command that has one."""
    for end in range(len(path), 0, -1):
        page = PAGES / f"{'_'.join(path[:end]).replace('-', '_')}.md"
        if page.exists():
            return page
    return None


def help_text(path: tuple[str, ...]) -> str:
    """What ``--help`` prints, 100 columns wide."""
    result = CliRunner().invoke(
        cli, [*path, "--help"], terminal_width=100, prog_name="interactspeech"
    )
    assert result.exit_code == 0, result.output
    return result.output.rstrip() + "\n"


def pages() -> dict[Path, str]:
    """Each page -> its text with the help of today."""
    blocks: dict[Path, list[str]] = {}
    for path, command in commands():
        page = page_of(path)
        if page is not None and not isinstance(command, click.Group):
            blocks.setdefault(page, []).append(f"\n```text\n{help_text(path)}```\n")
    return {
        page: page.read_text("utf-8").partition(HEAD)[0] + HEAD + "".join(found)
        for page, found in blocks.items()
    }


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, "utf-8")
