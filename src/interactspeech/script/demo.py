"""The dialogues that ship with the package: written for it, in the public domain (CC0-1.0)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from interactspeech.dialogue import PlainDialogue, Script
from interactspeech.errors import InputError
from interactspeech.script.corpora import LICENCES
from interactspeech.script.raw import Limits
from interactspeech.script.textfile import text_dialogues

#: The name that stands for them where an input is asked for.
DEMO = "@demo"

_FILES = ("plain.txt", "scripts.txt")


@cache
def demo_dialogues() -> tuple[PlainDialogue | Script, ...]:
    """All of them: plain dialogues, then scripts with marks set by hand."""
    found: list[PlainDialogue | Script] = []
    folder = resources.files("interactspeech") / "data" / "dialogues"
    for name in _FILES:
        lines = folder.joinpath(name).read_text("utf-8").split("\n")
        for item in text_dialogues(iter(enumerate(lines, 1)), Path(name), Limits()):
            if isinstance(item, InputError):
                raise item
            found.append(
                msgspec.structs.replace(
                    item, corpus="demo", source_id=item.id, licence=LICENCES["demo"]
                )
            )
    return tuple(found)
