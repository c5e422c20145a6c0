"""Where labelled dialogues go: files, standard output, JSON lines, or a table for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from interactspeech.pipelines.dialogues import Dialogues


@dataclass(frozen=True)
class DialogueOutput:
    """What `annotate` and `detect` do with what they found.

    Attributes:
        path: of a file or folder; ``-`` is standard output.
        format: of it; by default its ending's, and JSON lines on standard output.
        as_json: print records as JSON lines.
        quiet: print nothing.

    Raises:
        click.UsageError: a format without an output, or two things that both print.
        UsageError: the ending of `path` is of no format.
    """

    path: Path | None
    format: str | None
    as_json: bool
    quiet: bool

    def __post_init__(self) -> None:
        from interactspeech.pipelines.dialogues import output_format

        if self.path is None and self.format is not None:
            raise click.UsageError("--format is the format of the output: name it with -o")
        if self.printed and self.as_json:
            raise click.UsageError("--json and '-o -' both print")
        if self.path is not None and not self.printed:
            output_format(self.path, self.format)

    @property
    def printed(self) -> bool:
        """Whether the output is standard output."""
        return str(self.path) == "-"

    @property
    def silent(self) -> bool:
        """Whether nothing but the output may be said."""
        return self.quiet or self.as_json or self.printed

    def give(self, dialogues: Dialogues, show: Callable[[Dialogues], None]) -> None:
        """Write or print them; `show` prints them for people."""
        if self.printed:
            click.echo(dialogues.to_bytes(self.format or "jsonl"), nl=False)
            return
        if self.path is not None:
            dialogues.write(self.path, self.format)
        if self.as_json:
            from interactspeech.records import encode

            for dialogue in dialogues:
                click.echo(encode(dialogue).decode())
        elif not self.quiet:
            show(dialogues)
            if self.path is not None:
                click.echo(f"written: {self.path}")
