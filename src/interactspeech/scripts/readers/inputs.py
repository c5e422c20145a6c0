"""The dialogues that ship with the package: written for it, in the public domain (CC0-1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.records.ids import fitting_id
from interactspeech.scripts.readers.corpora import licence_of
from interactspeech.scripts.readers.hf_datasets import PREFIX
from interactspeech.scripts.readers.plain_text import text_dialogues
from interactspeech.scripts.readers.raw_dialogue import DialogueLimits
from interactspeech.scripts.readers.reading import Item, read
from interactspeech.scripts.readers.text_files import find_files

ItemT = TypeVar("ItemT", PlainDialogue | Script | InputError, Script | InputError)
_PAIR = 2

#: The name that stands for them where an input is asked for.
DEMO = "@demo"

_FILES = ("plain.txt", "scripts.txt")


@cache
def demo_dialogues() -> tuple[PlainDialogue | Script, ...]:
    """All of them: plain dialogues, then scripts with marks set by hand."""
    found: list[PlainDialogue | Script] = []
    folder = resources.files("interactspeech.scripts.readers") / "demo"
    for name in _FILES:
        lines = folder.joinpath(name).read_text("utf-8").split("\n")
        for item in text_dialogues(iter(enumerate(lines, 1)), Path(name), DialogueLimits()):
            if isinstance(item, InputError):
                raise item
            found.append(
                msgspec.structs.replace(
                    item, corpus="demo", source_id=item.id, licence=licence_of("demo")
                )
            )
    return tuple(found)


# What a person names as input: files, folders, globs, the shipped dialogues, data sets of a hub.
#
# Both ways from text onwards (`interactspeech script` and `interactspeech build`) begin here.


def resolve(name: str) -> list[str]:
    """What is behind one name: files, sorted; ``@demo`` and ``hf:...`` stand for themselves.

    Raises:
        InputError: the name leads to nothing.
    """
    if name == DEMO or name.startswith(PREFIX):
        return [name]
    return [str(path) for path in find_files(name)]


def read_all(
    names: Iterable[str], input_format: str | None = None, limits: DialogueLimits | None = None
) -> Iterator[Item]:
    """Dialogues and losses of all inputs, in order, under ids that are unique over all of them.

    A name that leads to nothing is one of the losses.
    """
    times: dict[str, int] = {}
    for item in _items(names, input_format, limits):
        if isinstance(item, InputError):
            yield item
            continue
        name = item.id
        while name in times:  # "a_2" may itself be the id of another
            times[item.id] += 1
            name = fitting_id(item.id, f"_{times[item.id]}")
        times[name] = 1
        yield item if name == item.id else msgspec.structs.replace(item, id=name)


def pairs_only(items: Iterable[ItemT]) -> Iterator[ItemT | InputError]:
    """The items, with an error in place of each dialogue of more than two (reason ``speakers``)."""
    for item in items:
        if not isinstance(item, PlainDialogue | Script):
            yield item
            continue
        speakers = {turn.speaker for turn in item.turns}
        if len(speakers) <= _PAIR:
            yield item
            continue
        yield InputError(
            f"dialogue {item.id}: {len(speakers)} speakers, and text models know two",
            item.file or None,
            item.line or None,
            remedy="write it with the offline writer",
            reason="speakers",
        )


def _items(
    names: Iterable[str], input_format: str | None, limits: DialogueLimits | None
) -> Iterator[Item]:
    for name in names:
        try:
            found = resolve(name)
        except InputError as error:
            yield error
            continue
        for one in found:
            yield from demo_dialogues() if one == DEMO else read(one, input_format, limits)
