"""What a person names as input: files, folders, globs, the shipped dialogues, data sets of a hub.

Both ways from text onwards (`interactspeech script` and `interactspeech build`) begin here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from interactspeech.errors import InputError
from interactspeech.script.demo import DEMO, demo_dialogues
from interactspeech.script.hub import PREFIX
from interactspeech.script.reader import Item, read
from interactspeech.script.source import find_files


def resolve(name: str) -> list[str]:
    """What is behind one name: files, sorted; ``@demo`` and ``hf:...`` stand for themselves.

    Raises:
        InputError: the name leads to nothing.
    """
    if name == DEMO or name.startswith(PREFIX):
        return [name]
    return [str(path) for path in find_files(name)]


def read_all(names: Iterable[str], input_format: str | None = None) -> Iterator[Item]:
    """Dialogues and losses of all inputs, in order, under ids that are unique over all of them.

    A name that leads to nothing is one of the losses.
    """
    seen: dict[str, int] = {}
    for item in _items(names, input_format):
        if isinstance(item, InputError):
            yield item
            continue
        times = seen[item.id] = seen.get(item.id, 0) + 1
        yield item if times == 1 else msgspec.structs.replace(item, id=f"{item.id}_{times}")


def _items(names: Iterable[str], input_format: str | None) -> Iterator[Item]:
    for name in names:
        try:
            found = resolve(name)
        except InputError as error:
            yield error
            continue
        for one in found:
            yield from demo_dialogues() if one == DEMO else read(one, input_format)
