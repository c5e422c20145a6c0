"""Data sets of a hub by name, through the `datasets` library: ``hf:knkarthick/dialogsum@train``.

```
hf:OWNER/NAME             all splits
hf:OWNER/NAME@SPLIT       one of them
hf:OWNER/NAME:CONFIG      a configuration of it
```
Rows are streamed and recognised by their shape like those of a file. A data set's own code is never
run (`datasets` 4 and later have no way to).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from interactspeech.errors import InputError, MissingExtraError

PREFIX = "hf:"
_NAME = re.compile(r"hf:(?P<repository>[^:@]+)(?::(?P<config>[^@]+))?(?:@(?P<split>.+))?")


def hub_rows(name: str) -> Iterator[Any]:
    """The rows of the data set called `name`, in order.

    Raises:
        InputError: the name is no such name, or the data set cannot be had (reason ``hub``).
        MissingExtraError: `datasets` is not installed.
    """
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise InputError(
            f"{name!r} names no data set",
            remedy="write hf:OWNER/NAME[:CONFIG][@SPLIT]",
            reason="hub",
        )
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("datasets", "hub", "Reading data sets of a hub") from None
    try:
        found = datasets.load_dataset(
            parts["repository"], parts["config"], split=parts["split"], streaming=True
        )
        if isinstance(found, dict):
            for split in sorted(found):
                yield from found[split]
        else:
            yield from found
    except Exception as error:  # noqa: BLE001 - the library raises what its many parts raise
        first = str(error).strip().partition("\n")[0]
        raise InputError(
            f"the data set cannot be read: {type(error).__name__}: {first}",
            name,
            remedy="check its name and the network, or download its files and name those",
            reason="hub",
        ) from None
