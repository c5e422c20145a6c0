"""Keep what is computed from a frozen record that cannot be hashed (it holds dictionaries)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

_Record = TypeVar("_Record")
_Result = TypeVar("_Result")

#: Models in use at one time are few; older ones make room.
_KEPT = 8


def once_each(function: Callable[[_Record], _Result]) -> Callable[[_Record], _Result]:
    """Compute `function` once for each object (by identity, which the kept reference guards)."""
    known: dict[int, tuple[_Record, _Result]] = {}

    @wraps(function)
    def remembered(record: _Record) -> _Result:
        found = known.get(id(record))
        if found is None:
            if len(known) >= _KEPT:
                known.pop(next(iter(known)))
            found = known[id(record)] = (record, function(record))
        return found[1]

    return remembered
